//! What a recording is remembered by.

use std::fmt;

/// Samples per second of the sound that fingerprints are made from.
pub const FINGERPRINT_RATE: u32 = 11_025;
/// Samples between the starts of two frames of a fingerprint.
pub const FINGERPRINT_HOP: u32 = 256;
/// Milliseconds from one frame of a fingerprint to the next.
pub const FRAME_MS: f64 = FINGERPRINT_HOP as f64 * 1000.0 / FINGERPRINT_RATE as f64;

/// Identifies how a fingerprint or an embedding was made: algorithm version and every parameter that changes
/// the result. Two values are comparable only when their pipelines are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PipelineId(String);

impl PipelineId {
    /// The pipeline named `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PipelineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A salient spectral peak: the unit of a fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Landmark {
    /// Frame number, in hops from the start.
    pub frame: u32,
    /// Frequency in eighths of a bin of the spectrum.
    pub frequency: u16,
    /// How far the peak stands above its surroundings, in dB.
    pub salience: u8,
}

/// The whitened spectrogram of a clip: for every frame and bin, how many half dB the level stands above the mean
/// of its surroundings. Stored landmarks are verified against it.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Texture {
    /// Bins per frame.
    pub bins: usize,
    /// Number of the first bin in the spectrum.
    pub first_bin: usize,
    /// `frames * bins` values, frame by frame.
    pub levels: Vec<i8>,
}

impl Texture {
    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.levels.len().checked_div(self.bins).unwrap_or(0)
    }
}

impl fmt::Debug for Texture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Texture({} frames x {} bins)", self.frames(), self.bins)
    }
}

/// The fingerprint of a stretch of sound.
///
/// Landmarks are what a store keeps; the texture is only needed in a query, so a fingerprint made for indexing may
/// lack it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Fingerprint {
    /// How it was made.
    pub pipeline: PipelineId,
    /// Length of the sound in milliseconds.
    pub duration_ms: u64,
    /// Length of the sound in frames.
    pub frames: u32,
    /// Landmarks in order of frame, then frequency.
    pub landmarks: Vec<Landmark>,
    /// The whitened spectrogram; `None` in a fingerprint made only for indexing.
    pub texture: Option<Texture>,
}
