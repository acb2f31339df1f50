//! A store's rows become the current snapshot of a bucket.

use crate::bucket::Bucket;
use crate::job::Job;
use crate::options::{Progress, RemoteOptions};
use crate::pack::sha256;
use crate::pointer::{self, Snapshot};
use crate::upload::{Making, upload};
use serde::Serialize;
use sonic_core::Result;
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
/// `Mismatch` if another snapshot is the current one; `InvalidArgument` for an address that is none; `Unsupported` for one
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
    recover(&mut job, &bucket, store)?;
    let origin = snapshot::origin(store)?;
    let own = origin.manifest.as_ref();
    let newest = job.wait(pointer::newest(&bucket, own.map_or(0, |own| own.version)))?;
    check_base(&bucket, &origin, newest.as_ref())?;
    if let Some(snapshot) = newest.filter(|_| !origin.changed) {
        return Ok(Pushed { snapshot, published: false, sent_bytes: 0 });
    }
    let making = Making { base: own, restores: None, connections: options.connections };
    let uploaded = upload(&mut job, &bucket, store, &making)?;
    snapshot::begin_push(store, &uploaded.written.text, uploaded.transaction)?;
    let snapshot = job.wait(pointer::publish(&bucket, &uploaded.written))?;
    snapshot::finish_push(store)?;
    Ok(Pushed { snapshot, published: true, sent_bytes: uploaded.sent_bytes })
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
