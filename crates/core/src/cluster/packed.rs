//! Points as the kernel compares them, and how far its distances can be wrong.

use super::kernel::{BLOCK, Bench, LINE, Line, PANEL, Side, Words};
use super::points::Points;
use crate::parallel::map;

/// Points that are compared with their order before many of them may pay for 16 bits.
const MANY: usize = 4_096;
/// Blocks of points that a thread takes at a time.
const PART: usize = 4;
/// What underflow can take from a distance; the longest point has about length 1.
const UNDERFLOW: f64 = 1e-30;
/// The largest relative error of one operation.
const ROUNDING: f64 = 1.0 / (1 << 24) as f64;

/// Points in the order they were given in, moved so that their mean is 0 and made shorter by a power of two.
///
/// Squared distances of these are called *scaled*; those that come from [`Packed::find`] are lower bounds, not farther
/// from the true ones than both points' [`slack`](Packed::slack).
pub(super) struct Packed<'a> {
    points: &'a Points<'a>,
    order: Vec<u32>,
    words: Words,
    lines: Vec<Line>,
    lines_per_block: usize,
    lower: Vec<[f32; BLOCK]>,
    slack: Vec<f32>,
    /// A scaled squared distance divided by the true one.
    factor: f64,
}

/// How rows become packed numbers.
pub(super) struct Frame {
    mean: Vec<f64>,
    scale: f64,
}

impl<'a> Packed<'a> {
    /// The points in the given order.
    pub(super) fn new(
        points: &'a Points<'a>,
        frame: &Frame,
        order: Vec<u32>,
        words: Words,
        threads: usize,
    ) -> Self {
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
            factor: frame.scale * frame.scale,
            order,
        };
        packed.fill(frame, threads);
        packed
    }

    /// Writes all points, then the bounds, which depend on how much was lost.
    fn fill(&mut self, frame: &Frame, threads: usize) {
        let (points, words) = (self.points, self.words);
        let per_block = self.lines_per_block;
        let blocks = self.lines.chunks_mut(PART * per_block);
        let blocks = blocks.zip(self.order.chunks(PART * BLOCK).zip(self.slack.chunks_mut(PART * BLOCK)));
        let lost = map(blocks, threads, |(lines, (order, lengths))| {
            frame.write(points, order, words, (lines, per_block), lengths)
        });
        let lost = lost.into_iter().fold(0.0, f64::max);
        // Of a dot product: what was lost from both points, and the rounding of each addition; then of the distance.
        let per_word = if words == Words::Halves { 2 } else { 1 };
        let depth = self.lines_per_block / (BLOCK / LINE);
        let sums =
            (per_word * depth.min(words.depth()) + depth.div_ceil(words.depth()) + 2) as f64 * ROUNDING;
        let error = 1.01 * (2.0 * lost + lost * lost + sums + 8.0 * ROUNDING);
        for (position, slack) in self.slack.iter_mut().enumerate() {
            let squared = f64::from(*slack);
            self.lower[position / BLOCK][position % BLOCK] = (squared * (1.0 - error) - UNDERFLOW) as f32;
            *slack = ((squared * error + UNDERFLOW) * 2.01) as f32;
        }
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

    /// Half of what a true scaled distance can exceed its lower bound by.
    pub(super) fn slack(&self, block: usize, place: usize) -> f32 {
        self.slack[block * BLOCK + place]
    }

    /// Finds the pairs of two blocks whose scaled squared distance may be below the limit of either point.
    pub(super) fn find(&self, bench: &mut Bench, blocks: [usize; 2], limits: [&[f32; BLOCK]; 2]) {
        let side = |block: usize, limits| {
            let lines = &self.lines[block * self.lines_per_block..][..self.lines_per_block];
            Side { lines, lower: &self.lower[block], limits }
        };
        bench.find(self.words, side(blocks[0], limits[0]), side(blocks[1], limits[1]));
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

impl Frame {
    /// The frame of the points.
    pub(super) fn new(points: &Points<'_>, threads: usize) -> Self {
        let parts = each_part(points.count(), threads, |part| {
            let mut sum = vec![0.0; points.dimensions()];
            for point in part {
                let (row, scale) = points.row(point);
                sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += f64::from(*x) * scale);
            }
            sum
        });
        let mut mean = vec![0.0; points.dimensions()];
        for part in parts {
            mean.iter_mut().zip(part).for_each(|(mean, x)| *mean += x / points.count() as f64);
        }
        let frame = Self { mean, scale: 1.0 };
        let longest = each_part(points.count(), threads, |part| {
            part.map(|point| frame.squared(points, point)).fold(0.0, f64::max)
        });
        let longest = longest.into_iter().fold(0.0, f64::max).sqrt();
        let scale = if longest > 0.0 { (-longest.log2().ceil()).exp2() } else { 1.0 };
        Self { scale, ..frame }
    }

    fn numbers<'a>(&'a self, points: &'a Points<'_>, point: usize) -> impl Iterator<Item = f64> + 'a {
        let (row, scale) = points.row(point);
        row.iter().zip(&self.mean).map(move |(x, mean)| (f64::from(*x) * scale - mean) * self.scale)
    }

    fn squared(&self, points: &Points<'_>, point: usize) -> f64 {
        self.numbers(points, point).map(|x| x * x).sum()
    }

    /// Writes points and their squared lengths; gives the largest part of a point's length that was lost.
    fn write(
        &self,
        points: &Points<'_>,
        order: &[u32],
        words: Words,
        (lines, per_block): (&mut [Line], usize),
        lengths: &mut [f32],
    ) -> f64 {
        let mut most = 0.0f64;
        let panel_lines = per_block / (BLOCK / PANEL);
        for (position, (&point, length)) in order.iter().zip(lengths).enumerate() {
            let panel = &mut lines[position / PANEL * panel_lines..][..panel_lines];
            let (line, lane) = (position % PANEL / LINE, position % LINE);
            let (mut squared, mut lost) = (0.0, 0.0);
            for (dimension, x) in self.numbers(points, point as usize).enumerate() {
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
                squared += x * x;
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
}

/// The nearest number of 16 bits (bfloat16).
fn half(x: f32) -> u32 {
    let bits = x.to_bits();
    (bits + 0x7fff + (bits >> 16 & 1)) >> 16
}

/// The words to compare points by: those of 16 bits if they tell near points from far ones.
///
/// Among a few points and some hundreds of others it is looked how many are as near as neighbours are, and how many only
/// seem to be; those would be compared once more.
pub(super) fn words_for(points: &Points<'_>, frame: &Frame, neighbours: usize) -> Words {
    let count = points.count();
    if count < MANY || points.dimensions() < 64 || Words::smallest() == Words::Singles {
        return Words::Singles;
    }
    // Lost of a number of eight bits: half of the last one, evenly spread.
    let error = 2.0 * 0.0018;
    let (mut near, mut seeming) = (0, 0);
    let stride = count / 1_024;
    for query in (0..count).step_by(count / 16) {
        let mut squares: Vec<f64> =
            (0..count).step_by(stride).filter(|p| *p != query).map(|p| points.squared(query, p)).collect();
        let rank = (neighbours / stride).clamp(2, squares.len() / 4);
        let limit = *squares.select_nth_unstable_by(rank, f64::total_cmp).1;
        let slack = 4.0 * error * frame.squared(points, query) / (frame.scale * frame.scale);
        near += rank;
        seeming += squares.iter().filter(|square| **square < limit + slack).count();
    }
    if seeming > 8 * near { Words::Singles } else { Words::Halves }
}

/// What `work` makes of each part of so many points: parts are of one size, so that sums do not depend on the threads.
fn each_part<T: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(std::ops::Range<usize>) -> T + Sync,
) -> Vec<T> {
    let parts = (0..count).step_by(PART * BLOCK);
    map(parts, threads, |start| work(start..(start + PART * BLOCK).min(count)))
}
