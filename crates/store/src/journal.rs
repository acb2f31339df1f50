//! The `journal` table: what each committed write has changed, so that it can be made again elsewhere.
//!
//! A store keeps one only if somebody [began](begin) it, who keeps the store in another place too: its writes go through a
//! [`Gate`] from then on, which may refuse them, and which they wait for. An entry is written in the transaction of its change,
//! under a number that is one larger than that of the one before, and [replayed](replay) onto a store that is as this was before
//! it gives the same rows.
//!
//! ```text
//! sequence number u64, big-endian -> entry
//! ```

mod apply;
mod entry;
mod patch;
#[cfg(test)]
mod tests;

use crate::env::{Author, Change, Recorder, Table, View, WriteTxn};
use crate::store::Store;
use sonic_core::{Error, ErrorKind, Result};
use std::path::Path;
use std::sync::Arc;

/// The number of the last entry; there is one if the store keeps a journal.
pub(crate) const SEQUENCE: &[u8] = b"journal_sequence";

/// Decides about the writes of a store, and says when they are kept.
///
/// Neither function may use the store.
pub struct Gate {
    /// Called before a write with everybody else's held back: admits it and gives a number, or says why not.
    pub admit: Box<dyn Fn() -> Result<u64> + Send + Sync>,
    /// Called after a commit with the number that `admit` gave and the number of the entry: returns when it is kept. An error
    /// becomes that of the write, which stays committed here.
    pub keep: Box<dyn Fn(u64, u64) -> Result<()> + Send + Sync>,
}

/// What a committed write has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number: one larger than that of the entry before.
    pub sequence: u64,
    /// What was changed, for [`replay`].
    pub bytes: Vec<u8>,
}

impl Entry {
    /// True if somebody was forgotten: entries up to this one may name them.
    pub fn forgets(&self) -> bool {
        entry::forgets(&self.bytes)
    }
}

/// Sets the gate that writes of this process go through, or takes it away.
///
/// # Errors
/// `Closed` if the store is closed; `InvalidArgument` if it is open for reading only, or has a gate already.
pub fn set_gate(store: &Store, gate: Option<Arc<Gate>>) -> Result<()> {
    match store.writable()?.set_gate(gate) {
        true => Ok(()),
        false => {
            let message =
                format!("the store {} has a writer in this process: use it", store.path().display());
            Err(Error::new(ErrorKind::InvalidArgument, message))
        }
    }
}

/// Begins the journal of a store that keeps none; false if it keeps one. From now on its writes go through a [`Gate`].
///
/// # Errors
/// `Io` if another process is writing or the disk is full.
pub fn begin(store: &Store) -> Result<bool> {
    store.writable()?.write_as(Author::Keeper, Change::Addition, |txn| {
        let is_new = txn.view().get(Table::Meta, SEQUENCE)?.is_none();
        if is_new {
            txn.put(Table::Meta, SEQUENCE, &0_u64.to_le_bytes())?;
        }
        Ok(is_new)
    })
}

/// Ends the journal of a store: anybody may write to it again.
///
/// # Errors
/// `Io` if another process is writing or the disk is full.
pub fn end(store: &Store) -> Result<()> {
    store.writable()?.write_as(Author::Keeper, Change::Removal, |txn| {
        txn.delete(Table::Meta, SEQUENCE)?;
        txn.clear(Table::Journal)
    })
}

/// The number of the last entry, 0 before the first; `None` if the store keeps no journal.
///
/// # Errors
/// `Malformed` if it is damaged; `Closed` if the store is closed.
pub fn sequence(store: &Store) -> Result<Option<u64>> {
    store.read(last)
}

/// As [`sequence`], in a transaction.
pub(crate) fn last(view: View<'_>) -> Result<Option<u64>> {
    view.get(Table::Meta, SEQUENCE)?.map(number).transpose()
}

/// The entries that are there behind number `after`, in order: one, and more while they have `most` bytes or less together.
///
/// # Errors
/// `Malformed` if one is damaged or missing.
pub fn entries(store: &Store, after: u64, most: usize) -> Result<Vec<Entry>> {
    store.read(|view| {
        let (mut found, mut bytes) = (Vec::new(), 0);
        for row in view.after(Table::Journal, &after.to_be_bytes())? {
            let (key, value) = row?;
            let sequence = key.try_into().map(u64::from_be_bytes).map_err(|_| damaged())?;
            if sequence != after + 1 + found.len() as u64 {
                return Err(damaged());
            }
            bytes += value.len();
            if !found.is_empty() && bytes > most {
                break;
            }
            found.push(Entry { sequence, bytes: value.to_vec() });
        }
        Ok(found)
    })
}

/// Makes the changes of entries, which follow each other, in one transaction. Those that the store has already are left out.
///
/// # Errors
/// `Mismatch` if the store is not as it was before the first that it lacks; `Malformed` if one is damaged: nothing is changed
/// then.
pub fn replay(store: &Store, entries: &[Entry]) -> Result<()> {
    store.writable()?.write_as(Author::Keeper, Change::Addition, |txn| {
        for entry in entries {
            let last = last(txn.view())?;
            match last {
                Some(last) if entry.sequence <= last => continue,
                Some(last) if entry.sequence == last + 1 => {}
                _ => return Err(does_not_follow(entry.sequence, last)),
            }
            apply::apply(txn, &entry.bytes)?;
            txn.put(Table::Meta, SEQUENCE, &entry.sequence.to_le_bytes())?;
        }
        Ok(())
    })
}

/// Removes the entries up to a number, which are kept elsewhere; gives how many there were.
///
/// # Errors
/// `Io` if another process is writing or the system refuses.
pub fn trim(store: &Store, up_to: u64) -> Result<u64> {
    store.writable()?.write_as(Author::Keeper, Change::Removal, |txn| {
        let keys: Vec<Vec<u8>> = {
            let rows = txn.view().keys(Table::Journal)?;
            let keys =
                rows.take_while(|key| key.as_ref().map_or(true, |key| *key <= &up_to.to_be_bytes()[..]));
            keys.map(|key| key.map(<[u8]>::to_vec)).collect::<Result<_>>()?
        };
        keys.iter().try_for_each(|key| txn.delete(Table::Journal, key).map(drop))?;
        Ok(keys.len() as u64)
    })
}

/// Writes the entry of a transaction, of a store whose last entry is number `last`; gives its number, or `None` if nothing was
/// changed. `before` is what the transaction began with.
pub(crate) fn keep(
    txn: &mut WriteTxn<'_>,
    before: View<'_>,
    recorder: &Recorder,
    last: u64,
) -> Result<Option<u64>> {
    let Some(bytes) = entry::entry(before, txn.view(), recorder)? else { return Ok(None) };
    let sequence = last + 1;
    txn.put(Table::Journal, &sequence.to_be_bytes(), &bytes)?;
    txn.put(Table::Meta, SEQUENCE, &sequence.to_le_bytes())?;
    Ok(Some(sequence))
}

/// The number of an entry as it is kept.
pub(crate) fn number(value: &[u8]) -> Result<u64> {
    value.try_into().map(u64::from_le_bytes).map_err(|_| damaged())
}

/// That a store is not written to but through what keeps it elsewhere.
pub(crate) fn kept_elsewhere(path: &Path) -> Error {
    let message = format!(
        "the store {} is kept in a bucket: write to it through a writer of that bucket",
        path.display()
    );
    Error::new(ErrorKind::Mismatch, message)
}

fn does_not_follow(sequence: u64, last: Option<u64>) -> Error {
    let last = last.map_or("keeps no journal".to_owned(), |last| format!("is at entry {last}"));
    let message = format!("entry {sequence} of a journal does not follow: the store {last}");
    Error::new(ErrorKind::Mismatch, message)
}

fn damaged() -> Error {
    Error::new(ErrorKind::Malformed, "the journal of the store is damaged: pull the store again")
}
