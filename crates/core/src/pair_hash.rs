//! Hashes of pairs of spectral peaks, as some other systems make them: what recordings that were imported without their
//! sound are found by.

use crate::PipelineId;

/// Samples per second at which sound is hashed.
pub const PAIR_HASH_RATE: u32 = 22_050;
/// Samples between two frames at [`PAIR_HASH_RATE`].
pub const PAIR_HASH_HOP: u32 = 512;
/// Milliseconds between two frames.
pub const PAIR_HASH_FRAME_MS: f64 = PAIR_HASH_HOP as f64 * 1000.0 / PAIR_HASH_RATE as f64;

/// A pair of peaks in coarse steps: band of the first, band of the second, and time between them.
///
/// A band is eight bins of a transform of 2,048 samples, a step of time four frames. There are [`COUNT`](Self::COUNT) of
/// them, numbered in order of first band, second band and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PairHash(u32);

impl PairHash {
    /// The lowest band.
    pub const FIRST_BAND: u32 = 3;
    /// Bands, of 86 Hz each: 3 to 92, which is 300 to 8,000 Hz.
    pub const BANDS: u32 = 90;
    /// Steps of time, of 93 ms each: 0 to 50.
    pub const STEPS: u32 = 51;
    /// Hashes that there are.
    pub const COUNT: u32 = Self::BANDS * Self::BANDS * Self::STEPS;

    /// The hash of two bands and the steps between them; `None` if there is no such hash.
    pub fn new(first_band: u32, second_band: u32, steps: u32) -> Option<Self> {
        let first = first_band.checked_sub(Self::FIRST_BAND).filter(|band| *band < Self::BANDS)?;
        let second = second_band.checked_sub(Self::FIRST_BAND).filter(|band| *band < Self::BANDS)?;
        (steps < Self::STEPS).then(|| Self((first * Self::BANDS + second) * Self::STEPS + steps))
    }

    /// The hash of a number below [`COUNT`](Self::COUNT).
    pub fn from_number(number: u32) -> Option<Self> {
        (number < Self::COUNT).then_some(Self(number))
    }

    /// Its number.
    pub fn number(self) -> u32 {
        self.0
    }

    /// The band of the first peak, from 3 on.
    pub fn first_band(self) -> u32 {
        self.0 / (Self::BANDS * Self::STEPS) + Self::FIRST_BAND
    }

    /// The band of the second peak, from 3 on.
    pub fn second_band(self) -> u32 {
        self.0 / Self::STEPS % Self::BANDS + Self::FIRST_BAND
    }

    /// Steps of four frames between the peaks.
    pub fn steps(self) -> u32 {
        self.0 % Self::STEPS
    }
}

/// The hashes of a clip or of a piece of one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PairHashes {
    /// Length of the sound in milliseconds.
    pub duration_ms: u64,
    /// Frames of the sound.
    pub frames: u32,
    /// Hashes with the frames of their first peaks, in order of frame.
    pub hashes: Vec<(PairHash, u32)>,
}

impl PairHashes {
    /// The pipeline that makes them.
    pub fn pipeline() -> PipelineId {
        PipelineId::new("citywok-1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_parts_are_the_same_thing() {
        for number in (0..PairHash::COUNT).step_by(7) {
            let hash = PairHash::from_number(number).unwrap();
            assert_eq!(PairHash::new(hash.first_band(), hash.second_band(), hash.steps()), Some(hash));
            assert_eq!(hash.number(), number);
        }
        for (first, second, steps) in [(2, 3, 0), (3, 2, 0), (93, 3, 0), (3, 93, 0), (3, 3, 51)] {
            assert_eq!(PairHash::new(first, second, steps), None);
        }
        assert_eq!(PairHash::from_number(PairHash::COUNT), None);
        assert_eq!(PairHash::COUNT, 413_100);
    }
}
