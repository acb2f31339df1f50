//! The files of a store's directory beside what LMDB does with them: locks, identity, replacement.

use super::error::io_error;
use crate::options::Access;
use sonic_core::{Error, ErrorKind, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

pub(super) const DATA_FILE: &str = "data.mdb";
/// Locked by the process that may write.
pub(super) const LOCK_FILE: &str = "writer.lock";
/// Locked, shared, while a process opens the environment, and alone while its files are replaced.
const GATE_FILE: &str = "open.lock";
/// LMDB's own: it counts the transactions of the data file beside it.
const LMDB_LOCK_FILE: &str = "lock.mdb";
pub(super) const COPY_FILE: &str = "data.mdb.compacting";

/// Checks that `path` is, or can become, the directory of a store.
pub(super) fn prepare_directory(path: &Path, access: Access) -> Result<()> {
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

/// Puts `copy` in the place of the data file, and a new lock file of LMDB beside it.
///
/// LMDB's lock file outlives its data file while any process has it open, and with it the number of the last
/// transaction, by which readers choose between two versions of the root: a new data file needs a new lock file.
/// Those who have the old pair open keep it, and find out.
pub(super) fn replace(directory: &Path, copy: &Path) -> Result<()> {
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

/// Device and inode of a file, where the system has them.
pub(super) type FileIdentity = (u64, u64);

#[cfg(unix)]
pub(super) fn identity(path: &Path) -> Option<FileIdentity> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()))
}

/// Elsewhere an open file cannot be replaced.
#[cfg(not(unix))]
pub(super) fn identity(_: &Path) -> Option<FileIdentity> {
    None
}

pub(super) fn open_lock_file(path: &Path) -> Result<File> {
    let path = path.join(LOCK_FILE);
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|e| io_error(format!("cannot open {} for writing", path.display()), e))
}

/// A lock on the gate of a store, given back when dropped: closing the file is not enough when a forked child has it
/// open as well.
pub(super) struct Gate(Option<File>);

impl Drop for Gate {
    fn drop(&mut self) {
        let _ = self.0.as_ref().map(File::unlock);
    }
}

/// Waits at the gate of a store. A reader need not find the gate's file: whoever may replace the store's files makes
/// it.
pub(super) fn gate(path: &Path, create: bool, lock: fn(&File) -> std::io::Result<()>) -> Result<Gate> {
    let path = path.join(GATE_FILE);
    let mut options = File::options();
    let opened = match create {
        true => options.create(true).truncate(false).write(true).open(&path),
        false => options.read(true).open(&path),
    };
    match opened {
        Err(e) if !create && e.kind() == std::io::ErrorKind::NotFound => Ok(Gate(None)),
        opened => {
            let locked = opened.and_then(|file| lock(&file).map(|()| file));
            let fail = |e| io_error(format!("cannot lock {}", path.display()), e);
            locked.map(|file| Gate(Some(file))).map_err(fail)
        }
    }
}

/// Another way into the directory of a store, gone when dropped: what was opened through it stays open.
pub(super) struct SideDoor(PathBuf);

impl SideDoor {
    /// A folder of links to the files that LMDB opens in the directory `store`, whose path is absolute.
    #[cfg(unix)]
    pub(super) fn new(store: &Path) -> Result<Self> {
        use std::os::unix::fs::symlink;
        let door = Self::folder(&std::env::temp_dir()).or_else(|_| Self::folder(store));
        let door = door.map_err(|e| Error::io("cannot make a folder to open the store through", e))?;
        for name in [DATA_FILE, LMDB_LOCK_FILE] {
            symlink(store.join(name), door.0.join(name))
                .map_err(|e| Error::io(format!("cannot make a link in {}", door.0.display()), e))?;
        }
        Ok(door)
    }

    #[cfg(not(unix))]
    pub(super) fn new(store: &Path) -> Result<Self> {
        Err(Error::new(ErrorKind::Internal, format!("{} is open already", store.display())))
    }

    #[cfg(unix)]
    fn folder(parent: &Path) -> std::io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        static COUNT: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = parent.join(format!("sonic-{}-{number}", std::process::id()));
            match std::fs::DirBuilder::new().mode(0o700).create(&path) {
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
                made => return made.map(|()| Self(path)),
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for SideDoor {
    fn drop(&mut self) {
        for name in [DATA_FILE, LMDB_LOCK_FILE] {
            let _ = std::fs::remove_file(self.0.join(name));
        }
        let _ = std::fs::remove_dir(&self.0);
    }
}

/// True if a data file was begun in the directory.
fn has_data(path: &Path) -> bool {
    std::fs::metadata(path.join(DATA_FILE)).is_ok_and(|m| m.len() > 0)
}

pub(super) fn no_store(path: &Path) -> Error {
    let message = format!("there is no store in {}: add recordings to make one", path.display());
    Error::new(ErrorKind::NotFound, message)
}
