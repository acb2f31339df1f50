//! The tables of a store, and the transactions that read and write them.

use super::error::{read_error, write_error};
use heed::types::Bytes;
use heed::{CommitOrAbort, RoTxn, RwTxn, WithoutTls};
use sonic_core::Result;
use std::ops::Bound;
use std::sync::RwLockReadGuard;

/// The tables of a store, each a named LMDB database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    /// Format version, pipeline, counters.
    Meta,
    /// Recording number to its row.
    Recordings,
    /// External id to recording number.
    Ids,
    /// Hash of the source bytes to recording number.
    Sources,
    /// Recording number to its packed landmarks.
    Landmarks,
    /// Segment number to its description.
    Segments,
    /// Segment number to the places of its recordings.
    Spans,
    /// Segment and shard to postings.
    Postings,
}

impl Table {
    /// Every table, in the order of their names.
    pub(crate) const ALL: [Self; NAMES.len()] = [
        Self::Meta,
        Self::Recordings,
        Self::Ids,
        Self::Sources,
        Self::Landmarks,
        Self::Segments,
        Self::Spans,
        Self::Postings,
    ];
}

const NAMES: [&str; 8] =
    ["meta", "recordings", "ids", "sources", "landmarks", "segments", "spans", "postings"];

type Database = heed::Database<'static, Bytes, Bytes>;
pub(super) type Tables = [Database; NAMES.len()];

/// Makes the tables of a new store, all in one transaction.
pub(super) fn create(
    env: &heed::Env<WithoutTls>,
    (key, value): (&[u8], &[u8]),
) -> std::result::Result<Option<Tables>, heed::Error> {
    let txn = env.write_txn()?;
    let tables = env.create_databases_and_commit(txn, |opener, txn| {
        let mut tables = Vec::new();
        for name in NAMES {
            tables.push(opener.create_database::<Bytes, Bytes>(txn, Some(name))?);
        }
        tables[Table::Meta as usize].put(txn, key, value)?;
        Ok::<_, heed::Error>(CommitOrAbort::<_, ()>::Commit(array(tables)))
    })?;
    Ok(tables.unwrap_commit())
}

/// The tables of a store; `None` if one is missing.
pub(super) fn open(env: &heed::Env<WithoutTls>) -> std::result::Result<Option<Tables>, heed::Error> {
    let txn = env.read_txn()?;
    let tables = env.open_databases_and_commit(txn, |opener, txn| {
        let mut tables = Vec::new();
        for name in NAMES {
            tables.extend(opener.open_database::<Bytes, Bytes>(txn, Some(name))?);
        }
        Ok::<_, heed::Error>(CommitOrAbort::<_, ()>::Commit(array(tables)))
    })?;
    Ok(tables.unwrap_commit())
}

fn array<T, const N: usize>(items: Vec<T>) -> Option<[T; N]> {
    items.try_into().ok()
}

/// A read transaction.
pub(crate) struct ReadTxn<'e> {
    pub(super) txn: RoTxn<'e, WithoutTls>,
    pub(super) tables: &'e Tables,
    /// The map does not move meanwhile.
    pub(super) _guard: RwLockReadGuard<'e, ()>,
}

impl ReadTxn<'_> {
    /// What this transaction sees.
    pub(crate) fn view(&self) -> View<'_> {
        View { txn: &self.txn, tables: self.tables }
    }
}

/// A write transaction.
pub(crate) struct WriteTxn<'e> {
    pub(super) txn: RwTxn<'e>,
    pub(super) tables: &'e Tables,
}

impl WriteTxn<'_> {
    /// What this transaction sees, its own changes included.
    pub(crate) fn view(&self) -> View<'_> {
        View { txn: &self.txn, tables: self.tables }
    }

    pub(crate) fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<()> {
        self.tables[table as usize].put(&mut self.txn, key, value).map_err(write_error)
    }

    /// True if there was something to delete.
    pub(crate) fn delete(&mut self, table: Table, key: &[u8]) -> Result<bool> {
        self.tables[table as usize].delete(&mut self.txn, key).map_err(write_error)
    }

    pub(crate) fn delete_prefix(&mut self, table: Table, prefix: &[u8]) -> Result<()> {
        let keys: Vec<Vec<u8>> = self
            .view()
            .prefix(table, prefix)?
            .map(|row| row.map(|(k, _)| k.to_vec()))
            .collect::<Result<_>>()?;
        keys.iter().try_for_each(|key| self.delete(table, key).map(drop))
    }
}

/// Reading, inside a transaction.
#[derive(Clone, Copy)]
pub(crate) struct View<'t> {
    txn: &'t RoTxn<'t, WithoutTls>,
    tables: &'t Tables,
}

impl<'t> View<'t> {
    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Result<Option<&'t [u8]>> {
        self.tables[table as usize].get(self.txn, key).map_err(read_error)
    }

    /// The rows whose keys begin with `prefix`, in order of key.
    pub(crate) fn prefix(
        &self,
        table: Table,
        prefix: &[u8],
    ) -> Result<impl Iterator<Item = Result<(&'t [u8], &'t [u8])>> + use<'t>> {
        let rows = self.tables[table as usize].prefix_iter(self.txn, prefix).map_err(read_error)?;
        Ok(rows.map(|row| row.map_err(read_error)))
    }

    /// Every row, in order of key.
    pub(crate) fn rows(
        &self,
        table: Table,
    ) -> Result<impl Iterator<Item = Result<(&'t [u8], &'t [u8])>> + use<'t>> {
        let rows = self.tables[table as usize].iter(self.txn).map_err(read_error)?;
        Ok(rows.map(|row| row.map_err(read_error)))
    }

    /// The rows whose keys come after `key`, in order of key.
    pub(crate) fn after(
        &self,
        table: Table,
        key: &[u8],
    ) -> Result<impl Iterator<Item = Result<(&'t [u8], &'t [u8])>> + use<'t>> {
        let range = (Bound::Excluded(key), Bound::Unbounded);
        let rows = self.tables[table as usize].range(self.txn, &range).map_err(read_error)?;
        Ok(rows.map(|row| row.map_err(read_error)))
    }

    /// Number of rows.
    pub(crate) fn len(&self, table: Table) -> Result<u64> {
        self.tables[table as usize].len(self.txn).map_err(read_error)
    }
}
