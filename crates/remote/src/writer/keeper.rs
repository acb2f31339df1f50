//! The thread of a writer: it follows while another instance writes, takes the lease when nobody does, and sends what is written.

use super::Durable;
use super::state::State;
use super::takeover::{changes, take_over};
use crate::bucket::Bucket;
use crate::job::Job;
use crate::journal;
use crate::lease::{Lease, Observer, Seen};
use crate::options::Progress;
use crate::outbox::{self, Outbox, Shared};
use crate::pull::bring;
use sonic_core::{ErrorKind, Result};
use sonic_store::Store;
use sonic_store::journal as local;
use sonic_store::snapshot::{self, following_failed};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

/// What keeps a store in a bucket.
pub(super) struct Keeper {
    pub(super) runtime: Arc<Runtime>,
    pub(super) bucket: Bucket,
    pub(super) store: Store,
    pub(super) state: Arc<State>,
    pub(super) outbox: Arc<Shared>,
    pub(super) observer: Observer,
    pub(super) lease: Option<Lease>,
    pub(super) durable: Durable,
    pub(super) term: Duration,
    pub(super) connections: usize,
    /// Take-overs that failed since one worked: each leaves a lease in the bucket.
    pub(super) failures: u32,
}

fn quiet(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

impl Keeper {
    /// Goes on until it is stopped.
    pub(super) fn run(mut self) {
        while !self.state.is_stopped() {
            if self.lease.is_some() {
                self.state.wait_for_work(self.pause());
                self.serve();
            } else {
                self.state.pause(self.pause());
                let trouble = self.follow().err().filter(|_| !self.state.is_stopped());
                if following_failed(&self.store, trouble.map(|e| e.to_string())).is_err() {
                    break;
                }
            }
        }
        self.end();
    }

    /// How long nothing is looked at.
    fn pause(&self) -> Duration {
        self.term / 8 * (1 << self.failures.min(8))
    }

    /// Looks at the bucket once: takes over if nobody writes there, else the store becomes the current snapshot.
    pub(super) fn follow(&mut self) -> Result<()> {
        let (runtime, state) = (self.runtime.clone(), self.state.clone());
        let mut go_on = |_| match state.is_stopped() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let mut job = Job::on(runtime.handle(), &mut go_on);
        match job.wait(self.observer.look(&self.bucket))? {
            Seen::Held { retry_after } => {
                self.state.wait_at_least(retry_after);
                let changes = changes(&self.store, &snapshot::origin(&self.store)?)?;
                let path = self.store.path().to_owned();
                let pulled =
                    bring(&mut job, &self.bucket, &path, Some(&self.store), changes, self.connections);
                match pulled {
                    // Who has the lease has not published anything yet.
                    Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
                    pulled => pulled.map(drop),
                }
            }
            Seen::Free { last } => match Lease::take(&mut job, &self.bucket, last, self.term)? {
                Some(lease) => self.begin(&mut job, lease),
                None => Ok(()),
            },
        }
    }

    /// Begins to write, under a lease that was just taken.
    fn begin(&mut self, job: &mut Job<'_>, lease: Lease) -> Result<()> {
        let (bucket, store, outbox) = (&self.bucket, &self.store, &self.outbox);
        let taken = take_over(job, bucket, store, &lease, outbox, self.durable, self.connections);
        if let Err(error) = taken {
            *outbox.lock() = None;
            self.failures += 1;
            lease.release(&mut Job::on(self.runtime.handle(), &mut quiet));
            return Err(error);
        }
        let sent = outbox.lock().as_ref().map_or(0, Outbox::sent);
        self.state.begin(lease.freshness(), sent);
        self.failures = 0;
        self.lease = Some(lease);
        Ok(())
    }

    /// Sends what was written, and finds out whether somebody else has taken over.
    fn serve(&mut self) {
        match self.send() {
            Ok(sent) => self.state.keep(sent),
            Err(error) if error.kind() == ErrorKind::Busy => {
                self.state.lose();
                *self.outbox.lock() = None;
                self.lease = None;
                self.observer = Observer::default();
            }
            // Nothing can be written any more: the next instance need not wait for this one to be dropped.
            Err(error) if error.kind() == ErrorKind::Closed => self.state.stop(),
            Err(error) => {
                self.state.fail(&error);
                self.state.pause(self.pause());
            }
        }
    }

    /// Gives the number of the last entry that is in the bucket.
    fn send(&self) -> Result<u64> {
        let mut go_on = quiet;
        let mut job = Job::on(self.runtime.handle(), &mut go_on);
        let written = local::sequence(&self.store)?.unwrap_or(0);
        let (sent, forgets) = {
            let mut guard = self.outbox.lock();
            let Some(outbox) = guard.as_mut() else { return Ok(0) };
            if outbox.sent() >= written {
                let next = journal::name(outbox.log.last() + 1);
                if !outbox.log.is_open() && job.wait(self.bucket.contains(&next))? {
                    return Err(crate::lease::lost(&self.bucket));
                }
            }
            outbox.send(&mut job, written)?;
            (outbox.sent(), outbox.forgets.is_some())
        };
        if forgets {
            outbox::erase(&mut job, &self.bucket, &self.store, &self.outbox, self.connections)?;
        }
        Ok(sent)
    }

    /// Sends what is left, and lets the next one write.
    fn end(&mut self) {
        let Some(lease) = self.lease.take() else { return };
        // What could not be sent was not acknowledged.
        if let Ok(sent) = self.send() {
            self.state.keep(sent);
        }
        *self.outbox.lock() = None;
        lease.release(&mut Job::on(self.runtime.handle(), &mut quiet));
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // Whoever waits does not wait for ever, though the thread has ended by a panic.
        self.state.lose();
    }
}
