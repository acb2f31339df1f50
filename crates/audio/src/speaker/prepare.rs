//! Sound made ready to be embedded: no constant part, one level, only speech.

use crate::speech::{SpeechOptions, speech_spans};
use sonic_core::{Clip, Result};

/// The version of this step, in the pipeline of what was made with it.
pub(super) const VERSION: u32 = 1;

/// The corner, in Hz, under which sound is taken away with the constant part.
const CORNER_HZ: f64 = 10.0;
/// Frames per second in which the level is measured.
const FRAMES_PER_SECOND: usize = 50;
/// The share of frames that are louder than the level that counts.
const LOUD: f64 = 0.05;
/// The power of loud frames at which speech is looked for: 20 dB under full scale.
const LOOKED_AT: f64 = 1e-2;
/// The power of speech that is embedded: 23 dB under full scale, as in the recordings that celda128 was fitted to.
const EMBEDDED: f64 = 5.01e-3;
/// Loud frames of less power than this are silence: 90 dB under full scale.
const SILENCE: f64 = 1e-9;
/// Sound is not raised to speech where a stretch is this much quieter than another before it.
const MUCH_QUIETER: f64 = 1e-3;

/// Takes the constant part out of sound that comes in pieces.
pub(super) struct ConstantPart {
    decay: f64,
    /// The last sample, before and after.
    last: Option<(f64, f64)>,
}

impl ConstantPart {
    pub(super) fn new(sample_rate: u32) -> Self {
        let decay = (-std::f64::consts::TAU * CORNER_HZ / f64::from(sample_rate.max(1))).exp();
        Self { decay, last: None }
    }

    /// Appends `samples` to `out` without it.
    pub(super) fn remove(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        out.extend(samples.iter().map(|sample| {
            let x = f64::from(*sample);
            // As if the first sample had lasted for ever before.
            let (before, after) = self.last.unwrap_or((x, 0.0));
            let y = x - before + self.decay * after;
            self.last = Some((x, y));
            y as f32
        }));
    }
}

/// A stretch of sound, ready to be embedded.
pub(super) struct Prepared {
    /// The speech, stretches one after another, at one level; all of the sound if there is none.
    pub samples: Vec<f32>,
    /// True if that is speech.
    pub is_speech: bool,
    /// The mean power of the same in the sound as it was.
    pub power: f64,
}

/// Makes stretches of one recording ready.
#[derive(Default)]
pub(super) struct Leveller {
    /// The power of the loud frames in the loudest stretch so far.
    loudest: f64,
}

impl Leveller {
    /// Makes a stretch ready, whose constant part is gone; `None` if it is silent.
    pub(super) fn prepare(&mut self, samples: &[f32], sample_rate: u32) -> Result<Option<Prepared>> {
        let loud = loud_power(samples, sample_rate);
        if loud < SILENCE {
            return Ok(None);
        }
        self.loudest = self.loudest.max(loud);
        let gain = (LOOKED_AT / loud.max(MUCH_QUIETER * self.loudest)).sqrt() as f32;
        let levelled = Clip::new(samples.iter().map(|x| x * gain).collect(), sample_rate);
        let mut speech = Vec::new();
        for span in speech_spans(&levelled, &SpeechOptions::default())? {
            let place = |ms: u64| (ms * u64::from(sample_rate) / 1000) as usize;
            let end = place(span.end_ms).min(levelled.samples.len());
            speech.extend_from_slice(&levelled.samples[place(span.start_ms).min(end)..end]);
        }
        let is_speech = !speech.is_empty();
        let mut samples = if is_speech { speech } else { levelled.samples };
        let power = mean_square(&samples);
        let to_level = (EMBEDDED / power.max(f64::MIN_POSITIVE)).sqrt() as f32;
        samples.iter_mut().for_each(|x| *x *= to_level);
        Ok(Some(Prepared { samples, is_speech, power: power / f64::from(gain).powi(2) }))
    }
}

/// The power that one frame in twenty exceeds.
fn loud_power(samples: &[f32], sample_rate: u32) -> f64 {
    let frame = (sample_rate as usize / FRAMES_PER_SECOND).max(1);
    let mut powers: Vec<f64> = samples.chunks(frame).map(mean_square).collect();
    powers.sort_unstable_by(f64::total_cmp);
    let place = powers.len().saturating_sub(1 + (LOUD * powers.len() as f64) as usize);
    powers.get(place).copied().unwrap_or(0.0)
}

fn mean_square(samples: &[f32]) -> f64 {
    samples.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / samples.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(samples: usize, gain: f32) -> Vec<f32> {
        (0..samples).map(|i| gain * (i as f32 * 0.2).sin()).collect()
    }

    #[test]
    fn the_constant_part_goes_and_the_rest_stays() {
        let sound = tone(48_000, 0.1);
        let offset: Vec<f32> = sound.iter().map(|x| x + 0.2).collect();
        let without = |samples: &[f32], piece: usize| {
            let (mut part, mut out) = (ConstantPart::new(16_000), Vec::new());
            samples.chunks(piece).for_each(|piece| part.remove(piece, &mut out));
            out
        };
        let (plain, freed) = (without(&sound, 48_000), without(&offset, 777));
        assert!(plain.iter().zip(&freed).all(|(a, b)| (a - b).abs() < 1e-5));
        assert!(sound.iter().zip(&freed).skip(16_000).all(|(a, b)| (a - b).abs() < 2e-3));
    }

    #[test]
    fn every_level_becomes_the_same() {
        let prepared = |gain: f32| {
            Leveller::default().prepare(&tone(32_000, gain), 16_000).unwrap().unwrap()
        };
        let (loud, quiet) = (prepared(0.5), prepared(0.002));
        assert!(loud.samples.iter().zip(&quiet.samples).all(|(a, b)| (a - b).abs() < 1e-4));
        assert!((mean_square(&loud.samples) / EMBEDDED - 1.0).abs() < 1e-3);
        assert!((loud.power - 0.125).abs() < 1e-3 && (quiet.power - 2e-6).abs() < 1e-7);
        assert!(Leveller::default().prepare(&tone(32_000, 1e-5), 16_000).unwrap().is_none());
        assert!(Leveller::default().prepare(&[], 16_000).unwrap().is_none());
    }
}
