//! Decoded sound.

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
}

impl Clip {
    /// A clip of `samples` at `sample_rate` that is known to be whole.
    pub fn new(samples: Vec<f32>, sample_rate: u32) -> Self {
        Self { samples, sample_rate, truncated: false }
    }

    /// Length in milliseconds, rounded down.
    pub fn duration_ms(&self) -> u64 {
        self.samples.len() as u64 * 1000 / u64::from(self.sample_rate.max(1))
    }
}

impl fmt::Debug for Clip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clip")
            .field("samples", &self.samples.len())
            .field("sample_rate", &self.sample_rate)
            .field("truncated", &self.truncated)
            .finish()
    }
}
