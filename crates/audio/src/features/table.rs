//! What front-ends take and make.

use std::fmt;

/// The rate, in Hz, of the sound that every front-end takes.
pub const SAMPLE_RATE: u32 = 16_000;

/// A table of features: one row of `bins` values for every frame of 10 ms.
#[derive(Clone, PartialEq, Default)]
pub struct Features {
    /// Number of rows.
    pub frames: usize,
    /// Values in a row, from low to high frequencies.
    pub bins: usize,
    /// `frames * bins` values, row by row.
    pub values: Vec<f32>,
}

impl Features {
    /// The rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.bins.max(1))
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Features({} frames x {} bins)", self.frames, self.bins)
    }
}
