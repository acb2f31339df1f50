//! `sonic identify`: name clips.

use crate::add::go_on;
use crate::output::{self, Output, clock};
use crate::{Common, Failure, Outcome};
use sonic::lines::IdentifiedLine;
use sonic::recordings::{self, ACCEPT, Decision, Identified, IdentifyOptions, Match};
use sonic::{Access, Error, Source, Store, path_text};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Name clips: which recording, where in it, how sure; or "unknown".
#[derive(Debug, clap::Args)]
pub(crate) struct Identify {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Matches reported for a clip at most.
    #[arg(long, value_name = "N", default_value = "5")]
    limit: NonZeroUsize,
    /// The sound track to take of each clip, from 0 on [default: the one that a file calls its default].
    #[arg(long, value_name = "N")]
    track: Option<u32>,
    /// Clips identified at once; alone, a clip has all cores.
    #[arg(long, value_name = "N", default_value = "1")]
    jobs: NonZeroUsize,
    /// Draw why the clip was recognised: its landmarks over those of the recording, and the votes by offset.
    #[arg(long, value_name = "OUT.svg")]
    explain: Option<PathBuf>,
    /// Clips: sound files, or videos with sound.
    #[arg(required = true, value_name = "CLIP")]
    clips: Vec<PathBuf>,
}

impl Identify {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        if self.explain.is_some() && self.clips.len() != 1 {
            return Err(Failure::Usage("--explain takes one clip".to_owned()));
        }
        let store = self.common.open(Access::ReadOnly)?;
        let options = IdentifyOptions { limit: self.limit.get(), ..IdentifyOptions::default() };
        let mut report = Report { args: self, store: &store, table: Table::new(&self.clips), output };
        let (mut clips, mut all_fine, mut written) = (self.clips.iter(), true, Ok(true));
        let jobs = self.jobs.get().min(self.clips.len());
        let sources = self.clips.iter().map(|clip| Source::from(clip).with_track(self.track));
        let _ = recordings::identify_each(&store, sources.collect::<Vec<_>>(), &options, jobs, |answer| {
            if let Some(answer) = answer
                && let Some(clip) = clips.next()
            {
                all_fine &= answer.is_ok();
                written = report.answer(clip, &answer);
            }
            go_on(matches!(written, Ok(true)))
        })?;
        written?;
        Ok(if all_fine { Outcome::AllFine } else { Outcome::SomeFailed })
    }
}

/// Writes answers as they come.
struct Report<'a> {
    args: &'a Identify,
    store: &'a Store,
    table: Table,
    output: &'a mut Output,
}

impl Report<'_> {
    /// Gives false once nobody reads any more.
    fn answer(&mut self, clip: &Path, answer: &sonic::Result<Identified>) -> sonic::Result<bool> {
        match self.output.is_json() {
            true => self.output.object(&IdentifiedLine::new(path_text(clip), answer.as_ref()))?,
            false => self.table.row(self.output, clip, answer)?,
        }
        if let (false, Ok(found)) = (self.output.is_json(), answer) {
            tell_damage(clip, found);
        }
        if let (Some(picture), Ok(found)) = (&self.args.explain, answer) {
            draw(self.store, clip, found, picture)?;
        }
        Ok(!self.output.is_closed())
    }
}

/// Says what is missing of a clip.
fn tell_damage(clip: &Path, found: &Identified) {
    let path = clip.display();
    if found.damaged_ms > 0 {
        let damaged = clock(found.damaged_ms as i64, 3);
        output::complain(format_args!("note: {path} is damaged: {damaged} of it is missing"));
    }
    if found.truncated {
        output::complain(format_args!("note: {path} ends early"));
    }
}

/// Writes the picture of the best match.
fn draw(store: &Store, clip: &Path, found: &Identified, picture: &Path) -> sonic::Result<()> {
    let Some(best) = found.answer.matches.first() else {
        output::complain(format_args!(
            "note: nothing in the store resembles the clip, so there is no picture"
        ));
        return Ok(());
    };
    let svg = recordings::render(&recordings::explain(store, clip, best)?);
    std::fs::write(picture, svg).map_err(|e| Error::io(format!("cannot write {}", picture.display()), e))
}

/// The answers for people: a row for each match, and one for each clip without any.
struct Table {
    width: usize,
    begun: bool,
}

impl Table {
    fn new(clips: &[PathBuf]) -> Self {
        let width = clips.iter().map(|c| name(c).chars().count()).max().unwrap_or(0).clamp(4, 40);
        Self { width, begun: false }
    }

    fn row(
        &mut self,
        output: &mut Output,
        clip: &Path,
        answer: &sonic::Result<Identified>,
    ) -> sonic::Result<()> {
        let width = self.width;
        if !std::mem::replace(&mut self.begun, true) {
            output.line(format_args!(
                "{:width$}  {:>13}  {:24} {:>10}  {:>7}  {:>6}  {:>6}",
                "CLIP", "OF IT", "ANSWER", "AT", "SURE", "SPEED", "PITCH"
            ))?;
        }
        let name = name(clip);
        match answer {
            Err(error) => output.line(format_args!("{name:width$}  {:>13}  failed: {error}", "")),
            Ok(found) if found.answer.decision == Decision::Unknown => {
                let guess = found.answer.matches.first();
                let guess = guess.map(|m| format!("(at best {}: {:.1} %)", m.id, 100.0 * m.probability));
                let span = span(0, found.duration_ms);
                output.line(format_args!("{name:width$}  {span:>13}  unknown {}", guess.unwrap_or_default()))
            }
            Ok(found) => {
                let matches = found.answer.matches.iter().enumerate();
                let mut likely = matches.filter(|(i, m)| *i == 0 || m.probability >= ACCEPT);
                likely.try_for_each(|(i, m)| {
                    let name = if i == 0 { name.as_str() } else { "" };
                    output.line(format_args!("{name:width$}  {}", columns(m)))
                })
            }
        }
    }
}

fn columns(m: &Match) -> String {
    format!(
        "{:>13}  {:24} {:>10}  {:>5.1} %  {:>+4.1} %  {:>+6.2}",
        span(m.query_start_ms, m.query_end_ms),
        m.id,
        clock(m.offset_ms + (m.query_start_ms as f64 * f64::from(m.time_scale)) as i64, 2),
        100.0 * m.probability,
        100.0 * (m.time_scale - 1.0),
        m.pitch_semitones
    )
}

/// A stretch of a clip.
fn span(start_ms: u64, end_ms: u64) -> String {
    format!("{}-{}", clock(start_ms as i64, 1), clock(end_ms as i64, 1))
}

fn name(clip: &Path) -> String {
    path_text(clip.file_name().unwrap_or(clip.as_os_str()))
}
