//! Sound made by formulas, the same at every run.

use std::f32::consts::TAU;

/// Uniform noise: a linear congruential generator with its state.
#[derive(Debug)]
pub struct Noise(pub u32);

impl Noise {
    /// The next sample, in -1 to 1.
    pub fn sample(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// A sine of a frequency in Hz at a time in seconds.
pub fn sine(hz: f32, t: f32) -> f32 {
    (TAU * hz * t).sin()
}

/// Sound that trips finders of spectral peaks and everything behind them, by name: silence, dither, DC, hum, tones,
/// sweeps, clicks, fades, few bits, clipping, square waves, noise, and black between noise. Each has noise of its own.
pub fn oddities(sample_rate: u32, seconds: f32) -> Vec<(&'static str, Vec<f32>)> {
    let samples = (seconds * sample_rate as f32) as usize;
    let sound = |at: &mut dyn FnMut(f32) -> f32| -> Vec<f32> {
        (0..samples).map(|i| at(i as f32 / sample_rate as f32)).collect()
    };
    let noise = |seed: u32, gain: &dyn Fn(f32) -> f32| {
        let mut white = Noise(seed);
        sound(&mut |t| gain(t) * white.sample())
    };
    let rounded = |steps: f32, x: f32| (x * steps).round() / steps;
    let on = |t: f32| if (2.0 * t).fract() < 0.5 { 1.0 } else { 0.0 };
    let click = |t: f32| ((t * sample_rate as f32).round() as u32).is_multiple_of(sample_rate / 2);
    let mut dither = Noise(1);
    vec![
        ("digital silence", sound(&mut |_| 0.0)),
        ("dither", sound(&mut |_| rounded(32_768.0, dither.sample() / 32_768.0))),
        ("DC", sound(&mut |_| 0.3)),
        ("hum", sound(&mut |t| 0.2 * sine(50.0, t) + 0.1 * sine(150.0, t) + 0.05 * sine(250.0, t))),
        ("tone", sound(&mut |t| 0.5 * sine(1_000.0, t))),
        ("chord", sound(&mut |t| (1..12).map(|k| 0.05 * sine(333.0 * k as f32, t)).sum())),
        ("beeps", sound(&mut |t| on(t) * 0.5 * sine(1_000.0, t))),
        ("sweep", sound(&mut |t| 0.5 * (TAU * (100.0 * t + 300.0 * t * t)).sin())),
        ("square wave", sound(&mut |t| if (220.0 * t).fract() < 0.5 { 0.5 } else { -0.5 })),
        ("8 bits", sound(&mut |t| rounded(128.0, 0.02 * sine(440.0, t) * sine(0.5, t)))),
        ("clipped", sound(&mut |t| (3.0 * sine(220.0, t) * sine(0.3, t)).clamp(-1.0, 1.0))),
        ("clicks", sound(&mut |t| if click(t) { 0.9 } else { 0.0 })),
        ("white noise", noise(2, &|_| 0.3)),
        ("fade in", noise(3, &|t| 10f32.powf(6.0 * (t / seconds - 1.0)))),
        ("fade out", noise(4, &|t| 10f32.powf(-6.0 * t / seconds))),
        ("gated noise", noise(5, &|t| 0.3 * on(t))),
        ("black between noise", noise(6, &|t| if (t as u32).is_multiple_of(3) { 0.3 } else { 0.0 })),
        ("priming", noise(7, &|t| if t < 0.1 { 1e-4 } else { 0.0 })),
    ]
}
