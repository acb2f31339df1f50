//! Delivering segments to whoever wants them.

use super::Shared;
use super::stats::count;
use crate::transport::{Backoff, Origin};
use serde::Serialize;
use sonic_core::{Error, ErrorKind, Result, Segment, guard};
use sonic_store::{DeliveryBatch, Settled, StoredSegment};
use std::time::{Duration, Instant};

/// Segments of a meeting that are taken at once.
const BATCH: usize = 16;

/// Takes final segments.
pub trait Deliver: Send + Sync + 'static {
    /// Takes a segment. It may come again with the same key.
    ///
    /// # Errors
    /// It comes again later, and those of its meeting behind it wait; but if it is `InvalidArgument`, `Malformed` or `Unsupported`, it
    /// is given up.
    fn deliver(&self, delivery: &Delivery) -> Result<()>;
}

/// A segment to be delivered.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Delivery {
    /// The same segment in the same revision has the same key: `id/revision`.
    pub key: String,
    /// Where it comes from.
    pub origin: Origin,
    /// When the connection's sound began, in milliseconds since 1970 UTC: the segment's times count from there.
    pub started_at_ms: u64,
    /// When it was stored first, in milliseconds since 1970 UTC.
    pub created_at_ms: u64,
    /// The segment.
    pub segment: Segment,
    /// How often it was tried before.
    pub attempts: u32,
}

impl Delivery {
    fn new(stored: &StoredSegment, attempts: u32) -> Self {
        Self {
            key: format!("{}/{}", stored.segment.id, stored.segment.revision),
            origin: Origin {
                connection: stored.connection.clone(),
                meeting: stored.meeting.clone(),
                user_id: stored.user_id.clone(),
                source: stored.source.clone(),
            },
            started_at_ms: stored.started_at_ms,
            created_at_ms: stored.created_at_ms,
            segment: stored.segment.clone(),
            attempts,
        }
    }
}

/// Delivers until the worker is to end.
pub(super) fn run(shared: &Shared) {
    let Some(deliver) = &shared.parts.deliver else { return };
    let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));
    while !shared.is_stopping() {
        let taken = shared.parts.store.transcripts().take_delivery(lease_ms(shared), BATCH);
        let done = taken.and_then(|batch| match batch {
            Some(batch) => deliver_batch(shared, &**deliver, &batch).map(|()| true),
            None => Ok(false),
        });
        match done {
            Ok(true) => backoff.reset(),
            Ok(false) => shared.pause(Duration::from_millis(50)),
            Err(error) => {
                shared.counters.fail(&error);
                shared.pause(backoff.wait());
            }
        }
    }
}

fn lease_ms(shared: &Shared) -> u64 {
    u64::try_from(shared.options.deliver_lease.as_millis()).unwrap_or(u64::MAX)
}

/// Delivers a batch; each segment is noted before the next, so that a process that dies leaves at most one that comes again.
pub(super) fn deliver_batch(shared: &Shared, deliver: &dyn Deliver, batch: &DeliveryBatch) -> Result<()> {
    let transcripts = shared.parts.store.transcripts();
    let (began, mut taken) = (Instant::now(), 0);
    let mut failed = None;
    for stored in &batch.segments {
        // Other meetings wait.
        if taken > 0 && (shared.is_stopping() || began.elapsed() >= shared.options.deliver_lease / 2) {
            break;
        }
        let attempts = if taken == 0 { batch.attempts } else { 0 };
        let delivery = Delivery::new(stored, attempts);
        match guard::guard(ErrorKind::Internal, "delivering a segment", || deliver.deliver(&delivery)) {
            Ok(()) => {
                taken += 1;
                count(&shared.counters.delivered);
            }
            Err(error) => {
                count(&shared.counters.refused);
                shared.counters.fail(&error);
                failed = Some(error);
                break;
            }
        }
        if taken < batch.segments.len() {
            match transcripts.note_taken(batch, taken, lease_ms(shared)) {
                Err(error) if error.kind() == ErrorKind::Mismatch => return Ok(()),
                noted => noted?,
            }
        }
    }
    settle(shared, batch, taken, failed.as_ref())
}

fn settle(shared: &Shared, batch: &DeliveryBatch, taken: usize, failed: Option<&Error>) -> Result<()> {
    let text = failed.map(ToString::to_string).unwrap_or_default();
    let settled = match failed {
        Some(error) => Settled::Failed {
            taken,
            error: &text,
            in_vain: is_in_vain(error),
            backoff_ms: u64::try_from(shared.options.backoff.as_millis()).unwrap_or(u64::MAX),
            max_attempts: shared.options.attempts,
        },
        None if taken == batch.segments.len() => Settled::All,
        None => Settled::Some(taken),
    };
    match shared.parts.store.transcripts().settle(batch, settled) {
        // It took too long; whoever has it now goes on.
        Err(error) if error.kind() == ErrorKind::Mismatch => Ok(()),
        settled => settled,
    }
}

fn is_in_vain(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidArgument | ErrorKind::Malformed | ErrorKind::Unsupported)
}
