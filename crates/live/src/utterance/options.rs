//! How utterances are cut.

use super::PER_MS;
use sonic_audio::speech::{Silero, SpeechOptions};
use sonic_core::Result;
use std::sync::Arc;

/// How utterances are cut.
#[derive(Debug, Clone)]
pub struct UtteranceOptions {
    /// Speech begins where its probability reaches this, 0..1; it ends where it stays 0.15 under it.
    pub threshold: f32,
    /// A pause of this length ends an utterance, in milliseconds.
    pub hangover_ms: u32,
    /// Utterances with less speech than this are left out, in milliseconds.
    pub min_speech_ms: u32,
    /// What is kept before and after the speech, in milliseconds; at most the hangover.
    pub padding_ms: u32,
    /// A longer utterance is cut in two where it is quietest in its last third, in milliseconds.
    pub max_ms: u32,
    /// While an utterance goes on, what there is of it is given each time that it is longer by this, in milliseconds; 0
    /// for never.
    pub partial_ms: u32,
    /// The model that tells speech; `None` for the method without a model.
    pub model: Option<Arc<Silero>>,
}

impl Default for UtteranceOptions {
    fn default() -> Self {
        Self {
            threshold: 0.5,
            hangover_ms: 500,
            min_speech_ms: 250,
            padding_ms: 150,
            max_ms: 15_000,
            partial_ms: 2_000,
            model: None,
        }
    }
}

impl UtteranceOptions {
    pub(super) fn check(&self) -> Result<()> {
        if !(self.threshold > 0.0 && self.threshold < 1.0) {
            return Err(crate::invalid("the threshold of speech must lie between 0 and 1"));
        }
        if self.padding_ms > self.hangover_ms || self.hangover_ms > 10_000 {
            return Err(crate::invalid("padding_ms is at most hangover_ms, and that at most 10000"));
        }
        if !(1_000..=60_000).contains(&self.max_ms) || self.min_speech_ms > self.max_ms / 4 {
            return Err(crate::invalid("max_ms is 1000 to 60000, and min_speech_ms at most a quarter of it"));
        }
        Ok(())
    }

    pub(super) fn speech(&self) -> SpeechOptions {
        SpeechOptions { model: self.model.clone(), ..SpeechOptions::default() }
    }

    pub(super) fn hangover(&self) -> u64 {
        u64::from(self.hangover_ms) * PER_MS
    }

    pub(super) fn padding(&self) -> u64 {
        u64::from(self.padding_ms) * PER_MS
    }

    pub(super) fn min_speech(&self) -> u64 {
        u64::from(self.min_speech_ms) * PER_MS
    }

    pub(super) fn max(&self) -> u64 {
        u64::from(self.max_ms) * PER_MS
    }

    pub(super) fn partial(&self) -> u64 {
        if self.partial_ms == 0 { u64::MAX / 2 } else { u64::from(self.partial_ms) * PER_MS }
    }
}
