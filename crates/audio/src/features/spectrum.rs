//! Power spectra of eight frames at a time.
//!
//! Two real frames are transformed at once as the real and the imaginary part of one complex signal: the spectrum
//! of the first is the even (Hermitian) part of the result, that of the second the odd part.

use super::parameters::{EMPHASIS, Emphasis, Parameters};
use realfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};
use sonic_core::wide;
use std::sync::Arc;

/// Frames that are worked on at once.
pub(super) const LANES: usize = 8;

/// One value for each of [`LANES`] frames.
pub(super) type Lanes = [f32; LANES];

/// Rounding errors of a loud frame would show in a frame of the same pair that is this much weaker in power.
const UNEVEN: f32 = 100.0;

/// The parts of a spectrum that all engines of a front-end share.
pub(super) struct Transform {
    fft: Arc<dyn Fft<f32>>,
    window: Vec<f32>,
    length: usize,
    emphasis: Emphasis,
}

impl Transform {
    pub(super) fn new(parameters: &Parameters) -> Self {
        let window = parameters.window.table(parameters.frame);
        Self {
            fft: FftPlanner::new().plan_fft_forward(parameters.transform),
            window: window.into_iter().map(|w| w as f32).collect(),
            length: parameters.transform,
            emphasis: parameters.emphasis,
        }
    }
}

/// The memory in which spectra are made.
pub(super) struct Workspace {
    /// The windowed frames.
    frames: [Vec<f32>; LANES],
    energy: Lanes,
    signal: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    /// The power of each bin in each frame.
    pub(super) power: Vec<Lanes>,
}

impl Workspace {
    pub(super) fn new(transform: &Transform) -> Self {
        Self {
            frames: std::array::from_fn(|_| vec![0.0; transform.window.len()]),
            energy: [0.0; LANES],
            signal: vec![Complex::default(); transform.length],
            scratch: vec![Complex::default(); transform.fft.get_inplace_scratch_len()],
            power: vec![[0.0; LANES]; transform.length / 2 + 1],
        }
    }

    /// Fills `power` from `count` frames that start every `hop` samples; lanes beyond them keep what they hold.
    pub(super) fn fill(&mut self, transform: &Transform, sound: &[f32], hop: usize, count: usize) {
        window_frames(transform, sound, hop, count, self);
        for first in (0..count).step_by(2) {
            let second = first + 1;
            let [a, b] = [self.energy[first], if second < count { self.energy[second] } else { 0.0 }];
            if second < count && a <= b * UNEVEN && b <= a * UNEVEN {
                self.transform_pair(transform, first);
            } else {
                (first..count.min(second + 1)).for_each(|lane| self.transform_one(transform, lane));
            }
        }
    }

    fn transform_pair(&mut self, transform: &Transform, first: usize) {
        join(&self.frames[first], &self.frames[first + 1], &mut self.signal);
        transform.fft.process_with_scratch(&mut self.signal, &mut self.scratch);
        split(&self.signal, first, &mut self.power);
    }

    fn transform_one(&mut self, transform: &Transform, lane: usize) {
        self.signal.fill(Complex::default());
        self.signal.iter_mut().zip(&self.frames[lane]).for_each(|(z, x)| z.re = *x);
        transform.fft.process_with_scratch(&mut self.signal, &mut self.scratch);
        self.power.iter_mut().zip(&self.signal).for_each(|(power, z)| power[lane] = z.norm_sqr());
    }
}

wide! {
    /// Windows `count` frames of `sound` and takes their energies.
    fn window_frames = window_frames_plain(
        transform: &Transform, sound: &[f32], hop: usize, count: usize, workspace: &mut Workspace,
    )
}

#[inline(always)]
fn window_frames_plain<const FUSED: bool>(
    transform: &Transform,
    sound: &[f32],
    hop: usize,
    count: usize,
    workspace: &mut Workspace,
) {
    let window = &transform.window[..];
    for lane in 0..count {
        let frame = &sound[lane * hop..lane * hop + window.len()];
        let out = &mut workspace.frames[lane][..window.len()];
        if transform.emphasis == Emphasis::Frame {
            emphasise_frame(frame, window, out);
        } else {
            for ((out, x), w) in out.iter_mut().zip(frame).zip(window) {
                *out = x * w;
            }
        }
        workspace.energy[lane] = energy(out);
    }
}

/// Removes the mean of a frame, applies pre-emphasis and the window. The sample before the first is the first.
#[inline(always)]
fn emphasise_frame(frame: &[f32], window: &[f32], out: &mut [f32]) {
    let mean = sum(frame) / frame.len() as f32;
    out[0] = (frame[0] - mean) * (1.0 - EMPHASIS) * window[0];
    for (((out, x), before), w) in out[1..].iter_mut().zip(&frame[1..]).zip(frame).zip(&window[1..]) {
        // The mean goes first: what is left of a quiet frame then keeps its digits.
        *out = ((x - mean) - EMPHASIS * (before - mean)) * w;
    }
}

/// Sums in lanes, so that it can be vectorised.
#[inline(always)]
fn sum(values: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 16];
    let chunks = values.chunks_exact(16);
    let rest: f32 = chunks.remainder().iter().sum();
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, v)| *lane += v);
    }
    lanes.iter().sum::<f32>() + rest
}

#[inline(always)]
fn energy(values: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 16];
    let chunks = values.chunks_exact(16);
    let rest: f32 = chunks.remainder().iter().map(|v| v * v).sum();
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, v)| *lane += v * v);
    }
    lanes.iter().sum::<f32>() + rest
}

wide! {
    /// One complex signal of two real frames, zero where they end.
    fn join = join_plain(first: &[f32], second: &[f32], signal: &mut [Complex<f32>])
}

#[inline(always)]
fn join_plain<const FUSED: bool>(first: &[f32], second: &[f32], signal: &mut [Complex<f32>]) {
    let (head, tail) = signal.split_at_mut(first.len().min(second.len()));
    for ((z, a), b) in head.iter_mut().zip(first).zip(second) {
        *z = Complex::new(*a, *b);
    }
    tail.fill(Complex::default());
}

wide! {
    /// The power spectra of both frames of a pair, to lanes `lane` and `lane + 1`.
    fn split = split_plain(signal: &[Complex<f32>], lane: usize, power: &mut [Lanes])
}

#[inline(always)]
fn split_plain<const FUSED: bool>(signal: &[Complex<f32>], lane: usize, power: &mut [Lanes]) {
    let length = signal.len();
    let half = length / 2;
    let mut put = |k: usize, z: Complex<f32>, mirrored: Complex<f32>| {
        let (re, im) = (z.re + mirrored.re, z.im - mirrored.im);
        let (re_second, im_second) = (z.im + mirrored.im, mirrored.re - z.re);
        let pair = [0.25 * (re * re + im * im), 0.25 * (re_second * re_second + im_second * im_second)];
        power[k][lane..lane + 2].copy_from_slice(&pair);
    };
    put(0, signal[0], signal[0]);
    for k in 1..=half {
        put(k, signal[k], signal[length - k]);
    }
}
