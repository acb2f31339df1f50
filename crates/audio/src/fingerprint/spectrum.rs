//! Frames of samples to log-power spectra.

use super::parameters::Parameters;
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use sonic_core::wide;
use std::sync::{Arc, OnceLock};

/// Levels are integers of 1/64 dB: sums of them are exact, so nothing depends on the order of the work.
pub(super) const UNITS_PER_DB: i16 = 64;

/// Turns one window of samples after the other into a row of levels.
pub(super) struct Spectrum {
    transform: Arc<dyn RealToComplex<f32>>,
    window: Arc<[f32]>,
    windowed: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    first_bin: usize,
    row: Vec<i16>,
    frames: u32,
    floor: f32,
    floor_decay: f32,
    /// Recent peak of the mean power of a sample.
    power: f32,
}

impl Spectrum {
    pub(super) fn new(parameters: &Parameters) -> Self {
        let n = parameters.window;
        let transform = transform(n);
        Self {
            window: hann(n),
            windowed: vec![0.0; n],
            spectrum: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            transform,
            first_bin: parameters.first_bin(),
            row: vec![0; parameters.bins()],
            frames: 0,
            floor: parameters.floor * 0.375 * n as f32,
            floor_decay: parameters.floor_decay,
            power: 0.0,
        }
    }

    /// Frames done so far.
    pub(super) fn frames(&self) -> u32 {
        self.frames
    }

    /// The levels of the last frame, one a bin, and the level that a bin without sound has in it.
    pub(super) fn last(&self) -> (&[i16], i16) {
        (&self.row, level(self.floor * self.power))
    }

    /// Takes the next frame.
    pub(super) fn frame(&mut self, samples: &[f32]) {
        self.frames += 1;
        for ((out, s), w) in self.windowed.iter_mut().zip(samples).zip(&*self.window) {
            *out = s * w;
        }
        // The mean power under the window; 0.375 is the mean square of a Hann window.
        let energy = sum_of_squares(&self.windowed) / (0.375 * samples.len() as f32);
        self.power = energy.max(self.power * self.floor_decay).max(1e-12);
        if self
            .transform
            .process_with_scratch(&mut self.windowed, &mut self.spectrum, &mut self.scratch)
            .is_err()
        {
            unreachable!("the buffers were made by the transform itself");
        }
        let floor = self.floor * self.power;
        levels(&self.spectrum[self.first_bin..], floor, &mut self.row);
    }
}

/// A transform of `n` samples; that of the one window that is in use is planned once.
fn transform(n: usize) -> Arc<dyn RealToComplex<f32>> {
    static PLANNED: OnceLock<Arc<dyn RealToComplex<f32>>> = OnceLock::new();
    let plan = || RealFftPlanner::new().plan_fft_forward(n);
    let planned = PLANNED.get_or_init(plan);
    if planned.len() == n { planned.clone() } else { plan() }
}

/// A Hann window of `n` samples, symmetric.
fn hann(n: usize) -> Arc<[f32]> {
    static COMPUTED: OnceLock<Arc<[f32]>> = OnceLock::new();
    let value = |i: usize| 0.5 - 0.5 * (std::f32::consts::TAU * (i as f32 + 0.5) / n as f32).cos();
    let compute = || (0..n).map(value).collect();
    let computed = COMPUTED.get_or_init(compute);
    if computed.len() == n { computed.clone() } else { compute() }
}

wide! {
    /// The levels of a spectrum over a floor.
    fn levels(spectrum: &[Complex<f32>], floor: f32, row: &mut [i16]) {
        v3 => levels_plain,
        _ => levels_plain,
    }
}

#[inline(always)]
fn levels_plain(spectrum: &[Complex<f32>], floor: f32, row: &mut [i16]) {
    for (out, c) in row.iter_mut().zip(spectrum) {
        *out = level(c.re * c.re + c.im * c.im + floor);
    }
}

/// Sum of squares in eight independent lanes, so that it can be vectorised.
fn sum_of_squares(values: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 8];
    for chunk in values.chunks_exact(8) {
        for (lane, v) in lanes.iter_mut().zip(chunk) {
            *lane += v * v;
        }
    }
    lanes.iter().sum()
}

/// 10 log10 of a positive power in 1/64 dB, by a fourth-order polynomial on the mantissa (error under 0.002 dB).
#[inline(always)]
fn level(power: f32) -> i16 {
    const SCALE: f32 = 3.010_3 * UNITS_PER_DB as f32;
    let bits = power.to_bits();
    let exponent = ((bits >> 23) as i32 - 127) as f32;
    let m = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000);
    let log2 =
        exponent + (-2.512_854_6 + m * (4.070_091 + m * (-2.120_675 + m * (0.645_142 - m * 0.081_615_5))));
    // In range by construction: powers lie between 1e-20 and 1e20.
    round(log2 * SCALE)
}

/// The nearest integer of a number below 2^22, by pushing its fraction out of the mantissa: unlike a checked
/// conversion, this is done to many numbers at once.
#[inline(always)]
pub(super) fn round(x: f32) -> i16 {
    const PUSH: f32 = 12_582_912.0;
    ((x + PUSH).to_bits() as i32).wrapping_sub(PUSH.to_bits() as i32) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_is_ten_log_ten() {
        for power in [1e-19f32, 3.7e-8, 0.5, 1.0, 1.999, 123.456, 7e9] {
            let exact = 10.0 * f64::from(power).log10();
            let got = f64::from(level(power)) / f64::from(UNITS_PER_DB);
            assert!((got - exact).abs() < 0.03, "{power}: {got} for {exact}");
        }
    }

    #[test]
    fn round_is_to_the_nearest() {
        for x in [0.0f32, 0.4, 0.6, -0.4, -0.6, 1000.2, -1000.8, 12_800.0, -12_800.0] {
            assert_eq!(f32::from(round(x)), x.round());
        }
    }

    #[test]
    fn a_sine_peaks_in_its_bin() {
        let parameters = super::super::parameters::DEFAULT;
        let mut spectrum = Spectrum::new(&parameters);
        let hz = 100.0 * sonic_core::FINGERPRINT_RATE as f32 / parameters.window as f32;
        let sine: Vec<f32> = (0..parameters.window)
            .map(|i| (std::f32::consts::TAU * hz * i as f32 / sonic_core::FINGERPRINT_RATE as f32).sin())
            .collect();
        spectrum.frame(&sine);
        let (row, _) = spectrum.last();
        let top = (0..row.len()).max_by_key(|&i| row[i]).unwrap();
        assert_eq!(top + parameters.first_bin(), 100);
    }
}
