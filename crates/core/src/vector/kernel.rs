//! Dot products of many rows with many queries.
//!
//! Rows are compared eight numbers at a time, several rows with several queries at once, so that each number that was
//! fetched is used more than once. The same code is compiled for any processor and for those with AVX2.

#![expect(unsafe_code, reason = "these instructions are used in functions that `wide!` compiled for them")]

use crate::wide;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m256, _MM_HINT_T0, _mm_prefetch, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_setzero_ps, _mm256_storeu_ps,
};

/// Numbers that are worked on at once.
const LANES: usize = 8;
/// Tiles of rows by which memory is prefetched: processors do not look beyond a page by themselves, and a search
/// waits for memory more than it calculates.
const AHEAD: usize = 3;

/// Rows of numbers that lie one after another.
pub(super) trait Rows: Copy {
    /// As many numbers as are worked on at once.
    type Group;
    /// The numbers from `at` on, in whole groups.
    fn groups(&self, at: usize, groups: usize) -> &[Self::Group];
    fn numbers(group: &Self::Group) -> [f32; LANES];
    fn number(&self, at: usize) -> f32;
    fn len(&self) -> usize;
}

#[derive(Clone, Copy)]
pub(super) struct Floats<'a>(pub(super) &'a [f32]);

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
pub(super) struct Packed<'a>(pub(super) &'a [u8]);

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
pub(super) fn each_score<R: Rows>(
    rows: R,
    queries: &[f32],
    dimensions: usize,
    each: impl FnMut(usize, usize, f32),
) {
    if dimensions > 0 {
        each_score_wide(rows, queries, dimensions, each);
    }
}

wide! {
    fn each_score_wide[R: Rows](
        rows: R, queries: &[f32], dimensions: usize, each: impl FnMut(usize, usize, f32),
    ) {
        v3 => each_score_of::<R, Avx2, 4, 3>,
        _ => each_score_of::<R, Plain, 2, 2>,
    }
}

/// Prefetches `bytes`: has them brought near without waiting.
pub(super) fn fetch_bytes_early(bytes: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    for line in bytes.chunks(64) {
        // SAFETY: a prefetch changes nothing but the caches.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = bytes;
}

/// Tiles of `HIGH` rows and `WIDE` queries, then what is left over.
#[inline(always)]
fn each_score_of<R: Rows, L: Lanes, const HIGH: usize, const WIDE: usize>(
    rows: R,
    queries: &[f32],
    dimensions: usize,
    mut each: impl FnMut(usize, usize, f32),
) {
    let (count, query_count) = (rows.len() / dimensions, queries.len() / dimensions);
    let mut row = 0;
    while row + HIGH <= count {
        fetch_early::<R, L>(rows, (row + AHEAD * HIGH) * dimensions, HIGH * dimensions);
        let mut query = 0;
        while query + WIDE <= query_count {
            let sums = tile::<R, L, HIGH, WIDE>(rows, row, queries, query, dimensions);
            for (i, sums) in sums.iter().enumerate() {
                sums.iter().enumerate().for_each(|(j, &sum)| each(row + i, query + j, sum));
            }
            query += WIDE;
        }
        while query < query_count {
            let sums = tile::<R, L, HIGH, 1>(rows, row, queries, query, dimensions);
            sums.iter().enumerate().for_each(|(i, sum)| each(row + i, query, sum[0]));
            query += 1;
        }
        row += HIGH;
    }
    for row in row..count {
        for query in 0..query_count {
            each(row, query, tile::<R, L, 1, 1>(rows, row, queries, query, dimensions)[0][0]);
        }
    }
}

/// Prefetches `count` numbers from `at` on, if there are so many.
#[inline(always)]
fn fetch_early<R: Rows, L: Lanes>(rows: R, at: usize, count: usize) {
    if at + count <= rows.len() {
        // Two groups are a line of the cache.
        rows.groups(at, count / LANES).iter().step_by(2).for_each(L::fetch_early::<R>);
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
    /// Prefetches the memory.
    fn fetch_early<R: Rows>(group: &R::Group);
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
    fn fetch_early<R: Rows>(_: &R::Group) {}

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

/// For an x86 with AVX2 and FMA; used where `wide!` found both, and nowhere else.
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
    fn fetch_early<R: Rows>(group: &R::Group) {
        // SAFETY: a prefetch changes nothing but the caches.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(group).cast()) };
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
}
