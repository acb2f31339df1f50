//! Decoded sound.

use crate::{Error, ErrorKind, Result};
use std::fmt;

/// A piece of decoded sound: mono samples at one rate.
#[derive(Clone, PartialEq)]
pub struct Clip {
    /// Mono samples, nominally in -1..=1, always finite.
    pub samples: Vec<f32>,
    /// Samples per second.
    pub sample_rate: u32,
    /// True when the source ended before its container said it would, or in the middle of a frame.
    pub truncated: bool,
    /// How much of the source's sound could not be decoded, in milliseconds; it is left out of the samples.
    pub damaged_ms: u64,
}

impl Clip {
    /// A clip of `samples` at `sample_rate` that is known to be whole.
    pub fn new(samples: Vec<f32>, sample_rate: u32) -> Self {
        Self { samples, sample_rate, truncated: false, damaged_ms: 0 }
    }

    /// Length in milliseconds, rounded down.
    pub fn duration_ms(&self) -> u64 {
        self.samples.len() as u64 * 1000 / u64::from(self.sample_rate.max(1))
    }

    /// Refuses a clip with a sample that is no number.
    ///
    /// # Errors
    /// `InvalidArgument` if a sample is NaN or infinite.
    pub fn check(&self) -> Result<()> {
        Self::check_samples(&self.samples)
    }

    /// As [`check`](Self::check), of samples that are not in a clip.
    ///
    /// # Errors
    /// `InvalidArgument` if a sample is NaN or infinite.
    pub fn check_samples(samples: &[f32]) -> Result<()> {
        match all_finite(samples) {
            true => Ok(()),
            false => Err(Error::new(
                ErrorKind::InvalidArgument,
                "a sample is NaN or infinite: clean the clip first",
            )),
        }
    }
}

impl fmt::Debug for Clip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clip")
            .field("samples", &self.samples.len())
            .field("sample_rate", &self.sample_rate)
            .field("truncated", &self.truncated)
            .field("damaged_ms", &self.damaged_ms)
            .finish()
    }
}

/// Whether no sample is NaN or infinite, told without a branch for each.
fn all_finite(samples: &[f32]) -> bool {
    const EXPONENT: u32 = 0x7f80_0000;
    let bad =
        |chunk: &[f32]| chunk.iter().fold(0u32, |bad, s| bad | u32::from(s.to_bits() & EXPONENT == EXPONENT));
    samples.chunks(1024).all(|chunk| bad(chunk) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_refused_wherever_it_stands() {
        assert!(Clip::new(vec![f32::MAX, f32::MIN_POSITIVE, -0.0], 8_000).check().is_ok());
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for place in [0, 1_023, 1_024, 2_999] {
                let mut samples = vec![0.5; 3_000];
                samples[place] = bad;
                assert_eq!(Clip::check_samples(&samples).unwrap_err().kind(), ErrorKind::InvalidArgument);
            }
        }
    }
}
