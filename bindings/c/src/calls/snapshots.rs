//! A store and its snapshots in object storage.
//!
//! An address is s3://bucket/prefix, az://container/prefix, gs://bucket/prefix or file:///folder.

use crate::convert::{Out, is_null, path, text};
use crate::error::{call, sonic_status};
use crate::nouns::job::{Job, sonic_cancel, sonic_progress};
use crate::nouns::snapshot::{
    sonic_follower, sonic_pruned, sonic_remote_options, sonic_snapshot_list, sonic_transferred,
};
use crate::nouns::store::{sonic_store, store_of};
use crate::options::{check_room, fill_some, read_options};
use sonic::remote::{self, FollowOptions, Progress, PruneOptions};
use std::ffi::c_char;
use std::ops::ControlFlow;
use std::time::Duration;

/// Tells C how far it is.
fn told(job: Job<'_>) -> impl FnMut(Progress) -> ControlFlow<()> {
    move |at| {
        job.set(at.bytes, at.total_bytes);
        job.flow()
    }
}

/// Makes what a store holds the current snapshot of the bucket at `url`. Only chunks that the bucket lacks are sent, and it is
/// published in one step. The store must be the current snapshot with something added: pulled or pushed last as that, or new as
/// the bucket is. Progress counts bytes of the store. `pushed` may be NULL.
///
/// Errors: MISMATCH if another snapshot is the current one; INVALID_ARGUMENT for an address that is none; UNSUPPORTED for one that is
/// only read; IO if the bucket cannot be reached or refuses; CLOSED if it was cancelled. Nothing is published then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_snapshots_push(
    store: *const sonic_store,
    url: *const c_char,
    options: *const sonic_remote_options,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    pushed: *mut sonic_transferred,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, url, options) = unsafe { (store_of(store)?, text(url, "url")?, read_options(options)?) };
        // SAFETY: as above.
        let (options, job) = unsafe { (options.to_options()?, Job::new(cancel, progress)?) };
        // SAFETY: as above.
        unsafe { check_room(pushed, "pushed")? };
        let done = remote::push(store, url, &options, told(job))?;
        // SAFETY: as above.
        unsafe { fill_some(pushed, "pushed", || Ok(done.into())) }
    })
}

/// Makes the store in `directory`, made if it does not exist, the current snapshot of the bucket at `url`, which may be that of a
/// server of static files, https://host/prefix, too. Chunks that the store has already are not received. It takes the place of the
/// store in one step, and handles turn to it with their next call; what had come when it ends early is kept for the next pull.
/// Progress counts bytes of the store. `pulled` may be NULL.
///
/// Errors: NOT_FOUND if there is no snapshot; MISMATCH if the store has changes that are in no snapshot, or has forgotten somebody whom
/// the snapshot has; MALFORMED if a chunk is damaged or missing; IO if the bucket cannot be reached or the disk has no room; CLOSED if
/// it was cancelled. The store is as it was then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_snapshots_pull(
    directory: *const c_char,
    url: *const c_char,
    options: *const sonic_remote_options,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    pulled: *mut sonic_transferred,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (directory, url) = unsafe { (path(directory, "directory")?, text(url, "url")?) };
        // SAFETY: as above.
        let (options, job) = unsafe { (read_options(options)?.to_options()?, Job::new(cancel, progress)?) };
        // SAFETY: as above.
        unsafe { check_room(pulled, "pulled")? };
        let done = remote::pull(&directory, url, &options, told(job))?;
        // SAFETY: as above.
        unsafe { fill_some(pulled, "pulled", || Ok(done.into())) }
    })
}

/// The snapshots of the bucket at `url` that can be pulled or rolled back to, the current one first.
///
/// Errors: INVALID_ARGUMENT for an address that is none; IO if the bucket cannot be reached or refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_snapshots_list(
    url: *const c_char,
    options: *const sonic_remote_options,
    snapshots: *mut *mut sonic_snapshot_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (url, out) = unsafe { (text(url, "url")?, Out::new(snapshots, "snapshots")?) };
        // SAFETY: as above.
        let options = unsafe { read_options(options)?.to_options() }?;
        out.give(sonic_snapshot_list::new(&remote::list(url, &options)?))
    })
}

/// Removes all but the newest `keep` snapshots, one at least, of the bucket at `url`, and chunks that none of those needs. What is
/// younger than `grace_s` seconds stays: 3600, or less if nobody pushes or pulls. `pruned` may be NULL.
///
/// Errors: INVALID_ARGUMENT for an address that is none, or if `keep` is 0; IO if the bucket cannot be reached or refuses; CLOSED if it
/// was cancelled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_snapshots_prune(
    url: *const c_char,
    options: *const sonic_remote_options,
    keep: usize,
    grace_s: u64,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    pruned: *mut sonic_pruned,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (url, options) = unsafe { (text(url, "url")?, read_options(options)?.to_options()?) };
        // SAFETY: as above.
        let job = unsafe { Job::new(cancel, progress) }?;
        // SAFETY: as above.
        unsafe { check_room(pruned, "pruned")? };
        let prune = PruneOptions { keep, grace: Duration::from_secs(grace_s) };
        let done = remote::prune(url, &options, &prune, told(job))?;
        // SAFETY: as above.
        unsafe { fill_some(pruned, "pruned", || Ok(done.into())) }
    })
}

/// Makes a snapshot from before the current one of the bucket at `url` again: number `*to`, or the one before the current if `to` is
/// NULL. It is published under a new number, which `version` gets. Whom the store has forgotten since is forgotten in it first.
///
/// Errors: NOT_FOUND if there is no such snapshot any more; MISMATCH if another was published meanwhile; IO if the bucket cannot be
/// reached or refuses; CLOSED if it was cancelled. Nothing is published then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_snapshots_rollback(
    url: *const c_char,
    options: *const sonic_remote_options,
    to: *const u64,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    version: *mut u64,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (url, options) = unsafe { (text(url, "url")?, read_options(options)?.to_options()?) };
        // SAFETY: as above.
        let (job, to) = unsafe { (Job::new(cancel, progress)?, to.as_ref().copied()) };
        if version.is_null() {
            return Err(is_null("version"));
        }
        let snapshot = remote::rollback(url, &options, to, told(job))?;
        // SAFETY: as above, and not null.
        unsafe { version.write(snapshot.version) };
        Ok(())
    })
}

/// Keeps a store, which may be open for reading only, at the current snapshot of the bucket at `url`, until the follower is freed or the
/// store is closed. A thread looks for a new one every `interval_ms` milliseconds, 10 or more; the store turns to it with the next call,
/// and no call waits for it or fails. If it cannot be pulled sonic_stats says why, the store stays as it is, and it is tried again.
///
/// Errors: INVALID_ARGUMENT for an address that is none, or an interval that is too short; IO if the system starts no thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_follow(
    store: *const sonic_store,
    url: *const c_char,
    interval_ms: u64,
    options: *const sonic_remote_options,
    follower: *mut *mut sonic_follower,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, url, out) =
            unsafe { (store_of(store)?, text(url, "url")?, Out::new(follower, "follower")?) };
        // SAFETY: as above.
        let remote = unsafe { read_options(options)?.to_options() }?;
        let interval = Duration::from_millis(interval_ms);
        let _follower = remote::follow(store, url, &FollowOptions { interval, remote })?;
        out.give(sonic_follower { _follower })
    })
}
