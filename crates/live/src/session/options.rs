//! How a connection is followed, and how it fared.

use crate::{Prompt, SpeakerOptions, UtteranceOptions};
use serde::Serialize;
use sonic_audio::decode::push::PushOptions;
use sonic_core::Error;

/// How a connection is followed.
#[derive(Debug, Clone, Default)]
pub struct LiveOptions {
    /// How slices of a recorder are decoded.
    pub slices: PushOptions,
    /// How utterances are cut.
    pub utterances: UtteranceOptions,
    /// How speakers are told from each other.
    pub speakers: SpeakerOptions,
    /// What was said in the meeting before: give the sessions of one meeting clones of one.
    pub prompt: Prompt,
    /// The language that is spoken, as ISO 639-1; `None` to let the recogniser find out.
    pub language: Option<String>,
    /// True to tell nothing of an utterance before the text of those before it is final, so that final segments come in order.
    pub in_order: bool,
}

/// How the utterances of a connection fared.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct LiveStats {
    /// Utterances that ended.
    pub utterances: u64,
    /// Utterances whose text is final.
    pub recognized: u64,
    /// Times that a recogniser failed, gave an answer that is none, or gave none in time.
    pub failures: u64,
    /// Utterances that were given up: their segments stay without text.
    pub given_up: u64,
    /// What went wrong last: the kind of the error and what it says.
    pub last_failure: Option<(String, String)>,
}

impl LiveStats {
    pub(super) fn fail(&mut self, error: &Error) {
        self.failures += 1;
        self.last_failure = Some((error.kind().name().to_owned(), error.message().to_owned()));
    }
}
