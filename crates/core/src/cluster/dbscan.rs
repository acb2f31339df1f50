//! Clusters of one density: DBSCAN (Ester, Kriegel, Sander, Xu, "A density-based algorithm for discovering clusters", KDD
//! 1996).
//!
//! Its clusters are the connected components of the core points, so they are joined as sets while pairs come in any
//! order, instead of grown point by point: that can be done by many threads and gives the same labels.

use super::frame::Frame;
use super::hierarchy::Sets;
use super::kernel::{BLOCK, Bench, Hit};
use super::packed::Packed;
use super::points::Points;
use super::{Metric, NOISE, Number, cancelled, tiles};
use crate::parallel::{lock, map_with};
use crate::vector::useful_threads;
use crate::{Error, ErrorKind, Result};
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

/// What [`dbscan`] looks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DbscanOptions {
    /// Rows no farther than this, in units of the metric, are neighbours, above 0; 0.5.
    pub epsilon: f64,
    /// Neighbours, itself included, that make a row the core of a cluster, at least 1; 5.
    pub min_samples: usize,
    /// How distances are taken.
    pub metric: Metric,
    /// The most threads that may work at once, up to 256; 0 for as many as there are cores. Calls that run at the same
    /// time share the cores, so that one may have fewer.
    pub threads: usize,
}

impl Default for DbscanOptions {
    fn default() -> Self {
        Self { epsilon: 0.5, min_samples: 5, metric: Metric::default(), threads: 0 }
    }
}

/// The label of each row by DBSCAN: numbers from 0 in the order of the first core rows, -1 for noise. A row at the edge
/// of several clusters is in the one with the smallest number.
///
/// `rows` lie one after another and have `dimensions` numbers each. Rows with a number that is not finite are noise and
/// influence no other row. Exact; memory grows with the number of rows, time with its square.
///
/// # Errors
/// `InvalidArgument` if `dimensions` is 0 or does not divide the length of `rows`, or an option is out of its range.
pub fn dbscan<T: Number>(rows: &[T], dimensions: usize, options: &DbscanOptions) -> Result<Vec<i32>> {
    dbscan_with(rows, dimensions, options, &mut |_| ControlFlow::Continue(()))
}

/// As [`dbscan`]; `progress` is told the part of the work that is done, 0 to 1, and may cancel it.
///
/// # Errors
/// As [`dbscan`]; `Closed` if `progress` cancelled it.
pub fn dbscan_with<T: Number>(
    rows: &[T],
    dimensions: usize,
    options: &DbscanOptions,
    progress: &mut dyn FnMut(f32) -> ControlFlow<()>,
) -> Result<Vec<i32>> {
    options.check()?;
    let points = Points::new(T::rows(rows), dimensions, options.metric)?;
    let work = points.count().saturating_mul(points.count()).saturating_mul(dimensions + 8);
    let threads = useful_threads(options.threads, work / 2);
    let frame = Frame::new(&points, threads, &mut || progress(0.0)).ok_or_else(cancelled)?;
    let words = frame.words(&points, options.min_samples);
    let packed = Packed::new(&points, &frame, frame.order(&points), words, threads, &mut || progress(0.0))
        .ok_or_else(cancelled)?;
    let near = Near::new(&points, &packed, points.squared_from(options.epsilon));
    let mut half = |from: f32, part: f32| progress(from + 0.5 * part);
    let neighbourhoods = near
        .neighbourhoods(options.min_samples, threads, &mut |part| half(0.0, part))
        .ok_or_else(cancelled)?;
    let core: Vec<bool> = neighbourhoods.iter().map(|neighbours| neighbours.is_none()).collect();
    let mut sets = near.join(&core, threads, &mut |part| half(0.5, part)).ok_or_else(cancelled)?;
    Ok(label(&points, &core, &mut sets, |point| neighbourhoods[point].as_deref().unwrap_or_default()))
}

impl DbscanOptions {
    fn check(&self) -> Result<()> {
        let invalid = |what: &str| Err(Error::new(ErrorKind::InvalidArgument, what));
        if !self.epsilon.is_finite() || self.epsilon <= 0.0 {
            return invalid("epsilon must be a distance above 0");
        }
        if self.min_samples == 0 {
            return invalid("min_samples must be at least 1: a row counts itself");
        }
        Ok(())
    }
}

/// What is told the part of a step that is done, 0 to 1, and may cancel it.
type Progress<'a> = dyn FnMut(f32) -> ControlFlow<()> + 'a;

/// Which pairs are near enough.
struct Near<'a> {
    points: &'a Points<'a>,
    packed: &'a Packed<'a>,
    /// The largest squared distance of neighbours.
    limit: f64,
    /// What scaled bounds are below that do not rule it out, and that make it certain.
    possible: f32,
    certain: f32,
}

impl<'a> Near<'a> {
    fn new(points: &'a Points<'a>, packed: &'a Packed<'a>, limit: f64) -> Self {
        let (possible, certain) = (packed.scaled_above(limit), packed.scaled_below(limit));
        Self { points, packed, limit, possible, certain }
    }

    fn is_near(&self, [left, right]: [usize; 2], slack: f32, hit: &Hit) -> bool {
        if self.packed.upper(slack, hit, left, (self.packed, right)) < self.certain {
            return true;
        }
        let point = self.packed.point(left, hit.left as usize);
        let other = self.packed.point(right, hit.right as usize);
        self.points.squared(point as usize, other as usize) <= self.limit
    }

    /// Calls `each` with the pairs that may be near, of all pairs of blocks; `None` if it was cancelled.
    fn each_tile(
        &self,
        threads: usize,
        progress: &mut Progress<'_>,
        each: impl Fn([usize; 2], f32, &[Hit]) + Sync,
    ) -> Option<()> {
        let limits = [self.possible; BLOCK];
        let rounds = tiles::rounds(self.packed.blocks());
        for round in 0..rounds {
            let pairs = tiles::pairs(self.packed.blocks(), round);
            for pairs in pairs.chunks(tiles::at_once(self.points.dimensions(), threads)) {
                map_with(pairs, threads, Bench::new, |bench, pair| {
                    self.packed.find(bench, *pair, [&limits, &limits]);
                    if pair[0] == pair[1] {
                        bench.hits.retain(|hit| hit.left < hit.right);
                    }
                    each(*pair, bench.slack, &bench.hits);
                });
                if progress(round as f32 / rounds as f32).is_break() {
                    return None;
                }
            }
        }
        Some(())
    }

    /// The neighbours of each point, or `None` for points that have enough of them to be the core of a cluster.
    fn neighbourhoods(
        &self,
        min_samples: usize,
        threads: usize,
        progress: &mut Progress<'_>,
    ) -> Option<Vec<Option<Vec<u32>>>> {
        // A point is its own first neighbour.
        let fresh = || if min_samples > 1 { Some(Vec::new()) } else { None };
        let blocks: Vec<Mutex<Vec<Option<Vec<u32>>>>> = (0..self.packed.blocks())
            .map(|block| Mutex::new((0..self.packed.len(block)).map(|_| fresh()).collect()))
            .collect();
        self.each_tile(threads, progress, |pair, slack, hits| {
            for hit in hits {
                for (from, place, to, other) in
                    [(pair[0], hit.left, pair[1], hit.right), (pair[1], hit.right, pair[0], hit.left)]
                {
                    let mut block = lock(&blocks[from]);
                    let neighbours = &mut block[place as usize];
                    let Some(known) = neighbours else { continue };
                    if !self.is_near(pair, slack, hit) {
                        continue;
                    }
                    known.push(self.packed.point(to, other as usize));
                    if known.len() + 1 >= min_samples {
                        *neighbours = None;
                    }
                }
            }
        })?;
        let found = blocks.into_iter().flat_map(|b| b.into_inner().unwrap_or_else(PoisonError::into_inner));
        let mut of = vec![None; self.points.count()];
        self.packed
            .order()
            .iter()
            .zip(found)
            .for_each(|(point, neighbours)| of[*point as usize] = neighbours);
        Some(of)
    }

    /// The sets of core points that neighbours connect.
    fn join(&self, core: &[bool], threads: usize, progress: &mut Progress<'_>) -> Option<Sets> {
        let sets = Mutex::new(Sets::new(core.len()));
        self.each_tile(threads, progress, |pair, slack, hits| {
            // Most pairs are connected by others of the two blocks.
            let mut joined = Sets::new(2 * BLOCK);
            for hit in hits {
                let ends = [(pair[0], hit.left), (pair[1], hit.right)]
                    .map(|(block, place)| self.packed.point(block, place as usize));
                let places = [joined.find(hit.left), joined.find(hit.right + BLOCK as u32)];
                let both = ends.iter().all(|end| core[*end as usize]);
                if both && places[0] != places[1] && self.is_near(pair, slack, hit) {
                    joined.join(places[1], places[0]);
                    let mut sets = lock(&sets);
                    let (left, right) = (sets.find(ends[0]), sets.find(ends[1]));
                    sets.join(left.max(right), left.min(right));
                }
            }
        })?;
        Some(sets.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Labels of all rows.
fn label<'a>(
    points: &Points<'_>,
    core: &[bool],
    sets: &mut Sets,
    neighbours: impl Fn(usize) -> &'a [u32],
) -> Vec<i32> {
    let mut numbers = vec![NOISE; core.len()];
    let mut labels = vec![NOISE; points.total()];
    let mut count = 0;
    for point in (0..core.len()).filter(|point| core[*point]) {
        let set = sets.find(point as u32) as usize;
        if numbers[set] == NOISE {
            numbers[set] = count;
            count += 1;
        }
        labels[points.row_index(point)] = numbers[set];
    }
    for point in (0..core.len()).filter(|point| !core[*point]) {
        let reached = neighbours(point).iter().filter(|other| core[**other as usize]);
        let label = reached.map(|other| numbers[sets.find(*other) as usize]).min();
        labels[points.row_index(point)] = label.unwrap_or(NOISE);
    }
    labels
}
