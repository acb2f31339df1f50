//! Imported recordings go: because they are removed, or because the store has them with their sound.

use super::counts::{Change, recount};
use super::postings::{Lists, bands_of, batch_of, key, write_list};
use super::row::{self, ImportedRecording, Row};
use crate::env::{Table, WriteTxn};
use sonic_core::Result;
use std::collections::{BTreeMap, HashSet};

/// What was imported of the recording `id` goes, because it has come with its sound.
pub(crate) fn give_way(txn: &mut WriteTxn<'_>, id: &str) -> Result<()> {
    remove(txn, id).map(drop)
}

/// Removes what was imported of a recording. Its places stay in the lists until they are tidied, or go with the last
/// recording of the batch.
pub(super) fn remove(txn: &mut WriteTxn<'_>, id: &str) -> Result<Option<ImportedRecording>> {
    let Some(number) = row::number_of_id(txn.view(), id)? else { return Ok(None) };
    let row = row::row(txn.view(), number)?;
    txn.delete(Table::Imported, &number.to_be_bytes())?;
    txn.delete(Table::ImportedIds, id.as_bytes())?;
    let Some(Row { recording, batch, .. }) = row else { return Ok(None) };
    if !row::all(txn.view())?.any(|row| row.is_ok_and(|(_, row)| row.batch == batch)) {
        remove_batch(txn, batch)?;
    }
    Ok(Some(recording))
}

fn remove_batch(txn: &mut WriteTxn<'_>, batch: u32) -> Result<()> {
    let mut change = Change::default();
    let mut keys = Vec::new();
    for row in txn.view().rows(Table::ImportedPostings)? {
        let (key, value) = row?;
        if batch_of(key)? != batch {
            continue;
        }
        for list in Lists::new(value) {
            let list = list?;
            change.count(bands_of(key)?, list.steps, list.count);
        }
        keys.push(key.to_vec());
    }
    keys.iter().try_for_each(|key| txn.delete(Table::ImportedPostings, key).map(drop))?;
    change.subtract(txn)?;
    txn.delete(Table::ImportBatches, &batch.to_be_bytes()).map(drop)
}

/// Removes everything; gives how many recordings there were.
pub(super) fn clear(txn: &mut WriteTxn<'_>) -> Result<u64> {
    let count = txn.view().len(Table::Imported)?;
    for table in [
        Table::Imported,
        Table::ImportedIds,
        Table::ImportBatches,
        Table::ImportedPostings,
        Table::ImportedCounts,
    ] {
        txn.clear(table)?;
    }
    Ok(count)
}

/// Drops the places of recordings that were removed.
pub(crate) fn tidy(txn: &mut WriteTxn<'_>) -> Result<()> {
    let mut spans: BTreeMap<u32, Vec<(u32, u32)>> = BTreeMap::new();
    for row in row::all(txn.view())? {
        let (_, row) = row?;
        spans.entry(row.batch).or_default().push((row.start, row.start + row.recording.frames));
    }
    let mut changed = Vec::new();
    for row in txn.view().rows(Table::ImportedPostings)? {
        let (key, value) = row?;
        let own = spans.get(&batch_of(key)?).map_or(&[][..], Vec::as_slice);
        let kept = kept(value, own)?;
        if kept != value {
            changed.push((key.to_vec(), kept));
        }
    }
    for (own, kept) in &changed {
        match kept.is_empty() {
            true => drop(txn.delete(Table::ImportedPostings, own)?),
            false => txn.put(Table::ImportedPostings, &key(bands_of(own)?, batch_of(own)?), kept)?,
        }
    }
    remove_empty(txn, &spans.into_keys().collect())?;
    if changed.is_empty() { Ok(()) } else { recount(txn) }
}

/// The lists of a row, without places that lie in no span.
fn kept(row: &[u8], spans: &[(u32, u32)]) -> Result<Vec<u8>> {
    let mut kept = Vec::with_capacity(row.len());
    let lies_in = |place: &u32| {
        let after = spans.partition_point(|(start, _)| start <= place);
        after.checked_sub(1).is_some_and(|last| *place < spans[last].1)
    };
    for list in Lists::new(row) {
        let list = list?;
        write_list(&mut kept, list.steps, list.places().filter(lies_in));
    }
    Ok(kept)
}

/// Removes the rows of batches that have no recording.
fn remove_empty(txn: &mut WriteTxn<'_>, used: &HashSet<u32>) -> Result<()> {
    let batches = row::batches(txn.view())?;
    let mut empty = batches.iter().filter(|(number, _)| !used.contains(number));
    empty.try_for_each(|(number, _)| txn.delete(Table::ImportBatches, &number.to_be_bytes()).map(drop))
}
