//! The LMDB environment: the only module that knows `heed`.
//!
//! Transactions open and end inside this crate. One environment serves all handles of one directory in a process;
//! other processes may read while one writes.

#![expect(unsafe_code, reason = "mapping a file is unsafe by nature; the conditions are stated at each call")]

mod error;
mod files;
mod tables;
mod txn;

use crate::fork;
use crate::options::Access;
use error::{heed_error, io_error, is_map_full, is_map_resized};
use files::{COPY_FILE, DATA_FILE, FileIdentity, LOCK_FILE, SideDoor};
use heed::{EnvFlags, EnvOpenOptions, MdbError, WithoutTls};
use sonic_core::{Error, ErrorKind, Result};
use std::fs::{File, TryLockError};
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
pub(crate) use tables::Table;
use tables::Tables;
#[cfg(test)]
pub(crate) use txn::touched;
pub(crate) use txn::{ReadTxn, View, WriteTxn};

const MAX_READERS: u32 = 1024;

/// LMDB's environment: closed when dropped, but left alone in a child that was forked with it.
struct Environment {
    env: ManuallyDrop<heed::Env<WithoutTls>>,
    process: u32,
}

impl Environment {
    /// Opens the files in `path`, a canonical path, whose environment no `Environment` of this process has open.
    fn open(options: &EnvOpenOptions<WithoutTls>, path: &Path) -> Result<Self> {
        let fail = |e| heed_error(e, format!("cannot open the store {}", path.display()));
        // SAFETY: nobody but LMDB writes to the data file; its lock file keeps processes apart.
        let env = match unsafe { options.open(path) } {
            Err(heed::Error::EnvAlreadyOpened) if fork::is_child() => {
                // What the parent had open counts as open here, by its path. It is never closed in this process, so
                // that LMDB's locks on the files, which are the process's, are not lost with it.
                let door = SideDoor::new(path)?;
                // SAFETY: as above.
                unsafe { options.open(door.path()) }.map_err(fail)?
            }
            opened => opened.map_err(fail)?,
        };
        Ok(Self { env: ManuallyDrop::new(env), process: std::process::id() })
    }
}

impl Deref for Environment {
    type Target = heed::Env<WithoutTls>;

    fn deref(&self) -> &Self::Target {
        &self.env
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        if self.process == std::process::id() {
            let _hold = fork::hold();
            // SAFETY: it is dropped here and nowhere else.
            unsafe { ManuallyDrop::drop(&mut self.env) };
        }
    }
}

/// An open environment.
pub(crate) struct Env {
    env: Environment,
    tables: Tables,
    /// Held for reading by every transaction, for writing while the map grows.
    growth: RwLock<()>,
    writer: Option<Mutex<File>>,
    path: PathBuf,
    /// Tells whether the data file is still the one that was opened.
    identity: Option<FileIdentity>,
}

impl Env {
    /// Opens the environment in directory `path`, which is canonical and which no other `Env` of this process has
    /// open. A new one is created with `first_row` in its table of facts.
    pub(crate) fn open(
        path: &Path,
        access: Access,
        map_size: usize,
        first_row: (&[u8], &[u8]),
    ) -> Result<Self> {
        let _hold = fork::hold();
        let fail = |e| heed_error(e, format!("cannot open the store {}", path.display()));
        let writer = match access {
            Access::ReadOnly => None,
            Access::ReadWrite | Access::Create => Some(Mutex::new(files::open_lock_file(path)?)),
        };
        let _gate = files::gate(path, writer.is_some(), File::lock_shared)?;
        let env = Environment::open(&env_options(access, map_size), path)?;
        check_length(&env, path)?;
        if writer.is_some() {
            // Readers that were killed would keep pages from being used again.
            env.clear_stale_readers().map_err(fail)?;
        }
        let tables = match env.unnamed_database_stat().entries {
            0 if access == Access::Create => Tables::create(&env, first_row),
            0 => return Err(files::no_store(path)),
            _ => Tables::open(&env),
        };
        let tables = tables.map_err(fail)?.ok_or_else(|| {
            let message = format!("{} is an LMDB environment but not a sonic store", path.display());
            Error::new(ErrorKind::Malformed, message)
        })?;
        let identity = files::identity(&path.join(DATA_FILE));
        Ok(Self { env, tables, growth: RwLock::new(()), writer, path: path.to_owned(), identity })
    }

    /// Checks that `path` is, or can become, the directory of a store.
    pub(crate) fn prepare_directory(path: &Path, access: Access) -> Result<()> {
        files::prepare_directory(path, access)
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
            if self.tables.may_have_grown(&self.env) {
                self.open_new_tables()?;
            }
            let guard = self.growth.read().unwrap_or_else(PoisonError::into_inner);
            let tables = self.tables.known();
            match self.env.read_txn() {
                Ok(txn) => return Ok(ReadTxn { txn, tables, _guard: guard }),
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
        let fail = |e| heed_error(e, format!("cannot write to the store {}", self.path.display()));
        if !self.tables.known().are_all() {
            let _guard = self.growth.write().unwrap_or_else(PoisonError::into_inner);
            self.tables.create_missing(&self.env, None).map_err(fail)?;
        }
        let _guard = self.growth.read().unwrap_or_else(PoisonError::into_inner);
        let tables = self.tables.known();
        let txn = self.env.write_txn().map_err(fail)?;
        let mut txn = WriteTxn { txn, tables };
        let value = work(&mut txn)?;
        txn.txn.commit().map_err(fail)?;
        Ok(value)
    }

    fn open_new_tables(&self) -> Result<()> {
        let _guard = self.growth.write().unwrap_or_else(PoisonError::into_inner);
        let opened = self.tables.open_new(&self.env);
        opened.map_err(|e| heed_error(e, format!("cannot read the store {}", self.path.display())))
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
        files::identity(&self.path.join(DATA_FILE)) == self.identity
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
        std::mem::forget(lock); // The file below holds the lock until the work is done.
        let Self { env, writer, path, .. } = self;
        drop(env);
        let replaced = written.and_then(|()| files::replace(&path, &copy));
        if let Some(file) = writer {
            let _ = file.into_inner().unwrap_or_else(PoisonError::into_inner).unlock();
        }
        replaced.inspect_err(|_| drop(std::fs::remove_file(&copy)))
    }
}

/// The right to write, given back when dropped.
pub(crate) struct WriterLock<'a> {
    file: MutexGuard<'a, File>,
}

impl Drop for WriterLock<'_> {
    fn drop(&mut self) {
        // Closing the file is not enough when a forked child has it open as well.
        let _ = self.file.unlock();
    }
}

fn env_options(access: Access, map_size: usize) -> EnvOpenOptions<WithoutTls> {
    let page = page_size();
    let mut options = EnvOpenOptions::new().read_txn_without_tls();
    options.max_dbs(Table::ALL.len() as u32).max_readers(MAX_READERS);
    options.map_size(map_size.max(16 * page).next_multiple_of(page));
    if access == Access::ReadOnly {
        // SAFETY: a read-only environment is one of LMDB's ordinary modes.
        unsafe { options.flags(EnvFlags::READ_ONLY) };
    }
    options
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

fn page_size() -> usize {
    // 64 KiB is a multiple of every page size in use.
    1 << 16
}
