//! `sonic voice identify` and `sonic voice verify`: who is speaking, and is it who it is said to be?

use super::Model;
use crate::output::{Output, Problem, milliseconds};
use crate::{Common, Failure, Outcome, name};
use serde::Serialize;
use sonic::audio::quality::QualityGate;
use sonic::audio::speaker::VoiceEmbedder;
use sonic::{
    Access, Decision, Embedding, Error, ErrorKind, Heard, Speech, VoiceIdentifyOptions, VoiceMatch, Voices,
};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

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

/// What the store said of one recording.
struct Found {
    decision: Decision,
    matches: Vec<VoiceMatch>,
    decode: Duration,
    embed: Duration,
    search: Duration,
}

#[derive(Serialize)]
struct IdentifyLine<'a> {
    query: String,
    decision: &'static str,
    matches: Vec<MatchLine<'a>>,
    elapsed_ms: ElapsedLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Problem>,
}

#[derive(Serialize)]
struct VerifyLine<'a> {
    query: String,
    decision: &'static str,
    person: &'a str,
    score: Option<f32>,
    normalized: Option<f32>,
    probability: Option<f32>,
    elapsed_ms: ElapsedLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Problem>,
}

#[derive(Serialize)]
struct MatchLine<'a> {
    person: &'a str,
    score: f32,
    normalized: Option<f32>,
    probability: f32,
}

#[derive(Serialize)]
struct ElapsedLine {
    decode: f64,
    embed: f64,
    search: f64,
}

impl Identify {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let embedder = self.model.load()?;
        let voices = self.common.open(Access::ReadOnly)?.voices();
        let options = VoiceIdentifyOptions { limit: self.limit.get(), ..VoiceIdentifyOptions::default() };
        let mut table = Table::new(&self.files);
        let search = |embedding: &Embedding| {
            let answer = voices.identify(embedding, &options)?;
            Ok((answer.decision, answer.matches))
        };
        each(&embedder, &voices, &self.files, search, |path, answer| {
            match output.is_json() {
                true => output.object(&identify_line(path, answer))?,
                false => table.row(output, path, answer)?,
            }
            Ok(!output.is_closed())
        })
    }
}

impl Verify {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let embedder = self.model.load()?;
        let voices = self.common.open(Access::ReadOnly)?.voices();
        let mut table = Table::new(&self.files);
        let search = |embedding: &Embedding| {
            let verified = voices.verify(&self.person, embedding, &VoiceIdentifyOptions::default())?;
            Ok((verified.decision, vec![verified.claim]))
        };
        each(&embedder, &voices, &self.files, search, |path, answer| {
            match output.is_json() {
                true => output.object(&self.line(path, answer))?,
                false => table.row(output, path, answer)?,
            }
            Ok(!output.is_closed())
        })
    }

    fn line(&self, path: &Path, answer: &sonic::Result<Found>) -> VerifyLine<'_> {
        let claim = answer.as_ref().ok().and_then(|found| found.matches.first());
        VerifyLine {
            query: path.to_string_lossy().into_owned(),
            decision: decision(answer),
            person: &self.person,
            score: claim.map(|m| m.score),
            normalized: claim.and_then(|m| m.normalized),
            probability: claim.map(|m| m.probability),
            elapsed_ms: elapsed_line(answer),
            error: answer.as_ref().err().map(Problem::from),
        }
    }
}

/// Asks `search` about each file and passes the answers to `tell`, in the order given, until that gives false. As many
/// files as there are cores are decoded at once.
fn each(
    embedder: &VoiceEmbedder,
    voices: &Voices,
    files: &[PathBuf],
    search: impl Fn(&Embedding) -> sonic::Result<(Decision, Vec<VoiceMatch>)>,
    mut tell: impl FnMut(&Path, &sonic::Result<Found>) -> sonic::Result<bool>,
) -> Result<Outcome, Failure> {
    voices.stats()?; // A store that cannot be read is not the recordings' fault.
    let mut outcome = Outcome::AllFine;
    let at_once = sonic::parallel::cores();
    for files in files.chunks(at_once) {
        let speech = files.iter().map(|path| Speech::from(path.as_path())).collect();
        let heard = sonic::hear_all(embedder, speech, &QualityGate::default());
        for (path, heard) in files.iter().zip(heard) {
            let answer = heard.and_then(|heard| ask(heard, &search));
            if answer.is_err() {
                outcome = Outcome::SomeFailed;
            }
            if !tell(path, &answer)? {
                return Ok(outcome);
            }
        }
    }
    Ok(outcome)
}

fn ask(
    heard: Heard,
    search: impl Fn(&Embedding) -> sonic::Result<(Decision, Vec<VoiceMatch>)>,
) -> sonic::Result<Found> {
    let start = Instant::now();
    let nothing = || Error::new(ErrorKind::Internal, "what was heard has no embedding");
    let (decision, matches) = search(heard.voice.embedding.as_ref().ok_or_else(nothing)?)?;
    Ok(Found { decision, matches, decode: heard.decode, embed: heard.embed, search: start.elapsed() })
}

fn identify_line<'a>(path: &Path, answer: &'a sonic::Result<Found>) -> IdentifyLine<'a> {
    let matches = answer.as_ref().map_or(&[][..], |found| &found.matches);
    IdentifyLine {
        query: path.to_string_lossy().into_owned(),
        decision: decision(answer),
        matches: matches.iter().map(match_line).collect(),
        elapsed_ms: elapsed_line(answer),
        error: answer.as_ref().err().map(Problem::from),
    }
}

fn match_line(m: &VoiceMatch) -> MatchLine<'_> {
    MatchLine { person: &m.person, score: m.score, normalized: m.normalized, probability: m.probability }
}

fn decision(answer: &sonic::Result<Found>) -> &'static str {
    match answer {
        Ok(Found { decision: Decision::Match, .. }) => "match",
        _ => "unknown",
    }
}

fn elapsed_line(answer: &sonic::Result<Found>) -> ElapsedLine {
    let time = |of: fn(&Found) -> Duration| answer.as_ref().map_or(0.0, |found| milliseconds(of(found)));
    ElapsedLine { decode: time(|f| f.decode), embed: time(|f| f.embed), search: time(|f| f.search) }
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

    fn row(&mut self, output: &mut Output, path: &Path, answer: &sonic::Result<Found>) -> sonic::Result<()> {
        let width = self.width;
        if !std::mem::replace(&mut self.begun, true) {
            let (recording, speaker) = ("RECORDING", "SPEAKER");
            output.line(format_args!("{recording:width$}  {speaker:24} {:>8}  {:>6}", "SURE", "COSINE"))?;
        }
        let name = file_name(path);
        match answer {
            Err(error) => output.line(format_args!("{name:width$}  failed: {error}")),
            Ok(found) => match (found.decision, found.matches.first()) {
                (Decision::Match, Some(m)) => output.line(format_args!(
                    "{name:width$}  {:24} {:>6.1} %  {:>6.3}",
                    m.person,
                    100.0 * m.probability,
                    m.score
                )),
                (_, guess) => {
                    let guess = guess.map(|m| {
                        format!(
                            "(at best {}: {:.1} %, cosine {:.3})",
                            m.person,
                            100.0 * m.probability,
                            m.score
                        )
                    });
                    output.line(format_args!("{name:width$}  unknown {}", guess.unwrap_or_default()))
                }
            },
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
