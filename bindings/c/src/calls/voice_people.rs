//! People whose voices a store knows: who they are, their samples, and forgetting them.

use crate::convert::{Out, missing, optional_text, text};
use crate::error::{call, sonic_status};
use crate::nouns::enrolled::sonic_enroll_options;
use crate::nouns::store::{sonic_store, store_of};
use crate::nouns::voiceprint::{
    Row, give, maybe, sonic_forgotten_voices, sonic_voiceprint, sonic_voiceprint_list, voices_in_c,
};
use crate::options::{fill_some, read_options};
use std::ffi::c_char;

/// Everybody whose voice the store knows, in the order in which they were first enrolled.
///
/// Errors: MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_people(
    store: *const sonic_store,
    people: *mut *mut sonic_voiceprint_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, out) = unsafe { (store_of(store)?, Out::new(people, "people")?) };
        out.give(sonic_voiceprint_list::new(&store.voices().people()?))
    })
}

/// The person of this name.
///
/// Errors: NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_person(
    store: *const sonic_store,
    person: *const c_char,
    found: *mut *mut sonic_voiceprint,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, person) = unsafe { (store_of(store)?, text(person, "person")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(found.cast::<*mut Row>(), "found") }?;
        let print = store.voices().person(person)?;
        let none = || missing(format!("nobody named {person:?} is enrolled"));
        out.give(Row::new(&print.ok_or_else(none)?))
    })
}

/// Leaves a sample out of a voiceprint. The recording stays, and sonic_voices_restore_sample undoes it for the last five
/// that were removed. `left`, what the person is then, may be NULL.
///
/// Errors: NOT_FOUND if there is no such person or sample; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_remove_sample(
    store: *const sonic_store,
    person: *const c_char,
    recording_id: *const c_char,
    left: *mut *mut sonic_voiceprint,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, person) = unsafe { (store_of(store)?, text(person, "person")?) };
        // SAFETY: as above.
        let (id, out) = unsafe { (text(recording_id, "recording_id")?, maybe(left)) };
        give(out, &store.voices().remove_sample(person, id)?)
    })
}

/// Takes a removed sample back: `recording_id`, or for NULL the last one removed. Of the options
/// only `max_samples` matters, which a voiceprint has at most. `restored`, what the person is then, may be NULL.
///
/// Errors: NOT_FOUND if there is no such person or removed sample; LIMIT if there are `max_samples`; IO if another
/// process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_restore_sample(
    store: *const sonic_store,
    person: *const c_char,
    recording_id: *const c_char,
    options: *const sonic_enroll_options,
    restored: *mut *mut sonic_voiceprint,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, person) = unsafe { (store_of(store)?, text(person, "person")?) };
        // SAFETY: as above.
        let (id, out) = unsafe { (optional_text(recording_id, "recording_id")?, maybe(restored)) };
        // SAFETY: as above.
        let options = unsafe { read_options(options)?.to_options() }?;
        give(out, &store.voices().restore_sample(person, id, &options)?)
    })
}

/// Forgets a person: the voiceprint, its samples, and every recording that was put down to it. They are gone for every
/// call at once; their bytes are gone from the file after sonic_store_compact. `forgotten` may be NULL.
///
/// Errors: NOT_FOUND if there is no such person; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_forget(
    store: *const sonic_store,
    person: *const c_char,
    forgotten: *mut sonic_forgotten_voices,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, person) = unsafe { (store_of(store)?, text(person, "person")?) };
        // SAFETY: as above.
        unsafe { fill_some(forgotten, "forgotten", || store.voices().forget(person).map(voices_in_c)) }
    })
}

/// Forgets a user: their voiceprints, their recordings, and the speakers heard in the scope of that name; see
/// sonic_voices_forget. Counts of 0 mean that there was nothing, which is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_forget_user(
    store: *const sonic_store,
    user_id: *const c_char,
    forgotten: *mut sonic_forgotten_voices,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, user_id) = unsafe { (store_of(store)?, text(user_id, "user_id")?) };
        // SAFETY: as above.
        unsafe { fill_some(forgotten, "forgotten", || store.voices().forget_user(user_id).map(voices_in_c)) }
    })
}
