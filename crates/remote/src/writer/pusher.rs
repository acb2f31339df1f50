//! The thread of a writer that pushes the store when its journal has grown long.

use super::state::State;
use crate::bucket::Bucket;
use crate::job::Job;
use crate::outbox::{self, Shared};
use sonic_store::Store;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

/// What pushes a store now and then.
pub(super) struct Pusher {
    pub(super) runtime: Arc<Runtime>,
    pub(super) bucket: Bucket,
    pub(super) store: Store,
    pub(super) state: Arc<State>,
    pub(super) outbox: Arc<Shared>,
    pub(super) pause: Duration,
    pub(super) push_after_bytes: u64,
    pub(super) connections: usize,
}

impl Pusher {
    /// Goes on until it is stopped.
    pub(super) fn run(self) {
        while !self.state.is_stopped() {
            self.state.pause(self.pause);
            if self.is_due() {
                let mut go_on = |_| match self.state.is_stopped() {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                };
                let mut job = Job::on(self.runtime.handle(), &mut go_on);
                // What fails is tried again: the journal still has everything.
                let _ = outbox::erase(&mut job, &self.bucket, &self.store, &self.outbox, self.connections);
            }
        }
    }

    fn is_due(&self) -> bool {
        let is_long = |outbox: &outbox::Outbox| outbox.since_push >= self.push_after_bytes;
        !self.state.is_stopped() && self.outbox.lock().as_ref().is_some_and(is_long)
    }
}
