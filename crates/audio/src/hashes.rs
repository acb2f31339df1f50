//! Hashes of pairs of spectral peaks, exactly as the system makes them whose hashes are imported (pipeline `citywok-1`): how
//! recordings are found of which there is no sound.
//!
//! Spectrum of 2,048 samples under a periodic Hann window, 512 samples apart, the first frame centred on the first sample;
//! peaks are bins between 300 and 8,000 Hz that are the maximum of 20 frames and 20 bins around them and at most 60 dB
//! below the loudest bin of the clip; each is paired with the next 15 in order of frame and bin, at most 200 frames on. A
//! hash keeps both frequencies by 8 bins and the time between them by 4 frames. The design is that of Wang, "An
//! industrial-strength audio search algorithm" (ISMIR 2003).
//!
//! All of a piece is in memory at once, 130 kB a second: long sound is hashed in pieces.

mod peaks;
mod spectrum;

use crate::resample;
use peaks::{Peak, peaks};
use sonic_core::{Clip, PAIR_HASH_RATE, PairHash, PairHashes, Result};
use spectrum::spectrum;
use std::borrow::Cow;

/// The rate in Hz at which sound is hashed.
pub const SAMPLE_RATE: u32 = PAIR_HASH_RATE;

/// Peaks that a peak is paired with.
const PARTNERS: usize = 15;
/// Frames between the peaks of a pair at most.
const MAX_GAP: u32 = 200;
/// Bins of a band, and frames of a step.
const BAND: u32 = 8;
const STEP: u32 = 4;

/// The hashes of a clip, which is resampled if it is not at [`SAMPLE_RATE`].
///
/// ```
/// use sonic_core::Clip;
/// let (notes, tau) = ([440.0, 660.0, 990.0, 1480.0], std::f32::consts::TAU);
/// let melody = (0..44_100).map(|n| (n as f32 * notes[n / 11_025] * tau / 22_050.0).sin()).collect();
/// let hashes = sonic_audio::hashes(&Clip::new(melody, 22_050))?;
/// assert!(hashes.frames == 87 && !hashes.hashes.is_empty());
/// # Ok::<(), sonic_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` if the clip's sample rate is 0 or above 768,000 Hz, or a sample is not finite.
pub fn hashes(clip: &Clip) -> Result<PairHashes> {
    let clip = match clip.sample_rate {
        SAMPLE_RATE => Cow::Borrowed(clip),
        _ => Cow::Owned(resample(clip, SAMPLE_RATE)?),
    };
    Clip::check_samples(&clip.samples)?;
    let spectrum = spectrum(&clip.samples);
    let duration_ms = clip.samples.len() as u64 * 1000 / u64::from(SAMPLE_RATE);
    Ok(PairHashes { duration_ms, frames: spectrum.frames() as u32, hashes: pairs(&peaks(&spectrum)) })
}

/// The hashes of peaks in order of frame and bin, each at the frame of its first peak.
fn pairs(peaks: &[Peak]) -> Vec<(PairHash, u32)> {
    let mut pairs = Vec::with_capacity(peaks.len() * PARTNERS);
    for (index, first) in peaks.iter().enumerate() {
        for second in peaks[index + 1..].iter().take(PARTNERS) {
            let gap = second.frame - first.frame;
            if gap > MAX_GAP {
                break;
            }
            let hash = PairHash::new(first.bin / BAND, second.bin / BAND, gap / STEP);
            pairs.extend(hash.map(|hash| (hash, first.frame)));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use sonic_testing::sound::oddities;

    #[test]
    fn pairs_are_made_of_the_next_peaks() {
        let peak = |frame, bin| Peak { frame, bin };
        let peaks = [peak(0, 28), peak(0, 743), peak(7, 80), peak(200, 80), peak(201, 80)];
        let found: Vec<(u32, u32, u32, u32)> = pairs(&peaks)
            .iter()
            .map(|(hash, frame)| (hash.first_band(), hash.second_band(), hash.steps(), *frame))
            .collect();
        let from_first = [(3, 92, 0, 0), (3, 10, 1, 0), (3, 10, 50, 0)];
        assert_eq!(found[..3], from_first);
        assert_eq!(found.len(), 3 + 2 + 2 + 1);
    }

    #[test]
    fn odd_sound_gives_few_hashes_and_no_panic() {
        for (name, samples) in oddities(SAMPLE_RATE, 6.0) {
            let found = hashes(&Clip::new(samples, SAMPLE_RATE)).unwrap();
            assert!(found.hashes.len() < 60_000, "{name}: {}", found.hashes.len());
            if name == "digital silence" {
                assert!(found.hashes.is_empty());
            }
        }
    }

    #[test]
    fn nothing_has_no_hashes() {
        let found = hashes(&Clip::new(Vec::new(), SAMPLE_RATE)).unwrap();
        assert_eq!((found.duration_ms, found.hashes.len()), (0, 0));
        assert!(hashes(&Clip::new(vec![f32::NAN], SAMPLE_RATE)).is_err());
    }
}
