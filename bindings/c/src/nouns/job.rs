//! Work that takes long: how far it is, and how to stop it.

use crate::convert::{Out, free};
use crate::error::{call, sonic_status};
use sonic::{Error, ErrorKind, Result};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Shared. Asks calls to stop: one token may be given to any number of them. A call that was stopped gives
/// SONIC_ERROR_CLOSED, and leaves a store as it was or with what was committed before.
pub struct sonic_cancel(Arc<AtomicBool>);

/// A token that has not been used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_cancel_new(cancel: *mut *mut sonic_cancel) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { Out::new(cancel, "cancel") }?.give(sonic_cancel(Arc::default())))
}

/// Asks every call that was given the token, or will be, to stop as soon as it can: where it would look at its progress
/// next. There is no way back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_cancel_cancel(cancel: *const sonic_cancel) {
    // SAFETY: the caller keeps the rules of the header.
    if let Some(cancel) = unsafe { cancel.as_ref() } {
        cancel.0.store(true, Ordering::Relaxed);
    }
}

/// True after sonic_cancel_cancel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_cancel_cancelled(cancel: *const sonic_cancel) -> bool {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { cancel.as_ref() }.is_some_and(|c| c.0.load(Ordering::Relaxed))
}

/// Frees a token; NULL is nothing. No call may have it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_cancel_free(cancel: *mut sonic_cancel) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(cancel) }
}

/// Shared. How far a call has come, for other threads to look at while it runs. For one call at a time; it begins anew
/// with each.
pub struct sonic_progress {
    done: AtomicU64,
    total: AtomicU64,
}

/// The progress of a call to come.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_progress_new(progress: *mut *mut sonic_progress) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let out = unsafe { Out::new(progress, "progress") }?;
        out.give(sonic_progress { done: AtomicU64::new(0), total: AtomicU64::new(0) })
    })
}

/// How much is done, in the unit of sonic_progress_total, and never less than before in one call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_progress_done(progress: *const sonic_progress) -> u64 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { progress.as_ref() }.map_or(0, |p| p.done.load(Ordering::Relaxed))
}

/// How much there is to do: files or recordings where there are many, bytes of a download, else thousandths of the work.
/// 0 while that is not known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_progress_total(progress: *const sonic_progress) -> u64 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { progress.as_ref() }.map_or(0, |p| p.total.load(Ordering::Relaxed))
}

/// Frees progress; NULL is nothing. No call may have it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_progress_free(progress: *mut sonic_progress) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(progress) }
}

impl sonic_cancel {
    /// True once it was used, for work that looks at it by itself.
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        self.0.clone()
    }
}

/// What a call comes to that was stopped.
pub(crate) fn cancelled() -> Error {
    Error::new(ErrorKind::Closed, "cancelled")
}

/// What work of unknown size counts in.
const THOUSANDTHS: u64 = 1000;

/// A call that can be watched and stopped, where C wants to.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    cancel: Option<&'a sonic_cancel>,
    progress: Option<&'a sonic_progress>,
}

impl Job<'_> {
    /// Nothing is done yet, and nothing will be if the token was used before.
    ///
    /// # Safety
    /// The pointers are null or handles.
    pub(crate) unsafe fn new(cancel: *const sonic_cancel, progress: *const sonic_progress) -> Result<Self> {
        // SAFETY: the caller's promise.
        let (cancel, progress) = unsafe { (cancel.as_ref(), progress.as_ref()) };
        let job = Self { cancel, progress };
        job.set(0, 0);
        job.check()?;
        Ok(job)
    }

    /// That nobody wants it to stop.
    pub(crate) fn check(self) -> Result<()> {
        match self.cancel.is_some_and(|c| c.0.load(Ordering::Relaxed)) {
            true => Err(cancelled()),
            false => Ok(()),
        }
    }

    /// True if somebody watches or may stop it.
    pub(crate) fn is_watched(self) -> bool {
        self.cancel.is_some() || self.progress.is_some()
    }

    /// Notes how much is done of how much.
    pub(crate) fn set(self, done: u64, total: u64) {
        if let Some(progress) = self.progress {
            progress.total.store(total, Ordering::Relaxed);
            progress.done.store(done, Ordering::Relaxed);
        }
    }

    /// Notes which part of the work is done, 0 to 1, and says whether to go on.
    pub(crate) fn part(self, done: f32) -> ControlFlow<()> {
        self.set((f64::from(done) * THOUSANDTHS as f64) as u64, THOUSANDTHS);
        self.flow()
    }

    /// Whether to go on.
    pub(crate) fn flow(self) -> ControlFlow<()> {
        match self.check() {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }

    /// Work that cannot be looked into: it begins, or does not, and ends.
    pub(crate) fn whole<T>(self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.set(0, THOUSANDTHS);
        let value = work()?;
        self.all();
        Ok(value)
    }

    /// Notes that all of the work is done.
    pub(crate) fn all(self) {
        self.set(THOUSANDTHS, THOUSANDTHS);
    }
}
