//! Dot products of a block of points with another, for all pairs at once, and the pairs that may be near.
//!
//! A block lies in panels of 32 points; a panel holds the first numbers of all its points, then the second ones, so
//! that one load brings the same dimension of sixteen points. A word is one number, or two of 16 bits (bfloat16) where
//! the processor multiplies those. Results are only bounds: how they are rounded decides nothing.

mod lanes;

use crate::wide;
use crate::wide::{Level, has};
#[cfg(target_arch = "x86_64")]
use lanes::{Avx2, Avx512, Halves};
use lanes::{Lanes, Plain, PlainHalves};

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
        if has(Level::Bfloat16) { Self::Halves } else { Self::Singles }
    }
}

/// Room to work in.
pub(super) struct Bench {
    sums: Vec<Sums>,
    pub(super) hits: Vec<Hit>,
    /// What the distances of all hits can exceed their bounds by, beside what their points bring.
    pub(super) slack: f32,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self { sums: vec![Sums([0.0; LINE]); BLOCK * BLOCK / LINE], hits: Vec::new(), slack: 0.0 }
    }

    /// Puts into `hits` the pairs of two blocks whose squared distance may be below the limit of either.
    pub(super) fn find(&mut self, words: Words, left: Side<'_>, right: Side<'_>) {
        self.hits.clear();
        match words {
            Words::Singles => find_singles(self, left, right),
            Words::Halves => find_halves(self, left, right),
        }
    }
}

wide! {
    fn find_singles(bench: &mut Bench, left: Side<'_>, right: Side<'_>) {
        avx512 => find_of::<Avx512, 8, 2>,
        v3 => find_of::<Avx2, 4, 1>,
        _ => find_of::<Plain, 4, 1>,
    }
}

wide! {
    fn find_halves(bench: &mut Bench, left: Side<'_>, right: Side<'_>) {
        bfloat16 => find_of::<Halves, 8, 2>,
        _ => find_of::<PlainHalves, 4, 1>,
    }
}

#[inline(always)]
fn find_of<L: Lanes, const HIGH: usize, const LINES: usize>(
    bench: &mut Bench,
    left: Side<'_>,
    right: Side<'_>,
) {
    multiply::<L, HIGH, LINES>(L::WORDS.depth(), left.lines, right.lines, &mut bench.sums);
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

    /// The same, the upper half of each number twice.
    fn pairs(count: usize, seed: u64) -> Vec<Line> {
        let twice = |word: u32| word & 0xffff_0000 | word >> 16;
        lines(count, seed).into_iter().map(|line| Line(line.0.map(twice))).collect()
    }

    wide! {
        /// What is not taken where there is AVX-512.
        fn find_v3(bench: &mut Bench, left: Side<'_>, right: Side<'_>) {
            v3 => find_of::<Avx2, 4, 1>,
            _ => find_of::<Plain, 4, 1>,
        }
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
            let mut benches = [Bench::new(), Bench::new(), Bench::new()];
            benches[0].find(Words::Singles, side(&left), side(&right));
            find_of::<Plain, 4, 1>(&mut benches[1], side(&left), side(&right));
            find_v3(&mut benches[2], side(&left), side(&right));
            for bench in &benches {
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

    #[test]
    fn halves_are_multiplied_as_two_numbers_each() {
        for words in [1, 5, 300] {
            let [left, right] = [3, 4].map(|seed| pairs(words * BLOCK / LINE, seed));
            let halves = |lines: &[Line], point: usize, word: usize| {
                let line = (point / PANEL * words + word) * 2 + point % PANEL / LINE;
                let word = lines[line].0[point % LINE];
                [word << 16, word & 0xffff_0000].map(|bits| f64::from(f32::from_bits(bits)))
            };
            let (wide, zero) = ([f32::INFINITY; BLOCK], [0.0; BLOCK]);
            let side = |lines| Side { lines, lower: &zero, limits: &wide };
            let mut benches = [Bench::new(), Bench::new()];
            benches[0].find(Words::Halves, side(&left), side(&right));
            find_of::<PlainHalves, 4, 1>(&mut benches[1], side(&left), side(&right));
            for bench in &benches {
                for (i, sum) in bench.sums.iter().flat_map(|sums| sums.0).enumerate() {
                    let product = |word| {
                        let (a, b) = (halves(&left, i / BLOCK, word), halves(&right, i % BLOCK, word));
                        a[0] * b[0] + a[1] * b[1]
                    };
                    let want: f64 = (0..words).map(product).sum();
                    assert!(
                        (f64::from(sum) - want).abs() < 1e-3 * want.abs().max(1.0),
                        "{words} {i}: {sum} {want}"
                    );
                }
            }
        }
    }
}
