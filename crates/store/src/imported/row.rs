//! The rows of imported recordings, and of the batches that they came in.

use crate::env::{Table, View, WriteTxn};
use crate::rows::encode::{self, damaged, indexed, json};
use serde::{Deserialize, Serialize};
use sonic_core::Result;

/// What a store knows about a recording that was imported without its sound.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ImportedRecording {
    /// The name by which matches report it, as the other system had it.
    pub id: String,
    /// The season of the file that it came from, if that is known.
    pub season: Option<u32>,
    /// The file that it came from.
    pub source: String,
    /// Hashes, with repetitions.
    pub entries: u64,
    /// Frames of 23.2 ms up to the last hash.
    pub frames: u32,
    /// Milliseconds up to the last hash: a little less than the recording lasts.
    pub duration_ms: u64,
    /// When it was imported, in milliseconds since 1970 UTC.
    pub created_at_ms: u64,
}

/// A row: the recording, and where it lies.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Row {
    #[serde(flatten)]
    pub(super) recording: ImportedRecording,
    pub(super) batch: u32,
    /// Its first frame on the line of its batch.
    pub(super) start: u32,
}

/// What came from one file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Batch {
    /// Hash of what the file held: the same is imported only once.
    pub(super) digest: String,
    /// Frames of its line.
    pub(super) length: u32,
}

/// The row of a recording.
pub(crate) fn by_number(view: View<'_>, number: u32) -> Result<Option<ImportedRecording>> {
    Ok(row(view, number)?.map(|row| row.recording))
}

pub(super) fn row(view: View<'_>, number: u32) -> Result<Option<Row>> {
    view.get(Table::Imported, &number.to_be_bytes())?.map(parse).transpose()
}

pub(super) fn number_of_id(view: View<'_>, id: &str) -> Result<Option<u32>> {
    if id.is_empty() {
        return Ok(None);
    }
    let value = view.get(Table::ImportedIds, id.as_bytes())?;
    value.map(|value| indexed(value, "the number of an imported recording")).transpose()
}

/// Every row with its number, in order.
pub(super) fn all(view: View<'_>) -> Result<impl Iterator<Item = Result<(u32, Row)>>> {
    Ok(view.rows(Table::Imported)?.map(|row| {
        let (key, value) = row?;
        Ok((number(key)?, parse(value)?))
    }))
}

/// Every batch with its number, in order.
pub(super) fn batches(view: View<'_>) -> Result<Vec<(u32, Batch)>> {
    let rows = view.rows(Table::ImportBatches)?.map(|row| {
        let (key, value) = row?;
        Ok((number(key)?, encode::parse(value, "the row of an import")?))
    });
    rows.collect()
}

pub(super) fn insert(txn: &mut WriteTxn<'_>, number: u32, row: &Row) -> Result<()> {
    txn.put(Table::Imported, &number.to_be_bytes(), &json(row, "an imported recording")?)?;
    txn.put(Table::ImportedIds, row.recording.id.as_bytes(), &number.to_le_bytes())
}

pub(super) fn insert_batch(txn: &mut WriteTxn<'_>, number: u32, batch: &Batch) -> Result<()> {
    txn.put(Table::ImportBatches, &number.to_be_bytes(), &json(batch, "an import")?)
}

pub(super) fn number(key: &[u8]) -> Result<u32> {
    key.try_into().map(u32::from_be_bytes).map_err(|_| damaged("the number of an imported recording"))
}

fn parse(value: &[u8]) -> Result<Row> {
    encode::parse(value, "the row of an imported recording")
}
