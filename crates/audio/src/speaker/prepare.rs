//! Sound made ready to be embedded: no constant part, one level, only speech.

use crate::speech::{SpeechOptions, speech_spans};
use sonic_core::{Clip, Result, Span};
use std::ops::Range;

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
/// If this share of a stretch or more lies within so many milliseconds of speech, all of it is kept: models are fitted to
/// speech with its short pauses.
const NEARLY_ALL: f64 = 0.85;
const NEAR_MS: u64 = 300;
/// Else this much is kept on either side of speech.
const KEPT_AROUND_MS: u64 = 100;
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

/// A recording without its constant part, as it is and at the level at which speech is looked for.
pub(crate) fn without_constant_part(clip: &Clip) -> (Clip, Clip) {
    let mut samples = Vec::with_capacity(clip.samples.len());
    ConstantPart::new(clip.sample_rate).remove(&clip.samples, &mut samples);
    let loud = loud_power(&samples, clip.sample_rate);
    let gain = if loud < SILENCE { 1.0 } else { (LOOKED_AT / loud).sqrt() as f32 };
    let levelled = samples.iter().map(|x| x * gain).collect();
    (Clip::new(samples, clip.sample_rate), Clip::new(levelled, clip.sample_rate))
}

/// A stretch of sound, ready to be embedded.
pub(super) struct Prepared {
    /// The speech and what lies close to it, stretches one after another, at one level; all of the sound if there is none.
    pub samples: Vec<f32>,
    /// Milliseconds of speech.
    pub speech_ms: u64,
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
        let spans = speech_spans(&levelled, &SpeechOptions::default())?;
        let mut samples = kept(levelled, &spans);
        let power = mean_square(&samples);
        let to_level = (EMBEDDED / power.max(f64::MIN_POSITIVE)).sqrt() as f32;
        samples.iter_mut().for_each(|x| *x *= to_level);
        let speech_ms = spans.iter().map(|span| span.duration_ms()).sum();
        Ok(Some(Prepared { samples, speech_ms, power: power / f64::from(gain).powi(2) }))
    }
}

/// What is kept of a stretch with speech in `spans`.
fn kept(clip: Clip, spans: &[Span]) -> Vec<f32> {
    let near = around(&clip, spans, NEAR_MS).iter().map(Range::len).sum::<usize>();
    if near == 0 || near as f64 >= NEARLY_ALL * clip.samples.len() as f64 {
        return clip.samples;
    }
    let ranges = around(&clip, spans, KEPT_AROUND_MS).into_iter();
    ranges.flat_map(|range| clip.samples[range].iter().copied()).collect()
}

/// The samples within `around_ms` of speech.
fn around(clip: &Clip, spans: &[Span], around_ms: u64) -> Vec<Range<usize>> {
    let (length, rate) = (clip.samples.len(), u64::from(clip.sample_rate));
    let place = |ms: u64| ((ms * rate / 1000) as usize).min(length);
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for span in spans {
        let (start, end) = (place(span.start_ms.saturating_sub(around_ms)), place(span.end_ms + around_ms));
        match ranges.last_mut() {
            Some(last) if last.end >= start => last.end = end,
            _ => ranges.push(start..end),
        }
    }
    ranges
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
    fn speech_is_kept_with_what_lies_close() {
        let clip = || Clip::new((0..100_000u32).map(|i| i as f32).collect(), 10_000);
        let span = |start_ms, end_ms| Span { start_ms, end_ms };
        let two = kept(clip(), &[span(1_000, 2_000), span(2_500, 3_000)]);
        assert_eq!((two.len(), two[0], two[two.len() - 1]), (19_000, 9_000.0, 30_999.0));
        let apart = kept(clip(), &[span(100, 1_000), span(9_000, 9_900)]);
        assert_eq!((apart.len(), apart[11_000]), (22_000, 89_000.0));
        assert_eq!(kept(clip(), &[span(500, 9_000)]).len(), 100_000, "nearly all is all");
        assert_eq!(kept(clip(), &[]).len(), 100_000);
    }

    #[test]
    fn every_level_becomes_the_same() {
        let prepared = |gain: f32| Leveller::default().prepare(&tone(32_000, gain), 16_000).unwrap().unwrap();
        let (loud, quiet) = (prepared(0.5), prepared(0.002));
        assert!(loud.samples.iter().zip(&quiet.samples).all(|(a, b)| (a - b).abs() < 1e-4));
        assert!((mean_square(&loud.samples) / EMBEDDED - 1.0).abs() < 1e-3);
        assert!((loud.power - 0.125).abs() < 1e-3 && (quiet.power - 2e-6).abs() < 1e-7);
        assert!(Leveller::default().prepare(&tone(32_000, 1e-5), 16_000).unwrap().is_none());
        assert!(Leveller::default().prepare(&[], 16_000).unwrap().is_none());
    }
}
