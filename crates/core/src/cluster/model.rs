//! A clustering that tells of new rows to which cluster they would belong.
//!
//! That is the prediction of McInnes, Healy and Astels, "hdbscan: Hierarchical density based clustering" (JOSS 2017),
//! made exact: every point of the clustering is looked at instead of a few nearest ones.

use super::points::Points;
use super::predict::Queries;
use super::rows::Kept;
use super::select::{belongs, probability};
use super::{Clusters, Fitted, HdbscanOptions, NOISE, Number, Rows};
use crate::{Error, ErrorKind, Result};
use std::ops::ControlFlow;

/// Clusters of rows, and to which of them other rows would belong.
pub struct Model {
    rows: Kept,
    dimensions: usize,
    fitted: Fitted,
}

impl Model {
    /// The clusters of `rows` by [`hdbscan`](super::hdbscan), with a copy of the rows.
    ///
    /// # Errors
    /// As [`hdbscan`](super::hdbscan).
    pub fn fit<T: Number>(rows: &[T], dimensions: usize, options: &HdbscanOptions) -> Result<Self> {
        Self::fit_with(rows, dimensions, options, &mut |_| ControlFlow::Continue(()))
    }

    /// As [`fit`](Self::fit); `progress` is told the part of the work that is done, 0 to 1, and may cancel it.
    ///
    /// # Errors
    /// As [`hdbscan_with`](super::hdbscan_with).
    pub fn fit_with<T: Number>(
        rows: &[T],
        dimensions: usize,
        options: &HdbscanOptions,
        progress: &mut dyn FnMut(f32) -> ControlFlow<()>,
    ) -> Result<Self> {
        options.check()?;
        let rows = T::rows(rows);
        let fitted = Fitted::new(&Points::new(rows, dimensions, options.metric)?, options, progress)?;
        Ok(Self { rows: rows.to_kept(), dimensions, fitted })
    }

    /// What was found among the rows.
    pub fn clusters(&self) -> &Clusters {
        &self.fitted.clusters
    }

    /// The rows, one after another, as they were given.
    pub fn rows(&self) -> Rows<'_> {
        self.rows.rows()
    }

    /// For each of other rows the label of the cluster that it would join, -1 for none, and how firmly it would belong
    /// to it, 0 to 1. Clusters stay as they are: rows do not influence each other and make no new cluster. They may have
    /// another precision than those of the model.
    ///
    /// A row joins the hierarchy at the point that it can reach at the highest density, itself as dense as its distance
    /// to the last of `min_samples`, itself included, says (McInnes, Healy, Astels 2017).
    ///
    /// # Errors
    /// `InvalidArgument` if the rows are not whole rows of as many numbers as those of the model.
    pub fn predict<T: Number>(&self, rows: &[T]) -> Result<(Vec<i32>, Vec<f32>)> {
        self.predict_with(rows, &mut |_| ControlFlow::Continue(()))
    }

    /// As [`predict`](Self::predict); `progress` is told the part of the work that is done, 0 to 1, and may cancel it.
    ///
    /// # Errors
    /// As [`predict`](Self::predict); `Closed` if `progress` cancelled it.
    pub fn predict_with<T: Number>(
        &self,
        rows: &[T],
        progress: &mut dyn FnMut(f32) -> ControlFlow<()>,
    ) -> Result<(Vec<i32>, Vec<f32>)> {
        let rows = T::rows(rows);
        if !rows.len().is_multiple_of(self.dimensions) {
            let message = format!("{} numbers are not whole rows of {}", rows.len(), self.dimensions);
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let points = Points::new(self.rows(), self.dimensions, self.fitted.options.metric)?;
        let queries = points.others(rows)?;
        let (mut labels, mut probabilities) = (vec![NOISE; queries.total()], vec![0.0; queries.total()]);
        let joined = Queries::new(&points, &queries, &self.fitted).join(progress)?;
        for (query, joined) in joined.into_iter().enumerate() {
            let joined = joined.and_then(|(point, reach)| self.follow(point, points.distance(reach).recip()));
            if let Some((label, probability)) = joined {
                let row = queries.row_index(query);
                (labels[row], probabilities[row]) = (label, probability);
            }
        }
        Ok((labels, probabilities))
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
                let belongs = belongs(condensed, branch, density, &self.fitted.options);
                return belongs.then(|| (label, probability(density, death)));
            }
            if branch == 0 {
                return None;
            }
            branch = condensed.branches[branch].parent as usize;
        }
    }
}
