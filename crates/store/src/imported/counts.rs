//! How many entries each hash has in all batches: what tells the rare from the common. They follow from the lists.
//!
//! ```text
//! row    band*                     one for each second band
//! band   hashes u8 | varint*       entries of the hashes up to the last that has any
//! ```

use super::postings::{Lists, bands_of, unreadable, varint, write_varint};
use crate::env::{Table, View, WriteTxn};
use sonic_core::{PairHash, Result};
use std::collections::BTreeMap;

const BANDS: usize = PairHash::BANDS as usize;
const STEPS: usize = PairHash::STEPS as usize;

/// Entries of the hashes that begin in one band, by second band and steps.
type Row = Vec<u32>;

/// What is added to the counts, or taken from them.
#[derive(Debug, Default)]
pub(super) struct Change(BTreeMap<u8, Row>);

impl Change {
    /// Counts entries of a hash.
    pub(super) fn count(&mut self, [first, second]: [u8; 2], steps: u32, entries: u32) {
        let row = self.0.entry(first).or_insert_with(empty);
        let place = usize::from(second).wrapping_sub(PairHash::FIRST_BAND as usize).wrapping_mul(STEPS);
        if let Some(count) = row.get_mut(place.wrapping_add(steps as usize)) {
            *count = count.saturating_add(entries);
        }
    }

    pub(super) fn add(&self, txn: &mut WriteTxn<'_>) -> Result<()> {
        self.apply(txn, u32::saturating_add)
    }

    pub(super) fn subtract(&self, txn: &mut WriteTxn<'_>) -> Result<()> {
        self.apply(txn, u32::saturating_sub)
    }

    fn apply(&self, txn: &mut WriteTxn<'_>, by: impl Fn(u32, u32) -> u32) -> Result<()> {
        for (first, changes) in &self.0 {
            let before = read(txn.view(), *first)?;
            let after: Row = before.iter().zip(changes).map(|(count, change)| by(*count, *change)).collect();
            match after.iter().any(|count| *count > 0) {
                true => txn.put(Table::ImportedCounts, &[*first], &pack(&after))?,
                false => drop(txn.delete(Table::ImportedCounts, &[*first])?),
            }
        }
        Ok(())
    }
}

fn empty() -> Row {
    vec![0; BANDS * STEPS]
}

/// Entries of the hashes that begin in a band.
fn read(view: View<'_>, first: u8) -> Result<Row> {
    let mut row = empty();
    let Some(mut rest) = view.get(Table::ImportedCounts, &[first])? else { return Ok(row) };
    for band in row.chunks_exact_mut(STEPS) {
        let (count, after) = rest.split_first().ok_or_else(unreadable)?;
        rest = after;
        for steps in band.get_mut(..usize::from(*count)).ok_or_else(unreadable)? {
            *steps = varint(&mut rest).ok_or_else(unreadable)?;
        }
    }
    Ok(row)
}

fn pack(row: &[u32]) -> Vec<u8> {
    let mut packed = Vec::new();
    for band in row.chunks_exact(STEPS) {
        let used = band.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        packed.push(used as u8);
        band[..used].iter().for_each(|count| write_varint(&mut packed, *count));
    }
    packed
}

/// The entries of hashes, read a band at a time.
pub(super) struct Counts<'t> {
    view: View<'t>,
    rows: BTreeMap<u8, Row>,
}

impl<'t> Counts<'t> {
    pub(super) fn new(view: View<'t>) -> Self {
        Self { view, rows: BTreeMap::new() }
    }

    pub(super) fn of(&mut self, hash: PairHash) -> Result<u32> {
        let first = hash.first_band() as u8;
        let place = hash.number() as usize % (BANDS * STEPS);
        if let Some(row) = self.rows.get(&first) {
            return Ok(row[place]);
        }
        let row = read(self.view, first)?;
        let count = row[place];
        self.rows.insert(first, row);
        Ok(count)
    }
}

/// Counts every list anew.
pub(super) fn recount(txn: &mut WriteTxn<'_>) -> Result<()> {
    let mut change = Change::default();
    for row in txn.view().rows(Table::ImportedPostings)? {
        let (key, value) = row?;
        let bands = bands_of(key)?;
        for list in Lists::new(value) {
            let list = list?;
            change.count(bands, list.steps, list.count);
        }
    }
    txn.clear(Table::ImportedCounts)?;
    change.add(txn)
}
