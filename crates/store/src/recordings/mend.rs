//! Recordings of a store that was saved from damage: rows without landmarks go, and all that follows from rows and landmarks
//! is made anew.

use super::row::{self, Recording};
use crate::env::{Table, View, WriteTxn};
use crate::landmarks::Landmarks;
use crate::rows::encode::damaged;
use crate::store::Store;
use crate::{meta, pairs, segments};
use sonic_core::{Landmark, Result};
use std::collections::HashSet;

/// Landmarks of recordings that are indexed in one transaction.
const MOST_LANDMARKS: u64 = 1 << 20;

/// Mends the recordings; gives how many there are.
pub(crate) fn mend(store: &Store) -> Result<u64> {
    store.write(remove_halves)?;
    let mut rows: Vec<(u32, Recording)> = store.read(|view| row::all(view)?.collect())?;
    let count = rows.len() as u64;
    let last = rows.last().map_or(0, |(number, _)| *number);
    store.write(|txn| meta::number_from(txn, meta::NEXT_RECORDING, last))?;
    while !rows.is_empty() {
        let mut landmarks = 0;
        let fits = |row: &Recording| {
            landmarks += u64::from(row.landmarks);
            landmarks <= MOST_LANDMARKS
        };
        let batch: Vec<(u32, Recording)> = {
            let end =
                rows.iter().map(|(_, row)| row).scan(fits, |fits, row| Some(fits(row))).take_while(|f| *f);
            let end = end.count().max(1);
            rows.drain(..end).collect()
        };
        store.write(|txn| index(txn, &batch))?;
        store.write(|txn| segments::tidy(txn, false))?;
    }
    Ok(count)
}

/// Removes rows without landmarks, and landmarks without a row.
fn remove_halves(txn: &mut WriteTxn<'_>) -> Result<()> {
    let whole: HashSet<u32> = {
        let view = txn.view();
        let rows: Vec<(u32, Recording)> = row::all(view)?.collect::<Result<_>>()?;
        let is_whole = |(number, row): &(u32, Recording)| {
            packed(view, *number).is_some_and(|p| p.len() == row.landmarks && p.frames() == row.frames)
        };
        rows.iter().filter(|row| is_whole(row)).map(|(number, _)| *number).collect()
    };
    for table in [Table::Recordings, Table::Landmarks] {
        let keys: Vec<Vec<u8>> =
            txn.view().rows(table)?.map(|row| Ok(row?.0.to_vec())).collect::<Result<_>>()?;
        let is_half = |key: &&Vec<u8>| {
            let number = key.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
            number.is_none_or(|number| !whole.contains(&number))
        };
        keys.iter().filter(is_half).try_for_each(|key| txn.delete(table, key).map(drop))?;
    }
    Ok(())
}

fn packed(view: View<'_>, number: u32) -> Option<Landmarks<'_>> {
    view.get(Table::Landmarks, &number.to_be_bytes()).ok().flatten().and_then(Landmarks::new)
}

/// Writes the keys of recordings and their pairs, as one segment.
fn index(txn: &mut WriteTxn<'_>, rows: &[(u32, Recording)]) -> Result<()> {
    rows.iter().try_for_each(|(number, row)| row::write_keys(txn, *number, row))?;
    index_pairs(txn, &rows.iter().map(|(number, row)| (*number, row.frames)).collect::<Vec<_>>())
}

/// Writes the pairs of recordings that are in the store, by their numbers, as one segment.
pub(crate) fn index_again(txn: &mut WriteTxn<'_>, numbers: &[u32]) -> Result<()> {
    let frames = |number: &u32| {
        let row = row::by_number(txn.view(), *number)?.ok_or_else(|| damaged("a list of recordings"))?;
        Ok((*number, row.frames))
    };
    let recordings: Vec<(u32, u32)> = numbers.iter().map(frames).collect::<Result<_>>()?;
    index_pairs(txn, &recordings)
}

/// Writes the pairs of recordings, of which number and frames are given, as one segment.
fn index_pairs(txn: &mut WriteTxn<'_>, recordings: &[(u32, u32)]) -> Result<()> {
    let (spans, length) = segments::lay_out(recordings.iter().copied());
    let mut found: Vec<(u32, u64)> = Vec::new();
    for ((number, _), span) in recordings.iter().zip(&spans) {
        let mut landmarks: Vec<Landmark> = Vec::new();
        if let Some(packed) = packed(txn.view(), *number) {
            packed.for_each(0..u32::MAX, |landmark| landmarks.push(landmark));
        }
        pairs::for_index(&landmarks, |hash, frame| found.push((hash, span.start + u64::from(frame))));
    }
    found.sort_unstable();
    found.dedup();
    segments::add(txn, &spans, length, &found)
}
