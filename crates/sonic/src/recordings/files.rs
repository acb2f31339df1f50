//! Files into a store: many decode, one writes.

use super::add::{Prepared, prepare_source, stem};
use super::{Added, NewRecording, Recording};
use crate::flow::files;
use crate::flow::ingest::{Ingest, Order, Turn};
use crate::flow::{AddStatus, AddSummary};
use crate::{Error, ErrorKind, Result, Store};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// A commit is due after this long...
const COMMIT_AFTER: Duration = Duration::from_millis(1000);
/// ...or this many landmarks (about 2 hours of sound, 10 MB of memory).
const COMMIT_LANDMARKS: usize = 240_000;
/// What files of a directory are taken for media by.
const EXTENSIONS: &[&str] = &[
    "aac", "adts", "aif", "aifc", "aiff", "alac", "avi", "caf", "flac", "m4a", "m4b", "m4v", "mka", "mkv",
    "mov", "mp1", "mp2", "mp3", "mp4", "mpeg", "mpg", "oga", "ogg", "ogv", "opus", "wav", "wave", "weba",
    "webm", "wma",
];

/// How to add files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddOptions {
    /// Files decoded at once; 0 means as many as the machine has cores.
    pub jobs: usize,
    /// The id of the recording if there is only one file; otherwise, and if `None`, the file's stem.
    pub id: Option<String>,
}

/// A file that was dealt with.
#[derive(Debug)]
#[non_exhaustive]
pub struct AddedFile {
    /// The file.
    pub path: PathBuf,
    /// Id of its recording: of the earlier one if it is a duplicate, the one it was to have if it failed. `None` if its
    /// path gives none.
    pub id: Option<String>,
    /// What became of it.
    pub status: AddStatus,
    /// Length of its sound in milliseconds; 0 unless it was added.
    pub duration_ms: u64,
    /// Number of landmarks kept; 0 unless it was added.
    pub landmarks: u32,
    /// True if the file ended early.
    pub truncated: bool,
    /// Why it failed.
    pub error: Option<Error>,
}

/// News while files are being added.
#[derive(Debug)]
#[non_exhaustive]
pub enum AddEvent {
    /// How many files there are.
    Found(usize),
    /// A file is decided; an added one is committed.
    File(AddedFile),
    /// Nothing new: an occasion to cancel while long files are decoded.
    Waiting,
}

/// Adds files, and the media files in directories, to `store`.
///
/// Files are decoded on several threads and written in batches, each one transaction. A file whose bytes are in the
/// store is passed over, so adding a folder again after an interruption goes on where it stopped. `on_event` hears of
/// every file, and a few times a second in between; if it breaks, what is decoded is committed and the rest left.
///
/// # Errors
/// `InvalidArgument` if an id is given for several files; `Io` or `Mismatch` if the store cannot be written; `Closed`
/// if it is closed. What a file does wrong is reported to `on_event` and does not end the others.
pub fn add_files(
    store: &Store,
    paths: &[PathBuf],
    options: &AddOptions,
    mut on_event: impl FnMut(AddEvent) -> ControlFlow<()>,
) -> Result<AddSummary> {
    store.check_open()?;
    let files = files_in(paths);
    if options.id.is_some() && files.len() != 1 {
        let message = format!("an id can be given for one file, not for {}", files.len());
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    if on_event(AddEvent::Found(files.len())).is_break() {
        return Ok(AddSummary { cancelled: true, ..AddSummary::default() });
    }
    let mut writer = Writer::new(store, on_event);
    let prepare = |path: PathBuf, cancelled: &AtomicBool| prepare(store, path, options, cancelled);
    let _ = Ingest::new(options.jobs, Order::Completion)
        .run(files.into_iter(), prepare, |turn| writer.turn(turn))?;
    writer.finish()
}

/// The files that `paths` name: files as they are, directories searched for media files, in order of name.
pub fn files_in(paths: &[PathBuf]) -> Vec<PathBuf> {
    files::files_in(paths, EXTENSIONS)
}

/// A file that is decoded, or why there is nothing to write.
enum Decoded {
    Ready(PathBuf, Box<NewRecording>),
    Decided(AddedFile),
}

/// `None` if the work was cancelled.
fn prepare(store: &Store, path: PathBuf, options: &AddOptions, cancelled: &AtomicBool) -> Option<Decoded> {
    let id = options.id.clone().unwrap_or_else(|| stem(&path));
    let row = Recording { id: id.clone(), ..Recording::default() };
    Some(match prepare_source(store, path.as_path().into(), row, cancelled) {
        Ok(None) => return None,
        Ok(Some(Prepared::Known(id))) => Decoded::Decided(duplicate(&path, id)),
        Ok(Some(Prepared::New(new))) => Decoded::Ready(path, new),
        Err(error) => Decoded::Decided(failed(&path, id, error)),
    })
}

fn duplicate(path: &Path, id: String) -> AddedFile {
    AddedFile { id: Some(id), status: AddStatus::Duplicate, ..unwritten(path) }
}

fn failed(path: &Path, id: String, error: Error) -> AddedFile {
    let id = Some(id).filter(|id| !id.is_empty());
    AddedFile { id, status: AddStatus::Failed, error: Some(error), ..unwritten(path) }
}

/// The store is of a later version than this crate knows.
fn unknown_outcome() -> Error {
    Error::new(ErrorKind::Internal, "the store says something about this file that is not understood")
}

fn unwritten(path: &Path) -> AddedFile {
    AddedFile {
        path: path.to_owned(),
        id: None,
        status: AddStatus::Failed,
        duration_ms: 0,
        landmarks: 0,
        truncated: false,
        error: None,
    }
}

/// Collects what is decoded and commits it in batches.
struct Writer<'a, F> {
    store: &'a Store,
    on_event: F,
    summary: AddSummary,
    batch: Vec<(PathBuf, NewRecording)>,
    landmarks: usize,
    due: Instant,
}

impl<'a, F: FnMut(AddEvent) -> ControlFlow<()>> Writer<'a, F> {
    fn new(store: &'a Store, on_event: F) -> Self {
        let due = Instant::now() + COMMIT_AFTER;
        Self { store, on_event, summary: AddSummary::default(), batch: Vec::new(), landmarks: 0, due }
    }

    fn turn(&mut self, turn: Turn<Option<Decoded>>) -> Result<ControlFlow<()>> {
        match turn {
            Turn::Ready(_, Some(Decoded::Decided(file))) => self.report(file),
            Turn::Ready(_, Some(Decoded::Ready(path, new))) => {
                self.landmarks += new.fingerprint.landmarks.len();
                self.batch.push((path, *new));
            }
            Turn::Ready(_, None) => {}
            Turn::Waiting => self.summary.cancelled |= (self.on_event)(AddEvent::Waiting).is_break(),
        }
        if self.landmarks >= COMMIT_LANDMARKS || Instant::now() >= self.due {
            self.commit()?;
        }
        Ok(self.summary.flow())
    }

    fn commit(&mut self) -> Result<()> {
        (self.due, self.landmarks) = (Instant::now() + COMMIT_AFTER, 0);
        if self.batch.is_empty() {
            return Ok(());
        }
        let named = |(path, new): (PathBuf, NewRecording)| ((path, new.recording.id.clone()), new);
        let (files, recordings): (Vec<_>, Vec<_>) = self.batch.drain(..).map(named).unzip();
        for ((path, id), added) in files.into_iter().zip(self.store.recordings().add(recordings)?) {
            self.report(match added {
                Added::New(row) => AddedFile {
                    id: Some(row.id),
                    status: AddStatus::Added,
                    duration_ms: row.duration_ms,
                    landmarks: row.landmarks,
                    truncated: row.truncated,
                    ..unwritten(&path)
                },
                Added::Duplicate(id) => duplicate(&path, id),
                Added::Refused(error) => failed(&path, id, error),
                _ => failed(&path, id, unknown_outcome()),
            });
        }
        Ok(())
    }

    fn report(&mut self, file: AddedFile) {
        self.summary.count(file.status);
        self.summary.cancelled |= (self.on_event)(AddEvent::File(file)).is_break();
    }

    /// Commits the rest.
    fn finish(mut self) -> Result<AddSummary> {
        self.commit()?;
        Ok(self.summary)
    }
}
