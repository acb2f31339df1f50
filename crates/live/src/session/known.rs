//! What is known about one utterance.

use super::{ATTEMPTS, LiveStats};
use crate::desk::Ticket;
use crate::recent::Recent;
use crate::recognizer::Recognition;
use crate::utterance::{PER_MS, Utterance};
use serde::{Deserialize, Serialize};
use sonic_core::{Segment, Word};

/// An utterance with its segment.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) segment: Segment,
    /// Its sound, until the text is final.
    sound: Option<Recent>,
    /// True if it has ended.
    pub(super) is_heard: bool,
    /// How sure the recogniser is; `None` if it was not asked, or could not say.
    text_confidence: Option<f32>,
    attempts: u32,
    /// True if the segment changed since it was told, and false before it is worth telling.
    is_changed: bool,
    is_told: bool,
    /// Where the answer will be. Another process asks anew.
    #[serde(skip)]
    pub(super) ticket: Option<Ticket>,
}

impl Known {
    pub(super) fn new(id: &str) -> Self {
        Self {
            segment: Segment { id: id.to_owned(), ..Segment::default() },
            sound: None,
            is_heard: false,
            text_confidence: None,
            attempts: 0,
            is_changed: false,
            is_told: false,
            ticket: None,
        }
    }

    /// Takes what there is of the utterance now.
    pub(super) fn hear(&mut self, utterance: &Utterance) {
        if self.segment.is_final {
            return;
        }
        let mut sound = Recent::default();
        sound.push(&utterance.samples);
        self.sound = Some(sound);
        self.is_heard = utterance.is_final;
        (self.segment.start_ms, self.segment.end_ms) = (utterance.start_ms, utterance.end_ms);
        self.ticket = None;
    }

    /// The sound that is to be recognised.
    pub(super) fn sound(&self) -> Vec<f32> {
        self.sound.as_ref().map(|sound| sound.get(0..sound.end())).unwrap_or_default()
    }

    /// True if the final text is still to come.
    pub(super) fn is_waiting(&self) -> bool {
        self.is_heard && !self.segment.is_final
    }

    /// True if only the speaker may change any more.
    pub(super) fn is_done(&self) -> bool {
        self.segment.is_final && self.is_told
    }

    pub(super) fn waiting_ms(&self) -> u64 {
        self.sound.as_ref().map_or(0, |sound| sound.end() / PER_MS)
    }

    /// Takes what was said; true if that is final.
    pub(super) fn understand(&mut self, said: Recognition) -> bool {
        self.ticket = None;
        let from = self.segment.start_ms;
        let place = |word: Word| Word { start_ms: from + word.start_ms, end_ms: from + word.end_ms, ..word };
        self.segment.text = said.text;
        self.segment.words = said.words.into_iter().map(place).collect();
        self.text_confidence = Some(said.confidence);
        self.is_changed = true;
        if self.is_heard {
            self.settle();
        }
        self.is_heard
    }

    /// The recogniser failed: a whole utterance is handed in again, so often.
    pub(super) fn fail(&mut self, stats: &mut LiveStats) {
        self.ticket = None;
        if !self.is_heard {
            return;
        }
        self.attempts += 1;
        if self.attempts >= ATTEMPTS {
            stats.given_up += 1;
            self.settle();
        }
    }

    /// Nothing of the text changes any more.
    pub(super) fn settle(&mut self) {
        self.is_changed = true;
        self.ticket = None;
        self.segment.is_final = self.is_heard;
        if self.is_heard {
            self.sound = None;
        }
    }

    /// The segment, if it changed since it was last told; it is by `speaker`, as surely as that says.
    pub(super) fn tell(&mut self, speaker: Option<(String, f32)>) -> Option<Segment> {
        let (name, sure) = speaker.map_or((None, 1.0), |(name, sure)| (Some(name), sure));
        let is_other = self.is_told && self.segment.is_final && name != self.segment.speaker;
        if !self.is_changed && !is_other {
            return None;
        }
        let text = match (self.text_confidence, &name) {
            (Some(text), _) => text,
            (None, Some(_)) => 1.0,
            (None, None) => 0.0,
        };
        self.segment.revision += u32::from(self.is_told);
        self.segment.confidence = text * sure;
        self.segment.speaker = name;
        (self.is_changed, self.is_told) = (false, true);
        Some(self.segment.clone())
    }
}
