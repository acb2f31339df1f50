//! Comparing vectors: dot products, and exact search for the nearest of many.
//!
//! Whichever way is taken, on one thread or several, alone or in a batch, one processor gives one answer to the bit.

mod kernel;

use crate::parallel;
use kernel::{Floats, Packed, each_score};

/// Multiplications that are worth a thread of their own.
const THREAD_WORK: usize = 2_000_000;

/// A row that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Neighbour {
    /// Number of the row, from 0.
    pub index: usize,
    /// Dot product of the row and the query: their cosine if both have length 1.
    pub score: f32,
}

/// The dot product of two vectors, as far as the shorter one reaches.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let length = a.len().min(b.len());
    let mut out = [0.0];
    scores(&a[..length], &b[..length], &mut out);
    out[0]
}

/// The cosine of the angle between two vectors, -1 to 1; 0 if one of them has no direction.
pub fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let lengths = dot(a, a).sqrt() * dot(b, b).sqrt();
    if lengths > 0.0 && lengths.is_finite() { (dot(a, b) / lengths).clamp(-1.0, 1.0) } else { 0.0 }
}

/// Gives a vector the length 1 and tells whether that could be done: a vector of zeros, or one with a number that is
/// not finite, is left as it is.
#[must_use]
pub fn normalise(vector: &mut [f32]) -> bool {
    let length = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
    let possible = length.is_finite() && length > f64::from(f32::MIN_POSITIVE);
    if possible {
        vector.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
    }
    possible
}

/// The dot product of each of `rows`, which lie one after another, with `query`, in `out`.
///
/// # Panics
/// If `rows` does not hold `out.len()` rows as long as `query`.
pub fn scores(rows: &[f32], query: &[f32], out: &mut [f32]) {
    assert_eq!(rows.len(), out.len() * query.len(), "rows of another length than the query");
    each_score(Floats(rows), query, query.len(), |row, _, score| out[row] = score);
}

/// As [`scores`], of rows that are packed as little-endian bytes, aligned or not: nothing is copied.
///
/// # Panics
/// If `rows` does not hold `out.len()` rows as long as `query`.
pub fn scores_packed(rows: &[u8], query: &[f32], out: &mut [f32]) {
    assert_eq!(rows.len(), 4 * out.len() * query.len(), "rows of another length than the query");
    each_score(Packed(rows), query, query.len(), |row, _, score| out[row] = score);
}

/// Prefetches bytes that are about to be compared: has them brought near without waiting for them.
pub fn fetch_early(bytes: &[u8]) {
    kernel::fetch_bytes_early(bytes);
}

/// For each of `queries` the `limit` rows with the largest dot products, the largest first; of equal ones the earlier
/// row. Exact. Rows and queries have `dimensions` numbers each and lie one after another.
///
/// `threads` is the most that may work at once, up to 256; 0 for as many as there are cores. Calls that run at the same
/// time share the cores, so that one may have fewer. Scores that are not numbers are
/// never found.
///
/// # Panics
/// If `dimensions` is 0 or does not divide the lengths of `rows` and `queries`.
pub fn nearest(
    rows: &[f32],
    queries: &[f32],
    dimensions: usize,
    limit: usize,
    threads: usize,
) -> Vec<Vec<Neighbour>> {
    assert!(dimensions > 0 && rows.len().is_multiple_of(dimensions), "rows of another length");
    assert!(queries.len().is_multiple_of(dimensions), "queries of another length");
    let (count, query_count) = (rows.len() / dimensions, queries.len() / dimensions);
    let threads = useful_threads(threads, rows.len() * query_count);
    let part = count.div_ceil(threads).max(1);
    let find = |first: usize, rows: &[f32]| {
        let mut tops = vec![Top::new(limit); query_count];
        each_score(Floats(rows), queries, dimensions, |row, query, score| {
            tops[query].push(Neighbour { index: first + row, score });
        });
        tops
    };
    let mut tops = vec![Top::new(limit); query_count];
    let parts = rows.chunks(part * dimensions).enumerate();
    for found in parallel::map(parts, threads, |(i, rows)| find(i * part, rows)) {
        tops.iter_mut().zip(found).for_each(|(top, part)| top.kept.extend(part.kept));
    }
    tops.into_iter().map(Top::finish).collect()
}

/// How many of `threads` (0: as many as there are cores) are worth starting for so many multiplications.
pub fn useful_threads(threads: usize, multiplications: usize) -> usize {
    let most = parallel::threads(threads);
    most.min(multiplications.div_ceil(THREAD_WORK)).max(1)
}

/// The largest scores so far.
#[derive(Clone)]
struct Top {
    limit: usize,
    /// What a score has to exceed.
    floor: f32,
    kept: Vec<Neighbour>,
}

impl Top {
    fn new(limit: usize) -> Self {
        Self { limit, floor: if limit == 0 { f32::INFINITY } else { f32::NEG_INFINITY }, kept: Vec::new() }
    }

    /// Rows come in order: of equal scores the earlier one stays.
    #[inline(always)]
    fn push(&mut self, found: Neighbour) {
        if found.score > self.floor {
            self.kept.push(found);
            if self.kept.len() >= 2 * self.limit + 32 {
                self.shrink();
            }
        }
    }

    #[cold]
    fn shrink(&mut self) {
        self.kept.select_nth_unstable_by(self.limit - 1, order);
        self.kept.truncate(self.limit);
        self.floor = self.kept[self.limit - 1].score;
    }

    fn finish(mut self) -> Vec<Neighbour> {
        self.kept.sort_unstable_by(order);
        self.kept.truncate(self.limit);
        self.kept
    }
}

fn order(a: &Neighbour, b: &Neighbour) -> std::cmp::Ordering {
    b.score.total_cmp(&a.score).then(a.index.cmp(&b.index))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: u64) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    fn plain_dot(a: &[f32], b: &[f32]) -> f64 {
        a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
    }

    #[test]
    fn scores_are_those_of_the_plain_loop_in_every_shape() {
        for dimensions in [1, 2, 7, 8, 9, 31, 128, 192, 193] {
            for count in [0, 1, 3, 4, 5, 17] {
                let (rows, query) = (numbers(count * dimensions, 3), numbers(dimensions, 4));
                let mut got = vec![0.0; count];
                scores(&rows, &query, &mut got);
                for (row, got) in rows.chunks(dimensions).zip(&got) {
                    assert!((plain_dot(row, &query) - f64::from(*got)).abs() < 1e-4);
                }
                // Packed, at every alignment: the same to the bit.
                let bytes: Vec<u8> = rows.iter().flat_map(|x| x.to_le_bytes()).collect();
                for shift in 0..4 {
                    let moved: Vec<u8> = vec![0; shift].into_iter().chain(bytes.iter().copied()).collect();
                    let mut packed = vec![0.0; count];
                    scores_packed(&moved[shift..], &query, &mut packed);
                    assert_eq!(packed, got);
                }
            }
        }
    }

    #[test]
    fn the_nearest_are_those_of_a_full_sort_whatever_the_batch_and_the_threads() {
        let dimensions = 24;
        let mut rows = numbers(3_000 * dimensions, 5);
        // Rows that come twice: of equal ones the earlier wins.
        rows.copy_within(0..500 * dimensions, 2_000 * dimensions);
        let queries = numbers(9 * dimensions, 6);
        for limit in [0, 1, 3, 50, 4_000] {
            let batch = nearest(&rows, &queries, dimensions, limit, 1);
            assert_eq!(batch, nearest(&rows, &queries, dimensions, limit, 3));
            for (query, found) in queries.chunks(dimensions).zip(&batch) {
                assert_eq!(nearest(&rows, query, dimensions, limit, 2)[0], *found);
                let mut all: Vec<(usize, f32)> =
                    rows.chunks(dimensions).map(|row| dot(row, query)).enumerate().collect();
                all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
                let want: Vec<(usize, f32)> = all.into_iter().take(limit).collect();
                assert_eq!(found.iter().map(|n| (n.index, n.score)).collect::<Vec<_>>(), want);
            }
        }
    }

    #[test]
    fn many_threads_are_used_for_much_work_only() {
        assert_eq!(useful_threads(8, 1000), 1);
        assert_eq!(useful_threads(8, 100_000_000), 8);
        let rows = numbers(40_000 * 128, 7);
        let queries = numbers(2 * 128, 8);
        assert_eq!(nearest(&rows, &queries, 128, 7, 1), nearest(&rows, &queries, 128, 7, 4));
    }

    #[test]
    fn what_is_not_a_number_is_never_found() {
        let mut rows = numbers(10 * 8, 9);
        rows[3 * 8] = f32::NAN;
        let found = nearest(&rows, &numbers(8, 10), 8, 10, 1);
        assert_eq!(found[0].len(), 9);
        assert!(found[0].iter().all(|n| n.index != 3));
        assert_eq!(nearest(&[], &numbers(8, 10), 8, 3, 0), [[]]);
    }

    #[test]
    fn lengths_become_one_where_they_can() {
        let mut vector = numbers(192, 11);
        assert!(normalise(&mut vector));
        assert!((dot(&vector, &vector) - 1.0).abs() < 1e-6);
        assert!((cosine(&vector, &numbers(192, 11)) - 1.0).abs() < 1e-6);
        assert!(!normalise(&mut [0.0, 0.0]) && !normalise(&mut [1.0, f32::NAN]));
        assert!(!normalise(&mut [f32::INFINITY]) && !normalise(&mut []));
        assert_eq!(cosine(&[0.0], &[1.0]), 0.0);
        let large = [f32::MAX, f32::MAX];
        let mut scaled = large;
        assert!(normalise(&mut scaled) && (scaled[0] - 0.5f32.sqrt()).abs() < 1e-6);
        assert_eq!(large.first().unwrap(), &f32::MAX);
    }
}
