//! The minimum spanning tree of mutual reachability distances.

use super::hierarchy::Edge;
use super::points::Points;
use super::{HdbscanOptions, cancelled};
use crate::Result;
use std::ops::ControlFlow;

/// A spanning tree and what its lengths were made of.
pub(super) struct Tree {
    /// In order.
    pub(super) edges: Vec<Edge>,
    /// Squared distance of each point to the last of its `min_samples`.
    pub(super) cores: Vec<f64>,
}

/// The minimum spanning tree of the points.
pub(super) fn tree(
    points: &Points<'_>,
    options: &HdbscanOptions,
    progress: &mut dyn FnMut(f32) -> ControlFlow<()>,
) -> Result<Tree> {
    let count = points.count();
    let cores: Vec<f64> = (0..count).map(|point| core(points, point, options.samples(count))).collect();
    let shrink = points.squared_from(1.0) / points.squared_from(options.alpha);
    let mut best: Vec<Option<Edge>> = vec![None; count];
    let mut inside = vec![false; count];
    let mut edges = Vec::new();
    let mut newest = 0;
    for done in 1..count {
        if progress(done as f32 / count as f32).is_break() {
            return Err(cancelled());
        }
        inside[newest] = true;
        let mut next: Option<Edge> = None;
        for other in (0..count).filter(|other| !inside[*other]) {
            let squared = points.squared(newest, other);
            let length = (squared * shrink).max(cores[newest]).max(cores[other]);
            let ends = [newest.min(other) as u32, newest.max(other) as u32];
            let edge = Edge { length, squared, ends };
            let nearest = best[other].filter(|best| best.order(&edge).is_le()).unwrap_or(edge);
            best[other] = Some(nearest);
            next = Some(next.filter(|next| next.order(&nearest).is_le()).unwrap_or(nearest));
        }
        let Some(edge) = next else { break };
        newest = edge.ends.into_iter().map(|end| end as usize).find(|end| !inside[*end]).unwrap_or(newest);
        edges.push(edge);
    }
    edges.sort_unstable_by(Edge::order);
    edges.iter_mut().for_each(|edge| edge.length = points.distance(edge.length));
    Ok(Tree { edges, cores })
}

fn core(points: &Points<'_>, point: usize, samples: usize) -> f64 {
    let mut all: Vec<f64> = (0..points.count()).map(|other| points.squared(point, other)).collect();
    *all.select_nth_unstable_by(samples - 1, f64::total_cmp).1
}
