//! Comparing vectors: dot products, and exact search for the nearest of many.
//!
//! Rows are compared eight numbers at a time, several rows with several queries at once, so that each number that was
//! fetched is used more than once. The same code is compiled for the processor at hand; whichever runs, and on however
//! many threads, one processor gives one answer.

#![expect(unsafe_code, reason = "code for a newer processor may be called once the processor was asked")]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_setzero_ps, _mm256_storeu_ps};

/// Numbers that are worked on at once.
const LANES: usize = 8;
/// Multiplications, in millions, that are worth a thread of their own.
const THREAD_WORK: usize = 2_000_000;

/// A row that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
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

/// For each of `queries` the `limit` rows with the largest dot products, the largest first; of equal ones the earlier
/// row. Exact. Rows and queries have `dimensions` numbers each and lie one after another.
///
/// `threads` is the most that may work at once, 0 for as many as the machine has cores. Scores that are not numbers are
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
    let (count, asked) = (rows.len() / dimensions, queries.len() / dimensions);
    let threads = useful_threads(threads, rows.len() * asked);
    let part = count.div_ceil(threads).max(1);
    let find = |first: usize, rows: &[f32]| {
        let mut tops = vec![Top::new(limit); asked];
        each_score(Floats(rows), queries, dimensions, |row, query, score| {
            tops[query].push(Neighbour { index: first + row, score });
        });
        tops
    };
    let mut tops = vec![Top::new(limit); asked];
    std::thread::scope(|scope| {
        let find = &find;
        let mut parts = rows.chunks(part * dimensions).enumerate();
        let mine = parts.next();
        let others: Vec<_> = parts.map(|(i, rows)| scope.spawn(move || find(i * part, rows))).collect();
        let found = mine.map(|(_, rows)| find(0, rows)).into_iter().chain(
            others.into_iter().map(|o| o.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))),
        );
        for part in found {
            tops.iter_mut().zip(part).for_each(|(top, part)| top.kept.extend(part.kept));
        }
    });
    tops.into_iter().map(Top::finish).collect()
}

/// How many of `threads` (0: as many as there are cores) are worth starting for so many multiplications.
pub fn useful_threads(threads: usize, multiplications: usize) -> usize {
    let most = match threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        n => n,
    };
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

/// Rows of numbers that lie one after another.
trait Rows: Copy {
    /// As many numbers as are worked on at once.
    type Group;
    /// The numbers from `at` on, in whole groups.
    fn groups(&self, at: usize, groups: usize) -> &[Self::Group];
    fn numbers(group: &Self::Group) -> [f32; LANES];
    fn number(&self, at: usize) -> f32;
    fn len(&self) -> usize;
}

#[derive(Clone, Copy)]
struct Floats<'a>(&'a [f32]);

impl Rows for Floats<'_> {
    type Group = [f32; LANES];

    #[inline(always)]
    fn groups(&self, at: usize, groups: usize) -> &[[f32; LANES]] {
        &self.0[at..at + groups * LANES].as_chunks().0[..groups]
    }

    #[inline(always)]
    fn numbers(group: &[f32; LANES]) -> [f32; LANES] {
        *group
    }

    #[inline(always)]
    fn number(&self, at: usize) -> f32 {
        self.0[at]
    }

    #[inline(always)]
    fn len(&self) -> usize {
        self.0.len()
    }
}

#[derive(Clone, Copy)]
struct Packed<'a>(&'a [u8]);

impl Rows for Packed<'_> {
    type Group = [u8; 4 * LANES];

    #[inline(always)]
    fn groups(&self, at: usize, groups: usize) -> &[[u8; 4 * LANES]] {
        &self.0[4 * at..4 * (at + groups * LANES)].as_chunks().0[..groups]
    }

    #[inline(always)]
    fn numbers(group: &[u8; 4 * LANES]) -> [f32; LANES] {
        let mut numbers = [0.0; LANES];
        for (number, bytes) in numbers.iter_mut().zip(group.as_chunks::<4>().0) {
            *number = f32::from_le_bytes(*bytes);
        }
        numbers
    }

    #[inline(always)]
    fn number(&self, at: usize) -> f32 {
        let bytes = self.0[4 * at..].first_chunk::<4>();
        bytes.map_or(0.0, |bytes| f32::from_le_bytes(*bytes))
    }

    #[inline(always)]
    fn len(&self) -> usize {
        self.0.len() / 4
    }
}

/// Calls `each` with row, query and score of every row and query, rows in order for each query.
fn each_score<R: Rows>(rows: R, queries: &[f32], dimensions: usize, each: impl FnMut(usize, usize, f32)) {
    if dimensions == 0 {
        return;
    }
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        // SAFETY: the processor has both.
        return unsafe { each_score_avx2(rows, queries, dimensions, each) };
    }
    each_score_of::<R, Plain, 2, 2>(rows, queries, dimensions, each);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn each_score_avx2<R: Rows>(
    rows: R,
    queries: &[f32],
    dimensions: usize,
    each: impl FnMut(usize, usize, f32),
) {
    each_score_of::<R, Avx2, 4, 3>(rows, queries, dimensions, each);
}

/// Tiles of `HIGH` rows and `WIDE` queries, then what is left over.
#[inline(always)]
fn each_score_of<R: Rows, L: Lanes, const HIGH: usize, const WIDE: usize>(
    rows: R,
    queries: &[f32],
    dimensions: usize,
    mut each: impl FnMut(usize, usize, f32),
) {
    let (count, asked) = (rows.len() / dimensions, queries.len() / dimensions);
    let mut row = 0;
    while row + HIGH <= count {
        let mut query = 0;
        while query + WIDE <= asked {
            let sums = tile::<R, L, HIGH, WIDE>(rows, row, queries, query, dimensions);
            for (i, sums) in sums.iter().enumerate() {
                sums.iter().enumerate().for_each(|(j, &sum)| each(row + i, query + j, sum));
            }
            query += WIDE;
        }
        while query < asked {
            let sums = tile::<R, L, HIGH, 1>(rows, row, queries, query, dimensions);
            sums.iter().enumerate().for_each(|(i, sum)| each(row + i, query, sum[0]));
            query += 1;
        }
        row += HIGH;
    }
    for row in row..count {
        for query in 0..asked {
            each(row, query, tile::<R, L, 1, 1>(rows, row, queries, query, dimensions)[0][0]);
        }
    }
}

/// The dot products of `HIGH` rows with `WIDE` queries; each is added up in the same order whatever the tile.
#[inline(always)]
fn tile<R: Rows, L: Lanes, const HIGH: usize, const WIDE: usize>(
    rows: R,
    row: usize,
    queries: &[f32],
    query: usize,
    dimensions: usize,
) -> [[f32; WIDE]; HIGH] {
    let groups = dimensions / LANES;
    // Plain loops over arrays: what is built of closures here is not always compiled for the processor at hand.
    let mut left: [&[R::Group]; HIGH] = [&[]; HIGH];
    for (i, left) in left.iter_mut().enumerate() {
        *left = rows.groups((row + i) * dimensions, groups);
    }
    let queries = Floats(queries);
    let mut right: [&[[f32; LANES]]; WIDE] = [&[]; WIDE];
    for (j, right) in right.iter_mut().enumerate() {
        *right = queries.groups((query + j) * dimensions, groups);
    }
    let mut lanes = [[L::zero(); WIDE]; HIGH];
    for group in 0..groups {
        for (left, lanes) in left.iter().zip(&mut lanes) {
            let left = L::load::<R>(&left[group]);
            for (right, lanes) in right.iter().zip(lanes) {
                *lanes = left.multiply_add(L::load::<Floats<'_>>(&right[group]), *lanes);
            }
        }
    }
    let mut sums = [[0.0; WIDE]; HIGH];
    for (i, (sums, lanes)) in sums.iter_mut().zip(lanes).enumerate() {
        for (j, (sum, lanes)) in sums.iter_mut().zip(lanes).enumerate() {
            let mut lanes = lanes.numbers();
            for at in groups * LANES..dimensions {
                let left = rows.number((row + i) * dimensions + at);
                lanes[at % LANES] += left * queries.number((query + j) * dimensions + at);
            }
            let [a, b, c, d, e, f, g, h] = lanes;
            *sum = ((a + e) + (c + g)) + ((b + f) + (d + h));
        }
    }
    sums
}

/// Eight numbers at once.
trait Lanes: Copy {
    fn zero() -> Self;
    fn load<R: Rows>(group: &R::Group) -> Self;
    /// `self * other + sum`.
    fn multiply_add(self, other: Self, sum: Self) -> Self;
    fn numbers(self) -> [f32; LANES];
}

/// For any processor.
#[derive(Clone, Copy)]
struct Plain([f32; LANES]);

impl Lanes for Plain {
    #[inline(always)]
    fn zero() -> Self {
        Self([0.0; LANES])
    }

    #[inline(always)]
    fn load<R: Rows>(group: &R::Group) -> Self {
        Self(R::numbers(group))
    }

    #[inline(always)]
    fn multiply_add(self, other: Self, mut sum: Self) -> Self {
        for (sum, (a, b)) in sum.0.iter_mut().zip(self.0.iter().zip(&other.0)) {
            // A fused multiplication is an instruction everywhere on ARM, and a slow function on an old x86.
            *sum = if cfg!(target_arch = "aarch64") { a.mul_add(*b, *sum) } else { a * b + *sum };
        }
        sum
    }

    #[inline(always)]
    fn numbers(self) -> [f32; LANES] {
        self.0
    }
}

/// For an x86 with AVX2 and FMA; used where the processor was asked for both, and nowhere else.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
struct Avx2(__m256);

#[cfg(target_arch = "x86_64")]
impl Lanes for Avx2 {
    #[inline(always)]
    fn zero() -> Self {
        // SAFETY: the processor has AVX2.
        Self(unsafe { _mm256_setzero_ps() })
    }

    #[inline(always)]
    fn load<R: Rows>(group: &R::Group) -> Self {
        const { assert!(size_of::<R::Group>() == 4 * LANES) };
        // SAFETY: a group is eight numbers in 32 bytes, little-endian as this processor is; any alignment will do.
        Self(unsafe { _mm256_loadu_ps(std::ptr::from_ref(group).cast()) })
    }

    #[inline(always)]
    fn multiply_add(self, other: Self, sum: Self) -> Self {
        // SAFETY: the processor has FMA.
        Self(unsafe { _mm256_fmadd_ps(self.0, other.0, sum.0) })
    }

    #[inline(always)]
    fn numbers(self) -> [f32; LANES] {
        let mut numbers = [0.0; LANES];
        // SAFETY: the processor has AVX2, and there is room for eight numbers.
        unsafe { _mm256_storeu_ps(numbers.as_mut_ptr(), self.0) };
        numbers
    }
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

    /// Every path of this processor agrees with the one for any processor.
    #[test]
    fn the_code_for_any_processor_gives_the_same() {
        let (rows, queries) = (numbers(37 * 100, 1), numbers(5 * 100, 2));
        let mut plain = vec![0.0; 37 * 5];
        each_score_of::<_, Plain, 2, 2>(Floats(&rows), &queries, 100, |r, q, s| plain[r * 5 + q] = s);
        let mut seen = 0;
        each_score(Floats(&rows), &queries, 100, |r, q, s| {
            assert!((plain[r * 5 + q] - s).abs() < 1e-4);
            seen += 1;
        });
        assert_eq!(seen, 37 * 5);
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
