//! Rows that can be compared, and the distance between two of them to the last bit.

use super::rows::Rows;
use super::{HdbscanOptions, Metric};
use crate::wide;
use crate::{Error, ErrorKind, Result};

/// Numbers that are added up side by side; the order of additions is part of the answer.
const LANES: usize = 8;
/// Sizes of numbers, as powers of two, whose squared differences neither overflow nor lose a bit by underflow.
const PLAIN: std::ops::RangeInclusive<i32> = -400..=400;
/// The power of two that the largest number gets where they are others.
const LARGEST: i32 = 500;

/// The rows of a set that can be compared, here called points.
///
/// Points are compared by their squared Euclidean distance; for [`Metric::Cosine`] that of the directions, which is
/// twice the cosine distance. It is calculated in double precision from differences: rows that are nearly the same lose
/// nothing, however far they are from 0.
pub(super) struct Points<'a> {
    rows: Rows<'a>,
    dimensions: usize,
    metric: Metric,
    /// Rows of the points, ascending.
    kept: Vec<u32>,
    /// What each point is multiplied by to have length 1; empty if lengths matter.
    scales: Vec<f64>,
    /// The power of two that all numbers are multiplied by where lengths matter, so that squares stay within double
    /// precision; 1 for almost all rows. Distances of points are larger by it.
    unit: f64,
    total: usize,
}

impl<'a> Points<'a> {
    pub(super) fn new(rows: Rows<'a>, dimensions: usize, metric: Metric) -> Result<Self> {
        let unit = if metric == Metric::Euclidean { unit_of(rows) } else { 1.0 };
        Self::in_unit(rows, dimensions, metric, unit)
    }

    /// Other rows, to be compared with these points.
    pub(super) fn others<'b>(&self, rows: Rows<'b>) -> Result<Points<'b>> {
        Points::in_unit(rows, self.dimensions, self.metric, self.unit)
    }

    fn in_unit(rows: Rows<'a>, dimensions: usize, metric: Metric, unit: f64) -> Result<Self> {
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
        for index in 0..total {
            let scale = scale_of(rows.part(index * dimensions, dimensions), metric);
            if let Some(scale) = scale {
                kept.push(index as u32);
                if metric == Metric::Cosine {
                    scales.push(scale);
                }
            }
        }
        Ok(Self { rows, dimensions, metric, kept, scales, unit, total })
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
    #[inline(always)]
    pub(super) fn row(&self, point: usize) -> (Rows<'a>, f64) {
        let start = self.row_index(point) * self.dimensions;
        let scale = self.scales.get(point).copied().unwrap_or(self.unit);
        (self.rows.part(start, self.dimensions), scale)
    }

    /// Writes the numbers of a point as they are compared.
    pub(super) fn write(&self, point: usize, out: &mut [f64]) {
        let (row, scale) = self.row(point);
        row.write(scale, out);
    }

    /// One number of a point as it is compared.
    pub(super) fn number(&self, point: usize, dimension: usize) -> f64 {
        let (row, scale) = self.row(point);
        row.number(dimension) * scale
    }

    /// The squared distance of two points: the same whichever comes first.
    pub(super) fn squared(&self, a: usize, b: usize) -> f64 {
        squared_of(self.metric, self.row(a), self.row(b))
    }

    /// The squared distance of a point and one of [`others`](Self::others).
    pub(super) fn squared_to(&self, point: usize, others: &Points<'_>, other: usize) -> f64 {
        squared_of(self.metric, self.row(point), others.row(other))
    }

    /// The distance of points in units of the metric, larger by the unit of these points.
    pub(super) fn distance(&self, squared: f64) -> f64 {
        match self.metric {
            Metric::Euclidean => squared.sqrt(),
            Metric::Cosine => squared / 2.0,
        }
    }

    /// The squared distance of points that is `distance` in units of the metric.
    pub(super) fn squared_from(&self, distance: f64) -> f64 {
        let distance = distance * self.unit;
        match self.metric {
            Metric::Euclidean => distance * distance,
            Metric::Cosine => distance * 2.0,
        }
    }

    /// What squared distances are multiplied by to be divided by `alpha`.
    pub(super) fn shrink(&self, alpha: f64) -> f64 {
        let shrink = match self.metric {
            Metric::Euclidean => (alpha * alpha).recip(),
            Metric::Cosine => alpha.recip(),
        };
        // Neither 0 nor infinite: points at the same place stay there, others stay apart.
        shrink.clamp(1e-100, 1e100)
    }

    /// The options with distances in the unit of these points.
    pub(super) fn options(&self, options: &HdbscanOptions) -> HdbscanOptions {
        HdbscanOptions { epsilon: options.epsilon * self.unit, ..*options }
    }
}

/// The power of two that brings the numbers to where squares can be calculated: 1 if they are there.
fn unit_of(rows: Rows<'_>) -> f64 {
    let exponent = |x: f64| x.log2().floor() as i32;
    match rows.sizes().map(|(least, most)| (exponent(least), exponent(most))) {
        Some((least, most)) if !PLAIN.contains(&least) || !PLAIN.contains(&most) => {
            f64::from((LARGEST - most).min(1_000)).exp2()
        }
        _ => 1.0,
    }
}

/// What the row is multiplied by before it is compared; `None` if it cannot be compared.
fn scale_of(row: Rows<'_>, metric: Metric) -> Option<f64> {
    if !row.is_finite() {
        return None;
    }
    match metric {
        Metric::Euclidean => Some(1.0),
        Metric::Cosine => {
            let unit = unit_of(row);
            let square = |x: f64| x * unit * (x * unit);
            let length = match row {
                Rows::Singles(row) => row.iter().map(|x| square(f64::from(*x))).sum::<f64>(),
                Rows::Doubles(row) => row.iter().map(|x| square(*x)).sum::<f64>(),
            };
            let scale = length.sqrt().recip() * unit;
            (length > 0.0 && scale.is_finite()).then_some(scale)
        }
    }
}

wide! {
    /// The same operations in the same order on every processor, and so the same number; nothing is fused.
    fn squared_of(metric: Metric, left: (Rows<'_>, f64), right: (Rows<'_>, f64)) -> f64 {
        v3 => squared_plain,
        _ => squared_plain,
    }
}

#[inline(always)]
fn squared_plain(metric: Metric, left: (Rows<'_>, f64), right: (Rows<'_>, f64)) -> f64 {
    let scales = (left.1, right.1);
    match (left.0, right.0) {
        (Rows::Singles(left), Rows::Singles(right)) => squared_numbers(metric, left, right, scales),
        (Rows::Doubles(left), Rows::Doubles(right)) => squared_numbers(metric, left, right, scales),
        (Rows::Singles(left), Rows::Doubles(right)) => squared_numbers(metric, left, right, scales),
        (Rows::Doubles(left), Rows::Singles(right)) => squared_numbers(metric, left, right, scales),
    }
}

#[inline(always)]
fn squared_numbers<A: Copy + Into<f64>, B: Copy + Into<f64>>(
    metric: Metric,
    left: &[A],
    right: &[B],
    scales: (f64, f64),
) -> f64 {
    if metric == Metric::Euclidean && scales == (1.0, 1.0) {
        add_up(left, right, |a, b| a.into() - b.into())
    } else {
        add_up(left, right, |a, b| a.into() * scales.0 - b.into() * scales.1)
    }
}

/// The sum of squared differences.
#[inline(always)]
fn add_up<A: Copy, B: Copy>(left: &[A], right: &[B], difference: impl Fn(A, B) -> f64) -> f64 {
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
            let doubles: [Vec<f64>; 2] =
                [&left, &right].map(|row| row.iter().map(|x| f64::from(*x)).collect());
            for (metric, scales) in [(Metric::Euclidean, [1.0, 1.0]), (Metric::Cosine, [0.3, 0.7])] {
                let plain = left.iter().zip(&right);
                let plain = plain.map(|(a, b)| f64::from(*a) * scales[0] - f64::from(*b) * scales[1]);
                let plain: f64 = plain.map(|x| x * x).sum();
                let lefts = [Rows::Singles(&left), Rows::Doubles(&doubles[0])].map(|row| (row, scales[0]));
                let rights = [Rows::Singles(&right), Rows::Doubles(&doubles[1])].map(|row| (row, scales[1]));
                let squared = squared_of(metric, lefts[0], rights[0]);
                assert!((squared - plain).abs() <= 1e-12 * squared);
                for (left, right) in lefts.into_iter().flat_map(|left| rights.map(|right| (left, right))) {
                    assert_eq!(squared, squared_of(metric, left, right));
                    assert_eq!(squared, squared_plain(metric, left, right));
                    assert_eq!(squared, squared_of(metric, right, left));
                }
            }
        }
    }

    #[test]
    fn squares_of_any_size_are_calculated() {
        for size in [1e-300, 1e-200, 1.0, 1e200, 1e300] {
            let rows = [1.0, 2.0, 4.0, 1e-5].map(|x| x * size);
            let points = Points::new(Rows::Doubles(&rows), 1, Metric::Euclidean).unwrap();
            for (a, b) in [(0, 1), (0, 2), (2, 3)] {
                let want = (rows[a] - rows[b]).abs() / size;
                let got = points.distance(points.squared(a, b)) / points.unit / size;
                assert!((got / want - 1.0).abs() < 1e-12, "{size}: {got} {want}");
                assert!((points.squared_from(want * size) / points.squared(a, b) - 1.0).abs() < 1e-12);
            }
            let points = Points::new(Rows::Doubles(&rows), 2, Metric::Cosine).unwrap();
            assert!(
                (points.squared(0, 1) - (2.0 - 2.0 * (4.0 + 2e-5) / (5.0f64 * 16.0).sqrt())).abs() < 1e-9
            );
        }
    }
}
