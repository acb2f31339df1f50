//! `sonic voice enroll`: make a person known by recordings of them.

use super::Model;
use crate::output::{self, Output, Problem, clock, plural};
use crate::{Common, Failure, Outcome, name};
use clap::ValueEnum;
use serde::Serialize;
use sonic::audio::quality::{QualityGate, VoiceQuality};
use sonic::{
    Access, EnrollOptions, EnrollStatus, Enrolled, Error, ErrorKind, Heard, NewVoice, Speech, Voices,
};
use std::path::{Path, PathBuf};

/// Enrol a person from recordings in which nobody else speaks.
///
/// Three recordings make a person enrolled, five are the most. Those that cannot be used are reported and the others
/// enrolled, all at once; one that is a sample already is passed over, so the command can be repeated.
#[derive(Debug, clap::Args)]
pub(crate) struct Enroll {
    #[command(flatten)]
    pub(crate) common: Common,
    /// The person's name.
    #[arg(long, value_name = "NAME", value_parser = name)]
    person: String,
    /// The user that the person is.
    #[arg(long, value_name = "ID", value_parser = name)]
    user: Option<String>,
    /// How good a recording must be.
    #[arg(long, value_name = "GATE", value_enum, default_value_t = Gate::Default)]
    gate: Gate,
    #[command(flatten)]
    model: Model,
    /// Sound files, or videos with sound.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// What is asked of a recording.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Gate {
    /// A second of speech, 5 dB above the background, not clipped, not too quiet.
    Default,
    /// The thresholds of viim-ml: 1 to 10 s, loud enough.
    Viim,
    /// Nothing.
    None,
}

impl Gate {
    fn thresholds(self) -> QualityGate {
        match self {
            Self::Default => QualityGate::default(),
            Self::Viim => QualityGate::viim(),
            Self::None => QualityGate {
                min_speech_s: None,
                min_snr_db: None,
                max_clipping: None,
                min_level_dbfs: None,
                duration_s: (0.0, f64::INFINITY),
                ..QualityGate::default()
            },
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    path: String,
    status: &'static str,
    person: &'a str,
    speech_ms: u64,
    quality: Option<QualityLine>,
    error: Option<Problem>,
}

#[derive(Serialize)]
struct QualityLine {
    duration_ms: u64,
    snr_db: Option<f32>,
    clipping: f32,
    level_dbfs: f32,
    peak: f32,
}

/// A file that was listened to.
struct File<'a> {
    path: &'a Path,
    quality: Option<VoiceQuality>,
    /// The id of its recording, or why it is not enrolled.
    outcome: sonic::Result<String>,
}

impl Enroll {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let embedder = self.model.load()?;
        let voices = self.common.open(Access::Create)?.voices();
        let speech = self.files.iter().map(|path| Speech::from(path.as_path())).collect();
        let heard = sonic::hear_all(&embedder, speech, &self.gate.thresholds());
        let (mut files, mut samples) = (Vec::new(), Vec::new());
        for (path, heard) in self.files.iter().zip(heard) {
            let quality = heard.as_ref().ok().map(|h| h.quality);
            let outcome = self.sample(&voices, heard).map(|sample| {
                samples.push(sample);
                samples[samples.len() - 1].voice.recording_id.clone()
            });
            files.push(File { path, quality, outcome });
        }
        let enrolled = match samples.is_empty() {
            true => None,
            false => Some(voices.enroll(&self.person, &samples, &self.options())?),
        };
        let mut progress = enrolled.as_ref().map(|e| Progress::new(e, self.options()));
        for file in &files {
            self.tell(file, progress.as_mut(), output)?;
        }
        if let (Some(enrolled), false) = (&enrolled, output.is_json()) {
            output.line(summary(enrolled, &self.options()))?;
        }
        let all_fine = files.iter().all(|file| file.outcome.is_ok());
        Ok(if all_fine { Outcome::AllFine } else { Outcome::SomeFailed })
    }

    fn options(&self) -> EnrollOptions {
        EnrollOptions { user_id: self.user.clone(), ..EnrollOptions::default() }
    }

    /// What was heard as a sample of the person, if it can be one: the store would refuse all for the sake of one.
    fn sample(&self, voices: &Voices, heard: sonic::Result<Heard>) -> sonic::Result<NewVoice> {
        let sample = heard?.good_enough()?;
        let id = &sample.voice.recording_id;
        let known = voices.get(id)?;
        if let Some(owner) = known.and_then(|voice| voice.voiceprint_id) {
            let other = voices.people()?.into_iter().find(|p| {
                p.voiceprint_id == owner
                    && p.person != self.person
                    && p.samples.iter().any(|s| s.recording_id == *id)
            });
            if let Some(other) = other {
                let message =
                    format!("this recording is a sample of {:?}: is it the right file?", other.person);
                return Err(Error::new(ErrorKind::Mismatch, message));
            }
        }
        Ok(sample)
    }

    fn tell(
        &self,
        file: &File<'_>,
        progress: Option<&mut Progress<'_>>,
        output: &mut Output,
    ) -> sonic::Result<()> {
        let status = match (&file.outcome, progress) {
            (Ok(id), Some(progress)) => progress.status(id),
            _ => "failed",
        };
        if output.is_json() {
            return output.object(&Line {
                path: file.path.to_string_lossy().into_owned(),
                status,
                person: &self.person,
                speech_ms: file.quality.map_or(0, |q| q.speech_ms),
                quality: file.quality.as_ref().map(quality_line),
                error: file.outcome.as_ref().err().map(Problem::from),
            });
        }
        let path = file.path.display();
        match (&file.outcome, &file.quality) {
            // A message of the library names the file wherever it is about one that cannot be read.
            (Err(error), None) => output::complain(format_args!("failed: {error}")),
            (Err(error), Some(_)) => output::complain(format_args!("failed: {path}: {error}")),
            (Ok(_), Some(quality)) => output.line(format_args!("{path}: {}", text(status, quality)))?,
            (Ok(_), None) => {}
        }
        Ok(())
    }
}

/// Tells what became of each sample, in the order in which they were given.
struct Progress<'a> {
    options: EnrollOptions,
    /// Ids of the samples that were added and have not been told of.
    added: Vec<&'a str>,
    enrolled: &'a Enrolled,
    /// Samples that the voiceprint had after the one told of last.
    count: u32,
}

impl<'a> Progress<'a> {
    fn new(enrolled: &'a Enrolled, options: EnrollOptions) -> Self {
        // What was added now stands last.
        let samples = &enrolled.voiceprint.samples;
        let added = &samples[samples.len() - (enrolled.added as usize).min(samples.len())..];
        let added = added.iter().map(|s| s.recording_id.as_str()).collect();
        Self { options, added, enrolled, count: enrolled.sample_count - enrolled.added }
    }

    fn status(&mut self, id: &str) -> &'static str {
        if let Some(place) = self.added.iter().position(|added| *added == id) {
            self.added.remove(place);
            self.count += 1;
            return match self.count {
                n if n >= self.options.max_samples => EnrollStatus::Complete.name(),
                n if n >= self.options.min_samples => EnrollStatus::Enrolled.name(),
                _ => EnrollStatus::SampleAdded.name(),
            };
        }
        let known = self.enrolled.voiceprint.samples.iter().any(|s| s.recording_id == id);
        if known { "known" } else { "left_out" }
    }
}

fn quality_line(quality: &VoiceQuality) -> QualityLine {
    QualityLine {
        duration_ms: quality.duration_ms,
        snr_db: quality.snr_db,
        clipping: quality.clipping,
        level_dbfs: quality.level_dbfs,
        peak: quality.peak,
    }
}

fn text(status: &str, quality: &VoiceQuality) -> String {
    let what = match status {
        "known" => "is a sample already",
        "left_out" => "left out, there are enough samples",
        _ => "added",
    };
    let snr = quality.snr_db.map(|db| format!(", {db:.0} dB over the background"));
    format!("{what} ({} of speech{})", clock(quality.speech_ms as i64, 1), snr.unwrap_or_default())
}

fn summary(enrolled: &Enrolled, options: &EnrollOptions) -> String {
    let (person, count) = (&enrolled.voiceprint.person, enrolled.sample_count);
    let samples = plural(u64::from(count), "sample");
    match enrolled.status {
        EnrollStatus::SampleAdded => {
            format!("{person} has {samples}; {} more to be enrolled", options.min_samples - count)
        }
        EnrollStatus::Complete => format!("{person} is enrolled, with {samples}, which is the most"),
        _ => format!("{person} is enrolled, with {samples}"),
    }
}
