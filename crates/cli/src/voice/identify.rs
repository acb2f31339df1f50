//! `sonic voice identify` and `sonic voice verify`: who is speaking, and is it who it is said to be?

use super::Model;
use crate::add::go_on;
use crate::output::Output;
use crate::{Common, Failure, Outcome, name};
use sonic::Access;
use sonic::lines::{FoundVoice, IdentifiedVoiceLine, VerifiedVoiceLine};
use sonic::voices::{self, Decision, VoiceIdentifyOptions, VoiceSource};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Name who is speaking in recordings; or "unknown".
#[derive(Debug, clap::Args)]
pub(crate) struct Identify {
    #[command(flatten)]
    pub(crate) common: Common,
    /// People reported for a recording at most.
    #[arg(long, value_name = "N", default_value = "5")]
    limit: NonZeroUsize,
    #[command(flatten)]
    model: Model,
    /// Sound files, or videos with sound.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Say whether it is a certain person who speaks in recordings: "match", or "unknown" if it is somebody else.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) common: Common,
    /// The person whom it is said to be.
    #[arg(long, value_name = "NAME", value_parser = name)]
    person: String,
    #[command(flatten)]
    model: Model,
    /// Sound files, or videos with sound.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Identify {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let embedder = self.model.load()?;
        let store = self.common.open(Access::ReadOnly)?;
        let options = VoiceIdentifyOptions { limit: self.limit.get(), ..VoiceIdentifyOptions::default() };
        let mut report = Report::new(&self.files, identify_line, output);
        let _ = voices::identify_each(&store, &embedder, sources(&self.files), &options, |answer| {
            go_on(report.answer(answer.map(|answer| answer.map(FoundVoice::from))))
        })?;
        report.close()
    }
}

impl Verify {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let embedder = self.model.load()?;
        let store = self.common.open(Access::ReadOnly)?;
        let options = VoiceIdentifyOptions::default();
        let line = |path: &Path, answer: &sonic::Result<FoundVoice>, output: &mut Output| {
            output.object(&VerifiedVoiceLine::new(sonic::path_text(path), &self.person, answer.as_ref()))
        };
        let mut report = Report::new(&self.files, line, output);
        let sources = sources(&self.files);
        let _ = voices::verify_each(&store, &embedder, &self.person, sources, &options, |answer| {
            go_on(report.answer(answer.map(|answer| answer.map(FoundVoice::from))))
        })?;
        report.close()
    }
}

fn sources(files: &[PathBuf]) -> impl Iterator<Item = VoiceSource> + Send {
    files.iter().map(|path| VoiceSource::from(path.as_path()))
}

/// Writes answers, in the order of the files.
struct Report<'a, L> {
    files: std::slice::Iter<'a, PathBuf>,
    table: Table,
    /// Writes a JSON line.
    line: L,
    output: &'a mut Output,
    all_fine: bool,
    written: sonic::Result<()>,
}

impl<'a, L> Report<'a, L>
where
    L: FnMut(&Path, &sonic::Result<FoundVoice>, &mut Output) -> sonic::Result<()>,
{
    fn new(files: &'a [PathBuf], line: L, output: &'a mut Output) -> Self {
        Self { files: files.iter(), table: Table::new(files), line, output, all_fine: true, written: Ok(()) }
    }

    /// Writes an answer, if there is one; false once nobody reads any more.
    fn answer(&mut self, answer: Option<sonic::Result<FoundVoice>>) -> bool {
        let Some(answer) = answer else { return true };
        let Some(path) = self.files.next() else { return false };
        self.all_fine &= answer.is_ok();
        self.written = match self.output.is_json() {
            true => (self.line)(path, &answer, self.output),
            false => self.table.row(self.output, path, &answer),
        };
        self.written.is_ok() && !self.output.is_closed()
    }

    fn close(self) -> Result<Outcome, Failure> {
        self.written?;
        Ok(if self.all_fine { Outcome::AllFine } else { Outcome::SomeFailed })
    }
}

fn identify_line(path: &Path, answer: &sonic::Result<FoundVoice>, output: &mut Output) -> sonic::Result<()> {
    output.object(&IdentifiedVoiceLine::new(sonic::path_text(path), answer.as_ref()))
}

/// The answers for people, a row for each recording.
struct Table {
    width: usize,
    begun: bool,
}

impl Table {
    fn new(files: &[PathBuf]) -> Self {
        let width = files.iter().map(|f| file_name(f).chars().count()).max().unwrap_or(0).clamp(9, 40);
        Self { width, begun: false }
    }

    fn row(
        &mut self,
        output: &mut Output,
        path: &Path,
        answer: &sonic::Result<FoundVoice>,
    ) -> sonic::Result<()> {
        let width = self.width;
        if !std::mem::replace(&mut self.begun, true) {
            let (recording, speaker) = ("RECORDING", "SPEAKER");
            output.line(format_args!("{recording:width$}  {speaker:24} {:>8}  {:>6}", "SURE", "COSINE"))?;
        }
        let name = file_name(path);
        let found = match answer {
            Err(error) => return output.line(format_args!("{name:width$}  failed: {error}")),
            Ok(found) => found,
        };
        match (found.decision, found.matches.first()) {
            (Decision::Match, Some(m)) => output.line(format_args!(
                "{name:width$}  {:24} {:>6.1} %  {:>6.3}",
                m.person,
                100.0 * m.probability,
                m.score
            )),
            (_, guess) => {
                let guess = guess.map(|m| {
                    let percent = 100.0 * m.probability;
                    format!("(at best {}: {percent:.1} %, cosine {:.3})", m.person, m.score)
                });
                output.line(format_args!("{name:width$}  unknown {}", guess.unwrap_or_default()))
            }
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
