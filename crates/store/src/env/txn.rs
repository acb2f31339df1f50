//! The transactions that read and write the tables.

use super::error::{damaged_value, read_error, write_error};
use super::recorder::{Derived, Recorder};
use super::seal;
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

/// Values up to this size are checked whenever they are read. Larger ones were when the file was looked at: reading a part of
/// one touches no more of it.
const CHECKED_EACH_TIME: usize = 1 << 14;

/// Values above this size may lie on pages of their own.
const LARGE: usize = 1000;
const PAGE: u64 = 4096;
/// Bytes before such a value.
const HEADER: u64 = 16;

/// A read transaction.
pub(crate) struct ReadTxn<'e> {
    pub(super) txn: RoTxn<'e, WithoutTls>,
    pub(super) tables: KnownTables<'e>,
    /// A value of the file is damaged: large ones are checked each time too.
    pub(super) is_flawed: bool,
    /// The map does not move meanwhile.
    pub(super) _guard: RwLockReadGuard<'e, ()>,
}

impl ReadTxn<'_> {
    /// What this transaction sees.
    pub(crate) fn view(&self) -> View<'_> {
        View { txn: &self.txn, tables: self.tables, is_flawed: self.is_flawed }
    }

    /// The last transaction that this one sees.
    pub(crate) fn transaction(&self) -> u64 {
        self.txn.id() as u64
    }
}

/// What a write transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It may add to the file, and leaves the reserve alone.
    Addition,
    /// It removes something, with the reserve if there is no other room.
    Removal,
}

/// What was written to a table.
#[derive(Debug, Clone, Copy, Default)]
struct Written {
    rows: u64,
    bytes: u64,
}

/// A write transaction.
pub(crate) struct WriteTxn<'e> {
    pub(super) txn: RwTxn<'e>,
    tables: KnownTables<'e>,
    is_flawed: bool,
    written: [Written; Table::ALL.len()],
    /// Of a store that keeps a journal.
    recorder: Option<Recorder>,
}

impl<'e> WriteTxn<'e> {
    pub(super) fn new(txn: RwTxn<'e>, tables: KnownTables<'e>, is_flawed: bool) -> Self {
        Self { txn, tables, is_flawed, written: [Written::default(); Table::ALL.len()], recorder: None }
    }

    /// Notes what is changed from now on.
    pub(super) fn record(&mut self) {
        self.recorder = Some(Recorder::default());
    }

    /// True if what is changed is noted.
    pub(crate) fn is_recorded(&self) -> bool {
        self.recorder.is_some()
    }

    /// What was noted; nothing is any more.
    pub(super) fn recorded(&mut self) -> Option<Recorder> {
        self.recorder.take()
    }

    /// Does `work`, whose rows follow from others as `derived` says: the journal keeps that, and not the rows.
    pub(crate) fn derive<T>(
        &mut self,
        derived: Derived,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let begun = self.recorder.as_mut().is_some_and(|recorder| recorder.begin(derived));
        let done = work(self);
        if begun {
            self.recorder.iter_mut().for_each(Recorder::end);
        }
        done
    }

    /// Bytes that the commit takes at most: no more pages of a tree than it has, and no more than from its root to each
    /// row; large values; the list of free pages and the tree of tables.
    pub(super) fn most_written(&self) -> Result<u64> {
        const LISTS: u64 = 4;
        const LISTED: u64 = 256;
        let (mut bytes, mut touched, mut page) = (0, 0, PAGE);
        for (table, written) in Table::ALL.into_iter().zip(self.written).filter(|(_, w)| w.rows > 0) {
            let stat = self.table(table)?.stat(&self.txn).map_err(read_error)?;
            let pages = (stat.branch_pages + stat.leaf_pages) as u64;
            touched += pages.min(written.rows * u64::from(stat.depth));
            bytes += written.bytes;
            page = u64::from(stat.page_size);
        }
        touched += bytes / page;
        Ok((touched + touched / LISTED + LISTS) * page)
    }

    /// What this transaction sees, its own changes included.
    pub(crate) fn view(&self) -> View<'_> {
        View { txn: &self.txn, tables: self.tables, is_flawed: self.is_flawed }
    }

    pub(crate) fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<()> {
        count_written();
        self.recorder.iter_mut().for_each(|recorder| recorder.touch(table, key));
        let sealed = seal::seal(table.name(), key, value);
        let written = &mut self.written[table as usize];
        written.rows += 1;
        if sealed.len() > LARGE {
            written.bytes += (sealed.len() as u64 + HEADER).next_multiple_of(PAGE);
        }
        self.table(table)?.put(&mut self.txn, key, &sealed).map_err(write_error)
    }

    /// True if there was something to delete.
    pub(crate) fn delete(&mut self, table: Table, key: &[u8]) -> Result<bool> {
        count_written();
        self.recorder.iter_mut().for_each(|recorder| recorder.touch(table, key));
        self.written[table as usize].rows += 1;
        let table = self.table(table)?;
        table.delete(&mut self.txn, key).map_err(write_error)
    }

    /// Deletes every row of a table.
    pub(crate) fn clear(&mut self, table: Table) -> Result<()> {
        self.recorder.iter_mut().for_each(|recorder| recorder.clear(table));
        self.table(table)?.clear(&mut self.txn).map_err(write_error)
    }

    fn table(&self, table: Table) -> Result<&'e Database> {
        let missing = || Error::new(ErrorKind::Internal, "a table was not made before it was written to");
        self.tables.get(table).ok_or_else(missing)
    }

    pub(crate) fn delete_prefix(&mut self, table: Table, prefix: &[u8]) -> Result<()> {
        // Damaged rows as well.
        let keys: Vec<Vec<u8>> = {
            let rows = self.table(table)?.prefix_iter(&self.txn, prefix).map_err(read_error)?;
            rows.map(|row| row.map(|(key, _)| key.to_vec()).map_err(read_error)).collect::<Result<_>>()?
        };
        keys.iter().try_for_each(|key| self.delete(table, key).map(drop))
    }
}

/// Reading, inside a transaction. Every value is as it was written, or a `Malformed` error.
#[derive(Clone, Copy)]
pub(crate) struct View<'t> {
    txn: &'t RoTxn<'t, WithoutTls>,
    tables: KnownTables<'t>,
    is_flawed: bool,
}

/// A row: key and value.
pub(crate) type Row<'t> = (&'t [u8], &'t [u8]);

impl<'t> View<'t> {
    /// What a transaction sees of the tables.
    pub(super) fn of(txn: &'t RoTxn<'t, WithoutTls>, tables: KnownTables<'t>, is_flawed: bool) -> Self {
        Self { txn, tables, is_flawed }
    }

    /// The value of a row that every transaction looks at, which is not counted.
    pub(super) fn peek(&self, table: Table, key: &[u8]) -> Result<Option<&'t [u8]>> {
        let Some(database) = self.tables.get(table) else { return Ok(None) };
        let sealed = database.get(self.txn, key).map_err(read_error)?;
        sealed.map(|value| self.open(table, key, value)).transpose()
    }

    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Result<Option<&'t [u8]>> {
        self.get_sealed(table, key)?.map(|value| self.open(table, key, value)).transpose()
    }

    /// The value with its checksum, which is not looked at.
    pub(crate) fn get_sealed(&self, table: Table, key: &[u8]) -> Result<Option<&'t [u8]>> {
        count_read();
        let Some(table) = self.tables.get(table) else { return Ok(None) };
        table.get(self.txn, key).map_err(read_error)
    }

    fn open(&self, table: Table, key: &[u8], sealed: &'t [u8]) -> Result<&'t [u8]> {
        let value = match sealed.len() <= CHECKED_EACH_TIME || self.is_flawed {
            true => table.unsealed(key, sealed),
            false => seal::value(sealed),
        };
        value.ok_or_else(|| damaged_value(table.name(), key))
    }

    /// The rows whose keys begin with `prefix`, in order of key.
    pub(crate) fn prefix(
        &self,
        table: Table,
        prefix: &[u8],
    ) -> Result<impl Iterator<Item = Result<Row<'t>>> + use<'t>> {
        self.our(table, self.tables.get(table).map(|table| table.prefix_iter(self.txn, prefix)))
    }

    /// The rows whose keys begin with `prefix`, in reverse order of key.
    pub(crate) fn prefix_backwards(
        &self,
        table: Table,
        prefix: &[u8],
    ) -> Result<impl Iterator<Item = Result<Row<'t>>> + use<'t>> {
        self.our(table, self.tables.get(table).map(|table| table.rev_prefix_iter(self.txn, prefix)))
    }

    /// Every row, in order of key.
    pub(crate) fn rows(&self, table: Table) -> Result<impl Iterator<Item = Result<Row<'t>>> + use<'t>> {
        self.our(table, self.tables.get(table).map(|table| table.iter(self.txn)))
    }

    /// Every row from `first` on, in order of key, with its checksum, which is right.
    pub(crate) fn sealed_rows(
        &self,
        table: Table,
        first: &[u8],
    ) -> Result<impl Iterator<Item = Result<Row<'t>>> + use<'t>> {
        // LMDB knows no empty key.
        let from = if first.is_empty() { Bound::Unbounded } else { Bound::Included(first) };
        let rows = self.tables.get(table).map(|table| table.range(self.txn, &(from, Bound::Unbounded)));
        let rows = rows.transpose().map_err(read_error)?;
        Ok(rows.into_iter().flatten().map(move |row| {
            let (key, sealed) = row.map_err(read_error)?;
            match table.unsealed(key, sealed) {
                Some(_) => Ok((key, sealed)),
                None => Err(damaged_value(table.name(), key)),
            }
        }))
    }

    /// Every key, in order.
    pub(crate) fn keys(&self, table: Table) -> Result<impl Iterator<Item = Result<&'t [u8]>> + use<'t>> {
        let rows = self.tables.get(table).map(|table| table.iter(self.txn));
        let rows = rows.transpose().map_err(read_error)?;
        Ok(rows.into_iter().flatten().map(|row| row.map(|(key, _)| key).map_err(read_error)))
    }

    /// Bytes of the pages that a table takes.
    pub(crate) fn bytes(&self, table: Table) -> Result<u64> {
        let Some(table) = self.tables.get(table) else { return Ok(0) };
        let stat = table.stat(self.txn).map_err(read_error)?;
        let pages = stat.branch_pages + stat.leaf_pages + stat.overflow_pages;
        Ok(pages as u64 * u64::from(stat.page_size))
    }

    /// The rows whose keys come after `key`, in order of key.
    pub(crate) fn after(
        &self,
        table: Table,
        key: &[u8],
    ) -> Result<impl Iterator<Item = Result<Row<'t>>> + use<'t>> {
        let range = (Bound::Excluded(key), Bound::Unbounded);
        self.our(table, self.tables.get(table).map(|table| table.range(self.txn, &range)))
    }

    /// Number of rows.
    pub(crate) fn len(&self, table: Table) -> Result<u64> {
        self.tables.get(table).map_or(Ok(0), |table| table.len(self.txn).map_err(read_error))
    }

    /// Rows of a table, if there is one, opened, with errors of ours.
    fn our<I: Iterator<Item = Opened<Row<'t>>>>(
        &self,
        table: Table,
        rows: Option<Opened<I>>,
    ) -> Result<impl Iterator<Item = Result<Row<'t>>> + use<'t, I>> {
        let view = *self;
        let rows = rows.transpose().map_err(read_error)?;
        Ok(rows.into_iter().flatten().map(move |row| {
            count_read();
            let (key, sealed) = row.map_err(read_error)?;
            Ok((key, view.open(table, key, sealed)?))
        }))
    }
}
