//! The LMDB environment: the only module that knows `heed`.
//!
//! Transactions open and end inside this crate. One environment serves all handles of one directory in a process;
//! other processes may read while one writes. An environment is one generation of the store's files.

#![expect(unsafe_code, reason = "mapping a file is unsafe by nature; the conditions are stated at each call")]

mod author;
mod current;
mod directory;
mod error;
mod files;
mod folders;
mod generation;
mod incoming;
mod note;
mod pages;
mod recorder;
mod reserve;
mod salvage;
mod seal;
mod tables;
mod txn;
mod walked;

use crate::fork;
use crate::journal;
use crate::options::StoreOptions;
pub(crate) use author::{Author, Committed};
pub(crate) use directory::{Directory, is_taken};
use error::{heed_error, io_error, is_forbidden, is_map_full, is_map_resized};
use files::{DATA_FILE, SideDoor};
use generation::Generation;
use heed::{EnvFlags, EnvOpenOptions, MdbError, WithoutTls};
pub(crate) use incoming::{Incoming, Sealed};
pub(crate) use note::Note;
pub(crate) use recorder::{Derived, Recorder};
pub(crate) use salvage::salvage;
use sonic_core::{Error, ErrorKind, Result};
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
pub(crate) use tables::Table;
use tables::Tables;
#[cfg(test)]
pub(crate) use txn::touched;
pub(crate) use txn::{Change, ReadTxn, View, WriteTxn};
use walked::Known;

const MAX_READERS: u32 = 1024;

/// LMDB's environment: closed when dropped, but left alone in a child that was forked with it.
struct Environment {
    env: ManuallyDrop<heed::Env<WithoutTls>>,
    process: u32,
}

impl Environment {
    /// Opens the files in `path`, a canonical path, whose environment no `Environment` of this process has open: for
    /// writing too where the system permits it, as any handle of this process may come to write. Second, whether it does.
    fn open(path: &Path, map_size: usize) -> Result<(Self, bool)> {
        match Self::open_as(&env_options(true, map_size), path) {
            Err(e) if is_refused(&e) => Ok((Self::open_as(&env_options(false, map_size), path)?, false)),
            opened => Ok((opened?, true)),
        }
    }

    fn open_as(options: &EnvOpenOptions<WithoutTls>, path: &Path) -> Result<Self> {
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
    /// False if the system permits to read only.
    writable: bool,
    /// Before the generation, whose files it remembers.
    memory: Memory,
    /// After the environment: its files may be removed once that is closed.
    generation: Generation,
}

impl Env {
    /// Opens the current generation of `directory`, which no other `Env` of this process has open, after a look at its
    /// pages.
    pub(crate) fn open(directory: &Arc<Directory>, options: StoreOptions) -> Result<Self> {
        let (generation, known) = loop {
            let mut generation = Generation::current(directory)?;
            let known = walked::check(&generation, options.verify)?;
            generation.share();
            if generation.is_current() {
                break (generation, known);
            }
        };
        Self::open_generation(generation, options.map_size, known, None)
    }

    /// Makes the first generation of `directory`, with `first_row` in its table of facts. The caller holds the gate.
    pub(crate) fn create(
        directory: &Arc<Directory>,
        options: StoreOptions,
        first_row: (&[u8], &[u8]),
    ) -> Result<Self> {
        let mut generation = Generation::first(directory)?;
        generation.share();
        let made = Self::open_generation(generation, options.map_size, Known::Sound, Some(first_row))?;
        made.keep_reserve(0)?;
        files::sync_directory(made.generation.path())?;
        made.publish()?;
        directory.sync()?;
        Ok(made)
    }

    /// Opens the files of a generation, or makes them with a first row.
    fn open_generation(
        generation: Generation,
        map_size: usize,
        known: Known,
        first_row: Option<(&[u8], &[u8])>,
    ) -> Result<Self> {
        let _hold = fork::hold();
        let (path, store) = (generation.path(), generation.directory().path());
        let fail = |e| heed_error(e, format!("cannot open the store {}", store.display()));
        let (env, writable) = Environment::open(path, map_size)?;
        check_length(&env, path)?;
        let tables = match first_row {
            Some(first_row) => Tables::create(&env, first_row),
            None => Tables::open(&env),
        };
        let tables = tables.map_err(fail)?.ok_or_else(|| {
            let message = format!("{} is an LMDB environment but not a sonic store", path.display());
            Error::new(ErrorKind::Malformed, message)
        })?;
        let memory = Memory::new(path, known);
        Ok(Self { env, tables, growth: RwLock::new(()), writable, memory, generation })
    }

    /// Gives up what readers that were killed hold: it would keep pages from being used again.
    pub(crate) fn clear_stale_readers(&self) -> Result<()> {
        let fail = |e| heed_error(e, format!("cannot open the store {}", self.path().display()));
        if !self.writable {
            let refused = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
            return Err(io_error(
                format!("cannot open the store {} for writing", self.path().display()),
                refused,
            ));
        }
        self.env.clear_stale_readers().map(drop).map_err(fail)
    }

    /// Looks at every page and every value of the file as it is now; gives what is wrong with values.
    ///
    /// # Errors
    /// `Malformed` if a page is damaged.
    pub(crate) fn check_pages(&self) -> Result<Vec<String>> {
        let flaws = walked::check_in_use(&self.generation.path().join(DATA_FILE))?;
        if flaws.count > 0 {
            self.memory.is_flawed.store(true, Ordering::Relaxed);
        }
        Ok(flaws.messages())
    }

    fn is_flawed(&self) -> bool {
        self.memory.is_flawed.load(Ordering::Relaxed)
    }

    /// The directory of the store.
    fn path(&self) -> &Path {
        self.generation.directory().path()
    }

    /// Bytes that the environment takes on disk.
    pub(crate) fn file_bytes(&self) -> Result<u64> {
        let path = self.generation.path().join(DATA_FILE);
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
                Ok(txn) => return Ok(ReadTxn { txn, tables, is_flawed: self.is_flawed(), _guard: guard }),
                Err(heed::Error::Mdb(MdbError::MapResized)) => {
                    drop(guard);
                    self.resize(0)?;
                }
                Err(e) => return Err(heed_error(e, "cannot begin to read the store")),
            }
        }
    }

    /// Runs `work` in one transaction and commits it, growing the map and starting again when it is full. Nothing of
    /// a failed `work` remains. `work` may run several times. `None` if it is not the current generation any more.
    pub(crate) fn write<T>(
        &self,
        author: Author<'_>,
        change: Change,
        mut work: impl FnMut(&mut WriteTxn<'_>) -> Result<T>,
    ) -> Result<Option<Committed<T>>> {
        let _lock = self.generation.directory().lock_writer()?;
        if !self.is_current() {
            return Ok(None);
        }
        // Whoever admits it no more does so before another generation takes the place of this one.
        let term = match author {
            Author::Guest(gate) => (gate.admit)()?,
            Author::Owner | Author::Keeper => 0,
        };
        loop {
            match self.try_write(author, change, &mut work) {
                Err(e) if is_map_full(&e) => self.grow()?,
                Err(e) if is_map_resized(&e) => self.resize(0)?,
                Ok((value, sequence)) => return Ok(Some(Committed { value, sequence, term })),
                Err(e) => return Err(e),
            }
        }
    }

    /// Gives the number of its entry too, if the store keeps a journal and something was changed.
    fn try_write<T>(
        &self,
        author: Author<'_>,
        change: Change,
        work: &mut impl FnMut(&mut WriteTxn<'_>) -> Result<T>,
    ) -> Result<(T, Option<u64>)> {
        let fail = |e| heed_error(e, format!("cannot write to the store {}", self.path().display()));
        if !self.tables.known().are_all() {
            let _guard = self.growth.write().unwrap_or_else(PoisonError::into_inner);
            self.tables.create_missing(&self.env, None).map_err(fail)?;
        }
        let _guard = self.growth.read().unwrap_or_else(PoisonError::into_inner);
        let tables = self.tables.known();
        let txn = self.env.write_txn().map_err(fail)?;
        let mut txn = WriteTxn::new(txn, tables, self.is_flawed());
        let last = txn.view().peek(Table::Meta, journal::SEQUENCE)?.map(journal::number).transpose()?;
        let before = match (last, author) {
            (None, _) | (_, Author::Keeper) => None,
            (Some(_), Author::Owner) => return Err(journal::kept_elsewhere(self.path())),
            (Some(last), Author::Guest(_)) => Some((last, self.env.read_txn().map_err(fail)?)),
        };
        before.iter().for_each(|_| txn.record());
        let value = work(&mut txn)?;
        let sequence = match (before, txn.recorded()) {
            (Some((last, before)), Some(recorder)) => {
                let before = View::of(&before, tables, self.is_flawed());
                journal::keep(&mut txn, before, &recorder, last)?
            }
            _ => None,
        };
        if change == Change::Addition {
            self.keep_reserve(txn.most_written()?)?;
        }
        txn.txn.commit().map_err(fail)?;
        // What cannot be done now is done with the next change.
        let _ = match change {
            Change::Addition => reserve::trim(&self.generation.path().join(DATA_FILE), self.used_bytes()),
            Change::Removal => reserve::keep(&self.generation.path().join(DATA_FILE), self.used_bytes(), 0),
        };
        Ok((value, sequence))
    }

    /// Bytes of the pages up to the last.
    fn used_bytes(&self) -> u64 {
        let page = u64::from(self.env.unnamed_database_stat().page_size);
        (self.env.info().last_page_number as u64 + 1) * page
    }

    /// Makes room for `more` bytes and for removals. The caller holds the writer's lock.
    fn keep_reserve(&self, more: u64) -> Result<()> {
        let kept = reserve::keep(&self.generation.path().join(DATA_FILE), self.used_bytes(), more);
        kept.map_err(|e| io_error(format!("cannot write to the store {}", self.path().display()), e))
    }

    fn open_new_tables(&self) -> Result<()> {
        let _guard = self.growth.write().unwrap_or_else(PoisonError::into_inner);
        let opened = self.tables.open_new(&self.env);
        opened.map_err(|e| heed_error(e, format!("cannot read the store {}", self.path().display())))
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
            .map_err(|e| heed_error(e, format!("cannot grow the store {}", self.path().display())))
    }

    /// False once another generation was published.
    pub(crate) fn is_current(&self) -> bool {
        self.generation.is_current()
    }

    /// Writes a copy without free pages as the next generation, which nobody sees before it is published and which is
    /// removed if it is dropped before that. The caller holds the writer's lock; readers go on.
    pub(crate) fn compacted(&self, map_size: usize) -> Result<Self> {
        // Nothing makes the map move while this is held: the last writer's growth and tables were just taken over.
        let reading = self.read()?;
        let directory = self.generation.directory();
        let number = directory.next_number();
        let path = directory.generation_path(number);
        let fail = |e| io_error(format!("cannot write {}", path.display()), e);
        std::fs::create_dir(&path).map_err(fail)?;
        let mut next = Generation::hold(directory, number);
        next.share();
        let copied = self.env.copy_to_path(path.join(DATA_FILE), heed::CompactionOption::Enabled);
        let file = copied.map_err(|e| heed_error(e, format!("cannot write {}", path.display())))?;
        file.sync_all().map_err(fail)?;
        note::copy(self.generation.path(), &path)?;
        drop(reading);
        files::sync_directory(&path)?;
        files::sync_directory(directory.path())?;
        let next = Self::open_generation(next, map_size, self.memory.known(), None)?;
        // A copy that fits is worth having without: the next change that adds something sees to the reserve.
        let _ = next.keep_reserve(0);
        Ok(next)
    }

    /// Makes this the current generation of every process. The caller holds the writer's lock.
    pub(crate) fn publish(&self) -> Result<()> {
        self.generation.publish()
    }
}

/// Remembers the file as it is left, if it was looked at when it was opened.
struct Memory {
    folder: PathBuf,
    was_looked_at: bool,
    is_flawed: AtomicBool,
    process: u32,
}

impl Memory {
    fn new(folder: &Path, known: Known) -> Self {
        Self {
            folder: folder.to_owned(),
            was_looked_at: known != Known::Nothing,
            is_flawed: AtomicBool::new(known == Known::Flawed),
            process: std::process::id(),
        }
    }

    fn known(&self) -> Known {
        match (self.is_flawed.load(Ordering::Relaxed), self.was_looked_at) {
            (true, _) => Known::Flawed,
            (false, true) => Known::Sound,
            (false, false) => Known::Nothing,
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.process == std::process::id() {
            walked::remember(&self.folder, self.known());
        }
    }
}

/// True if the system does not let this process write there.
fn is_refused(error: &Error) -> bool {
    let source = std::error::Error::source(error).and_then(|s| s.downcast_ref::<heed::Error>());
    matches!(source, Some(heed::Error::Io(e)) if is_forbidden(e))
}

fn env_options(writable: bool, map_size: usize) -> EnvOpenOptions<WithoutTls> {
    let page = page_size();
    let mut options = EnvOpenOptions::new().read_txn_without_tls();
    options.max_dbs(Table::ALL.len() as u32).max_readers(MAX_READERS);
    options.map_size(map_size.max(16 * page).next_multiple_of(page));
    if !writable {
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
