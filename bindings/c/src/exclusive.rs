//! What one thread works with at a time.

use crate::convert::invalid;
use sonic::{Error, ErrorKind, Result};
use std::sync::{Mutex, MutexGuard, TryLockError};

/// What a handle of an exclusive type holds. Two threads at once get an error, not a race.
pub(crate) struct Exclusive<T> {
    /// What it is, for messages.
    name: &'static str,
    /// Not there once it has ended.
    place: Mutex<Option<T>>,
}

impl<T> Exclusive<T> {
    pub(crate) fn new(name: &'static str, value: T) -> Self {
        Self { name, place: Mutex::new(Some(value)) }
    }

    /// Works with it. It is taken out meanwhile, so that a panic leaves none that is half done.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut T) -> Result<R>) -> Result<R> {
        let mut place = self.lock()?;
        let mut value = place.take().ok_or_else(|| self.finished())?;
        let result = work(&mut value);
        *place = Some(value);
        result
    }

    /// Takes it for good.
    pub(crate) fn take(&self) -> Result<T> {
        self.lock()?.take().ok_or_else(|| self.finished())
    }

    fn lock(&self) -> Result<MutexGuard<'_, Option<T>>> {
        match self.place.try_lock() {
            Ok(guard) => Ok(guard),
            Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => {
                let name = self.name;
                Err(invalid(format!("the {name} is in use by another thread: give each thread its own")))
            }
        }
    }

    fn finished(&self) -> Error {
        Error::new(ErrorKind::Closed, format!("the {} has finished: make a new one", self.name))
    }
}
