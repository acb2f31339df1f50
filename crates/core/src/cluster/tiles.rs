//! All pairs of blocks, in rounds in which no block comes twice: what happens to a block does not depend on how many
//! threads there are. The rounds are those of a tournament in which everybody plays everybody (the circle method).

use super::kernel::BLOCK;
use crate::parallel::map;
use std::ops::ControlFlow;

/// Asked whether to go on.
pub(super) type Flow<'a> = dyn FnMut() -> ControlFlow<()> + 'a;

/// Multiplications that a thread makes before it is asked whether the work was cancelled: some hundredths of a second.
const WORK: usize = 1 << 29;

/// The same in pairs of blocks: at first every pair of points is a find, which takes longer than to multiply them.
const PAIRS: usize = 256;

/// How many pairs of blocks are worked on before it is asked whether the work was cancelled.
pub(super) fn at_once(dimensions: usize, threads: usize) -> usize {
    (WORK / (BLOCK * BLOCK)).div_ceil(dimensions + 64).min(PAIRS) * threads.max(1)
}

/// What `work` makes of each of some parts of so many numbers, as [`map`] does it; `None` if it was cancelled.
pub(super) fn map_parts<I: Send, T: Send>(
    parts: impl Iterator<Item = I>,
    numbers: usize,
    threads: usize,
    flow: &mut Flow<'_>,
    work: impl Fn(I) -> T + Sync,
) -> Option<Vec<T>> {
    let at_once = (WORK / 64).div_ceil(numbers.max(1)) * threads.max(1);
    let (mut parts, mut done) = (parts, Vec::new());
    loop {
        let some: Vec<I> = parts.by_ref().take(at_once).collect();
        if some.is_empty() {
            return Some(done);
        }
        done.extend(map(some, threads, &work));
        if flow().is_break() {
            return None;
        }
    }
}

/// How many rounds there are for so many blocks.
pub(super) fn rounds(blocks: usize) -> usize {
    match blocks {
        0 => 0,
        blocks => blocks.next_multiple_of(2),
    }
}

/// The pairs of a round: in the first each block with itself, then as in a tournament.
pub(super) fn pairs(blocks: usize, round: usize) -> Vec<[usize; 2]> {
    if round == 0 {
        return (0..blocks).map(|block| [block, block]).collect();
    }
    let others = blocks.next_multiple_of(2) - 1;
    let round = round - 1;
    let first = [round, others];
    let rest = (1..=others / 2).map(|step| [(round + step) % others, (round + others - step) % others]);
    let all = std::iter::once(first).chain(rest).filter(|pair| pair.iter().all(|block| *block < blocks));
    all.map(|[a, b]| [a.min(b), a.max(b)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_comes_once_and_no_block_twice_in_a_round() {
        for blocks in 0..12 {
            let mut seen = std::collections::BTreeSet::new();
            for round in 0..rounds(blocks) {
                let mut busy = std::collections::BTreeSet::new();
                for [a, b] in pairs(blocks, round) {
                    assert!(a <= b && b < blocks && seen.insert([a, b]));
                    assert!(busy.insert(a) && (a == b || busy.insert(b)));
                }
            }
            assert_eq!(seen.len(), blocks * (blocks + 1) / 2);
        }
    }
}
