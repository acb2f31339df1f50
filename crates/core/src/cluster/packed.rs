//! Points as the kernel compares them, and how far its distances can be wrong.

use super::frame::{Frame, ROUNDING, UNDERFLOW, rounding};
use super::kernel::{BLOCK, Bench, Hit, LINE, Line, PANEL, Side, Words};
use super::points::Points;
use super::tiles::{Flow, map_parts};
use crate::wide;

/// Blocks of points that a thread takes at a time.
const PART: usize = 4;
/// The longest point whose products stay within single precision; what is longer is near every point, as far as bounds
/// say.
const LONGEST: f64 = (1u64 << 60) as f64;
/// Below every sum of bounds, with room for two of it.
const NOWHERE: f32 = -1e38;
/// The largest squared distance of two places for which there are bounds.
const FARTHEST: f64 = 1e200;
/// The largest error of the bounds of two blocks that are seen from different places, as a part of the squared distance
/// of these.
const APART: f64 = 32.0 * ROUNDING;

/// Points in a given order, moved so that they lie around 0 and made shorter or longer by a power of two.
///
/// Squared distances of these are called *scaled*; those that come from [`Packed::find`] are lower bounds, not farther
/// from the true ones than [`slack`](Packed::slack) says.
pub(super) struct Packed<'a> {
    points: &'a Points<'a>,
    order: Vec<u32>,
    words: Words,
    lines: Vec<Line>,
    lines_per_block: usize,
    lower: Vec<[f32; BLOCK]>,
    slack: Vec<f32>,
    /// What each block is seen from, and how far its points are from there at most; empty if it is one place for all.
    places: Vec<Place>,
    scale: f64,
    /// A scaled squared distance divided by the true one.
    factor: f64,
}

/// What the points of a block are seen from.
struct Place {
    centre: Vec<f64>,
    radius: f64,
}

impl<'a> Packed<'a> {
    /// The points in the given order; `None` if it was cancelled.
    pub(super) fn new(
        points: &'a Points<'a>,
        frame: &Frame,
        order: Vec<u32>,
        words: Words,
        threads: usize,
        flow: &mut Flow<'_>,
    ) -> Option<Self> {
        let per_word = if words == Words::Halves { 2 } else { 1 };
        let lines_per_block = points.dimensions().div_ceil(per_word) * (BLOCK / LINE);
        let blocks = order.len().div_ceil(BLOCK);
        let mut packed = Self {
            points,
            words,
            lines: vec![Line([0; LINE]); blocks * lines_per_block],
            lines_per_block,
            lower: vec![[f32::INFINITY; BLOCK]; blocks],
            slack: vec![0.0; order.len()],
            places: Vec::new(),
            scale: frame.scale,
            factor: frame.scale * frame.scale,
            order,
        };
        packed.fill(frame, threads, flow)?;
        Some(packed)
    }

    /// Writes all points, then the bounds, which depend on how much was lost.
    fn fill(&mut self, frame: &Frame, threads: usize, flow: &mut Flow<'_>) -> Option<()> {
        let (points, words) = (self.points, self.words);
        let per_block = self.lines_per_block;
        let blocks = self.lines.chunks_mut(PART * per_block);
        let blocks = blocks.zip(self.order.chunks(PART * BLOCK).zip(self.slack.chunks_mut(PART * BLOCK)));
        let numbers = PART * BLOCK * points.dimensions();
        let written = map_parts(blocks, numbers, threads, flow, |(lines, (order, lengths))| {
            let blocks = lines.chunks_mut(per_block).zip(order.chunks(BLOCK).zip(lengths.chunks_mut(BLOCK)));
            let write = |(lines, (block, lengths))| {
                let centre = frame.centre(points, block);
                let lost = write(points, frame, (block, &centre), words, lines, lengths);
                (lost, centre)
            };
            blocks.map(write).collect::<Vec<_>>()
        })?;
        let written = written.into_iter().flatten();
        let (lost, centres): (Vec<f64>, Vec<Vec<f64>>) = written.unzip();
        let lost = lost.into_iter().fold(0.0, f64::max);
        // Of a dot product: what was lost from both points, and the rounding of each addition; then of the distance.
        let more = if frame.local { APART } else { 0.0 };
        let error = 1.01 * (2.0 * lost + lost * lost + rounding(words, points.dimensions()) + more);
        if frame.local {
            let radius = |lengths: &[f32]| f64::from(lengths.iter().copied().fold(0.0, f32::max)).sqrt();
            let places = centres.into_iter().zip(self.slack.chunks(BLOCK));
            self.places = places.map(|(centre, lengths)| Place { centre, radius: radius(lengths) }).collect();
        }
        for (position, slack) in self.slack.iter_mut().enumerate() {
            let squared = f64::from(*slack);
            let lower = &mut self.lower[position / BLOCK][position % BLOCK];
            *lower = (squared * (1.0 - error) - UNDERFLOW) as f32;
            if slack.is_infinite() {
                *lower = NOWHERE;
            }
            *slack = ((squared * error + UNDERFLOW) * 2.01) as f32;
        }
        Some(())
    }

    pub(super) fn blocks(&self) -> usize {
        self.lower.len()
    }

    /// The points in their order.
    pub(super) fn order(&self) -> &[u32] {
        &self.order
    }

    /// The point at a place.
    pub(super) fn point(&self, block: usize, place: usize) -> u32 {
        self.order[block * BLOCK + place]
    }

    /// How many points there are in a block.
    pub(super) fn len(&self, block: usize) -> usize {
        (self.order.len() - block * BLOCK).min(BLOCK)
    }

    /// What a true scaled distance can exceed its lower bound by because of one of its points.
    pub(super) fn slack(&self, block: usize, place: usize) -> f32 {
        self.slack[block * BLOCK + place]
    }

    /// Finds the pairs of two blocks whose scaled squared distance may be below the limit of either point.
    pub(super) fn find(&self, bench: &mut Bench, blocks: [usize; 2], limits: [&[f32; BLOCK]; 2]) {
        self.find_with(bench, blocks[0], (self, blocks[1]), limits);
    }

    /// The same for a block of these points and one of others, packed by the same frame.
    pub(super) fn find_with(
        &self,
        bench: &mut Bench,
        block: usize,
        (others, other): (&Packed<'_>, usize),
        [left, right]: [&[f32; BLOCK]; 2],
    ) {
        let mut lower = [self.lower[block], others.lower[other]];
        bench.hits.clear();
        bench.slack = 0.0;
        if let (Some(place), Some(other_place)) = (self.places.get(block), others.places.get(other)) {
            let way: Vec<f64> =
                place.centre.iter().zip(&other_place.centre).map(|(a, b)| (a - b) * self.scale).collect();
            let squared = way.iter().map(|x| x * x).sum::<f64>();
            let gap = squared.sqrt() * (1.0 - APART) - (place.radius + other_place.radius) * (1.0 + APART);
            let limit = left.iter().chain(right).copied().fold(0.0, f32::max);
            if gap > 0.0 && gap * gap * (1.0 - APART) > f64::from(limit) {
                return;
            }
            if squared > FARTHEST {
                lower
                    .iter_mut()
                    .flatten()
                    .filter(|bound| bound.is_finite())
                    .for_each(|bound| *bound = NOWHERE);
                bench.slack = f32::INFINITY;
            } else if squared > 0.0 {
                move_apart(self.lines(block), &way, 1.0, squared, &mut lower[0]);
                move_apart(others.lines(other), &way, -1.0, 0.0, &mut lower[1]);
                bench.slack = if squared < 1e36 { (2.01 * APART * squared) as f32 } else { f32::INFINITY };
            }
        }
        let side = |lines, lower, limits| Side { lines, lower, limits };
        let left = side(self.lines(block), &lower[0], left);
        bench.find(self.words, left, side(others.lines(other), &lower[1], right));
    }

    fn lines(&self, block: usize) -> &[Line] {
        &self.lines[block * self.lines_per_block..][..self.lines_per_block]
    }

    /// What the true scaled distance of a hit, which [`find_with`](Self::find_with) gave, is not above; `slack` is that
    /// of the bench.
    pub(super) fn upper(
        &self,
        slack: f32,
        hit: &Hit,
        block: usize,
        (others, other): (&Packed<'_>, usize),
    ) -> f32 {
        let of_points = self.slack(block, hit.left as usize) + others.slack(other, hit.right as usize);
        (hit.lower + of_points + slack).next_up()
    }

    /// A number above the scaled squared distance.
    pub(super) fn scaled_above(&self, squared: f64) -> f32 {
        ((squared * self.factor) as f32).next_up()
    }

    /// A number not above the scaled squared distance.
    pub(super) fn scaled_below(&self, squared: f64) -> f32 {
        ((squared * self.factor) as f32).next_down().max(0.0)
    }

    /// The squared distance of a scaled one, which is a lower bound.
    pub(super) fn unscaled(&self, scaled: f32) -> f64 {
        f64::from(scaled) / self.factor
    }
}

/// Writes a block of points and their squared lengths, infinite for those that are too long; gives the largest part of a
/// point's length that was lost.
fn write(
    points: &Points<'_>,
    frame: &Frame,
    (block, centre): (&[u32], &[f64]),
    words: Words,
    lines: &mut [Line],
    lengths: &mut [f32],
) -> f64 {
    let mut most = 0.0f64;
    let mut row = vec![0.0; points.dimensions()];
    let panel_lines = lines.len() / (BLOCK / PANEL);
    for (position, (&point, length)) in block.iter().zip(lengths).enumerate() {
        let panel = &mut lines[position / PANEL * panel_lines..][..panel_lines];
        let (line, lane) = (position % PANEL / LINE, position % LINE);
        frame.write(points, point as usize, centre, &mut row);
        let squared: f64 = row.iter().map(|x| x * x).sum();
        if squared.is_nan() || squared > LONGEST * LONGEST {
            *length = f32::INFINITY;
            continue;
        }
        let mut lost = 0.0;
        for (dimension, x) in row.iter().copied().enumerate() {
            let kept = match words {
                Words::Singles => {
                    panel[2 * dimension + line].0[lane] = (x as f32).to_bits();
                    x as f32
                }
                Words::Halves => {
                    let half = half(x as f32);
                    panel[dimension / 2 * 2 + line].0[lane] |= half << (16 * (dimension % 2));
                    f32::from_bits(half << 16)
                }
            };
            lost += (x - f64::from(kept)) * (x - f64::from(kept));
        }
        *length = squared as f32;
        // What underflows is accounted for elsewhere.
        if squared > UNDERFLOW {
            most = most.max((lost / squared).sqrt());
        }
    }
    most
}

/// The nearest number of 16 bits (bfloat16).
fn half(x: f32) -> u32 {
    let bits = x.to_bits();
    (bits + 0x7fff + (bits >> 16 & 1)) >> 16
}

/// Bounds of a block's squared lengths, as they add up to distances from a block that is seen from elsewhere: with `way`
/// from there to here, `|a - b + way|² = (|a|² + 2 way·a + |way|²) + (|b|² - 2 way·b) - 2 a·b`.
fn move_apart(lines: &[Line], way: &[f64], sign: f64, squared: f64, lower: &mut [f32; BLOCK]) {
    let mut sums = [0.0; BLOCK];
    project(lines, way, &mut sums);
    for (lower, sum) in lower.iter_mut().zip(sums) {
        // Neither what is no point nor what is too long.
        if lower.is_finite() && *lower > NOWHERE {
            let moved = f64::from(*lower) + 2.0 * sign * sum + squared * (1.0 - APART);
            *lower = moved.clamp(f64::from(NOWHERE), -f64::from(NOWHERE)) as f32;
        }
    }
}

wide! {
    /// The dot products of the points of a block, in words of one number, with a direction.
    fn project(lines: &[Line], way: &[f64], sums: &mut [f64; BLOCK]) {
        v3 => project_plain,
        _ => project_plain,
    }
}

#[inline(always)]
fn project_plain(lines: &[Line], way: &[f64], sums: &mut [f64; BLOCK]) {
    for (panel, sums) in lines.chunks_exact(2 * way.len()).zip(sums.chunks_exact_mut(PANEL)) {
        let mut lanes = [0.0; PANEL];
        for (pair, way) in panel.as_chunks::<2>().0.iter().zip(way) {
            for (line, lanes) in pair.iter().zip(lanes.as_chunks_mut::<LINE>().0) {
                for (lane, word) in lanes.iter_mut().zip(line.0) {
                    *lane += way * f64::from(f32::from_bits(word));
                }
            }
        }
        sums.copy_from_slice(&lanes);
    }
}
