//! What is known about one utterance.

use super::parts::{Part, parts, words_of};
use super::{ATTEMPTS, LiveStats};
use crate::desk::Ticket;
use crate::recent::Recent;
use crate::recognizer::Recognition;
use crate::speakers::speaker_of;
use crate::utterance::{PER_MS, Utterance};
use serde::{Deserialize, Serialize};
use sonic_core::{Error, Segment, Turn, Word};
use std::time::{Duration, Instant};

/// A recogniser that says when to come back is not left alone for longer.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// An utterance with its segments.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) id: String,
    start_ms: u64,
    pub(super) end_ms: u64,
    pub(super) text: String,
    words: Vec<Word>,
    /// Its sound, until the text is final.
    sound: Option<Recent>,
    /// True if it has ended.
    pub(super) is_complete: bool,
    /// True if its text does not change any more.
    is_final: bool,
    /// How sure the recogniser is; `None` if it was not asked, or could not say.
    confidence: Option<f32>,
    attempts: u32,
    /// True if there is something to tell.
    is_ready: bool,
    /// The segments as they were told, one for each speaker.
    told: Vec<Segment>,
    /// Where the answer will be. Another process asks anew.
    #[serde(skip)]
    pub(super) ticket: Option<Ticket>,
    /// A recogniser that is to be left alone is not asked before.
    #[serde(skip)]
    not_before: Option<Instant>,
}

impl Known {
    pub(super) fn new(id: &str) -> Self {
        Self { id: id.to_owned(), ..Self::default() }
    }

    /// Takes what there is of the utterance now.
    pub(super) fn extend(&mut self, utterance: &Utterance) {
        if self.is_final {
            return;
        }
        let mut sound = Recent::default();
        sound.push(&utterance.samples);
        self.sound = Some(sound);
        self.is_complete = utterance.is_final;
        (self.start_ms, self.end_ms) = (utterance.start_ms, utterance.end_ms);
        self.ticket = None;
    }

    /// The sound that is to be recognised.
    pub(super) fn sound(&self) -> Vec<f32> {
        self.sound.as_ref().map(|sound| sound.get(0..sound.end())).unwrap_or_default()
    }

    /// True if the final text is still to come.
    pub(super) fn is_waiting(&self) -> bool {
        self.is_complete && !self.is_final
    }

    /// True if it is to be handed in, now or if somebody waits for it.
    pub(super) fn is_due(&self, wait: bool) -> bool {
        self.is_waiting() && (wait || self.not_before.is_none_or(|time| time <= Instant::now()))
    }

    /// True if only the speaker may change any more.
    pub(super) fn is_done(&self) -> bool {
        self.is_final && !self.told.is_empty()
    }

    pub(super) fn waiting_ms(&self) -> u64 {
        self.sound.as_ref().map_or(0, |sound| sound.end() / PER_MS)
    }

    /// Takes what was said; true if that is final.
    pub(super) fn understand(&mut self, said: Recognition) -> bool {
        self.ticket = None;
        let from = self.start_ms;
        let place = |word: Word| Word { start_ms: from + word.start_ms, end_ms: from + word.end_ms, ..word };
        self.text = said.text;
        self.words = said.words.into_iter().map(place).collect();
        self.confidence = Some(said.confidence);
        self.settle();
        self.is_complete
    }

    /// The recogniser failed: a whole utterance is handed in again, so often.
    pub(super) fn fail(&mut self, error: &Error, stats: &mut LiveStats) {
        stats.fail(error);
        self.ticket = None;
        self.not_before = error.retry_after().map(|wait| Instant::now() + wait.min(LONGEST_WAIT));
        if !self.is_complete {
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
        self.is_ready = true;
        self.ticket = None;
        self.is_final = self.is_complete;
        self.sound = None;
    }

    /// Segments that are new or changed, now that these are the turns.
    pub(super) fn tell(&mut self, turns: &[Turn]) -> Vec<Segment> {
        if !self.is_ready {
            return Vec::new();
        }
        let mut now = self.segments(turns);
        // What was told of a speaker who turned out to have no part is taken back.
        for old in self.told.iter().skip(now.len()) {
            let Segment { id, revision, start_ms, .. } = old.clone();
            now.push(Segment {
                id,
                revision,
                is_final: true,
                start_ms,
                end_ms: start_ms,
                ..Segment::default()
            });
        }
        let mut changed = Vec::new();
        for (place, mut segment) in now.into_iter().enumerate() {
            match self.told.get_mut(place) {
                Some(old) if is_same(old, &segment) => (),
                Some(old) => {
                    segment.revision = old.revision + 1;
                    *old = segment.clone();
                    changed.push(segment);
                }
                None => {
                    self.told.push(segment.clone());
                    changed.push(segment);
                }
            }
        }
        changed
    }

    /// The segments of the utterance: one while it goes on, then one for each speaker.
    fn segments(&self, turns: &[Turn]) -> Vec<Segment> {
        let parts = match self.is_final {
            true => parts(self.start_ms, self.end_ms, turns),
            false => vec![Part {
                start_ms: self.start_ms,
                end_ms: self.end_ms,
                speaker: speaker_of(turns, self.start_ms, self.end_ms),
            }],
        };
        let words = words_of(&parts, &self.words);
        let longest =
            parts.iter().enumerate().max_by_key(|(_, part)| part.end_ms - part.start_ms).map(|(i, _)| i);
        let segment = |(place, (part, words)): (usize, (&Part, Vec<Word>))| {
            let text = match (parts.len(), self.words.is_empty()) {
                (1, _) => self.text.clone(),
                (_, true) if Some(place) == longest => self.text.clone(),
                _ => words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "),
            };
            self.segment(place, part, text, words)
        };
        parts.iter().zip(words).enumerate().map(segment).collect()
    }

    fn segment(&self, place: usize, part: &Part, text: String, words: Vec<Word>) -> Segment {
        let id = if place == 0 { self.id.clone() } else { format!("{}-{place}", self.id) };
        let sure = part.speaker.as_ref().map(|(_, sure)| *sure);
        let confidence = match (self.confidence, sure) {
            (None, None) => 0.0,
            (text, speaker) => text.unwrap_or(1.0) * speaker.unwrap_or(1.0),
        };
        Segment {
            id,
            revision: 0,
            is_final: self.is_final,
            start_ms: part.start_ms,
            end_ms: part.end_ms,
            text,
            words,
            speaker: part.speaker.as_ref().map(|(name, _)| name.clone()),
            confidence,
        }
    }
}

/// True if nothing of a segment changed that is worth telling.
fn is_same(old: &Segment, new: &Segment) -> bool {
    let key = |s: &Segment| (s.is_final, s.start_ms, s.end_ms);
    key(old) == key(new) && old.speaker == new.speaker && old.text == new.text && old.words == new.words
}
