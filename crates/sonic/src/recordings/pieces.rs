//! Sound cut into pieces that are searched for among what was imported, and gathered for the rest of the search.

use crate::audio::hashes::{SAMPLE_RATE, hashes};
use crate::audio::resample;
use crate::{Clip, Result};
use sonic_core::PairHashes;

/// Samples of a piece. One is cut off once there are two, so that the last has one to two of that, or is all there is.
const PIECE: usize = 10 * SAMPLE_RATE as usize;

/// Sound at [`SAMPLE_RATE`].
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// What is in no piece yet.
    pending: Vec<f32>,
    /// The stretch so far.
    stretch: Vec<f32>,
}

impl Pieces {
    /// Adds samples; gives the hashes of the pieces that are full.
    pub(super) fn push(&mut self, samples: &[f32]) -> Result<Vec<PairHashes>> {
        self.stretch.extend_from_slice(samples);
        let mut pieces = Vec::new();
        let mut rest = samples;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(2 * PIECE - self.pending.len()));
            self.pending.extend_from_slice(now);
            rest = later;
            if self.pending.len() == 2 * PIECE {
                let kept = self.pending.split_off(PIECE);
                let piece = std::mem::replace(&mut self.pending, kept);
                pieces.push(hashes(&Clip::new(piece, SAMPLE_RATE))?);
            }
        }
        Ok(pieces)
    }

    /// The stretch so far, at another rate; the next begins.
    pub(super) fn take_stretch(&mut self, sample_rate: u32) -> Result<Clip> {
        resample(&Clip::new(std::mem::take(&mut self.stretch), SAMPLE_RATE), sample_rate)
    }

    /// The hashes of the last piece, if there is one.
    pub(super) fn finish(&mut self) -> Result<Option<PairHashes>> {
        match self.pending.is_empty() {
            true => Ok(None),
            false => hashes(&Clip::new(std::mem::take(&mut self.pending), SAMPLE_RATE)).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_add_up_to_the_whole() {
        for samples in [0, 1, PIECE, 2 * PIECE - 1, 2 * PIECE, 5 * PIECE + 7] {
            let sound: Vec<f32> = (0..samples).map(|n| (n as f32 * 0.1).sin()).collect();
            for block in [1 << 20, 12_345] {
                let mut pieces = Pieces::default();
                let mut found: Vec<PairHashes> =
                    sound.chunks(block).flat_map(|block| pieces.push(block).unwrap()).collect();
                found.extend(pieces.finish().unwrap());
                let total: u64 = found.iter().map(|piece| piece.duration_ms).sum();
                assert!(total.abs_diff(samples as u64 * 1000 / u64::from(SAMPLE_RATE)) <= found.len() as u64);
                assert!(found.iter().all(|piece| piece.duration_ms <= 20_000));
                assert_eq!(pieces.take_stretch(SAMPLE_RATE).unwrap().samples, sound);
            }
        }
    }
}
