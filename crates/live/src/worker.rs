//! Following connections: what came is decoded, cut, recognised, stored, acknowledged and delivered.

mod deliver;
mod followed;
mod lane;
mod note;
mod options;
mod stats;
#[cfg(test)]
mod tests;

pub use deliver::{Deliver, Delivery};
pub use options::{SessionSetup, WorkerOptions, WorkerParts};
pub use stats::WorkerStats;

use sonic_core::{Error, Result};
use stats::Counters;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// Follows connections with threads of its own, until it is [stopped](Self::stop) or dropped.
///
/// Each thread claims connections and has a [`LiveSession`](crate::LiveSession) for each while something comes on it. What a
/// session learns is stored in one transaction with how far it has come and what it remembers, and only then acknowledged. So a
/// worker that dies loses nothing: whoever claims its connections goes on behind what was stored last, and what comes twice has
/// the same ids. What somebody still does who has lost a connection is refused by the store.
///
/// A slice that cannot be decoded is counted and left out. One that fails for another reason is tried again later, and becomes a dead
/// letter in the end; those behind it wait.
pub struct Worker {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What the threads of a worker share.
struct Shared {
    parts: WorkerParts,
    options: WorkerOptions,
    /// Names the worker among all.
    name: String,
    counters: Counters,
    is_stopping: AtomicBool,
    /// Threads that have ended.
    ended: Mutex<usize>,
    one_ended: Condvar,
}

impl Worker {
    /// Begins to follow connections.
    ///
    /// # Errors
    /// `InvalidArgument` if an option is out of range; `Io` if no thread can be started.
    pub fn start(parts: WorkerParts, options: &WorkerOptions) -> Result<Self> {
        options.check()?;
        let number = RandomState::new().hash_one(std::process::id());
        let shared = Arc::new(Shared {
            name: format!("{}-{}-{number:016x}", options.name, std::process::id()),
            options: options.clone(),
            parts,
            counters: Counters::default(),
            is_stopping: AtomicBool::new(false),
            ended: Mutex::new(0),
            one_ended: Condvar::new(),
        });
        let worker = Self { shared, threads: Mutex::default() };
        for number in 0..options.threads {
            worker.spawn("sonic-worker", move |shared| lane::run(shared, number))?;
        }
        if worker.shared.parts.deliver.is_some() {
            for _ in 0..options.deliverers {
                worker.spawn("sonic-deliver", deliver::run)?;
            }
        }
        Ok(worker)
    }

    fn spawn(&self, name: &str, work: impl Fn(&Shared) + Send + 'static) -> Result<()> {
        let shared = self.shared.clone();
        let spawned = Builder::new().name(name.to_owned()).spawn(move || {
            let guarded = Ended(&shared);
            work(guarded.0);
        });
        let thread = spawned.map_err(|error| {
            self.shared.is_stopping.store(true, Ordering::Relaxed);
            Error::io("cannot start a thread", error)
        })?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }

    /// What it did so far.
    pub fn stats(&self) -> WorkerStats {
        self.shared.counters.get()
    }

    /// Ends it: what its sessions know is stored, and their connections are given back, so that others go on at once.
    ///
    /// # Errors
    /// `Busy` if that is not done after `timeout`: the rest of it goes on meanwhile, and nothing is lost if the process ends.
    pub fn stop(&self, timeout: Duration) -> Result<()> {
        self.shared.is_stopping.store(true, Ordering::Relaxed);
        let deadline = Instant::now() + timeout;
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ended = self.shared.ended.lock().unwrap_or_else(PoisonError::into_inner);
        while *ended < threads.len() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::busy(Duration::from_secs(1), "the worker has not ended yet"));
            }
            let waited = self.shared.one_ended.wait_timeout(ended, left);
            ended = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(ended);
        for thread in threads.drain(..) {
            let _ = thread.join();
        }
        *self.shared.ended.lock().unwrap_or_else(PoisonError::into_inner) = 0;
        Ok(())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.shared.is_stopping.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    /// Waits unless it is to end.
    fn pause(&self, wait: Duration) {
        let until = Instant::now() + wait;
        while !self.is_stopping() && Instant::now() < until {
            std::thread::sleep(
                Duration::from_millis(20).min(until.saturating_duration_since(Instant::now())),
            );
        }
    }
}

/// Says that a thread has ended, also if it panicked.
struct Ended<'a>(&'a Shared);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        *self.0.ended.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.one_ended.notify_all();
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("name", &self.shared.name).finish_non_exhaustive()
    }
}
