//! Work that takes its time: it runs on a runtime of its own while the caller's thread tells how far it has come, and ends when
//! the caller says so.

use crate::options::Progress;
use sonic_core::{Error, ErrorKind, Result};
use std::future::Future;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};

/// How long the caller may wait for its callback.
const TICK: Duration = Duration::from_millis(100);
/// Threads that wait for the network; files, hashes and compression have others, one a connection at most.
const THREADS: usize = 2;

/// Threads for so many requests at the same time.
pub(crate) fn runtime(connections: usize) -> Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(THREADS).max_blocking_threads(connections + THREADS);
    let runtime = builder.thread_name("sonic-remote").enable_all().build();
    runtime.map_err(|e| Error::io("cannot start threads", e))
}

/// Work of a call.
pub(crate) struct Job<'p> {
    /// Unless it is that of somebody else.
    runtime: Option<Runtime>,
    handle: Handle,
    tell: &'p mut dyn FnMut(Progress) -> ControlFlow<()>,
    at: Progress,
}

impl<'p> Job<'p> {
    pub(crate) fn new(
        connections: usize,
        tell: &'p mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Self> {
        let runtime = runtime(connections)?;
        let handle = runtime.handle().clone();
        Ok(Self { runtime: Some(runtime), handle, tell, at: Progress::default() })
    }

    /// Work on a runtime that outlives it.
    pub(crate) fn on(handle: &Handle, tell: &'p mut dyn FnMut(Progress) -> ControlFlow<()>) -> Self {
        Self { runtime: None, handle: handle.clone(), tell, at: Progress::default() }
    }

    /// Where tasks are spawned.
    pub(crate) fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Waits for `work`, and tells the caller how far it is now and then.
    ///
    /// # Errors
    /// `Closed` if the caller wants no more; what `work` gives.
    pub(crate) fn wait<T>(&mut self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let handle = self.handle();
        handle.block_on(async {
            tokio::pin!(work);
            let mut ticks = tokio::time::interval(TICK);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    biased;
                    done = &mut work => return done,
                    _ = ticks.tick() => self.tell()?,
                }
            }
        })
    }

    /// Says how many bytes there are; it does not shrink.
    pub(crate) fn expect(&mut self, total_bytes: u64) {
        self.at.total_bytes = self.at.total_bytes.max(total_bytes);
    }

    /// So many bytes more are done.
    pub(crate) fn advance(&mut self, bytes: u64) -> Result<()> {
        self.at.bytes += bytes;
        self.expect(self.at.bytes);
        self.tell()
    }

    /// All is done.
    pub(crate) fn complete(&mut self) -> Result<()> {
        self.at.bytes = self.at.total_bytes;
        self.tell()
    }

    fn tell(&mut self) -> Result<()> {
        match (self.tell)(self.at) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::new(ErrorKind::Closed, "it was cancelled")),
        }
    }
}

impl Drop for Job<'_> {
    fn drop(&mut self) {
        // Nobody waits for what is of no use any more.
        self.runtime.take().into_iter().for_each(Runtime::shutdown_background);
    }
}
