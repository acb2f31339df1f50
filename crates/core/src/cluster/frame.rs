//! Where points are seen from when they are compared: the bounds of distances are as wide as points are far from there.
//!
//! One place in the middle serves rows whose extent is no more than some thousand times the distances that matter. Where
//! it is more, because of rows far away or of groups within groups, each block of points has a place of its own amid
//! them, and points that are near each other are gathered in blocks.

use super::kernel::{BLOCK, Words};
use super::points::Points;
use super::tiles::{Flow, map_parts};

/// Points that are compared with their order before many of them may pay for 16 bits.
const MANY: usize = 4_096;
/// Blocks of points that a thread takes at a time.
const PART: usize = 4;
/// What underflow can take from a distance; the longest point, or the distance of neighbours, has about length 1.
pub(super) const UNDERFLOW: f64 = 1e-30;
/// The largest relative error of one operation.
pub(super) const ROUNDING: f64 = 1.0 / (1 << 24) as f64;
/// Powers of two that scales may be.
const SCALES: f64 = 500.0;
/// One of so many pairs may be too near to be told apart before points are seen from several places.
const FEW: usize = 200;
/// Points of a group that are looked at to see where it is widest.
const LOOK: usize = 64;

/// How points become packed numbers.
pub(super) struct Frame {
    mean: Vec<f64>,
    pub(super) scale: f64,
    /// Whether each block is seen from amid its points.
    pub(super) local: bool,
}

/// What is seen of some pairs.
#[derive(Default)]
struct Sample {
    pairs: usize,
    /// Pairs that are farther than neighbours, but not by more than distances could be wrong.
    blurred: usize,
    /// How far the nearest of these points are from each other, squared.
    typical: f64,
}

impl Frame {
    /// The frame of the points; `None` if it was cancelled.
    pub(super) fn new(points: &Points<'_>, threads: usize, flow: &mut Flow<'_>) -> Option<Self> {
        let shared = Self::shared(points, threads, flow)?;
        let sample = shared.sample(points);
        if sample.blurred * FEW <= sample.pairs {
            return Some(shared);
        }
        Some(Self { scale: power_of_two(-0.5 * sample.typical.log2()), local: true, ..shared })
    }

    /// One place for all: the mean.
    fn shared(points: &Points<'_>, threads: usize, flow: &mut Flow<'_>) -> Option<Self> {
        let parts = each_part(points, threads, flow, |part| {
            let (mut sum, mut row) = (vec![0.0; points.dimensions()], vec![0.0; points.dimensions()]);
            for point in part {
                points.write(point, &mut row);
                sum.iter_mut().zip(&row).for_each(|(sum, x)| *sum += x);
            }
            sum
        })?;
        let mut mean = vec![0.0; points.dimensions()];
        for part in parts {
            mean.iter_mut().zip(part).for_each(|(mean, x)| *mean += x / points.count() as f64);
        }
        let frame = Self { mean, scale: 1.0, local: false };
        let longest = each_part(points, threads, flow, |part| {
            let mut row = vec![0.0; points.dimensions()];
            part.map(|point| frame.squared(points, point, &mut row)).fold(0.0, f64::max)
        })?;
        let longest = longest.into_iter().fold(0.0, f64::max).sqrt();
        let scale = if longest > 0.0 { power_of_two(-longest.log2()) } else { 1.0 };
        Some(Self { scale, ..frame })
    }

    /// The words to compare points by: those of 16 bits if they tell near points from far ones.
    ///
    /// Among a few points and some hundreds of others it is looked how many are as near as neighbours are, and how many
    /// only seem to be; those would be compared once more.
    pub(super) fn words(&self, points: &Points<'_>, neighbours: usize) -> Words {
        let count = points.count();
        let smallest = Words::smallest();
        if self.local || count < MANY || points.dimensions() < 64 || smallest == Words::Singles {
            return Words::Singles;
        }
        // Lost of a number of eight bits: half of the last one, evenly spread.
        let error = 2.0 * 0.0018;
        let (mut near, mut seeming) = (0, 0);
        let stride = count / 1_024;
        let mut row = vec![0.0; points.dimensions()];
        for query in (0..count).step_by(count / 16) {
            let mut squares: Vec<f64> = (0..count)
                .step_by(stride)
                .filter(|p| *p != query)
                .map(|p| points.squared(query, p))
                .collect();
            let rank = (neighbours / stride).clamp(2, squares.len() / 4);
            let limit = *squares.select_nth_unstable_by(rank, f64::total_cmp).1;
            let slack = 4.0 * error * self.squared(points, query, &mut row) / (self.scale * self.scale);
            near += rank;
            seeming += squares.iter().filter(|square| **square < limit + slack).count();
        }
        if seeming > 8 * near { Words::Singles } else { Words::Halves }
    }

    /// Pairs of some points, fewer the less there is to do in all.
    fn sample(&self, points: &Points<'_>) -> Sample {
        let (count, mut row) = (points.count(), vec![0.0; points.dimensions()]);
        let others: Vec<usize> = (0..count).step_by(count.div_ceil(256).max(1)).collect();
        let lengths: Vec<f64> = others.iter().map(|p| self.squared(points, *p, &mut row)).collect();
        let error = 4.0 * rounding(Words::Singles, points.dimensions());
        let (mut sample, mut neighbours) = (Sample::default(), Vec::new());
        for query in (0..others.len()).step_by(others.len().div_ceil((count / 128).clamp(1, 16)).max(1)) {
            let pairs = others.iter().zip(&lengths).filter(|(other, _)| **other != others[query]);
            let pairs: Vec<(f64, f64)> =
                pairs.map(|(other, length)| (points.squared(others[query], *other), *length)).collect();
            let apart = pairs.iter().map(|(squared, _)| *squared).filter(|squared| *squared > 0.0);
            let nearest = apart.fold(f64::INFINITY, f64::min);
            let slack =
                |length: f64| (error * (length + lengths[query]) + UNDERFLOW) / (self.scale * self.scale);
            let blurs =
                |(squared, length): &(f64, f64)| *squared > nearest && *squared < nearest + slack(*length);
            sample.blurred += pairs.iter().filter(|pair| blurs(pair)).count();
            sample.pairs += pairs.len();
            neighbours.push(nearest);
        }
        neighbours.sort_unstable_by(f64::total_cmp);
        sample.typical = neighbours.get(neighbours.len() / 2).copied().unwrap_or(1.0);
        sample
    }

    /// The order in which points come into blocks.
    pub(super) fn order(&self, points: &Points<'_>) -> Vec<u32> {
        let mut order: Vec<u32> = (0..points.count() as u32).collect();
        if self.local {
            gather(points, &mut order);
        }
        order
    }

    /// The place that a block of points is seen from.
    pub(super) fn centre(&self, points: &Points<'_>, block: &[u32]) -> Vec<f64> {
        if !self.local {
            return self.mean.clone();
        }
        // The median of each dimension: a few points that are far from the others do not move it.
        let mut numbers = vec![0.0; block.len()];
        let median = |dimension| {
            for (number, point) in numbers.iter_mut().zip(block) {
                *number = points.number(*point as usize, dimension);
            }
            *numbers.select_nth_unstable_by(block.len() / 2, f64::total_cmp).1
        };
        (0..points.dimensions()).map(median).collect()
    }

    /// Writes the packed numbers of a point that is seen from `centre`.
    pub(super) fn write(&self, points: &Points<'_>, point: usize, centre: &[f64], row: &mut [f64]) {
        points.write(point, row);
        row.iter_mut().zip(centre).for_each(|(x, centre)| *x = (*x - centre) * self.scale);
    }

    /// The squared length of a point.
    fn squared(&self, points: &Points<'_>, point: usize, row: &mut [f64]) -> f64 {
        self.write(points, point, &self.mean, row);
        row.iter().map(|x| x * x).sum()
    }
}

/// The largest relative error of a sum of products of packed numbers, and of what is made of it.
pub(super) fn rounding(words: Words, dimensions: usize) -> f64 {
    let per_word = if words == Words::Halves { 2 } else { 1 };
    let words_of_point = dimensions.div_ceil(per_word);
    let parts = words_of_point.div_ceil(words.depth());
    (per_word * words_of_point.min(words.depth()) + parts + 10) as f64 * ROUNDING
}

fn power_of_two(exponent: f64) -> f64 {
    if exponent.is_finite() { exponent.floor().clamp(-SCALES, SCALES).exp2() } else { 1.0 }
}

/// Puts points that are near each other beside each other: halves in the dimension where they are widest, as in a k-d
/// tree (Bentley 1975), down to blocks.
fn gather(points: &Points<'_>, order: &mut [u32]) {
    if order.len() <= BLOCK {
        return;
    }
    let step = order.len().div_ceil(LOOK);
    let mut bounds = vec![(f64::INFINITY, f64::NEG_INFINITY); points.dimensions()];
    let mut row = vec![0.0; points.dimensions()];
    for point in order.iter().step_by(step) {
        points.write(*point as usize, &mut row);
        bounds.iter_mut().zip(&row).for_each(|(b, x)| *b = (b.0.min(*x), b.1.max(*x)));
    }
    let width = |b: &(f64, f64)| b.1 - b.0;
    let widest = (0..bounds.len()).max_by(|a, b| width(&bounds[*a]).total_cmp(&width(&bounds[*b])));
    let dimension = widest.unwrap_or_default();
    let mut numbers: Vec<(f64, u32)> =
        order.iter().map(|point| (points.number(*point as usize, dimension), *point)).collect();
    let middle = (order.len() / 2).next_multiple_of(BLOCK).min(order.len() - 1);
    numbers.select_nth_unstable_by(middle, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    order.iter_mut().zip(&numbers).for_each(|(point, (_, from))| *point = *from);
    let (left, right) = order.split_at_mut(middle);
    gather(points, left);
    gather(points, right);
}

/// What `work` makes of each part of the points: parts are of one size, so that sums do not depend on the threads.
fn each_part<T: Send>(
    points: &Points<'_>,
    threads: usize,
    flow: &mut Flow<'_>,
    work: impl Fn(std::ops::Range<usize>) -> T + Sync,
) -> Option<Vec<T>> {
    let parts = (0..points.count()).step_by(PART * BLOCK);
    let part = |start: usize| work(start..(start + PART * BLOCK).min(points.count()));
    map_parts(parts, PART * BLOCK * points.dimensions(), threads, flow, part)
}
