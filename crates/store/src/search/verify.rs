//! Verification: how well the stored landmarks of a recording fit the clip's texture at a given place.

use super::place::Place;
use super::query::{LEVEL, Query};
use super::scale::Scale;
use super::support::Support;
use crate::landmarks::{Landmarks, Unpacked};
use sonic_core::wide;
use std::ops::Range;

/// Landmarks that every stretch is taken to have in addition: a few landmarks prove little.
const PRIOR: f32 = 12.0;
/// Chance agreement between a clip and a wrong place, by rhythm and key, that does not average out: its variance.
const SPREAD: f32 = 0.03;
/// Landmarks of an ordinary second of sound, by frame: a place that has fewer, at the edge of a recording or in a
/// pause, explains less of the clip...
const EXPECTED: f32 = 0.72;
/// ...and this share of what is missing counts against it.
const MISSING: f32 = 0.4;
/// Landmarks whose places are computed at once.
const LANES: usize = 32;

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
/// its two neighbours. `spare` is memory that is kept from one call to the next.
pub(crate) fn verify(
    query: &Query,
    landmarks: Landmarks<'_>,
    offset: f32,
    scale: Scale,
    spare: &mut Unpacked,
) -> Fit {
    landmarks.unpack(stretch(query, offset, scale), spare);
    let (sums, count) = sums(query, spare, offset, scale);
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
/// many landmarks those are. `landmarks` are those of the place at least.
pub(super) fn sums(query: &Query, landmarks: &Unpacked, offset: f32, scale: Scale) -> ([i32; 3], u32) {
    let to_cell = ToCell::new(query, landmarks.base, offset, scale);
    let mut total = ([0; 3], 0);
    let frames = landmarks.within(&stretch(query, offset, scale));
    add_levels(&query.levels, &to_cell, frames, &mut total);
    total
}

wide! {
    /// Adds what [`sums`] gives to `total`.
    fn add_levels(levels: &[i8], to_cell: &ToCell, landmarks: (&[f32], &[f32]), total: &mut ([i32; 3], u32)) {
        v3 => add_levels_plain,
        v2 => add_levels_plain,
        _ => add_levels_plain,
    }
}

#[inline(always)]
fn add_levels_plain(
    levels: &[i8],
    to_cell: &ToCell,
    landmarks: (&[f32], &[f32]),
    total: &mut ([i32; 3], u32),
) {
    let ([mut early, mut there, mut late], mut count) = *total;
    let mut add = |cells: &[i32]| {
        for &cell in cells {
            if let Some(&[a, b, c]) = levels.get(cell as usize..).and_then(|l| l.first_chunk()) {
                (early, there, late) = (early + i32::from(a), there + i32::from(b), late + i32::from(c));
            }
            count += u32::from(cell != to_cell.outside);
        }
    };
    // First where they are, many at a time, then what is there.
    let (frames, last_frames) = landmarks.0.as_chunks::<LANES>();
    let (eighths, last_eighths) = landmarks.1.as_chunks::<LANES>();
    for (frames, eighths) in frames.iter().zip(eighths) {
        let mut cells = [0; LANES];
        for ((cell, frame), eighth) in cells.iter_mut().zip(frames).zip(eighths) {
            *cell = to_cell.of(*frame, *eighth);
        }
        add(&cells);
    }
    for (frame, eighth) in last_frames.iter().zip(last_eighths) {
        add(&[to_cell.of(*frame, *eighth)]);
    }
    *total = ([early, there, late], count);
}

/// The nearest whole number of one between plus and minus 2^22, by pushing its fraction out of the mantissa; anything for
/// others.
#[inline(always)]
fn round(x: f32) -> i32 {
    const PUSH: f32 = 12_582_912.0;
    ((x + PUSH).to_bits() as i32).wrapping_sub(PUSH.to_bits() as i32)
}

/// Where the levels of a clip are that belong to landmarks of a recording.
struct ToCell {
    per_frame: f32,
    time_shift: f32,
    per_eighth: f32,
    bin_shift: f32,
    frames: f32,
    bins: f32,
    stride: i32,
    /// A place where the levels are zero.
    outside: i32,
}

impl ToCell {
    /// For landmarks whose frames count from `base`.
    fn new(query: &Query, base: u32, offset: f32, scale: Scale) -> Self {
        let per_frame = 1.0 / scale.time;
        let stride = query.frames as i32 + 2;
        Self {
            per_frame,
            time_shift: -(offset - base as f32) * per_frame,
            per_eighth: scale.frequency / 8.0,
            bin_shift: -(query.first_bin as f32),
            frames: query.frames as f32 - 0.5,
            bins: query.bins as f32 - 0.5,
            stride,
            outside: query.bins as i32 * stride,
        }
    }

    #[inline(always)]
    fn of(&self, frame: f32, eighth: f32) -> i32 {
        let frame = frame * self.per_frame + self.time_shift;
        let bin = eighth * self.per_eighth + self.bin_shift;
        // Without branches, so that many are computed at once.
        let inside = (frame >= -0.5) & (bin >= -0.5) & (frame < self.frames) & (bin < self.bins);
        let cell = round(bin).wrapping_mul(self.stride).wrapping_add(round(frame));
        if inside { cell } else { self.outside }
    }
}

/// The frames of a recording that a clip reaches over.
fn stretch(query: &Query, offset: f32, scale: Scale) -> Range<u32> {
    let end = offset + query.frames as f32 * scale.time;
    offset.floor().max(0.0) as u32..end.ceil().max(0.0) as u32
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
    let range = stretch(query, offset, scale);
    let to_cell = ToCell::new(query, range.start, offset, scale);
    let base = range.start;
    landmarks.for_each(range, |l| {
        let cell = to_cell.of((l.frame - base) as f32, f32::from(l.frequency));
        if cell != to_cell.outside {
            each((cell % to_cell.stride) as usize, cell as usize);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::landmarks::pack;
    use sonic_core::Landmark;

    #[test]
    fn many_at_a_time_are_what_one_at_a_time_is() {
        let (frames, bins) = (40, 30);
        let mut state = 1u32;
        let mut random = |n: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % n
        };
        let mut landmarks: Vec<Landmark> = (0..300)
            .map(|_| Landmark { frame: random(200), frequency: random(400) as u16, salience: 3 })
            .collect();
        landmarks.sort_unstable();
        let mut levels: Vec<i8> = (0..bins * (frames + 2)).map(|_| random(70) as i8 - 35).collect();
        levels.extend([0; 3]);
        let query = Query { frames, pairs: Vec::new(), bins, first_bin: 11, levels };
        let bytes = pack(&landmarks, 200).unwrap();
        let packed = Landmarks::new(&bytes).unwrap();
        let mut unpacked = Unpacked::default();
        for (offset, time, frequency) in
            [(0.0, 1.0, 1.0), (57.3, 1.0, 1.0), (-20.0, 1.3, 0.9), (180.0, 0.7, 1.4), (500.0, 1.0, 1.0)]
        {
            let scale = Scale { time, frequency };
            let (mut want, mut count) = ([0; 3], 0);
            for_each_cell(&query, packed, offset, scale, |levels| {
                want.iter_mut().zip(levels).for_each(|(sum, level)| *sum += i32::from(*level));
                count += 1;
            });
            packed.unpack(stretch(&query, offset, scale), &mut unpacked);
            assert_eq!(sums(&query, &unpacked, offset, scale), (want, count), "{offset} {time}");
            // More landmarks than those of the place change nothing.
            packed.unpack(0..200, &mut unpacked);
            assert_eq!(sums(&query, &unpacked, offset, scale).1, count);
        }
    }
}
