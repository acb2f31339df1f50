//! Clusters of one density: DBSCAN (Ester, Kriegel, Sander, Xu 1996).

use super::hierarchy::Sets;
use super::points::Points;
use super::{Metric, NOISE};
use crate::{Error, ErrorKind, Result};

/// What [`dbscan`] looks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DbscanOptions {
    /// Rows no farther than this, in units of the metric, are neighbours, above 0; 0.5.
    pub epsilon: f64,
    /// Neighbours, itself included, that make a row the core of a cluster, at least 1; 5.
    pub min_samples: usize,
    /// How distances are taken.
    pub metric: Metric,
    /// The most threads that may work at once; 0 for as many as there are cores.
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
/// influence no other row.
///
/// # Errors
/// `InvalidArgument` if `dimensions` is 0 or does not divide the length of `rows`, or an option is out of its range.
pub fn dbscan(rows: &[f32], dimensions: usize, options: &DbscanOptions) -> Result<Vec<i32>> {
    let invalid = |what: &str| Err(Error::new(ErrorKind::InvalidArgument, what));
    if !options.epsilon.is_finite() || options.epsilon <= 0.0 {
        return invalid("epsilon must be a distance above 0");
    }
    if options.min_samples == 0 {
        return invalid("min_samples must be at least 1: a row counts itself");
    }
    let points = Points::new(rows, dimensions, options.metric)?;
    let limit = points.squared_from(options.epsilon);
    let count = points.count();
    let mut neighbours: Vec<Vec<u32>> = vec![Vec::new(); count];
    for a in 0..count {
        for b in 0..count {
            if points.squared(a, b) <= limit {
                neighbours[a].push(b as u32);
            }
        }
    }
    let core: Vec<bool> = neighbours.iter().map(|n| n.len() >= options.min_samples).collect();
    let mut sets = Sets::new(count);
    for a in (0..count).filter(|a| core[*a]) {
        for &b in neighbours[a].iter().filter(|b| core[**b as usize]) {
            let (left, right) = (sets.find(a as u32), sets.find(b));
            sets.join(left.max(right), left.min(right));
        }
    }
    Ok(label(&points, &core, &mut sets, |point| &neighbours[point]))
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
