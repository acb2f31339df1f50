//! What is in a store.

use crate::convert::{Out, Sized32, c_string, fill, free, is_null, reference, text};
use crate::error::{call, sonic_status};
use crate::fingerprint::sonic_landmarks;
use crate::recording::{Row, sonic_recording, sonic_recordings};
use crate::store::{sonic_store, store_of};
use sonic::{Cursor, Error, ErrorKind, Page, PipelineId, Stats};
use std::ffi::{CString, c_char};
use std::ptr::null;
use std::sync::PoisonError;

/// The recording named `id`; free it with sonic_recording_free.
///
/// Errors: NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_recording(
    store: *const sonic_store,
    id: *const c_char,
    recording: *mut *mut sonic_recording,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, id) = unsafe { (store_of(store)?, text(id, "id")?) };
        // SAFETY: as above; a `Row` begins with the struct that C sees.
        let out = unsafe { Out::new(recording.cast::<*mut Row>(), "recording") }?;
        let row = store.recording(id)?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("there is no recording {id:?} in the store"))
        })?;
        out.give(Row::new(&row))
    })
}

/// Every recording, in the order in which they were added.
///
/// Errors: MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_recordings(
    store: *const sonic_store,
    recordings: *mut *mut sonic_recordings,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, out) = unsafe { (store_of(store)?, Out::new(recordings, "recordings")?) };
        out.give(sonic_recordings::new(&Page { recordings: store.recordings()?, next: None }))
    })
}

/// At most `limit` recordings that were added after the place `after`, which is 0 for the start and then what
/// sonic_recordings_next gives. What is removed meanwhile is left out, what is added comes at the end.
///
/// Errors: INVALID_ARGUMENT if `limit` is 0; MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_recordings_after(
    store: *const sonic_store,
    after: u32,
    limit: usize,
    recordings: *mut *mut sonic_recordings,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, out) = unsafe { (store_of(store)?, Out::new(recordings, "recordings")?) };
        out.give(sonic_recordings::new(&store.recordings_after(Cursor(after), limit)?))
    })
}

/// The number of recordings, in the same short time at any size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_count(store: *const sonic_store, count: *mut u64) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, count) = unsafe { (store_of(store)?, count.as_mut().ok_or_else(|| is_null("count"))?) };
        *count = store.count()?;
        Ok(())
    })
}

/// The landmarks of the recording named `id`.
///
/// Errors: NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_landmarks(
    store: *const sonic_store,
    id: *const c_char,
    landmarks: *mut *mut sonic_landmarks,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, id) = unsafe { (store_of(store)?, text(id, "id")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(landmarks, "landmarks") }?;
        out.give(sonic_landmarks(store.landmarks(id)?.iter().map(Into::into).collect()))
    })
}

/// Removes the recording named `id`. It is gone for searches at once; its bytes are gone from the file after
/// sonic_store_compact.
///
/// Errors: NOT_FOUND if there is none; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_remove(store: *const sonic_store, id: *const c_char) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, id) = unsafe { (store_of(store)?, text(id, "id")?) };
        store.remove(id).map(|_| ())
    })
}

/// Counts of a store. Set `size` before the call; the rest is filled in as far as it reaches.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_stats {
    /// sizeof(sonic_stats)
    pub size: u32,
    /// Version of the store's format.
    pub format_version: u32,
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
    /// Pieces that the inverted index consists of.
    pub segments: u64,
    /// Bytes of the store on disk.
    pub file_bytes: u64,
    /// Pipeline of the fingerprints, borrowed from the store's handle; NULL while there are none.
    pub pipeline: *const c_char,
}

// SAFETY: two u32, seven u64, a pointer.
unsafe impl Sized32 for sonic_stats {
    const LEAST: usize = size_of::<Self>();
}

/// Counts. Takes time in proportion to the number of recordings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_stats(
    store: *const sonic_store,
    stats: *mut sonic_stats,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let store = unsafe { reference(store, "store") }?;
        // SAFETY: as above.
        unsafe { fill(stats, "stats", || Ok(in_c(store, &store.store.stats()?))) }
    })
}

fn in_c(store: &sonic_store, of: &Stats) -> sonic_stats {
    sonic_stats {
        size: size_of::<sonic_stats>() as u32,
        format_version: of.format_version,
        recordings: of.recordings,
        duration_ms: of.duration_ms,
        landmarks: of.landmarks,
        postings: of.postings,
        postings_bytes: of.postings_bytes,
        segments: of.segments,
        file_bytes: of.file_bytes,
        pipeline: of.pipeline.as_ref().map_or(null(), |p| kept(store, p)),
    }
}

/// The name of a pipeline, for as long as the store's handle lives.
pub(crate) fn kept(store: &sonic_store, pipeline: &PipelineId) -> *const c_char {
    let mut names = store.pipelines.lock().unwrap_or_else(PoisonError::into_inner);
    let name = c_string(pipeline.as_str());
    let place = names.iter().position(|n| *n == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    });
    names[place].as_ptr()
}

/// Merges the whole index, drops what belongs to removed recordings, and rewrites the file without free space. Other
/// handles of this process wait; those of other processes turn to the new file by themselves.
///
/// Errors: IO if another process is writing or the disk has no room for the copy; the store is as it was then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_compact(store: *const sonic_store) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { store_of(store) }?.compact())
}

/// Shared. What sonic_store_check found wrong.
pub struct sonic_problems(Vec<CString>);

/// Reads everything once and tells what is wrong; no problems mean that the store is sound.
///
/// Errors: IO if the store cannot be read at all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_check(
    store: *const sonic_store,
    problems: *mut *mut sonic_problems,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, out) = unsafe { (store_of(store)?, Out::new(problems, "problems")?) };
        out.give(sonic_problems(store.check()?.iter().map(|p| c_string(&p.message)).collect()))
    })
}

/// How many problems there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_problems_len(problems: *const sonic_problems) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { problems.as_ref() }.map_or(0, |p| p.0.len())
}

/// The problem number `index` in words, from 0 on; NULL beyond the last. Borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_problems_message(
    problems: *const sonic_problems,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { problems.as_ref() }.and_then(|p| p.0.get(index)).map_or(null(), |p| p.as_ptr())
}

/// Frees problems; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_problems_free(problems: *mut sonic_problems) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(problems) }
}
