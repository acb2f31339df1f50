//! Quiet ends cut off, as librosa's `effects.trim` does it.

use sonic_core::{Clip, Error, ErrorKind, Result};
use std::ops::Range;

/// Samples of a frame, and from frame to frame: librosa's, whatever the rate.
const FRAME: usize = 2048;
const HOP: usize = 512;
/// The least power that counts: librosa's 1e-5 of amplitude.
const LEAST: f64 = 1e-10;

/// `clip` from its first to its last frame that is less than `top_db` decibels quieter than its loudest, and which
/// samples of `clip` these are.
///
/// The same as `librosa.effects.trim(y, top_db=top_db)`: frames of 2048 samples every 512, centred, silence beyond
/// the ends; their level against that of the loudest. A silent clip stays whole.
///
/// # Errors
/// `InvalidArgument` if `top_db` is not above 0 or a sample is not finite.
pub fn trim(clip: &Clip, top_db: f32) -> Result<(Clip, Range<usize>)> {
    if !(top_db > 0.0 && top_db.is_finite()) {
        return Err(Error::new(ErrorKind::InvalidArgument, "top_db must be above 0"));
    }
    clip.check()?;
    let range = loud_range(&clip.samples, f64::from(top_db));
    let samples = clip.samples[range.clone()].to_vec();
    let Clip { sample_rate, truncated, damaged_ms, .. } = *clip;
    Ok((Clip { samples, sample_rate, truncated, damaged_ms }, range))
}

/// The samples from the first to the last loud frame.
pub(crate) fn loud_range(samples: &[f32], top_db: f64) -> Range<usize> {
    let powers: Vec<f64> = frame_powers(samples).map(|p| p.max(LEAST)).collect();
    let loudest = powers.iter().copied().fold(LEAST, f64::max);
    let loud = |power: &f64| 10.0 * (power / loudest).log10() > -top_db;
    match (powers.iter().position(loud), powers.iter().rposition(loud)) {
        (Some(first), Some(last)) => first * HOP..samples.len().min((last + 1) * HOP),
        _ => 0..0,
    }
}

/// The mean square of every frame.
fn frame_powers(samples: &[f32]) -> impl Iterator<Item = f64> {
    let frames = if samples.is_empty() { 0 } else { 1 + samples.len() / HOP };
    (0..frames).map(move |t| {
        let (start, end) = ((t * HOP).saturating_sub(FRAME / 2), (t * HOP + FRAME / 2).min(samples.len()));
        samples[start..end].iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / FRAME as f64
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_ends_go_and_silence_stays() {
        let mut samples = vec![0.0f32; 40_000];
        samples[10_000..20_000].iter_mut().enumerate().for_each(|(i, x)| *x = (i as f32 * 0.1).sin());
        let (trimmed, range) = trim(&Clip::new(samples, 16_000), 20.0).unwrap();
        assert_eq!(trimmed.samples.len(), range.len());
        assert_eq!(range, 9_216..21_504);
        let silent = Clip::new(vec![0.0; 5_000], 16_000);
        assert_eq!(trim(&silent, 20.0).unwrap().0, silent);
        let nothing = Clip::new(vec![], 16_000);
        assert_eq!(trim(&nothing, 20.0).unwrap().0, nothing);
    }

    const LIBROSA: [(f32, Range<usize>); 4] =
        [(10.0, 8_704..32_256), (20.0, 8_192..32_256), (30.0, 8_192..50_000), (60.0, 512..50_000)];

    /// The values are those of librosa 0.11.0 for the same noise and `top_db`.
    #[test]
    fn it_agrees_with_librosa() {
        let mut state = 1u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        let samples: Vec<f32> = (0..50_000u32)
            .map(|i| {
                random() * if (9_000..31_000).contains(&i) { 1.0 } else { 0.001 * (1 + i / 1_000) as f32 }
            })
            .collect();
        let clip = Clip::new(samples, 16_000);
        for (top_db, range) in LIBROSA {
            assert_eq!(trim(&clip, top_db).unwrap().1, range, "{top_db} dB");
        }
    }

    #[test]
    fn bad_input_is_refused() {
        for (clip, top_db) in [
            (Clip::new(vec![f32::NAN], 16_000), 20.0),
            (Clip::new(vec![0.0; 9], 16_000), 0.0),
            (Clip::new(vec![0.0; 9], 16_000), f32::NAN),
        ] {
            assert_eq!(trim(&clip, top_db).unwrap_err().kind(), ErrorKind::InvalidArgument);
        }
    }
}
