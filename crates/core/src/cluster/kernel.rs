//! Dot products of a block of points with another, for all pairs at once, and the pairs that may be near.
//!
//! A block lies in panels of 32 points; a panel holds the first numbers of all its points, then the second ones, so
//! that one load brings the same dimension of sixteen points. A word is one number, or two of 16 bits (bfloat16) where
//! the processor multiplies those. Results are only bounds: how they are rounded decides nothing.

#![cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "code for a newer processor may be called once the processor was asked")
)]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m256, __m512, __m512bh, _mm256_fmadd_ps, _mm256_load_ps, _mm256_set1_ps, _mm256_setzero_ps,
    _mm256_store_ps, _mm512_dpbf16_ps, _mm512_fmadd_ps, _mm512_load_ps, _mm512_set1_ps, _mm512_setzero_ps,
    _mm512_store_ps,
};

/// Points of a block.
pub(super) const BLOCK: usize = 128;
/// Words of a line, which is a line of the cache.
pub(super) const LINE: usize = 16;
/// Points of a panel.
pub(super) const PANEL: usize = 2 * LINE;
/// Words of sixteen points.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Line(pub(super) [u32; LINE]);

/// Sums of sixteen pairs.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Sums([f32; LINE]);

/// A block of points to multiply.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) lines: &'a [Line],
    /// Lower bounds of the squared lengths, infinite where there is no point.
    pub(super) lower: &'a [f32; BLOCK],
    /// A pair is given if it may be nearer than the limit of one of its points.
    pub(super) limits: &'a [f32; BLOCK],
}

/// A pair of points, by their places in their blocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    pub(super) left: u32,
    pub(super) right: u32,
    /// Their squared distance is not less than this.
    pub(super) lower: f32,
}

/// What words are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// One number.
    Singles,
    /// Two numbers of 16 bits.
    Halves,
}

impl Words {
    /// Words of each point that are worked on before the next panel: two lines of each stay in the nearest cache, and
    /// a sum has so few terms that it is rounded less than the words were.
    pub(super) fn depth(self) -> usize {
        match self {
            Self::Singles => 128,
            Self::Halves => 256,
        }
    }

    /// The smallest words that this processor multiplies fast.
    pub(super) fn smallest() -> Self {
        #[cfg(target_arch = "x86_64")]
        if has_halves() {
            return Self::Halves;
        }
        Self::Singles
    }
}

/// Room to work in.
pub(super) struct Bench {
    sums: Vec<Sums>,
    pub(super) hits: Vec<Hit>,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self { sums: vec![Sums([0.0; LINE]); BLOCK * BLOCK / LINE], hits: Vec::new() }
    }

    /// Puts into `hits` the pairs of two blocks whose squared distance may be below the limit of either.
    pub(super) fn find(&mut self, words: Words, left: Side<'_>, right: Side<'_>) {
        self.hits.clear();
        #[cfg(target_arch = "x86_64")]
        {
            if words == Words::Halves && has_halves() {
                // SAFETY: the processor has what the function was compiled for.
                return unsafe { find_halves(self, left, right) };
            }
            if has_avx512() {
                // SAFETY: as above.
                return unsafe { find_avx512(self, left, right) };
            }
            if has_avx2() {
                // SAFETY: as above.
                return unsafe { find_avx2(self, left, right) };
            }
        }
        debug_assert!(words == Words::Singles, "halves are only made where they are multiplied");
        find_of::<Plain, 4, 1>(self, Words::Singles, left, right);
    }
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    std::arch::is_x86_feature_detected!("avx512f") && std::arch::is_x86_feature_detected!("avx512dq")
}

#[cfg(target_arch = "x86_64")]
fn has_halves() -> bool {
    has_avx512() && std::arch::is_x86_feature_detected!("avx512bf16")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512bf16")]
fn find_halves(bench: &mut Bench, left: Side<'_>, right: Side<'_>) {
    find_of::<Halves, 8, 2>(bench, Words::Halves, left, right);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq")]
fn find_avx512(bench: &mut Bench, left: Side<'_>, right: Side<'_>) {
    find_of::<Avx512, 8, 2>(bench, Words::Singles, left, right);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn find_avx2(bench: &mut Bench, left: Side<'_>, right: Side<'_>) {
    find_of::<Avx2, 4, 1>(bench, Words::Singles, left, right);
}

#[inline(always)]
fn find_of<L: Lanes, const HIGH: usize, const LINES: usize>(
    bench: &mut Bench,
    words: Words,
    left: Side<'_>,
    right: Side<'_>,
) {
    multiply::<L, HIGH, LINES>(words.depth(), left.lines, right.lines, &mut bench.sums);
    select(&bench.sums, left, right, &mut bench.hits);
}

/// All dot products; each tile has `HIGH` points of one block and `LINES` lines of the other.
#[inline(always)]
fn multiply<L: Lanes, const HIGH: usize, const LINES: usize>(
    deep: usize,
    left: &[Line],
    right: &[Line],
    sums: &mut [Sums],
) {
    let words = left.len() / (BLOCK / LINE);
    for start in (0..words.max(1)).step_by(deep) {
        let depth = deep.min(words - start);
        let panel = |lines: &'_ [Line], number: usize| {
            let first = (number * words + start) * 2;
            first..(first + 2 * depth).min(lines.len())
        };
        for wide in 0..BLOCK / PANEL {
            let columns = right[panel(right, wide)].as_chunks::<2>().0;
            for (high, half) in
                (0..2).step_by(LINES).flat_map(|half| (0..BLOCK).step_by(HIGH).map(move |high| (high, half)))
            {
                let rows = left[panel(left, high / PANEL)].as_chunks::<2>().0;
                let tile = tile::<L, HIGH, LINES>(rows, high % PANEL, columns, half);
                for (i, tile) in tile.iter().enumerate() {
                    for (j, lanes) in tile.iter().enumerate() {
                        let sums = &mut sums[(high + i) * (BLOCK / LINE) + wide * 2 + half + j];
                        if start == 0 { lanes.store(sums) } else { lanes.add_to(sums) }
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn tile<L: Lanes, const HIGH: usize, const LINES: usize>(
    rows: &[[Line; 2]],
    high: usize,
    columns: &[[Line; 2]],
    half: usize,
) -> [[L; LINES]; HIGH] {
    let mut lanes = [[L::zero(); LINES]; HIGH];
    let (line, part) = (high / LINE, high % LINE / HIGH);
    for (rows, columns) in rows.iter().zip(columns) {
        let rows = &rows[line].0.as_chunks::<HIGH>().0[part];
        let mut wide = [L::zero(); LINES];
        for (j, wide) in wide.iter_mut().enumerate() {
            *wide = L::load(&columns[half + j]);
        }
        for (row, lanes) in rows.iter().zip(&mut lanes) {
            let row = L::splat(*row);
            for (wide, lanes) in wide.iter().zip(lanes) {
                *lanes = row.multiply_add(*wide, *lanes);
            }
        }
    }
    lanes
}

/// The pairs whose distance may be below the limits.
#[inline(always)]
fn select(sums: &[Sums], left: Side<'_>, right: Side<'_>, hits: &mut Vec<Hit>) {
    let (lower, limits) = (right.lower.as_chunks::<LINE>().0, right.limits.as_chunks::<LINE>().0);
    for (row, sums) in sums.chunks_exact(BLOCK / LINE).enumerate() {
        let (row_lower, row_limit) = (left.lower[row], left.limits[row]);
        for (column, (sums, (lower, limits))) in sums.iter().zip(lower.iter().zip(limits)).enumerate() {
            let mut distances = [0.0f32; LINE];
            let mut near = 0u32;
            for lane in 0..LINE {
                distances[lane] = (row_lower + lower[lane] - 2.0 * sums.0[lane]).max(0.0);
                near += u32::from(distances[lane] < row_limit.max(limits[lane]));
            }
            if near == 0 {
                continue;
            }
            for lane in 0..LINE {
                if distances[lane] < row_limit.max(limits[lane]) {
                    let right = (column * LINE + lane) as u32;
                    hits.push(Hit { left: row as u32, right, lower: distances[lane] });
                }
            }
        }
    }
}

/// Sums of sixteen pairs at once.
trait Lanes: Copy {
    fn zero() -> Self;
    fn load(line: &Line) -> Self;
    /// The same word sixteen times.
    fn splat(word: u32) -> Self;
    /// `self * other + sum`; `self` and `other` hold words, `sum` numbers.
    fn multiply_add(self, other: Self, sum: Self) -> Self;
    fn store(self, sums: &mut Sums);

    #[inline(always)]
    fn add_to(self, sums: &mut Sums) {
        let mut more = Sums([0.0; LINE]);
        self.store(&mut more);
        sums.0.iter_mut().zip(more.0).for_each(|(sum, more)| *sum += more);
    }
}

/// For any processor.
#[derive(Clone, Copy)]
struct Plain([f32; LINE]);

impl Lanes for Plain {
    #[inline(always)]
    fn zero() -> Self {
        Self([0.0; LINE])
    }

    #[inline(always)]
    fn load(line: &Line) -> Self {
        Self(line.0.map(f32::from_bits))
    }

    #[inline(always)]
    fn splat(word: u32) -> Self {
        Self([f32::from_bits(word); LINE])
    }

    #[inline(always)]
    fn multiply_add(self, other: Self, mut sum: Self) -> Self {
        for (sum, (a, b)) in sum.0.iter_mut().zip(self.0.iter().zip(&other.0)) {
            *sum = if cfg!(target_arch = "aarch64") { a.mul_add(*b, *sum) } else { a * b + *sum };
        }
        sum
    }

    #[inline(always)]
    fn store(self, sums: &mut Sums) {
        sums.0 = self.0;
    }
}

/// For an x86 with AVX2 and FMA; used where the processor was asked for both, and nowhere else.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
struct Avx2([__m256; 2]);

#[cfg(target_arch = "x86_64")]
impl Lanes for Avx2 {
    #[inline(always)]
    fn zero() -> Self {
        // SAFETY: the processor has AVX.
        Self(unsafe { [_mm256_setzero_ps(), _mm256_setzero_ps()] })
    }

    #[inline(always)]
    fn load(line: &Line) -> Self {
        let start: *const f32 = line.0.as_ptr().cast();
        // SAFETY: a line is 64 bytes at an address that 64 divides.
        Self(unsafe { [_mm256_load_ps(start), _mm256_load_ps(start.add(8))] })
    }

    #[inline(always)]
    fn splat(word: u32) -> Self {
        // SAFETY: the processor has AVX.
        let lanes = unsafe { _mm256_set1_ps(f32::from_bits(word)) };
        Self([lanes, lanes])
    }

    #[inline(always)]
    fn multiply_add(self, other: Self, sum: Self) -> Self {
        // SAFETY: the processor has FMA.
        Self(unsafe {
            [
                _mm256_fmadd_ps(self.0[0], other.0[0], sum.0[0]),
                _mm256_fmadd_ps(self.0[1], other.0[1], sum.0[1]),
            ]
        })
    }

    #[inline(always)]
    fn store(self, sums: &mut Sums) {
        let start = sums.0.as_mut_ptr();
        // SAFETY: sums are 64 bytes at an address that 64 divides.
        unsafe {
            _mm256_store_ps(start, self.0[0]);
            _mm256_store_ps(start.add(8), self.0[1]);
        }
    }
}

/// For an x86 with AVX-512; used where the processor was asked for it, and nowhere else.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
struct Avx512(__m512);

#[cfg(target_arch = "x86_64")]
impl Lanes for Avx512 {
    #[inline(always)]
    fn zero() -> Self {
        // SAFETY: the processor has AVX-512.
        Self(unsafe { _mm512_setzero_ps() })
    }

    #[inline(always)]
    fn load(line: &Line) -> Self {
        // SAFETY: a line is 64 bytes at an address that 64 divides.
        Self(unsafe { _mm512_load_ps(line.0.as_ptr().cast()) })
    }

    #[inline(always)]
    fn splat(word: u32) -> Self {
        // SAFETY: the processor has AVX-512.
        Self(unsafe { _mm512_set1_ps(f32::from_bits(word)) })
    }

    #[inline(always)]
    fn multiply_add(self, other: Self, sum: Self) -> Self {
        // SAFETY: the processor has AVX-512.
        Self(unsafe { _mm512_fmadd_ps(self.0, other.0, sum.0) })
    }

    #[inline(always)]
    fn store(self, sums: &mut Sums) {
        // SAFETY: sums are 64 bytes at an address that 64 divides.
        unsafe { _mm512_store_ps(sums.0.as_mut_ptr(), self.0) };
    }
}

/// Words of two numbers, for an x86 that multiplies bfloat16.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
struct Halves(Avx512);

#[cfg(target_arch = "x86_64")]
impl Lanes for Halves {
    #[inline(always)]
    fn zero() -> Self {
        Self(Avx512::zero())
    }

    #[inline(always)]
    fn load(line: &Line) -> Self {
        Self(Avx512::load(line))
    }

    #[inline(always)]
    fn splat(word: u32) -> Self {
        Self(Avx512::splat(word))
    }

    #[inline(always)]
    fn multiply_add(self, other: Self, sum: Self) -> Self {
        // SAFETY: both types are 64 bytes that any numbers may fill.
        let words = |lanes: Self| unsafe { std::mem::transmute::<__m512, __m512bh>(lanes.0.0) };
        // SAFETY: the processor has the instruction.
        Self(Avx512(unsafe { _mm512_dpbf16_ps(sum.0.0, words(self), words(other)) }))
    }

    #[inline(always)]
    fn store(self, sums: &mut Sums) {
        self.0.store(sums);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: usize, seed: u64) -> Vec<Line> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 40) as f32 / (1u64 << 23) as f32 - 1.0).to_bits()
        };
        (0..count).map(|_| Line([0; LINE].map(|_| next()))).collect()
    }

    /// Every path of this processor agrees with the plain sum, whole blocks deep and less.
    #[test]
    fn all_ways_to_multiply_agree() {
        for words in [1, 3, 300] {
            let (left, right) = (lines(words * BLOCK / LINE, 1), lines(words * BLOCK / LINE, 2));
            let number = |lines: &[Line], point: usize, word: usize| {
                let line = (point / PANEL * words + word) * 2 + point % PANEL / LINE;
                f64::from(f32::from_bits(lines[line].0[point % LINE]))
            };
            let wide = [f32::INFINITY; BLOCK];
            let zero = [0.0; BLOCK];
            let side = |lines| Side { lines, lower: &zero, limits: &wide };
            let mut benches = [Bench::new(), Bench::new()];
            benches[0].find(Words::Singles, side(&left), side(&right));
            find_of::<Plain, 4, 1>(&mut benches[1], Words::Singles, side(&left), side(&right));
            #[cfg(target_arch = "x86_64")]
            let extra = has_avx2().then(|| {
                let mut bench = Bench::new();
                // SAFETY: the processor was asked.
                unsafe { find_avx2(&mut bench, side(&left), side(&right)) };
                bench
            });
            #[cfg(not(target_arch = "x86_64"))]
            let extra: Option<Bench> = None;
            for bench in benches.iter().chain(&extra) {
                assert_eq!(bench.hits.len(), BLOCK * BLOCK);
                for (i, sum) in bench.sums.iter().flat_map(|sums| sums.0).enumerate() {
                    let want: f64 = (0..words)
                        .map(|word| number(&left, i / BLOCK, word) * number(&right, i % BLOCK, word))
                        .sum();
                    assert!((f64::from(sum) - want).abs() < 1e-3, "{words} {i}: {sum} {want}");
                }
            }
        }
    }
}
