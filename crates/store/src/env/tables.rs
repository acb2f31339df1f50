//! The tables of a store, and the transactions that read and write them.

use super::error::{read_error, write_error};
use heed::types::Bytes;
use heed::{CommitOrAbort, RoTxn, RwTxn, WithoutTls};
use sonic_core::{Error, ErrorKind, Result};
use std::ops::Bound;
use std::sync::{OnceLock, RwLockReadGuard};

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
    /// Voice number to its row.
    Voices,
    /// Secondary index of voices: id, user, mode, voiceprint to voice number.
    VoiceKeys,
    /// Voiceprint number to its row.
    Voiceprints,
    /// Name of a person, or id of a voiceprint, to voiceprint number.
    People,
    /// Set and block to packed vectors.
    Vectors,
    /// Scopes, and the unnamed speakers of each.
    Speakers,
    /// Name of an event to its number, and number to its row.
    Events,
    /// Event and photo number to the photo's row.
    Photos,
    /// Event and id of a photo, or hash of its bytes, to photo number; event and face number to a thumbnail.
    PhotoKeys,
    /// Event and face number to the face's row.
    Faces,
    /// Event and block to packed vectors.
    FaceVectors,
    /// Event and person number to the row of somebody seen in photos.
    FacePeople,
}

impl Table {
    /// Every table, in the order of their names.
    pub(crate) const ALL: [Self; NAMES.len() + VOICE_NAMES.len() + FACE_NAMES.len()] = [
        Self::Meta,
        Self::Recordings,
        Self::Ids,
        Self::Sources,
        Self::Landmarks,
        Self::Segments,
        Self::Spans,
        Self::Postings,
        Self::Voices,
        Self::VoiceKeys,
        Self::Voiceprints,
        Self::People,
        Self::Vectors,
        Self::Speakers,
        Self::Events,
        Self::Photos,
        Self::PhotoKeys,
        Self::Faces,
        Self::FaceVectors,
        Self::FacePeople,
    ];
}

/// The tables of every store.
const NAMES: [&str; 8] =
    ["meta", "recordings", "ids", "sources", "landmarks", "segments", "spans", "postings"];
/// Tables that a store may lack, a group for each release that brought some: it is as if they were empty, and the
/// first write makes them.
const LATER: [[&str; GROUP]; 2] = [VOICE_NAMES, FACE_NAMES];
/// Tables of a later group.
const GROUP: usize = 6;
const VOICE_NAMES: [&str; GROUP] = ["voices", "voice_keys", "voiceprints", "people", "vectors", "speakers"];
const FACE_NAMES: [&str; GROUP] = ["events", "photos", "photo_keys", "faces", "face_vectors", "face_people"];

type Database = heed::Database<'static, Bytes, Bytes>;
type First = [Database; NAMES.len()];
type Later = [OnceLock<[Database; GROUP]>; LATER.len()];
type Opened<T> = std::result::Result<T, heed::Error>;

/// The tables of an environment.
pub(super) struct Tables {
    first: First,
    later: Later,
}

impl Tables {
    /// Makes the tables of a new store, each group in one transaction.
    pub(super) fn create(env: &heed::Env<WithoutTls>, first_row: (&[u8], &[u8])) -> Opened<Option<Self>> {
        let Some(first) = create(env, NAMES, Some(first_row))? else { return Ok(None) };
        let tables = Self { first, later: Later::default() };
        tables.create_later(env)?;
        Ok(Some(tables))
    }

    /// The tables of a store; `None` if one is missing that every store has.
    pub(super) fn open(env: &heed::Env<WithoutTls>) -> Opened<Option<Self>> {
        let Some(first) = open(env, NAMES)? else { return Ok(None) };
        let tables = Self { first, later: Later::default() };
        tables.open_later(env)?;
        Ok(Some(tables))
    }

    /// The tables that are known now. A transaction takes what was known before it began: a table is of no use to it
    /// otherwise.
    pub(super) fn known(&self) -> KnownTables<'_> {
        KnownTables { first: &self.first, later: &self.later }
    }

    /// True if there may be tables by now that this process has not opened.
    pub(super) fn may_have_grown(&self, env: &heed::Env<WithoutTls>) -> bool {
        let groups = self.later.iter().filter(|group| group.get().is_some()).count();
        groups < LATER.len() && env.unnamed_database_stat().entries > NAMES.len() + groups * GROUP
    }

    /// Opens the tables that another process has made since. No transaction is active in this process.
    pub(super) fn open_later(&self, env: &heed::Env<WithoutTls>) -> Opened<()> {
        self.add_later(|names| open(env, names))
    }

    /// Makes the tables that the store lacks. No transaction is active in this process.
    pub(super) fn create_later(&self, env: &heed::Env<WithoutTls>) -> Opened<()> {
        self.add_later(|names| create(env, names, None))
    }

    fn add_later(
        &self,
        group_named: impl Fn([&'static str; GROUP]) -> Opened<Option<[Database; GROUP]>>,
    ) -> Opened<()> {
        for (slot, names) in self.later.iter().zip(LATER) {
            if slot.get().is_none()
                && let Some(group) = group_named(names)?
            {
                let _ = slot.set(group);
            }
        }
        Ok(())
    }
}

/// The tables that a transaction can use.
#[derive(Clone, Copy)]
pub(super) struct KnownTables<'e> {
    first: &'e First,
    /// None is added while a transaction is active.
    later: &'e Later,
}

impl<'e> KnownTables<'e> {
    /// The table; `None` if the store lacks it, and it is to be taken for empty.
    fn get(self, table: Table) -> Option<&'e Database> {
        let number = table as usize;
        self.first.get(number).or_else(|| {
            let later = number - NAMES.len();
            self.later.get(later / GROUP)?.get()?.get(later % GROUP)
        })
    }

    pub(super) fn are_all(self) -> bool {
        self.later.iter().all(|group| group.get().is_some())
    }
}

fn create<const N: usize>(
    env: &heed::Env<WithoutTls>,
    names: [&str; N],
    first_row: Option<(&[u8], &[u8])>,
) -> Opened<Option<[Database; N]>> {
    let txn = env.write_txn()?;
    let tables = env.create_databases_and_commit(txn, |opener, txn| {
        let mut tables = Vec::new();
        for name in names {
            tables.push(opener.create_database::<Bytes, Bytes>(txn, Some(name))?);
        }
        if let Some((key, value)) = first_row {
            tables[Table::Meta as usize].put(txn, key, value)?;
        }
        Ok::<_, heed::Error>(CommitOrAbort::<_, ()>::Commit(array(tables)))
    })?;
    Ok(tables.unwrap_commit())
}

/// The tables named so; `None` if one is missing.
fn open<const N: usize>(env: &heed::Env<WithoutTls>, names: [&str; N]) -> Opened<Option<[Database; N]>> {
    let txn = env.read_txn()?;
    let tables = env.open_databases_and_commit(txn, |opener, txn| {
        let mut tables = Vec::new();
        for name in names {
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
        let table = self.table(table)?;
        table.put(&mut self.txn, key, value).map_err(write_error)
    }

    /// True if there was something to delete.
    pub(crate) fn delete(&mut self, table: Table, key: &[u8]) -> Result<bool> {
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
    Ok(rows.into_iter().flatten().map(|row| row.map_err(read_error)))
}
