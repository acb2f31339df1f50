//! Vectors in the store: numbered sets of them, packed in blocks that are compared where they lie.
//!
//! A block holds up to 32 vectors whose numbers follow each other; LMDB keeps it in pages of its own, one after
//! another, so a search reads the mapped file from end to end and copies nothing.
//!
//! ```text
//! key:   set u32 | block u32, big-endian
//! value: number of each slot u32 * 32, 0 for an empty one | vectors f32 * dimensions * slots, little-endian
//! ```

use crate::env::{Table, View, WriteTxn};
use crate::rows::encode;
use sonic_core::parallel::map;
use sonic_core::vector::{fetch_early, scores_packed, useful_threads};
use sonic_core::{Error, Result};

/// Vectors that are searched together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Set(pub u32);

impl Set {
    /// One of every voice that was recorded with an embedding, by voice number.
    pub(crate) const VOICES: Self = Self(0);
    /// The mean of every voiceprint, by voiceprint number.
    pub(crate) const VOICEPRINTS: Self = Self(1);
    /// Voices of strangers.
    pub(crate) const COHORT: Self = Self(2);
    /// Those of the voices that have one of the narrow band, by voice number.
    pub(crate) const NARROW_VOICES: Self = Self(3);
    /// Their mean for every voiceprint whose samples have one, by voiceprint number.
    pub(crate) const NARROW_VOICEPRINTS: Self = Self(4);
    /// The same of the voiceprints of which no sample is wide-band.
    pub(crate) const NARROW_ONLY: Self = Self(5);
    /// The first of the sets of unnamed speakers, one for each scope.
    pub(crate) const FIRST_SCOPE: u32 = 16;
    /// The first of the sets of faces, one for each event; they have a table of their own.
    const FIRST_EVENT: u32 = 1 << 31;

    /// One of every face of an event that has an embedding, by face number.
    pub(crate) fn of_event(event: u32) -> Self {
        Self(Self::FIRST_EVENT | event)
    }

    /// The event of a set of faces, by the number of the set.
    pub(crate) fn event_of(number: u32) -> u32 {
        number & !Self::FIRST_EVENT
    }

    fn table(self) -> Table {
        if self.0 >= Self::FIRST_EVENT { Table::FaceVectors } else { Table::Vectors }
    }
}

const BLOCK: usize = 32;
const HEADER: usize = 4 * BLOCK;
/// Bytes of a block that are prefetched while the one before is searched; the processor fetches the rest by itself.
const FETCHED_EARLY: usize = 12_288;

fn place(set: Set, number: u32) -> ([u8; 8], usize) {
    let mut key = [0; 8];
    key[..4].copy_from_slice(&set.0.to_be_bytes());
    key[4..].copy_from_slice(&(number / BLOCK as u32).to_be_bytes());
    (key, number as usize % BLOCK)
}

/// Adds or replaces the vector `number`, which is not 0.
pub(crate) fn put(txn: &mut WriteTxn<'_>, set: Set, number: u32, vector: &[f32]) -> Result<()> {
    let (key, slot) = place(set, number);
    let mut value = txn.view().get(set.table(), &key)?.map_or_else(|| vec![0; HEADER], <[u8]>::to_vec);
    if value.len() < HEADER {
        return Err(damaged());
    }
    let start = HEADER + 4 * vector.len() * slot;
    let end = start + 4 * vector.len();
    value.resize(value.len().max(end), 0);
    value[4 * slot..4 * slot + 4].copy_from_slice(&number.to_le_bytes());
    for (place, x) in value[start..end].chunks_exact_mut(4).zip(vector) {
        place.copy_from_slice(&x.to_le_bytes());
    }
    txn.put(set.table(), &key, &value)
}

/// Removes the vector `number`, if it is there; its numbers are gone from the file after the next compaction.
pub(crate) fn remove(txn: &mut WriteTxn<'_>, set: Set, number: u32, dimensions: usize) -> Result<()> {
    let (key, slot) = place(set, number);
    let Some(value) = txn.view().get(set.table(), &key)? else { return Ok(()) };
    let mut value = value.to_vec();
    let (header, rows) = value.split_at_mut_checked(HEADER).ok_or_else(damaged)?;
    header[4 * slot..4 * slot + 4].fill(0);
    let row = dimensions.saturating_mul(4);
    rows.iter_mut().skip(row.saturating_mul(slot)).take(row).for_each(|byte| *byte = 0);
    match header.iter().all(|byte| *byte == 0) {
        true => txn.delete(set.table(), &key).map(drop),
        false => txn.put(set.table(), &key, &value),
    }
}

/// Removes every vector of a set.
pub(crate) fn clear(txn: &mut WriteTxn<'_>, set: Set) -> Result<()> {
    txn.delete_prefix(set.table(), &set.0.to_be_bytes())
}

/// The vector `number`; `None` if there is none.
pub(crate) fn get(view: View<'_>, set: Set, number: u32, dimensions: usize) -> Result<Option<Vec<f32>>> {
    let (key, slot) = place(set, number);
    let Some(value) = view.get(set.table(), &key)? else { return Ok(None) };
    let block = Block::new(value, dimensions)?;
    Ok((number != 0 && block.number(slot) == number).then(|| block.vector(slot, dimensions)).flatten())
}

/// True if there is a vector `number` that can be read.
pub(crate) fn contains(view: View<'_>, set: Set, number: u32, dimensions: usize) -> bool {
    dimensions > 0 && get(view, set, number, dimensions).is_ok_and(|vector| vector.is_some())
}

/// Removes the vectors of a set whose numbers are not to be kept.
pub(crate) fn retain(
    txn: &mut WriteTxn<'_>,
    set: Set,
    dimensions: usize,
    is_kept: impl Fn(u32) -> bool,
) -> Result<()> {
    let blocks = blocks(txn.view(), set, dimensions.max(1))?;
    let numbers = blocks.iter().flat_map(|block| (0..block.slots).map(|slot| block.number(slot)));
    let gone: Vec<u32> = numbers.filter(|number| *number != 0 && !is_kept(*number)).collect();
    gone.into_iter().try_for_each(|number| remove(txn, set, number, dimensions))
}

/// The numbers of the sets of voices from `first` on that have vectors.
pub(crate) fn sets_from(view: View<'_>, first: u32) -> Result<Vec<u32>> {
    let mut sets: Vec<u32> = view
        .rows(Table::Vectors)?
        .map(|row| Ok(row?.0.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes))))
        .collect::<Result<_>>()?;
    sets.dedup();
    sets.retain(|set| *set >= first);
    Ok(sets)
}

/// At most `most` vectors of a set with their numbers, taken evenly, in order.
pub(crate) fn sample(
    view: View<'_>,
    set: Set,
    dimensions: usize,
    most: usize,
) -> Result<Vec<(u32, Vec<f32>)>> {
    let blocks = blocks(view, set, dimensions)?;
    let step = blocks.iter().map(Block::len).sum::<usize>().div_ceil(most).max(1);
    let slots = blocks.iter().flat_map(|block| (0..block.slots).map(move |slot| (block, slot)));
    let filled = slots.filter(|(block, slot)| block.number(*slot) != 0);
    Ok(filled
        .step_by(step)
        .filter_map(|(block, slot)| Some((block.number(slot), block.vector(slot, dimensions)?)))
        .collect())
}

/// Number of vectors in a set.
pub(crate) fn count(view: View<'_>, set: Set, dimensions: usize) -> Result<usize> {
    Ok(blocks(view, set, dimensions)?.iter().map(Block::len).sum())
}

/// The dot product of every vector of a set with `query`, in order of number.
pub(crate) fn scores(view: View<'_>, set: Set, query: &[f32], threads: usize) -> Result<Vec<(u32, f32)>> {
    let blocks = blocks(view, set, query.len())?;
    let threads = useful_threads(threads, blocks.len() * BLOCK * query.len());
    let part = blocks.len().div_ceil(threads).max(1);
    let mut parts = map(blocks.chunks(part), threads, |part| scores_of(part, query)).into_iter();
    let mut scores = parts.next().unwrap_or_default();
    parts.for_each(|part| scores.extend(part));
    Ok(scores)
}

fn scores_of(blocks: &[Block<'_>], query: &[f32]) -> Vec<(u32, f32)> {
    let mut out = Vec::with_capacity(blocks.len() * BLOCK);
    let mut scores = [0.0; BLOCK];
    for (i, block) in blocks.iter().enumerate() {
        // The next block lies elsewhere in the file.
        if let Some(next) = blocks.get(i + 1) {
            fetch_early(&next.rows[..next.rows.len().min(FETCHED_EARLY)]);
        }
        scores_packed(block.rows, query, &mut scores[..block.slots]);
        let found = scores[..block.slots].iter().enumerate();
        out.extend(
            found.map(|(slot, score)| (block.number(slot), *score)).filter(|(n, s)| *n != 0 && !s.is_nan()),
        );
    }
    out
}

/// The `limit` largest of `scores`, the largest first; of equal ones the smaller number.
pub(crate) fn largest(scores: Vec<(u32, f32)>, limit: usize) -> Vec<(u32, f32)> {
    let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    let room = limit.saturating_mul(2).saturating_add(32);
    let mut kept: Vec<(u32, f32)> = Vec::new();
    // Scores come in order of number, so that one equal to the floor is no better.
    let mut floor = if limit == 0 { f32::INFINITY } else { f32::NEG_INFINITY };
    for score in scores {
        if score.1 <= floor {
            continue;
        }
        kept.push(score);
        if kept.len() == room {
            kept.select_nth_unstable_by(limit - 1, order);
            kept.truncate(limit);
            floor = kept[limit - 1].1;
        }
    }
    kept.sort_unstable_by(order);
    kept.truncate(limit);
    kept
}

struct Block<'t> {
    numbers: &'t [u8],
    rows: &'t [u8],
    slots: usize,
}

impl<'t> Block<'t> {
    fn new(value: &'t [u8], dimensions: usize) -> Result<Self> {
        let (numbers, rows) = value.split_at_checked(HEADER).ok_or_else(damaged)?;
        let row = 4 * dimensions;
        if row == 0 || !rows.len().is_multiple_of(row) || rows.len() / row > BLOCK {
            return Err(damaged());
        }
        Ok(Self { numbers, rows, slots: rows.len() / row })
    }

    /// Vectors in the block.
    fn len(&self) -> usize {
        (0..self.slots).filter(|slot| self.number(*slot) != 0).count()
    }

    fn number(&self, slot: usize) -> u32 {
        let bytes = self.numbers.get(4 * slot..4 * slot + 4).and_then(|b| b.try_into().ok());
        bytes.map_or(0, u32::from_le_bytes)
    }

    fn vector(&self, slot: usize, dimensions: usize) -> Option<Vec<f32>> {
        let row = self.rows.get(4 * dimensions * slot..4 * dimensions * (slot + 1))?;
        Some(row.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }
}

fn blocks(view: View<'_>, set: Set, dimensions: usize) -> Result<Vec<Block<'_>>> {
    let rows = view.prefix(set.table(), &set.0.to_be_bytes())?;
    rows.map(|row| Block::new(row?.1, dimensions)).collect()
}

fn damaged() -> Error {
    encode::damaged("a block of embeddings")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_are_those_of_a_full_sort() {
        let mut state = 3u32;
        let scores: Vec<(u32, f32)> = (1..2_000)
            .map(|number| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (number, (state >> 24) as f32)
            })
            .collect();
        let mut sorted = scores.clone();
        sorted.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        for limit in [0, 1, 2, 30, 700, 1_999, 5_000, usize::MAX] {
            assert_eq!(largest(scores.clone(), limit), sorted[..limit.min(sorted.len())]);
        }
    }
}
