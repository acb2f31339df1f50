//! Files into a store: many decode, one writes.

use crate::source::{Made, prepare_source};
use crate::{Added, Error, ErrorKind, NewRecording, Recording, Result, Store, parallel};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

/// The callback is asked at least this often whether to go on.
const PATIENCE: Duration = Duration::from_millis(100);
/// A commit is due after this long...
const COMMIT_AFTER: Duration = Duration::from_millis(1000);
/// ...or this many landmarks (about 2 hours of sound, 10 MB of memory).
const COMMIT_LANDMARKS: usize = 240_000;
/// What files of a directory are taken for media by.
const EXTENSIONS: &str = "aac adts aif aifc aiff alac avi caf flac m4a m4b m4v mka mkv mov mp1 mp2 mp3 mp4 mpeg mpg oga \
                          ogg ogv opus wav wave weba webm wma";

/// How to add files.
#[derive(Debug, Clone, Default)]
pub struct AddOptions {
    /// Files decoded at once; 0 means as many as the machine has cores.
    pub jobs: usize,
    /// The id of the recording if there is only one file; otherwise, and if `None`, the file's stem.
    pub id: Option<String>,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddStatus {
    /// It was committed to the store.
    Added,
    /// Its bytes were in the store already.
    Duplicate,
    /// It could not be added; the others were not affected.
    Failed,
}

/// A file that was dealt with.
#[derive(Debug)]
pub struct AddedFile {
    /// The file.
    pub path: PathBuf,
    /// Id of its recording; of the earlier one if it is a duplicate.
    pub id: String,
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
pub enum AddEvent {
    /// How many files there are.
    Found(usize),
    /// A file is decided; an added one is committed.
    File(AddedFile),
    /// Nothing new: an occasion to break off while long files are decoded.
    Waiting,
}

/// How adding ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AddSummary {
    /// Files added.
    pub added: usize,
    /// Files that were in the store already.
    pub duplicates: usize,
    /// Files that could not be added.
    pub failed: usize,
    /// True if the callback broke off.
    pub cancelled: bool,
}

/// Adds files, and the media files in directories, to `store`.
///
/// Files are decoded on several threads and written in batches, each one transaction. A file whose bytes are in the
/// store is passed over, so adding a folder again after an interruption goes on where it stopped. `on_event` hears of
/// every file, and a few times a second in between; if it breaks off, what is decoded is committed and the rest left.
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
    store.count()?; // A store that is closed is not the files' fault.
    let files = files_in(paths);
    if options.id.is_some() && files.len() != 1 {
        let message = format!("an id can be given for one file, not for {}", files.len());
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    let mut summary = AddSummary::default();
    if on_event(AddEvent::Found(files.len())).is_break() {
        return Ok(AddSummary { cancelled: true, ..summary });
    }
    let jobs = parallel::threads(options.jobs).min(files.len().max(1));
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let prepare_all = |sender: &SyncSender<Prepared>| {
        while !stop.load(Ordering::Relaxed) {
            let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            let Some(prepared) = prepare(store, path, options, &stop) else { break };
            if sender.send(prepared).is_err() {
                break;
            }
        }
    };
    parallel::background(jobs, jobs, prepare_all, |receiver| {
        let result = write_all(store, &receiver, &mut summary, &mut |event| {
            let flow = on_event(event);
            stop.fetch_or(flow.is_break(), Ordering::Relaxed);
            flow
        });
        stop.store(true, Ordering::Relaxed);
        result
    })??;
    Ok(summary)
}

/// The files that `paths` name: files as they are, directories searched for media files, in order of name.
pub fn files_in(paths: &[PathBuf]) -> Vec<PathBuf> {
    files_like(paths, EXTENSIONS)
}

/// As [`files_in`], of directories those with one of the extensions, which are in small letters.
pub(crate) fn files_like(paths: &[PathBuf], extensions: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() { walk(path, extensions, &mut files) } else { files.push(path.clone()) }
    }
    files
}

fn walk(directory: &Path, extensions: &str, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        files.push(directory.to_owned()); // Reading it fails again, and is reported then.
        return;
    };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        let link_to_directory = path.is_symlink() && path.is_dir();
        if hidden || link_to_directory {
            continue;
        }
        if path.is_dir() {
            walk(&path, extensions, files);
        } else if has_extension(&path, extensions) {
            files.push(path);
        }
    }
}

fn has_extension(path: &Path, extensions: &str) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    extension.is_some_and(|e| extensions.split(' ').any(|known| known == e))
}

/// A file that is decoded, or why there is nothing to write.
enum Prepared {
    Ready(PathBuf, Box<NewRecording>),
    Decided(AddedFile),
}

/// `None` if the work was stopped.
fn prepare(store: &Store, path: &Path, options: &AddOptions, stop: &AtomicBool) -> Option<Prepared> {
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let id = options.id.clone().unwrap_or(stem);
    let work = || {
        let row = Recording { id: id.clone(), ..Recording::default() };
        match prepare_source(store, path.into(), row, stop)? {
            None => Ok(None),
            Some(Made::Known(id)) => {
                Ok(Some(Prepared::Decided(decided(path, id, AddStatus::Duplicate, None))))
            }
            Some(Made::New(new)) => Ok(Some(Prepared::Ready(path.to_owned(), new))),
        }
    };
    work().unwrap_or_else(|e: Error| {
        Some(Prepared::Decided(decided(path, id.clone(), AddStatus::Failed, Some(e))))
    })
}

fn decided(path: &Path, id: String, status: AddStatus, error: Option<Error>) -> AddedFile {
    AddedFile { path: path.to_owned(), id, status, duration_ms: 0, landmarks: 0, truncated: false, error }
}

/// The writer: collects what is decoded and commits it in batches.
fn write_all(
    store: &Store,
    receiver: &Receiver<Prepared>,
    summary: &mut AddSummary,
    on_event: &mut impl FnMut(AddEvent) -> ControlFlow<()>,
) -> Result<()> {
    let mut batch: Vec<(PathBuf, NewRecording)> = Vec::new();
    let mut due = Instant::now() + COMMIT_AFTER;
    let mut landmarks = 0;
    loop {
        let wait = due.saturating_duration_since(Instant::now());
        match receiver.recv_timeout(wait.min(PATIENCE)) {
            Ok(Prepared::Decided(file)) => tell(file, summary, on_event),
            Ok(Prepared::Ready(path, new)) => {
                landmarks += new.fingerprint.landmarks.len();
                batch.push((path, *new));
            }
            Err(RecvTimeoutError::Timeout) => summary.cancelled |= on_event(AddEvent::Waiting).is_break(),
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if landmarks >= COMMIT_LANDMARKS || Instant::now() >= due {
            commit(store, &mut batch, summary, on_event)?;
            (due, landmarks) = (Instant::now() + COMMIT_AFTER, 0);
        }
        if summary.cancelled {
            break;
        }
    }
    commit(store, &mut batch, summary, on_event)
}

fn commit(
    store: &Store,
    batch: &mut Vec<(PathBuf, NewRecording)>,
    summary: &mut AddSummary,
    on_event: &mut impl FnMut(AddEvent) -> ControlFlow<()>,
) -> Result<()> {
    if batch.is_empty() {
        return Ok(());
    }
    let (paths, recordings): (Vec<PathBuf>, Vec<NewRecording>) = batch.drain(..).unzip();
    let ids: Vec<String> = recordings.iter().map(|r| r.recording.id.clone()).collect();
    for ((path, id), added) in paths.into_iter().zip(ids).zip(store.add(recordings)?) {
        let file = match added {
            Added::New(row) => AddedFile {
                path,
                id,
                status: AddStatus::Added,
                duration_ms: row.duration_ms,
                landmarks: row.landmarks,
                truncated: row.truncated,
                error: None,
            },
            Added::Duplicate(id) => decided(&path, id, AddStatus::Duplicate, None),
            Added::Refused(e) => decided(&path, id, AddStatus::Failed, Some(e)),
        };
        tell(file, summary, on_event);
    }
    Ok(())
}

fn tell(file: AddedFile, summary: &mut AddSummary, on_event: &mut impl FnMut(AddEvent) -> ControlFlow<()>) {
    *tell_apart(summary, file.status) += 1;
    summary.cancelled |= on_event(AddEvent::File(file)).is_break();
}

/// What counts the files that ended so.
pub(crate) fn tell_apart(summary: &mut AddSummary, status: AddStatus) -> &mut usize {
    match status {
        AddStatus::Added => &mut summary.added,
        AddStatus::Duplicate => &mut summary.duplicates,
        AddStatus::Failed => &mut summary.failed,
    }
}
