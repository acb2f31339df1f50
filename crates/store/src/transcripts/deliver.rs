//! Segments go out to whoever wants them, meeting by meeting and in order: what is not taken is tried again later.

use super::{StoredSegment, Transcripts, changes};
use crate::env::{Table, View};
use crate::meta;
use crate::rows::encode::{damaged, json};
use crate::rows::transcript::{self, Meeting, Undeliverable};
use sonic_core::{Error, ErrorKind, Result};

/// The longest wait between two attempts: a day.
const MAX_WAIT_MS: u64 = 86_400_000;

/// Final segments of a meeting that are to be delivered, in order.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DeliveryBatch {
    meeting: u32,
    token: u64,
    /// How often the first of them was tried already.
    pub attempts: u32,
    /// The segments.
    pub segments: Vec<StoredSegment>,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Settled<'a> {
    /// All of it was taken.
    All,
    /// So many were taken, and the rest is to be had at once.
    Some(usize),
    /// So many were taken; the next failed.
    Failed {
        /// How many were taken.
        taken: usize,
        /// Why.
        error: &'a str,
        /// True if there is no use in trying again.
        in_vain: bool,
        /// How long to wait after the first failure, in milliseconds; twice as long after each further one.
        backoff_ms: u64,
        /// How often it is tried.
        max_attempts: u32,
    },
}

impl Transcripts {
    /// Takes what is to be delivered of the meeting that has waited longest, up to `most` segments, for so many milliseconds: if it
    /// is not [settled](Self::settle) by then, somebody else takes it. `None` if nothing waits.
    ///
    /// # Errors
    /// `Io` if another process is writing or the disk is full.
    pub fn take_delivery(&self, lease_ms: u64, most: usize) -> Result<Option<DeliveryBatch>> {
        self.take_delivery_at(lease_ms, most, meta::now_ms())
    }

    pub(super) fn take_delivery_at(
        &self,
        lease_ms: u64,
        most: usize,
        now: u64,
    ) -> Result<Option<DeliveryBatch>> {
        // Looking costs no write.
        if self.store.read(|view| first_due(view, now))?.is_none() {
            return Ok(None);
        }
        self.store.write_when_free(|txn| {
            while let Some((number, mut row)) = first_due(txn.view(), now)? {
                let segments = to_deliver(txn.view(), number, &mut row, most.max(1))?;
                let is_empty = segments.is_empty();
                let due = if is_empty { None } else { Some(now.saturating_add(lease_ms)) };
                transcript::set_due(txn, number, &mut row, due)?;
                row.token += 1;
                transcript::write_meeting(txn, number, &row)?;
                if !is_empty {
                    let (meeting, token, attempts) = (number, row.token, row.attempts);
                    return Ok(Some(DeliveryBatch { meeting, token, attempts, segments }));
                }
            }
            Ok(None)
        })
    }

    /// Says that the first so many of a batch were taken, and keeps the rest of it for so many milliseconds more.
    ///
    /// # Errors
    /// As [`settle`](Self::settle): after `Mismatch` the rest is somebody else's.
    pub fn note_taken(&self, batch: &DeliveryBatch, taken: usize, lease_ms: u64) -> Result<()> {
        let due = meta::now_ms().saturating_add(lease_ms);
        self.store.write_when_free(|txn| {
            let Some(mut row) = held(txn.view(), batch)? else { return Ok(()) };
            take(&mut row, batch, taken);
            transcript::set_due(txn, batch.meeting, &mut row, Some(due))?;
            transcript::write_meeting(txn, batch.meeting, &row)
        })
    }

    /// Says what became of a batch.
    ///
    /// # Errors
    /// `Mismatch` if somebody else has taken the meeting since, as the time was over; `Io` if another process is writing or
    /// the disk is full: the batch is tried again then.
    pub fn settle(&self, batch: &DeliveryBatch, settled: Settled<'_>) -> Result<()> {
        let now = meta::now_ms();
        self.store.write_when_free(|txn| {
            let Some(mut row) = held(txn.view(), batch)? else { return Ok(()) };
            let taken = match settled {
                Settled::All => batch.segments.len(),
                Settled::Some(taken) | Settled::Failed { taken, .. } => taken.min(batch.segments.len()),
            };
            let mut due = now;
            take(&mut row, batch, taken);
            if let (Settled::Failed { error, in_vain, backoff_ms, max_attempts, .. }, Some(next)) =
                (settled, batch.segments.get(taken))
            {
                row.attempts += 1;
                if in_vain || row.attempts >= max_attempts {
                    let lost = give_up(next, row.attempts, error, now);
                    let key = transcript::undeliverable(batch.meeting, next.change);
                    txn.put(Table::Transcripts, &key, &json(&lost, "a segment that nobody took")?)?;
                    (row.delivered, row.attempts) = (row.delivered.max(next.change), 0);
                } else {
                    let doubled = 1_u64.checked_shl(row.attempts - 1).unwrap_or(u64::MAX);
                    due = now + backoff_ms.saturating_mul(doubled).min(MAX_WAIT_MS);
                }
            }
            let rest = (row.delivered < row.changes).then_some(due);
            transcript::set_due(txn, batch.meeting, &mut row, rest)?;
            transcript::write_meeting(txn, batch.meeting, &row)
        })
    }

    /// Meetings that have something to deliver.
    ///
    /// # Errors
    /// `Malformed` if a row is damaged; `Closed` after the store was closed.
    pub fn undelivered(&self) -> Result<u64> {
        self.store.read(|view| Ok(transcript::all(view, b'o')?.count() as u64))
    }
}

/// The meeting of a batch, unless somebody else has taken it since; `None` if it is gone.
fn held(view: View<'_>, batch: &DeliveryBatch) -> Result<Option<Meeting>> {
    let row = transcript::meeting(view, batch.meeting)?;
    if let Some(row) = row.as_ref().filter(|row| row.token != batch.token) {
        let message = format!("meeting {:?} is delivered by somebody else since", row.name);
        return Err(Error::new(ErrorKind::Mismatch, message));
    }
    Ok(row)
}

/// Notes that the first so many of a batch were taken.
fn take(row: &mut Meeting, batch: &DeliveryBatch, taken: usize) {
    if let Some(last) = taken.checked_sub(1).and_then(|last| batch.segments.get(last)) {
        (row.delivered, row.attempts) = (row.delivered.max(last.change), 0);
    }
}

fn give_up(segment: &StoredSegment, attempts: u32, error: &str, at_ms: u64) -> Undeliverable {
    Undeliverable {
        meeting: segment.meeting.clone(),
        connection: segment.connection.clone(),
        id: segment.segment.id.clone(),
        revision: segment.segment.revision,
        attempts,
        error: sonic_core::readable(error.to_owned()),
        at_ms,
    }
}

/// The meeting that has waited longest of those that may be delivered now.
fn first_due(view: View<'_>, now: u64) -> Result<Option<(u32, Meeting)>> {
    let Some(row) = transcript::all(view, b'o')?.next() else { return Ok(None) };
    let parts = row?.0.split_first_chunk::<8>().and_then(|(time, rest)| Some((time, rest.try_into().ok()?)));
    let (time, number) = parts.ok_or_else(|| damaged("the index of deliveries"))?;
    if u64::from_be_bytes(*time) > now {
        return Ok(None);
    }
    let number = u32::from_be_bytes(number);
    let row = transcript::meeting(view, number)?.ok_or_else(|| damaged("the index of deliveries"))?;
    Ok(Some((number, row)))
}

/// The next final segments of a meeting; changes before the first that need no delivery count as delivered.
fn to_deliver(view: View<'_>, number: u32, row: &mut Meeting, most: usize) -> Result<Vec<StoredSegment>> {
    let mut found = Vec::new();
    let mut after = row.delivered;
    while found.len() < most {
        let page = changes(view, number, after, 64)?;
        let Some(last) = page.last() else { break };
        after = last.change;
        found.extend(page.into_iter().filter(|stored| stored.segment.is_final));
        if found.is_empty() {
            row.delivered = after;
        }
    }
    if found.is_empty() {
        row.delivered = row.changes;
    }
    found.truncate(most);
    Ok(found)
}
