//! The directory of a store: the number of its current generation and the writer's lock, which outlive generations.
//!
//! A generation is a folder `gen-N` with LMDB's two files. Compaction writes the next one, publishes its number in
//! `current`, and nobody waits: who reads goes on in the old one, which is removed by whoever has it open last, or by
//! the next writer that opens the store.

use super::current::Current;
use super::error::io_error;
use super::files::{self, DATA_FILE, Gate, LOCK_FILE};
use super::folders;
use crate::options::Access;
use sonic_core::{Error, ErrorKind, Result};
use std::fs::{File, TryLockError};
use std::io::ErrorKind::WouldBlock;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// The directory of a store, open.
pub(crate) struct Directory {
    path: PathBuf,
    current: Current,
    /// Once a handle is open for writing.
    writer: OnceLock<Mutex<File>>,
}

impl Directory {
    /// Checks that `path` is, or can become, the directory of a store.
    pub(crate) fn prepare(path: &Path, access: Access) -> Result<()> {
        files::prepare_directory(path, access)
    }

    /// Opens the directory `path`, which is canonical. Of a new store only the directory is there then, and the gate is
    /// held until its first generation is.
    pub(crate) fn open(path: &Path, access: Access) -> Result<(Self, Option<Gate>)> {
        let (current, gate) = match Current::open(path)? {
            None if path.join(DATA_FILE).exists() => return Err(without_generations(path)),
            None if access == Access::Create => begin(path)?,
            opened => (opened, None),
        };
        let current = match current {
            None if has_lost_number(path) => return Err(lost_number(path)),
            None => return Err(files::no_store(path)),
            Some(current) => current,
        };
        let directory = Self { path: path.to_owned(), current, writer: OnceLock::new() };
        if access != Access::ReadOnly {
            directory.allow_writing()?;
        }
        Ok((directory, gate))
    }

    /// Makes it possible to write; which handle may is for the handles to know.
    pub(crate) fn allow_writing(&self) -> Result<()> {
        if self.writer.get().is_none() {
            let _ = self.writer.set(Mutex::new(files::open_lock_file(&self.path)?));
        }
        Ok(())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The number of the current generation: a load from memory that all processes share.
    pub(super) fn number(&self) -> u64 {
        self.current.number()
    }

    pub(super) fn generation_path(&self, number: u64) -> PathBuf {
        folders::path(&self.path, number)
    }

    /// A number that no generation has had whose files are still there.
    pub(super) fn next_number(&self) -> u64 {
        let newest = folders::numbers(&self.path).into_iter().max().unwrap_or(0);
        newest.max(self.number()) + 1
    }

    /// Makes `number` the current generation of every process. The caller holds the writer's lock.
    pub(super) fn publish(&self, number: u64) -> Result<()> {
        self.current.set(number).map_err(|e| self.publish_error(e))
    }

    /// Makes what was published last, whatever happens to the machine.
    pub(crate) fn sync(&self) -> Result<()> {
        self.current.sync().map_err(|e| self.publish_error(e))
    }

    fn publish_error(&self, error: std::io::Error) -> Error {
        io_error(format!("cannot publish a generation of the store {}", self.path.display()), error)
    }

    /// Takes the right to write, which one process at a time has.
    pub(crate) fn lock_writer(&self) -> Result<WriterLock<'_>> {
        let Some(writer) = self.writer.get() else {
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
                Err(Error::new(ErrorKind::Io, message).with_source(std::io::Error::from(WouldBlock)))
            }
            Err(TryLockError::Error(e)) => {
                Err(Error::io(format!("cannot lock {}", self.path.join(LOCK_FILE).display()), e))
            }
        }
    }

    /// Removes what generations left that nobody has open: those before the current one, and those that a process
    /// was writing when it died. Only for a directory that is open for writing.
    pub(crate) fn remove_stale(&self) {
        let stale = |number: u64| number != self.number();
        let numbers: Vec<u64> = folders::numbers(&self.path).into_iter().filter(|n| stale(*n)).collect();
        // Taken only if there is one: a writer of another process would be refused meanwhile.
        let unpublished = numbers.iter().any(|number| *number > self.number());
        let lock = unpublished.then(|| self.lock_writer().ok()).flatten();
        for number in numbers {
            if number < self.number() || (lock.is_some() && stale(number)) {
                self.remove(number, None);
            }
        }
    }

    /// Removes a generation that is not the current one, unless somebody has it open. `lock` is the caller's own
    /// hold on it, which nobody uses afterwards. What cannot be removed is left for the next time.
    pub(super) fn remove(&self, number: u64, lock: Option<&File>) {
        // After a power failure the number must not name what is removed here.
        if number != self.number() && self.current.sync().is_ok() {
            folders::remove(&self.generation_path(number), lock);
        }
    }
}

/// True if the error is that another process is writing.
pub(crate) fn is_taken(error: &Error) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<std::io::Error>());
    error.kind() == ErrorKind::Io && source.is_some_and(|source| source.kind() == WouldBlock)
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

/// Begins a store, unless another process has just made one; nothing if what is there may be one that lost its number.
fn begin(path: &Path) -> Result<(Option<Current>, Option<Gate>)> {
    let gate = files::gate(path)?;
    match Current::open(path)? {
        None if has_lost_number(path) => Ok((None, None)),
        None => Ok((Some(Current::begin(path)?), Some(gate))),
        opened => Ok((opened, None)),
    }
}

/// True if rows may be in the directory, which does not say in which generation: it is not that somebody died while they
/// made it.
fn has_lost_number(path: &Path) -> bool {
    let has_data = |number| files::has_data(&folders::path(path, number));
    !Current::is_begun(path) && folders::numbers(path).into_iter().any(has_data)
}

fn without_generations(path: &Path) -> Error {
    let message = format!(
        "{} is of a layout before format version 2, which this library does not read: make a new store in another \
         directory, and add what this one held again",
        path.join(DATA_FILE).display()
    );
    Error::new(ErrorKind::Mismatch, message)
}

fn lost_number(path: &Path) -> Error {
    let message = format!(
        "{} has generations of a store but not the file that names the current one: restore `current` from a copy, or \
         open a new directory with the newest gen-N/{DATA_FILE} as its gen-N and a `current` that names it",
        path.display()
    );
    Error::new(ErrorKind::Malformed, message)
}
