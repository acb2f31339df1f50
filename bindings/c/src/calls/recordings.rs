//! The recordings of a store: adding them, and finding out which one a clip is from.

use crate::convert::{Out, invalid, is_null, missing, reference, text};
use crate::error::{call, sonic_status};
use crate::nouns::answer::{sonic_answer, sonic_identify_options};
use crate::nouns::file::sonic_file;
use crate::nouns::fingerprint::{sonic_fingerprint, sonic_landmarks};
use crate::nouns::recording::{
    Row, sonic_added, sonic_recording, sonic_recording_list, sonic_recording_options,
};
use crate::nouns::source::{check_named, sonic_source, source_of};
use crate::nouns::store::{sonic_store, store_of};
use crate::options::read_options;
use sonic::store::Cursor;
use sonic::{Result, recordings};
use std::ffi::c_char;

/// Decodes a source and adds it as a recording, in memory that does not grow with its length, in one transaction.
/// `options`, in which what is not a file needs an id, and `added` may be NULL.
///
/// A source whose bytes are in the store already is not added again, which is no error; see sonic_added_is_new.
///
/// Errors: as sonic_clip_decode and sonic_recordings_add_fingerprint.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recordings_add(
    store: *const sonic_store,
    source: *const sonic_source,
    options: *const sonic_recording_options,
    added: *mut *mut sonic_added,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, source) = unsafe { (store_of(store)?, source_of(source)?) };
        // SAFETY: as above.
        let options = unsafe { read_options(options) }?;
        // SAFETY: as above.
        let recording = unsafe { options.to_recording() }?;
        check_named(source, !recording.id.is_empty(), "id")?;
        // SAFETY: as above.
        let out = unsafe { Out::new(added, "added") }.ok();
        let added = recordings::add_with(store, source.open()?, recording, &options.to_options())?;
        let added = sonic_added::new(added)?;
        out.map_or(Ok(()), |out| out.give(added))
    })
}

/// Adds a recording by its fingerprint, in one transaction. `options` must name it. `added` may be NULL.
///
/// Errors: INVALID_ARGUMENT for an id that is missing or too long; MISMATCH if the id belongs to another recording, or
/// the fingerprint's pipeline is not the store's; IO if another process is writing or the disk is full.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recordings_add_fingerprint(
    store: *const sonic_store,
    fingerprint: *const sonic_fingerprint,
    options: *const sonic_recording_options,
    added: *mut *mut sonic_added,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, fingerprint) = unsafe { (store_of(store)?, reference(fingerprint, "fingerprint")?) };
        // SAFETY: as above.
        let recording = unsafe { read_options(options)?.to_recording() }?;
        // SAFETY: as above.
        let out = unsafe { Out::new(added, "added") }.ok();
        let added = sonic_added::new(recordings::add(store, &fingerprint.fingerprint, recording)?)?;
        out.map_or(Ok(()), |out| out.give(added))
    })
}

/// Decodes a source and finds out which recordings it comes from, in memory that does not grow with its length; see
/// sonic_recordings_identify_fingerprint.
///
/// Errors: as sonic_clip_decode and sonic_recordings_identify_fingerprint.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recordings_identify(
    store: *const sonic_store,
    source: *const sonic_source,
    options: *const sonic_identify_options,
    answer: *mut *mut sonic_answer,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, source) = unsafe { (store_of(store)?, source_of(source)?) };
        // SAFETY: as above.
        let options = unsafe { read_options(options)?.to_options() }?;
        // SAFETY: as above.
        let out = unsafe { Out::new(answer, "answer") }?;
        out.give(sonic_answer::new(sonic::identify(store, source.open()?, &options)?))
    })
}

/// Which recordings the clip with this fingerprint comes from.
///
/// Errors: INVALID_ARGUMENT if the fingerprint has no texture; MISMATCH if it was made by another pipeline than the
/// store's; MALFORMED if the store is damaged. A clip that is not recognised is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recordings_identify_fingerprint(
    store: *const sonic_store,
    fingerprint: *const sonic_fingerprint,
    options: *const sonic_identify_options,
    answer: *mut *mut sonic_answer,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, fingerprint) = unsafe { (store_of(store)?, reference(fingerprint, "fingerprint")?) };
        // SAFETY: as above.
        let options = unsafe { read_options(options)?.to_options() }?;
        // SAFETY: as above.
        let out = unsafe { Out::new(answer, "answer") }?;
        out.give(sonic_answer::new(sonic::identify(store, &fingerprint.fingerprint, &options)?))
    })
}

/// The recording named `id`; free it with sonic_recording_free.
///
/// Errors: NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recordings_get(
    store: *const sonic_store,
    id: *const c_char,
    recording: *mut *mut sonic_recording,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, id) = unsafe { (store_of(store)?, text(id, "id")?) };
        // SAFETY: as above; a `Row` begins with the struct that C sees.
        let out = unsafe { Out::new(recording.cast::<*mut Row>(), "recording") }?;
        let none = || missing(format!("there is no recording {id:?} in the store"));
        let row = store.recordings().get(id)?.ok_or_else(none)?;
        out.give(Row::new(&row))
    })
}

/// Whether there is a recording named `id`.
///
/// Errors: MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recordings_contains(
    store: *const sonic_store,
    id: *const c_char,
    found: *mut bool,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, id) = unsafe { (store_of(store)?, text(id, "id")?) };
        // SAFETY: as above.
        let found = unsafe { found.as_mut() }.ok_or_else(|| is_null("found"))?;
        *found = store.recordings().contains(id)?;
        Ok(())
    })
}

/// The recording whose source bytes have the hash `source_hash`, as `source_hash` of sonic_recording has it; free it with
/// sonic_recording_free.
///
/// Errors: NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recordings_of_source(
    store: *const sonic_store,
    source_hash: *const c_char,
    recording: *mut *mut sonic_recording,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, hash) = unsafe { (store_of(store)?, text(source_hash, "source_hash")?) };
        // SAFETY: as above; a `Row` begins with the struct that C sees.
        let out = unsafe { Out::new(recording.cast::<*mut Row>(), "recording") }?;
        let none = || missing(format!("there is no recording of the source {hash:?} in the store"));
        let recordings = store.recordings();
        let id = recordings.id_of_source(hash)?.ok_or_else(none)?;
        out.give(Row::new(&recordings.get(&id)?.ok_or_else(none)?))
    })
}

/// Every recording, in the order in which they were added.
///
/// Errors: MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recordings_list(
    store: *const sonic_store,
    recordings: *mut *mut sonic_recording_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, out) = unsafe { (store_of(store)?, Out::new(recordings, "recordings")?) };
        let all = store.recordings().iter().collect::<Result<Vec<_>>>()?;
        out.give(sonic_recording_list::new(&all, None))
    })
}

/// At most `limit` recordings that were added after the place `after`, which is 0 for the start and then what
/// sonic_recording_list_next gives. What is removed meanwhile is left out, what is added comes at the end.
///
/// Errors: INVALID_ARGUMENT if `limit` is 0; MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recordings_page(
    store: *const sonic_store,
    after: u32,
    limit: usize,
    recordings: *mut *mut sonic_recording_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, out) = unsafe { (store_of(store)?, Out::new(recordings, "recordings")?) };
        let page = store.recordings().page(Cursor(after), limit)?;
        out.give(sonic_recording_list::new(&page.recordings, page.next))
    })
}

/// The number of recordings, in the same short time at any size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recordings_len(store: *const sonic_store, count: *mut u64) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, count) = unsafe { (store_of(store)?, count.as_mut().ok_or_else(|| is_null("count"))?) };
        *count = store.recordings().len()?;
        Ok(())
    })
}

/// The landmarks of the recording named `id`.
///
/// Errors: NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recordings_landmarks(
    store: *const sonic_store,
    id: *const c_char,
    landmarks: *mut *mut sonic_landmarks,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, id) = unsafe { (store_of(store)?, text(id, "id")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(landmarks, "landmarks") }?;
        out.give(sonic_landmarks(store.recordings().landmarks(id)?.iter().map(Into::into).collect()))
    })
}

/// Removes the recording named `id`. It is gone for searches at once; its bytes are gone from the file after
/// sonic_store_compact.
///
/// Errors: NOT_FOUND if there is none; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recordings_remove(
    store: *const sonic_store,
    id: *const c_char,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, id) = unsafe { (store_of(store)?, text(id, "id")?) };
        store.recordings().remove(id).map(|_| ())
    })
}

/// A picture, as SVG, of why `source`, which is read once more, was recognised as match number `index` of its answer:
/// the landmarks of both, one over the other, and how many more meet at this offset than at others. Of a long clip the
/// first 30 s that match are drawn.
///
/// Errors: INVALID_ARGUMENT if the answer has no such match; NOT_FOUND if the recording is gone; for the rest as
/// sonic_clip_decode.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recordings_explain(
    store: *const sonic_store,
    source: *const sonic_source,
    answer: *const sonic_answer,
    index: usize,
    file: *mut *mut sonic_file,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, source) = unsafe { (store_of(store)?, source_of(source)?) };
        // SAFETY: as above.
        let (answer, out) = unsafe { (reference(answer, "answer")?, Out::new(file, "file")?) };
        let none = || invalid(format!("index is {index}: the answer has {} matches", answer.found().len()));
        let found = answer.found().get(index).ok_or_else(none)?;
        let picture = recordings::explain(store, source.open()?, found)?;
        out.give(sonic_file(recordings::render(&picture).into_bytes()))
    })
}
