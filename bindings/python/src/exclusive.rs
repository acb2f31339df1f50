//! What one thread works with at a time.

use sonic::{Error, ErrorKind, Result};
use std::sync::{Mutex, PoisonError};

/// Something that threads take turns with. It is taken out while somebody works with it, so that a panic leaves none that is
/// half done.
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

    /// Works with it, after whoever does so now.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut T) -> Result<R>) -> Result<R> {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        let mut value = place.take().ok_or_else(|| self.ended())?;
        let result = work(&mut value);
        *place = Some(value);
        result
    }

    /// Takes it for good.
    pub(crate) fn take(&self) -> Result<T> {
        let taken = self.place.lock().unwrap_or_else(PoisonError::into_inner).take();
        taken.ok_or_else(|| self.ended())
    }

    fn ended(&self) -> Error {
        Error::new(ErrorKind::Closed, format!("the {} has ended: make a new one", self.name))
    }
}
