//! Importing recordings without their sound, comparing and removing them.

use crate::convert::{Out, is_null, path, text};
use crate::error::{call, sonic_status};
use crate::nouns::imported::{
    sonic_imported_file_list, sonic_imported_recording_list, sonic_validated_file_list,
};
use crate::nouns::job::{Job, cancelled, sonic_cancel, sonic_progress};
use crate::nouns::store::{sonic_store, store_of};
use sonic::imported::{self, ImportEvent};
use std::ffi::c_char;

/// Imports the fingerprints that CityWok left at `place`: a pickle, an LMDB environment, a folder of them, or a folder with
/// `fingerprints` and `checksums` as its bucket has them. Each file is one transaction; what was imported before is passed
/// over. Their recordings are found by sonic_recordings_identify beside the others, until they are added with their sound.
/// `progress` counts the bytes of the file that is read. `files`, what became of each, may be NULL.
///
/// Errors: NOT_FOUND if there is no season at `place`; IO if the store cannot be written; CLOSED if it is closed or the work
/// was cancelled, and the files that were imported before stay. What is wrong with a file is in its row and does not end
/// the others.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_imported_add(
    store: *const sonic_store,
    place: *const c_char,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    files: *mut *mut sonic_imported_file_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, place) = unsafe { (store_of(store)?, path(place, "place")?) };
        // SAFETY: as above.
        let (job, out) = unsafe { (Job::new(cancel, progress)?, Out::new(files, "files").ok()) };
        let (mut list, mut before, mut now) = (sonic_imported_file_list::default(), 0, 0);
        let summary = imported::import(store, place, |event| {
            match event {
                ImportEvent::Reading { bytes, .. } => now = bytes,
                ImportEvent::File(file) => {
                    list.push(&file);
                    (before, now) = (before + now, 0);
                }
                _ => (),
            }
            job.set(before + now, 0);
            job.flow()
        })?;
        match summary.cancelled {
            true => Err(cancelled()),
            false => out.map_or(Ok(()), |out| out.give(list)),
        }
    })
}

/// Compares the files at `place` with what was imported of them: 1,000 hashes of each by the frames at which every
/// recording has them, and all by whether there is such a hash. `progress` counts files.
///
/// Errors: NOT_FOUND if there is no season at `place`; MALFORMED if the store is damaged; CLOSED if it is closed or the work
/// was cancelled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_imported_validate(
    store: *const sonic_store,
    place: *const c_char,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    files: *mut *mut sonic_validated_file_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, place) = unsafe { (store_of(store)?, path(place, "place")?) };
        // SAFETY: as above.
        let (job, out) = unsafe { (Job::new(cancel, progress)?, Out::new(files, "files")?) };
        let (mut list, mut done) = (sonic_validated_file_list::default(), 0);
        let validation = imported::validate(store, place, |file| {
            if let Some(file) = file {
                list.push(&file);
                done += 1;
            }
            job.set(done, 0);
            job.flow()
        })?;
        if validation.cancelled { Err(cancelled()) } else { out.give(list) }
    })
}

/// Every recording that was imported without its sound.
///
/// Errors: MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_imported_list(
    store: *const sonic_store,
    recordings: *mut *mut sonic_imported_recording_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, out) = unsafe { (store_of(store)?, Out::new(recordings, "recordings")?) };
        out.give(sonic_imported_recording_list::new(&store.imported().list()?))
    })
}

/// Removes what was imported of the recording `id`.
///
/// Errors: NOT_FOUND if nothing is imported under that id; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_imported_remove(store: *const sonic_store, id: *const c_char) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, id) = unsafe { (store_of(store)?, text(id, "id")?) };
        store.imported().remove(id).map(drop)
    })
}

/// Removes all that was imported; `removed` is of how many recordings.
///
/// Errors: IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_imported_clear(store: *const sonic_store, removed: *mut u64) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let store = unsafe { store_of(store) }?;
        if removed.is_null() {
            return Err(is_null("removed"));
        }
        let count = store.imported().clear()?;
        // SAFETY: as above, and not null.
        unsafe { removed.write(count) };
        Ok(())
    })
}
