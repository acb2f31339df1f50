//! One source into a store.

use crate::audio::decode::Decoder;
use crate::audio::fingerprint::{Fingerprinter, SAMPLE_RATE};
use crate::{Added, Error, ErrorKind, Fingerprint, Format, NewRecording, Recording, Result, Source, Store};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use xxhash_rust::xxh3::Xxh3;

/// Adds a file, bytes or a stream to `store`; memory is bounded whatever its length.
///
/// Of `recording`, `id`, `title`, `source`, `user`, `mode`, `metadata` and `created_at_ms` are taken as they are, and
/// the rest is filled in. An empty `id` becomes the stem of the file's name, an empty `source` its path. What the
/// store has already, by the bytes of the source, is not decoded again.
///
/// # Errors
/// `InvalidArgument` if bytes or a stream come without an id; as
/// [`Decoder::open`](crate::audio::decode::Decoder::open) and [`Store::add`].
pub fn add(store: &Store, source: impl Into<Source>, recording: Recording) -> Result<Added> {
    match prepare_source(store, source.into(), recording, &AtomicBool::new(false))? {
        Some(Made::New(new)) => add_new(store, *new),
        Some(Made::Known(id)) => Ok(Added::Duplicate(id)),
        None => Err(not_stopped()),
    }
}

/// Adds a fingerprint that is made already; its texture, which is large and not kept, is not copied.
///
/// # Errors
/// As [`Store::add`].
pub fn add_fingerprint(store: &Store, fingerprint: &Fingerprint, recording: Recording) -> Result<Added> {
    let fingerprint = Fingerprint {
        pipeline: fingerprint.pipeline.clone(),
        duration_ms: fingerprint.duration_ms,
        frames: fingerprint.frames,
        landmarks: fingerprint.landmarks.clone(),
        texture: None,
    };
    add_new(store, NewRecording { recording, fingerprint })
}

fn add_new(store: &Store, new: NewRecording) -> Result<Added> {
    let added = store.add(vec![new])?.pop();
    added.ok_or_else(|| Error::new(ErrorKind::Internal, "the store lost a recording"))
}

/// Decodes and fingerprints a source in constant memory. The row says what the source is; its `id` is left to the
/// caller.
///
/// # Errors
/// As [`Decoder::open`](crate::audio::decode::Decoder::open).
pub fn fingerprint_source(source: impl Into<Source>) -> Result<NewRecording> {
    let made = fingerprint_until(source.into(), Recording::default(), &AtomicBool::new(false))?;
    made.map(|new| *new).ok_or_else(not_stopped)
}

/// A source that was looked at.
pub(crate) enum Made {
    /// It is not in the store.
    New(Box<NewRecording>),
    /// Its bytes are in the store, under this id.
    Known(String),
}

/// `None` if the work was stopped.
pub(crate) fn prepare_source(
    store: &Store,
    source: Source,
    mut row: Recording,
    stop: &AtomicBool,
) -> Result<Option<Made>> {
    if let (true, Source::Path(path)) = (row.id.is_empty(), &source) {
        row.id = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    }
    if row.id.is_empty() {
        let message = "a recording that is not a file needs an id: give one";
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    let (source, hashed) = Hashed::of(source)?;
    if let Some(hash) = &hashed.known
        && let Some(id) = store.recordings().id_of_source(hash)?
    {
        return Ok(Some(Made::Known(id)));
    }
    let Some(mut new) = fingerprint_until(source, row, stop)? else { return Ok(None) };
    new.recording.source_hash = Some(hashed.finish()?);
    Ok(Some(Made::New(new)))
}

/// The name of a source's bytes: xxh3-128 in hexadecimal.
pub(crate) struct Hashed {
    /// Known at once for files and bytes.
    known: Option<String>,
    /// A stream has it when it was read.
    stream: Option<Stream>,
}

impl Hashed {
    /// `source`, to be read in its stead, and its hash.
    pub(crate) fn of(source: Source) -> Result<(Source, Self)> {
        let (source, stream) = Tee::around(source)?;
        let known = match &source {
            Source::Path(path) => Some(hash_file(path)?),
            Source::Bytes(bytes) => Some(hash(&mut bytes.as_ref().as_ref())?),
            Source::Reader(_) => None,
        };
        Ok((source, Self { known, stream }))
    }

    /// The hash; what is left of a stream is read.
    pub(crate) fn finish(self) -> Result<String> {
        match (self.known, self.stream) {
            (Some(known), _) => Ok(known),
            (None, Some(stream)) => stream.lock().unwrap_or_else(PoisonError::into_inner).hash_rest(),
            (None, None) => Err(Error::new(ErrorKind::Internal, "a stream was not hashed")),
        }
    }
}

/// `None` once `stop` is set.
fn fingerprint_until(
    source: Source,
    mut row: Recording,
    stop: &AtomicBool,
) -> Result<Option<Box<NewRecording>>> {
    if let (true, Source::Path(path)) = (row.source.is_none(), &source) {
        row.source = Some(path.to_string_lossy().into_owned());
    }
    let mut decoder = Decoder::open(source, Some(SAMPLE_RATE))?;
    let mut fingerprinter = Fingerprinter::new();
    while let Some(block) = decoder.next_block()? {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        fingerprinter.push(block)?;
    }
    row.truncated = decoder.truncated();
    row.format = Format {
        codec: decoder.codec().to_owned(),
        sample_rate: decoder.native_sample_rate(),
        channels: decoder.channels(),
    };
    Ok(Some(Box::new(NewRecording { recording: row, fingerprint: fingerprinter.finish() })))
}

fn not_stopped() -> Error {
    Error::new(ErrorKind::Internal, "the work ended although nobody stopped it")
}

/// xxh3-128 of a file's bytes, in hexadecimal.
pub(crate) fn hash_file(path: &Path) -> Result<String> {
    if path.is_dir() {
        let message = format!("{} is a directory, not a media file", path.display());
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    hash(&mut open(path)?).map_err(|e| e.context(path.display().to_string()))
}

fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|e| Error::io(format!("cannot read {}", path.display()), e))
}

/// Whether `path` can be read only once.
fn is_pipe(path: &Path) -> bool {
    path.metadata().is_ok_and(|m| !m.is_file() && !m.is_dir())
}

pub(crate) fn hash(from: &mut dyn Read) -> Result<String> {
    Tee { from, hasher: Xxh3::new() }.hash_rest()
}

/// A stream whose bytes are hashed as they pass.
struct Tee<R> {
    from: R,
    hasher: Xxh3,
}

type Stream = Arc<Mutex<Tee<Box<dyn Read + Send + Sync>>>>;

impl Tee<Box<dyn Read + Send + Sync>> {
    /// `source` as it is, or a stream with its tee.
    fn around(source: Source) -> Result<(Source, Option<Stream>)> {
        let from: Box<dyn Read + Send + Sync> = match source {
            Source::Reader(from) => from,
            Source::Path(path) if is_pipe(&path) => Box::new(open(&path)?),
            source => return Ok((source, None)),
        };
        let stream = Arc::new(Mutex::new(Self { from, hasher: Xxh3::new() }));
        Ok((Source::reader(Shared(Arc::clone(&stream))), Some(stream)))
    }
}

impl<R: Read> Tee<R> {
    /// Reads to the end; xxh3-128 of all bytes that passed, in hexadecimal.
    fn hash_rest(&mut self) -> Result<String> {
        io::copy(self, &mut io::sink()).map_err(|e| Error::io("cannot read", e))?;
        Ok(format!("{:032x}", self.hasher.digest128()))
    }
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}

/// The decoder's end of a [`Stream`].
struct Shared(Stream);

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read(buffer)
    }
}
