//! What whoever takes the lease does before they write: the store becomes what was acknowledged so far.

use super::Durable;
use crate::bucket::Bucket;
use crate::job::Job;
use crate::journal::{self as remote, Log, Record};
use crate::lease::Lease;
use crate::outbox::{self, Outbox, Shared, Unchanged};
use crate::pack::sha256;
use crate::pointer::{self, Snapshot};
use crate::pull::{Changes, bring};
use sonic_core::{Error, ErrorKind, Result};
use sonic_store::Store;
use sonic_store::journal as local;
use sonic_store::snapshot::{self, Origin};

/// Makes the store what was acknowledged before the lease, and fills `shared` so that it can be written to.
pub(super) fn take_over(
    job: &mut Job<'_>,
    bucket: &Bucket,
    store: &Store,
    lease: &Lease,
    shared: &Shared,
    durable: Durable,
    connections: usize,
) -> Result<()> {
    let newest = complete(job, bucket, lease.number)?;
    let held = newest.as_ref().and_then(|newest| newest.journal).map_or(0, |position| position.number);
    // Of somebody who died before they came to it, who may have forgotten somebody.
    remote::remove_held(job, bucket, held)?;
    let keeps = bring_up(job, bucket, store, newest.as_ref(), connections)?;
    let replayed = replay(job, bucket, store, held + 1..lease.number, keeps)?;
    let switched = match durable {
        Durable::Bucket => local::begin(store)?,
        Durable::Disk => end(store)?,
    };
    let sent = local::sequence(store)?.unwrap_or(0);
    let in_bucket = newest.as_ref().and_then(|newest| newest.journal).and_then(|position| position.sequence);
    if durable == Durable::Bucket && !switched && sent != replayed.last.or(in_bucket).unwrap_or(0) {
        // A write that was admitted before the lease was lost has come meanwhile: it is discarded with the next try.
        return Err(crate::lease::lost(bucket));
    }
    *shared.lock() = Some(Outbox::new(Log::new(bucket, lease.number), store, sent));
    let has_journal = newest.is_some_and(|newest| newest.journal.is_some());
    if replayed.forgets {
        return outbox::erase(job, bucket, store, shared, connections);
    }
    // A journal goes on from a snapshot that says so; without one of its own the store does not know what it has replayed.
    if !has_journal || switched || (durable == Durable::Disk && replayed.objects > 0) {
        outbox::push(job, bucket, store, shared, connections, Unchanged::Published)?;
    }
    Ok(())
}

/// Publishes what somebody had begun to publish when they lost the lease; gives the current snapshot.
fn complete(job: &mut Job<'_>, bucket: &Bucket, lease: u64) -> Result<Option<Snapshot>> {
    let newest = job.wait(pointer::newest(bucket, 0))?;
    let held = newest.as_ref().and_then(|newest| newest.journal).map_or(0, |position| position.number);
    let mut version = newest.as_ref().map_or(0, |newest| newest.version);
    for snapshot in job.wait(remote::snapshots(bucket, held, lease))? {
        if snapshot.version == version + 1 {
            // If it is there by now it is the same: nobody else came to it.
            job.wait(pointer::create(bucket, &snapshot))?;
            version = snapshot.version;
        }
    }
    job.wait(pointer::newest(bucket, version))
}

/// Makes the store the current snapshot; true if it has changes of its own, which are kept.
///
/// # Errors
/// `Mismatch` if it has such changes and is not made from the current snapshot.
fn bring_up(
    job: &mut Job<'_>,
    bucket: &Bucket,
    store: &Store,
    newest: Option<&Snapshot>,
    connections: usize,
) -> Result<bool> {
    let origin = snapshot::origin(store)?;
    let Some(newest) = newest else { return Ok(origin.changed) };
    let is_newest = origin.text.as_deref().map(sha256).is_some_and(|own| own == newest.manifest);
    if is_newest && (!origin.changed || !is_guest(store, &origin)?) {
        return Ok(origin.changed);
    }
    let changes = changes(store, &origin)?;
    bring(job, bucket, store.path(), Some(store), changes, connections).map(|_| false)
}

/// True if all that was written to the store since it was pulled or pushed had to be in the bucket to be acknowledged.
fn is_guest(store: &Store, origin: &Origin) -> Result<bool> {
    let kept = origin.manifest.as_ref().and_then(|manifest| manifest.journal);
    Ok(kept.is_some_and(|position| position.sequence.is_some()) && local::sequence(store)?.is_some())
}

/// What becomes of changes of the store that are in no snapshot, when another takes its place.
pub(super) fn changes(store: &Store, origin: &Origin) -> Result<Changes> {
    Ok(if is_guest(store, origin)? { Changes::Discard } else { Changes::Keep })
}

/// What was replayed.
#[derive(Default)]
struct Replayed {
    objects: u64,
    /// Number of the last entry.
    last: Option<u64>,
    forgets: bool,
}

/// Makes the changes that objects of the journal say, in order.
///
/// # Errors
/// `Mismatch` if there are some, and the store has changes of its own.
fn replay(
    job: &mut Job<'_>,
    bucket: &Bucket,
    store: &Store,
    numbers: std::ops::Range<u64>,
    keeps: bool,
) -> Result<Replayed> {
    let mut replayed = Replayed::default();
    for number in numbers {
        let Record::Entries(entries) = job.wait(remote::read(bucket, number))?.record else { continue };
        if keeps {
            let message = format!(
                "the store {} has changes that are not in the bucket, which has others: pull into another directory, and do \
                 there what was to be added",
                store.path().display()
            );
            return Err(Error::new(ErrorKind::Mismatch, message));
        }
        local::replay(store, &entries)?;
        replayed.objects += 1;
        replayed.last = entries.last().map(|entry| entry.sequence).or(replayed.last);
        replayed.forgets |= entries.iter().any(local::Entry::forgets);
        job.advance(0)?;
    }
    Ok(replayed)
}

/// Ends the journal of the store; false if it keeps none.
fn end(store: &Store) -> Result<bool> {
    let keeps = local::sequence(store)?.is_some();
    if keeps {
        local::end(store)?;
    }
    Ok(keeps)
}
