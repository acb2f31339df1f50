//! Many files, and many photos, into a store.

use crate::convert::{Out, path, slice, text};
use crate::error::{call, sonic_status};
use crate::nouns::added_file::sonic_added_file_list;
use crate::nouns::added_photo_file::{sonic_add_photos_options, sonic_added_photo_file_list};
use crate::nouns::analyzer::{analyzer_of, sonic_face_analyzer};
use crate::nouns::job::{Job, cancelled, sonic_cancel, sonic_progress};
use crate::nouns::store::{sonic_store, store_of};
use crate::options::{read_options, threads};
use sonic::faces::{AddPhotoEvent, add_photos};
use sonic::recordings::{AddEvent, AddOptions, add_files};
use sonic::{Result, Store};
use std::ffi::c_char;
use std::path::PathBuf;

/// Adds `count` files, and the media files in folders, as recordings that have the names of the files: `threads` decode
/// (0 is as many as the machine has cores) while one writes, a batch a transaction. A file whose bytes are in the store
/// is passed over, so that adding a folder again after an interruption goes on where it stopped. `files`, what became of
/// each, may be NULL.
///
/// Errors: IO or MISMATCH if the store cannot be written; CLOSED if it is closed or the work was cancelled, and what was
/// decoded before is in the store then. What is wrong with a file is in its row and does not end the others.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recordings_add_many(
    store: *const sonic_store,
    paths: *const *const c_char,
    count: usize,
    threads: u32,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    files: *mut *mut sonic_added_file_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, paths) = unsafe { (store_of(store)?, paths_of(paths, count)?) };
        // SAFETY: as above.
        let (job, out) = unsafe { (Job::new(cancel, progress)?, Out::new(files, "files").ok()) };
        let options = AddOptions { jobs: self::threads(threads)?, id: None };
        let added = add(store, &paths, &options, job)?;
        out.map_or(Ok(()), |out| out.give(added))
    })
}

/// Adds `count` photos, and the pictures in folders, to an event, with the faces that `analyzer` finds; each photo is one
/// transaction. A photo whose bytes are in the event is not decoded again, so that adding a folder again after an
/// interruption goes on where it stopped. The id of a photo is the name of its file, with a part of the hash of its bytes
/// where another photo of the event has that name. `photos`, what became of each, may be NULL.
///
/// Errors: MISMATCH if the store's faces were embedded by another model; INVALID_ARGUMENT if the event is archived; IO if
/// the store cannot be written; CLOSED if it is closed or the work was cancelled, and what was added before is in the
/// store then. What is wrong with a file is in its row and does not end the others.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_faces_add_photos(
    store: *const sonic_store,
    event: *const c_char,
    analyzer: *const sonic_face_analyzer,
    paths: *const *const c_char,
    count: usize,
    options: *const sonic_add_photos_options,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    photos: *mut *mut sonic_added_photo_file_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, event) = unsafe { (store_of(store)?, text(event, "event")?) };
        // SAFETY: as above.
        let (analyzer, paths) = unsafe { (analyzer_of(analyzer)?, paths_of(paths, count)?) };
        // SAFETY: as above.
        let options = unsafe { read_options(options)?.to_options() }?;
        // SAFETY: as above.
        let (job, out) = unsafe { (Job::new(cancel, progress)?, Out::new(photos, "photos").ok()) };
        let (mut added, mut total) = (sonic_added_photo_file_list::default(), 0);
        let summary = add_photos(store, analyzer, event, &paths, &options, |event| {
            match event {
                AddPhotoEvent::Found(count) => total = count as u64,
                AddPhotoEvent::Photo(photo) => added.push(&photo),
                _ => (),
            }
            job.set(added.len() as u64, total);
            job.flow()
        })?;
        match summary.cancelled {
            true => Err(cancelled()),
            false => out.map_or(Ok(()), |out| out.give(added)),
        }
    })
}

/// # Safety
/// `paths` is null or points to `count` pointers, each null or a string.
unsafe fn paths_of(paths: *const *const c_char, count: usize) -> Result<Vec<PathBuf>> {
    // SAFETY: the caller's promise.
    let paths = unsafe { slice(paths, count, "paths") }?;
    // SAFETY: the caller's promise.
    paths.iter().map(|&one| unsafe { path(one, "a path of paths") }).collect()
}

fn add(
    store: &Store,
    paths: &[PathBuf],
    options: &AddOptions,
    job: Job<'_>,
) -> Result<sonic_added_file_list> {
    let (mut added, mut total) = (sonic_added_file_list::empty(), 0);
    let summary = add_files(store, paths, options, |event| {
        match event {
            AddEvent::Found(count) => total = count as u64,
            AddEvent::File(file) => added.push(&file),
            _ => (),
        }
        job.set(added.len() as u64, total);
        job.flow()
    })?;
    match summary.cancelled {
        true => Err(cancelled()),
        false => Ok(added),
    }
}
