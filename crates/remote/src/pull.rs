//! A snapshot becomes the store in a directory.

use crate::bucket::Bucket;
use crate::job::Job;
use crate::list::ended;
use crate::options::{Progress, RemoteOptions};
use crate::pack::{self, sha256};
use crate::pointer::{self, Snapshot, Written};
use crate::push::recover;
use crate::upload::{chunk_name, most_packed};
use serde::Serialize;
use sonic_core::{Error, ErrorKind, Result};
use sonic_store::snapshot::{self, Chunk, LocalChunks, Origin, Receiver, Wanted};
use sonic_store::{Access, Store, StoreOptions};
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// Chunks that have come are written when they have so many bytes, or when the next is not there yet.
const BATCH: usize = 1 << 24;
/// How often a chunk that comes damaged is fetched.
const TRIES: usize = 3;

/// What pulling came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Pulled {
    /// The snapshot that the store is now.
    pub snapshot: Snapshot,
    /// False if the store was that snapshot already.
    pub changed: bool,
    /// Bytes that were received.
    pub received_bytes: u64,
}

/// Makes the store in `directory`, which is made if it does not exist, the current snapshot of the bucket at `url`.
///
/// Chunks that the store has already need not come. They are put together beside the store, checked and synced, and take its
/// place in one step, which is not noticed by those who read. What had come when it ends early is kept: the next pull goes
/// on behind it.
///
/// # Errors
/// `NotFound` if there is no snapshot; `Mismatch` if the store has changes that are in no snapshot, has forgotten somebody whom
/// the snapshot has, or the snapshot is of another format; `Malformed` if a chunk is damaged or missing; `InvalidArgument` for
/// an address that is none; `Io` if the bucket cannot be reached or the disk has no room; `Closed` if `progress` says so. The
/// store is as it was then.
pub fn pull(
    directory: &Path,
    url: &str,
    options: &RemoteOptions,
    mut progress: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Pulled> {
    let access = StoreOptions { access: Access::ReadWrite, ..StoreOptions::default() };
    let store = match Store::open(directory, access) {
        Ok(store) => Some(store),
        Err(e) if e.kind() == ErrorKind::NotFound => None,
        Err(e) => return Err(e),
    };
    let pulled = run(directory, store.as_ref(), url, options, &mut progress);
    store.iter().for_each(Store::close);
    pulled
}

/// As [`pull`], for a store that is open: its handles turn to the snapshot with their next call.
///
/// # Errors
/// As [`pull`].
pub fn pull_into(
    store: &Store,
    url: &str,
    options: &RemoteOptions,
    mut progress: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Pulled> {
    run(store.path(), Some(store), url, options, &mut progress)
}

fn run(
    directory: &Path,
    store: Option<&Store>,
    url: &str,
    options: &RemoteOptions,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Pulled> {
    let bucket = Bucket::open(url, options)?;
    let mut job = Job::new(options.connections, progress)?;
    let pulled = bring(&mut job, &bucket, directory, store, Changes::Keep, options.connections)?;
    job.complete()?;
    Ok(pulled)
}

/// What becomes of changes that are in no snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changes {
    /// Nothing is pulled then.
    Keep,
    /// They were never acknowledged.
    Discard,
}

/// Makes the store in a directory the current snapshot.
pub(crate) fn bring(
    job: &mut Job<'_>,
    bucket: &Bucket,
    directory: &Path,
    store: Option<&Store>,
    changes: Changes,
    connections: usize,
) -> Result<Pulled> {
    let origin = match store {
        Some(store) => {
            recover(job, bucket, store)?;
            snapshot::origin(store)?
        }
        None => Origin::default(),
    };
    let known = origin.manifest.as_ref().map_or(0, |own| own.version);
    let newest = job.wait(pointer::newest(bucket, known))?.ok_or_else(|| no_snapshot(bucket))?;
    if origin.text.as_deref().map(sha256).is_some_and(|own| own == newest.manifest) && !origin.changed {
        return Ok(Pulled { snapshot: newest, changed: false, received_bytes: 0 });
    }
    check(&origin, &newest, changes)?;
    let written = job.wait(pointer::manifest(bucket, &newest))?;
    let local = match (store, &origin.manifest) {
        (Some(store), Some(own)) => Some(Arc::new(LocalChunks::find(store, own)?)),
        _ => None,
    };
    let mut fetch = Fetch { bucket, job, written: &written, local };
    let (receiver, received_bytes) = fetch.receive(directory, connections)?;
    match changes {
        Changes::Keep => receiver.finish(store, &written.text)?,
        Changes::Discard => receiver.finish_discarding(store, &written.text)?,
    }
    Ok(Pulled { snapshot: newest, changed: true, received_bytes })
}

/// Makes a store of a snapshot in an empty directory.
pub(crate) fn fetch_into(
    job: &mut Job<'_>,
    bucket: &Bucket,
    written: &Written,
    directory: &Path,
    connections: usize,
) -> Result<()> {
    let (receiver, _) = Fetch { bucket, job, written, local: None }.receive(directory, connections)?;
    receiver.finish(None, &written.text)
}

fn no_snapshot(bucket: &Bucket) -> Error {
    Error::new(ErrorKind::NotFound, format!("{} has no snapshot: push a store first", bucket.name()))
}

/// Fails if the snapshot must not take the place of the store.
fn check(origin: &Origin, newest: &Snapshot, changes: Changes) -> Result<()> {
    let own = origin.manifest.as_ref().map_or(0, |own| own.forget_epoch);
    if own > newest.forget_epoch {
        let message = format!(
            "the store has forgotten somebody {own} times, and snapshot {} only {}: it would bring them back",
            newest.version, newest.forget_epoch
        );
        return Err(Error::new(ErrorKind::Mismatch, message));
    }
    if changes == Changes::Keep { origin.check_unchanged() } else { Ok(()) }
}

/// Chunks on their way here.
struct Fetch<'f, 'p> {
    bucket: &'f Bucket,
    job: &'f mut Job<'p>,
    written: &'f Written,
    local: Option<Arc<LocalChunks>>,
}

/// A chunk that came, and the bytes that were received for it.
type Came = (Vec<u8>, u64);

impl Fetch<'_, '_> {
    /// Fetches what has not come yet.
    fn receive(&mut self, directory: &Path, connections: usize) -> Result<(Receiver, u64)> {
        let manifest = &self.written.manifest;
        let receiver = Receiver::open(directory, manifest, &self.written.hash)?;
        let wanted = receiver.wanted();
        let chunk = |wanted: &Wanted| &manifest.tables[wanted.table].chunks[wanted.chunk];
        let missing: u64 = wanted.iter().map(|wanted| chunk(wanted).bytes).sum();
        self.job.expect(manifest.bytes());
        self.job.advance(manifest.bytes().saturating_sub(missing))?;
        let mut next = wanted.iter();
        let (mut under_way, mut batch, mut size) = (VecDeque::new(), Vec::new(), 0);
        let mut received = 0;
        loop {
            while under_way.len() < connections {
                let Some(wanted) = next.next() else { break };
                under_way.push_back((*wanted, self.begin(chunk(wanted))?));
            }
            let Some((wanted, task)) = under_way.pop_front() else { break };
            let (bytes, came) = self.job.wait(async { task.await.map_err(ended)? })?;
            (received, size) = (received + came, size + bytes.len());
            batch.push((wanted, bytes));
            let waits = under_way.front().is_none_or(|(_, task): &(_, JoinHandle<_>)| !task.is_finished());
            if waits || size >= BATCH {
                receiver.append(&batch)?;
                self.job.advance(size as u64)?;
                batch.clear();
                size = 0;
            }
        }
        Ok((receiver, received))
    }

    fn begin(&self, chunk: &Chunk) -> Result<JoinHandle<Result<Came>>> {
        let (bucket, chunk, local) = (self.bucket.clone(), chunk.clone(), self.local.clone());
        Ok(self.job.handle().spawn(fetch(bucket, chunk, local)))
    }
}

/// A chunk, from the store here or from the bucket.
async fn fetch(bucket: Bucket, chunk: Chunk, local: Option<Arc<LocalChunks>>) -> Result<Came> {
    if let Some(bytes) = own(&chunk, local).await? {
        return Ok((bytes, 0));
    }
    let name = chunk_name(&chunk.sha256);
    let mut received = 0;
    for attempt in 1.. {
        let packed =
            bucket.get(&name, most_packed(chunk.bytes)).await?.ok_or_else(|| missing(&bucket, &name))?;
        received += packed.len() as u64;
        let (sha256, most) = (chunk.sha256.clone(), chunk.bytes);
        let work = move || pack::unpack(&packed, &sha256, most);
        match tokio::task::spawn_blocking(work).await.map_err(ended)? {
            // It may have been damaged on its way.
            Err(_) if attempt < TRIES => {}
            unpacked => return Ok((unpacked.map_err(|e| e.context(bucket.name()))?, received)),
        }
    }
    Err(missing(&bucket, &name))
}

/// The chunk if the store here has its rows.
async fn own(chunk: &Chunk, local: Option<Arc<LocalChunks>>) -> Result<Option<Vec<u8>>> {
    let Some(local) = local.filter(|local| local.contains(&chunk.sha256)) else { return Ok(None) };
    let name = chunk.sha256.clone();
    let work = move || Ok(local.read(&name)?.filter(|bytes| sha256(bytes) == name));
    tokio::task::spawn_blocking(work).await.map_err(ended)?
}

fn missing(bucket: &Bucket, name: &str) -> Error {
    let message = format!("{}: {name} of the snapshot is missing: push the store again", bucket.name());
    Error::new(ErrorKind::Malformed, message)
}
