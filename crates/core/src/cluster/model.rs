//! A clustering that tells of new rows to which cluster they would belong.
//!
//! That is the prediction of McInnes, Healy and Astels, "hdbscan: Hierarchical density based clustering" (JOSS 2017),
//! made exact: every point of the clustering is looked at instead of a few nearest ones.

use super::points::Points;
use super::select::{belongs, probability};
use super::{Clusters, Fitted, HdbscanOptions, NOISE};
use crate::parallel::map;
use crate::vector::useful_threads;
use crate::{Error, ErrorKind, Result};
use std::ops::ControlFlow;

/// Clusters of rows, and to which of them other rows would belong.
pub struct Model {
    rows: Vec<f32>,
    dimensions: usize,
    options: HdbscanOptions,
    fitted: Fitted,
}

impl Model {
    /// The clusters of `rows` by [`hdbscan`](super::hdbscan), with a copy of the rows.
    ///
    /// # Errors
    /// As [`hdbscan`](super::hdbscan).
    pub fn fit(rows: &[f32], dimensions: usize, options: &HdbscanOptions) -> Result<Self> {
        Self::fit_with(rows, dimensions, options, &mut |_| ControlFlow::Continue(()))
    }

    /// As [`fit`](Self::fit); `progress` is told the part of the work that is done, 0 to 1, and may cancel it.
    ///
    /// # Errors
    /// As [`hdbscan_with`](super::hdbscan_with).
    pub fn fit_with(
        rows: &[f32],
        dimensions: usize,
        options: &HdbscanOptions,
        progress: &mut dyn FnMut(f32) -> ControlFlow<()>,
    ) -> Result<Self> {
        options.check()?;
        let fitted = Fitted::new(&Points::new(rows, dimensions, options.metric)?, options, progress)?;
        Ok(Self { rows: rows.to_vec(), dimensions, options: *options, fitted })
    }

    /// What was found among the rows.
    pub fn clusters(&self) -> &Clusters {
        &self.fitted.clusters
    }

    /// The rows, one after another.
    pub fn rows(&self) -> &[f32] {
        &self.rows
    }

    /// For each of other rows the label of the cluster that it would join, -1 for none, and how firmly it would belong
    /// to it, 0 to 1. Clusters stay as they are: rows do not influence each other and make no new cluster.
    ///
    /// A row joins the hierarchy at the point that it can reach at the highest density, itself as dense as its distance
    /// to the last of `min_samples`, itself included, says (McInnes, Healy, Astels 2017).
    ///
    /// # Errors
    /// `InvalidArgument` if the rows are not whole rows of as many numbers as those of the model.
    pub fn predict(&self, rows: &[f32]) -> Result<(Vec<i32>, Vec<f32>)> {
        if !rows.len().is_multiple_of(self.dimensions) {
            let message = format!("{} numbers are not whole rows of {}", rows.len(), self.dimensions);
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let points = Points::new(&self.rows, self.dimensions, self.options.metric)?;
        let threads = useful_threads(self.options.threads, rows.len().saturating_mul(points.count()));
        let placed = map(rows.chunks_exact(self.dimensions), threads, |row| self.place(&points, row));
        Ok(placed.into_iter().map(|placed| placed.unwrap_or((NOISE, 0.0))).unzip())
    }

    /// Label and probability of one row; `None` if it is in no cluster.
    fn place(&self, points: &Points<'_>, row: &[f32]) -> Option<(i32, f32)> {
        let squared: Vec<f64> =
            (0..points.count()).map(|point| points.squared_to(point, row)).collect::<Option<_>>()?;
        let core = self.core(&squared)?;
        let shrink = points.squared_from(1.0) / points.squared_from(self.options.alpha);
        let reach = |point: usize| (squared[point] * shrink).max(core).max(self.fitted.cores[point]);
        let nearest = (0..squared.len())
            .min_by(|a, b| reach(*a).total_cmp(&reach(*b)).then(squared[*a].total_cmp(&squared[*b])))?;
        let density = points.distance(reach(nearest)).recip();
        self.follow(nearest, density)
    }

    /// The squared distance within which a new row has its `min_samples`, itself included.
    fn core(&self, squared: &[f64]) -> Option<f64> {
        let samples = self.options.samples(squared.len() + 1);
        match samples.checked_sub(2) {
            Some(others) => Some(*squared.to_vec().select_nth_unstable_by(others, f64::total_cmp).1),
            None => (!squared.is_empty()).then_some(0.0),
        }
    }

    /// Where a row ends that joins a point at `density`.
    fn follow(&self, point: usize, density: f64) -> Option<(i32, f32)> {
        let condensed = &self.fitted.condensed;
        let (branch, leaves) = condensed.leaving[point];
        let density = density.min(leaves);
        let mut branch = branch as usize;
        // It leaves with the cluster that is there at its density.
        while branch > 0 && condensed.branches[branch].birth > density {
            branch = condensed.branches[branch].parent as usize;
        }
        loop {
            if let Some(label) = self.fitted.chosen[branch] {
                let death = condensed.branches[branch].death;
                let belongs = belongs(condensed, branch, density, &self.options);
                return belongs.then(|| (label, probability(density, death)));
            }
            if branch == 0 {
                return None;
            }
            branch = condensed.branches[branch].parent as usize;
        }
    }
}
