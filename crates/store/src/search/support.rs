//! What of a clip a match explains.

use super::query::LEVEL;
use std::ops::Range;

/// Frames of a block (a quarter of a second) that supports a match or does not.
const BLOCK: usize = 11;
/// A block supports a match if the clip's levels at its landmarks are this high on average, in standard deviations.
const LEAST_MEAN: f32 = 0.25;

/// The clip's level at the landmarks of a place and how many those are, frame by frame of the clip.
pub(crate) struct Support(pub(super) Vec<(i32, u32)>);

impl Support {
    /// The levels of each frame in standard deviations, and how many landmarks they are of.
    pub(crate) fn levels(&self) -> Vec<(f32, u32)> {
        self.0.iter().map(|&(sum, count)| (sum as f32 / LEVEL, count)).collect()
    }

    /// The frames that the place explains: the stretch in which the levels, less half of what they are on average
    /// within it, add up to the most.
    pub(crate) fn span(&self) -> Range<usize> {
        let mut span = 0..self.0.len();
        // The mean is first that of the clip, then that of the stretch which was found.
        for _ in 0..4 {
            let next = self.best_stretch(self.mean(&span) / 2.0);
            if next == span {
                break;
            }
            span = next;
        }
        span
    }

    /// How many frames of `span` lie in blocks that support the place: a match that rests on one moment has few.
    pub(crate) fn explained(&self, span: &Range<usize>) -> usize {
        let blocks = self.0[span.clone()].chunks(BLOCK);
        let supports = |block: &[(i32, u32)]| {
            let (sum, count) = total(block);
            count > 0 && sum as f32 >= LEAST_MEAN * LEVEL * count as f32
        };
        blocks.filter(|block| supports(block)).map(<[_]>::len).sum()
    }

    fn mean(&self, span: &Range<usize>) -> f32 {
        let (sum, count) = total(&self.0[span.clone()]);
        sum as f32 / count.max(1) as f32
    }

    /// The stretch whose levels less `drift` each have the largest sum (Kadane).
    fn best_stretch(&self, drift: f32) -> Range<usize> {
        let (mut best, mut best_sum) = (0..self.0.len(), 0.0f32);
        let (mut start, mut running) = (0, 0.0f32);
        for (i, &(sum, count)) in self.0.iter().enumerate() {
            if running <= 0.0 {
                (start, running) = (i, 0.0);
            }
            running += sum as f32 - drift * count as f32;
            if running > best_sum {
                (best, best_sum) = (start..i + 1, running);
            }
        }
        best
    }
}

fn total(frames: &[(i32, u32)]) -> (i64, i64) {
    frames.iter().fold((0, 0), |(s, n), x| (s + i64::from(x.0), n + i64::from(x.1)))
}
