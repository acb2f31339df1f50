//! The `live_queue` table: what came on connections with live sound and is not followed up yet.
//!
//! ```text
//! 'n' id of a connection               -> its number u32, little-endian
//! 'c' connection u32                   -> row
//! 'e' connection u32, entry u64        -> what came
//! 'k' connection u32, hash of its key  -> entry u64, big-endian
//! 'w' time u64, connection u32         -> nothing
//! 'd' connection u32, entry u64        -> row of an entry that was given up
//! ```
//!
//! Numbers in keys are big-endian. A connection stands in `w` while it has entries or is followed, at the time from which on
//! somebody (else) may follow it.

use super::encode::{damaged, indexed, json, parse};
use crate::env::{Table, View, WriteTxn};
use serde::{Deserialize, Serialize};
use sonic_core::Result;
use xxhash_rust::xxh3::xxh3_128;

const TABLE: Table = Table::LiveQueue;

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Row {
    pub connection: String,
    /// Number of who follows it: it grows with each.
    pub epoch: u64,
    pub worker: Option<String>,
    /// Number of the last entry.
    pub last: u64,
    /// Number of the last entry that is followed up.
    pub acknowledged: u64,
    /// From when on somebody may follow it; `None` if there is nothing to follow.
    pub due_ms: Option<u64>,
    /// How often it was taken since something of it was followed up.
    pub claims: u32,
    /// How often its first entry failed.
    pub failures: u32,
    pub error: Option<String>,
    /// When something came last.
    pub updated_at_ms: u64,
}

/// Something that came on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueuedEntry {
    /// Its number; they grow.
    pub number: u64,
    /// What came.
    pub bytes: Vec<u8>,
}

/// An entry that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeadEntry {
    /// Its connection.
    pub connection: String,
    /// Its number there.
    pub number: u64,
    /// What came, as text.
    pub entry: String,
    /// Why it failed last.
    pub error: String,
    /// When it was given up, in milliseconds since 1970 UTC.
    pub at_ms: u64,
}

fn key(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![kind];
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

fn entry_key(kind: u8, connection: u32, entry: u64) -> Vec<u8> {
    key(kind, &[&connection.to_be_bytes(), &entry.to_be_bytes()])
}

fn hash_key(connection: u32, text: &str) -> Vec<u8> {
    key(b'k', &[&connection.to_be_bytes(), &xxh3_128(text.as_bytes()).to_be_bytes()])
}

pub(crate) fn number(view: View<'_>, connection: &str) -> Result<Option<u32>> {
    let value = view.get(TABLE, &key(b'n', &[connection.as_bytes()]))?;
    value.map(|value| indexed(value, "the index of the queue of live sound")).transpose()
}

pub(crate) fn row(view: View<'_>, number: u32) -> Result<Option<Row>> {
    let value = view.get(TABLE, &key(b'c', &[&number.to_be_bytes()]))?;
    value.map(|value| parse(value, "a row of the queue of live sound")).transpose()
}

/// Every connection.
pub(crate) fn rows(view: View<'_>) -> Result<Vec<(u32, Row)>> {
    let parsed = view.prefix(TABLE, b"c")?.map(|row| {
        let (key, value) = row?;
        let number = key[1..].try_into().map(u32::from_be_bytes);
        let number = number.map_err(|_| damaged("a key of the queue of live sound"))?;
        Ok((number, parse(value, "a row of the queue of live sound")?))
    });
    parsed.collect()
}

pub(crate) fn write(txn: &mut WriteTxn<'_>, number: u32, row: &Row) -> Result<()> {
    txn.put(TABLE, &key(b'c', &[&number.to_be_bytes()]), &json(row, "a queued connection")?)
}

pub(crate) fn begin(txn: &mut WriteTxn<'_>, number: u32, connection: &str) -> Result<()> {
    txn.put(TABLE, &key(b'n', &[connection.as_bytes()]), &number.to_le_bytes())
}

/// Makes the time from which on it may be followed another; writes no row.
pub(crate) fn set_due(txn: &mut WriteTxn<'_>, number: u32, row: &mut Row, to: Option<u64>) -> Result<()> {
    if row.due_ms == to {
        return Ok(());
    }
    let due = |time: u64| key(b'w', &[&time.to_be_bytes(), &number.to_be_bytes()]);
    if let Some(was) = row.due_ms {
        txn.delete(TABLE, &due(was))?;
    }
    if let Some(to) = to {
        txn.put(TABLE, &due(to), &[])?;
    }
    row.due_ms = to;
    Ok(())
}

/// The connection that may be followed for longest at `now_ms`.
pub(crate) fn first_due(view: View<'_>, now_ms: u64) -> Result<Option<u32>> {
    let Some(found) = view.prefix(TABLE, b"w")?.next() else { return Ok(None) };
    let parts =
        found?.0[1..].split_first_chunk::<8>().and_then(|(time, rest)| Some((time, rest.try_into().ok()?)));
    let (time, number) = parts.ok_or_else(|| damaged("the index of the queue of live sound"))?;
    Ok((u64::from_be_bytes(*time) <= now_ms).then_some(u32::from_be_bytes(number)))
}

/// True if something of that key came on the connection before.
pub(crate) fn is_known(view: View<'_>, number: u32, text: &str) -> Result<bool> {
    Ok(view.get(TABLE, &hash_key(number, text))?.is_some())
}

pub(crate) fn put_entry(
    txn: &mut WriteTxn<'_>,
    number: u32,
    entry: u64,
    text: &str,
    bytes: &[u8],
) -> Result<()> {
    txn.put(TABLE, &hash_key(number, text), &entry.to_be_bytes())?;
    txn.put(TABLE, &entry_key(b'e', number, entry), bytes)
}

pub(crate) fn entry<'t>(view: View<'t>, number: u32, entry: u64) -> Result<Option<&'t [u8]>> {
    view.get(TABLE, &entry_key(b'e', number, entry))
}

/// Entries behind one.
pub(crate) fn entries(view: View<'_>, number: u32, after: u64, limit: usize) -> Result<Vec<QueuedEntry>> {
    let first = entry_key(b'e', number, after);
    let is_inside =
        |row: &Result<(&[u8], &[u8])>| row.as_ref().map_or(true, |(key, _)| key.starts_with(&first[..5]));
    let rows = view.after(TABLE, &first)?.take_while(is_inside).take(limit);
    let parsed = rows.map(|row| {
        let (key, value) = row?;
        let number = key[5..].try_into().map(u64::from_be_bytes);
        let number = number.map_err(|_| damaged("a key of the queue of live sound"))?;
        Ok(QueuedEntry { number, bytes: value.to_vec() })
    });
    parsed.collect()
}

pub(crate) fn delete_entries(txn: &mut WriteTxn<'_>, number: u32, from: u64, up_to: u64) -> Result<()> {
    (from..=up_to).try_for_each(|entry| txn.delete(TABLE, &entry_key(b'e', number, entry)).map(drop))
}

pub(crate) fn put_dead(txn: &mut WriteTxn<'_>, number: u32, dead: &DeadEntry) -> Result<()> {
    txn.put(TABLE, &entry_key(b'd', number, dead.number), &json(dead, "an entry that was given up")?)
}

pub(crate) fn dead(view: View<'_>, limit: usize) -> Result<Vec<DeadEntry>> {
    let rows = view.prefix(TABLE, b"d")?.take(limit);
    rows.map(|row| parse(row?.1, "an entry that was given up")).collect()
}

pub(crate) fn count(view: View<'_>, kind: u8) -> Result<u64> {
    view.prefix(TABLE, &[kind])?.try_fold(0, |sum, row| row.map(|_| sum + 1))
}

/// Makes the indexes by id and by time anew.
pub(crate) fn mend(txn: &mut WriteTxn<'_>) -> Result<()> {
    txn.delete_prefix(TABLE, b"n")?;
    txn.delete_prefix(TABLE, b"w")?;
    for (number, mut row) in rows(txn.view())? {
        let due = row.due_ms.take();
        set_due(txn, number, &mut row, due)?;
        begin(txn, number, &row.connection)?;
        write(txn, number, &row)?;
    }
    Ok(())
}

/// Removes all of a connection but what was given up of it.
pub(crate) fn remove(txn: &mut WriteTxn<'_>, number: u32, row: &mut Row) -> Result<()> {
    set_due(txn, number, row, None)?;
    for kind in [b'e', b'k', b'c'] {
        txn.delete_prefix(TABLE, &key(kind, &[&number.to_be_bytes()]))?;
    }
    txn.delete(TABLE, &key(b'n', &[row.connection.as_bytes()])).map(drop)
}

/// Reports what does not fit together.
pub(crate) fn check(view: View<'_>, report: &mut impl FnMut(String)) -> Result<()> {
    let mut due = 0;
    for (number, row) in rows(view)? {
        let id = &row.connection;
        if self::number(view, id)? != Some(number) {
            report(format!("the queued connection {id:?} is not found by its id"));
        }
        if let Some(time) = row.due_ms {
            due += 1;
            let key = key(b'w', &[&time.to_be_bytes(), &number.to_be_bytes()]);
            if view.get(TABLE, &key)?.is_none() {
                report(format!("the queued connection {id:?} is not in the index"));
            }
        }
        let waiting = entries(view, number, 0, usize::MAX)?;
        let is_whole = waiting.len() as u64 == row.last - row.acknowledged.min(row.last);
        if !is_whole || (row.due_ms.is_none() && !waiting.is_empty()) {
            report(format!("entries of the queued connection {id:?} are missing"));
        }
    }
    if count(view, b'w')? != due {
        report("the index of the queue of live sound does not fit the connections".to_owned());
    }
    Ok(())
}
