//! The engine of all front-ends: sound to frames, power spectra, mel energies, their logarithm.

use super::mel::Sparse;
use super::parameters::{Centring, EMPHASIS, Emphasis, Ending, Framing, Parameters};
use super::spectrum::{LANES, Lanes, Transform, Workspace};
use super::table::Features;
use sonic_core::wide;
use sonic_core::wide::multiply_add;
use std::sync::Arc;

/// What is computed once for a front-end.
pub(super) struct Tables {
    parameters: Parameters,
    transform: Transform,
    bank: Sparse,
}

impl Tables {
    pub(super) fn new(parameters: Parameters) -> Self {
        let transform = Transform::new(&parameters);
        Self { transform, bank: parameters.bank.sparse(parameters.transform), parameters }
    }
}

/// A front-end at work, with the memory that it uses again.
pub(super) struct Engine {
    tables: Arc<Tables>,
    /// The sound with its margins.
    sound: Vec<f32>,
    workspace: Workspace,
    mels: Vec<Lanes>,
}

impl Engine {
    pub(super) fn new(tables: Arc<Tables>) -> Self {
        let workspace = Workspace::new(&tables.transform);
        let mels = vec![[0.0; LANES]; tables.parameters.bank.bins];
        Self { tables, sound: Vec::new(), workspace, mels }
    }

    /// Appends the rows of `features.frames` frames.
    pub(super) fn run(&mut self, samples: &[f32], features: &mut Features) {
        let tables = self.tables.clone();
        let parameters = &tables.parameters;
        prepare(parameters, samples, &mut self.sound);
        features.values.resize(features.frames * features.bins, 0.0);
        let sound = &self.sound[parameters.offset()..];
        for (block, rows) in features.values.chunks_mut(LANES * features.bins).enumerate() {
            let count = rows.len() / features.bins;
            let start = block * LANES * parameters.hop;
            self.workspace.fill(&tables.transform, &sound[start..], parameters.hop, count);
            mel_energies(&tables.bank, &self.workspace.power, &mut self.mels);
            take_ending(parameters.ending, &mut self.mels);
            transpose(&self.mels, rows);
        }
        finish(parameters, features);
    }
}

/// Puts the sound between its margins, with the gain and the pre-emphasis of the front-end.
fn prepare(parameters: &Parameters, samples: &[f32], sound: &mut Vec<f32>) {
    let margin = parameters.margin();
    sound.clear();
    sound.reserve(samples.len().max(parameters.fixed_samples.unwrap_or(0)) + 2 * margin);
    sound.resize(margin, 0.0);
    match parameters.emphasis {
        Emphasis::Sound if samples.len() > 1 => {
            sound.push(samples[0] - EMPHASIS * samples[1]);
            sound.extend(samples.windows(2).map(|pair| pair[1] - EMPHASIS * pair[0]));
        }
        _ if parameters.gain == 1.0 => sound.extend_from_slice(samples),
        _ => sound.extend(samples.iter().map(|s| s * parameters.gain)),
    }
    if let Some(fixed) = parameters.fixed_samples {
        sound.resize(margin + fixed, 0.0);
    }
    let end = sound.len();
    sound.resize(end + margin, 0.0);
    if parameters.framing == Framing::CentredReflect {
        for i in 1..=margin {
            sound[margin - i] = sound[margin + i];
            sound[end - 1 + i] = sound[end - 1 - i];
        }
    }
}

wide! {
    /// The energies of all filters.
    fn mel_energies = mel_energies_plain(bank: &Sparse, power: &[Lanes], mels: &mut [Lanes])
}

#[inline(always)]
fn mel_energies_plain<const FUSED: bool>(bank: &Sparse, power: &[Lanes], mels: &mut [Lanes]) {
    for (mel, (first, weights)) in mels.iter_mut().zip(bank.filters()) {
        let mut sum = [0.0f32; LANES];
        for (weight, power) in weights.iter().zip(&power[first..]) {
            for (sum, power) in sum.iter_mut().zip(power) {
                *sum = multiply_add::<FUSED>(*weight, *power, *sum);
            }
        }
        *mel = sum;
    }
}

wide! {
    /// Takes the logarithm that the front-end asks for.
    fn take_ending = take_ending_plain(ending: Ending, mels: &mut [Lanes])
}

#[inline(always)]
fn take_ending_plain<const FUSED: bool>(ending: Ending, mels: &mut [Lanes]) {
    use std::f32::consts::LOG10_E;
    let values = mels.as_flattened_mut();
    match ending {
        Ending::Power => (),
        Ending::LogPlus => values.iter_mut().for_each(|v| *v = logarithm(*v + 1e-6)),
        Ending::LogFloor => values.iter_mut().for_each(|v| *v = logarithm(v.max(f32::EPSILON))),
        Ending::Decibels => values.iter_mut().for_each(|v| *v = 10.0 * LOG10_E * logarithm(v.max(1e-10))),
        Ending::Whisper => values.iter_mut().for_each(|v| *v = LOG10_E * logarithm(v.max(1e-10))),
    }
}

/// The natural logarithm of a positive normal number, to two units in the last place.
///
/// x = m 2^e with m near 1, and ln m = 2 atanh((m - 1) / (m + 1)) by its series.
#[inline(always)]
pub(super) fn logarithm(x: f32) -> f32 {
    const ROOT_HALF: u32 = 0x3f35_04f3;
    let shifted = x.to_bits().wrapping_sub(ROOT_HALF);
    let exponent = ((shifted as i32) >> 23) as f32;
    let m = f32::from_bits((shifted & 0x007f_ffff).wrapping_add(ROOT_HALF));
    let s = (m - 1.0) / (m + 1.0);
    let q = s * s;
    let series = q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0))));
    exponent * std::f32::consts::LN_2 + 2.0 * (s + s * series)
}

/// Writes lanes as rows.
fn transpose(mels: &[Lanes], rows: &mut [f32]) {
    let bins = mels.len();
    for (lane, row) in rows.chunks_exact_mut(bins).enumerate() {
        row.iter_mut().zip(mels).for_each(|(value, mel)| *value = mel[lane]);
    }
}

/// What needs all frames: the floor under the loudest value, and the mean.
fn finish(parameters: &Parameters, features: &mut Features) {
    let values = &mut features.values;
    let loudest = |values: &[f32]| values.iter().fold(f32::MIN, |a, b| a.max(*b));
    match parameters.ending {
        Ending::Decibels => {
            let floor = loudest(values) - 80.0;
            values.iter_mut().for_each(|v| *v = v.max(floor));
        }
        Ending::Whisper => {
            let floor = loudest(values) - 8.0;
            values.iter_mut().for_each(|v| *v = (v.max(floor) + 4.0) / 4.0);
        }
        Ending::Power | Ending::LogPlus | Ending::LogFloor => (),
    }
    match parameters.centring {
        Centring::None => (),
        Centring::Bins => remove_mean(values, features.bins),
        Centring::Plane => standardise(values),
    }
}

/// Subtracts from every bin its mean over all frames. Sums of few rows are gathered in double precision.
fn remove_mean(values: &mut [f32], bins: usize) {
    const ROWS: usize = 64;
    let frames = values.len() / bins;
    let mut total = vec![0.0f64; bins];
    let mut part = vec![0.0f32; bins];
    for rows in values.chunks(ROWS * bins) {
        part.fill(0.0);
        for row in rows.chunks_exact(bins) {
            part.iter_mut().zip(row).for_each(|(sum, v)| *sum += v);
        }
        total.iter_mut().zip(&part).for_each(|(sum, v)| *sum += f64::from(*v));
    }
    part.iter_mut().zip(&total).for_each(|(mean, sum)| *mean = (sum / frames as f64) as f32);
    for row in values.chunks_exact_mut(bins) {
        row.iter_mut().zip(&part).for_each(|(v, mean)| *v -= mean);
    }
}

/// Values to mean 0 and deviation 1; those that hardly differ are not blown up.
fn standardise(values: &mut [f32]) {
    const LEAST_DEVIATION: f64 = 1e-3;
    let count = values.len().max(2) as f64;
    let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / count;
    let squares = values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>();
    let deviation = (squares / (count - 1.0)).sqrt().max(LEAST_DEVIATION);
    values.iter_mut().for_each(|v| *v = ((f64::from(*v) - mean) / deviation) as f32);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_exact_to_its_precision() {
        let mut x = 1e-12f32;
        while x < 1e14 {
            let exact = f64::from(x).ln();
            let error = (f64::from(logarithm(x)) - exact).abs();
            assert!(error <= 3e-7 * exact.abs().max(1.0), "{x}: {error}");
            x *= 1.000_37;
        }
        assert_eq!(logarithm(1.0), 0.0);
    }
}
