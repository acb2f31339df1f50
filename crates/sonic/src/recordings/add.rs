//! One recording into a store.

use super::{Added, Format, NewRecording, Query, Recording};
use crate::audio::decode::{DecodeOptions, Decoder};
use crate::audio::fingerprint::{Fingerprinter, SAMPLE_RATE};
use crate::flow::source_hash::SourceHash;
use crate::{Error, ErrorKind, Fingerprint, Result, Source, Store};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Adds a file, bytes, a stream, a clip or a fingerprint to `store`; of what is decoded memory is bounded whatever its
/// length.
///
/// Of `recording`, `id`, `title`, `source`, `user_id`, `mode`, `metadata` and `created_at_ms` are taken as they are, and
/// the rest is filled in. An empty `id` becomes the stem of the file's name, a missing `source` its path. What the
/// store has already, by the bytes of the source, is not decoded again. The texture of a fingerprint, which is large and
/// not kept, is not copied.
///
/// # Errors
/// `InvalidArgument` if what is no file comes without an id; as [`Decoder::open`], and as
/// [`Recordings::add`](super::Recordings::add).
pub fn add<'a>(store: &Store, sound: impl Into<Query<'a>>, recording: Recording) -> Result<Added> {
    match sound.into() {
        Query::Source(source) => match prepare_source(store, source, recording, &AtomicBool::new(false))? {
            Some(Prepared::New(new)) => add_new(store, *new),
            Some(Prepared::Known(id)) => Ok(Added::Duplicate(id)),
            None => Err(not_cancelled()),
        },
        Query::Clip(clip) => {
            let fingerprint = crate::audio::fingerprint(clip)?;
            add_new(
                store,
                NewRecording { recording, fingerprint: Fingerprint { texture: None, ..fingerprint } },
            )
        }
        Query::Fingerprint(fingerprint) => {
            add_new(store, NewRecording { recording, fingerprint: without_texture(fingerprint) })
        }
    }
}

fn without_texture(fingerprint: &Fingerprint) -> Fingerprint {
    Fingerprint {
        pipeline: fingerprint.pipeline.clone(),
        duration_ms: fingerprint.duration_ms,
        frames: fingerprint.frames,
        landmarks: fingerprint.landmarks.clone(),
        texture: None,
    }
}

fn add_new(store: &Store, new: NewRecording) -> Result<Added> {
    let added = store.recordings().add(vec![new])?.pop();
    added.ok_or_else(|| Error::new(ErrorKind::Internal, "the store lost a recording"))
}

/// Decodes and fingerprints a source in constant memory. The row says what the source is; its `id` is left to the
/// caller.
///
/// # Errors
/// As [`Decoder::open`].
pub fn fingerprint_source(source: impl Into<Source>) -> Result<NewRecording> {
    let made = fingerprint_until(source.into(), Recording::default(), &AtomicBool::new(false))?;
    made.map(|new| *new).ok_or_else(not_cancelled)
}

/// A source that was looked at.
pub(super) enum Prepared {
    /// It is not in the store.
    New(Box<NewRecording>),
    /// Its bytes are in the store, under this id.
    Known(String),
}

/// `None` if the work was cancelled.
pub(super) fn prepare_source(
    store: &Store,
    source: Source,
    mut row: Recording,
    cancelled: &AtomicBool,
) -> Result<Option<Prepared>> {
    if let (true, Source::Path(path)) = (row.id.is_empty(), &source) {
        row.id = stem(path);
    }
    if row.id.is_empty() {
        let message = "a recording that is not a file needs an id: give one";
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    let (source, hash) = SourceHash::of(source)?;
    if let Some(hash) = hash.known()
        && let Some(id) = store.recordings().id_of_source(hash)?
    {
        return Ok(Some(Prepared::Known(id)));
    }
    let Some(mut new) = fingerprint_until(source, row, cancelled)? else { return Ok(None) };
    new.recording.source_hash = Some(hash.finish()?);
    Ok(Some(Prepared::New(new)))
}

/// The name of a file without its extension, which is the id of its recording.
pub(super) fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// `None` once `cancelled` is set.
fn fingerprint_until(
    source: Source,
    mut row: Recording,
    cancelled: &AtomicBool,
) -> Result<Option<Box<NewRecording>>> {
    if let (true, Source::Path(path)) = (row.source.is_none(), &source) {
        row.source = Some(path.to_string_lossy().into_owned());
    }
    let mut decoder = Decoder::open(source, &DecodeOptions::at(SAMPLE_RATE))?;
    let mut fingerprinter = Fingerprinter::new();
    while let Some(block) = decoder.next_block()? {
        if cancelled.load(Ordering::Relaxed) {
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

fn not_cancelled() -> Error {
    Error::new(ErrorKind::Internal, "the work ended although nobody cancelled it")
}
