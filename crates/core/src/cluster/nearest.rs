//! The nearest points of every point, exactly, in one pass over all pairs.
//!
//! A k-d or ball tree looks at nearly all points in the hundreds of dimensions that embeddings have (Beyer et al., "When
//! is nearest neighbor meaningful?", ICDT 1999), so that nothing is gained by one. Instead all pairs are compared in
//! blocks that stay in the cache, and exact distances are only taken of what the bounds leave over.

use super::kernel::{BLOCK, Bench};
use super::packed::Packed;
use super::points::Points;
use super::tiles::{self, Flow, map_parts};
use crate::parallel::{lock, map_with};
use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

/// The nearest points of every point: `limit` each, or all others if there are fewer.
pub(super) struct Nearest {
    limit: usize,
    /// Squared distance and point, the nearest first.
    found: Vec<(f64, u32)>,
}

impl Nearest {
    /// Those of a point, the nearest first.
    pub(super) fn of(&self, point: usize) -> &[(f64, u32)] {
        &self.found[point * self.limit..][..self.limit]
    }

    /// The nearest `limit` of every point, which is less than there are points; `None` if `progress`, which is told how
    /// many of so many rounds are done, cancelled it.
    pub(super) fn new(
        points: &Points<'_>,
        packed: &Packed<'_>,
        limit: usize,
        threads: usize,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
    ) -> Option<Self> {
        let blocks: Vec<Mutex<Lists>> = (0..packed.blocks()).map(|_| Mutex::new(Lists::new(limit))).collect();
        let rounds = tiles::rounds(blocks.len());
        for round in 0..rounds {
            for pairs in
                tiles::pairs(blocks.len(), round).chunks(tiles::at_once(points.dimensions(), threads))
            {
                map_with(pairs, threads, Bench::new, |bench, pair| {
                    compare(points, packed, bench, *pair, &blocks);
                });
                if progress(round, rounds).is_break() {
                    return None;
                }
            }
        }
        Self::finish(points, packed, blocks, limit, threads, &mut || progress(rounds, rounds))
    }

    fn finish(
        points: &Points<'_>,
        packed: &Packed<'_>,
        blocks: Vec<Mutex<Lists>>,
        limit: usize,
        threads: usize,
        flow: &mut Flow<'_>,
    ) -> Option<Self> {
        let mut found = vec![(0.0, 0); points.count() * limit];
        if limit > 0 {
            let numbers = BLOCK * limit * 8 * points.dimensions();
            let lists =
                map_parts(blocks.into_iter().enumerate(), numbers, threads, flow, |(block, lists)| {
                    let mut lists = lists.into_inner().unwrap_or_else(PoisonError::into_inner);
                    let of = |place| lists.finish(points, packed, (block, place));
                    (0..packed.len(block)).map(of).collect::<Vec<_>>()
                })?;
            for (point, nearest) in packed.order().iter().zip(lists.into_iter().flatten()) {
                found[*point as usize * limit..][..limit].copy_from_slice(&nearest);
            }
        }
        Some(Self { limit, found })
    }
}

/// What is known of a pair: its scaled squared distance is between two numbers.
#[derive(Clone, Copy)]
struct Candidate {
    lower: f32,
    upper: f32,
    point: u32,
}

/// The candidates of the points of a block.
struct Lists {
    limit: usize,
    room: usize,
    /// What a lower bound has to be below to matter.
    limits: [f32; BLOCK],
    lengths: [u32; BLOCK],
    candidates: Vec<Candidate>,
}

fn compare(
    points: &Points<'_>,
    packed: &Packed<'_>,
    bench: &mut Bench,
    [left, right]: [usize; 2],
    blocks: &[Mutex<Lists>],
) {
    let mut left_lists = lock(&blocks[left]);
    if left == right {
        packed.find(bench, [left, left], [&left_lists.limits, &left_lists.limits]);
        for hit in bench.hits.iter().filter(|hit| hit.left != hit.right) {
            left_lists.push(points, packed, [(left, hit.left), (right, hit.right)], (hit.lower, bench.slack));
        }
        return;
    }
    let mut right_lists = lock(&blocks[right]);
    packed.find(bench, [left, right], [&left_lists.limits, &right_lists.limits]);
    for hit in &bench.hits {
        let bound = (hit.lower, bench.slack);
        left_lists.push(points, packed, [(left, hit.left), (right, hit.right)], bound);
        right_lists.push(points, packed, [(right, hit.right), (left, hit.left)], bound);
    }
}

impl Lists {
    fn new(limit: usize) -> Self {
        let room = 6 * limit + 32;
        let nothing = Candidate { lower: 0.0, upper: 0.0, point: 0 };
        Self {
            limit,
            room,
            limits: [if limit == 0 { 0.0 } else { f32::INFINITY }; BLOCK],
            lengths: [0; BLOCK],
            candidates: vec![nothing; BLOCK * room],
        }
    }

    fn push(
        &mut self,
        points: &Points<'_>,
        packed: &Packed<'_>,
        [(block, place), (other_block, other_place)]: [(usize, u32); 2],
        (lower, slack): (f32, f32),
    ) {
        let place = place as usize;
        if lower >= self.limits[place] {
            return;
        }
        let other_place = other_place as usize;
        let slacks = packed.slack(block, place) + packed.slack(other_block, other_place);
        let candidate = Candidate {
            lower,
            upper: (lower + slacks + slack).next_up(),
            point: packed.point(other_block, other_place),
        };
        let length = self.lengths[place] as usize;
        self.candidates[place * self.room + length] = candidate;
        self.lengths[place] += 1;
        if length + 1 == self.room {
            self.shrink(points, packed, packed.point(block, place), place);
        }
    }

    /// Drops what cannot be among the nearest; where that is not enough, distances are calculated.
    #[cold]
    fn shrink(&mut self, points: &Points<'_>, packed: &Packed<'_>, point: u32, place: usize) {
        self.drop_far(place);
        let length = self.lengths[place] as usize;
        if length < self.room - self.room / 3 {
            return;
        }
        let list = &mut self.candidates[place * self.room..][..length];
        let exact = measure(points, point, list, self.limit);
        for (candidate, (squared, point)) in list.iter_mut().zip(&exact) {
            let (lower, upper) = (packed.scaled_below(*squared), packed.scaled_above(*squared));
            *candidate = Candidate { lower, upper, point: *point };
        }
        self.lengths[place] = self.limit as u32;
        // Another point as far as the last one changes nothing.
        self.limits[place] = exact.last().map_or(0.0, |last| packed.scaled_above(last.0));
        if exact.last().is_some_and(|last| last.0 == 0.0) {
            self.limits[place] = 0.0;
        }
    }

    fn drop_far(&mut self, place: usize) {
        let (start, length) = (place * self.room, self.lengths[place] as usize);
        let list = &mut self.candidates[start..start + length];
        if length <= self.limit {
            return;
        }
        let last = list.select_nth_unstable_by(self.limit - 1, |a, b| a.upper.total_cmp(&b.upper)).1.upper;
        self.limits[place] = self.limits[place].min(last);
        let mut kept = self.limit;
        for at in self.limit..length {
            if list[at].lower < last {
                list[kept] = list[at];
                kept += 1;
            }
        }
        self.lengths[place] = kept as u32;
    }

    /// The candidates of a point with their distances, the nearest first.
    fn finish(
        &mut self,
        points: &Points<'_>,
        packed: &Packed<'_>,
        (block, place): (usize, usize),
    ) -> Vec<(f64, u32)> {
        self.drop_far(place);
        let list = &self.candidates[place * self.room..][..self.lengths[place] as usize];
        let mut exact = measure(points, packed.point(block, place), list, self.limit);
        exact.sort_unstable_by(nearer);
        exact
    }
}

/// The nearest `limit` of a list with their distances, the last of them at the end.
fn measure(points: &Points<'_>, point: u32, list: &[Candidate], limit: usize) -> Vec<(f64, u32)> {
    let distance = |other: u32| (points.squared(point as usize, other as usize), other);
    let mut exact: Vec<(f64, u32)> = list.iter().map(|candidate| distance(candidate.point)).collect();
    if limit > 0 && limit < exact.len() {
        exact.select_nth_unstable_by(limit - 1, nearer);
        exact.truncate(limit);
    }
    exact
}

fn nearer(a: &(f64, u32), b: &(f64, u32)) -> Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}
