//! Voicebanks in the DiffSinger format that OpenUtau sings: reading them, checking them.

mod character;
mod check;
mod dictionary;
pub(crate) mod document;
mod finding;
pub(crate) mod hostile;
mod inventory;
mod models;
mod stage;
mod vocoder;

pub(crate) use dictionary::{Dictionary, Kind, Replacement, read_dictionary};
pub use finding::{Finding, Severity, Stage};
pub(crate) use inventory::Inventory;
pub(crate) use models::Models;
pub(crate) use stage::{CURVES, ModelFile, StageSettings};
pub(crate) use vocoder::Vocoder;

use crate::phonemes::Language;
use character::Character;
use finding::Report;
use sonic_core::{Error, ErrorKind, Result};
use sonic_model::SessionOptions;
use stage::MelSettings;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How to open a voicebank.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct VoicebankOptions {
    /// Folders that hold installed vocoders, a folder each. A folder `_packages` beside the bank is looked in as well.
    pub vocoder_folders: Vec<PathBuf>,
    /// How its models are run.
    pub session: SessionOptions,
}

/// A voicebank: its settings are read, its models are loaded when it first sings. A clone is the same bank.
#[derive(Debug, Clone)]
pub struct Voicebank(Arc<Bank>);

/// What a voicebank holds.
#[derive(Debug)]
#[doc(hidden)]
pub struct Bank {
    root: PathBuf,
    character: Character,
    acoustic: Option<Arc<StageSettings>>,
    mel: Option<MelSettings>,
    duration: Option<StageSettings>,
    pitch: Option<StageSettings>,
    variance: Option<StageSettings>,
    vocoder: Option<Vocoder>,
    /// What reading the files has shown; the models are not looked at before they are used or checked.
    findings: Vec<Finding>,
    models: Models,
}

impl Deref for Voicebank {
    type Target = Bank;

    fn deref(&self) -> &Bank {
        &self.0
    }
}

impl Voicebank {
    /// Reads the voicebank in the folder `path`. Faults in its files are no error here: [`check`](Self::check) tells
    /// them all, and what cannot be sung for them is refused when it is asked for.
    ///
    /// # Errors
    /// `NotFound` if there is no such folder.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_with(path, &VoicebankOptions::default())
    }

    /// As [`open`](Self::open), with options.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(path: &Path, options: &VoicebankOptions) -> Result<Self> {
        if !path.is_dir() {
            let message =
                format!("{} is not a folder: name the one with the bank's dsconfig.yaml", path.display());
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        let mut findings = Vec::new();
        let mut read =
            |stage| StageSettings::read(path, stage, &mut Report { stage, findings: &mut findings });
        let acoustic = read(Stage::Acoustic);
        let (duration, pitch, variance) = (read(Stage::Duration), read(Stage::Pitch), read(Stage::Variance));
        let character = Character::read(path, &mut Report { stage: Stage::Bank, findings: &mut findings });
        let vocoder = Vocoder::read(path, acoustic.as_ref(), &options.vocoder_folders, &mut findings);
        let mel = acoustic.as_ref().map(|a| {
            MelSettings::read(&a.settings, &mut Report { stage: Stage::Acoustic, findings: &mut findings })
        });
        let models = Models::new(options.session);
        let root = path.to_owned();
        let acoustic = acoustic.map(Arc::new);
        let bank =
            Bank { root, character, acoustic, mel, duration, pitch, variance, vocoder, findings, models };
        Ok(Self(Arc::new(bank)))
    }

    /// Every fault of the bank, the errors first: its settings read against each other and against what the models
    /// declare. Nothing is sung, and ONNX Runtime is not needed.
    pub fn check(&self) -> Vec<Finding> {
        let mut findings = self.findings.clone();
        check::check(self, &mut findings);
        findings.sort_by(|a, b| {
            (b.severity, a.stage, &a.file, a.line, a.code, &a.message)
                .cmp(&(a.severity, b.stage, &b.file, b.line, b.code, &b.message))
        });
        findings
    }

    /// The singer's name; the folder's if it has none.
    pub fn name(&self) -> &str {
        &self.character.name
    }

    /// Samples a second of what it sings.
    pub fn sample_rate(&self) -> u32 {
        self.mel.as_ref().and_then(|mel| u32::try_from(mel.sample_rate).ok()).unwrap_or(44_100)
    }

    /// The names of its speakers (voice colours), as the acoustic model lists them; empty for a single voice.
    pub fn speakers(&self) -> Vec<&str> {
        self.acoustic.iter().flat_map(|a| &a.speakers).map(|s| s.name.as_str()).collect()
    }

    /// The voice colours that the singer's description offers, and the speaker of each.
    pub fn voice_colors(&self) -> impl Iterator<Item = (&str, &str)> {
        self.character.colors.iter().map(|c| (c.color.as_str(), c.suffix.as_str()))
    }

    /// The languages that its models tell apart, sorted; empty if they tell none.
    pub fn languages(&self) -> Vec<&str> {
        let mut languages: Vec<_> =
            self.acoustic.iter().flat_map(|a| a.languages.keys()).map(String::as_str).collect();
        languages.sort_unstable();
        languages
    }

    /// The lowest and highest note that the singer's description gives, in MIDI numbers.
    pub fn range_midi(&self) -> Option<(f64, f64)> {
        self.character.range_midi
    }

    /// The language that its description says words are in, if there are rules for it.
    pub fn default_language(&self) -> Option<Language> {
        let name = self.character.phonemizer.to_ascii_lowercase();
        let known = ["english", "spanish", "italian", "german", "japanese"];
        known.into_iter().find(|language| name.contains(language)).and_then(Language::named)
    }

    /// The folder that it was read from.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// The stage whose dictionary and phoneme list the words are looked up in.
    pub(crate) fn word_stage(&self) -> Option<&StageSettings> {
        self.duration.as_ref().or(self.pitch.as_ref())
    }

    pub(crate) fn stage(&self, stage: Stage) -> Option<&StageSettings> {
        match stage {
            Stage::Acoustic => self.acoustic.as_deref(),
            Stage::Duration => self.duration.as_ref(),
            Stage::Pitch => self.pitch.as_ref(),
            Stage::Variance => self.variance.as_ref(),
            Stage::Bank | Stage::Vocoder => None,
        }
    }

    pub(crate) fn acoustic(&self) -> Result<(&Arc<StageSettings>, &MelSettings)> {
        match (&self.acoustic, &self.mel) {
            (Some(acoustic), Some(mel)) => Ok((acoustic, mel)),
            _ => Err(self.refuse("it has no dsconfig.yaml that can be read")),
        }
    }

    pub(crate) fn vocoder(&self) -> Result<&Vocoder> {
        self.vocoder.as_ref().ok_or_else(|| self.refuse("it has no vocoder"))
    }

    pub(crate) fn models(&self) -> &Models {
        &self.models
    }

    /// An error about this bank: `what`, and the first fault that reading it has shown.
    pub(crate) fn refuse(&self, what: impl std::fmt::Display) -> Error {
        let first = self.findings.iter().find(|f| f.severity == Severity::Error);
        let more = first.map_or_else(String::new, |f| format!(" ({f})"));
        let message = format!("the voicebank {} cannot sing: {what}{more}; check it", self.root.display());
        Error::new(ErrorKind::Model, message)
    }
}
