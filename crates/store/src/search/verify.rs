//! Verification: how well the stored landmarks of a recording fit the clip's texture at a given place.

use super::query::{LEVEL, Query};
use super::scale::Scale;
use crate::landmarks::Landmarks;

/// Landmarks that every stretch is taken to have in addition: a few landmarks prove little.
const PRIOR: f32 = 12.0;
/// Chance agreement between a clip and a wrong place, by rhythm and key, that does not average out: its variance.
const SPREAD: f32 = 0.04;

/// The result of a verification.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fit {
    /// Agreement in standard deviations of wrong places.
    pub agreement: f32,
    /// Stored landmarks inside the clip.
    pub landmarks: u32,
    /// Those at which the clip's texture stands above its mean by half a standard deviation.
    pub aligned: u32,
    /// How many frames of the clip the place was moved to fit best: -1, 0 or 1.
    pub shift: i32,
}

/// Agreement of a clip with the place where it starts at frame `offset` of a recording; the best of that place and
/// its two neighbours.
pub(crate) fn verify(query: &Query, landmarks: Landmarks<'_>, offset: f32, scale: Scale) -> Fit {
    let mut sums = [0i32; 3];
    let mut aligned = [0u32; 3];
    let mut count = 0u32;
    let bins = query.bins;
    for_each_cell(query, landmarks, offset, scale, |frame, bin| {
        // Row 0 of the levels is padding: rows frame, frame + 1 and frame + 2 are the neighbours.
        let cell = frame * bins + bin;
        for i in 0..3 {
            let level = i32::from(query.levels[cell + i * bins]);
            sums[i] += level;
            aligned[i] += u32::from(level > (LEVEL / 2.0) as i32);
        }
        count += 1;
    });
    let best = [1, 0, 2].into_iter().reduce(|a, b| if sums[b] > sums[a] { b } else { a }).unwrap_or(1);
    let m = count as f32 + PRIOR;
    Fit {
        agreement: sums[best] as f32 / LEVEL / (m + SPREAD * m * m).sqrt(),
        landmarks: count,
        aligned: aligned[best],
        shift: best as i32 - 1,
    }
}

/// Calls `each` with frame and bin of the clip where each stored landmark should be.
#[inline]
pub(crate) fn for_each_cell(
    query: &Query,
    landmarks: Landmarks<'_>,
    offset: f32,
    scale: Scale,
    mut each: impl FnMut(usize, usize),
) {
    let end = offset + query.frames as f32 * scale.time;
    let (per_frame, per_eighth) = (1.0 / scale.time, scale.frequency / 8.0);
    // Half is added so that the conversion rounds; the first bin is taken off.
    let (time_shift, bin_shift) = (0.5 - offset * per_frame, 0.5 - query.first_bin as f32);
    let range = offset.floor().max(0.0) as u32..end.ceil().max(0.0) as u32;
    landmarks.for_each(range, |l| {
        let frame = l.frame as f32 * per_frame + time_shift;
        let bin = f32::from(l.frequency) * per_eighth + bin_shift;
        if frame >= 0.0 && bin >= 0.0 {
            let (frame, bin) = (frame as usize, bin as usize);
            if frame < query.frames && bin < query.bins {
                each(frame, bin);
            }
        }
    });
}

/// A place in a recording, and how well the clip fits there.
#[derive(Clone, Copy)]
struct Place {
    offset: f32,
    scale: Scale,
    fit: Fit,
}

impl Place {
    fn new(query: &Query, landmarks: Landmarks<'_>, offset: f32, scale: Scale) -> Self {
        let fit = verify(query, landmarks, offset, scale);
        Self { offset: offset - fit.shift as f32 * scale.time, scale, fit }
    }

    fn or_better(self, other: Self) -> Self {
        if other.fit.agreement > self.fit.agreement { other } else { self }
    }
}

/// Moves offset and scales by small steps as long as the agreement grows; gives the place and its fit.
pub(crate) fn refine(query: &Query, landmarks: Landmarks<'_>, offset: f32, scale: Scale) -> (f32, Scale, Fit) {
    const TIME_STEPS: [f32; 4] = [-1.0, -0.5, 0.5, 1.0];
    const SCALE_STEPS: [f32; 4] = [-0.008, -0.004, 0.004, 0.008];
    let middle = query.frames as f32 / 2.0;
    let at = |offset: f32, scale: Scale| Place::new(query, landmarks, offset, scale);
    let mut best = at(offset, scale);
    for _ in 0..2 {
        let from = best;
        best = TIME_STEPS.iter().fold(best, |b, step| b.or_better(at(from.offset + step, from.scale)));
        // A change of the time scale turns the line around the middle of the clip.
        let from = best;
        best = SCALE_STEPS.iter().fold(best, |b, step| {
            let scale = Scale { time: from.scale.time + step, ..from.scale };
            b.or_better(at(from.offset - step * middle, scale))
        });
        let from = best;
        best = SCALE_STEPS.iter().fold(best, |b, step| {
            b.or_better(at(from.offset, Scale { frequency: from.scale.frequency + step, ..from.scale }))
        });
    }
    (best.offset, best.scale, best.fit)
}
