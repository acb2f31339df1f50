//! A snapshot from before becomes the current one again.

use crate::bucket::Bucket;
use crate::job::Job;
use crate::journal::Log;
use crate::lease::Lease;
use crate::list;
use crate::options::{Progress, RemoteOptions};
use crate::pack;
use crate::pointer::{self, Snapshot, Written};
use crate::pull::fetch_into;
use crate::push::publish_pointer;
use crate::upload::{Making, chunk_name, most_packed, now_ms, renew, upload};
use sonic_core::{Error, ErrorKind, Result};
use sonic_store::snapshot::{FORGET_TABLES, JournalPosition, Manifest, forget_again};
use sonic_store::{Store, StoreOptions};
use std::ops::ControlFlow;

/// Makes a snapshot from before the current one of the bucket at `url` again: number `to`, or the one before the current. It is
/// published under a new number; what the journal of the bucket has since is void. Whom the store has forgotten since is forgotten in it first, which takes as much room in
/// the folder for temporary files as the store.
///
/// # Errors
/// `NotFound` if there is no such snapshot any more; `Busy` if an instance writes to the bucket; `Mismatch` if another was published meanwhile; else as
/// [`push`](crate::push). Nothing is published then.
pub fn rollback(
    url: &str,
    options: &RemoteOptions,
    to: Option<u64>,
    mut progress: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Snapshot> {
    let bucket = Bucket::open(url, options)?;
    bucket.check_writable()?;
    let mut job = Job::new(options.connections, &mut progress)?;
    let lease = Lease::to_publish(&mut job, &bucket)?;
    let snapshot = roll_back(&mut job, &bucket, options, to, lease.as_ref());
    lease.into_iter().for_each(|lease| lease.release(&mut job));
    let snapshot = snapshot?;
    job.complete()?;
    Ok(snapshot)
}

fn roll_back(
    job: &mut Job<'_>,
    bucket: &Bucket,
    options: &RemoteOptions,
    to: Option<u64>,
    lease: Option<&Lease>,
) -> Result<Snapshot> {
    let newest = job.wait(pointer::newest(bucket, 0))?;
    let newest = newest.ok_or_else(|| none_before(bucket, to))?;
    let all = list::all(job, bucket, newest.clone())?;
    let wanted = to.unwrap_or(newest.version.saturating_sub(1));
    let target = all.iter().skip(1).find(|snapshot| snapshot.version == wanted);
    let target = target.ok_or_else(|| none_before(bucket, to))?;
    let current = job.wait(pointer::manifest(bucket, &newest))?;
    let before = job.wait(pointer::manifest(bucket, target))?;
    let position = lease.map(Lease::position);
    let written = match before.manifest.forget_epoch < current.manifest.forget_epoch {
        true => without_forgotten(job, bucket, &before, &current.manifest, options, position)?,
        false => again(job, bucket, &before.manifest, &current.manifest, position)?,
    };
    let snapshot = Snapshot::of(&written.manifest, written.hash);
    let mut log = lease.map(|lease| Log::new(bucket, lease.number));
    publish_pointer(job, bucket, &snapshot, log.as_mut())?;
    Ok(snapshot)
}

fn none_before(bucket: &Bucket, to: Option<u64>) -> Error {
    let which = to.map_or("no snapshot before the current one".to_owned(), |to| {
        format!("no snapshot {to} before the current one")
    });
    Error::new(
        ErrorKind::NotFound,
        format!("{} has {which}: `sonic snapshot list` tells which there are", bucket.name()),
    )
}

/// The same chunks under a new number.
fn again(
    job: &mut Job<'_>,
    bucket: &Bucket,
    before: &Manifest,
    current: &Manifest,
    position: Option<JournalPosition>,
) -> Result<Written> {
    let sequence = before.journal.and_then(|journal| journal.sequence);
    renew(job, bucket, before, Some(current))?;
    let manifest = Manifest {
        version: current.version + 1,
        base: Some(current.version),
        restores: Some(before.version),
        created_at_ms: now_ms(),
        journal: position.map(|position| JournalPosition { sequence, ..position }),
        ..before.clone()
    };
    let written = Written::new(manifest)?;
    job.wait(pointer::write_manifest(bucket, &written))?;
    Ok(written)
}

/// A store of the snapshot, without those whom the current one has forgotten.
fn without_forgotten(
    job: &mut Job<'_>,
    bucket: &Bucket,
    before: &Written,
    current: &Manifest,
    options: &RemoteOptions,
    journal: Option<JournalPosition>,
) -> Result<Written> {
    let folder = tempfile::Builder::new().prefix("sonic-rollback-").tempdir();
    let folder = folder.map_err(|e| Error::io("cannot make a temporary folder", e))?;
    fetch_into(job, bucket, before, folder.path(), options.connections)?;
    let mut chunks = Vec::new();
    for table in current.tables.iter().filter(|table| FORGET_TABLES.contains(&table.name.as_str())) {
        for chunk in &table.chunks {
            let name = chunk_name(&chunk.sha256);
            let packed = job.wait(bucket.get(&name, most_packed(chunk.bytes)))?;
            let missing =
                || Error::new(ErrorKind::Malformed, format!("{}: {name} is missing", bucket.name()));
            let bytes = pack::unpack(&packed.ok_or_else(missing)?, &chunk.sha256, chunk.bytes)?;
            chunks.push((table.name.clone(), bytes));
        }
    }
    let store = Store::open(folder.path(), StoreOptions::default())?;
    forget_again(&store, &chunks)?;
    let restores = Some(before.manifest.version);
    let making = Making { base: Some(current), restores, connections: options.connections, journal };
    let uploaded = upload(job, bucket, &store, &making);
    store.close();
    uploaded.map(|uploaded| uploaded.written)
}
