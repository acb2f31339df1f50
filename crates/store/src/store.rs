//! The store's handle: open, read, write, count, compact, close. Views build on it; it knows none of them.

use crate::env::{Change, Table, View, WriteTxn, is_taken};
use crate::imported;
use crate::meta::{self, FORMAT_VERSION};
use crate::options::{Access, StoreOptions};
use crate::recordings::row;
use crate::segments;
use crate::shared::Shared;
use crate::snapshot;
use serde::Serialize;
use sonic_core::{Error, ErrorKind, PipelineId, Result, trace_span};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// How long a write waits that waits for those of other processes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Counts of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
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
    /// Number of the snapshot that the store was pulled or pushed as last; `None` if it never was.
    pub snapshot: Option<u64>,
    /// Why the store cannot follow its snapshots just now, and what it has is older than the newest; `None` if it can, or
    /// nobody in this process follows.
    pub follow_error: Option<String>,
}

/// A handle on a store; clones share it, and any number of threads may use it at once.
///
/// It belongs to the process that opened it. In a forked child every call is a `Closed` error; there the directory is
/// to be opened anew, which is safe at any moment, whatever the parent's threads were doing.
#[derive(Clone)]
pub struct Store {
    shared: Arc<RwLock<Option<Arc<Shared>>>>,
    path: PathBuf,
    /// What this handle and its clones may do, whatever others of this process may.
    access: Access,
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
        let (access, process) = (options.access, std::process::id());
        Ok(Self { shared: Arc::new(RwLock::new(Some(shared))), path, access, process })
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

    /// Fails if the store cannot be used: what many calls would report is found out once.
    ///
    /// # Errors
    /// `Closed` after [`close`](Self::close) and in a forked child; `Io` or `Malformed` if the file cannot be read.
    pub fn check_open(&self) -> Result<()> {
        self.read(|_| Ok(()))
    }

    /// Runs `work` in one read transaction.
    pub(crate) fn read<T>(&self, work: impl FnOnce(View<'_>) -> Result<T>) -> Result<T> {
        let shared = self.shared()?;
        let env = shared.env()?;
        let txn = env.read()?;
        work(txn.view())
    }

    /// As [`read`](Self::read), for whoever looks for what resembles something.
    pub(crate) fn search<T>(&self, work: impl FnOnce(View<'_>) -> Result<T>) -> Result<T> {
        trace_span!("search").time(|| self.read(work))
    }

    /// Runs `work` in one write transaction, perhaps several times, and commits it.
    pub(crate) fn write<T>(&self, work: impl FnMut(&mut WriteTxn<'_>) -> Result<T>) -> Result<T> {
        self.writable()?.write(Change::Addition, work)
    }

    /// As [`write`](Self::write), of many processes that write often: waits while another does.
    pub(crate) fn write_when_free<T>(
        &self,
        mut work: impl FnMut(&mut WriteTxn<'_>) -> Result<T>,
    ) -> Result<T> {
        let shared = self.writable()?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match shared.write(Change::Addition, &mut work) {
                Err(error) if is_taken(&error) && Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                done => return done,
            }
        }
    }

    /// As [`write`](Self::write), for work that removes something: there is room for it on a full disk.
    pub(crate) fn remove<T>(&self, work: impl FnMut(&mut WriteTxn<'_>) -> Result<T>) -> Result<T> {
        self.writable()?.write(Change::Removal, work)
    }

    /// As [`shared`](Self::shared), for those who write.
    pub(crate) fn writable(&self) -> Result<Arc<Shared>> {
        let shared = self.shared()?;
        match self.access {
            Access::ReadOnly => {
                let message = format!("the store {} is open read-only", self.path.display());
                Err(Error::new(ErrorKind::InvalidArgument, message))
            }
            Access::ReadWrite | Access::Create => Ok(shared),
        }
    }

    /// Counts. Takes time in proportion to the number of recordings.
    ///
    /// # Errors
    /// `Malformed` if a row is damaged; `Closed` after [`close`](Self::close).
    pub fn stats(&self) -> Result<Stats> {
        let shared = self.shared()?;
        let env = shared.env()?;
        let txn = env.read()?;
        let view = txn.view();
        let (mut duration_ms, mut landmarks) = (0, 0);
        for row in row::all(view)? {
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
            snapshot: snapshot::number(&env),
            follow_error: shared.trouble().clone(),
        })
    }

    /// Merges the whole index, drops what belongs to removed recordings, imported ones too, and rewrites the file without free space.
    /// Readers go on meanwhile, and turn to the new file with their next call; writers of this process wait.
    ///
    /// # Errors
    /// `Io` if another process is writing or the disk has no room for the copy; the store is as it was then.
    pub fn compact(&self) -> Result<()> {
        let shared = self.writable()?;
        shared.write(Change::Addition, |txn| segments::tidy(txn, true))?;
        shared.write(Change::Removal, imported::tidy)?;
        shared.compact()
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
