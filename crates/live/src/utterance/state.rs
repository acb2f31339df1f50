//! What is kept of a connection's utterances, for another process.

use super::cutter::Cutter;
use super::{SAMPLE_RATE, UtteranceOptions, Utterances};
use crate::recent::{self, Recent};
use serde::{Deserialize, Serialize};
use sonic_audio::speech::SpeechListener;
use sonic_core::Result;

/// What [`Utterances`] remembers, to be kept wherever the host likes: some kilobytes, and 43 kB for each second of an
/// utterance that goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UtteranceState {
    connection: String,
    pipeline: String,
    listener: String,
    recent: Recent,
    cutter: Cutter,
    anchor: u64,
    frames: u64,
}

impl Utterances {
    /// What it remembers now.
    pub fn state(&self) -> UtteranceState {
        UtteranceState {
            connection: self.connection.clone(),
            pipeline: self.pipeline.clone(),
            listener: recent::written(&self.listener.state()),
            recent: self.recent.clone(),
            cutter: self.cutter.clone(),
            anchor: self.anchor,
            frames: self.frames,
        }
    }

    /// Goes on where `state` was taken, with the same options: the same sound gives the same utterances and ids.
    ///
    /// # Errors
    /// `Malformed` if the state is damaged or of another speech detector; `InvalidArgument` if an option is out of range.
    pub fn restore(state: &UtteranceState, options: &UtteranceOptions) -> Result<Self> {
        options.check()?;
        let bytes = recent::read(&state.listener)?;
        if state.recent.end().max(state.anchor).checked_add(state.frames.saturating_mul(512)).is_none() {
            return Err(crate::damaged());
        }
        Ok(Self {
            connection: state.connection.clone(),
            pipeline: state.pipeline.clone(),
            options: options.clone(),
            listener: SpeechListener::restore(&options.speech(), SAMPLE_RATE, &bytes)?,
            recent: state.recent.clone(),
            cutter: state.cutter.clone(),
            anchor: state.anchor,
            frames: state.frames,
            probabilities: Vec::new(),
        })
    }
}
