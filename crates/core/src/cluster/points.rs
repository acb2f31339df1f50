//! Rows that can be compared, and the distance between two of them to the last bit.

use super::Metric;
use crate::wide;
use crate::{Error, ErrorKind, Result};

/// Numbers that are added up side by side; the order of additions is part of the answer.
const LANES: usize = 8;

/// The rows of a set that can be compared, here called points.
///
/// Points are compared by their squared Euclidean distance; for [`Metric::Cosine`] that of the directions, which is
/// twice the cosine distance. It is calculated from differences: rows that are nearly the same lose nothing.
pub(super) struct Points<'a> {
    rows: &'a [f32],
    dimensions: usize,
    metric: Metric,
    /// Rows of the points, ascending.
    kept: Vec<u32>,
    /// What each point is multiplied by to have length 1; empty if lengths matter.
    scales: Vec<f64>,
    total: usize,
}

impl<'a> Points<'a> {
    pub(super) fn new(rows: &'a [f32], dimensions: usize, metric: Metric) -> Result<Self> {
        let invalid = |what: String| Err(Error::new(ErrorKind::InvalidArgument, what));
        if dimensions == 0 {
            return invalid("rows must have at least one dimension".into());
        }
        if !rows.len().is_multiple_of(dimensions) {
            return invalid(format!("{} numbers are not whole rows of {dimensions}", rows.len()));
        }
        let total = rows.len() / dimensions;
        if u32::try_from(total).is_err() {
            return Err(Error::new(ErrorKind::Limit, format!("{total} rows are more than can be clustered")));
        }
        let (mut kept, mut scales) = (Vec::with_capacity(total), Vec::new());
        for (index, row) in rows.chunks_exact(dimensions).enumerate() {
            let scale = scale_of(row, metric);
            if let Some(scale) = scale {
                kept.push(index as u32);
                if metric == Metric::Cosine {
                    scales.push(scale);
                }
            }
        }
        Ok(Self { rows, dimensions, metric, kept, scales, total })
    }

    /// How many points there are.
    pub(super) fn count(&self) -> usize {
        self.kept.len()
    }

    /// How many rows there are, those that cannot be compared included.
    pub(super) fn total(&self) -> usize {
        self.total
    }

    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// The row that a point is.
    pub(super) fn row_index(&self, point: usize) -> usize {
        self.kept[point] as usize
    }

    /// The numbers of a point, and what they have to be multiplied by.
    pub(super) fn row(&self, point: usize) -> (&[f32], f64) {
        let start = self.row_index(point) * self.dimensions;
        (&self.rows[start..start + self.dimensions], self.scales.get(point).copied().unwrap_or(1.0))
    }

    /// The squared distance of two points: the same whichever comes first.
    pub(super) fn squared(&self, a: usize, b: usize) -> f64 {
        let ((left, left_scale), (right, right_scale)) = (self.row(a), self.row(b));
        squared_of(self.metric, (left, left_scale), (right, right_scale))
    }

    /// The squared distance of a point and a row of another set; `None` if that cannot be compared.
    pub(super) fn squared_to(&self, point: usize, row: &[f32]) -> Option<f64> {
        scale_of(row, self.metric).map(|scale| squared_of(self.metric, self.row(point), (row, scale)))
    }

    /// The distance in units of the metric.
    pub(super) fn distance(&self, squared: f64) -> f64 {
        match self.metric {
            Metric::Euclidean => squared.sqrt(),
            Metric::Cosine => squared / 2.0,
        }
    }

    /// The squared distance that is `distance` in units of the metric.
    pub(super) fn squared_from(&self, distance: f64) -> f64 {
        match self.metric {
            Metric::Euclidean => distance * distance,
            Metric::Cosine => distance * 2.0,
        }
    }
}

/// What the row is multiplied by before it is compared; `None` if it cannot be compared.
fn scale_of(row: &[f32], metric: Metric) -> Option<f64> {
    if !row.iter().all(|x| x.is_finite()) {
        return None;
    }
    match metric {
        Metric::Euclidean => Some(1.0),
        Metric::Cosine => {
            let length = row.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
            (length > 0.0).then(|| length.recip())
        }
    }
}

wide! {
    /// The same operations in the same order on every processor, and so the same number; nothing is fused.
    fn squared_of(metric: Metric, left: (&[f32], f64), right: (&[f32], f64)) -> f64 {
        v3 => squared_plain,
        _ => squared_plain,
    }
}

#[inline(always)]
fn squared_plain(metric: Metric, left: (&[f32], f64), right: (&[f32], f64)) -> f64 {
    match metric {
        Metric::Euclidean => add_up(left.0, right.0, |a, b| f64::from(a) - f64::from(b)),
        Metric::Cosine => add_up(left.0, right.0, |a, b| f64::from(a) * left.1 - f64::from(b) * right.1),
    }
}

/// The sum of squared differences.
#[inline(always)]
fn add_up(left: &[f32], right: &[f32], difference: impl Fn(f32, f32) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let ((left, left_rest), (right, right_rest)) = (left.as_chunks::<LANES>(), right.as_chunks::<LANES>());
    for (left, right) in left.iter().zip(right) {
        for lane in 0..LANES {
            let difference = difference(left[lane], right[lane]);
            lanes[lane] += difference * difference;
        }
    }
    for (lane, (left, right)) in lanes.iter_mut().zip(left_rest.iter().zip(right_rest)) {
        let difference = difference(*left, *right);
        *lane += difference * difference;
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_for_any_processor_gives_the_same_to_the_bit() {
        let number = |i: usize| ((i * 7_919) % 1_000) as f32 / 313.0 - 1.5;
        for dimensions in [1, 7, 8, 9, 64, 515] {
            let left: Vec<f32> = (0..dimensions).map(number).collect();
            let right: Vec<f32> = (0..dimensions).map(|i| number(i + 31)).collect();
            for (metric, scales) in [(Metric::Euclidean, [1.0, 1.0]), (Metric::Cosine, [0.3, 0.7])] {
                let (left, right) = ((&left[..], scales[0]), (&right[..], scales[1]));
                let squared = squared_of(metric, left, right);
                assert_eq!(squared, squared_plain(metric, left, right));
                assert_eq!(squared, squared_of(metric, right, left));
                let plain = left.0.iter().zip(right.0);
                let plain = plain.map(|(a, b)| f64::from(*a) * scales[0] - f64::from(*b) * scales[1]);
                assert!((squared - plain.map(|x| x * x).sum::<f64>()).abs() <= 1e-12 * squared);
            }
        }
    }
}
