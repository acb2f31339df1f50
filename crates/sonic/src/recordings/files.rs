//! Files into a store: many decode, one writes.

use super::add::{Prepared, is_silent, prepare_source, silence};
use super::{Added, NewRecording, Recording};
use crate::flow::files::{self, Listing};
use crate::flow::ingest::{Ingest, Order, Turn};
use crate::flow::{AddStatus, AddSummary};
use crate::{Error, ErrorKind, Result, Store, path_text};
use std::ops::ControlFlow;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// A commit is due after this long...
const COMMIT_AFTER: Duration = Duration::from_millis(1000);
/// ...or this many landmarks (about 2 hours of sound, 10 MB of memory).
const COMMIT_LANDMARKS: usize = 240_000;
/// What files of a directory are taken for media by. Some of them cannot be decoded: an error is better than a recording
/// that is missing and nobody knows why.
const EXTENSIONS: &[&str] = &[
    "3g2", "3ga", "3gp", "3gpp", "aac", "aax", "ac3", "adts", "aif", "aifc", "aiff", "alac", "amr", "ape",
    "asf", "au", "avi", "bw64", "bwf", "caf", "dts", "f4a", "f4v", "flac", "flv", "m2ts", "m4a", "m4b",
    "m4p", "m4r", "m4v", "mka", "mks", "mkv", "mov", "mp1", "mp2", "mp3", "mp4", "mpa", "mpc", "mpeg", "mpg",
    "mpga", "mts", "oga", "ogg", "ogm", "ogv", "ogx", "opus", "qt", "ra", "rf64", "rm", "snd", "spx", "ts",
    "tta", "vob", "w64", "wav", "wave", "weba", "webm", "wma", "wmv", "wv",
];

/// How to add files.
///
/// Fields may be added in minor versions: construct it with `..Default::default()`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddOptions {
    /// Files decoded at once; 0 means as many as the machine has cores.
    pub jobs: usize,
    /// The id of the recording if there is only one file; otherwise, and if `None`, what `id_from` says.
    pub id: Option<String>,
    /// What the id of a file is made of.
    pub id_from: IdFrom,
    /// What stands in front of ids that are made of files.
    pub id_prefix: String,
    /// Whether a file takes the place of the recording that has its id and other bytes: one whose tags were edited, or
    /// that has grown. Otherwise it fails.
    pub replace: bool,
    /// Whether recordings are kept that hold nothing to be recognised by: silence, or no sound at all.
    pub keep_silent: bool,
    /// The number of the sound track that is taken of each file; see
    /// [`DecodeOptions::track`](crate::audio::DecodeOptions).
    pub track: Option<u32>,
}

/// What the id of a file is made of. Bytes of a name that are no UTF-8 are written as `\xNN`, so that different names have
/// different ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum IdFrom {
    /// The name of the file without its extension.
    #[default]
    Stem,
    /// The path as it was named, or from the folder on that was named, with `/` between its parts.
    Path,
}

impl IdFrom {
    fn name(self, path: &Path) -> String {
        if self == Self::Stem {
            return path.file_stem().map(path_text).unwrap_or_default();
        }
        let parts = path.components().filter(|part| !matches!(part, Component::CurDir));
        let text = path_text(parts.collect::<PathBuf>());
        if cfg!(windows) { text.replace('\\', "/") } else { text }
    }
}

impl AddOptions {
    /// The id of the recording of a file.
    pub(super) fn id_of(&self, path: &Path) -> String {
        let name = self.id_from.name(path);
        if name.is_empty() { name } else { format!("{}{name}", self.id_prefix) }
    }
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
    /// How much of its sound could not be decoded, in milliseconds.
    pub damaged_ms: u64,
    /// Why it was not added.
    pub error: Option<Error>,
}

/// News while files are being added.
#[derive(Debug)]
#[non_exhaustive]
pub enum AddEvent {
    /// How many files there are to add.
    Found(usize),
    /// Something in a folder is not taken, with the status `PassedOver`.
    PassedOver(AddedFile),
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
    let Listing { files, passed_over } = files::list(paths, EXTENSIONS);
    if options.id.is_some() && files.len() != 1 {
        let message = format!("an id can be given for one file, not for {}", files.len());
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    if on_event(AddEvent::Found(files.len())).is_break() {
        return Ok(AddSummary { cancelled: true, ..AddSummary::default() });
    }
    let mut writer = Writer::new(store, options, on_event);
    if writer.pass_over(passed_over).is_break() {
        return writer.finish();
    }
    let prepare = |path: PathBuf, cancelled: &AtomicBool| prepare(store, path, options, cancelled);
    let _ = Ingest::new(options.jobs, Order::Completion)
        .run(files.into_iter(), prepare, |turn| writer.turn(turn))?;
    writer.finish()
}

/// The files that `paths` name: files as they are, directories searched for media files, in order of name.
pub fn files_in(paths: &[PathBuf]) -> Vec<PathBuf> {
    files::list(paths, EXTENSIONS).files
}

/// A file that is decoded, or why there is nothing to write.
enum Decoded {
    Ready(PathBuf, Box<NewRecording>),
    Decided(AddedFile),
}

/// `None` if the work was cancelled.
fn prepare(store: &Store, path: PathBuf, options: &AddOptions, cancelled: &AtomicBool) -> Option<Decoded> {
    let id = options.id.clone().unwrap_or_else(|| options.id_of(&path));
    let row = Recording { id: id.clone(), ..Recording::default() };
    Some(match prepare_source(store, path.as_path().into(), row, options, cancelled) {
        Ok(None) => return None,
        Ok(Some(Prepared::Known(id))) => Decoded::Decided(duplicate(&path, id)),
        Ok(Some(Prepared::New(new))) if is_silent(&new) && !options.keep_silent => {
            Decoded::Decided(silent(&path, &new))
        }
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

fn silent(path: &Path, new: &NewRecording) -> AddedFile {
    let row = &new.recording;
    AddedFile {
        id: Some(row.id.clone()).filter(|id| !id.is_empty()),
        status: AddStatus::Silent,
        duration_ms: new.fingerprint.duration_ms,
        truncated: row.truncated,
        damaged_ms: row.damaged_ms,
        error: Some(silence().context(path.display())),
        ..unwritten(path)
    }
}

/// The store is of a later version than this crate knows.
fn unknown_outcome() -> Error {
    Error::new(ErrorKind::Internal, "the store says something about this file that is not understood")
}

fn written(path: &Path, status: AddStatus, row: Recording) -> AddedFile {
    AddedFile {
        id: Some(row.id),
        status,
        duration_ms: row.duration_ms,
        landmarks: row.landmarks,
        truncated: row.truncated,
        damaged_ms: row.damaged_ms,
        ..unwritten(path)
    }
}

fn unwritten(path: &Path) -> AddedFile {
    AddedFile {
        path: path.to_owned(),
        id: None,
        status: AddStatus::Failed,
        duration_ms: 0,
        landmarks: 0,
        truncated: false,
        damaged_ms: 0,
        error: None,
    }
}

/// Collects what is decoded and commits it in batches.
struct Writer<'a, F> {
    store: &'a Store,
    options: &'a AddOptions,
    on_event: F,
    summary: AddSummary,
    batch: Vec<(PathBuf, NewRecording)>,
    landmarks: usize,
    due: Instant,
}

impl<'a, F: FnMut(AddEvent) -> ControlFlow<()>> Writer<'a, F> {
    fn new(store: &'a Store, options: &'a AddOptions, on_event: F) -> Self {
        let (due, summary) = (Instant::now() + COMMIT_AFTER, AddSummary::default());
        Self { store, options, on_event, summary, batch: Vec::new(), landmarks: 0, due }
    }

    /// Names what is not taken.
    fn pass_over(&mut self, entries: Vec<(PathBuf, &'static str)>) -> ControlFlow<()> {
        for (path, reason) in entries {
            let error = Error::new(ErrorKind::Unsupported, format!("passed over: {reason}"));
            let error = Some(error.context(path.display()));
            let file = AddedFile { status: AddStatus::PassedOver, error, ..unwritten(&path) };
            self.summary.count(file.status);
            self.summary.cancelled |= (self.on_event)(AddEvent::PassedOver(file)).is_break();
        }
        self.summary.flow()
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
        let view = self.store.recordings();
        let added = if self.options.replace { view.replace(recordings)? } else { view.add(recordings)? };
        for ((path, id), added) in files.into_iter().zip(added) {
            self.report(match added {
                Added::New(row) => written(&path, AddStatus::Added, *row),
                Added::Replaced(row) => written(&path, AddStatus::Replaced, *row),
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
