//! Tables as Arrow.

use crate::convert::{is_null, optional_text};
use crate::error::{call, sonic_status};
use crate::nouns::store::{sonic_store, store_of};
use sonic::store::ArrowStream;
use sonic::{Result, Store};
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
/// Columns: id, title, source, source_hash, duration_ms, landmarks, frames, truncated, codec, sample_rate, channels,
/// user_id, mode, created_at, metadata (JSON). Instants are timestamps in milliseconds, UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recordings_table(
    store: *const sonic_store,
    stream: *mut ArrowArrayStream,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { write(store, stream, |store| store.recordings().table()) })
}

/// Every recording of a voice, in the order in which they came; see sonic_recordings_table.
///
/// Columns: recording_id, user_id, filename, file_path, duration_ms, file_size_bytes, sample_rate, audio_format,
/// created_at, updated_at, mode, status, embedding (a list of float), embedding_dimensions, voiceprint_id,
/// similarity_score, matched_user_id, metadata (JSON).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_table(
    store: *const sonic_store,
    stream: *mut ArrowArrayStream,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { write(store, stream, |store| store.voices().table()) })
}

/// Every face of the photos of an event, or for NULL of all events in order; see sonic_recordings_table.
///
/// Columns: event, photo_id, face_id, person_id, confirmed, x1, y1, x2, y2, score, landmarks (ten numbers), size,
/// sharpness, yaw, pitch, roll, brightness, clipped, embedding (a list of float; null after the event was archived).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_faces_table(
    store: *const sonic_store,
    event: *const c_char,
    stream: *mut ArrowArrayStream,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    let event = unsafe { optional_text(event, "event") };
    // SAFETY: as above.
    call(|| unsafe { write(store, stream, |store| store.faces().table(event?)) })
}

/// Everybody seen on the photos of an event, or for NULL of all events in order; see sonic_recordings_table.
///
/// Columns: event, person_id, label, status, user_id, name, invitation_email, invited_at, merged_into, faces, photos,
/// avg_quality, min_quality, max_quality, representative_face_id, pinned, confirmed, created_at, updated_at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_table(
    store: *const sonic_store,
    event: *const c_char,
    stream: *mut ArrowArrayStream,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    let event = unsafe { optional_text(event, "event") };
    let table = |store: &Store| match event? {
        Some(event) => store.people(event).table(),
        None => store.faces().people().table(),
    };
    // SAFETY: as above.
    call(|| unsafe { write(store, stream, table) })
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
