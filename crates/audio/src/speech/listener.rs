//! The probability of speech in sound that comes in pieces.

use super::state::{Restorer, Saver};
use super::{Detector, SAMPLE_RATES, SpeechOptions, invalid};
use sonic_core::{Clip, Result};
use std::fmt;

/// The version of what [`SpeechListener::state`] gives.
const VERSION: u64 = 1;

/// Gives the probability of speech frame by frame while sound comes in, in memory that does not grow: 32 ms with
/// Silero, 10 ms and half a second late without a model. What it remembers can go to another process.
pub struct SpeechListener {
    detector: Detector,
    sample_rate: u32,
}

impl SpeechListener {
    /// A listener to mono sound at `sample_rate`, one of [`SAMPLE_RATES`]. Of the options only the model counts.
    ///
    /// # Errors
    /// `InvalidArgument` for another rate.
    pub fn new(options: &SpeechOptions, sample_rate: u32) -> Result<Self> {
        if !SAMPLE_RATES.contains(&sample_rate) {
            return Err(invalid("speech is looked for at 16000 or 8000 Hz: resample first"));
        }
        Ok(Self { detector: Detector::new(options, sample_rate), sample_rate })
    }

    /// Samples from one probability to the next.
    pub fn frame(&self) -> usize {
        self.detector.frame() as usize
    }

    /// Adds samples; appends the probabilities, 0 to 1, of the frames that are decided now.
    ///
    /// # Errors
    /// `InvalidArgument` if a sample is not finite, nothing of `samples` is taken then; `Model` if the model fails.
    pub fn push(&mut self, samples: &[f32], probabilities: &mut Vec<f32>) -> Result<()> {
        Clip::check_samples(samples)?;
        self.detector.push(samples, probabilities)
    }

    /// Ends the sound; appends the probabilities of the frames that are left.
    ///
    /// # Errors
    /// `Model` if the model fails.
    pub fn finish(mut self, probabilities: &mut Vec<f32>) -> Result<()> {
        self.detector.finish(probabilities)
    }

    /// What it remembers, some kilobytes: [`restore`](Self::restore) goes on from there, bit by bit.
    pub fn state(&self) -> Vec<u8> {
        let mut state = Saver::default();
        state.number(VERSION);
        state.number(self.frame() as u64);
        self.detector.save(&mut state);
        state.bytes
    }

    /// The listener that gave `state`, with the same options and rate.
    ///
    /// # Errors
    /// `Malformed` if `state` is damaged or of another detector or version; as [`new`](Self::new).
    pub fn restore(options: &SpeechOptions, sample_rate: u32, state: &[u8]) -> Result<Self> {
        let Self { detector, .. } = Self::new(options, sample_rate)?;
        let mut state = Restorer::new(state);
        if (state.number()?, state.number()?) != (VERSION, detector.frame()) {
            return Err(super::state::damaged());
        }
        let detector = Detector::restore(options, sample_rate, &mut state)?;
        state.end()?;
        Ok(Self { detector, sample_rate })
    }
}

impl fmt::Debug for SpeechListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpeechListener").field("sample_rate", &self.sample_rate).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sonic_core::ErrorKind;

    fn sound(samples: usize) -> Vec<f32> {
        let mut state = 7u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        (0..samples).map(|i| random() * if i / 8_000 % 3 == 1 { 0.3 } else { 0.003 }).collect()
    }

    #[test]
    fn another_process_goes_on_bit_by_bit() {
        let (options, sound) = (SpeechOptions::default(), sound(64_000));
        let mut whole = Vec::new();
        let mut listener = SpeechListener::new(&options, 16_000).unwrap();
        listener.push(&sound, &mut whole).unwrap();
        listener.finish(&mut whole).unwrap();
        for cut in [0, 1, 511, 20_001, 63_999] {
            let mut parts = Vec::new();
            let mut first = SpeechListener::new(&options, 16_000).unwrap();
            first.push(&sound[..cut], &mut parts).unwrap();
            let state = first.state();
            assert!(state.len() < 40_000, "{}", state.len());
            let mut second = SpeechListener::restore(&options, 16_000, &state).unwrap();
            second.push(&sound[cut..], &mut parts).unwrap();
            second.finish(&mut parts).unwrap();
            assert_eq!(parts, whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_damaged_state_is_refused() {
        let options = SpeechOptions::default();
        let mut listener = SpeechListener::new(&options, 16_000).unwrap();
        listener.push(&sound(20_000), &mut Vec::new()).unwrap();
        let state = listener.state();
        let refused = |state: &[u8]| {
            let error = SpeechListener::restore(&options, 16_000, state).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed);
        };
        for length in [0, 7, 16, state.len() / 2, state.len() - 1] {
            refused(&state[..length]);
        }
        refused(&[&state[..], &[0]].concat());
        let mut other = state.clone();
        other[0] ^= 1;
        refused(&other);
        let mut large = state;
        large[16..24].fill(0xff);
        refused(&large);
    }
}
