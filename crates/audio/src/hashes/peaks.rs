//! Peaks of a spectrogram.

use super::spectrum::{BINS, Spectrum};

/// Bins between 300 and 8,000 Hz.
const FIRST_BIN: usize = 28;
const LAST_BIN: usize = 743;
/// Power below the loudest bin at most: 60 dB.
const RANGE: f32 = 1e-6;
/// Power below which there is silence: 114 dB below a sine of full scale. There all bins are alike, and each would be a peak.
const SILENCE: f32 = 1e-6;
/// Frames and bins before and after a peak that are not above it.
const BEFORE: usize = 10;
const AFTER: usize = 9;
/// Peaks of a frame at most; real sound has a few.
const MOST_PEAKS: usize = 48;

/// A peak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Peak {
    pub(super) frame: u32,
    pub(super) bin: u32,
}

/// The peaks, in order of frame and bin.
pub(super) fn peaks(spectrum: &Spectrum) -> Vec<Peak> {
    let (width, frames) = (BINS.len(), spectrum.frames());
    let floor = (spectrum.loudest * RANGE).max(SILENCE);
    let surroundings = maxima(&spectrum.powers, width);
    let mut peaks = Vec::new();
    for frame in 0..frames {
        let row = frame * width..(frame + 1) * width;
        let (powers, around) = (&spectrum.powers[row.clone()], &surroundings[row]);
        let is_peak = |bin: &usize| {
            let place = bin - BINS.start;
            powers[place] > floor && powers[place] >= around[place]
        };
        let found = (FIRST_BIN..=LAST_BIN).filter(is_peak).take(MOST_PEAKS);
        peaks.extend(found.map(|bin| Peak { frame: frame as u32, bin: bin as u32 }));
    }
    peaks
}

/// The largest power in the surroundings of every bin. At the edges there is less of them.
fn maxima(powers: &[f32], width: usize) -> Vec<f32> {
    let mut across: Vec<f32> = Vec::with_capacity(powers.len());
    let mut row = Vec::new();
    for frame in powers.chunks_exact(width) {
        row.clear();
        row.extend([0.0; BEFORE]);
        row.extend_from_slice(frame);
        row.extend([0.0; AFTER]);
        widen(&mut row, 1);
        across.extend_from_slice(&row[..width]);
    }
    let mut padded = vec![0.0; BEFORE * width];
    padded.append(&mut across);
    padded.resize(padded.len() + AFTER * width, 0.0);
    widen(&mut padded, width);
    padded.truncate(powers.len());
    padded
}

/// Each value becomes the largest of itself and the nineteen that follow it, `stride` apart, by doubling.
fn widen(values: &mut [f32], stride: usize) {
    for distance in [1, 2, 4, 8, 4] {
        let shift = distance * stride;
        for at in 0..values.len().saturating_sub(shift) {
            values[at] = values[at].max(values[at + shift]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maxima_are_those_of_the_surroundings() {
        let (width, frames) = (60, 50);
        let mut seed = 3u32;
        let mut random = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) as f32
        };
        let powers: Vec<f32> = (0..width * frames).map(|_| random()).collect();
        let found = maxima(&powers, width);
        for (frame, bin) in (0..frames).flat_map(|frame| (0..width).map(move |bin| (frame, bin))) {
            let mut want = 0.0f32;
            for other in frame.saturating_sub(BEFORE)..(frame + AFTER + 1).min(frames) {
                let bins = bin.saturating_sub(BEFORE)..(bin + AFTER + 1).min(width);
                want = bins.fold(want, |most, bin| most.max(powers[other * width + bin]));
            }
            assert_eq!(found[frame * width + bin], want, "frame {frame}, bin {bin}");
        }
    }
}
