//! Everything that the models of a phrase are told, before any of them runs: it makes the key of the cache too.

use super::singer::Singer;
use crate::timing::{self, Timed, Word};
use crate::voicebank::{Stage, StageSettings};
use sonic_core::{Error, ErrorKind, Result};

/// Phonemes of a stage as its models number them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) tokens: Vec<i64>,
    pub(crate) languages: Vec<i64>,
}

impl Numbers {
    pub(crate) fn new<'a>(stage: &StageSettings, phonemes: impl Iterator<Item = &'a str>) -> Result<Self> {
        let (mut tokens, mut languages) = (Vec::new(), Vec::new());
        for phoneme in phonemes {
            let id = stage.inventory.as_ref().and_then(|inventory| inventory.id(phoneme));
            tokens.push(id.ok_or_else(|| {
                let message = format!(
                    "the phoneme {phoneme} is not in the list of the {} stage; check the bank",
                    stage.stage
                );
                Error::new(ErrorKind::Model, message)
            })?);
            let language = phoneme.split_once('/').map_or("", |(language, _)| language);
            languages.push(stage.languages.get(language).map_or(0, |(id, _)| *id));
        }
        Ok(Self { tokens, languages })
    }
}

/// What the linguistic model of the pitch or variance stage is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Encoded {
    pub(crate) numbers: Numbers,
    pub(crate) ph_dur: Vec<i64>,
    pub(crate) words: timing::WordTensors,
    /// The sum of `ph_dur`.
    pub(crate) frames: usize,
}

impl Encoded {
    fn new(stage: &StageSettings, phrase: &[Timed], singer: &Singer) -> Result<Self> {
        let ph_dur = timing::padded_durations(phrase, stage.frame_ms);
        let words = timing::word_tensors(phrase, &ph_dur, &singer.dictionary);
        let frames = usize::try_from(ph_dur.iter().sum::<i64>()).unwrap_or(0);
        Ok(Self { numbers: Numbers::new(stage, padded(phrase))?, ph_dur, words, frames })
    }
}

/// The phonemes of a phrase with silence at both ends.
fn padded(phrase: &[Timed]) -> impl Iterator<Item = &str> {
    ["SP"].into_iter().chain(phrase.iter().map(|timed| timed.phoneme.as_str())).chain(["SP"])
}

/// A phrase as its models get it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    pub(crate) numbers: Numbers,
    pub(crate) durations: Vec<i64>,
    /// The sum of `durations`.
    pub(crate) frames: usize,
    pub(crate) pitch: Option<Encoded>,
    pub(crate) variance: Option<Encoded>,
    /// In frames of the pitch stage, or of the acoustic stage without one.
    pub(crate) notes: timing::NoteTensors,
}

impl Plan {
    pub(crate) fn new(singer: &Singer, phrase: &[Timed], words: &[Word]) -> Result<Self> {
        let acoustic = &*singer.acoustic;
        let durations = timing::padded_durations(phrase, acoustic.frame_ms);
        let total: i64 = durations.iter().sum();
        let encode = |stage| {
            singer.bank.stage(stage).map(|settings| Encoded::new(settings, phrase, singer)).transpose()
        };
        let (pitch, variance) = (encode(Stage::Pitch)?, encode(Stage::Variance)?);
        let (frame_ms, frames) = match (singer.bank.stage(Stage::Pitch), &pitch) {
            (Some(stage), Some(encoded)) => (stage.frame_ms, encoded.frames as i64),
            _ => (acoustic.frame_ms, total),
        };
        let notes = timing::note_tensors(phrase, words, &singer.dictionary, frame_ms, frames);
        let numbers = Numbers::new(acoustic, padded(phrase))?;
        Ok(Self { numbers, durations, frames: usize::try_from(total).unwrap_or(0), pitch, variance, notes })
    }
}
