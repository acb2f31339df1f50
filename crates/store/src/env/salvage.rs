//! Reading what is left of a damaged store, without LMDB.

use super::current::Current;
use super::files::{self, DATA_FILE, LOCK_FILE};
use super::folders;
use super::pages::{self, DataFile, Fault, Lost};
use super::tables::Table;
use super::walked;
use sonic_core::{Error, ErrorKind, Result};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// Calls `each` with every row that is whole of the store in directory `path`, which nobody writes to meanwhile. Of a row
/// that comes twice the first is the current one.
///
/// # Errors
/// `NotFound` if there is no store; `Malformed` if nothing tells which rows are current; `Io` if a process is writing to it.
pub(crate) fn salvage(path: &Path, each: impl FnMut(Table, &[u8], &[u8]) -> Result<()>) -> Result<Lost> {
    let path = path.canonicalize().map_err(|e| Error::io(format!("cannot open {}", path.display()), e))?;
    let file = data_file(&path)?;
    // Nothing is made in a directory that is only read: without a lock file nobody writes.
    let lock = File::open(path.join(LOCK_FILE)).ok();
    if lock.as_ref().is_some_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock))) {
        let message = format!("a process is writing to the store {}: end it first", path.display());
        return Err(Error::new(ErrorKind::Io, message));
    }
    let names: Vec<&str> = Table::ALL.into_iter().map(Table::name).collect();
    let mut each = each;
    let rows = DataFile::open_damaged(&file)
        .and_then(|data| pages::rows(&data, &names, |table, key, value| each(Table::ALL[table], key, value)));
    rows.map_err(|fault| match fault {
        Fault::Damage(what) => {
            let message = format!("nothing can be saved of {}: {what}", file.display());
            Error::new(ErrorKind::Malformed, message)
        }
        fault @ Fault::Io(_) => walked::error(&file, fault),
    })?
}

/// The data file of the current folders; of the newest, if nothing names the current one.
fn data_file(path: &Path) -> Result<PathBuf> {
    let named = Current::open(path).ok().flatten().map(|current| current.number());
    let file = |number: u64| folders::path(path, number).join(DATA_FILE);
    let newest = folders::numbers(path).into_iter().max();
    let found = named.into_iter().chain(newest).map(file).find(|file| file.is_file());
    found.ok_or_else(|| files::no_store(path))
}
