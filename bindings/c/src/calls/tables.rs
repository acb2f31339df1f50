//! Tables as Arrow.

use crate::convert::{is_null, optional_text};
use crate::error::{call, sonic_status};
use crate::nouns::store::{sonic_store, store_of};
use sonic::{ArrowStream, Error, ErrorKind, Result, Store};
use std::ffi::{c_char, c_void};

/// The struct of the Arrow C stream interface, which the header declares as the specification does.
#[repr(C)]
pub struct ArrowArrayStream {
    functions: [*mut c_void; 4],
    private_data: *mut c_void,
}

/// Every recording, in the order in which they were added, as a table of the Arrow C stream interface, which is read
/// 4096 rows at a time. `stream` is written, not released before; its reader calls its `release`, also when it reads
/// no row. The stream outlives the store's handle; closing the store ends it with an error.
///
/// Columns: recording_id, title, source, source_hash, duration_ms, landmarks, truncated, codec, sample_rate, channels,
/// user_id, mode, created_at (UTC, in milliseconds), metadata (JSON).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recordings_table(
    store: *const sonic_store,
    stream: *mut ArrowArrayStream,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { write(store, stream, Store::recordings_arrow) })
}

/// Every recording of a voice, as sonic_voices_enroll_clips and other languages keep them, in the order in which they came;
/// see sonic_recordings_table.
///
/// Columns: recording_id, user_id, filename, file_path, duration_seconds, file_size_bytes, sample_rate, audio_format,
/// created_at, updated_at (UTC, in milliseconds, without a zone), mode, status, embedding (a list of float),
/// embedding_dimensions, voiceprint_id, similarity_score, matched_user_id, metadata (JSON).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_table(
    store: *const sonic_store,
    stream: *mut ArrowArrayStream,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { write(store, stream, |store| store.voices().arrow()) })
}

/// Every face of a photo, in order of event; see sonic_recordings_table.
///
/// Columns: event_id, media_id (the photo's), face_id, face_person_id, confirmed, x1, y1, x2, y2, quality_score,
/// landmarks (ten numbers), size, sharpness, yaw, pitch, roll, brightness, clipped, embedding (a list of float; null after
/// the event was archived).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_faces_table(
    store: *const sonic_store,
    event: *const c_char,
    stream: *mut ArrowArrayStream,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { write(store, stream, |store| all_events(event).and_then(|()| store.faces().arrow())) })
}

/// Everybody seen on photos, in order of event; see sonic_recordings_table.
///
/// Columns: event_id, person_id, cluster_label, status, linked_user_id, name, invitation_email, merged_into_id, face_count,
/// photo_count, avg_quality, min_quality, max_quality, representative_face_id, pinned, created_at, updated_at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_table(
    store: *const sonic_store,
    event: *const c_char,
    stream: *mut ArrowArrayStream,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe {
        write(store, stream, |store| all_events(event).and_then(|()| store.faces().people_arrow()))
    })
}

/// # Safety
/// `event` is null or a string.
unsafe fn all_events(event: *const c_char) -> Result<()> {
    // SAFETY: the caller's promise.
    match unsafe { optional_text(event, "event") }? {
        None => Ok(()),
        Some(_) => Err(Error::new(ErrorKind::Unsupported, "a table of one event cannot be made yet")),
    }
}

/// # Safety
/// The pointers are as the header says.
unsafe fn write(
    store: *const sonic_store,
    stream: *mut ArrowArrayStream,
    make: impl FnOnce(&Store) -> Result<ArrowStream>,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let store = unsafe { store_of(store) }?;
    if stream.is_null() {
        return Err(is_null("stream"));
    }
    let made = make(store)?;
    // SAFETY: the caller's promise, and not null.
    unsafe { made.write_to(stream.cast()) };
    Ok(())
}
