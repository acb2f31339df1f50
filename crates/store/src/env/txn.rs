//! The transactions that read and write the tables.

use super::error::{read_error, write_error};
use super::tables::{Database, KnownTables, Opened, Table};
use heed::{RoTxn, RwTxn, WithoutTls};
use sonic_core::{Error, ErrorKind, Result};
use std::ops::Bound;
use std::sync::RwLockReadGuard;

/// Rows that the transactions of a thread have read and written: what a test counts.
#[cfg(test)]
pub(crate) mod touched {
    use std::cell::Cell;

    thread_local! {
        pub(super) static READ: Cell<u64> = const { Cell::new(0) };
        pub(super) static WRITTEN: Cell<u64> = const { Cell::new(0) };
    }

    /// Rows read and written since it was last called.
    pub(crate) fn take() -> (u64, u64) {
        (READ.take(), WRITTEN.take())
    }
}

fn count_read() {
    #[cfg(test)]
    touched::READ.set(touched::READ.get() + 1);
}

fn count_written() {
    #[cfg(test)]
    touched::WRITTEN.set(touched::WRITTEN.get() + 1);
}

/// A read transaction.
pub(crate) struct ReadTxn<'e> {
    pub(super) txn: RoTxn<'e, WithoutTls>,
    pub(super) tables: KnownTables<'e>,
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
    pub(super) tables: KnownTables<'e>,
}

impl<'e> WriteTxn<'e> {
    /// What this transaction sees, its own changes included.
    pub(crate) fn view(&self) -> View<'_> {
        View { txn: &self.txn, tables: self.tables }
    }

    pub(crate) fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<()> {
        count_written();
        let table = self.table(table)?;
        table.put(&mut self.txn, key, value).map_err(write_error)
    }

    /// True if there was something to delete.
    pub(crate) fn delete(&mut self, table: Table, key: &[u8]) -> Result<bool> {
        count_written();
        let table = self.table(table)?;
        table.delete(&mut self.txn, key).map_err(write_error)
    }

    fn table(&self, table: Table) -> Result<&'e Database> {
        let missing = || Error::new(ErrorKind::Internal, "a table was not made before it was written to");
        self.tables.get(table).ok_or_else(missing)
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
    tables: KnownTables<'t>,
}

/// A row: key and value.
pub(crate) type Row<'t> = (&'t [u8], &'t [u8]);

impl<'t> View<'t> {
    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Result<Option<&'t [u8]>> {
        count_read();
        let Some(table) = self.tables.get(table) else { return Ok(None) };
        table.get(self.txn, key).map_err(read_error)
    }

    /// The rows whose keys begin with `prefix`, in order of key.
    pub(crate) fn prefix(
        &self,
        table: Table,
        prefix: &[u8],
    ) -> Result<impl Iterator<Item = Result<Row<'t>>> + use<'t>> {
        our_rows(self.tables.get(table).map(|table| table.prefix_iter(self.txn, prefix)))
    }

    /// The rows whose keys begin with `prefix`, in reverse order of key.
    pub(crate) fn prefix_backwards(
        &self,
        table: Table,
        prefix: &[u8],
    ) -> Result<impl Iterator<Item = Result<Row<'t>>> + use<'t>> {
        our_rows(self.tables.get(table).map(|table| table.rev_prefix_iter(self.txn, prefix)))
    }

    /// Every row, in order of key.
    pub(crate) fn rows(&self, table: Table) -> Result<impl Iterator<Item = Result<Row<'t>>> + use<'t>> {
        our_rows(self.tables.get(table).map(|table| table.iter(self.txn)))
    }

    /// The rows whose keys come after `key`, in order of key.
    pub(crate) fn after(
        &self,
        table: Table,
        key: &[u8],
    ) -> Result<impl Iterator<Item = Result<Row<'t>>> + use<'t>> {
        let range = (Bound::Excluded(key), Bound::Unbounded);
        our_rows(self.tables.get(table).map(|table| table.range(self.txn, &range)))
    }

    /// Number of rows.
    pub(crate) fn len(&self, table: Table) -> Result<u64> {
        self.tables.get(table).map_or(Ok(0), |table| table.len(self.txn).map_err(read_error))
    }
}

/// Rows of a table, if there is one, with errors of ours.
fn our_rows<'t, I: Iterator<Item = Opened<Row<'t>>>>(
    rows: Option<Opened<I>>,
) -> Result<impl Iterator<Item = Result<Row<'t>>> + use<'t, I>> {
    let rows = rows.transpose().map_err(read_error)?;
    Ok(rows.into_iter().flatten().map(|row| {
        count_read();
        row.map_err(read_error)
    }))
}
