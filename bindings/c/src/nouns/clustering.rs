//! How clusters are found.

use crate::error::{call, sonic_status};
use crate::nouns::job::Job;
use crate::options::{Options, Sized32, choice, given, init, threads};
use sonic::Result;
use sonic::cluster::{
    Clusters, DbscanOptions, HdbscanOptions, Metric, Number, Selection, dbscan_with, hdbscan_with,
};

/// How clusters are found.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_cluster_method {
    /// HDBSCAN: clusters of any density.
    SONIC_CLUSTER_HDBSCAN = 0,
    /// DBSCAN: clusters of one density.
    SONIC_CLUSTER_DBSCAN = 1,
}

/// How far two rows are from each other.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_metric {
    /// The length of their difference.
    SONIC_METRIC_EUCLIDEAN = 0,
    /// 1 less the cosine of the angle between them, 0 to 2. A row of zeros is noise.
    SONIC_METRIC_COSINE = 1,
}

/// How sonic_cluster looks for clusters.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_cluster_options {
    /// sizeof(sonic_cluster_options)
    pub size: u32,
    /// The most threads that may work at once; 0 is as many as the machine has cores.
    pub threads: u32,
    /// A sonic_cluster_method.
    pub method: i32,
    /// A sonic_metric.
    pub metric: i32,
    /// Rows that make a cluster, at least 2. DBSCAN does not look at it.
    pub min_cluster_size: u32,
    /// Not 0 if `min_samples` counts; otherwise it is `min_cluster_size`, or 5 for DBSCAN.
    pub has_min_samples: u32,
    /// Rows near a row, itself included, within which its density is taken, at least 1.
    pub min_samples: u32,
    /// Not 0 if `epsilon` counts; otherwise it is 0, or 0.5 for DBSCAN.
    pub has_epsilon: u32,
    /// HDBSCAN parts no clusters that are nearer to each other than this, 0 or more; DBSCAN takes rows no farther than
    /// this for neighbours.
    pub epsilon: f64,
    /// What HDBSCAN divides distances by before it compares them with densities, above 0.
    pub alpha: f64,
    /// Not 0 if `max_cluster_size` counts; otherwise there is no limit.
    pub has_max_cluster_size: u32,
    /// Clusters of more rows are parted where they can be. For HDBSCAN.
    pub max_cluster_size: u32,
    /// Not 0 for the smallest clusters, which do not fall apart further, instead of those that last longest. For HDBSCAN.
    pub leaves: u32,
    /// Not 0 if all rows may be one cluster. For HDBSCAN.
    pub allow_single_cluster: u32,
}

// SAFETY: eight words of 32 bits, two of 64, four of 32.
unsafe impl Sized32 for sonic_cluster_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_cluster_options {
    fn defaults() -> Self {
        let defaults = HdbscanOptions::default();
        Self {
            size: size_of::<Self>() as u32,
            threads: 0,
            method: sonic_cluster_method::SONIC_CLUSTER_HDBSCAN as i32,
            metric: sonic_metric::SONIC_METRIC_EUCLIDEAN as i32,
            min_cluster_size: defaults.min_cluster_size as u32,
            has_min_samples: 0,
            min_samples: 0,
            has_epsilon: 0,
            epsilon: 0.0,
            alpha: defaults.alpha,
            has_max_cluster_size: 0,
            max_cluster_size: 0,
            leaves: 0,
            allow_single_cluster: 0,
        }
    }
}

impl sonic_cluster_options {
    fn to_hdbscan(self) -> Result<HdbscanOptions> {
        let defaults = HdbscanOptions::default();
        Ok(HdbscanOptions {
            min_cluster_size: self.min_cluster_size as usize,
            min_samples: given(self.has_min_samples, self.min_samples as usize),
            metric: self.metric()?,
            epsilon: given(self.has_epsilon, self.epsilon).unwrap_or(defaults.epsilon),
            max_cluster_size: given(self.has_max_cluster_size, self.max_cluster_size as usize),
            alpha: self.alpha,
            selection: if self.leaves == 0 { Selection::ExcessOfMass } else { Selection::Leaf },
            allow_single_cluster: self.allow_single_cluster != 0,
            threads: threads(self.threads)?,
        })
    }

    fn to_dbscan(self) -> Result<DbscanOptions> {
        let defaults = DbscanOptions::default();
        Ok(DbscanOptions {
            epsilon: given(self.has_epsilon, self.epsilon).unwrap_or(defaults.epsilon),
            min_samples: given(self.has_min_samples, self.min_samples as usize)
                .unwrap_or(defaults.min_samples),
            metric: self.metric()?,
            threads: threads(self.threads)?,
        })
    }

    fn metric(self) -> Result<Metric> {
        choice("metric", "sonic_metric", self.metric, &[Metric::Euclidean, Metric::Cosine])
    }

    pub(crate) fn cluster<T: Number>(self, rows: &[T], dimensions: usize, job: Job<'_>) -> Result<Clusters> {
        let methods =
            [sonic_cluster_method::SONIC_CLUSTER_HDBSCAN, sonic_cluster_method::SONIC_CLUSTER_DBSCAN];
        match choice("method", "sonic_cluster_method", self.method, &methods)? {
            sonic_cluster_method::SONIC_CLUSTER_HDBSCAN => {
                let found = hdbscan_with(rows, dimensions, &self.to_hdbscan()?, &mut |part| job.part(part))?;
                job.all();
                Ok(found)
            }
            sonic_cluster_method::SONIC_CLUSTER_DBSCAN => {
                let labels = dbscan_with(rows, dimensions, &self.to_dbscan()?, &mut |part| job.part(part))?;
                job.all();
                let count = labels.iter().max().map_or(0, |most| (most + 1) as usize);
                let mut clusters = Clusters::default();
                (clusters.labels, clusters.count) = (labels, count);
                Ok(clusters)
            }
        }
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_cluster_options_init(
    options: *mut sonic_cluster_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}
