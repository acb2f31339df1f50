//! The latest sound, in 16 bit: 32 kB a second.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sonic_core::{Error, ErrorKind};
use std::collections::VecDeque;
use std::ops::Range;

const FULL_SCALE: f32 = 32_768.0;
/// Samples by which the room grows: doubling it would hold twice of what an utterance needs.
const STEP: usize = 16_000;

/// Samples with their places, counted from the beginning of the connection's sound.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Recent {
    start: u64,
    samples: VecDeque<i16>,
}

impl Recent {
    /// The place of the first sample that is kept.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// The place behind the last.
    pub(crate) fn end(&self) -> u64 {
        self.start + self.samples.len() as u64
    }

    pub(crate) fn push(&mut self, samples: &[f32]) {
        let whole = |sample: &f32| (sample * FULL_SCALE).round().clamp(-FULL_SCALE, FULL_SCALE - 1.0) as i16;
        if self.samples.len() + samples.len() > self.samples.capacity() {
            self.samples.reserve_exact(samples.len().max(STEP.min(self.samples.len())));
        }
        self.samples.extend(samples.iter().map(whole));
    }

    /// Goes on at `place`: over a gap of at most `most` samples with silence, else with nothing of what was.
    pub(crate) fn jump(&mut self, place: u64, most: u64) {
        let gap = place.saturating_sub(self.end());
        if gap > most || self.samples.is_empty() {
            (self.start, self.samples) = (place, VecDeque::new());
        } else {
            self.samples.extend((0..gap).map(|_| 0));
        }
    }

    /// Forgets what lies before `place`.
    pub(crate) fn forget_before(&mut self, place: u64) {
        let count = place.saturating_sub(self.start).min(self.samples.len() as u64);
        self.samples.drain(..count as usize);
        self.start += count;
        // A long utterance leaves its room behind.
        if self.samples.capacity() > 4 * self.samples.len().max(16_000) {
            self.samples.shrink_to(2 * self.samples.len());
        }
    }

    /// The samples of a stretch, as far as they are kept.
    pub(crate) fn get(&self, range: Range<u64>) -> Vec<f32> {
        let place = |at: u64| (at.saturating_sub(self.start) as usize).min(self.samples.len());
        let (start, end) = (place(range.start), place(range.end));
        self.samples.range(start..end.max(start)).map(|sample| f32::from(*sample) / FULL_SCALE).collect()
    }

    /// Where within `range` the sound is quietest for `length` samples: the place in the middle of it.
    pub(crate) fn quietest(&self, range: Range<u64>, length: u64) -> u64 {
        let step = (length / 4).max(1);
        let power = |at: u64| self.get(at..at + length).iter().map(|s| s * s).sum::<f32>();
        let places = (range.start..range.end.saturating_sub(length)).step_by(step as usize);
        let quietest = places.map(|at| (at, power(at))).min_by(|a, b| a.1.total_cmp(&b.1));
        quietest.map_or(range.end, |(at, _)| at + length / 2)
    }
}

/// As it is written down: the samples as base64, little end first.
#[derive(Serialize, Deserialize)]
struct Written {
    start: u64,
    samples: String,
}

impl Serialize for Recent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        Written { start: self.start, samples: STANDARD.encode(bytes) }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Recent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written { start, samples } = Written::deserialize(deserializer)?;
        let bytes = STANDARD.decode(samples).map_err(serde::de::Error::custom)?;
        let (pairs, rest) = bytes.as_chunks::<2>();
        match rest.is_empty() && start < 1 << 48 {
            true => Ok(Self { start, samples: pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect() }),
            false => Err(serde::de::Error::custom("the samples are damaged")),
        }
    }
}

/// The bytes of a listener's state, as base64.
pub(crate) fn written(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// What [`written`] wrote.
pub(crate) fn read(text: &str) -> sonic_core::Result<Vec<u8>> {
    STANDARD
        .decode(text)
        .map_err(|_| Error::new(ErrorKind::Malformed, "the state of a session is damaged: begin anew"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_stay_and_gaps_are_silent() {
        let mut recent = Recent::default();
        recent.jump(100, 50);
        recent.push(&[0.5, -0.5]);
        recent.jump(104, 50);
        recent.push(&[1.5]);
        assert_eq!((recent.start(), recent.end()), (100, 105));
        let full = 32_767.0 / 32_768.0;
        assert_eq!(recent.get(99..200), [0.5, -0.5, 0.0, 0.0, full]);
        recent.forget_before(103);
        assert_eq!(recent.get(100..105), [0.0, full]);
        let again: Recent = serde_json::from_str(&serde_json::to_string(&recent).unwrap()).unwrap();
        assert_eq!(again, recent);
        recent.jump(1_000, 50);
        assert_eq!((recent.start(), recent.end()), (1_000, 1_000));
    }

    #[test]
    fn the_quietest_place_is_found() {
        let mut recent = Recent::default();
        recent.push(&[0.3; 1_000]);
        recent.push(&[0.01; 100]);
        recent.push(&[0.3; 900]);
        let place = recent.quietest(200..1_900, 100);
        assert!((1_025..=1_075).contains(&place), "{place}");
    }
}
