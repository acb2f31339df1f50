//! Pointers: numbered, created if absent, never changed. The one with the largest number names the current snapshot.

use crate::bucket::Bucket;
use crate::pack;
use serde::{Deserialize, Serialize};
use sonic_core::{Error, ErrorKind, Result};
use sonic_store::snapshot::{JournalPosition, Manifest};
use std::time::SystemTime;

/// Most bytes of a pointer, and of a manifest before and after it was compressed.
const MAX_POINTER: u64 = 1 << 16;
const MAX_MANIFEST: u64 = 1 << 28;
pub(crate) const MANIFESTS: &str = "manifests";

/// A snapshot in a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// Its number, from 1 on; the largest is current.
    pub version: u64,
    /// Number of the snapshot that it was made on the base of; `None` of the first.
    pub base: Option<u64>,
    /// Number of the snapshot that it brings back; `None` unless it is a rollback.
    pub restores: Option<u64>,
    /// When it was made: milliseconds since 1970 UTC by the clock of its maker.
    pub created_at_ms: u64,
    /// Version of the store's format.
    pub store_format: u32,
    /// How often somebody was forgotten in the store so far.
    pub forget_epoch: u64,
    /// Rows of all tables.
    pub rows: u64,
    /// Bytes of its chunks.
    pub bytes: u64,
    /// Bytes of its chunks as they are in the bucket.
    pub packed_bytes: u64,
    /// SHA-256 of its manifest.
    pub manifest: String,
    /// What it holds of the bucket's journal; `None` if the bucket had no writer yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<JournalPosition>,
}

/// A pointer as it is in the bucket.
#[derive(Serialize, Deserialize)]
struct Pointer {
    /// Whoever lost the answer knows by it that the pointer is their own.
    nonce: String,
    #[serde(flatten)]
    snapshot: Snapshot,
}

impl Snapshot {
    pub(crate) fn of(manifest: &Manifest, hash: String) -> Self {
        Self {
            version: manifest.version,
            base: manifest.base,
            restores: manifest.restores,
            created_at_ms: manifest.created_at_ms,
            store_format: manifest.store_format,
            forget_epoch: manifest.forget_epoch,
            rows: manifest.rows(),
            bytes: manifest.bytes(),
            packed_bytes: manifest.packed_bytes(),
            manifest: hash,
            journal: manifest.journal,
        }
    }
}

/// A manifest with its text, which its hash is of.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) manifest: Manifest,
    pub(crate) text: Vec<u8>,
    pub(crate) hash: String,
}

impl Written {
    pub(crate) fn new(manifest: Manifest) -> Result<Self> {
        let fail = |e| Error::new(ErrorKind::Internal, "cannot write a manifest as JSON").with_source(e);
        let text = serde_json::to_vec(&manifest).map_err(fail)?;
        let hash = pack::sha256(&text);
        Ok(Self { manifest, text, hash })
    }
}

fn pointer_name(version: u64) -> String {
    format!("pointers/{version:06}.json")
}

fn manifest_name(hash: &str) -> String {
    format!("{MANIFESTS}/{hash}")
}

/// The current snapshot; `None` if there is none. `known` is a number that may be there, or 0.
pub(crate) async fn newest(bucket: &Bucket, known: u64) -> Result<Option<Snapshot>> {
    let is_known = known > 0 && bucket.contains(&pointer_name(known)).await?;
    let low = bucket.last_number(if is_known { known } else { 0 }, pointer_name).await?;
    if low == 0 { Ok(None) } else { read(bucket, low).await }
}

/// How often what comes damaged is read.
const TRIES: usize = 3;

/// The snapshot of a number, whether its chunks are still there or not.
pub(crate) async fn read(bucket: &Bucket, version: u64) -> Result<Option<Snapshot>> {
    for _ in 1..TRIES {
        match try_read(bucket, version).await {
            // It may have been damaged on its way.
            Err(e) if e.kind() == ErrorKind::Malformed => {}
            done => return done,
        }
    }
    try_read(bucket, version).await
}

async fn try_read(bucket: &Bucket, version: u64) -> Result<Option<Snapshot>> {
    let name = pointer_name(version);
    let Some(bytes) = bucket.get(&name, MAX_POINTER).await? else { return Ok(None) };
    let damaged = |e| {
        let message = format!("{}: {name} is damaged: push the store again", bucket.name());
        Error::new(ErrorKind::Malformed, message).with_source(e)
    };
    let pointer: Pointer = serde_json::from_slice(&bytes).map_err(damaged)?;
    match pointer.snapshot.version == version {
        true => Ok(Some(pointer.snapshot)),
        false => {
            let message =
                format!("{}: {name} is that of snapshot {}", bucket.name(), pointer.snapshot.version);
            Err(Error::new(ErrorKind::Malformed, message))
        }
    }
}

/// When a snapshot was published, by the clock of the bucket.
pub(crate) async fn published(bucket: &Bucket, snapshot: &Snapshot) -> Result<SystemTime> {
    let name = pointer_name(snapshot.version);
    let missing = || Error::new(ErrorKind::Malformed, format!("{}: {name} is missing", bucket.name()));
    Ok(bucket.look(&name).await?.ok_or_else(missing)?.written)
}

/// True if the snapshot was not removed.
pub(crate) async fn is_there(bucket: &Bucket, snapshot: &Snapshot) -> Result<bool> {
    bucket.contains(&manifest_name(&snapshot.manifest)).await
}

/// The manifest of a snapshot.
///
/// # Errors
/// `NotFound` if the snapshot was removed; `Malformed` if the manifest is not what the pointer names.
pub(crate) async fn manifest(bucket: &Bucket, snapshot: &Snapshot) -> Result<Written> {
    for _ in 1..TRIES {
        match try_manifest(bucket, snapshot).await {
            Err(e) if e.kind() == ErrorKind::Malformed => {}
            done => return done,
        }
    }
    try_manifest(bucket, snapshot).await
}

async fn try_manifest(bucket: &Bucket, snapshot: &Snapshot) -> Result<Written> {
    let name = manifest_name(&snapshot.manifest);
    let packed = bucket.get(&name, MAX_MANIFEST).await?.ok_or_else(|| {
        let message = format!("{}: snapshot {} is not there any more", bucket.name(), snapshot.version);
        Error::new(ErrorKind::NotFound, message)
    })?;
    let text = pack::unpack(&packed, &snapshot.manifest, MAX_MANIFEST)?;
    let damaged = |e| {
        let message = format!("{}: {name} is no manifest: push the store again", bucket.name());
        Error::new(ErrorKind::Malformed, message).with_source(e)
    };
    let manifest: Manifest = serde_json::from_slice(&text).map_err(damaged)?;
    manifest.check()?;
    if manifest.version != snapshot.version || manifest.forget_epoch != snapshot.forget_epoch {
        let message = format!("{}: {name} is not that of snapshot {}", bucket.name(), snapshot.version);
        return Err(Error::new(ErrorKind::Malformed, message));
    }
    Ok(Written { manifest, text, hash: snapshot.manifest.clone() })
}

/// Writes the manifest, so that it can be published; gives the bytes that were sent.
pub(crate) async fn write_manifest(bucket: &Bucket, written: &Written) -> Result<u64> {
    let packed = pack::pack(&written.text)?;
    let bytes = packed.len() as u64;
    bucket.put(&manifest_name(&written.hash), packed).await?;
    Ok(bytes)
}

/// Makes a snapshot, all of which is in the bucket, the current one.
///
/// # Errors
/// `Mismatch` if another was published first.
pub(crate) async fn publish(bucket: &Bucket, snapshot: &Snapshot) -> Result<()> {
    match create(bucket, snapshot).await? {
        true => Ok(()),
        false => Err(not_newest(bucket, snapshot.base, Some(snapshot.version))),
    }
}

/// Creates the pointer of a snapshot; false if there is another of its number.
pub(crate) async fn create(bucket: &Bucket, snapshot: &Snapshot) -> Result<bool> {
    let pointer = Pointer { nonce: crate::bucket::nonce(), snapshot: snapshot.clone() };
    let fail = |e| Error::new(ErrorKind::Internal, "cannot write a pointer as JSON").with_source(e);
    let bytes = serde_json::to_vec(&pointer).map_err(fail)?;
    bucket.create(&pointer_name(snapshot.version), &bytes).await
}

/// Whoever did not begin with the current snapshot would undo what came between.
pub(crate) fn not_newest(bucket: &Bucket, base: Option<u64>, newest: Option<u64>) -> Error {
    let number = |version: Option<u64>| version.map_or("none".to_owned(), |version| version.to_string());
    let message = format!(
        "{}: the current snapshot is {}, and this was made from {}: pull it into another directory, and do there what \
         was to be added",
        bucket.name(),
        number(newest),
        number(base)
    );
    Error::new(ErrorKind::Mismatch, message)
}
