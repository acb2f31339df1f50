//! What a worker did.

use serde::Serialize;
use sonic_core::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What a worker did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct WorkerStats {
    /// Connections that it claimed.
    pub claimed: u64,
    /// Connections that it follows now.
    pub connections: u64,
    /// Connections that somebody else claimed while it followed them.
    pub lost: u64,
    /// Slices that it took.
    pub slices: u64,
    /// Slices that cannot be decoded, and were left out.
    pub bad_slices: u64,
    /// Updates of microphones.
    pub activities: u64,
    /// Segments that were new or changed.
    pub segments: u64,
    /// Transactions that stored something.
    pub commits: u64,
    /// Entries that were tried in vain, and will be tried again.
    pub failures: u64,
    /// Entries that became dead letters.
    pub dead: u64,
    /// Segments that were delivered.
    pub delivered: u64,
    /// Times that a segment was not taken.
    pub refused: u64,
    /// Why something failed last.
    pub last_error: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) claimed: AtomicU64,
    pub(super) connections: AtomicU64,
    pub(super) lost: AtomicU64,
    pub(super) slices: AtomicU64,
    pub(super) bad_slices: AtomicU64,
    pub(super) activities: AtomicU64,
    pub(super) segments: AtomicU64,
    pub(super) commits: AtomicU64,
    pub(super) failures: AtomicU64,
    pub(super) dead: AtomicU64,
    pub(super) delivered: AtomicU64,
    pub(super) refused: AtomicU64,
    last_error: Mutex<Option<String>>,
}

impl Counters {
    pub(super) fn get(&self) -> WorkerStats {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        WorkerStats {
            claimed: get(&self.claimed),
            connections: get(&self.connections),
            lost: get(&self.lost),
            slices: get(&self.slices),
            bad_slices: get(&self.bad_slices),
            activities: get(&self.activities),
            segments: get(&self.segments),
            commits: get(&self.commits),
            failures: get(&self.failures),
            dead: get(&self.dead),
            delivered: get(&self.delivered),
            refused: get(&self.refused),
            last_error: self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    pub(super) fn fail(&self, error: &Error) {
        let text = format!("{}: {error}", error.kind().name());
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }
}

/// One more.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
