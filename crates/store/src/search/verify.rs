//! Verification: how well the stored landmarks of a recording fit the clip's texture at a given place.

use super::query::{LEVEL, Query};
use super::scale::{self, Scale};
use crate::landmarks::Landmarks;

/// Landmarks that every stretch is taken to have in addition: a few landmarks prove little.
const PRIOR: f32 = 12.0;
/// Chance agreement between a clip and a wrong place, by rhythm and key, that does not average out: its variance.
const SPREAD: f32 = 0.03;
/// Landmarks of an ordinary second of sound, by frame: a place that has fewer, at the edge of a recording or in a
/// pause, explains less of the clip...
const EXPECTED: f32 = 0.72;
/// ...and this share of what is missing counts against it.
const MISSING: f32 = 0.4;

/// The result of a verification.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fit {
    /// Agreement in standard deviations of wrong places.
    pub agreement: f32,
    /// Stored landmarks inside the clip.
    pub landmarks: u32,
    /// How many frames of the clip the place was moved to fit best: -1, 0 or 1.
    pub shift: i32,
}

/// Agreement of a clip with the place where it starts at frame `offset` of a recording; the best of that place and
/// its two neighbours.
pub(crate) fn verify(query: &Query, landmarks: Landmarks<'_>, offset: f32, scale: Scale) -> Fit {
    let mut sums = [0i32; 3];
    let mut count = 0u32;
    for_each_cell(query, landmarks, offset, scale, |levels| {
        for (sum, &level) in sums.iter_mut().zip(levels) {
            *sum += i32::from(level);
        }
        count += 1;
    });
    let best = [1, 0, 2].into_iter().reduce(|a, b| if sums[b] > sums[a] { b } else { a }).unwrap_or(1);
    let expected = EXPECTED * query.frames as f32 * scale.time;
    let m = count as f32 + PRIOR + MISSING * (expected - count as f32).max(0.0);
    Fit {
        agreement: sums[best] as f32 / LEVEL / (m + SPREAD * m * m).sqrt(),
        landmarks: count,
        shift: best as i32 - 1,
    }
}

/// How many landmarks of a place stand out in the clip: by half a standard deviation.
pub(crate) fn aligned(query: &Query, landmarks: Landmarks<'_>, offset: f32, scale: Scale) -> u32 {
    let mut aligned = 0;
    for_each_cell(query, landmarks, offset, scale, |levels| {
        aligned += u32::from(f32::from(levels[1]) > LEVEL / 2.0);
    });
    aligned
}

/// Level and number of the landmarks of a place, frame by frame of the clip.
pub(crate) fn support(query: &Query, landmarks: Landmarks<'_>, offset: f32, scale: Scale) -> Vec<(i32, u32)> {
    let mut support = vec![(0, 0); query.frames];
    walk(query, landmarks, offset, scale, |frame, cell| {
        support[frame].0 += i32::from(query.levels[cell + 1]);
        support[frame].1 += 1;
    });
    support
}

/// Calls `each` with the clip's levels where each stored landmark should be: a frame early, there, a frame late.
#[inline]
fn for_each_cell(
    query: &Query,
    landmarks: Landmarks<'_>,
    offset: f32,
    scale: Scale,
    mut each: impl FnMut(&[i8; 3]),
) {
    walk(query, landmarks, offset, scale, |_, cell| {
        if let Some(levels) = query.levels[cell..].first_chunk() {
            each(levels);
        }
    });
}

/// Calls `each` with the frame of the clip where each stored landmark should be, and with the place of the level of
/// the frame before.
#[inline]
fn walk(
    query: &Query,
    landmarks: Landmarks<'_>,
    offset: f32,
    scale: Scale,
    mut each: impl FnMut(usize, usize),
) {
    let end = offset + query.frames as f32 * scale.time;
    let (per_frame, per_eighth) = (1.0 / scale.time, scale.frequency / 8.0);
    let stride = query.frames + 2;
    // Half is added so that the conversion rounds; the first bin is taken off.
    let (time_shift, bin_shift) = (0.5 - offset * per_frame, 0.5 - query.first_bin as f32);
    let range = offset.floor().max(0.0) as u32..end.ceil().max(0.0) as u32;
    landmarks.for_each(range, |l| {
        let frame = l.frame as f32 * per_frame + time_shift;
        let bin = f32::from(l.frequency) * per_eighth + bin_shift;
        if frame >= 0.0 && bin >= 0.0 {
            let (frame, bin) = (frame as usize, bin as usize);
            if frame < query.frames && bin < query.bins {
                each(frame, bin * stride + frame);
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

    /// The other place if it fits better by this factor.
    fn or_better(self, other: Self, factor: f32) -> Self {
        if other.fit.agreement > self.fit.agreement * factor { other } else { self }
    }
}

/// Tries every scale at a place: a clip that was played a little too slowly is found as it is if it is long, but only
/// a part of it fits.
pub(crate) fn rescale(query: &Query, landmarks: Landmarks<'_>, offset: f32, scale: Scale) -> (f32, Scale) {
    // Frames by which the middle of the clip may be off.
    const SHIFTS: [f32; 5] = [0.0, -6.0, -3.0, 3.0, 6.0];
    const GAIN: f32 = 1.05;
    let middle = query.frames as f32 / 2.0;
    let mut best = Place::new(query, landmarks, offset, scale);
    for other in scale::rounds().concat() {
        let turned = offset + middle * (scale.time - other.time);
        best = SHIFTS
            .iter()
            .fold(best, |b, shift| b.or_better(Place::new(query, landmarks, turned + shift, other), GAIN));
    }
    (best.offset, best.scale)
}

/// Moves offset and scales by small steps as long as the agreement grows.
pub(crate) fn refine(query: &Query, landmarks: Landmarks<'_>, offset: f32, scale: Scale) -> (f32, Scale) {
    const TIME_STEPS: [f32; 4] = [-1.0, -0.5, 0.5, 1.0];
    const SCALE_STEPS: [f32; 4] = [-0.008, -0.004, 0.004, 0.008];
    // A change of scale must be worth it, or every clip would seem a little too fast or slow.
    const SCALE_GAIN: f32 = 1.02;
    let middle = query.frames as f32 / 2.0;
    let at = |offset: f32, scale: Scale| Place::new(query, landmarks, offset, scale);
    let mut best = at(offset, scale);
    for _ in 0..2 {
        let from = best;
        best = TIME_STEPS.iter().fold(best, |b, step| b.or_better(at(from.offset + step, from.scale), 1.0));
        // A change of the time scale turns the line around the middle of the clip.
        let from = best;
        best = SCALE_STEPS.iter().fold(best, |b, step| {
            let scale = Scale { time: from.scale.time + step, ..from.scale };
            b.or_better(at(from.offset - step * middle, scale), SCALE_GAIN)
        });
        let from = best;
        best = SCALE_STEPS.iter().fold(best, |b, step| {
            let scale = Scale { frequency: from.scale.frequency + step, ..from.scale };
            b.or_better(at(from.offset, scale), SCALE_GAIN)
        });
    }
    (best.offset, best.scale)
}
