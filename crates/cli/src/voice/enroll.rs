//! `sonic voice enroll`: make a person known by recordings of them.

use super::Model;
use crate::output::{self, Output, clock, plural};
use crate::{Common, Failure, Outcome, name};
use clap::ValueEnum;
use sonic::Access;
use sonic::lines::EnrolledLine;
use sonic::voices::{
    self, EnrollOptions, EnrollStatus, Enrolled, QualityGate, SampleStatus, SimilarVoiceprint, VoiceQuality,
    VoiceSample, VoiceSource,
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

/// How good a recording must be.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Gate {
    /// A second of speech, 5 dB above the background, not clipped, not too quiet.
    Default,
    /// 1 to 10 s, loud enough, for short utterances.
    #[value(name = "short_utterance")]
    ShortUtterance,
    /// Nothing.
    None,
}

impl Gate {
    fn thresholds(self) -> QualityGate {
        match self {
            Self::Default => QualityGate::default(),
            Self::ShortUtterance => QualityGate::short_utterance(),
            Self::None => QualityGate::none(),
        }
    }
}

impl Enroll {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let embedder = self.model.load()?;
        let store = self.common.open(Access::Create)?;
        let sources = self.files.iter().map(|path| VoiceSource::from(path.as_path())).collect();
        let samples = voices::analyze_voices(&embedder, sources, &self.gate.thresholds());
        let qualities: Vec<_> = samples.iter().map(|s| s.as_ref().ok().map(|s| s.quality)).collect();
        let usable = voices::enroll_usable(&store, &embedder, &self.person, samples, &self.options())?;
        let similar = usable.enrolled.as_ref().and_then(|enrolled| enrolled.similar_to.as_ref());
        for (((path, sample), status), quality) in
            self.files.iter().zip(&usable.samples).zip(&usable.statuses).zip(&qualities)
        {
            let found = (*status, quality.as_ref(), similar);
            self.report(path, sample, found, output)?;
        }
        if let (Some(enrolled), false) = (&usable.enrolled, output.is_json()) {
            output.line(summary(enrolled, &self.options()))?;
        }
        if let (Some(similar), false) = (similar, output.is_json()) {
            output::complain(format_args!(
                "this may be the voice of {}, who is enrolled too ({:.0} %): are they one person?",
                similar.person,
                100.0 * similar.probability
            ));
        }
        let all_fine = usable.samples.iter().all(Result::is_ok);
        Ok(if all_fine { Outcome::AllFine } else { Outcome::SomeFailed })
    }

    fn options(&self) -> EnrollOptions {
        EnrollOptions { user_id: self.user.clone(), ..EnrollOptions::default() }
    }

    fn report(
        &self,
        path: &Path,
        sample: &sonic::Result<VoiceSample>,
        (status, quality, similar_to): (SampleStatus, Option<&VoiceQuality>, Option<&SimilarVoiceprint>),
        output: &mut Output,
    ) -> sonic::Result<()> {
        if output.is_json() {
            let line = EnrolledLine::new(
                sonic::path_text(path),
                &self.person,
                sample,
                (status, quality),
                similar_to,
            );
            return output.object(&line);
        }
        let path = path.display();
        match (sample, quality) {
            // A message of the library names the file wherever it is about one that cannot be read.
            (Err(error), None) => output::complain(format_args!("failed: {error}")),
            (Err(error), Some(_)) => output::complain(format_args!("failed: {path}: {error}")),
            (Ok(_), Some(quality)) => output.line(format_args!("{path}: {}", text(status, quality)))?,
            (Ok(_), None) => {}
        }
        Ok(())
    }
}

fn text(status: SampleStatus, quality: &VoiceQuality) -> String {
    let what = match status {
        SampleStatus::Known => "is a sample already",
        SampleStatus::LeftOut => "left out, there are enough samples",
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
