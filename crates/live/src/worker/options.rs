//! What a worker works with, and how.

use super::Deliver;
use crate::transport::{Origin, SliceSink, Transport};
use crate::{Desk, LiveOptions};
use sonic_core::Result;
use sonic_store::Store;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How the session of a connection is made.
#[derive(Debug, Clone, Default)]
pub struct SessionSetup {
    /// Who says what was said; `None` if nobody is asked.
    pub desk: Option<Desk>,
    /// How it is followed.
    pub options: LiveOptions,
}

/// What a worker works with.
#[derive(Clone)]
pub struct WorkerParts {
    /// Where segments and sessions are kept.
    pub store: Store,
    /// Where connections come from.
    pub transport: Arc<dyn Transport>,
    /// Where slices are.
    pub sink: Arc<dyn SliceSink>,
    /// How the session of a connection is made. The same connection is to have the same recogniser and options in every process.
    pub sessions: Arc<dyn Fn(&Origin) -> SessionSetup + Send + Sync>,
    /// Who wants final segments; `None` for nobody.
    pub deliver: Option<Arc<dyn Deliver>>,
}

impl fmt::Debug for WorkerParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = f.debug_struct("WorkerParts");
        parts.field("store", &self.store).field("transport", &self.transport.name()).finish_non_exhaustive()
    }
}

/// How a worker works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerOptions {
    /// What the worker is called; a number that no other has is added.
    pub name: String,
    /// Threads that follow connections, 1 to 64.
    pub threads: usize,
    /// Connections that each of them follows at once.
    pub connections: usize,
    /// For how long a connection is claimed: if its worker dies, others take it after that.
    pub lease: Duration,
    /// How long nothing comes on a connection before its sound has ended and its session goes; counted while the transport can be
    /// reached.
    pub idle: Duration,
    /// The length of a recorder's slices: sound of the first began so long before it was sent.
    pub slice: Duration,
    /// How long a slice that failed, or a segment that was not taken, waits; twice as long after each further time.
    pub backoff: Duration,
    /// How often a slice or a segment is tried.
    pub attempts: u32,
    /// How long what sessions remember is kept after nothing came any more.
    pub keep: Duration,
    /// Threads that deliver segments, 1 to 16.
    pub deliverers: usize,
    /// For how long a meeting is taken whose segments are delivered: if its worker dies, others take it after that. Longer than
    /// twice what a delivery may take.
    pub deliver_lease: Duration,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            name: "worker".to_owned(),
            threads: 2,
            connections: 512,
            lease: Duration::from_secs(15),
            idle: Duration::from_secs(60),
            slice: Duration::from_secs(3),
            backoff: Duration::from_secs(60),
            attempts: 5,
            keep: Duration::from_secs(86_400),
            deliverers: 2,
            deliver_lease: Duration::from_secs(120),
        }
    }
}

impl WorkerOptions {
    pub(super) fn check(&self) -> Result<()> {
        let is_right = (1..=64).contains(&self.threads)
            && (1..=16).contains(&self.deliverers)
            && self.connections > 0
            && self.attempts > 0
            && self.lease >= Duration::from_millis(100)
            && self.deliver_lease >= Duration::from_millis(100);
        match is_right {
            true => Ok(()),
            false => Err(crate::invalid(
                "threads is 1 to 64, deliverers 1 to 16, connections and attempts are above 0, and leases are 100 ms or more",
            )),
        }
    }

    /// A connection that was claimed so often without anything being acknowledged has an entry that ends processes.
    pub(super) fn most_claims(&self) -> u32 {
        self.attempts.saturating_mul(4)
    }
}
