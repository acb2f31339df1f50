//! One environment for all handles of a directory in this process, and its replacement when the file was compacted.

use crate::env::{Env, WriteTxn};
use crate::options::{Access, StoreOptions};
use crate::{fork, meta};
use sonic_core::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, Weak};

/// By process, because a forked child finds those of its parent here. Locked only while the process cannot fork.
static OPEN: Mutex<BTreeMap<(u32, PathBuf), Weak<Shared>>> = Mutex::new(BTreeMap::new());

/// The environment of a directory. Every operation holds it for reading; replacing it waits for all of them.
pub(crate) struct Shared {
    current: RwLock<Option<Env>>,
    path: PathBuf,
    options: StoreOptions,
}

impl Shared {
    /// The environment of the directory `path`, opened if no handle of this process has it open.
    pub(crate) fn open(path: &Path, options: StoreOptions) -> Result<Arc<Self>> {
        Env::prepare_directory(path, options.access)?;
        let path =
            path.canonicalize().map_err(|e| Error::io(format!("cannot open {}", path.display()), e))?;
        let key = (std::process::id(), path.clone());
        let _hold = fork::hold();
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = open.get(&key).and_then(Weak::upgrade) {
            if options.access != Access::ReadOnly && shared.options.access == Access::ReadOnly {
                let message =
                    format!("{} is open read-only in this process: close that handle first", path.display());
                return Err(Error::new(ErrorKind::Mismatch, message));
            }
            return Ok(shared);
        }
        let env = open_env(&path, options)?;
        let shared = Arc::new(Self { current: RwLock::new(Some(env)), path, options });
        open.retain(|_, shared| shared.strong_count() > 0);
        open.insert(key, Arc::downgrade(&shared));
        Ok(shared)
    }

    /// The environment, opened anew if another process has replaced the file.
    pub(crate) fn env(&self) -> Result<EnvGuard<'_>> {
        loop {
            let guard = self.current.read().unwrap_or_else(PoisonError::into_inner);
            if guard.as_ref().is_some_and(Env::is_current) {
                return Ok(EnvGuard(guard));
            }
            drop(guard);
            let mut slot = self.current.write().unwrap_or_else(PoisonError::into_inner);
            if !slot.as_ref().is_some_and(Env::is_current) {
                // One environment at a time: the old one is closed first.
                *slot = None;
                *slot = Some(open_env(&self.path, self.options)?);
            }
        }
    }

    /// Runs `work` in one transaction on the file that is current then, and commits it. Nothing of a failed `work`
    /// remains; `work` may run several times.
    pub(crate) fn write<T>(&self, mut work: impl FnMut(&mut WriteTxn<'_>) -> Result<T>) -> Result<T> {
        loop {
            if let Some(value) = self.env()?.write(&mut work)? {
                return Ok(value);
            }
        }
    }

    /// Puts a copy of the file without free pages in its place.
    pub(crate) fn compact(&self) -> Result<()> {
        drop(self.env()?);
        let mut slot = self.current.write().unwrap_or_else(PoisonError::into_inner);
        slot.take().map_or(Ok(()), Env::replace_by_compacted_copy)
    }
}

/// An environment in use.
pub(crate) struct EnvGuard<'a>(RwLockReadGuard<'a, Option<Env>>);

impl Deref for EnvGuard<'_> {
    type Target = Env;

    fn deref(&self) -> &Env {
        match &*self.0 {
            Some(env) => env,
            None => unreachable!("a guard is only made of an open environment"),
        }
    }
}

fn open_env(path: &Path, options: StoreOptions) -> Result<Env> {
    let env = Env::open(path, options.access, options.map_size, meta::FIRST_ROW)?;
    meta::check_version(env.read()?.view())?;
    Ok(env)
}
