//! The probability of speech without a model: a likelihood ratio over the noise floor.
//!
//! The ratio of the likelihoods of speech and of noise in each band, its mean over all bands: Sohn, Kim and Sung,
//! *A statistical model-based voice activity detection*, IEEE Signal Processing Letters, 1999, with the
//! decision-directed signal-to-noise ratio of Ephraim and Malah (1984). The noise in a band is the least of its
//! smoothed power over some seconds: Martin, *Noise power spectral density estimation based on optimal smoothing and
//! minimum statistics*, IEEE Transactions on Speech and Audio Processing, 2001.

use super::floor::SlidingMinimum;
use super::state::{Restorer, Saver};
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use sonic_core::Result;
use std::collections::VecDeque;
use std::sync::Arc;

const BANDS: usize = 16;
type Bands = [f32; BANDS];

/// The lowest and the highest frequency, in Hz.
const LOW: f32 = 100.0;
const HIGH: f32 = 3_900.0;

/// Frames of 10 ms before and after a frame in which the noise floor is looked for.
const BEFORE: u64 = 150;
const AHEAD: usize = 50;

/// What is left of the smoothed power of the frame before.
const SMOOTHING: f32 = 0.8;
/// The mean of noise over its smoothed minimum.
const BIAS: f32 = 1.5;
/// The least noise in a bin: 66 dB under full scale in all of them. A digitally silent floor says nothing.
const LEAST_NOISE: f32 = 1e-9;
/// The weight of the frame before in the signal-to-noise ratio, and the least of that.
const DIRECTED: f32 = 0.98;
const LEAST_RATIO: f32 = 1e-3;
/// A band says no more than this.
const MOST: f32 = 20.0;
/// The mean log likelihood ratio that stands for a probability of one half.
const HALF: f32 = 0.4;

/// Gives a probability for every 10 ms, half a second late.
pub(super) struct Likelihood {
    transform: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    edges: [usize; BANDS + 1],
    hop: usize,
    pending: Vec<f32>,
    windowed: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    smoothed: Option<Bands>,
    minima: [SlidingMinimum; BANDS],
    /// Powers of frames that wait for the floor after them.
    waiting: VecDeque<Bands>,
    /// The power of speech over noise in the frame before.
    speech: Bands,
    decided: bool,
}

impl Likelihood {
    pub(super) fn new(sample_rate: u32) -> Self {
        // 32 ms.
        let length = (sample_rate as usize * 32 / 1000).next_power_of_two();
        let transform = RealFftPlanner::new().plan_fft_forward(length);
        let hann = |i: usize| 0.5 - 0.5 * (std::f32::consts::TAU * i as f32 / length as f32).cos();
        Self {
            window: (0..length).map(hann).collect(),
            edges: edges(sample_rate as f32 / length as f32),
            hop: sample_rate as usize / 100,
            pending: Vec::new(),
            windowed: transform.make_input_vec(),
            spectrum: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            transform,
            smoothed: None,
            minima: std::array::from_fn(|_| SlidingMinimum::new(BEFORE + 1 + AHEAD as u64)),
            waiting: VecDeque::new(),
            speech: [0.0; BANDS],
            decided: false,
        }
    }

    pub(super) fn save(&self, state: &mut Saver) {
        state.floats(&self.pending);
        state.number(self.smoothed.is_some().into());
        state.floats(&self.smoothed.unwrap_or_default());
        self.minima.iter().for_each(|minimum| minimum.save(state));
        let waiting: Vec<f32> = self.waiting.iter().flatten().copied().collect();
        state.floats(&waiting);
        state.floats(&self.speech);
        state.number(self.decided.into());
    }

    /// As it was when it was saved, at the same rate.
    pub(super) fn restore(sample_rate: u32, state: &mut Restorer<'_>) -> Result<Self> {
        let mut likelihood = Self::new(sample_rate);
        likelihood.pending = state.floats(likelihood.window.len())?;
        let has_smoothed = state.number()? != 0;
        likelihood.smoothed = Some(state.array()?).filter(|_| has_smoothed);
        for minimum in &mut likelihood.minima {
            *minimum = SlidingMinimum::restore(BEFORE + 1 + AHEAD as u64, state)?;
        }
        let waiting = state.floats((AHEAD + 1) * BANDS)?;
        let (frames, _) = waiting.as_chunks::<BANDS>();
        likelihood.waiting = frames.iter().copied().collect();
        likelihood.speech = state.array()?;
        likelihood.decided = state.number()? != 0;
        Ok(likelihood)
    }

    pub(super) fn hop(&self) -> usize {
        self.hop
    }

    pub(super) fn push(&mut self, samples: &[f32], probabilities: &mut Vec<f32>) {
        self.pending.extend_from_slice(samples);
        let pending = std::mem::take(&mut self.pending);
        let mut start = 0;
        while pending.len() - start >= self.window.len() {
            self.frame(&pending[start..start + self.window.len()]);
            if self.waiting.len() > AHEAD {
                self.decide(probabilities);
            }
            start += self.hop;
        }
        self.pending = pending;
        self.pending.drain(..start);
    }

    pub(super) fn finish(&mut self, probabilities: &mut Vec<f32>) {
        while !self.waiting.is_empty() {
            self.minima.iter_mut().for_each(SlidingMinimum::shrink);
            self.decide(probabilities);
        }
    }

    /// Takes the powers of one frame.
    fn frame(&mut self, samples: &[f32]) {
        self.windowed.iter_mut().zip(samples).zip(&self.window).for_each(|((out, s), w)| *out = s * w);
        let (input, output) = (&mut self.windowed, &mut self.spectrum);
        if self.transform.process_with_scratch(input, output, &mut self.scratch).is_err() {
            unreachable!("the buffers were made by the transform itself");
        }
        // The power of full-scale noise is 1 in all bins together; 0.375 is the mean square of a Hann window.
        let length = self.window.len() as f32;
        let scale = 1.0 / (0.375 * length * 0.5 * length);
        let power: Bands = std::array::from_fn(|band| {
            let bins = &self.spectrum[self.edges[band]..self.edges[band + 1]];
            bins.iter().map(Complex::norm_sqr).sum::<f32>() * scale / bins.len() as f32
        });
        let before = self.smoothed.unwrap_or(power);
        let smoothed = std::array::from_fn(|b| SMOOTHING * before[b] + (1.0 - SMOOTHING) * power[b]);
        self.minima.iter_mut().zip(smoothed).for_each(|(minimum, value)| minimum.push(value));
        self.smoothed = Some(smoothed);
        self.waiting.push_back(power);
    }

    /// Decides about the frame that waits longest.
    fn decide(&mut self, probabilities: &mut Vec<f32>) {
        let Some(power) = self.waiting.pop_front() else { return };
        let mut sum = 0.0;
        for ((power, minimum), speech) in power.iter().zip(&self.minima).zip(&mut self.speech) {
            let noise = BIAS * minimum.get() + LEAST_NOISE;
            let observed = power / noise;
            let now = (observed - 1.0).max(0.0);
            let ratio = (DIRECTED * *speech + (1.0 - DIRECTED) * now).max(LEAST_RATIO);
            let gain = ratio / (1.0 + ratio);
            sum += (gain * observed - ratio.ln_1p()).min(MOST);
            *speech = gain * gain * observed;
        }
        let mean = (sum / BANDS as f32).max(0.0);
        let probability = mean / (mean + HALF);
        // A frame tells about its middle, which is one step and a millisecond later than its beginning.
        probabilities.extend((!self.decided).then_some(probability));
        probabilities.push(probability);
        self.decided = true;
    }
}

/// The bins at which bands begin and end, evenly on the mel scale, none of them empty.
fn edges(hertz_per_bin: f32) -> [usize; BANDS + 1] {
    let mel = |hertz: f32| (1.0 + hertz / 700.0).ln();
    let step = (mel(HIGH) - mel(LOW)) / BANDS as f32;
    let hertz = |i: usize| 700.0 * ((mel(LOW) + step * i as f32).exp() - 1.0);
    std::array::from_fn(|i| (hertz(i) / hertz_per_bin).round() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_band_is_empty_at_either_rate() {
        let edges = edges(31.25);
        assert!(edges.windows(2).all(|e| e[0] < e[1]), "{edges:?}");
        assert!(edges[BANDS] <= 128);
    }
}
