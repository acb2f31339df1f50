//! The front-ends once more, plainly: a direct Fourier transform, dense banks, double precision. For tests.

use super::parameters::{Centring, Emphasis, Ending, Framing, Parameters};
use sonic_core::FrontEnd;
use std::f64::consts::TAU;

/// Seeded noise with a tone in it, in -0.5..0.5.
pub(super) fn noise(seed: u32, samples: usize) -> Vec<f32> {
    let mut state = seed;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    (0..samples).map(|i| 0.3 * (i as f32 * 0.2).sin() + 0.2 * random()).collect()
}

/// The first `keep` rows of the features of `samples`.
pub(super) fn extract(front_end: FrontEnd, samples: &[f32], keep: usize) -> Vec<f64> {
    let parameters = Parameters::of(front_end).unwrap();
    let sound = whole_sound(&parameters, samples);
    let bank = parameters.bank.dense(parameters.transform);
    let all = parameters.frames(samples.len());
    // Beyond the sound every frame is silent and gives the same row: one of them stands for all.
    let voiced = all.min((samples.len() + parameters.transform) / parameters.hop + 2);
    let mut rows: Vec<Vec<f64>> = (0..voiced)
        .map(|t| {
            let power = power(&parameters, &sound, t);
            let energy = |row: &Vec<f64>| row.iter().zip(&power).map(|(w, p)| w * p).sum();
            bank.iter().map(|row| ending(parameters.ending, energy(row))).collect()
        })
        .collect();
    rows.resize(all, rows[voiced - 1].clone());
    finish(&parameters, &mut rows);
    rows.truncate(keep);
    rows.concat()
}

fn whole_sound(parameters: &Parameters, samples: &[f32]) -> Vec<f64> {
    let mut sound: Vec<f64> = samples.iter().map(|s| f64::from(*s) * f64::from(parameters.gain)).collect();
    if parameters.emphasis == Emphasis::Sound {
        let before = |i: usize| if i == 0 { sound[1] } else { sound[i - 1] };
        sound = (0..sound.len()).map(|i| sound[i] - 0.97 * before(i)).collect();
    }
    sound.resize(parameters.fixed_samples.unwrap_or(sound.len()), 0.0);
    sound
}

/// A sample of the sound beyond its ends.
fn at(parameters: &Parameters, sound: &[f64], index: i64) -> f64 {
    let last = sound.len() as i64 - 1;
    match parameters.framing {
        Framing::CentredReflect if index < 0 => sound[-index as usize],
        Framing::CentredReflect if index > last => sound[(2 * last - index) as usize],
        _ if (0..=last).contains(&index) => sound[index as usize],
        _ => 0.0,
    }
}

fn power(parameters: &Parameters, sound: &[f64], t: usize) -> Vec<f64> {
    let length = parameters.transform;
    let centred = parameters.framing != Framing::Inside;
    let start = (t * parameters.hop) as i64 - if centred { length as i64 / 2 } else { 0 };
    let shift = if centred { (length - parameters.frame) / 2 } else { 0 };
    let mut frame: Vec<f64> =
        (0..parameters.frame).map(|i| at(parameters, sound, start + (shift + i) as i64)).collect();
    if parameters.emphasis == Emphasis::Frame {
        let mean = frame.iter().sum::<f64>() / frame.len() as f64;
        frame.iter_mut().for_each(|x| *x -= mean);
        let before = |i: usize| frame[i.saturating_sub(1)];
        frame = (0..frame.len()).map(|i| frame[i] - 0.97 * before(i)).collect();
    }
    let window = parameters.window.table(parameters.frame);
    frame.iter_mut().zip(&window).for_each(|(x, w)| *x *= w);
    (0..=length / 2)
        .map(|k| {
            let turn = |i: usize| TAU * ((k * i) % length) as f64 / length as f64;
            let re: f64 = frame.iter().enumerate().map(|(i, x)| x * turn(i).cos()).sum();
            let im: f64 = frame.iter().enumerate().map(|(i, x)| x * turn(i).sin()).sum();
            re * re + im * im
        })
        .collect()
}

fn ending(ending: Ending, energy: f64) -> f64 {
    match ending {
        Ending::Power => energy,
        Ending::LogPlus => (energy + 1e-6).ln(),
        Ending::LogFloor => energy.max(f64::from(f32::EPSILON)).ln(),
        Ending::Decibels => 10.0 * energy.max(1e-10).log10(),
        Ending::Whisper => energy.max(1e-10).log10(),
    }
}

fn finish(parameters: &Parameters, rows: &mut [Vec<f64>]) {
    let top = rows.iter().flatten().copied().fold(f64::MIN, f64::max);
    for value in rows.iter_mut().flatten() {
        match parameters.ending {
            Ending::Decibels => *value = value.max(top - 80.0),
            Ending::Whisper => *value = (value.max(top - 8.0) + 4.0) / 4.0,
            _ => (),
        }
    }
    if parameters.centring == Centring::Plane {
        let all: Vec<f64> = rows.iter().flatten().copied().collect();
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let variance = all.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (all.len() - 1) as f64;
        rows.iter_mut().flatten().for_each(|v| *v = (*v - mean) / variance.sqrt().max(1e-3));
    }
    if parameters.centring == Centring::Bins {
        for bin in 0..parameters.bank.bins {
            let mean = rows.iter().map(|row| row[bin]).sum::<f64>() / rows.len() as f64;
            rows.iter_mut().for_each(|row| row[bin] -= mean);
        }
    }
}
