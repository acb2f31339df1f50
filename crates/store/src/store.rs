//! The store's handle: add, remove, list, compact, check.

use crate::check::{self, Problem};
use crate::env::{Table, WriteTxn};
use crate::landmarks::{self, Landmarks};
use crate::recordings::{self, Cursor, Recording, RecordingPage};
use crate::segments;
use crate::shared::Shared;
use crate::{FORMAT_VERSION, meta, pairs};
use sonic_core::{Error, ErrorKind, Fingerprint, Landmark, PipelineId, Result};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// For reading only.
    ReadOnly,
    /// For reading and writing; it must exist.
    ReadWrite,
    /// For reading and writing; created if it does not exist.
    #[default]
    Create,
}

/// Options of [`Store::open`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreOptions {
    /// Reading, writing, creating.
    pub access: Access,
    /// Bytes of address space to reserve at first; the map doubles by itself whenever it is full.
    pub map_size: usize,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { access: Access::default(), map_size: 1 << 30 }
    }
}

/// A recording to add: its row, of which `id`, `source` and `source_hash` matter most, and its fingerprint.
#[derive(Debug, Clone)]
pub struct NewRecording {
    /// The row; duration, frames, landmarks and, if it is 0, `created_at_ms` are filled in by the store.
    pub recording: Recording,
    /// What it is recognised by; the texture is not kept.
    pub fingerprint: Fingerprint,
}

/// What became of a [`NewRecording`].
#[derive(Debug)]
pub enum Added {
    /// It is in the store now.
    New(Box<Recording>),
    /// The same source bytes are in the store already, under this id.
    Duplicate(String),
    /// It was refused; the others were not.
    Refused(Error),
}

/// Counts of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// Number of recordings.
    pub recordings: u64,
    /// Length of all recordings in milliseconds.
    pub duration_ms: u64,
    /// Landmarks of all recordings.
    pub landmarks: u64,
    /// Pairs in the inverted index, those of removed recordings included until the next compaction.
    pub postings: u64,
    /// Bytes of the inverted index.
    pub postings_bytes: u64,
    /// Segments that the inverted index consists of.
    pub segments: u64,
    /// Bytes of the store on disk.
    pub file_bytes: u64,
    /// Version of the store's format.
    pub format_version: u32,
    /// Pipeline of the fingerprints; `None` while there are none.
    pub pipeline: Option<PipelineId>,
}

/// A handle on a store; clones share it, and any number of threads may use it at once.
///
/// It belongs to the process that opened it. In a forked child every call is a `Closed` error; there the directory is
/// to be opened anew, which is safe at any moment, whatever the parent's threads were doing.
#[derive(Clone)]
pub struct Store {
    shared: Arc<RwLock<Option<Arc<Shared>>>>,
    path: PathBuf,
    /// The process that opened it.
    process: u32,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the store in directory `path`.
    ///
    /// # Errors
    /// `NotFound` if there is none and it may not be created; `InvalidArgument` if `path` is a file; `Mismatch` if
    /// its format version is another; `Malformed` if it is damaged; `Io` if the system refuses.
    pub fn open(path: impl AsRef<Path>, options: StoreOptions) -> Result<Self> {
        let shared = Shared::open(path.as_ref(), options)?;
        let path = path.as_ref().to_owned();
        Ok(Self { shared: Arc::new(RwLock::new(Some(shared))), path, process: std::process::id() })
    }

    /// The directory of the store.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn shared(&self) -> Result<Arc<Shared>> {
        // First of all: a thread that the child does not have may have held the lock.
        if self.is_inherited() {
            let message = format!(
                "the store {} was opened before a fork: open it again in this process",
                self.path.display()
            );
            return Err(Error::new(ErrorKind::Closed, message));
        }
        let shared = self.shared.read().unwrap_or_else(PoisonError::into_inner);
        shared.clone().ok_or_else(|| Error::new(ErrorKind::Closed, "the store is closed: open it again"))
    }

    /// True in a child that was forked after the store was opened.
    fn is_inherited(&self) -> bool {
        self.process != std::process::id()
    }

    /// Adds recordings in one transaction and says for each what became of it.
    ///
    /// A recording whose source bytes are in the store is a duplicate; one whose id belongs to other bytes is refused.
    ///
    /// # Errors
    /// `Mismatch` if a fingerprint's pipeline is not the store's; `Io` if another process is writing or the disk is
    /// full. Nothing is added then.
    pub fn add(&self, recordings: Vec<NewRecording>) -> Result<Vec<Added>> {
        let shared = self.shared()?;
        // Done before the transaction, which keeps other writers waiting and may have to run again.
        let prepared: Vec<Result<Prepared>> = recordings.iter().map(Prepared::new).collect();
        let added = shared.write(|txn| {
            let mut batch = Batch::default();
            let each = recordings.iter().zip(&prepared);
            let added =
                each.map(|(new, prepared)| batch.add(txn, new, prepared)).collect::<Result<Vec<_>>>()?;
            batch.write(txn)?;
            Ok(added)
        })?;
        // The recordings are in the store now: if merging fails, the next batch does it.
        let _ = shared.write(|txn| segments::tidy(txn, false));
        Ok(added)
    }

    /// The recording named `id`.
    ///
    /// # Errors
    /// As [`recordings`](Self::recordings).
    pub fn recording(&self, id: &str) -> Result<Option<Recording>> {
        let shared = self.shared()?;
        let env = shared.env()?;
        let txn = env.read()?;
        match recordings::number_of_id(txn.view(), id)? {
            Some(number) => recordings::by_number(txn.view(), number),
            None => Ok(None),
        }
    }

    /// The id of the recording whose source bytes have this hash.
    ///
    /// # Errors
    /// As [`recordings`](Self::recordings).
    pub fn id_of_source(&self, source_hash: &str) -> Result<Option<String>> {
        let shared = self.shared()?;
        let env = shared.env()?;
        let txn = env.read()?;
        match recordings::number_of_source(txn.view(), source_hash)? {
            Some(number) => Ok(recordings::by_number(txn.view(), number)?.map(|r| r.id)),
            None => Ok(None),
        }
    }

    /// Every recording, in the order in which they were added.
    ///
    /// # Errors
    /// `Malformed` if a row is damaged; `Closed` after [`close`](Self::close).
    pub fn recordings(&self) -> Result<Vec<Recording>> {
        let shared = self.shared()?;
        let env = shared.env()?;
        let txn = env.read()?;
        recordings::all(txn.view())?.map(|row| row.map(|(_, r)| r)).collect()
    }

    /// At most `limit` recordings that were added after the place `after`, and the place to go on from.
    ///
    /// Each page is read in a transaction of its own, so that a slow caller keeps nothing from being reused: what is
    /// removed meanwhile is left out, what is added comes at the end, and no recording comes twice.
    ///
    /// # Errors
    /// `InvalidArgument` if `limit` is 0; else as [`recordings`](Self::recordings).
    pub fn recordings_after(&self, after: Cursor, limit: usize) -> Result<RecordingPage> {
        if limit == 0 {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "a page has at least one recording: give a larger limit",
            ));
        }
        let shared = self.shared()?;
        let env = shared.env()?;
        let txn = env.read()?;
        recordings::page(txn.view(), after, limit)
    }

    /// The number of recordings, in the same short time at any size.
    ///
    /// # Errors
    /// As [`recordings`](Self::recordings).
    pub fn count(&self) -> Result<u64> {
        let shared = self.shared()?;
        let env = shared.env()?;
        let txn = env.read()?;
        txn.view().len(Table::Recordings)
    }

    /// The landmarks of the recording named `id`.
    ///
    /// # Errors
    /// `NotFound` if there is no such recording.
    pub fn landmarks(&self, id: &str) -> Result<Vec<Landmark>> {
        let shared = self.shared()?;
        let env = shared.env()?;
        let txn = env.read()?;
        let number = recordings::number_of_id(txn.view(), id)?.ok_or_else(|| not_found(id))?;
        let bytes = txn.view().get(Table::Landmarks, &number.to_be_bytes())?.unwrap_or_default();
        let packed = Landmarks::new(bytes).ok_or_else(|| damaged_landmarks(id))?;
        let mut out = Vec::with_capacity(packed.len() as usize);
        packed.for_each(0..packed.frames(), |l| out.push(l));
        Ok(out)
    }

    /// Removes the recording named `id` and gives its row. It is gone for searches at once; its bytes are reused, and
    /// gone from the file after [`compact`](Self::compact).
    ///
    /// # Errors
    /// `NotFound` if there is no such recording.
    pub fn remove(&self, id: &str) -> Result<Recording> {
        self.shared()?.write(|txn| {
            let number = recordings::number_of_id(txn.view(), id)?.ok_or_else(|| not_found(id))?;
            let row = recordings::by_number(txn.view(), number)?.ok_or_else(|| not_found(id))?;
            recordings::remove(txn, number, &row)?;
            Ok(row)
        })
    }

    /// Counts. Takes time in proportion to the number of recordings.
    ///
    /// # Errors
    /// As [`recordings`](Self::recordings).
    pub fn stats(&self) -> Result<Stats> {
        let shared = self.shared()?;
        let env = shared.env()?;
        let txn = env.read()?;
        let view = txn.view();
        let (mut duration_ms, mut landmarks) = (0, 0);
        for row in recordings::all(view)? {
            let (_, row) = row?;
            duration_ms += row.duration_ms;
            landmarks += u64::from(row.landmarks);
        }
        let segments = segments::descriptions(view)?;
        Ok(Stats {
            recordings: view.len(Table::Recordings)?,
            duration_ms,
            landmarks,
            postings: segments.iter().map(|s| s.postings).sum(),
            postings_bytes: segments::postings_bytes(view)?,
            segments: segments.len() as u64,
            file_bytes: env.file_bytes()?,
            format_version: FORMAT_VERSION,
            pipeline: meta::pipeline(view)?,
        })
    }

    /// Merges the whole index, drops what belongs to removed recordings, and rewrites the file without free space.
    /// Other handles of this process wait; those of other processes turn to the new file by themselves.
    ///
    /// # Errors
    /// `Io` if another process is writing or the disk has no room for the copy; the store is as it was then.
    pub fn compact(&self) -> Result<()> {
        let shared = self.shared()?;
        shared.write(|txn| segments::tidy(txn, true))?;
        shared.compact()
    }

    /// Reads everything once and reports what is wrong; an empty list means the store is sound.
    ///
    /// # Errors
    /// `Io` if the store cannot be read at all.
    pub fn check(&self) -> Result<Vec<Problem>> {
        let shared = self.shared()?;
        let env = shared.env()?;
        let txn = env.read()?;
        check::everything(txn.view())
    }

    /// Closes this handle and all its clones; using one afterwards is a `Closed` error. Closing twice is fine. In a
    /// forked child it does nothing: the handle is the parent's.
    pub fn close(&self) {
        if self.is_inherited() {
            return;
        }
        self.shared.write().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// A recording as it will be written.
struct Prepared {
    landmarks: Vec<u8>,
    /// Hash and frame of every pair.
    pairs: Vec<(u32, u32)>,
}

impl Prepared {
    fn new(new: &NewRecording) -> Result<Self> {
        recordings::check_id(&new.recording.id)?;
        let Fingerprint { landmarks, frames, .. } = &new.fingerprint;
        let packed = landmarks::pack(landmarks, *frames)?;
        let mut pairs = Vec::new();
        pairs::for_index(landmarks, |hash, frame| pairs.push((hash, frame)));
        Ok(Self { landmarks: packed, pairs })
    }
}

/// Recordings of one transaction: rows are written as they come, their pairs as one segment at the end.
#[derive(Default)]
struct Batch<'a> {
    /// Number and frames of each recording.
    recordings: Vec<(u32, u32)>,
    /// The pairs of each, until its place on the line is known.
    pairs: Vec<&'a [(u32, u32)]>,
}

impl<'a> Batch<'a> {
    fn add(
        &mut self,
        txn: &mut WriteTxn<'_>,
        new: &NewRecording,
        prepared: &'a Result<Prepared>,
    ) -> Result<Added> {
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(e) => return Ok(Added::Refused(Error::new(e.kind(), e.message()))),
        };
        let row = &new.recording;
        if let Some(hash) = &row.source_hash
            && let Some(number) = recordings::number_of_source(txn.view(), hash)?
        {
            let id = recordings::by_number(txn.view(), number)?.map(|r| r.id);
            return Ok(Added::Duplicate(id.unwrap_or_default()));
        }
        if let Some(number) = recordings::number_of_id(txn.view(), &row.id)? {
            let other = recordings::by_number(txn.view(), number)?.and_then(|r| r.source);
            let message = format!(
                "the id {:?} belongs to {}, which has other content than {}: give one of them another id",
                row.id,
                source_name(other.as_deref()),
                source_name(row.source.as_deref())
            );
            return Ok(Added::Refused(Error::new(ErrorKind::Mismatch, message)));
        }
        meta::write_pipeline(txn, &new.fingerprint.pipeline)?;
        let row = filled_in(new);
        let number = meta::new_recording_number(txn)?;
        recordings::insert(txn, number, &row, &prepared.landmarks)?;
        self.recordings.push((number, row.frames));
        self.pairs.push(&prepared.pairs);
        Ok(Added::New(Box::new(row)))
    }

    fn write(self, txn: &mut WriteTxn<'_>) -> Result<()> {
        if self.recordings.is_empty() {
            return Ok(());
        }
        let (spans, length) = segments::lay_out(self.recordings);
        let placed = spans.iter().zip(self.pairs).flat_map(|(span, pairs)| {
            pairs.iter().map(|&(hash, frame)| (hash, span.start + u64::from(frame)))
        });
        let mut pairs: Vec<(u32, u64)> = placed.collect();
        pairs.sort_unstable();
        pairs.dedup();
        segments::add(txn, &spans, length, &pairs)
    }
}

fn filled_in(new: &NewRecording) -> Recording {
    let mut row = new.recording.clone();
    row.duration_ms = new.fingerprint.duration_ms;
    row.frames = new.fingerprint.frames;
    row.landmarks = new.fingerprint.landmarks.len() as u32;
    // Absent is `None`, never an empty text.
    row.source = row.source.filter(|source| !source.is_empty());
    row.source_hash = row.source_hash.filter(|hash| !hash.is_empty());
    if row.created_at_ms == 0 {
        row.created_at_ms = meta::now_ms();
    }
    row
}

/// A source as messages name it.
fn source_name(source: Option<&str>) -> String {
    source.map_or_else(|| "a recording of unknown source".to_owned(), |source| format!("{source:?}"))
}

fn not_found(id: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no recording {id:?} in the store"))
}

fn damaged_landmarks(id: &str) -> Error {
    Error::new(ErrorKind::Malformed, format!("the landmarks of {id:?} are damaged: add the recording again"))
}
