//! The last seconds of a stream.

use crate::audio::fingerprint::{Fingerprinter, HOP, SAMPLE_RATE};
use crate::{Fingerprint, Result};
use sonic_core::FRAME_MS;
use std::ops::Range;

/// Samples under a frame.
const WINDOW: usize = 4 * HOP;
/// Frames that are kept (12 s).
const KEPT: usize = 516;
/// Frames by which the clocks of the sender and of the samples may differ before it is a gap (50 ms).
const TOLERANCE: f64 = 2.15;

/// Sound without a gap, up to now. Places in the stream are frames of the fingerprint, from its first sample on.
#[derive(Debug, Default)]
pub(super) struct Recent {
    samples: Vec<f32>,
    /// Where the first of the samples lies.
    pub(super) start: f64,
}

impl Recent {
    /// Where the sound ends.
    pub(super) fn end(&self) -> f64 {
        self.start + self.samples.len() as f64 / HOP as f64
    }

    /// Makes room for sound that begins at `at`: gives true if there is a gap before it, and how many of its samples are
    /// there already.
    pub(super) fn place(&mut self, at: f64) -> (bool, usize) {
        let ahead = at - self.end();
        if ahead > TOLERANCE {
            (self.start, self.samples) = (at, Vec::new());
            return (true, 0);
        }
        if ahead < -TOLERANCE {
            return (false, (-ahead * HOP as f64) as usize);
        }
        // The clocks drift apart by very little at a time.
        self.start += ahead;
        (false, 0)
    }

    /// Adds samples, and forgets the oldest.
    pub(super) fn push(&mut self, samples: &[f32]) {
        self.samples.extend_from_slice(samples);
        let old = self.frames().saturating_sub(KEPT);
        // Not each time: it moves all that is kept.
        if old >= KEPT / 4 {
            self.samples.drain(..old * HOP);
            self.start += old as f64;
        }
    }

    /// Frames that are complete.
    pub(super) fn frames(&self) -> usize {
        if self.samples.len() < WINDOW { 0 } else { (self.samples.len() - WINDOW) / HOP + 1 }
    }

    /// The number of the frame at a place of the stream.
    pub(super) fn frame_at(&self, place: f64) -> usize {
        (place - self.start).ceil().max(0.0) as usize
    }

    /// The fingerprint of some frames.
    pub(super) fn clip(&self, frames: &Range<usize>) -> Result<Fingerprint> {
        let mut fingerprinter = Fingerprinter::with_texture();
        if !frames.is_empty() {
            fingerprinter.push(&self.samples[frames.start * HOP..(frames.end - 1) * HOP + WINDOW])?;
        }
        Ok(fingerprinter.finish())
    }
}

/// A place in the stream in milliseconds.
pub(super) fn ms(place: f64) -> u64 {
    (place * FRAME_MS).round().max(0.0) as u64
}

/// A time in milliseconds as a place in the stream.
pub(super) fn place_of(ms: f64) -> f64 {
    ms * f64::from(SAMPLE_RATE) / (1000.0 * HOP as f64)
}
