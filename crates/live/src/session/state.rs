//! What is kept of a session, for a process that takes over.

use super::known::Known;
use super::{LiveOptions, LiveSession, LiveStats, pipeline};
use crate::desk::Desk;
use crate::recent;
use crate::speakers::{SpeakerState, Speakers};
use crate::utterance::{SAMPLE_RATE, UtteranceState, Utterances};
use serde::{Deserialize, Serialize};
use sonic_audio::decode::push::PushDecoder;
use sonic_core::{Error, ErrorKind, Result};
use std::collections::VecDeque;

/// The version of what is written.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    pipeline: String,
    slices: String,
    utterances: UtteranceState,
    speakers: SpeakerState,
    known: &'a VecDeque<Known>,
    said: String,
}

#[derive(Deserialize)]
struct Read {
    version: u32,
    pipeline: String,
    slices: String,
    utterances: UtteranceState,
    speakers: SpeakerState,
    known: VecDeque<Known>,
    said: String,
}

impl LiveSession {
    /// What it remembers, as JSON: some tens of kilobytes, and 43 kB for each second of sound that is not recognised yet.
    /// Keep it after each call, and a process that takes over goes on with the same segments and ids.
    ///
    /// # Errors
    /// `Internal` if it cannot be written, which is a mistake of sonic.
    pub fn state(&self) -> Result<Vec<u8>> {
        let written = Written {
            version: VERSION,
            pipeline: pipeline(self.desk.as_ref()),
            slices: recent::written(&self.decoder.state()),
            utterances: self.utterances.state(),
            speakers: self.speakers.state(),
            known: &self.known,
            said: self.options.prompt.text(),
        };
        serde_json::to_vec(&written).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
    }

    /// Goes on where `state` was taken, with the same recogniser and options: with the slice behind the last one that was
    /// pushed. Utterances that were not recognised
    /// are handed in again. What was said is taken from the state if the prompt of the options is still empty.
    ///
    /// # Errors
    /// `Malformed` if the state is damaged; `Mismatch` if it is of another version or recogniser; as [`new`](Self::new).
    pub fn restore(state: &[u8], desk: Option<Desk>, options: &LiveOptions) -> Result<Self> {
        let read: Read =
            serde_json::from_slice(state).map_err(|error| crate::damaged().with_source(error))?;
        if read.version != VERSION || read.pipeline != pipeline(desk.as_ref()) {
            let message = format!(
                "the state is of {:?}, version {}: go on with what it was",
                read.pipeline, read.version
            );
            return Err(Error::new(ErrorKind::Mismatch, message));
        }
        let decoder = PushDecoder::restore(&recent::read(&read.slices)?, &options.slices)?;
        if decoder.sample_rate() != SAMPLE_RATE {
            return Err(crate::damaged());
        }
        if options.prompt.text().is_empty() {
            options.prompt.push(&read.said);
        }
        Ok(Self {
            utterances: Utterances::restore(&read.utterances, &options.utterances)?,
            speakers: Speakers::restore(&read.speakers, &options.speakers)?,
            decoder,
            options: options.clone(),
            desk,
            known: read.known,
            stats: LiveStats::default(),
        })
    }
}
