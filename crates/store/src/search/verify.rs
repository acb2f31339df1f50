//! Verification: how well the stored landmarks of a recording fit the clip's texture at a given place.

use super::locate::Place;
use super::query::{LEVEL, Query};
use super::scale::Scale;
use super::support::Support;
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
    let (sums, count) = sums(query, landmarks, offset, scale);
    fit(query, sums, count, scale)
}

/// The same without the landmarks that stand where the other recording has some too: what speaks for this recording
/// alone.
pub(crate) fn verify_apart(
    query: &Query,
    (landmarks, place): (Landmarks<'_>, Place),
    (others, other_place): (Landmarks<'_>, Place),
) -> Fit {
    let stride = query.frames + 2;
    let mut taken = vec![false; query.levels.len()];
    walk(query, others, other_place.offset, other_place.scale, |_, cell| {
        // Two frames and a bin to either side: neither place is exact to the frame.
        for bin in [cell.checked_sub(stride), Some(cell), Some(cell + stride)].into_iter().flatten() {
            taken.iter_mut().skip(bin.saturating_sub(1)).take(5).for_each(|t| *t = true);
        }
    });
    let (mut sums, mut count) = ([0i32; 3], 0u32);
    walk(query, landmarks, place.offset, place.scale, |_, cell| {
        if let Some(levels) = query.levels[cell..].first_chunk::<3>().filter(|_| !taken[cell + 1]) {
            sums.iter_mut().zip(levels).for_each(|(sum, &level)| *sum += i32::from(level));
            count += 1;
        }
    });
    fit(query, sums, count, place.scale)
}

fn fit(query: &Query, sums: [i32; 3], count: u32, scale: Scale) -> Fit {
    let best = [1, 0, 2].into_iter().reduce(|a, b| if sums[b] > sums[a] { b } else { a }).unwrap_or(1);
    let expected = EXPECTED * query.frames as f32 * scale.time;
    let m = count as f32 + PRIOR + MISSING * (expected - count as f32).max(0.0);
    Fit {
        agreement: sums[best] as f32 / LEVEL / (m + SPREAD * m * m).sqrt(),
        landmarks: count,
        shift: best as i32 - 1,
    }
}

/// Sum of the clip's levels where the landmarks of a place should be, a frame early, there and a frame late; and how
/// many landmarks those are.
pub(super) fn sums(query: &Query, landmarks: Landmarks<'_>, offset: f32, scale: Scale) -> ([i32; 3], u32) {
    let mut sums = [0i32; 3];
    let mut count = 0u32;
    for_each_cell(query, landmarks, offset, scale, |levels| {
        for (sum, &level) in sums.iter_mut().zip(levels) {
            *sum += i32::from(level);
        }
        count += 1;
    });
    (sums, count)
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
pub(crate) fn support(query: &Query, landmarks: Landmarks<'_>, offset: f32, scale: Scale) -> Support {
    let mut frames = vec![(0, 0); query.frames];
    walk(query, landmarks, offset, scale, |frame, cell| {
        frames[frame].0 += i32::from(query.levels[cell + 1]);
        frames[frame].1 += 1;
    });
    Support(frames)
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
