//! How high the speech in a recording reaches.
//!
//! In each band of 250 Hz the loud frames lie far above the quiet ones where speech comes and goes; where a telephone, a
//! codec or a filter left nothing, or where there is only noise, they do not.

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// Width of a band in Hz.
const BAND_HZ: usize = 250;
/// Frames: 32 ms, one every 16 ms, a power of two at 16 kHz.
const FRAMES_PER_SECOND: usize = 63;
/// Levels are counted in steps of half a decibel from -160 dB on.
const STEPS_PER_DB: f32 = 2.0;
const LOWEST_DB: f32 = -160.0;
const STEPS: usize = 400;
/// The loud and the quiet frames of a band.
const LOUD: f64 = 0.95;
const QUIET: f64 = 0.20;
/// Speech comes and goes by more than this, in dB.
const MOVES_DB: f32 = 10.0;
/// What is further under the loudest band than this, in dB, cannot be heard.
const BELOW_LOUDEST_DB: f32 = 55.0;

/// Listens to sound that comes in pieces, in memory that does not grow.
pub(crate) struct Bandwidth {
    transform: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    windowed: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    pending: Vec<f32>,
    /// For each band how many frames had each level.
    counts: Vec<[u32; STEPS]>,
    bins_per_band: usize,
    hertz_per_bin: f64,
    frames: u64,
}

impl Bandwidth {
    pub(crate) fn new(sample_rate: u32) -> Self {
        let hop = (sample_rate as usize / FRAMES_PER_SECOND).max(32).next_power_of_two();
        let length = 2 * hop;
        let transform = RealFftPlanner::new().plan_fft_forward(length);
        let hann = |i: usize| 0.5 - 0.5 * (std::f32::consts::TAU * i as f32 / length as f32).cos();
        let bins_per_band = (BAND_HZ * length / sample_rate.max(1) as usize).max(1);
        Self {
            window: (0..length).map(hann).collect(),
            windowed: transform.make_input_vec(),
            spectrum: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            transform,
            pending: Vec::new(),
            counts: vec![[0; STEPS]; length / 2 / bins_per_band],
            bins_per_band,
            hertz_per_bin: f64::from(sample_rate) / length as f64,
            frames: 0,
        }
    }

    /// Takes speech at its level or at another: only what is louder than what counts.
    pub(crate) fn push(&mut self, samples: &[f32]) {
        self.pending.extend_from_slice(samples);
        let pending = std::mem::take(&mut self.pending);
        let (length, mut start) = (self.window.len(), 0);
        while pending.len() - start >= length {
            self.frame(&pending[start..start + length]);
            start += length / 2;
        }
        self.pending = pending;
        self.pending.drain(..start);
    }

    fn frame(&mut self, samples: &[f32]) {
        self.windowed.iter_mut().zip(samples).zip(&self.window).for_each(|((out, s), w)| *out = s * w);
        let (input, output) = (&mut self.windowed, &mut self.spectrum);
        if self.transform.process_with_scratch(input, output, &mut self.scratch).is_err() {
            unreachable!("the buffers were made by the transform itself");
        }
        let scale = 1.0 / (self.window.len() * self.bins_per_band) as f32;
        for (band, counts) in self.spectrum.chunks_exact(self.bins_per_band).zip(&mut self.counts) {
            let power = scale * band.iter().map(Complex::norm_sqr).sum::<f32>();
            let step = STEPS_PER_DB * (10.0 * power.max(1e-20).log10() - LOWEST_DB);
            counts[(step.max(0.0) as usize).min(STEPS - 1)] += 1;
        }
        self.frames += 1;
    }

    /// The highest frequency that speech reaches, in Hz; 0 if there is none.
    pub(crate) fn hertz(&self) -> u32 {
        let level = |counts: &[u32; STEPS], share: f64| {
            let (wanted, mut seen) = ((share * self.frames as f64).ceil() as u64, 0);
            let reached = |count: &u32| {
                seen += u64::from(*count);
                seen >= wanted.max(1)
            };
            counts.iter().position(reached).unwrap_or(0) as f32 / STEPS_PER_DB
        };
        if self.frames == 0 {
            return 0;
        }
        let loud: Vec<f32> = self.counts.iter().map(|counts| level(counts, LOUD)).collect();
        let loudest = loud.iter().copied().fold(0.0, f32::max);
        let moves = |(counts, loud): (&[u32; STEPS], &f32)| {
            *loud > loudest - BELOW_LOUDEST_DB && loud - level(counts, QUIET) > MOVES_DB
        };
        let bands: Vec<bool> = self.counts.iter().zip(&loud).map(moves).collect();
        let hertz = |band: usize| ((band + 1) * self.bins_per_band) as f64 * self.hertz_per_bin;
        bands.iter().rposition(|moves| *moves).map_or(0, |band| hertz(band) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Syllables of partials up to `highest` Hz, with noise of `noise` over all.
    fn speech(highest: f32, noise: f32, gain: f32) -> Vec<f32> {
        let mut state = 3u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        let partials: Vec<f32> = (1..70).map(|k| 120.0 * k as f32).take_while(|f| *f < highest).collect();
        (0..64_000)
            .map(|i| {
                let t = i as f32 / 16_000.0;
                let syllable = (0.5 + 0.5 * (std::f32::consts::TAU * 3.0 * t).sin()).powi(4);
                let buzz: f32 =
                    partials.iter().map(|f| (std::f32::consts::TAU * f * t).sin() * 120.0 / f).sum();
                gain * (0.1 * syllable * buzz + noise * random())
            })
            .collect()
    }

    fn measured(samples: &[f32]) -> u32 {
        let mut bandwidth = Bandwidth::new(16_000);
        samples.chunks(1_000).for_each(|piece| bandwidth.push(piece));
        bandwidth.hertz()
    }

    #[test]
    fn it_is_the_highest_band_in_which_something_moves() {
        for highest in [2_000.0f32, 3_400.0, 5_000.0, 7_900.0] {
            for (noise, gain) in [(0.0, 1.0), (1e-4, 1.0), (1e-4, 0.003), (0.0, 10.0)] {
                let got = measured(&speech(highest, noise, gain));
                assert!((highest - 300.0..highest + 500.0).contains(&(got as f32)), "{highest}: {got}");
            }
        }
    }

    #[test]
    fn steady_noise_and_silence_are_no_speech() {
        assert!(measured(&speech(3_400.0, 0.01, 1.0)) <= 3_750);
        assert_eq!(measured(&vec![0.0; 32_000]), 0);
        assert_eq!(measured(&[]), 0);
    }
}
