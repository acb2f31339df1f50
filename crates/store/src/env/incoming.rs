//! A generation that comes from elsewhere, table by table and in order of key, in a folder beside the others until it is
//! whole.
//!
//! What came is committed as it comes, so that whoever was stopped goes on behind it: how far it is follows from the number
//! of rows of each table. The file is walked before it is opened again, because nothing of it was synced.

use super::error::{heed_error, io_error, is_map_full};
use super::files::{self, DATA_FILE};
use super::generation::Generation;
use super::note::{self, Note};
use super::pages::{DataFile, Fault, walk};
use super::tables::Tables;
use super::walked::{self, Known};
use super::{Directory, Env, Environment, Table, env_options, page_size};
use crate::fork;
use heed::{EnvFlags, PutFlags};
use sonic_core::{Error, ErrorKind, Result};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const FOLDER: &str = "incoming";
/// Locked by the process that receives.
const LOCK_FILE: &str = "incoming.lock";
/// What comes, by a name that the caller gave.
const NAME_FILE: &str = "name";
/// Room for pages that are not full, and for the tree above the rows.
const SPARE: u64 = 1 << 26;
/// Most bytes of address space to reserve at first, whatever is said to come.
const LARGEST_MAP: u64 = 1 << 40;

/// A row: key, and value with its checksum.
pub(crate) type Sealed<'r> = (&'r [u8], &'r [u8]);

/// A generation that comes. Only one process receives at a time.
pub(crate) struct Incoming {
    folder: PathBuf,
    env: Option<(Environment, Tables)>,
    lock: File,
}

impl Incoming {
    /// Begins to receive `name` into the directory of a store, or goes on where that was stopped; `bytes` is about how large
    /// it is.
    ///
    /// # Errors
    /// `Io` if another process receives into the directory.
    pub(crate) fn open(directory: &Path, name: &str, bytes: u64) -> Result<Self> {
        let folder = directory.join(FOLDER);
        let lock = lock(directory)?;
        if !goes_on(&folder, name) {
            begin(&folder, name)?;
        }
        // It grows by itself.
        let map_size = bytes.saturating_add(bytes / 4 + SPARE).min(LARGEST_MAP).max(file_length(&folder));
        let map_size = usize::try_from(map_size).unwrap_or(usize::MAX / 2);
        let env = open_env(&folder, map_size)?;
        Ok(Self { folder, env: Some(env), lock })
    }

    /// Rows of a table that came and were committed.
    pub(crate) fn rows(&self, table: Table) -> Result<u64> {
        let (env, tables) = self.opened()?;
        let fail = |e| heed_error(e, format!("cannot read {}", self.folder.display()));
        let txn = env.read_txn().map_err(fail)?;
        tables.known().get(table).map_or(Ok(0), |table| table.len(&txn).map_err(fail))
    }

    /// Commits rows, of each table behind those that it has.
    ///
    /// # Errors
    /// `Malformed` if they do not ascend; `Io` if there is no room: what was committed before is kept.
    pub(crate) fn append<'r>(&self, rows: impl Iterator<Item = (Table, Sealed<'r>)> + Clone) -> Result<()> {
        loop {
            match self.try_append(rows.clone()) {
                Err(e) if is_map_full(&e) => self.grow()?,
                done => return done,
            }
        }
    }

    fn try_append<'r>(&self, rows: impl Iterator<Item = (Table, Sealed<'r>)>) -> Result<()> {
        let (env, tables) = self.opened()?;
        let fail = |e| heed_error(e, format!("cannot write {}", self.folder.display()));
        let known = tables.known();
        let mut txn = env.write_txn().map_err(fail)?;
        for (table, (key, sealed)) in rows {
            let missing = || Error::new(ErrorKind::Internal, "a table was not made before it was written to");
            let database = known.get(table).ok_or_else(missing)?;
            let put = database.put_with_flags(&mut txn, PutFlags::APPEND, key, sealed);
            put.map_err(|e| match e {
                heed::Error::Mdb(heed::MdbError::KeyExist) => {
                    let message = format!("rows of the table {} came out of order", table.name());
                    Error::new(ErrorKind::Malformed, message)
                }
                e => fail(e),
            })?;
        }
        txn.commit().map_err(fail)
    }

    fn grow(&self) -> Result<()> {
        let (env, _) = self.opened()?;
        let size = env.info().map_size.saturating_mul(2).next_multiple_of(page_size());
        // SAFETY: this value's calls are the only ones with transactions, and none is active now.
        unsafe { env.resize(size) }
            .map_err(|e| heed_error(e, format!("cannot grow {}", self.folder.display())))
    }

    fn opened(&self) -> Result<&(Environment, Tables)> {
        self.env.as_ref().ok_or_else(|| Error::new(ErrorKind::Internal, "what came was closed"))
    }

    /// Walks and syncs what came, which is whole now, with `note` beside it.
    ///
    /// # Errors
    /// `Malformed` if a page or a value is damaged: all is thrown away then.
    pub(crate) fn complete(&mut self, note: &Note) -> Result<()> {
        let fail = |e| io_error(format!("cannot write {}", self.folder.display()), e);
        {
            let _hold = fork::hold();
            self.env = None;
        }
        let path = self.folder.join(DATA_FILE);
        File::options().write(true).open(&path).and_then(|file| file.sync_all()).map_err(fail)?;
        let walked = DataFile::open(&path).and_then(|file| Ok((walk(&file)?, file.transaction())));
        let (flaws, transaction) = match walked {
            Err(fault @ Fault::Damage(_)) => {
                let _ = std::fs::remove_dir_all(&self.folder);
                return Err(walked::error(&path, fault).context("what came was thrown away"));
            }
            walked => walked.map_err(|fault| walked::error(&path, fault))?,
        };
        if let Some(flaw) = flaws.messages().into_iter().next() {
            let _ = std::fs::remove_dir_all(&self.folder);
            return Err(Error::new(ErrorKind::Malformed, flaw).context("what came was thrown away"));
        }
        note::write(&self.folder, note::LAST, Some(transaction), &note.text)?;
        let _ = std::fs::remove_file(self.folder.join(files::LMDB_LOCK_FILE));
        walked::remember(&self.folder, Known::Sound);
        files::sync_directory(&self.folder)
    }

    /// Makes the folder that of a generation.
    pub(super) fn move_to(&self, path: &Path) -> Result<()> {
        let moved = std::fs::rename(&self.folder, path);
        moved.map_err(|e| io_error(format!("cannot write {}", path.display()), e))?;
        let _ = std::fs::remove_file(path.join(NAME_FILE));
        path.parent().map_or(Ok(()), files::sync_directory)
    }
}

impl Env {
    /// Makes what came, which is complete, a generation that nobody sees before it is published. The caller holds the
    /// writer's lock, or the gate of a store that is being made.
    pub(crate) fn received(directory: &Arc<Directory>, incoming: &Incoming, map_size: usize) -> Result<Self> {
        let number = directory.next_number();
        incoming.move_to(&directory.generation_path(number))?;
        let mut generation = Generation::hold(directory, number);
        generation.share();
        let next = Self::open_generation(generation, map_size, Known::Sound, None)?;
        // As for a copy.
        let _ = next.keep_reserve(0);
        Ok(next)
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        let _hold = fork::hold();
        self.env = None;
        // Closing the file is not enough when a forked child has it open as well.
        let _ = self.lock.unlock();
    }
}

fn lock(directory: &Path) -> Result<File> {
    let path = directory.join(LOCK_FILE);
    let opened = File::options().create(true).truncate(false).write(true).open(&path);
    let file = opened.map_err(|e| io_error(format!("cannot open {} for writing", path.display()), e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let message =
                format!("another process brings a snapshot to {}: wait for it", directory.display());
            Err(Error::new(ErrorKind::Io, message))
        }
        Err(TryLockError::Error(e)) => Err(Error::io(format!("cannot lock {}", path.display()), e)),
    }
}

/// True if the folder holds a part of what is named so, and LMDB may be given the file.
fn goes_on(folder: &Path, name: &str) -> bool {
    let same = std::fs::read(folder.join(NAME_FILE)).is_ok_and(|known| known == name.as_bytes());
    let sound = || DataFile::open(&folder.join(DATA_FILE)).and_then(|file| walk(&file));
    same && sound().is_ok_and(|flaws| flaws.count == 0)
}

fn begin(folder: &Path, name: &str) -> Result<()> {
    let fail = |e| io_error(format!("cannot write {}", folder.display()), e);
    match std::fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(fail(e)),
        _ => std::fs::create_dir(folder).map_err(fail)?,
    }
    std::fs::write(folder.join(NAME_FILE), name).map_err(fail)
}

fn file_length(folder: &Path) -> u64 {
    std::fs::metadata(folder.join(DATA_FILE)).map_or(0, |m| 2 * m.len())
}

/// Opens the files that come, or makes them with all tables. Nothing is synced before the end.
fn open_env(folder: &Path, map_size: usize) -> Result<(Environment, Tables)> {
    let _hold = fork::hold();
    let folder =
        folder.canonicalize().map_err(|e| io_error(format!("cannot open {}", folder.display()), e))?;
    // The lock file of a process that died says nothing of use.
    let _ = std::fs::remove_file(folder.join(files::LMDB_LOCK_FILE));
    let mut options = env_options(true, map_size);
    // SAFETY: what a crash of the machine leaves is walked before it is opened again.
    unsafe { options.flags(EnvFlags::NO_SYNC) };
    let env = Environment::open_as(&options, &folder)?;
    let tables = Tables::empty(&env);
    let tables = tables.map_err(|e| heed_error(e, format!("cannot write {}", folder.display())))?;
    Ok((env, tables))
}
