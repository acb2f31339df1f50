//! Which models there are, and fetching them.

use crate::convert::{Out, is_null, path, text};
use crate::error::{call, sonic_status};
use crate::nouns::job::{Job, sonic_cancel, sonic_progress};
use crate::nouns::registry::{sonic_model_list, sonic_pull_options, sonic_pulled, sonic_verified};
use crate::options::read_options;
use sonic::Result;
use sonic::models::{self, Registry};
use std::ffi::c_char;

/// All models in order of id: those that came with sonic, and those with a manifest in `models_folder`, NULL for the
/// default; see sonic_voice_embedder_options.
///
/// Errors: MODEL if a manifest in the folder is wrong; IO if the folder cannot be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_models_list(
    models_folder: *const c_char,
    models: *mut *mut sonic_model_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (registry, out) = unsafe { (registry(models_folder)?, Out::new(models, "models")?) };
        out.give(sonic_model_list::new(&registry.list()?))
    })
}

/// What is known about the files of the model `name`, which are read: the worst of what is known of each.
///
/// Errors: NOT_FOUND for a name that is not known; IO if a file cannot be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_models_verify(
    models_folder: *const c_char,
    name: *const c_char,
    verified: *mut sonic_verified,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (registry, name) = unsafe { (registry(models_folder)?, text(name, "name")?) };
        if verified.is_null() {
            return Err(is_null("verified"));
        }
        let found = registry.verify(name)?.into();
        // SAFETY: as above, and not null.
        unsafe { verified.write(found) };
        Ok(())
    })
}

/// Brings the files of the model `name` into the folder of models, unless they are there and right: the only call that
/// uses the network. `pulled` may be NULL. Progress counts the bytes of the file that comes.
///
/// Errors: NOT_FOUND for a name that is not known; MODEL if its licence is refused, nobody publishes it, or it cannot be
/// verified and the options do not accept that; MISMATCH for a wrong hash; IO, NOT_FOUND or MALFORMED for what went wrong
/// at the last place; CLOSED if it was cancelled, which leaves nothing of the file that was coming.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_models_pull(
    name: *const c_char,
    options: *const sonic_pull_options,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    pulled: *mut *mut sonic_pulled,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (name, options) = unsafe { (text(name, "name")?, read_options(options)?) };
        // SAFETY: as above.
        let (registry, job) = unsafe { (registry(options.models_folder)?, Job::new(cancel, progress)?) };
        let registry = registry.commercial_only(options.commercial_only != 0);
        // SAFETY: as above.
        let (options, out) = unsafe { (options.to_options()?, Out::new(pulled, "pulled").ok()) };
        let found = registry.pull(name, &options, |at| {
            job.set(at.bytes, at.total.unwrap_or(0));
            job.flow()
        })?;
        out.map_or(Ok(()), |out| out.give(sonic_pulled::new(&found)))
    })
}

/// # Safety
/// `folder` is null or a string.
unsafe fn registry(folder: *const c_char) -> Result<Registry> {
    let folder = match folder.is_null() {
        true => Registry::default_folder()?,
        // SAFETY: the caller's promise.
        false => unsafe { path(folder, "models_folder") }?,
    };
    Ok(models::registry(folder))
}
