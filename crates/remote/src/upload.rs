//! A store's rows on their way into a bucket.

use crate::bucket::{Bucket, Listed};
use crate::job::Job;
use crate::list::ended;
use crate::pack;
use crate::pointer::{self, Written};
use sonic_core::{Error, ErrorKind, Result};
use sonic_store::Store;
use sonic_store::snapshot::{
    self, Chunk, Exported, JournalPosition, MANIFEST_FORMAT, Manifest, Summary, TableChunks,
};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::task::JoinHandle;

pub(crate) const CHUNKS: &str = "chunks";
/// What is younger than this is not removed by a prune with the usual grace before a push that finds it has ended.
pub(crate) const YOUNG: Duration = Duration::from_secs(30 * 60);

pub(crate) fn chunk_name(sha256: &str) -> String {
    format!("{CHUNKS}/{sha256}")
}

/// What the bucket has already.
pub(crate) struct Known {
    /// Chunks of the current snapshot by name, with their compressed sizes: nobody removes them while it is current.
    base: HashMap<String, u64>,
    /// Others, that were written lately.
    young: HashMap<String, u64>,
}

impl Known {
    pub(crate) async fn find(bucket: &Bucket, base: Option<&Manifest>) -> Result<Self> {
        let chunks = base.into_iter().flat_map(Manifest::chunks);
        let base = chunks.map(|chunk| (chunk.sha256.clone(), chunk.packed_bytes)).collect();
        let (now, listed) = (bucket.now().await?, bucket.list(CHUNKS).await?);
        let young = listed.into_iter().filter(|(_, listed)| is_young(listed, now));
        Ok(Self { base, young: young.map(|(name, listed)| (name, listed.bytes)).collect() })
    }

    fn packed_bytes(&self, sha256: &str) -> Option<u64> {
        self.base.get(sha256).or_else(|| self.young.get(sha256)).copied()
    }
}

/// True unless it was written long ago, by the clock of the bucket.
pub(crate) fn is_young(listed: &Listed, now: SystemTime) -> bool {
    now.duration_since(listed.written).map_or(true, |age| age < YOUNG)
}

/// What became of a chunk.
struct Sent {
    table: &'static str,
    chunk: Chunk,
    sent_bytes: u64,
}

/// Chunks on their way, in order.
struct Upload<'u, 'p> {
    bucket: &'u Bucket,
    job: &'u mut Job<'p>,
    known: Arc<Known>,
    most: usize,
    under_way: VecDeque<JoinHandle<Result<Sent>>>,
    done: Vec<(&'static str, Chunk)>,
    sent_bytes: u64,
}

/// What a snapshot is made of, and from.
pub(crate) struct Making<'m> {
    pub(crate) base: Option<&'m Manifest>,
    pub(crate) restores: Option<u64>,
    pub(crate) connections: usize,
    /// What it holds of the bucket's journal, if that has one; how far the store is, is found out.
    pub(crate) journal: Option<JournalPosition>,
}

/// A snapshot that is in the bucket as a whole, but not published.
pub(crate) struct Uploaded {
    pub(crate) written: Written,
    pub(crate) transaction: u64,
    pub(crate) sent_bytes: u64,
}

/// Sends what the bucket lacks of a store, and the manifest.
pub(crate) fn upload(
    job: &mut Job<'_>,
    bucket: &Bucket,
    store: &Store,
    making: &Making<'_>,
) -> Result<Uploaded> {
    let begin = Instant::now();
    let known = Arc::new(job.wait(Known::find(bucket, making.base))?);
    let (under_way, done, most) = (VecDeque::new(), Vec::new(), making.connections);
    let mut upload = Upload { bucket, job, known, most, under_way, done, sent_bytes: 0 };
    let before = making.base.map(|manifest| manifest.chunk_bytes);
    let summary = snapshot::export(store, before, |chunk| upload.send(chunk))?;
    upload.wait_for_all()?;
    let (done, sent_bytes) = (upload.done, upload.sent_bytes);
    let transaction = summary.transaction;
    let written = Written::new(manifest(summary, done, making))?;
    if begin.elapsed() > YOUNG / 2 {
        renew(job, bucket, &written.manifest, making.base)?;
    }
    let sent_bytes = sent_bytes + job.wait(pointer::write_manifest(bucket, &written))?;
    Ok(Uploaded { written, transaction, sent_bytes })
}

impl Upload<'_, '_> {
    fn send(&mut self, exported: Exported) -> Result<()> {
        self.job.expect(exported.total_bytes);
        while self.under_way.len() >= self.most {
            self.wait_for_first()?;
        }
        let (bucket, known) = (self.bucket.clone(), self.known.clone());
        self.under_way.push_back(self.job.handle().spawn(send(bucket, known, exported)));
        Ok(())
    }

    fn wait_for_first(&mut self) -> Result<()> {
        let Some(first) = self.under_way.pop_front() else { return Ok(()) };
        let sent = self.job.wait(async { first.await.map_err(ended)? })?;
        self.job.advance(sent.chunk.bytes)?;
        self.sent_bytes += sent.sent_bytes;
        self.done.push((sent.table, sent.chunk));
        Ok(())
    }

    fn wait_for_all(&mut self) -> Result<()> {
        while !self.under_way.is_empty() {
            self.wait_for_first()?;
        }
        self.job.complete()
    }
}

/// Sends a chunk, unless the bucket has it.
async fn send(bucket: Bucket, known: Arc<Known>, exported: Exported) -> Result<Sent> {
    let Exported { table, bytes, rows, .. } = exported;
    let (length, of_known) = (bytes.len() as u64, known.clone());
    let work = move || {
        let sha256 = pack::sha256(&bytes);
        let packed = match of_known.packed_bytes(&sha256) {
            Some(_) => None,
            None => Some(pack::pack(&bytes)?),
        };
        Ok::<_, Error>((sha256, packed))
    };
    let (sha256, packed) = tokio::task::spawn_blocking(work).await.map_err(ended)??;
    let sent_bytes = packed.as_ref().map_or(0, |packed| packed.len() as u64);
    let packed_bytes = known.packed_bytes(&sha256).unwrap_or(sent_bytes);
    if let Some(packed) = packed {
        bucket.put(&chunk_name(&sha256), packed).await?;
    }
    Ok(Sent { table, chunk: Chunk { sha256, bytes: length, packed_bytes, rows }, sent_bytes })
}

fn manifest(summary: Summary, chunks: Vec<(&'static str, Chunk)>, making: &Making<'_>) -> Manifest {
    let table = |name: &str| TableChunks { name: name.to_owned(), chunks: Vec::new() };
    let mut tables: Vec<TableChunks> = summary.tables.iter().map(|name| table(name)).collect();
    for (name, chunk) in chunks {
        tables
            .iter_mut()
            .filter(|table| table.name == name)
            .for_each(|table| table.chunks.push(chunk.clone()));
    }
    Manifest {
        format: MANIFEST_FORMAT,
        version: making.base.map_or(0, |base| base.version) + 1,
        base: making.base.map(|base| base.version),
        restores: making.restores,
        created_at_ms: now_ms(),
        store_format: summary.store_format,
        forget_epoch: summary.forget_epoch,
        pipelines: summary.pipelines,
        chunk_bytes: summary.chunk_bytes,
        tables,
        journal: making.journal.map(|position| JournalPosition { sequence: summary.sequence, ..position }),
    }
}

/// Milliseconds since 1970 UTC by this machine's clock.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as u64)
}

/// Makes sure that chunks which the current snapshot does not have are there and young: a prune may be looking at them.
///
/// # Errors
/// `NotFound` if one was removed; `Malformed` if one is damaged.
pub(crate) fn renew(
    job: &mut Job<'_>,
    bucket: &Bucket,
    manifest: &Manifest,
    base: Option<&Manifest>,
) -> Result<()> {
    let held: BTreeSet<&str> =
        base.into_iter().flat_map(Manifest::chunks).map(|chunk| chunk.sha256.as_str()).collect();
    let (now, listed) = job.wait(async { Ok((bucket.now().await?, bucket.list(CHUNKS).await?)) })?;
    for chunk in manifest.chunks().filter(|chunk| !held.contains(chunk.sha256.as_str())) {
        match listed.get(&chunk.sha256) {
            Some(listed) if is_young(listed, now) => {}
            _ => job.wait(write_again(bucket, chunk))?,
        }
        job.advance(0)?;
    }
    Ok(())
}

async fn write_again(bucket: &Bucket, chunk: &Chunk) -> Result<()> {
    let name = chunk_name(&chunk.sha256);
    let missing =
        || Error::new(ErrorKind::NotFound, format!("{}: {name} was removed: try again", bucket.name()));
    let packed = bucket.get(&name, most_packed(chunk.bytes)).await?.ok_or_else(missing)?;
    pack::unpack(&packed, &chunk.sha256, chunk.bytes)?;
    bucket.put(&name, packed).await
}

/// Most bytes that a chunk of so many bytes has when compressed.
pub(crate) fn most_packed(bytes: u64) -> u64 {
    bytes.saturating_add(bytes / 128).saturating_add(1 << 10)
}
