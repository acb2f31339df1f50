//! Which rows belong together.

use crate::convert::{Buffer, Sized32, options, slice, threads};
use crate::error::{call, invalid, sonic_status};
use sonic::Result;
use sonic::cluster::{Clusters, DbscanOptions, HdbscanOptions, Metric, NOISE, Selection, dbscan, hdbscan};

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
    /// Rows that make a cluster, at least 2; 0 is 5. DBSCAN does not look at it.
    pub min_cluster_size: u32,
    /// Rows near a row, itself included, within which its density is taken; 0 is `min_cluster_size`, or 5 for DBSCAN.
    pub min_samples: u32,
    /// HDBSCAN parts no clusters that are nearer to each other than this, 0 or more; DBSCAN takes rows no farther than
    /// this for neighbours, and 0 is 0.5 there.
    pub epsilon: f64,
    /// What HDBSCAN divides distances by before it compares them with densities; 0 is 1.
    pub alpha: f64,
    /// Clusters of more rows are parted where they can be; 0 for no limit. For HDBSCAN.
    pub max_cluster_size: u32,
    /// Not 0 for the smallest clusters, which do not fall apart further, instead of those that last longest. For HDBSCAN.
    pub leaves: u32,
    /// Not 0 if all rows may be one cluster. For HDBSCAN.
    pub allow_single_cluster: u32,
    /// 0.
    pub reserved: u32,
}

// SAFETY: six words of 32 bits, two of 64, four of 32.
unsafe impl Sized32 for sonic_cluster_options {
    const LEAST: usize = size_of::<Self>();
}

impl sonic_cluster_options {
    fn metric(self) -> Result<Metric> {
        crate::convert::reserved(self.reserved)?;
        match self.metric {
            0 => Ok(Metric::Euclidean),
            1 => Ok(Metric::Cosine),
            other => Err(invalid(format!("options.metric is {other}, which is no sonic_metric"))),
        }
    }

    fn to_hdbscan(self) -> Result<HdbscanOptions> {
        let defaults = HdbscanOptions::default();
        let given = |value: u32| (value != 0).then_some(value as usize);
        Ok(HdbscanOptions {
            min_cluster_size: given(self.min_cluster_size).unwrap_or(defaults.min_cluster_size),
            min_samples: given(self.min_samples),
            metric: self.metric()?,
            epsilon: self.epsilon,
            max_cluster_size: given(self.max_cluster_size),
            alpha: if self.alpha == 0.0 { defaults.alpha } else { self.alpha },
            selection: if self.leaves == 0 { Selection::ExcessOfMass } else { Selection::Leaf },
            allow_single_cluster: self.allow_single_cluster != 0,
            threads: threads(self.threads)?,
        })
    }

    fn to_dbscan(self) -> Result<DbscanOptions> {
        let defaults = DbscanOptions::default();
        Ok(DbscanOptions {
            epsilon: if self.epsilon == 0.0 { defaults.epsilon } else { self.epsilon },
            min_samples: if self.min_samples == 0 { defaults.min_samples } else { self.min_samples as usize },
            metric: self.metric()?,
            threads: threads(self.threads)?,
        })
    }

    fn cluster(self, rows: &[f32], dimensions: usize) -> Result<Clusters> {
        match self.method {
            0 => hdbscan(rows, dimensions, &self.to_hdbscan()?),
            1 => {
                let labels = dbscan(rows, dimensions, &self.to_dbscan()?)?;
                let count = labels.iter().max().map_or(0, |most| (most + 1) as usize);
                let mut clusters = Clusters::default();
                (clusters.labels, clusters.count) = (labels, count);
                Ok(clusters)
            }
            other => Err(invalid(format!("options.method is {other}, which is no sonic_cluster_method"))),
        }
    }
}

/// Which of `count` rows of `dimensions` numbers each, one after the other, belong together. The answer is exact, and the
/// same on any processor and for any number of threads. `labels` has room for `count` numbers of clusters, from 0 in the
/// order of their first rows, and -1 for rows that are in none. `probabilities`, how firmly a row belongs to its
/// cluster, and `outlier_scores`, how far it lies outside of what is dense near it, are both 0 to 1, have room for as
/// many, and may be NULL: DBSCAN has none. `clusters`, how many there are, may be NULL too. Rows with a number that is
/// not finite are in no cluster and influence no other row; no rows are fine.
///
/// Errors: INVALID_ARGUMENT if `dimensions` is 0, an option is out of its range, or DBSCAN is asked for probabilities;
/// LIMIT for more rows than can be numbered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_cluster(
    rows: *const f32,
    count: usize,
    dimensions: usize,
    options: *const sonic_cluster_options,
    labels: *mut i32,
    probabilities: *mut f32,
    outlier_scores: *mut f32,
    clusters: *mut usize,
) -> sonic_status {
    call(|| {
        let numbers =
            count.checked_mul(dimensions).ok_or_else(|| invalid("count times dimensions is too many"))?;
        // SAFETY: the caller keeps the rules of the header.
        let (rows, options) = unsafe { (slice(rows, numbers, "rows")?, self::options(options, "options")?) };
        let scored = !probabilities.is_null() || !outlier_scores.is_null();
        if options.method == sonic_cluster_method::SONIC_CLUSTER_DBSCAN as i32 && scored {
            return Err(invalid("DBSCAN gives labels only: give NULL for probabilities and outlier_scores"));
        }
        // SAFETY: as above.
        let labels = unsafe { room(labels, count, false, "labels") }?;
        // SAFETY: as above.
        let probabilities = unsafe { room(probabilities, count, true, "probabilities") }?;
        // SAFETY: as above.
        let outlier_scores = unsafe { room(outlier_scores, count, true, "outlier_scores") }?;
        let found = options.cluster(rows, dimensions)?;
        debug_assert!(found.labels.iter().all(|label| *label >= NOISE));
        labels.map_or(Ok(()), |buffer| buffer.write(&found.labels))?;
        probabilities.map_or(Ok(()), |buffer| buffer.write(&found.probabilities))?;
        outlier_scores.map_or(Ok(()), |buffer| buffer.write(&found.outlier_scores))?;
        // SAFETY: as above.
        if let Some(clusters) = unsafe { clusters.as_mut() } {
            *clusters = found.count;
        }
        Ok(())
    })
}

/// Where `count` values go; `None` if there are none, or `optional` ones are not asked for.
///
/// # Safety
/// `pointer` is null or `count` values can be written there.
unsafe fn room<T: Copy>(
    pointer: *mut T,
    count: usize,
    optional: bool,
    name: &str,
) -> Result<Option<Buffer<T>>> {
    match count == 0 || (optional && pointer.is_null()) {
        true => Ok(None),
        // SAFETY: the caller's promise.
        false => unsafe { Buffer::new(pointer, count, count, name) }.map(Some),
    }
}
