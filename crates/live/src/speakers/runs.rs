//! From who speaks in each frame to turns.

use super::path::Talking;
use sonic_core::Turn;

/// A turn begins or ends where speech was detected to, if that is so near, in milliseconds.
const SNAP_MS: u64 = 300;
/// Shorter pauses of one speaker are no end of a turn, in milliseconds.
const PAUSE_MS: u64 = 500;

/// What turns are made from.
pub(super) struct Course<'a> {
    /// Who speaks in each frame.
    pub(super) path: &'a [Talking],
    /// Milliseconds of a frame, and where the first begins.
    pub(super) frame_ms: u64,
    pub(super) base_ms: u64,
    /// A microphone counts as active for this long after somebody spoke, in milliseconds.
    pub(super) hold_ms: u64,
    /// Stretches of speech, in milliseconds, in order.
    pub(super) speech: &'a [(u64, u64)],
}

impl Course<'_> {
    /// The turns of one speaker, in order; `confidence` says how sure a stretch of frames is.
    pub(super) fn turns(
        &self,
        speaker: usize,
        name: &str,
        confidence: impl Fn(usize, usize) -> f32,
    ) -> Vec<Turn> {
        let mut turns: Vec<Turn> = Vec::new();
        for (first, end) in self.runs(speaker) {
            let turn = Turn {
                start_ms: self.start_of(first, speaker),
                end_ms: self.end_of(first, end, speaker),
                speaker: name.to_owned(),
                confidence: confidence(first, end),
                overlapped: self.path[first..end].iter().any(|talking| talking.1.is_some()),
            };
            if turn.end_ms > turn.start_ms {
                turns.push(turn);
            }
        }
        joined(turns)
    }

    /// Frames from the first to behind the last of each stretch in which somebody speaks.
    fn runs(&self, speaker: usize) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for (i, _) in self.path.iter().enumerate().filter(|(_, talking)| talking.has(speaker)) {
            match runs.last_mut() {
                Some(last) if last.1 == i => last.1 = i + 1,
                _ => runs.push((i, i + 1)),
            }
        }
        runs
    }

    fn ms(&self, frame: usize) -> u64 {
        self.base_ms + frame as u64 * self.frame_ms
    }

    fn start_of(&self, first: usize, speaker: usize) -> u64 {
        let start = self.ms(first);
        if self.is_another(first, speaker) || first == 0 {
            return start;
        }
        nearest(self.speech.iter().map(|span| span.0), start).unwrap_or(start)
    }

    fn end_of(&self, first: usize, end: usize, speaker: usize) -> u64 {
        if end == self.path.len() {
            return self.ms(end);
        }
        let held = self.ms(end).saturating_sub(self.hold_ms).max(self.ms(first) + self.frame_ms);
        if self.is_another(end, speaker) {
            return held;
        }
        nearest(self.speech.iter().map(|span| span.1), held).unwrap_or(held)
    }

    /// True if somebody else speaks about the edge before `frame`.
    fn is_another(&self, frame: usize, speaker: usize) -> bool {
        let near = self.path[frame.saturating_sub(2)..(frame + 2).min(self.path.len())].iter();
        near.flat_map(|talking| [talking.0, talking.1]).flatten().any(|other| other != speaker)
    }
}

/// The place nearest to `to`, if one is near.
fn nearest(places: impl Iterator<Item = u64>, to: u64) -> Option<u64> {
    places.filter(|place| place.abs_diff(to) <= SNAP_MS).min_by_key(|place| place.abs_diff(to))
}

/// Turns of one speaker without short pauses between them.
pub(super) fn joined(turns: Vec<Turn>) -> Vec<Turn> {
    let mut joined: Vec<Turn> = Vec::new();
    for turn in turns {
        match joined.last_mut() {
            Some(last) if turn.start_ms < last.end_ms + PAUSE_MS => {
                let (before, now) = (length(last), length(&turn));
                last.confidence =
                    (last.confidence * before + turn.confidence * now) / (before + now).max(1.0);
                last.end_ms = last.end_ms.max(turn.end_ms);
                last.overlapped |= turn.overlapped;
            }
            _ => joined.push(turn),
        }
    }
    joined
}

fn length(turn: &Turn) -> f32 {
    turn.end_ms.saturating_sub(turn.start_ms) as f32
}
