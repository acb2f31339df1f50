//! The files of a store's directory beside what LMDB does with them.

use super::error::io_error;
use crate::options::Access;
use sonic_core::{Error, ErrorKind, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

pub(super) const DATA_FILE: &str = "data.mdb";
/// Locked by the process that may write.
pub(super) const LOCK_FILE: &str = "writer.lock";
/// Locked by the process that begins a store.
const GATE_FILE: &str = "open.lock";
/// LMDB's own: it counts the transactions of the data file beside it, so that each data file needs its own.
pub(super) const LMDB_LOCK_FILE: &str = "lock.mdb";

/// Checks that `path` is, or can become, the directory of a store.
pub(super) fn prepare_directory(path: &Path, access: Access) -> Result<()> {
    match std::fs::metadata(path) {
        Ok(m) if !m.is_dir() => {
            let message = format!("the store path {} is a file: give a directory", path.display());
            Err(Error::new(ErrorKind::InvalidArgument, message))
        }
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && access == Access::Create => {
            std::fs::create_dir_all(path)
                .map_err(|e| io_error(format!("cannot create {}", path.display()), e))
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(no_store(path)),
        Err(e) => Err(io_error(format!("cannot open the store {}", path.display()), e)),
    }
}

/// Makes a renaming last.
#[cfg(unix)]
pub(super) fn sync_directory(path: &Path) -> Result<()> {
    let synced = File::open(path).and_then(|directory| directory.sync_all());
    synced.map_err(|e| io_error(format!("cannot write {}", path.display()), e))
}

/// Elsewhere directories cannot be synced.
#[cfg(not(unix))]
pub(super) fn sync_directory(_: &Path) -> Result<()> {
    Ok(())
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

/// The gate of a store, held alone and given back when dropped: closing the file is not enough when a forked child has
/// it open as well.
pub(crate) struct Gate(File);

impl Drop for Gate {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Waits at the gate of a store.
pub(super) fn gate(path: &Path) -> Result<Gate> {
    let path = path.join(GATE_FILE);
    let opened = File::options().create(true).truncate(false).write(true).open(&path);
    let locked = opened.and_then(|file| file.lock().map(|()| Gate(file)));
    locked.map_err(|e| io_error(format!("cannot lock {}", path.display()), e))
}

/// Another way into the folder of a generation, gone when dropped: what was opened through it stays open.
pub(super) struct SideDoor(PathBuf);

impl SideDoor {
    /// A folder of links to the files that LMDB opens in the folder `store`, whose path is absolute.
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

/// True if a data file was begun in the folder of a generation.
pub(super) fn has_data(path: &Path) -> bool {
    std::fs::metadata(path.join(DATA_FILE)).is_ok_and(|m| m.len() > 0)
}

pub(super) fn no_store(path: &Path) -> Error {
    let message = format!("there is no store in {}: add recordings to make one", path.display());
    Error::new(ErrorKind::NotFound, message)
}
