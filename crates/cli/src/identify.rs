//! `sonic identify`: name clips.

use crate::output::{self, Output, Problem, clock, milliseconds};
use crate::{Common, Failure, Outcome};
use serde::Serialize;
use sonic::{ACCEPT, Access, Decision, Elapsed, Error, Identified, IdentifyOptions, Match, Store, parallel};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};

/// Name clips: which recording, where in it, how sure; or "unknown".
#[derive(Debug, clap::Args)]
pub(crate) struct Identify {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Matches reported for a clip at most.
    #[arg(long, value_name = "N", default_value = "5")]
    limit: NonZeroUsize,
    /// Clips asked at once; alone, a clip has all cores.
    #[arg(long, value_name = "N", default_value = "1")]
    jobs: NonZeroUsize,
    /// Draw why the clip was recognised: its landmarks over those of the recording, and the votes by offset.
    #[arg(long, value_name = "OUT.svg")]
    explain: Option<PathBuf>,
    /// Clips: sound files, or videos with sound.
    #[arg(required = true, value_name = "CLIP")]
    clips: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Line<'a> {
    query: String,
    decision: &'static str,
    matches: Vec<MatchLine<'a>>,
    elapsed_ms: ElapsedLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Problem>,
}

#[derive(Serialize)]
struct MatchLine<'a> {
    id: &'a str,
    offset_ms: i64,
    score: f32,
    aligned: u32,
    probability: f32,
    time_scale: f32,
    pitch_semitones: f32,
    query_start_ms: u64,
    query_end_ms: u64,
}

#[derive(Serialize)]
struct ElapsedLine {
    decode: f64,
    fingerprint: f64,
    search: f64,
}

impl Identify {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        if self.explain.is_some() && self.clips.len() != 1 {
            return Err(Failure::Usage("--explain takes one clip".to_owned()));
        }
        let store = self.common.open(Access::ReadOnly)?;
        let mut table = Table::new(&self.clips);
        let mut all_fine = true;
        self.each(&store, |clip, answer| {
            all_fine &= answer.is_ok();
            if output.is_json() {
                output.object(&line(clip, &answer))?;
            } else {
                table.row(output, clip, &answer)?;
            }
            match (&self.explain, &answer) {
                (Some(picture), Ok(found)) => draw(&store, clip, found, picture),
                _ => Ok(!output.is_closed()),
            }
        })?;
        Ok(if all_fine { Outcome::AllFine } else { Outcome::SomeFailed })
    }

    /// Calls `tell` with each clip and its answer, in the order given, until it gives false.
    fn each(
        &self,
        store: &Store,
        mut tell: impl FnMut(&Path, sonic::Result<Identified>) -> sonic::Result<bool>,
    ) -> sonic::Result<()> {
        let jobs = self.jobs.get().min(self.clips.len());
        let threads = if jobs > 1 { 1 } else { 0 };
        let options = IdentifyOptions { limit: self.limit.get(), threads, ..IdentifyOptions::default() };
        if jobs == 1 {
            for clip in &self.clips {
                if !tell(clip, sonic::identify(store, clip, &options))? {
                    break;
                }
            }
            return Ok(());
        }
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let identify = |sender: &SyncSender<(usize, sonic::Result<Identified>)>| {
            while !stop.load(Ordering::Relaxed) {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(clip) = self.clips.get(number) else { break };
                if sender.send((number, sonic::identify(store, clip, &options))).is_err() {
                    break;
                }
            }
        };
        parallel::background(jobs, jobs, identify, |receiver| {
            let told = self.in_order(receiver, tell);
            stop.store(true, Ordering::Relaxed);
            told
        })?
    }

    /// Passes answers on in the order of the clips.
    fn in_order(
        &self,
        answers: Receiver<(usize, sonic::Result<Identified>)>,
        mut tell: impl FnMut(&Path, sonic::Result<Identified>) -> sonic::Result<bool>,
    ) -> sonic::Result<()> {
        let mut waiting = BTreeMap::new();
        let mut turn = 0;
        for (number, answer) in answers {
            waiting.insert(number, answer);
            while let Some(answer) = waiting.remove(&turn) {
                if !tell(&self.clips[turn], answer)? {
                    return Ok(());
                }
                turn += 1;
            }
        }
        Ok(())
    }
}

fn line<'a>(clip: &Path, answer: &'a sonic::Result<Identified>) -> Line<'a> {
    let (found, error) = match answer {
        Ok(found) => (Some(found), None),
        Err(error) => (None, Some(Problem::from(error))),
    };
    let elapsed = found.map(|f| f.elapsed).unwrap_or_default();
    Line {
        query: clip.to_string_lossy().into_owned(),
        decision: if found.is_some_and(|f| f.answer.is_match()) { "match" } else { "unknown" },
        matches: found.map(|f| f.answer.matches.iter().map(match_line).collect()).unwrap_or_default(),
        elapsed_ms: elapsed_line(elapsed),
        error,
    }
}

fn match_line(m: &Match) -> MatchLine<'_> {
    MatchLine {
        id: &m.id,
        offset_ms: m.offset_ms,
        score: m.score,
        aligned: m.aligned,
        probability: m.probability,
        time_scale: m.time_scale,
        pitch_semitones: m.pitch_semitones,
        query_start_ms: m.query_start_ms,
        query_end_ms: m.query_end_ms,
    }
}

fn elapsed_line(elapsed: Elapsed) -> ElapsedLine {
    ElapsedLine {
        decode: milliseconds(elapsed.decode),
        fingerprint: milliseconds(elapsed.fingerprint),
        search: milliseconds(elapsed.search),
    }
}

/// Writes the picture of the best match. Gives true: there is one clip.
fn draw(store: &Store, clip: &Path, found: &Identified, picture: &Path) -> sonic::Result<bool> {
    let Some(best) = found.answer.matches.first() else {
        output::complain(format_args!(
            "note: nothing in the store resembles the clip, so there is no picture"
        ));
        return Ok(true);
    };
    let svg = sonic::render(&sonic::explain(store, clip, best)?);
    std::fs::write(picture, svg).map_err(|e| Error::io(format!("cannot write {}", picture.display()), e))?;
    Ok(true)
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
    clip.file_name().unwrap_or(clip.as_os_str()).to_string_lossy().into_owned()
}
