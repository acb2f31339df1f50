//! One recording into a store.

use super::{AddOptions, Added, Format, NewRecording, Query, Recording};
use crate::audio::decode::{DecodeOptions, Decoder};
use crate::audio::fingerprint::{Fingerprinter, SAMPLE_RATE};
use crate::flow::source_hash::SourceHash;
use crate::{Error, ErrorKind, Fingerprint, Result, Source, Store, path_text};
use std::sync::atomic::{AtomicBool, Ordering};

/// Adds a file, bytes, a stream, a clip or a fingerprint to `store`; of what is decoded memory is bounded whatever its
/// length.
///
/// Of `recording`, `id`, `title`, `source`, `user_id`, `mode`, `metadata` and `created_at_ms` are taken as they are, and
/// the rest is filled in. An empty `id` becomes the stem of the file's name, a missing `source` its path, and a missing
/// `source_hash` a hash of the bytes; one that is given, of whoever does not trust their sender, is taken as it is. What the
/// store has already, by that hash, is not decoded again. The texture of a fingerprint, which is large and
/// not kept, is not copied.
///
/// # Errors
/// `InvalidArgument` if what is no file comes without an id; `Unsupported` if there is nothing in it to recognise it by;
/// as [`Decoder::open`], and as [`Recordings::add`](super::Recordings::add).
pub fn add<'a>(store: &Store, sound: impl Into<Query<'a>>, recording: Recording) -> Result<Added> {
    add_with(store, sound, recording, &AddOptions::default())
}

/// As [`add`], with options: how a file without id is named, whether it replaces what has its id, whether silence is kept,
/// and which sound track is taken.
///
/// # Errors
/// As [`add`].
pub fn add_with<'a>(
    store: &Store,
    sound: impl Into<Query<'a>>,
    recording: Recording,
    options: &AddOptions,
) -> Result<Added> {
    let new = match sound.into() {
        Query::Source(source) => {
            match prepare_source(store, source, recording, options, &AtomicBool::new(false))? {
                Some(Prepared::New(new)) => *new,
                Some(Prepared::Known(id)) => return Ok(Added::Duplicate(id)),
                None => return Err(not_cancelled()),
            }
        }
        Query::Clip(clip) => {
            let fingerprint = crate::audio::fingerprint(clip)?;
            let recording = Recording { truncated: clip.truncated, damaged_ms: clip.damaged_ms, ..recording };
            NewRecording { recording, fingerprint: Fingerprint { texture: None, ..fingerprint } }
        }
        Query::Fingerprint(fingerprint) => {
            NewRecording { recording, fingerprint: without_texture(fingerprint) }
        }
    };
    if is_silent(&new) && !options.keep_silent {
        let name = new.recording.source.as_deref().unwrap_or(&new.recording.id);
        return Err(silence().context(name));
    }
    let recordings = store.recordings();
    let added = if options.replace { recordings.replace(vec![new])? } else { recordings.add(vec![new])? };
    added.into_iter().next().ok_or_else(|| Error::new(ErrorKind::Internal, "the store lost a recording"))
}

/// Whether there is nothing to recognise a recording by.
pub(super) fn is_silent(new: &NewRecording) -> bool {
    new.fingerprint.landmarks.is_empty()
}

pub(super) fn silence() -> Error {
    let message = "there is nothing in it to recognise it by, only silence or no sound: it was not added";
    Error::new(ErrorKind::Unsupported, message)
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

/// Decodes and fingerprints a source in constant memory. The row says what the source is; its `id` is left to the
/// caller.
///
/// # Errors
/// As [`Decoder::open`].
pub fn fingerprint_source(source: impl Into<Source>) -> Result<NewRecording> {
    let made = fingerprint_until(source.into(), Recording::default(), None, &AtomicBool::new(false))?;
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
    options: &AddOptions,
    cancelled: &AtomicBool,
) -> Result<Option<Prepared>> {
    if let (true, Some(path)) = (row.id.is_empty(), source.path()) {
        row.id = options.id_of(path);
    }
    if row.id.is_empty() {
        let message = "a recording that is not a file needs an id: give one";
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    if let Some(hash) = row.source_hash.clone() {
        if let Some(id) = store.recordings().id_of_source(&hash)? {
            return Ok(Some(Prepared::Known(id)));
        }
        return Ok(fingerprint_until(source, row, options.track, cancelled)?.map(Prepared::New));
    }
    let (source, hash) = SourceHash::of(source)?;
    if let Some(hash) = hash.known()
        && let Some(id) = store.recordings().id_of_source(hash)?
    {
        return Ok(Some(Prepared::Known(id)));
    }
    let Some(mut new) = fingerprint_until(source, row, options.track, cancelled)? else { return Ok(None) };
    new.recording.source_hash = Some(hash.finish()?);
    Ok(Some(Prepared::New(new)))
}

/// `None` once `cancelled` is set.
fn fingerprint_until(
    source: Source,
    mut row: Recording,
    track: Option<u32>,
    cancelled: &AtomicBool,
) -> Result<Option<Box<NewRecording>>> {
    if let (true, Some(path)) = (row.source.is_none(), source.path()) {
        row.source = Some(path_text(path));
    }
    let mut decoder = Decoder::open(source, &DecodeOptions { track, ..DecodeOptions::at(SAMPLE_RATE) })?;
    let mut fingerprinter = Fingerprinter::new();
    while let Some(block) = decoder.next_block()? {
        if cancelled.load(Ordering::Relaxed) {
            return Ok(None);
        }
        fingerprinter.push(block)?;
    }
    (row.truncated, row.damaged_ms) = (decoder.truncated(), decoder.damaged_ms());
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
