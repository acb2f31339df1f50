//! Which rows belong together: HDBSCAN and DBSCAN over vectors, exact and deterministic.
//!
//! ```
//! use sonic_core::cluster::{HdbscanOptions, hdbscan};
//!
//! let rows = [0.0f32, 0.1, 0.2, 5.0, 5.1, 5.2, 40.0];
//! let options = HdbscanOptions { min_cluster_size: 3, min_samples: Some(2), ..Default::default() };
//! let clusters = hdbscan(&rows, 1, &options)?;
//! assert_eq!(clusters.labels, [0, 0, 0, 1, 1, 1, -1]);
//! # Ok::<(), sonic_core::Error>(())
//! ```
//!
//! Rows are `f32` or `f64`. The answer is the same on any processor and for any number of threads: distances are calculated
//! in double precision from the rows as they are, and faster arithmetic is only used to see which of them cannot matter.
//! Squares neither overflow nor vanish: rows may have any size, and span 300 powers of ten. Clusters are numbered in the
//! order of their first rows.

mod dbscan;
mod forest;
mod frame;
mod hierarchy;
mod kernel;
mod model;
mod nearest;
mod packed;
mod points;
mod predict;
mod rows;
mod select;
mod spanning;
mod tiles;

pub use dbscan::{DbscanOptions, dbscan, dbscan_with};
pub use model::Model;
pub use rows::{Number, Rows};

use crate::{Error, ErrorKind, Result};
use frame::Frame;
use hierarchy::Condensed;
use kernel::Words;
use points::Points;
use std::ops::ControlFlow;

/// The label of rows that are in no cluster.
pub const NOISE: i32 = -1;

/// How far two rows are from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Metric {
    /// The length of their difference.
    #[default]
    Euclidean,
    /// 1 less the cosine of the angle between them, 0 to 2. Rows need not have length 1; a row of zeros has no
    /// direction and is noise.
    Cosine,
}

/// Which clusters of the hierarchy are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Selection {
    /// Those that last longest over all densities.
    #[default]
    ExcessOfMass,
    /// The smallest ones, which do not fall apart further: more clusters of more even size.
    Leaf,
}

/// What [`hdbscan`] looks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HdbscanOptions {
    /// Rows that make a cluster, at least 2; 5.
    pub min_cluster_size: usize,
    /// Rows near a row, itself included, within which its density is taken, at least 1; `None` for `min_cluster_size`.
    /// If there are fewer rows, all of them count.
    pub min_samples: Option<usize>,
    /// How distances are taken.
    pub metric: Metric,
    /// Clusters nearer to each other than this, in units of the metric, are not parted; 0.
    pub epsilon: f64,
    /// Clusters of more rows are parted where they can be; `None` for no limit. Looked at by
    /// [`Selection::ExcessOfMass`] only.
    pub max_cluster_size: Option<usize>,
    /// What distances are divided by before they are compared with densities, above 0; 1.
    pub alpha: f64,
    /// Which clusters of the hierarchy are given.
    pub selection: Selection,
    /// Whether all rows may be one cluster; `false`.
    pub allow_single_cluster: bool,
    /// The most threads that may work at once, up to 256; 0 for as many as there are cores. Calls that run at the same
    /// time share the cores, so that one may have fewer.
    pub threads: usize,
}

impl Default for HdbscanOptions {
    fn default() -> Self {
        Self {
            min_cluster_size: 5,
            min_samples: None,
            metric: Metric::default(),
            epsilon: 0.0,
            max_cluster_size: None,
            alpha: 1.0,
            selection: Selection::default(),
            allow_single_cluster: false,
            threads: 0,
        }
    }
}

/// What was found; the lists have one entry for each row.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Clusters {
    /// Number of the cluster from 0, in the order of first rows; -1 for noise.
    pub labels: Vec<i32>,
    /// How firmly a row belongs to its cluster, 0 to 1; 0 for noise.
    pub probabilities: Vec<f32>,
    /// How far a row lies outside of what is dense near it, 0 to 1 (GLOSH). A row that could not be compared has 1.
    pub outlier_scores: Vec<f32>,
    /// How many clusters there are.
    pub count: usize,
}

impl Clusters {
    /// The rows of a cluster, or those of the noise for -1, in order.
    pub fn members(&self, label: i32) -> impl Iterator<Item = usize> + '_ {
        self.labels.iter().enumerate().filter(move |(_, l)| **l == label).map(|(row, _)| row)
    }

    /// How many rows are noise.
    pub fn noise(&self) -> usize {
        self.members(NOISE).count()
    }

    /// `count` rows that are all noise.
    fn nothing(count: usize) -> Self {
        Self {
            labels: vec![NOISE; count],
            probabilities: vec![0.0; count],
            outlier_scores: vec![1.0; count],
            count: 0,
        }
    }
}

/// The clusters among rows of any density, by HDBSCAN.
///
/// `rows` lie one after another and have `dimensions` numbers each. Rows with a number that is not finite are noise and
/// influence no other row. Fewer rows than `min_cluster_size` are all noise.
///
/// Exact: the hierarchy is that of Campello, Moulavi, Sander (2013); clusters are chosen by the excess of mass of that
/// paper or as the leaves (McInnes, Healy, Astels 2017), and joined within `epsilon` (Malzer, Baum 2020); outlier scores
/// are GLOSH (Campello, Moulavi, Zimek, Sander 2015). Of equally long edges the one between nearer rows comes first, then the one whose rows come first. Identical rows are never parted. Memory
/// grows with the number of rows, time with its square.
///
/// # Errors
/// `InvalidArgument` if `dimensions` is 0 or does not divide the length of `rows`, or an option is out of its range.
pub fn hdbscan<T: Number>(rows: &[T], dimensions: usize, options: &HdbscanOptions) -> Result<Clusters> {
    hdbscan_with(rows, dimensions, options, &mut |_| ControlFlow::Continue(()))
}

/// As [`hdbscan`]; `progress` is told the part of the work that is done, 0 to 1, and may cancel it.
///
/// # Errors
/// As [`hdbscan`]; `Closed` if `progress` cancelled it.
pub fn hdbscan_with<T: Number>(
    rows: &[T],
    dimensions: usize,
    options: &HdbscanOptions,
    progress: &mut dyn FnMut(f32) -> ControlFlow<()>,
) -> Result<Clusters> {
    options.check()?;
    let points = Points::new(T::rows(rows), dimensions, options.metric)?;
    Ok(Fitted::new(&points, options, progress)?.clusters)
}

impl HdbscanOptions {
    fn check(&self) -> Result<()> {
        let invalid = |what: &str| Err(Error::new(ErrorKind::InvalidArgument, what));
        if self.min_cluster_size < 2 {
            return invalid("min_cluster_size must be at least 2");
        }
        if self.min_samples == Some(0) {
            return invalid("min_samples must be at least 1: a row counts itself");
        }
        if self.max_cluster_size == Some(0) {
            return invalid("max_cluster_size must be at least 1, or none");
        }
        if !self.epsilon.is_finite() || self.epsilon < 0.0 {
            return invalid("epsilon must be a distance: 0 or more");
        }
        if !self.alpha.is_finite() || self.alpha <= 0.0 {
            return invalid("alpha must be a number above 0");
        }
        Ok(())
    }

    /// How many rows, the row itself included, make its density.
    fn samples(&self, count: usize) -> usize {
        self.min_samples.unwrap_or(self.min_cluster_size).min(count)
    }
}

/// The clusters, and what they were read from.
struct Fitted {
    clusters: Clusters,
    /// With distances as the points have them.
    options: HdbscanOptions,
    /// Squared distance of each point to the last of its `min_samples`.
    cores: Vec<f64>,
    condensed: Condensed,
    /// Clusters of `condensed` that were chosen, with their labels.
    chosen: Vec<Option<i32>>,
    /// How points were compared.
    frame: Frame,
    words: Words,
}

impl Fitted {
    fn new(
        points: &Points<'_>,
        options: &HdbscanOptions,
        progress: &mut dyn FnMut(f32) -> ControlFlow<()>,
    ) -> Result<Self> {
        let options = points.options(options);
        let threads = spanning::threads(points, &options);
        let frame = Frame::new(points, threads, &mut || progress(0.0)).ok_or_else(cancelled)?;
        let words = frame.words(points, spanning::kept(points, &options));
        let tree = spanning::tree(points, &options, (&frame, words), progress)?;
        let condensed = Condensed::new(points.count(), &tree.edges, options.min_cluster_size);
        let chosen = select::choose(&condensed, &options);
        let (clusters, chosen) = select::describe(points, &condensed, &chosen, &options);
        Ok(Self { clusters, options, cores: tree.cores, condensed, chosen, frame, words })
    }
}

/// What a cancelled call gives.
fn cancelled() -> Error {
    Error::new(ErrorKind::Closed, "clustering was cancelled")
}
