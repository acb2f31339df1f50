//! A store that one instance at a time writes to, and that is kept in a bucket.

mod keeper;
mod pusher;
mod state;
mod takeover;

use crate::bucket::Bucket;
use crate::job::{self, Job};
use crate::lease::{self, Observer};
use crate::options::{Progress, RemoteOptions};
use crate::outbox::{self, Shared, Unchanged};
use crate::pull::{Changes, bring};
use crate::push::Pushed;
use keeper::Keeper;
use pusher::Pusher;
use sonic_core::{Error, ErrorKind, Result};
use sonic_store::journal::{self, Gate};
use sonic_store::{Access, Store, StoreOptions};
use state::State;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use tokio::runtime::Runtime;

/// What a write waits for before it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durable {
    /// The disk, which lasts: what was written since the last [push](Writer::push) is lost with it.
    Disk,
    /// The bucket: what was answered is kept though the disk is gone.
    #[default]
    Bucket,
}

/// How a store is kept in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriterOptions {
    /// What a write waits for.
    pub durable: Durable,
    /// How long an instance that is not heard of is waited for before another takes over; at least 100 ms. It should be many
    /// times what a request takes.
    pub term: Duration,
    /// Bytes of journal after which the store is pushed by itself, and the journal loses what the snapshot holds: the next instance
    /// replays no more than about that.
    pub push_after_bytes: u64,
    /// How the bucket is reached.
    pub remote: RemoteOptions,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self {
            durable: Durable::default(),
            term: lease::TERM,
            push_after_bytes: 1 << 26,
            remote: RemoteOptions::default(),
        }
    }
}

/// A store that is kept in a bucket, to which one instance at a time writes: who has the lease of the bucket.
///
/// An instance without it follows, and its writes are [`Busy`](ErrorKind::Busy) errors that say when to
/// [try again](Error::retry_after); a thread takes the lease when nobody has it, or whoever had it has not been heard of for
/// longer than its term, and the store becomes what was acknowledged so far.
///
/// With [`Durable::Bucket`] a write is answered when its entry of the store's journal is an object of the bucket; writes at the same
/// time share one. Who lost the lease acknowledges nothing more, whatever its clock says: the next number of the journal is taken.
/// Readers of this store see a write before that. A write that fails with `Busy` or `Io` after it began may be kept or not.
/// Whom [`forget`](Store::forget) removes is gone from the journals of the store and of the bucket when it is answered; from older
/// snapshots with [`prune`](crate::prune).
///
/// A new instance replays what the journal has behind the current snapshot, which is pushed now and then
/// ([`WriterOptions::push_after_bytes`]), or by [push](Self::push).
///
/// ```
/// use sonic_remote::{Writer, WriterOptions};
///
/// # let folder = std::env::temp_dir().join(format!("sonic-doc-writer-{}", std::process::id()));
/// # std::fs::create_dir_all(folder.join("bucket")).ok();
/// # let url = format!("file://{}", folder.join("bucket").display());
/// let writer = Writer::open(&folder.join("store"), &url, &WriterOptions::default())?;
/// assert!(writer.is_writing());
/// writer.store().add(Vec::new())?;
/// writer.close();
/// # std::fs::remove_dir_all(&folder).ok();
/// # Ok::<(), sonic_core::Error>(())
/// ```
pub struct Writer {
    store: Store,
    bucket: Bucket,
    runtime: Arc<Runtime>,
    state: Arc<State>,
    outbox: Arc<Shared>,
    connections: usize,
    threads: Vec<JoinHandle<()>>,
    process: u32,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Writer {
    /// Opens the store in `directory`, which is made of the current snapshot of the bucket at `url` if it does not exist, and
    /// begins to write if no other instance does. A store that is new to the bucket, or the bucket to it, is pushed first.
    ///
    /// # Errors
    /// `InvalidArgument` for an address that is none, options out of their ranges, or a directory that has a writer in this
    /// process; `Unsupported` for an address that is only read; `Mismatch` if the store has changes of its own and the bucket
    /// others; `Io` if the bucket cannot be reached or another process writes to the directory.
    pub fn open(directory: &Path, url: &str, options: &WriterOptions) -> Result<Self> {
        if options.term < Duration::from_millis(100) {
            return Err(Error::new(ErrorKind::InvalidArgument, "the term of a lease is 100 ms or more"));
        }
        let bucket = Bucket::open(url, &options.remote)?;
        bucket.check_writable()?;
        let connections = options.remote.connections;
        let runtime = Arc::new(job::runtime(connections)?);
        let store = open_store(&runtime, &bucket, directory, connections)?;
        let state = State::new(url, options.term);
        let gate = Arc::new(state.gate(options.durable));
        journal::set_gate(&store, Some(gate))?;
        let outbox = Arc::new(Shared::default());
        let keeper = Keeper {
            runtime: runtime.clone(),
            bucket: bucket.clone(),
            store: store.clone(),
            state: state.clone(),
            outbox: outbox.clone(),
            observer: Observer::default(),
            lease: None,
            durable: options.durable,
            term: options.term,
            connections,
            failures: 0,
        };
        let pusher = Pusher {
            runtime: runtime.clone(),
            bucket: bucket.clone(),
            store: store.clone(),
            state: state.clone(),
            outbox: outbox.clone(),
            pause: options.term / 4,
            push_after_bytes: options.push_after_bytes,
            connections,
        };
        let (threads, process) = (Vec::new(), std::process::id());
        let mut writer = Self { store, bucket, runtime, state, outbox, connections, threads, process };
        writer.threads.push(start(keeper)?);
        writer.threads.push(spawn("sonic-push", move || pusher.run())?);
        Ok(writer)
    }

    /// The store. Its handles may be used as long as the writer is there, from any thread.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// True if this instance writes; else another does, and this one follows.
    pub fn is_writing(&self) -> bool {
        self.state.is_writing()
    }

    /// Waits until this instance writes.
    ///
    /// # Errors
    /// `Busy` if another does for so long.
    pub fn wait_until_writing(&self, most: Duration) -> Result<()> {
        self.state.wait_until_writing(most)
    }

    /// Makes what the store holds the current snapshot of the bucket, as [`push`](crate::push) does; writes go on meanwhile. The
    /// next instance begins with it, and [`prune`](crate::prune) removes what it holds of the journal.
    ///
    /// # Errors
    /// `Busy` if another instance writes; else as [`push`](crate::push).
    pub fn push(&self, mut progress: impl FnMut(Progress) -> ControlFlow<()>) -> Result<Pushed> {
        self.state.wait_until_writing(Duration::ZERO)?;
        let mut job = Job::on(self.runtime.handle(), &mut progress);
        outbox::push(&mut job, &self.bucket, &self.store, &self.outbox, self.connections, Unchanged::Passed)
    }

    /// Ends it: the next instance need not wait. Dropping does the same. The store stays open, and is written to no more if it
    /// is kept in the bucket.
    pub fn close(self) {}
}

/// Looks at the bucket for the first time, and goes on in a thread.
fn start(mut keeper: Keeper) -> Result<JoinHandle<()>> {
    keeper.follow()?;
    spawn("sonic-writer", move || keeper.run())
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let thread = Builder::new().name(name.to_owned());
    thread.spawn(work).map_err(|e| Error::io("cannot start a thread", e))
}

/// The store in a directory: made if there is none, of the current snapshot if there is one.
fn open_store(runtime: &Runtime, bucket: &Bucket, directory: &Path, connections: usize) -> Result<Store> {
    let options = |access| StoreOptions { access, ..StoreOptions::default() };
    match Store::open(directory, options(Access::ReadWrite)) {
        Err(e) if e.kind() == ErrorKind::NotFound => {}
        opened => return opened,
    }
    let mut go_on = |_| ControlFlow::Continue(());
    let mut job = Job::on(runtime.handle(), &mut go_on);
    match bring(&mut job, bucket, directory, None, Changes::Keep, connections) {
        Err(e) if e.kind() == ErrorKind::NotFound => {}
        brought => brought.map(drop)?,
    }
    Store::open(directory, options(Access::Create))
}

impl Drop for Writer {
    fn drop(&mut self) {
        // The threads of the parent are not in a forked child, where nothing can be waited for.
        if self.process != std::process::id() {
            self.threads.drain(..).for_each(std::mem::forget);
            std::mem::forget(self.runtime.clone());
            return;
        }
        self.state.stop();
        for thread in self.threads.drain(..) {
            // A panic has been told already.
            let _ = thread.join();
        }
        self.state.close();
        // A store that was closed has none.
        let _ = journal::set_gate(&self.store, None::<Arc<Gate>>);
    }
}
