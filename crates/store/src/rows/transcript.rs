//! The `transcripts` table: meetings, their connections, and the segments of what was said on them.
//!
//! ```text
//! 'M' name of a meeting                                          -> its number u32, little-endian
//! 'm' meeting u32                                                -> row
//! 'n' id of a connection                                         -> its number u32, little-endian
//! 'c' connection u32                                             -> row
//! 'z' connection u32                                             -> what its session remembers
//! 's' connection u32, place u32                                  -> row of a segment
//! 'i' id of a segment                                            -> connection u32, place u32
//! 't' meeting u32, beginning u64, connection u32, place u32      -> nothing
//! 'q' meeting u32, change u64                                    -> connection u32, place u32
//! 'o' time u64, meeting u32                                      -> nothing
//! 'd' meeting u32, change u64                                    -> row of a segment that nobody took
//! ```
//!
//! Numbers in keys are big-endian. Segments have places in the order in which their connection brought them; `t` is in order of
//! when they begin by the clock, `q` in order of when they changed last. A meeting stands in `o` while changes of it are to be
//! delivered, at the time from which on that may be tried (again).

use super::encode::{damaged, indexed, json, parse};
use crate::env::{Table, View, WriteTxn};
use serde::{Deserialize, Serialize};
use sonic_core::{Result, Segment};

const TABLE: Table = Table::Transcripts;

/// A meeting.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Meeting {
    pub name: String,
    /// Number of the last change of a segment.
    pub changes: u64,
    /// Number of the last change that was delivered, or need not be.
    pub delivered: u64,
    /// How often the change behind it was tried in vain.
    pub attempts: u32,
    /// Names who delivers: what an earlier one reports is refused.
    pub token: u64,
    /// When changes may be delivered (again); `None` if there are none to deliver.
    pub due_ms: Option<u64>,
}

/// A connection with live sound, as the store knows it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Connection {
    /// Its id.
    pub connection: String,
    /// The meeting that it is part of.
    pub meeting: String,
    #[serde(rename = "meeting_number")]
    pub(crate) number: u32,
    /// Whose it is.
    pub user_id: Option<String>,
    /// What it comes from, as a kind of meeting.
    pub source: Option<String>,
    /// When its first sound was, in milliseconds since 1970 UTC.
    pub started_at_ms: u64,
    /// When the store knew it first.
    pub created_at_ms: u64,
    /// When anything of it was stored last.
    pub updated_at_ms: u64,
    /// Segments so far.
    pub segments: u32,
    /// Number of the one who follows it: one with a smaller number is refused.
    pub epoch: u64,
    /// What that one noted about how far it has come.
    pub note: serde_json::Value,
}

/// A segment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Row {
    pub segment: Segment,
    pub change: u64,
    pub created_at_ms: u64,
    pub updated_at_ms: u64,
}

/// A segment that nobody took.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Undeliverable {
    /// Its meeting.
    pub meeting: String,
    /// Its connection.
    pub connection: String,
    /// Its id.
    pub id: String,
    /// Its revision.
    pub revision: u32,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it failed last.
    pub error: String,
    /// When it was given up, in milliseconds since 1970 UTC.
    pub at_ms: u64,
}

/// Where a segment is: number of its connection, and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place(pub u32, pub u32);

impl Place {
    pub(crate) fn bytes(self) -> [u8; 8] {
        (u64::from(self.0) << 32 | u64::from(self.1)).to_be_bytes()
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self> {
        let number =
            bytes.try_into().map(u64::from_be_bytes).map_err(|_| damaged("the place of a segment"))?;
        Ok(Self((number >> 32) as u32, number as u32))
    }
}

/// A key of a kind.
pub(crate) fn key(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![kind];
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

pub(crate) fn by_start(meeting: u32, connection: &Connection, row: &Row, place: Place) -> Vec<u8> {
    let at = connection.started_at_ms.saturating_add(row.segment.start_ms);
    key(b't', &[&meeting.to_be_bytes(), &at.to_be_bytes(), &place.bytes()])
}

pub(crate) fn by_change(meeting: u32, change: u64) -> Vec<u8> {
    key(b'q', &[&meeting.to_be_bytes(), &change.to_be_bytes()])
}

pub(crate) fn due(time: u64, meeting: u32) -> Vec<u8> {
    key(b'o', &[&time.to_be_bytes(), &meeting.to_be_bytes()])
}

pub(crate) fn undeliverable(meeting: u32, change: u64) -> Vec<u8> {
    key(b'd', &[&meeting.to_be_bytes(), &change.to_be_bytes()])
}

/// The number of a name.
pub(crate) fn number(view: View<'_>, kind: u8, name: &str) -> Result<Option<u32>> {
    let value = view.get(TABLE, &key(kind, &[name.as_bytes()]))?;
    value.map(|value| indexed(value, "the index of transcripts")).transpose()
}

/// The number that a key of kind 'c' or 'm' ends with.
pub(crate) fn number_of(key: &[u8]) -> Result<u32> {
    let number = key.get(1..).and_then(|rest| rest.try_into().ok()).map(u32::from_be_bytes);
    number.ok_or_else(|| damaged("a key of the transcripts"))
}

pub(crate) fn meeting(view: View<'_>, number: u32) -> Result<Option<Meeting>> {
    let value = view.get(TABLE, &key(b'm', &[&number.to_be_bytes()]))?;
    value.map(|value| parse(value, "the row of a meeting")).transpose()
}

pub(crate) fn connection(view: View<'_>, number: u32) -> Result<Option<Connection>> {
    let value = view.get(TABLE, &key(b'c', &[&number.to_be_bytes()]))?;
    value.map(|value| parse(value, "the row of a connection")).transpose()
}

pub(crate) fn segment(view: View<'_>, place: Place) -> Result<Option<Row>> {
    let value = view.get(TABLE, &key(b's', &[&place.bytes()]))?;
    value.map(|value| parse(value, "the row of a segment")).transpose()
}

/// Where the segment of an id is.
pub(crate) fn place(view: View<'_>, id: &str) -> Result<Option<Place>> {
    view.get(TABLE, &key(b'i', &[id.as_bytes()]))?.map(Place::read).transpose()
}

/// What a session remembers.
pub(crate) fn state<'t>(view: View<'t>, number: u32) -> Result<Option<&'t [u8]>> {
    view.get(TABLE, &key(b'z', &[&number.to_be_bytes()]))
}

/// Every row of a kind, with what follows the kind in its key.
pub(crate) fn all<'t>(
    view: View<'t>,
    kind: u8,
) -> Result<impl Iterator<Item = Result<(&'t [u8], &'t [u8])>> + use<'t>> {
    Ok(view.prefix(TABLE, &[kind])?.map(|row| row.map(|(key, value)| (&key[1..], value))))
}

/// The rows whose keys begin with `prefix`, behind the key `prefix` and `after`; with what follows the prefix.
pub(crate) fn behind<'t>(
    view: View<'t>,
    prefix: Vec<u8>,
    after: &[u8],
) -> Result<impl Iterator<Item = Result<(&'t [u8], &'t [u8])>> + use<'t>> {
    let first = [&prefix, after].concat();
    let length = prefix.len();
    let rows = view.after(TABLE, &first)?;
    let is_inside =
        move |row: &Result<(&[u8], &[u8])>| row.as_ref().map_or(true, |(key, _)| key.starts_with(&prefix));
    Ok(rows.take_while(is_inside).map(move |row| row.map(|(key, value)| (&key[length..], value))))
}

pub(crate) fn write_meeting(txn: &mut WriteTxn<'_>, number: u32, row: &Meeting) -> Result<()> {
    txn.put(TABLE, &key(b'm', &[&number.to_be_bytes()]), &json(row, "a meeting")?)
}

/// Makes the time at which a meeting's changes are due another; writes no row.
pub(crate) fn set_due(txn: &mut WriteTxn<'_>, number: u32, row: &mut Meeting, to: Option<u64>) -> Result<()> {
    if row.due_ms == to {
        return Ok(());
    }
    if let Some(was) = row.due_ms {
        txn.delete(TABLE, &due(was, number))?;
    }
    if let Some(to) = to {
        txn.put(TABLE, &due(to, number), &[])?;
    }
    row.due_ms = to;
    Ok(())
}

pub(crate) fn write_connection(txn: &mut WriteTxn<'_>, number: u32, row: &Connection) -> Result<()> {
    txn.put(TABLE, &key(b'c', &[&number.to_be_bytes()]), &json(row, "a connection")?)
}

/// Writes a segment in the place of what it `was`.
pub(crate) fn write_segment(
    txn: &mut WriteTxn<'_>,
    connection: &Connection,
    place: Place,
    was: Option<&Row>,
    row: &Row,
) -> Result<()> {
    let meeting = connection.number;
    let start = by_start(meeting, connection, row, place);
    if let Some(was) = was {
        txn.delete(TABLE, &by_change(meeting, was.change))?;
        let old = by_start(meeting, connection, was, place);
        if old != start {
            txn.delete(TABLE, &old)?;
        }
    }
    txn.put(TABLE, &by_change(meeting, row.change), &place.bytes())?;
    txn.put(TABLE, &start, &[])?;
    txn.put(TABLE, &key(b'i', &[row.segment.id.as_bytes()]), &place.bytes())?;
    txn.put(TABLE, &key(b's', &[&place.bytes()]), &json(row, "a segment")?)
}

pub(crate) fn remove_segment(
    txn: &mut WriteTxn<'_>,
    connection: &Connection,
    place: Place,
    row: &Row,
) -> Result<()> {
    txn.delete(TABLE, &by_change(connection.number, row.change))?;
    txn.delete(TABLE, &undeliverable(connection.number, row.change))?;
    txn.delete(TABLE, &by_start(connection.number, connection, row, place))?;
    txn.delete(TABLE, &key(b'i', &[row.segment.id.as_bytes()]))?;
    txn.delete(TABLE, &key(b's', &[&place.bytes()])).map(drop)
}
