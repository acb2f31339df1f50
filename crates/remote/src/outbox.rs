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
    /// The same, once the object that is open is there, and whether that forgets somebody.
    will_be_sent: u64,
    will_forget: bool,
    /// Bytes of entries that were sent since a snapshot was pushed.
    pub(crate) since_push: u64,
    /// Number of the last object of the journal that forgets somebody: those up to it may name them, and are still there.
    pub(crate) forgets: Option<u64>,
}

impl Outbox {
    /// Sends what the store writes from now on: the bucket has it up to entry `sent`.
    pub(crate) fn new(log: Log, store: &Store, sent: u64) -> Self {
        let store = store.clone();
        Self { log, store, sent, will_be_sent: sent, will_forget: false, since_push: 0, forgets: None }
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
            self.will_forget = entries.iter().any(local::Entry::forgets);
            self.will_be_sent = last;
            self.since_push += entries.iter().map(|entry| entry.bytes.len() as u64).sum::<u64>();
            self.log.append(job, &Record::Entries(entries))?;
            self.take_note();
        }
        Ok(())
    }

    /// The object that was open is there.
    fn take_note(&mut self) {
        self.sent = self.will_be_sent;
        if std::mem::take(&mut self.will_forget) {
            self.forgets = Some(self.log.last());
        }
    }

    /// Finds out what became of the last object.
    fn settle(&mut self, job: &mut Job<'_>) -> Result<()> {
        if self.log.is_open() {
            self.log.settle(job)?;
            self.take_note();
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
    outbox.since_push = 0;
    if let Some(sequence) = sequence {
        local::trim(store, sequence)?;
    }
    Ok(pushed)
}

/// Pushes a snapshot, and removes from the journals what it holds: it may name somebody who was forgotten.
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
    shared
        .lock()
        .iter_mut()
        .for_each(|outbox| outbox.forgets = outbox.forgets.filter(|forgets| *forgets > held));
    Ok(())
}
