//! Many files, and many photos, into a store.

use crate::convert::{Out, optional_text, path, slice, text};
use crate::error::{call, sonic_status};
use crate::nouns::added_file::sonic_added_file_list;
use crate::nouns::added_photo_file::{sonic_add_photos_options, sonic_added_photo_file_list};
use crate::nouns::analyzer::{analyzer_of, sonic_face_analyzer};
use crate::nouns::job::{Job, cancelled, sonic_cancel, sonic_progress};
use crate::nouns::store::{sonic_store, store_of};
use crate::options::{Options, Sized32, given, init, read_options, reserved, threads};
use sonic::faces::{AddPhotoEvent, add_photos};
use sonic::recordings::{AddEvent, AddOptions, IdFrom, add_files};
use sonic::{Result, Store};
use std::ffi::c_char;
use std::path::PathBuf;
use std::ptr::null;

/// How to add many files.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_add_options {
    /// sizeof(sonic_add_options)
    pub size: u32,
    /// Threads that decode while one writes; 0 is as many as the machine has cores.
    pub threads: u32,
    /// Not 0 to make ids of the paths of files, as they are named; otherwise of their names without folder and extension.
    pub id_from_path: u32,
    /// Not 0 to let a file take the place of the recording that has its id and other bytes; otherwise it fails.
    pub replace: u32,
    /// Not 0 to add what holds nothing to be recognised by, silence or no sound at all.
    pub keep_silent: u32,
    /// Not 0 to take the sound track `track` of each file; otherwise the one that it calls its default.
    pub has_track: u32,
    /// The number of a sound track, counted from 0 in the order of the file.
    pub track: u32,
    /// 0.
    pub reserved: u32,
    /// What stands in front of ids; NULL is nothing.
    pub id_prefix: *const c_char,
}

// SAFETY: eight u32, then a pointer.
unsafe impl Sized32 for sonic_add_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_add_options {
    fn defaults() -> Self {
        Self {
            size: size_of::<Self>() as u32,
            threads: 0,
            id_from_path: 0,
            replace: 0,
            keep_silent: 0,
            has_track: 0,
            track: 0,
            reserved: 0,
            id_prefix: null(),
        }
    }
}

impl sonic_add_options {
    /// # Safety
    /// The pointer is null or a string.
    unsafe fn to_options(self) -> Result<AddOptions> {
        reserved(self.reserved)?;
        // SAFETY: the caller's promise.
        let prefix = unsafe { optional_text(self.id_prefix, "options.id_prefix") }?;
        Ok(AddOptions {
            jobs: threads(self.threads)?,
            id_from: if self.id_from_path != 0 { IdFrom::Path } else { IdFrom::Stem },
            id_prefix: prefix.unwrap_or_default().to_owned(),
            replace: self.replace != 0,
            keep_silent: self.keep_silent != 0,
            track: given(self.has_track, self.track),
            ..AddOptions::default()
        })
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_add_options_init(
    options: *mut sonic_add_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// Adds `count` files, and the media files in folders, as recordings that have the names of the files: some threads decode
/// while one writes, a batch a transaction. A file whose bytes are in the store is passed over, so that adding a folder
/// again after an interruption goes on where it stopped. Links are followed once; pipes, sockets and devices are not
/// opened. `options` and `files`, what became of each and what folders hold that was not taken, may be NULL.
///
/// Errors: IO or MISMATCH if the store cannot be written; CLOSED if it is closed or the work was cancelled, and what was
/// decoded before is in the store then. What is wrong with a file is in its row and does not end the others.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recordings_add_many(
    store: *const sonic_store,
    paths: *const *const c_char,
    count: usize,
    options: *const sonic_add_options,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    files: *mut *mut sonic_added_file_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, paths) = unsafe { (store_of(store)?, paths_of(paths, count)?) };
        // SAFETY: as above.
        let (job, out) = unsafe { (Job::new(cancel, progress)?, Out::new(files, "files").ok()) };
        // SAFETY: as above.
        let options = unsafe { read_options(options)?.to_options() }?;
        let added = add(store, &paths, &options, job)?;
        out.map_or(Ok(()), |out| out.give(added))
    })
}

/// Adds `count` photos, and the pictures in folders, to an event, with the faces that `analyzer` finds; each photo is one
/// transaction. A photo whose bytes are in the event is not decoded again, so that adding a folder again after an
/// interruption goes on where it stopped. The id of a photo is the name of its file, with a part of the hash of its bytes
/// where another photo of the event has that name. `photos`, what became of each and what folders
/// hold that was not taken, may be NULL.
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
        let (mut added, mut done, mut total) = (sonic_added_photo_file_list::default(), 0, 0);
        let summary = add_photos(store, analyzer, event, &paths, &options, |event| {
            match event {
                AddPhotoEvent::Found(count) => total = count as u64,
                AddPhotoEvent::PassedOver(photo) => added.push(&photo),
                AddPhotoEvent::Photo(photo) => {
                    added.push(&photo);
                    done += 1;
                }
                _ => (),
            }
            job.set(done, total);
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
    let (mut added, mut done, mut total) = (sonic_added_file_list::empty(), 0, 0);
    let summary = add_files(store, paths, options, |event| {
        match event {
            AddEvent::Found(count) => total = count as u64,
            AddEvent::PassedOver(file) => added.push(&file),
            AddEvent::File(file) => {
                added.push(&file);
                done += 1;
            }
            _ => (),
        }
        job.set(done, total);
        job.flow()
    })?;
    match summary.cancelled {
        true => Err(cancelled()),
        false => Ok(added),
    }
}
