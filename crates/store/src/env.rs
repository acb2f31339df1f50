//! The LMDB environment: the only module that knows `heed`.
//!
//! Transactions open and end inside this crate. One environment serves all handles of one directory in a process;
//! other processes may read while one writes.

#![expect(unsafe_code, reason = "mapping a file is unsafe by nature; the conditions are stated at each call")]

use crate::Access;
use heed::types::Bytes;
use heed::{CommitOrAbort, EnvFlags, EnvOpenOptions, MdbError, RoTxn, RwTxn, WithoutTls};
use sonic_core::{Error, ErrorKind, Result};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

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
const MAX_READERS: u32 = 1024;
const DATA_FILE: &str = "data.mdb";
/// Locked by the process that may write.
const LOCK_FILE: &str = "writer.lock";
/// Locked, shared, while a process opens the environment, and alone while its files are replaced.
const GATE_FILE: &str = "open.lock";
/// LMDB's own: it counts the transactions of the data file beside it.
const LMDB_LOCK_FILE: &str = "lock.mdb";
const COPY_FILE: &str = "data.mdb.compacting";

type Database = heed::Database<'static, Bytes, Bytes>;

/// An open environment.
pub(crate) struct Env {
    env: heed::Env<WithoutTls>,
    tables: Tables,
    /// Held for reading by every transaction, for writing while the map grows.
    growth: RwLock<()>,
    writer: Option<Mutex<File>>,
    path: PathBuf,
    /// Tells whether the data file is still the one that was opened.
    identity: Option<FileIdentity>,
}

impl Env {
    /// Opens the environment in directory `path`, which no other `Env` of this process has open. A new one is created
    /// with `first_row` in its table of facts.
    pub(crate) fn open(
        path: &Path,
        access: Access,
        map_size: usize,
        first_row: (&[u8], &[u8]),
    ) -> Result<Self> {
        let fail = |e| heed_error(e, format!("cannot open the store {}", path.display()));
        let writer = match access {
            Access::ReadOnly => None,
            Access::ReadWrite | Access::Create => Some(Mutex::new(open_lock_file(path)?)),
        };
        let page = page_size();
        let mut options = EnvOpenOptions::new().read_txn_without_tls();
        options.max_dbs(NAMES.len() as u32).max_readers(MAX_READERS);
        options.map_size(map_size.max(16 * page).next_multiple_of(page));
        if writer.is_none() {
            // SAFETY: a read-only environment is one of LMDB's ordinary modes.
            unsafe { options.flags(EnvFlags::READ_ONLY) };
        }
        let _gate = gate(path, writer.is_some(), File::lock_shared)?;
        // SAFETY: nobody but LMDB writes to the data file; its lock file keeps processes apart.
        let env = unsafe { options.open(path) }.map_err(fail)?;
        check_length(&env, path)?;
        if writer.is_some() {
            // Readers that were killed would keep pages from being used again.
            env.clear_stale_readers().map_err(fail)?;
        }
        let tables = match env.unnamed_database_stat().entries {
            0 if access == Access::Create => create_tables(&env, first_row),
            0 => return Err(no_store(path)),
            _ => open_tables(&env),
        };
        let tables = tables.map_err(fail)?.ok_or_else(|| {
            let message = format!("{} is an LMDB environment but not a sonic store", path.display());
            Error::new(ErrorKind::Malformed, message)
        })?;
        let identity = identity(&path.join(DATA_FILE));
        Ok(Self { env, tables, growth: RwLock::new(()), writer, path: path.to_owned(), identity })
    }

    /// Checks that `path` is, or can become, the directory of a store.
    pub(crate) fn prepare_directory(path: &Path, access: Access) -> Result<()> {
        match std::fs::metadata(path) {
            Ok(m) if !m.is_dir() => {
                let message = format!("the store path {} is a file: give a directory", path.display());
                Err(Error::new(ErrorKind::InvalidArgument, message))
            }
            Ok(_) if access != Access::Create && !has_data(path) => Err(no_store(path)),
            Ok(_) => Ok(()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && access == Access::Create => {
                std::fs::create_dir_all(path)
                    .map_err(|e| io_error(format!("cannot create {}", path.display()), e))
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(no_store(path)),
            Err(e) => Err(io_error(format!("cannot open the store {}", path.display()), e)),
        }
    }

    /// Bytes that the environment takes on disk.
    pub(crate) fn file_bytes(&self) -> Result<u64> {
        let path = self.path.join(DATA_FILE);
        let data =
            std::fs::metadata(&path).map_err(|e| Error::io(format!("cannot read {}", path.display()), e))?;
        Ok(data.len())
    }

    /// A consistent view of the store as it is now.
    pub(crate) fn read(&self) -> Result<ReadTxn<'_>> {
        loop {
            let guard = self.growth.read().unwrap_or_else(PoisonError::into_inner);
            match self.env.read_txn() {
                Ok(txn) => return Ok(ReadTxn { txn, tables: &self.tables, _guard: guard }),
                Err(heed::Error::Mdb(MdbError::MapResized)) => {
                    drop(guard);
                    self.resize(0)?;
                }
                Err(e) => return Err(heed_error(e, "cannot begin to read the store")),
            }
        }
    }

    /// Takes the right to write, which one process at a time has.
    pub(crate) fn lock_writer(&self) -> Result<WriterLock<'_>> {
        let Some(writer) = &self.writer else {
            let message = format!("the store {} is open read-only", self.path.display());
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        };
        let file = writer.lock().unwrap_or_else(PoisonError::into_inner);
        match file.try_lock() {
            Ok(()) => Ok(WriterLock { file }),
            Err(TryLockError::WouldBlock) => {
                let message = format!(
                    "another process is writing to the store {}: try again when it is done",
                    self.path.display()
                );
                Err(Error::new(ErrorKind::Io, message))
            }
            Err(TryLockError::Error(e)) => {
                Err(Error::io(format!("cannot lock {}", self.path.join(LOCK_FILE).display()), e))
            }
        }
    }

    /// Runs `work` in one transaction and commits it, growing the map and starting again when it is full. Nothing of
    /// a failed `work` remains. `work` may run several times. `None` if another process has replaced the file.
    pub(crate) fn write<T>(&self, mut work: impl FnMut(&mut WriteTxn<'_>) -> Result<T>) -> Result<Option<T>> {
        let _lock = self.lock_writer()?;
        if !self.is_current() {
            return Ok(None);
        }
        loop {
            match self.try_write(&mut work) {
                Err(e) if is_map_full(&e) => self.grow()?,
                Err(e) if is_map_resized(&e) => self.resize(0)?,
                result => return result.map(Some),
            }
        }
    }

    fn try_write<T>(&self, work: &mut impl FnMut(&mut WriteTxn<'_>) -> Result<T>) -> Result<T> {
        let _guard = self.growth.read().unwrap_or_else(PoisonError::into_inner);
        let fail = |e| heed_error(e, format!("cannot write to the store {}", self.path.display()));
        let txn = self.env.write_txn().map_err(fail)?;
        let mut txn = WriteTxn { txn, tables: &self.tables };
        let value = work(&mut txn)?;
        txn.txn.commit().map_err(fail)?;
        Ok(value)
    }

    fn grow(&self) -> Result<()> {
        let size = self.env.info().map_size;
        self.resize(size.saturating_mul(2).next_multiple_of(page_size()))
    }

    /// Sets the size of the map; 0 takes over the size that another process has set.
    fn resize(&self, size: usize) -> Result<()> {
        let _guard = self.growth.write().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: every transaction of this process holds `growth` for reading, so none is active now.
        unsafe { self.env.resize(size) }
            .map_err(|e| heed_error(e, format!("cannot grow the store {}", self.path.display())))
    }

    /// False once another file has taken the place of the one that was opened.
    pub(crate) fn is_current(&self) -> bool {
        identity(&self.path.join(DATA_FILE)) == self.identity
    }

    /// Closes the environment, so that the directory can be opened again.
    pub(crate) fn close(self) {
        self.env.prepare_for_closing().wait();
    }

    /// Closes the environment and puts a copy without free pages in the place of its file, unless another process has
    /// just done so. No other process writes meanwhile; if anything fails the file is as it was.
    pub(crate) fn replace_by_compacted_copy(self) -> Result<()> {
        let lock = self.lock_writer()?;
        if !self.is_current() {
            return Ok(());
        }
        let copy = self.path.join(COPY_FILE);
        let _ = std::fs::remove_file(&copy);
        let fail = |e| io_error(format!("cannot write {}", copy.display()), e);
        let written = self
            .env
            .copy_to_path(&copy, heed::CompactionOption::Enabled)
            .map_err(|e| heed_error(e, format!("cannot write {}", copy.display())))
            .and_then(|file| file.sync_all().map_err(fail));
        std::mem::forget(lock); // The file below holds the lock until it is closed.
        let _lock = self.writer;
        self.env.prepare_for_closing().wait();
        let replaced = written.and_then(|()| replace(&self.path, &copy));
        replaced.inspect_err(|_| drop(std::fs::remove_file(&copy)))
    }
}

/// Puts `copy` in the place of the data file, and a new lock file of LMDB beside it.
///
/// LMDB's lock file outlives its data file while any process has it open, and with it the number of the last
/// transaction, by which readers choose between two versions of the root: a new data file needs a new lock file.
/// Those who have the old pair open keep it, and find out.
fn replace(directory: &Path, copy: &Path) -> Result<()> {
    let _gate = gate(directory, true, File::lock)?;
    let (data, lock) = (directory.join(DATA_FILE), directory.join(LMDB_LOCK_FILE));
    match std::fs::remove_file(&lock) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            return Err(io_error(format!("cannot replace {}", lock.display()), e));
        }
        _ => {}
    }
    std::fs::rename(copy, &data).map_err(|e| io_error(format!("cannot replace {}", data.display()), e))?;
    sync_directory(directory)
}

/// Makes a renaming last.
#[cfg(unix)]
fn sync_directory(path: &Path) -> Result<()> {
    let synced = File::open(path).and_then(|directory| directory.sync_all());
    synced.map_err(|e| io_error(format!("cannot write {}", path.display()), e))
}

/// Elsewhere directories cannot be synced.
#[cfg(not(unix))]
fn sync_directory(_: &Path) -> Result<()> {
    Ok(())
}

/// The right to write, given back when dropped.
pub(crate) struct WriterLock<'a> {
    file: MutexGuard<'a, File>,
}

impl Drop for WriterLock<'_> {
    fn drop(&mut self) {
        // Closing the file would release the lock as well; an error here cannot leave it held.
        let _ = self.file.unlock();
    }
}

/// A read transaction.
pub(crate) struct ReadTxn<'e> {
    txn: RoTxn<'e, WithoutTls>,
    tables: &'e Tables,
    _guard: RwLockReadGuard<'e, ()>,
}

impl ReadTxn<'_> {
    /// What this transaction sees.
    pub(crate) fn view(&self) -> View<'_> {
        View { txn: &self.txn, tables: self.tables }
    }
}

/// A write transaction.
pub(crate) struct WriteTxn<'e> {
    txn: RwTxn<'e>,
    tables: &'e Tables,
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

    /// Number of rows.
    pub(crate) fn len(&self, table: Table) -> Result<u64> {
        self.tables[table as usize].len(self.txn).map_err(read_error)
    }
}

/// Device and inode of a file, where the system has them.
type FileIdentity = (u64, u64);

#[cfg(unix)]
fn identity(path: &Path) -> Option<FileIdentity> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()))
}

/// Elsewhere an open file cannot be replaced.
#[cfg(not(unix))]
fn identity(_: &Path) -> Option<FileIdentity> {
    None
}

fn open_lock_file(path: &Path) -> Result<File> {
    let path = path.join(LOCK_FILE);
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|e| io_error(format!("cannot open {} for writing", path.display()), e))
}

/// Waits at the gate of a store, until the file is dropped. A reader need not find the gate's file: whoever may
/// replace the store's files makes it.
fn gate(path: &Path, create: bool, lock: fn(&File) -> std::io::Result<()>) -> Result<Option<File>> {
    let path = path.join(GATE_FILE);
    let mut options = File::options();
    let opened = match create {
        true => options.create(true).truncate(false).write(true).open(&path),
        false => options.read(true).open(&path),
    };
    match opened {
        Err(e) if !create && e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        opened => {
            let locked = opened.and_then(|file| lock(&file).map(|()| file));
            locked.map(Some).map_err(|e| io_error(format!("cannot lock {}", path.display()), e))
        }
    }
}

/// True if a data file was begun in the directory.
fn has_data(path: &Path) -> bool {
    std::fs::metadata(path.join(DATA_FILE)).is_ok_and(|m| m.len() > 0)
}

fn no_store(path: &Path) -> Error {
    let message = format!("there is no store in {}: add recordings to make one", path.display());
    Error::new(ErrorKind::NotFound, message)
}

/// A data file shorter than its pages would fault when touched.
fn check_length(env: &heed::Env<WithoutTls>, path: &Path) -> Result<()> {
    let pages = env.info().last_page_number as u64 + 1;
    let needed = pages * u64::from(env.unnamed_database_stat().page_size);
    let file = path.join(DATA_FILE);
    let length =
        std::fs::metadata(&file).map_err(|e| Error::io(format!("cannot read {}", file.display()), e))?.len();
    if length < needed {
        let message =
            format!("{} has {length} bytes but needs {needed}: it was cut off; restore it", file.display());
        return Err(Error::new(ErrorKind::Malformed, message));
    }
    Ok(())
}

type Tables = [Database; NAMES.len()];

/// Makes the tables of a new store, all in one transaction.
fn create_tables(
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
fn open_tables(env: &heed::Env<WithoutTls>) -> std::result::Result<Option<Tables>, heed::Error> {
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

fn page_size() -> usize {
    // 64 KiB is a multiple of every page size in use.
    1 << 16
}

fn read_error(error: heed::Error) -> Error {
    heed_error(error, "cannot read the store")
}

fn write_error(error: heed::Error) -> Error {
    heed_error(error, "cannot write to the store")
}

fn is_map_full(error: &Error) -> bool {
    is_mdb(error, |e| matches!(e, MdbError::MapFull))
}

fn is_map_resized(error: &Error) -> bool {
    is_mdb(error, |e| matches!(e, MdbError::MapResized))
}

fn is_mdb(error: &Error, test: impl Fn(&MdbError) -> bool) -> bool {
    let source = std::error::Error::source(error).and_then(|s| s.downcast_ref::<heed::Error>());
    matches!(source, Some(heed::Error::Mdb(e)) if test(e))
}

fn heed_error(error: heed::Error, what: impl std::fmt::Display) -> Error {
    let kind = match &error {
        heed::Error::Io(e) if e.kind() == std::io::ErrorKind::NotFound => ErrorKind::NotFound,
        heed::Error::Io(_) => ErrorKind::Io,
        heed::Error::Mdb(MdbError::MapFull | MdbError::ReadersFull | MdbError::TxnFull) => ErrorKind::Limit,
        heed::Error::Mdb(MdbError::VersionMismatch) => ErrorKind::Mismatch,
        heed::Error::Mdb(_) | heed::Error::Decoding(_) => ErrorKind::Malformed,
        heed::Error::Encoding(_) | heed::Error::EnvAlreadyOpened => ErrorKind::Internal,
    };
    let advice = match &error {
        heed::Error::Io(e) => advice(e),
        _ => "",
    };
    Error::new(kind, format!("{what}: {error}{advice}")).with_source(error)
}

fn io_error(what: impl std::fmt::Display, error: std::io::Error) -> Error {
    let advice = advice(&error);
    let kind = Error::io("", std::io::Error::from(error.kind())).kind();
    Error::new(kind, format!("{what}: {error}{advice}")).with_source(error)
}

/// What to do when the system refuses.
fn advice(error: &std::io::Error) -> &'static str {
    use std::io::ErrorKind as Io;
    match error.kind() {
        Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => {
            ": there is no room left; what was committed is safe, free space and try again"
        }
        Io::PermissionDenied | Io::ReadOnlyFilesystem => {
            ": even reading takes permission to write the lock files there; give it, or copy the store"
        }
        // LMDB's word for a write that fell short.
        _ if error.raw_os_error() == Some(5) => {
            ": there is no room left, or the disk fails; what was committed is safe, free space and try again"
        }
        _ => "",
    }
}
