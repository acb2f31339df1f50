//! One generation of a store's files, and the lock that tells whether any process has it open.

use super::directory::Directory;
use super::error::io_error;
use super::files::DATA_FILE;
use super::folders::{FIRST, OPEN_FILE};
use sonic_core::{Error, ErrorKind, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A generation that this process has open. Once another one is current, the last to drop it removes its files.
pub(super) struct Generation {
    number: u64,
    path: PathBuf,
    /// `None` where the system gives no lock: the files stay until the next writer opens the store.
    lock: Option<File>,
    /// True while nobody else can have it open.
    alone: bool,
    directory: Arc<Directory>,
    process: u32,
}

impl Generation {
    /// The current one.
    pub(super) fn current(directory: &Arc<Directory>) -> Result<Self> {
        loop {
            let number = directory.number();
            let generation = Self::hold(directory, number);
            // Otherwise it may have been removed before it was held.
            if directory.number() == number {
                generation.check_data()?;
                return Ok(generation);
            }
        }
    }

    /// The first one of a store that is being made, without files. Whoever began before and died left what is removed.
    pub(super) fn first(directory: &Arc<Directory>) -> Result<Self> {
        let path = directory.generation_path(FIRST);
        let fail = |e| io_error(format!("cannot create {}", path.display()), e);
        match std::fs::remove_dir_all(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(fail(e)),
            _ => std::fs::create_dir(&path).map_err(fail)?,
        }
        Ok(Self::hold(directory, FIRST))
    }

    /// The generation `number`, whose files nobody but the caller removes before it is held.
    pub(super) fn hold(directory: &Arc<Directory>, number: u64) -> Self {
        let path = directory.generation_path(number);
        let file = path.join(OPEN_FILE);
        let opened = File::options().create(true).truncate(false).write(true).open(&file);
        let opened = opened.or_else(|_| File::open(&file)).ok();
        let alone = opened.as_ref().is_some_and(|file| file.try_lock().is_ok());
        let lock = opened.filter(|file| alone || file.lock_shared().is_ok());
        Self { number, path, lock, alone, directory: directory.clone(), process: std::process::id() }
    }

    /// True if nobody else has it open, and nobody can open it before [`share`](Self::share).
    pub(super) fn is_alone(&self) -> bool {
        self.alone
    }

    /// Lets others open it too.
    pub(super) fn share(&mut self) {
        if std::mem::take(&mut self.alone) {
            // For a moment it is nobody's: one that is to be removed then is not the current one.
            let _ = self.lock.take_if(|file| file.lock_shared().is_err());
        }
    }

    fn check_data(&self) -> Result<()> {
        let file = self.path.join(DATA_FILE);
        let what = match std::fs::metadata(&file) {
            Ok(found) if found.len() > 0 => return Ok(()),
            Ok(_) => "empty",
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => "missing",
            Err(e) => return Err(io_error(format!("cannot read {}", file.display()), e)),
        };
        let message = format!(
            "{} is {what}, and the store's rows are lost with it: restore the directory from a copy",
            file.display()
        );
        Err(Error::new(ErrorKind::Malformed, message))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// Makes it the current one. The caller holds the writer's lock.
    pub(super) fn publish(&self) -> Result<()> {
        self.directory.publish(self.number)
    }

    /// False once another generation was published.
    pub(super) fn is_current(&self) -> bool {
        self.directory.number() == self.number
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        // What a forked child inherited is the parent's.
        if self.process != std::process::id() {
            return;
        }
        if let Some(lock) = &self.lock {
            if !self.is_current() {
                self.directory.remove(self.number, Some(lock));
            }
            let _ = lock.unlock();
        }
    }
}
