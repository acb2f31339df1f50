//! Entries on their way from the journal of a store to that of its bucket.

use crate::bucket::Bucket;
use crate::job::Job;
use crate::journal::{self, Log, Record};
use crate::lease;
use crate::push::{Pushed, current, publish, recover};
use crate::upload::{Making, upload};
use sonic_core::parallel::lock;
use sonic_core::{Error, ErrorKind, Result};
use sonic_store::Store;
use sonic_store::journal as local;
use sonic_store::snapshot::{self, JournalPosition};
use std::sync::{Mutex, MutexGuard};

/// Bytes of entries that share an object.
const MOST: usize = 1 << 23;

/// What the threads of a writer send.
#[derive(Default)]
pub(crate) struct Shared {
    /// `None` while nobody here has the lease.
    outbox: Mutex<Option<Outbox>>,
    /// Held while a snapshot is pushed: another would be made from the same one.
    pushing: Mutex<()>,
}

impl Shared {
    /// The outbox; nothing is sent by others while it is held.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Option<Outbox>> {
        lock(&self.outbox)
    }
}

/// Entries on their way, under a lease.
pub(crate) struct Outbox {
    pub(crate) log: Log,
    store: Store,
    /// Number of the last entry that is in the bucket.
    sent: u64,
    /// The same, once the object that is open is there.
    will_be_sent: u64,
    /// True if somebody was forgotten whom objects of the journal may still name.
    pub(crate) forgets: bool,
}

impl Outbox {
    /// Sends what the store writes from now on: the bucket has it up to entry `sent`.
    pub(crate) fn new(log: Log, store: &Store, sent: u64) -> Self {
        Self { log, store: store.clone(), sent, will_be_sent: sent, forgets: false }
    }

    /// Number of the last entry that is in the bucket.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// Sends what there is, at least up to entry `up_to`: as few objects as may be.
    ///
    /// # Errors
    /// `Busy` if somebody else has the lease by now; `Io` if the bucket cannot be reached: it is gone on with the next time.
    pub(crate) fn send(&mut self, job: &mut Job<'_>, up_to: u64) -> Result<()> {
        self.settle(job)?;
        while self.sent < up_to {
            let entries = local::entries(&self.store, self.sent, MOST)?;
            let missing =
                || Error::new(ErrorKind::Internal, format!("entry {} of the journal is missing", up_to));
            let last = entries.last().ok_or_else(missing)?.sequence;
            self.forgets |= entries.iter().any(local::Entry::forgets);
            self.will_be_sent = last;
            self.log.append(job, &Record::Entries(entries))?;
            self.sent = last;
        }
        Ok(())
    }

    /// Finds out what became of the last object.
    fn settle(&mut self, job: &mut Job<'_>) -> Result<()> {
        if self.log.is_open() {
            self.log.settle(job)?;
            self.sent = self.will_be_sent;
        }
        Ok(())
    }

    fn position(&self) -> JournalPosition {
        JournalPosition { number: self.log.last(), lease: self.log.lease(), sequence: None }
    }
}

/// What makes a new snapshot of a store that is as the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unchanged {
    /// Nothing does.
    Passed,
    /// It is to hold what the journal has.
    Published,
}

/// Makes what the store holds the current snapshot, under the lease. The journal of the store loses what that holds.
pub(crate) fn push(
    job: &mut Job<'_>,
    bucket: &Bucket,
    store: &Store,
    shared: &Shared,
    connections: usize,
    unchanged: Unchanged,
) -> Result<Pushed> {
    let _alone = lock(&shared.pushing);
    recover(job, bucket, store)?;
    // Before the rows are read: all that is in the journal is among them.
    let position = shared.lock().as_ref().map(Outbox::position).ok_or_else(|| lease::lost(bucket))?;
    let origin = snapshot::origin(store)?;
    let newest = current(job, bucket, &origin)?;
    let is_held = |held: &JournalPosition| unchanged == Unchanged::Passed && held.number <= position.number;
    if let Some(snapshot) =
        newest.filter(|newest| !origin.changed && newest.journal.as_ref().is_some_and(is_held))
    {
        return Ok(Pushed { snapshot, published: false, sent_bytes: 0 });
    }
    let journal = Some(position);
    let making = Making { base: origin.manifest.as_ref(), restores: None, connections, journal };
    let uploaded = upload(job, bucket, store, &making)?;
    let sequence = uploaded.written.manifest.journal.and_then(|journal| journal.sequence);
    let mut guard = shared.lock();
    let same = guard.as_mut().filter(|outbox| outbox.log.lease() == position.lease);
    let outbox = same.ok_or_else(|| lease::lost(bucket))?;
    // Nothing is published that the journal lacks.
    outbox.send(job, sequence.unwrap_or(0))?;
    let pushed = publish(job, bucket, store, uploaded, Some(&mut outbox.log))?;
    if let Some(sequence) = sequence {
        local::trim(store, sequence)?;
    }
    Ok(pushed)
}

/// Removes from the journals what names somebody who was forgotten: what they say is in a snapshot then.
pub(crate) fn erase(
    job: &mut Job<'_>,
    bucket: &Bucket,
    store: &Store,
    shared: &Shared,
    connections: usize,
) -> Result<()> {
    let pushed = push(job, bucket, store, shared, connections, Unchanged::Published)?;
    let held = pushed.snapshot.journal.map_or(0, |position| position.number);
    journal::remove_held(job, bucket, held)?;
    shared.lock().iter_mut().for_each(|outbox| outbox.forgets = false);
    Ok(())
}
