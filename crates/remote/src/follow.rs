//! A store that is kept at the current snapshot.

use crate::address;
use crate::options::RemoteOptions;
use crate::pull::pull_into;
use sonic_core::parallel::lock;
use sonic_core::{Error, ErrorKind, Result};
use sonic_store::Store;
use sonic_store::snapshot::following_failed;
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// How a store follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowOptions {
    /// How long after a look at the bucket the next one comes; at least 10 ms.
    pub interval: Duration,
    /// How the bucket is reached.
    pub remote: RemoteOptions,
}

impl Default for FollowOptions {
    fn default() -> Self {
        Self { interval: Duration::from_secs(30), remote: RemoteOptions::default() }
    }
}

/// Whether to go on, and the bell for those who wait.
type Stop = Arc<(Mutex<bool>, Condvar)>;

/// Keeps a store at the current snapshot until it is dropped or the store is closed.
#[derive(Debug)]
pub struct Follower {
    stop: Stop,
    thread: Option<JoinHandle<()>>,
    process: u32,
}

/// Keeps `store`, which may be open for reading only, at the current snapshot of the bucket at `url`. A thread looks for a new
/// one now and then; the handles of the store turn to it with their next call, and no call waits for it or fails. If it cannot be
/// pulled, [`Stats::follow_error`](sonic_store::Stats::follow_error) says why, the store stays as it is, and it is tried
/// again.
///
/// # Errors
/// `InvalidArgument` for an address that is none or options out of their ranges; `Io` if the system starts no thread.
pub fn follow(store: &Store, url: &str, options: &FollowOptions) -> Result<Follower> {
    if options.interval < Duration::from_millis(10) {
        return Err(Error::new(ErrorKind::InvalidArgument, "the interval of following is 10 ms or more"));
    }
    address::open(url, &options.remote)?;
    store.check_open()?;
    let stop = Stop::default();
    let (shared, store, url, options) = (stop.clone(), store.clone(), url.to_owned(), options.clone());
    let thread = Builder::new().name("sonic-follow".to_owned());
    let thread = thread.spawn(move || run(&shared, &store, &url, &options));
    let thread = thread.map_err(|e| Error::io("cannot start a thread", e))?;
    Ok(Follower { stop, thread: Some(thread), process: std::process::id() })
}

fn run(stop: &Stop, store: &Store, url: &str, options: &FollowOptions) {
    let is_stopped = || *lock(&stop.0);
    while !is_stopped() {
        let go_on = |_| match is_stopped() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let trouble = pull_into(store, url, &options.remote, go_on).err();
        if is_stopped() || following_failed(store, trouble.map(|e| e.to_string())).is_err() {
            return;
        }
        let wait = stop.1.wait_timeout_while(lock(&stop.0), options.interval, |stopped| !*stopped);
        drop(wait);
    }
}

impl Follower {
    /// Ends it and waits until the thread has ended; a pull that is under way is given up. Dropping does the same.
    pub fn stop(self) {}
}

impl Drop for Follower {
    fn drop(&mut self) {
        // The thread of the parent is not in a forked child, where nothing can be waited for.
        if self.process != std::process::id() {
            self.thread.take().into_iter().for_each(std::mem::forget);
            return;
        }
        *lock(&self.stop.0) = true;
        self.stop.1.notify_all();
        // A panic has been told already.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
