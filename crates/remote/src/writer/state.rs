//! What the threads of a writer and those who write tell each other.

use super::Durable;
use crate::lease::Freshness;
use sonic_core::parallel::lock;
use sonic_core::{Error, ErrorKind, Result};
use sonic_store::journal::Gate;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// Whether this instance writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Another does, or nobody yet.
    Following,
    Writing,
    Closed,
}

struct Inner {
    role: Role,
    /// How often this instance has taken the lease.
    session: u64,
    freshness: Option<Freshness>,
    retry_after: Duration,
    /// Number of the last entry that somebody waits for, and of the last that is kept in this session.
    wanted: u64,
    kept: u64,
    /// How often sending failed, and why the last time.
    failures: u64,
    failure: (ErrorKind, String),
    stopped: bool,
}

/// What the threads of a writer and those who write tell each other.
pub(super) struct State {
    inner: Mutex<Inner>,
    bell: Condvar,
    /// As messages name it.
    bucket: String,
}

impl State {
    pub(super) fn new(bucket: &str, retry_after: Duration) -> Arc<Self> {
        let inner = Inner {
            role: Role::Following,
            session: 0,
            freshness: None,
            retry_after,
            wanted: 0,
            kept: 0,
            failures: 0,
            failure: (ErrorKind::Io, String::new()),
            stopped: false,
        };
        Arc::new(Self { inner: Mutex::new(inner), bell: Condvar::new(), bucket: bucket.to_owned() })
    }

    fn change(&self, change: impl FnOnce(&mut Inner)) {
        change(&mut lock(&self.inner));
        self.bell.notify_all();
    }

    /// This instance writes from now on: the bucket has what was written up to entry `kept`.
    pub(super) fn begin(&self, freshness: Freshness, kept: u64) {
        self.change(|inner| {
            inner.session += 1;
            inner.role = Role::Writing;
            inner.freshness = Some(freshness);
            (inner.wanted, inner.kept) = (kept, kept);
        });
    }

    /// It does not any more.
    pub(super) fn lose(&self) {
        self.change(|inner| {
            if inner.role == Role::Writing {
                inner.role = Role::Following;
            }
        });
    }

    /// Another does for so long at least.
    pub(super) fn wait_at_least(&self, retry_after: Duration) {
        self.change(|inner| inner.retry_after = retry_after);
    }

    /// The bucket has what was written up to entry `kept`.
    pub(super) fn keep(&self, kept: u64) {
        self.change(|inner| inner.kept = inner.kept.max(kept));
    }

    /// What was written could not be sent.
    pub(super) fn fail(&self, error: &Error) {
        self.change(|inner| {
            inner.failures += 1;
            inner.failure = (error.kind(), error.message().to_owned());
        });
    }

    pub(super) fn stop(&self) {
        self.change(|inner| inner.stopped = true);
    }

    /// Nobody writes through this any more.
    pub(super) fn close(&self) {
        self.change(|inner| inner.role = Role::Closed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        lock(&self.inner).stopped
    }

    pub(super) fn is_writing(&self) -> bool {
        lock(&self.inner).role == Role::Writing
    }

    /// Waits until somebody waits for something to be sent, it is stopped, or so long.
    pub(super) fn wait_for_work(&self, most: Duration) {
        let idle = |inner: &mut Inner| !inner.stopped && inner.wanted <= inner.kept;
        drop(self.bell.wait_timeout_while(lock(&self.inner), most, idle));
    }

    /// Waits so long, or until it is stopped.
    pub(super) fn pause(&self, most: Duration) {
        drop(self.bell.wait_timeout_while(lock(&self.inner), most, |inner| !inner.stopped));
    }

    /// Waits until this instance writes.
    ///
    /// # Errors
    /// `Busy` if it does not within so long.
    pub(super) fn wait_until_writing(&self, most: Duration) -> Result<()> {
        let follows = |inner: &mut Inner| inner.role == Role::Following;
        let waited = self.bell.wait_timeout_while(lock(&self.inner), most, follows);
        let inner = waited.map_or_else(|e| e.into_inner().0, |(inner, _)| inner);
        self.check(&inner).map(drop)
    }

    /// The session, if something may be written.
    fn check(&self, inner: &Inner) -> Result<u64> {
        let is_fresh = inner.freshness.as_ref().is_some_and(Freshness::is_fresh);
        match inner.role {
            Role::Writing if is_fresh => Ok(inner.session),
            Role::Closed => {
                Err(Error::new(ErrorKind::Closed, "the writer of the store is closed: open it again"))
            }
            Role::Writing => {
                let message = format!(
                    "{}: it was not reached for so long that another instance may write there: try again",
                    self.bucket
                );
                Err(Error::busy(inner.retry_after, message))
            }
            Role::Following => Err(self.busy(inner.retry_after)),
        }
    }

    fn busy(&self, retry_after: Duration) -> Error {
        let message = format!(
            "{}: another instance writes there: give the write to that one, or try again in {} ms",
            self.bucket,
            retry_after.as_millis()
        );
        Error::busy(retry_after, message)
    }

    /// What writes of the store go through.
    pub(super) fn gate(self: &Arc<Self>, durable: Durable) -> Gate {
        let (admits, keeps) = (self.clone(), self.clone());
        let keep: Box<dyn Fn(u64, u64) -> Result<()> + Send + Sync> = match durable {
            Durable::Bucket => Box::new(move |session, sequence| keeps.wait_until_kept(session, sequence)),
            Durable::Disk => Box::new(|_, _| Ok(())),
        };
        Gate { admit: Box::new(move || admits.check(&lock(&admits.inner))), keep }
    }

    /// Waits until the bucket has an entry.
    fn wait_until_kept(&self, session: u64, sequence: u64) -> Result<()> {
        let mut inner = lock(&self.inner);
        if inner.session == session {
            inner.wanted = inner.wanted.max(sequence);
        }
        self.bell.notify_all();
        let failures = inner.failures;
        loop {
            if inner.session == session && inner.kept >= sequence {
                return Ok(());
            }
            if inner.session != session || inner.role != Role::Writing {
                return Err(self.may_be_lost(inner));
            }
            if inner.failures != failures {
                let (kind, message) = inner.failure.clone();
                let what = "it is written here, but not in the bucket yet, and lost if this disk is";
                return Err(Error::new(kind, message).context(what));
            }
            inner = self.bell.wait(inner).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }

    fn may_be_lost(&self, inner: MutexGuard<'_, Inner>) -> Error {
        let message = format!(
            "{}: another instance took over before it was kept: it may be there or not, look before it is done again",
            self.bucket
        );
        Error::busy(inner.retry_after, message)
    }
}
