//! Counts of a store, and its upkeep.

use crate::convert::{Out, path, reference, text};
use crate::error::{call, sonic_status};
use crate::nouns::event::{faces_in_c, sonic_forgotten_faces};
use crate::nouns::job::{Job, cancelled, sonic_cancel, sonic_progress};
use crate::nouns::store::{
    salvaged_in_c, sonic_problems, sonic_salvaged, sonic_stats, sonic_store, stats_in_c, store_of,
};
use crate::nouns::voiceprint::{sonic_forgotten_voices, voices_in_c};
use crate::options::{check_room, fill, fill_some};
use sonic::Store;
use std::ffi::c_char;

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
        unsafe { fill(stats, "stats", || Ok(stats_in_c(store, &store.store.stats()?))) }
    })
}

/// Merges the whole index, drops what belongs to removed recordings, and writes a new file without free space beside the
/// old one. Whoever reads goes on reading; every handle and process turns to the new file with its next call. It is
/// cancelled before it begins or not at all.
///
/// Errors: IO if another process is writing or the disk has no room for the copy; the store is as it was then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_compact(
    store: *const sonic_store,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, job) = unsafe { (store_of(store)?, Job::new(cancel, progress)?) };
        job.whole(|| store.compact())
    })
}

/// Reads everything once and tells what is wrong; no problems mean that the store is sound. It is cancelled before it begins or
/// not at all.
///
/// Errors: IO if the store cannot be read at all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_check(
    store: *const sonic_store,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    problems: *mut *mut sonic_problems,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, out) = unsafe { (store_of(store)?, Out::new(problems, "problems")?) };
        // SAFETY: as above.
        let job = unsafe { Job::new(cancel, progress) }?;
        out.give(sonic_problems::new(&job.whole(|| store.check())?))
    })
}

/// Saves what is whole of the store in directory `from`, to which nobody writes meanwhile, to a new store in directory `to`.
/// Rows are taken only if their checksums are right, and what was removed does not come back, but see
/// `may_lack_last_change`. What needs a row that is lost goes with it; a voice or a face without its embedding is kept but not
/// found by likeness. `progress` counts rows. `from` is only read; if the call fails, or is cancelled, nothing is left in `to`.
///
/// Errors: NOT_FOUND if there is no store; INVALID_ARGUMENT if `to` is not empty; MALFORMED if nothing tells which rows are
/// current; IO if a process writes to `from` or there is no room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_salvage(
    from: *const c_char,
    to: *const c_char,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    salvaged: *mut sonic_salvaged,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (from, to, job) = unsafe { (path(from, "from")?, path(to, "to")?, Job::new(cancel, progress)?) };
        let save = || {
            let saved = Store::salvage(from, to, |rows| {
                job.set(rows, 0);
                job.flow()
            })?;
            Ok(salvaged_in_c(&saved.ok_or_else(cancelled)?))
        };
        // SAFETY: as above.
        unsafe { fill(salvaged, "salvaged", save) }
    })
}

/// Forgets a user: their voiceprints, recordings of voices and speakers, and the people on photos who are linked to them,
/// with their faces and tags; see sonic_voices_forget_user and sonic_faces_forget_user. It is one transaction. They are
/// gone for every call at once; their bytes are gone from the file after sonic_store_compact. `voices` and `faces`, the
/// counts, may be NULL; counts of 0 mean that there was nothing, which is no error.
///
/// Errors: INVALID_ARGUMENT if the id is empty or too long; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_forget(
    store: *const sonic_store,
    user_id: *const c_char,
    voices: *mut sonic_forgotten_voices,
    faces: *mut sonic_forgotten_faces,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, user_id) = unsafe { (store_of(store)?, text(user_id, "user_id")?) };
        // SAFETY: as above; the first is filled with zeros if the second cannot be.
        unsafe { (check_room(voices, "voices")?, check_room(faces, "faces")?) };
        let gone = store.forget(user_id)?;
        // SAFETY: as above.
        unsafe { fill_some(voices, "voices", || Ok(voices_in_c(gone.voices)))? };
        // SAFETY: as above.
        unsafe { fill_some(faces, "faces", || Ok(faces_in_c(gone.faces))) }
    })
}

/// Writes the tables of a store into `folder`, made if it does not exist, as recordings.parquet, voices.parquet,
/// faces.parquet and people.parquet; their columns are those of sonic_recordings_table, sonic_voices_table,
/// sonic_faces_table and sonic_people_table. A file takes the place of an older one when it is complete. It is cancelled
/// before it begins or not at all.
///
/// Errors: IO if the files cannot be written; MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_export_parquet(
    store: *const sonic_store,
    folder: *const c_char,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, folder) = unsafe { (store_of(store)?, path(folder, "folder")?) };
        // SAFETY: as above.
        let job = unsafe { Job::new(cancel, progress) }?;
        job.whole(|| store.export_parquet(folder)).map(drop)
    })
}
