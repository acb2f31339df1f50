//! Many files into a store.

use crate::convert::{Out, path, slice};
use crate::error::{call, sonic_status};
use crate::nouns::added_file::sonic_added_file_list;
use crate::nouns::job::{Job, cancelled, sonic_cancel, sonic_progress};
use crate::nouns::store::{sonic_store, store_of};
use crate::options::threads;
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
        let (store, paths) = unsafe { (store_of(store)?, slice(paths, count, "paths")?) };
        // SAFETY: as above.
        let paths = paths.iter().map(|&one| unsafe { path(one, "a path of paths") });
        let paths = paths.collect::<Result<Vec<_>>>()?;
        // SAFETY: as above.
        let (job, out) = unsafe { (Job::new(cancel, progress)?, Out::new(files, "files").ok()) };
        let options = AddOptions { jobs: self::threads(threads)?, id: None };
        let added = add(store, &paths, &options, job)?;
        out.map_or(Ok(()), |out| out.give(added))
    })
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
