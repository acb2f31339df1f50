//! Probabilities of speech to utterances: hysteresis, hangover, maximum length.

use super::{PER_MS, SpeechFrame, UtteranceOptions};
use crate::recent::Recent;
use serde::{Deserialize, Serialize};

/// How far under the threshold speech ends, and what it does not go on below.
const RELEASE: f32 = 0.15;
const LEAST_RELEASE: f32 = 0.01;
/// A long utterance is cut where it is quietest for this long.
const QUIET: u64 = 100 * PER_MS;

/// A part of the sound to be given.
#[derive(Debug, PartialEq)]
pub(super) struct Cut {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) revision: u32,
    pub(super) is_final: bool,
}

/// Finds where utterances begin and end.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Cutter {
    open: Option<Open>,
    /// No utterance begins before this: the one before ended there.
    after: u64,
}

/// An utterance that goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Open {
    start: u64,
    /// Samples of speech in it.
    voiced: u64,
    /// Where the pause began that may end it.
    pause: Option<u64>,
    /// Where the part ended that was given last.
    told: u64,
    revision: u32,
}

impl Cutter {
    /// The first sample that is still needed, if somebody speaks.
    pub(super) fn needs(&self) -> Option<u64> {
        self.open.as_ref().map(|open| open.start)
    }

    pub(super) fn push(
        &mut self,
        frame: &SpeechFrame,
        recent: &Recent,
        options: &UtteranceOptions,
    ) -> Option<Cut> {
        if frame.probability >= options.threshold {
            let first = frame.start.saturating_sub(options.padding());
            let start = first.max(self.after).max(recent.start());
            let open =
                self.open.get_or_insert(Open { start, voiced: 0, pause: None, told: start, revision: 0 });
            open.voiced += frame.end - frame.start;
            open.pause = None;
        }
        let open = self.open.as_mut()?;
        if frame.probability < (options.threshold - RELEASE).max(LEAST_RELEASE) {
            let pause = *open.pause.get_or_insert(frame.start);
            if frame.end.saturating_sub(pause) >= options.hangover() {
                return self.close(pause, options);
            }
        }
        if frame.end.saturating_sub(open.start) >= options.max() {
            return self.split(frame.end, recent);
        }
        let is_due = frame.end.saturating_sub(open.told) >= options.partial() && open.pause.is_none();
        (is_due && open.voiced >= options.min_speech()).then(|| open.tell(frame.end, false))
    }

    /// Ends the sound at `end`.
    pub(super) fn end(&mut self, end: u64, options: &UtteranceOptions) -> Option<Cut> {
        let pause = self.open.as_ref()?.pause;
        self.close(pause.unwrap_or(end), options)
    }

    /// Ends the utterance at the beginning of a pause.
    fn close(&mut self, pause: u64, options: &UtteranceOptions) -> Option<Cut> {
        let mut open = self.open.take()?;
        let end = pause + options.padding();
        self.after = end;
        (open.revision > 0 || open.voiced >= options.min_speech()).then(|| open.tell(end, true))
    }

    /// Cuts an utterance that is too long in two, of which the second goes on.
    fn split(&mut self, now: u64, recent: &Recent) -> Option<Cut> {
        let open = self.open.as_mut()?;
        let place = recent.quietest(now - now.saturating_sub(open.start) / 3..now, QUIET);
        let cut = open.tell(place, true);
        let next = Open {
            start: place,
            voiced: now.saturating_sub(place),
            told: place,
            revision: 0,
            pause: open.pause,
        };
        (self.open, self.after) = (Some(next), place);
        Some(cut)
    }
}

impl Open {
    fn tell(&mut self, end: u64, is_final: bool) -> Cut {
        let revision = self.revision;
        self.revision += 1;
        self.told = end;
        Cut { start: self.start, end, revision, is_final }
    }
}
