//! Which rows belong together.

use crate::convert::{Buffer, invalid, slice};
use crate::error::{call, sonic_status};
use crate::nouns::clustering::{sonic_cluster_method, sonic_cluster_options};
use crate::nouns::job::{Job, sonic_cancel, sonic_progress};
use crate::options::read_options;
use sonic::Result;
use sonic::cluster::{NOISE, Number};

/// Which of `count` rows of `dimensions` numbers each, one after the other, belong together. The answer is exact, and the
/// same on any processor and for any number of threads. `labels` has room for `count` numbers of clusters, from 0 in the
/// order of their first rows, and -1 for rows that are in none. `probabilities`, how firmly a row belongs to its
/// cluster, and `outlier_scores`, how far it lies outside of what is dense near it, are both 0 to 1, have room for as
/// many, and may be NULL: DBSCAN has none. `clusters`, how many there are, may be NULL too. Rows with a number that is
/// not finite are in no cluster and influence no other row; no rows are fine.
///
/// Errors: INVALID_ARGUMENT if `dimensions` is 0, an option is out of its range, or probabilities are wanted of DBSCAN;
/// LIMIT for more rows than can be numbered; CLOSED if it was cancelled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_cluster(
    rows: *const f32,
    count: usize,
    dimensions: usize,
    options: *const sonic_cluster_options,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    labels: *mut i32,
    probabilities: *mut f32,
    outlier_scores: *mut f32,
    clusters: *mut usize,
) -> sonic_status {
    let given = Given { rows, count, dimensions, options, cancel, progress };
    let wanted = Wanted { labels, probabilities, outlier_scores, clusters };
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { cluster(given, wanted) })
}

/// As sonic_cluster, for rows in double precision: they are compared as they are, nothing is rounded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_cluster_doubles(
    rows: *const f64,
    count: usize,
    dimensions: usize,
    options: *const sonic_cluster_options,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    labels: *mut i32,
    probabilities: *mut f32,
    outlier_scores: *mut f32,
    clusters: *mut usize,
) -> sonic_status {
    let given = Given { rows, count, dimensions, options, cancel, progress };
    let wanted = Wanted { labels, probabilities, outlier_scores, clusters };
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { cluster(given, wanted) })
}

/// What is clustered, and how.
struct Given<T> {
    rows: *const T,
    count: usize,
    dimensions: usize,
    options: *const sonic_cluster_options,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
}

/// Where the answer goes.
struct Wanted {
    labels: *mut i32,
    probabilities: *mut f32,
    outlier_scores: *mut f32,
    clusters: *mut usize,
}

/// # Safety
/// The pointers are as the header wants them.
unsafe fn cluster<T: Number>(given: Given<T>, wanted: Wanted) -> Result<()> {
    let (count, dimensions) = (given.count, given.dimensions);
    let numbers =
        count.checked_mul(dimensions).ok_or_else(|| invalid("count times dimensions is too many"))?;
    // SAFETY: the caller's promise.
    let (rows, options) = unsafe { (slice(given.rows, numbers, "rows")?, read_options(given.options)?) };
    // SAFETY: as above.
    let job = unsafe { Job::new(given.cancel, given.progress) }?;
    let scored = !wanted.probabilities.is_null() || !wanted.outlier_scores.is_null();
    if options.method == sonic_cluster_method::SONIC_CLUSTER_DBSCAN as i32 && scored {
        return Err(invalid("DBSCAN gives labels only: give NULL for probabilities and outlier_scores"));
    }
    // SAFETY: as above.
    let labels = unsafe { room(wanted.labels, count, false, "labels") }?;
    // SAFETY: as above.
    let probabilities = unsafe { room(wanted.probabilities, count, true, "probabilities") }?;
    // SAFETY: as above.
    let outlier_scores = unsafe { room(wanted.outlier_scores, count, true, "outlier_scores") }?;
    let found = options.cluster(rows, dimensions, job)?;
    debug_assert!(found.labels.iter().all(|label| *label >= NOISE));
    labels.map_or(Ok(()), |buffer| buffer.write(&found.labels))?;
    probabilities.map_or(Ok(()), |buffer| buffer.write(&found.probabilities))?;
    outlier_scores.map_or(Ok(()), |buffer| buffer.write(&found.outlier_scores))?;
    // SAFETY: as above.
    if let Some(clusters) = unsafe { wanted.clusters.as_mut() } {
        *clusters = found.count;
    }
    Ok(())
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
