//! A store's rows become the current snapshot of a bucket.

use crate::bucket::Bucket;
use crate::job::Job;
use crate::journal::{self, Log, Record};
use crate::lease::Lease;
use crate::options::{Progress, RemoteOptions};
use crate::pack::sha256;
use crate::pointer::{self, Snapshot};
use crate::upload::{Making, Uploaded, upload};
use serde::Serialize;
use sonic_core::{Error, ErrorKind, Result};
use sonic_store::Store;
use sonic_store::snapshot::{self, Manifest, Origin};
use std::ops::ControlFlow;

/// What pushing came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Pushed {
    /// The snapshot that the store is now.
    pub snapshot: Snapshot,
    /// False if the store was as the current snapshot: there is no new one then.
    pub published: bool,
    /// Bytes that were sent.
    pub sent_bytes: u64,
}

/// Makes what `store` holds the current snapshot of the bucket at `url`: all chunks that the bucket lacks are sent, then the
/// manifest, then it is published in one step. The store may be written to meanwhile, as by another process; the snapshot is
/// of the moment when this began. What was sent when it ends early is found by the next push.
///
/// The store must be the current snapshot with something added: pulled or pushed last as that, or new as the bucket is.
///
/// # Errors
/// `Mismatch` if another snapshot is the current one, or the journal of the bucket has writes that are in none; `Busy` if an
/// instance writes to the bucket; `InvalidArgument` for an address that is none; `Unsupported` for one
/// that is only read; `Malformed` if a row of the store is damaged; `Io` if the bucket cannot be reached or refuses; `Closed` if
/// `progress` says so. Nothing is published then.
pub fn push(
    store: &Store,
    url: &str,
    options: &RemoteOptions,
    mut progress: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Pushed> {
    let bucket = Bucket::open(url, options)?;
    bucket.check_writable()?;
    let mut job = Job::new(options.connections, &mut progress)?;
    let lease = Lease::to_publish(&mut job, &bucket)?;
    let pushed = push_alone(&mut job, &bucket, store, options.connections, lease.as_ref());
    lease.into_iter().for_each(|lease| lease.release(&mut job));
    pushed
}

/// As [`push`], of somebody who writes there only now.
fn push_alone(
    job: &mut Job<'_>,
    bucket: &Bucket,
    store: &Store,
    connections: usize,
    lease: Option<&Lease>,
) -> Result<Pushed> {
    recover(job, bucket, store)?;
    let origin = snapshot::origin(store)?;
    let newest = current(job, bucket, &origin)?;
    if let Some(snapshot) = newest.clone().filter(|_| !origin.changed) {
        return Ok(Pushed { snapshot, published: false, sent_bytes: 0 });
    }
    if let Some(lease) = lease {
        check_journal(job, bucket, newest.as_ref(), lease)?;
    }
    let journal = lease.map(Lease::position);
    let making = Making { base: origin.manifest.as_ref(), restores: None, connections, journal };
    let uploaded = upload(job, bucket, store, &making)?;
    let mut log = lease.map(|lease| Log::new(bucket, lease.number));
    publish(job, bucket, store, uploaded, log.as_mut())
}

/// The current snapshot, which the store was made from.
///
/// # Errors
/// `Mismatch` if it was not.
pub(crate) fn current(job: &mut Job<'_>, bucket: &Bucket, origin: &Origin) -> Result<Option<Snapshot>> {
    let known = origin.manifest.as_ref().map_or(0, |own| own.version);
    let newest = job.wait(pointer::newest(bucket, known))?;
    check_base(bucket, origin, newest.as_ref())?;
    Ok(newest)
}

/// Publishes what was uploaded, by way of the journal if the bucket has one.
pub(crate) fn publish(
    job: &mut Job<'_>,
    bucket: &Bucket,
    store: &Store,
    uploaded: Uploaded,
    log: Option<&mut Log>,
) -> Result<Pushed> {
    let Uploaded { written, transaction, sent_bytes } = uploaded;
    snapshot::begin_push(store, &written.text, transaction)?;
    let snapshot = Snapshot::of(&written.manifest, written.hash);
    publish_pointer(job, bucket, &snapshot, log)?;
    snapshot::finish_push(store)?;
    Ok(Pushed { snapshot, published: true, sent_bytes })
}

/// Publishes a snapshot: whoever lost the lease does not come to it.
pub(crate) fn publish_pointer(
    job: &mut Job<'_>,
    bucket: &Bucket,
    snapshot: &Snapshot,
    log: Option<&mut Log>,
) -> Result<()> {
    if let Some(log) = log {
        log.append(job, &Record::Snapshot(Box::new(snapshot.clone())))?;
    }
    job.wait(pointer::publish(bucket, snapshot))
}

/// Fails if the journal has what the current snapshot does not hold: it would be void.
fn check_journal(job: &mut Job<'_>, bucket: &Bucket, newest: Option<&Snapshot>, lease: &Lease) -> Result<()> {
    let held = newest.and_then(|newest| newest.journal).map_or(0, |position| position.number);
    for number in held + 1..lease.number {
        if let Record::Entries(_) = job.wait(journal::read(bucket, number))?.record {
            let message = format!(
                "{}: its journal has writes that are in no snapshot: open a writer there, and push that",
                bucket.name()
            );
            return Err(Error::new(ErrorKind::Mismatch, message));
        }
    }
    Ok(())
}

/// Finds out what became of a push that somebody did not come back from.
pub(crate) fn recover(job: &mut Job<'_>, bucket: &Bucket, store: &Store) -> Result<()> {
    let Some(text) = snapshot::origin(store)?.begun else { return Ok(()) };
    let Ok(manifest) = serde_json::from_slice::<Manifest>(&text) else { return Ok(()) };
    let published = job.wait(pointer::read(bucket, manifest.version))?;
    match published.is_some_and(|snapshot| snapshot.manifest == sha256(&text)) {
        true => snapshot::finish_push(store),
        false => Ok(()),
    }
}

/// Fails unless the store is made from the current snapshot.
fn check_base(bucket: &Bucket, origin: &Origin, newest: Option<&Snapshot>) -> Result<()> {
    let own = origin.text.as_deref().map(sha256);
    match own.as_ref() == newest.map(|newest| &newest.manifest) {
        true => Ok(()),
        false => {
            let base = origin.manifest.as_ref().map(|manifest| manifest.version);
            Err(pointer::not_newest(bucket, base, newest.map(|newest| newest.version)))
        }
    }
}
