//! The minimum spanning tree of mutual reachability distances, exactly, in two passes over all pairs.
//!
//! Mutual reachability is that of Campello, Moulavi, Sander, "Density-based clustering based on hierarchical density
//! estimates" (PAKDD 2013). Prim's algorithm (1957), which the paper takes, reads all points for each that it adds;
//! Borůvka's (1926) on trees of space (March, Ram, Gray, KDD 2010) reads nearly all of them in many dimensions. So the
//! tree is made by Kruskal's (1956) from a forest that is nearly the tree and the edges that are shorter than the longest
//! on the way between their points: any other edge is the longest of a cycle, and in no minimum tree.
//!
//! The first pass finds the nearest points of every point. They give its core distance, and a forest that is nearly the
//! tree. Points are then laid out so that those that are near in the forest are neighbours: what lies between two places
//! is a bound of how far they may be apart to matter. The second pass looks for pairs within that bound; each that is
//! found makes the forest better and the bound narrower. Distances of pairs come as lower bounds from blocks of dot
//! products; only what may matter is calculated exactly. Memory grows with the number of points.

use super::forest::Forest;
use super::frame::Frame;
use super::hierarchy::{Edge, Sets};
use super::kernel::{BLOCK, Bench, Hit, Words};
use super::nearest::Nearest;
use super::packed::Packed;
use super::points::Points;
use super::{HdbscanOptions, cancelled, tiles};
use crate::Result;
use crate::parallel::map_with;
use crate::vector::useful_threads;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;

/// Nearest points of every point that are kept at least.
const NEAREST: usize = 8;
/// Pairs of two blocks from which on they are sorted before they are looked at.
const MANY_HITS: usize = 64;

/// A spanning tree and what its lengths were made of.
pub(super) struct Tree {
    /// In order; lengths are in units of the metric.
    pub(super) edges: Vec<Edge>,
    /// Squared distance of each point to the last of its `min_samples`.
    pub(super) cores: Vec<f64>,
}

/// The minimum spanning tree of the points.
pub(super) fn tree(
    points: &Points<'_>,
    options: &HdbscanOptions,
    how: (&Frame, Words),
    progress: &mut dyn FnMut(f32) -> ControlFlow<()>,
) -> Result<Tree> {
    let mut half = |from: f32, done: usize, all: usize| progress(from + 0.5 * done as f32 / all as f32);
    passes(points, options, how, threads(points, options), &mut half).ok_or_else(cancelled)
}

/// How many threads are worth starting.
pub(super) fn threads(points: &Points<'_>, options: &HdbscanOptions) -> usize {
    let count = points.count();
    useful_threads(options.threads, count.saturating_mul(count).saturating_mul(points.dimensions() + 8) / 2)
}

/// How many nearest points of every point are kept.
pub(super) fn kept(points: &Points<'_>, options: &HdbscanOptions) -> usize {
    let others = points.count().saturating_sub(1);
    options.samples(points.count()).saturating_sub(1).max(NEAREST).min(others)
}

/// Both passes; `None` if `progress` cancelled them, which is told where a pass begins and how many of its rounds are
/// done.
fn passes(
    points: &Points<'_>,
    options: &HdbscanOptions,
    (frame, words): (&Frame, Words),
    threads: usize,
    progress: &mut dyn FnMut(f32, usize, usize) -> ControlFlow<()>,
) -> Option<Tree> {
    let packed =
        Packed::new(points, frame, frame.order(points), words, threads, &mut || progress(0.0, 0, 1))?;
    let limit = kept(points, options);
    let nearest = Nearest::new(points, &packed, limit, threads, &mut |done, all| progress(0.0, done, all))?;
    drop(packed);
    let reach = Reach::new(points, &nearest, options.samples(points.count()), options.alpha);
    let forest = reach.forest(&nearest);
    drop(nearest);
    let packed = Packed::new(points, frame, forest.layout(), words, threads, &mut || progress(0.5, 0, 1))?;
    let forest = complete(&reach, &packed, forest, threads, &mut |done, all| progress(0.5, done, all))?;
    let mut edges = forest.into_edges();
    edges.iter_mut().for_each(|edge| edge.length = points.distance(edge.length));
    Some(Tree { edges, cores: reach.cores })
}

/// Mutual reachability: how far two points are apart, but not nearer than either is to the last of its samples.
struct Reach<'a> {
    points: &'a Points<'a>,
    cores: Vec<f64>,
    /// What squared distances are multiplied by before they are compared with those of the samples.
    shrink: f64,
}

impl<'a> Reach<'a> {
    fn new(points: &'a Points<'a>, nearest: &Nearest, samples: usize, alpha: f64) -> Self {
        let core = |point| samples.checked_sub(2).map_or(0.0, |last| nearest.of(point)[last].0);
        Self { points, cores: (0..points.count()).map(core).collect(), shrink: points.shrink(alpha) }
    }

    fn edge(&self, a: u32, b: u32, squared: f64) -> Edge {
        let length = (squared * self.shrink).max(self.cores[a as usize]).max(self.cores[b as usize]);
        Edge { length, squared, ends: [a.min(b), a.max(b)] }
    }

    /// The forest of the nearest points.
    fn forest(&self, nearest: &Nearest) -> Forest {
        let count = self.points.count() as u32;
        let of = |a: u32| nearest.of(a as usize).iter().map(move |&(squared, b)| (a, b, squared));
        // A pair that both know is taken once.
        let known = |a: u32, b: u32| nearest.of(b as usize).iter().any(|(_, other)| *other == a);
        let pairs = (0..count).flat_map(of).filter(|&(a, b, _)| a < b || !known(a, b));
        let mut edges: Vec<Edge> = pairs.map(|(a, b, squared)| self.edge(a, b, squared)).collect();
        edges.sort_unstable_by(Edge::order);
        Forest::new(count as usize, edges)
    }
}

/// What two points of the layout must be nearer than to matter, as scaled squared distances.
struct Bounds {
    /// Between each place and the next one.
    steps: Vec<f32>,
    /// For each place the largest step from it to the next block, and from the begin of its block to it.
    outward: Vec<[f32; BLOCK]>,
    inward: Vec<[f32; BLOCK]>,
}

impl Bounds {
    fn new(reach: &Reach<'_>, packed: &Packed<'_>, forest: &Forest) -> Self {
        let blocks = packed.blocks();
        let order = packed.order();
        let step = |pair: &[u32]| match forest.widest(pair[0], pair[1]) {
            Some(edge) => bound(reach, packed, edge.length),
            None => f32::INFINITY,
        };
        let mut steps: Vec<f32> = order.windows(2).map(step).collect();
        steps.resize(blocks * BLOCK, 0.0);
        let (mut outward, mut inward) = (vec![[0.0; BLOCK]; blocks], vec![[0.0f32; BLOCK]; blocks]);
        for (block, steps) in steps.chunks_exact(BLOCK).enumerate() {
            let mut widest = 0.0f32;
            for (step, outward) in steps.iter().zip(&mut outward[block]).rev() {
                widest = widest.max(*step);
                *outward = widest;
            }
            for place in 1..BLOCK {
                inward[block][place] = inward[block][place - 1].max(steps[place - 1]);
            }
        }
        Self { steps, outward, inward }
    }

    /// The limits of the points of two blocks.
    fn limits(&self, [left, right]: [usize; 2]) -> [[f32; BLOCK]; 2] {
        if left == right {
            return [[self.inward[left][BLOCK - 1]; BLOCK], [0.0; BLOCK]];
        }
        let between = (left + 1..right).map(|block| self.outward[block][0]).fold(0.0, f32::max);
        [self.outward[left].map(|step| step.max(between)), self.inward[right]]
    }
}

/// The scaled squared distance that a pair must be below to have less than the given length.
fn bound(reach: &Reach<'_>, packed: &Packed<'_>, length: f64) -> f32 {
    // Pairs at the same place cannot be nearer.
    if length > 0.0 { packed.scaled_above(length / reach.shrink) } else { 0.0 }
}

/// Makes a forest the minimum spanning tree, with all pairs that can shorten it; `None` if it was cancelled.
fn complete(
    reach: &Reach<'_>,
    packed: &Packed<'_>,
    mut forest: Forest,
    threads: usize,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Option<Forest> {
    let blocks = packed.blocks();
    let rounds = tiles::rounds(blocks);
    let mut bounds = Bounds::new(reach, packed, &forest);
    let mut found: Vec<Edge> = Vec::new();
    let mut renew = 1;
    for round in 0..rounds {
        for pairs in tiles::pairs(blocks, round).chunks(tiles::at_once(reach.points.dimensions(), threads)) {
            let shorter = map_with(pairs, threads, Bench::new, |bench, pair| {
                let [left, right] = bounds.limits(*pair);
                packed.find(bench, *pair, [&left, &right]);
                Tile { reach, packed, forest: &forest, bounds: &bounds, pair: *pair }.shorter(&mut bench.hits)
            });
            found.extend(shorter.into_iter().flatten());
            if progress(round, rounds).is_break() {
                return None;
            }
        }
        if round + 1 == renew || found.len() > reach.cores.len() {
            renew = (round + 1) + (round + 1).div_ceil(3);
            if !found.is_empty() {
                forest = forest.with(std::mem::take(&mut found));
                bounds = Bounds::new(reach, packed, &forest);
            }
        }
    }
    if rounds > 0 && progress(rounds, rounds).is_break() {
        return None;
    }
    Some(forest.with(found))
}

/// Two blocks whose pairs are compared with what is known.
struct Tile<'a> {
    reach: &'a Reach<'a>,
    packed: &'a Packed<'a>,
    forest: &'a Forest,
    bounds: &'a Bounds,
    pair: [usize; 2],
}

impl Tile<'_> {
    /// The edges among the hits that may shorten the forest.
    fn shorter(&self, hits: &mut Vec<Hit>) -> Vec<Edge> {
        if self.pair[0] == self.pair[1] {
            hits.retain(|hit| hit.left < hit.right);
        }
        if hits.len() > MANY_HITS {
            return self.shorter_of_many(hits);
        }
        hits.iter().filter_map(|hit| self.edge(hit)).collect()
    }

    /// The same, the nearest first: what these join needs no longer way. Without it two far groups of points would have
    /// all their pairs measured.
    fn shorter_of_many(&self, hits: &mut [Hit]) -> Vec<Edge> {
        hits.sort_unstable_by_key(|hit| (hit.lower.to_bits(), hit.left, hit.right));
        let mut sets = Sets::new(2 * BLOCK);
        let mut joining = self.steps();
        let mut edges = Vec::new();
        let right = if self.pair[0] == self.pair[1] { 0 } else { BLOCK as u32 };
        for hit in hits {
            while let Some(Reverse((_, a, b))) = joining.pop_if_below(hit.lower) {
                let (a, b) = (sets.find(a), sets.find(b));
                sets.join(a, b);
            }
            let ends = [hit.left, hit.right + right];
            if sets.find(ends[0]) == sets.find(ends[1]) {
                continue;
            }
            if let Some(edge) = self.edge(hit) {
                joining.0.push(Reverse((
                    bound(self.reach, self.packed, edge.length).to_bits(),
                    ends[0],
                    ends[1],
                )));
                edges.push(edge);
            }
        }
        edges
    }

    /// The steps within the two blocks.
    fn steps(&self) -> Joining {
        let mut joining = Vec::with_capacity(2 * BLOCK);
        let sides = if self.pair[0] == self.pair[1] { 1 } else { 2 };
        for (side, block) in self.pair.into_iter().take(sides).enumerate() {
            let steps = &self.bounds.steps[block * BLOCK..][..BLOCK - 1];
            joining.extend(
                steps.iter().zip((side * BLOCK) as u32..).map(|(s, a)| Reverse((s.to_bits(), a, a + 1))),
            );
        }
        Joining(joining.into())
    }

    /// The edge of a pair if it comes before the last one on the way between its points.
    fn edge(&self, hit: &Hit) -> Option<Edge> {
        let left = self.packed.point(self.pair[0], hit.left as usize);
        let right = self.packed.point(self.pair[1], hit.right as usize);
        let squared = |left: u32, right: u32| self.reach.points.squared(left as usize, right as usize);
        let Some(widest) = self.forest.widest(left, right) else {
            return Some(self.reach.edge(left, right, squared(left, right)));
        };
        let least = self.reach.edge(left, right, self.packed.unscaled(hit.lower));
        if widest.length <= 0.0 || least.length > widest.length {
            return None;
        }
        let edge = self.reach.edge(left, right, squared(left, right));
        edge.order(widest).is_lt().then_some(edge)
    }
}

/// Edges of places in two blocks, the shortest first; lengths as bits, whose order is the same.
struct Joining(BinaryHeap<Reverse<(u32, u32, u32)>>);

impl Joining {
    fn pop_if_below(&mut self, lower: f32) -> Option<Reverse<(u32, u32, u32)>> {
        let first = self.0.peek()?;
        if first.0.0 <= lower.to_bits() { self.0.pop() } else { None }
    }
}

#[cfg(test)]
mod tests;
