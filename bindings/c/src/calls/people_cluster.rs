//! Who is on the photos of an event?

use crate::convert::{Out, text};
use crate::error::{call, sonic_status};
use crate::nouns::cluster_report::{Whole, sonic_cluster_report};
use crate::nouns::job::{Job, sonic_cancel, sonic_progress};
use crate::nouns::people_options::sonic_people_cluster_options;
use crate::nouns::store::{sonic_store, store_of};
use crate::options::read_options;
use std::ffi::c_char;

/// Finds out who is on the photos of an event: clusters the faces, and gives each cluster the person it was before. What
/// the user has decided stays, and two faces of one photo are never one person. It happens as a whole or not at all. An
/// event without faces, or that was archived, is left as it is. `report` may be NULL.
///
/// Errors: INVALID_ARGUMENT if an option is out of its range; IO if another process is writing; CLOSED if it was
/// cancelled, which changes nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_cluster(
    store: *const sonic_store,
    event: *const c_char,
    options: *const sonic_people_cluster_options,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    report: *mut *mut sonic_cluster_report,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, event) = unsafe { (store_of(store)?, text(event, "event")?) };
        // SAFETY: as above.
        let options = unsafe { read_options(options) }?.to_options()?;
        // SAFETY: as above.
        let job = unsafe { Job::new(cancel, progress) }?;
        let found = store.people(event).cluster_with(&options, &mut |part| job.part(part))?;
        job.all();
        // SAFETY: as above.
        let out = unsafe { Out::new(report.cast::<*mut Whole>(), "report") };
        out.map_or(Ok(()), |out| out.give(Whole::new(&found)))
    })
}
