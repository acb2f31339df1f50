//! The `recordings` table: one row a recording.

use crate::env::{Table, View, WriteTxn};
use crate::ids::Cursor;
use crate::rows::encode::{self, damaged, indexed, json};
use serde::{Deserialize, Serialize};
use sonic_core::Result;

/// What a store knows about a recording beside its landmarks.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Recording {
    /// The name by which matches report it; unique in the store, 1 to [`MAX_ID_BYTES`](crate::MAX_ID_BYTES) bytes, none of them zero.
    pub id: String,
    /// A title for people.
    pub title: Option<String>,
    /// Where it came from, if that is known: a path or an address.
    pub source: Option<String>,
    /// xxh3-128 of the source's bytes in hexadecimal: the same bytes are added only once.
    pub source_hash: Option<String>,
    /// Length in milliseconds.
    pub duration_ms: u64,
    /// Number of landmarks kept.
    pub landmarks: u32,
    /// Length in frames of the fingerprint.
    pub frames: u32,
    /// True when the source ended early.
    pub truncated: bool,
    /// How much of the source's sound could not be decoded, in milliseconds.
    pub damaged_ms: u64,
    /// Codec, native sample rate and channels of the source.
    pub format: Format,
    /// The user it belongs to.
    pub user_id: Option<String>,
    /// What it was recorded for; free text.
    pub mode: Option<String>,
    /// When it was added, in milliseconds since 1970 UTC.
    pub created_at_ms: u64,
    /// Whatever else the caller wants to keep.
    pub metadata: serde_json::Value,
}

/// What the source was encoded as.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Format {
    /// Short name of the codec, such as `opus`.
    pub codec: String,
    /// Samples per second before resampling.
    pub sample_rate: u32,
    /// Channels before mix-down.
    pub channels: u16,
}

pub(crate) fn by_number(view: View<'_>, number: u32) -> Result<Option<Recording>> {
    view.get(Table::Recordings, &number.to_be_bytes())?.map(parse).transpose()
}

pub(crate) fn number_of_id(view: View<'_>, id: &str) -> Result<Option<u32>> {
    if id.is_empty() {
        return Ok(None);
    }
    read_number(view.get(Table::Ids, id.as_bytes())?)
}

pub(crate) fn number_of_source(view: View<'_>, hash: &str) -> Result<Option<u32>> {
    if hash.is_empty() {
        return Ok(None);
    }
    read_number(view.get(Table::Sources, hash.as_bytes())?)
}

/// Every row with its number, in order of arrival.
pub(crate) fn all(view: View<'_>) -> Result<impl Iterator<Item = Result<(u32, Recording)>>> {
    Ok(view.rows(Table::Recordings)?.map(|row| numbered(row?)))
}

fn numbered((key, value): (&[u8], &[u8])) -> Result<(u32, Recording)> {
    let number = key.try_into().map(u32::from_be_bytes).map_err(|_| damaged("a recording's number"))?;
    Ok((number, parse(value)?))
}

/// Some recordings in the order in which they were added.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RecordingPage {
    /// The recordings, none after the last.
    pub recordings: Vec<Recording>,
    /// Where to go on; `None` when there were no more.
    pub next: Option<Cursor>,
}

/// At most `limit` rows after `cursor`.
pub(crate) fn page(view: View<'_>, Cursor(after): Cursor, limit: usize) -> Result<RecordingPage> {
    let mut rows = view.after(Table::Recordings, &after.to_be_bytes())?;
    let (mut recordings, mut last) = (Vec::new(), after);
    for row in rows.by_ref().take(limit) {
        let (number, row) = numbered(row?)?;
        recordings.push(row);
        last = number;
    }
    let more = rows.next().transpose()?.is_some();
    Ok(RecordingPage { recordings, next: more.then_some(Cursor(last)) })
}

/// Adds a row with its landmarks under a number that was never used before.
pub(crate) fn insert(txn: &mut WriteTxn<'_>, number: u32, row: &Recording, landmarks: &[u8]) -> Result<()> {
    txn.put(Table::Recordings, &number.to_be_bytes(), &json(row, "a recording")?)?;
    txn.put(Table::Landmarks, &number.to_be_bytes(), landmarks)?;
    write_keys(txn, number, row)
}

/// Writes what leads to a row.
pub(super) fn write_keys(txn: &mut WriteTxn<'_>, number: u32, row: &Recording) -> Result<()> {
    txn.put(Table::Ids, row.id.as_bytes(), &number.to_le_bytes())?;
    if let Some(hash) = &row.source_hash {
        txn.put(Table::Sources, hash.as_bytes(), &number.to_le_bytes())?;
    }
    Ok(())
}

/// Removes a row with its landmarks; the postings go when their segment is next merged.
pub(crate) fn remove(txn: &mut WriteTxn<'_>, number: u32, row: &Recording) -> Result<()> {
    txn.delete(Table::Recordings, &number.to_be_bytes())?;
    txn.delete(Table::Landmarks, &number.to_be_bytes())?;
    txn.delete(Table::Ids, row.id.as_bytes())?;
    if let Some(hash) = &row.source_hash {
        txn.delete(Table::Sources, hash.as_bytes())?;
    }
    Ok(())
}

fn parse(value: &[u8]) -> Result<Recording> {
    encode::parse(value, "a recording's row")
}

fn read_number(value: Option<&[u8]>) -> Result<Option<u32>> {
    value.map(|value| indexed(value, "a recording's number")).transpose()
}
