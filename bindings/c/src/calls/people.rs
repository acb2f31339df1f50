//! Who is on the photos of an event, and forgetting them.

use crate::convert::{Out, missing, optional_text, text};
use crate::error::{call, sonic_status};
use crate::nouns::event::{
    archived_in_c, faces_in_c, sonic_archived_event, sonic_forgotten_faces, sonic_tag_list,
};
use crate::nouns::file::{sonic_file, sonic_report_options};
use crate::nouns::person::{Row, people_of, sonic_person, sonic_person_list};
use crate::nouns::store::{sonic_store, store_of};
use crate::nouns::stored_face::sonic_stored_face_list;
use crate::options::{fill_some, read_options};
use sonic::people::{self, PersonId};
use std::ffi::c_char;

/// Everybody of an event but those who were merged into others, in the order in which they were found; nobody if there
/// is no such event.
///
/// Errors: MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_list(
    store: *const sonic_store,
    event: *const c_char,
    people: *mut *mut sonic_person_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (of, out) = unsafe { (people_of(store, event)?, Out::new(people, "people")?) };
        out.give(sonic_person_list::new(&of.list()?))
    })
}

/// The person of this id, one that was merged into another too.
///
/// Errors: NOT_FOUND if the event has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_get(
    store: *const sonic_store,
    event: *const c_char,
    person_id: u64,
    person: *mut *mut sonic_person,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let people = unsafe { people_of(store, event) }?;
        // SAFETY: as above.
        let out = unsafe { Out::new(person.cast::<*mut Row>(), "person") }?;
        let none = || missing(format!("the event has no person {person_id}"));
        out.give(Row::new(&people.get(PersonId(person_id))?.ok_or_else(none)?))
    })
}

/// The faces of a person, in the order in which they were added.
///
/// Errors: NOT_FOUND if the event has no such person; INVALID_ARGUMENT if it was merged into another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_faces_of(
    store: *const sonic_store,
    event: *const c_char,
    person_id: u64,
    faces: *mut *mut sonic_stored_face_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (people, out) = unsafe { (people_of(store, event)?, Out::new(faces, "faces")?) };
        out.give(sonic_stored_face_list::new(&people.faces_of(PersonId(person_id))?, None))
    })
}

/// The unassigned faces of an event, in the order in which they were added.
///
/// Errors: MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_unassigned(
    store: *const sonic_store,
    event: *const c_char,
    faces: *mut *mut sonic_stored_face_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (people, out) = unsafe { (people_of(store, event)?, Out::new(faces, "faces")?) };
        out.give(sonic_stored_face_list::new(&people.unassigned()?, None))
    })
}

/// Which photos of an event show which linked user, in order of photo and user: those of one user, or for NULL of all.
///
/// Errors: MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_tags(
    store: *const sonic_store,
    event: *const c_char,
    user_id: *const c_char,
    tags: *mut *mut sonic_tag_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (people, user) = unsafe { (people_of(store, event)?, optional_text(user_id, "user_id")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(tags, "tags") }?;
        let mut found = people.tags()?;
        found.retain(|tag| user.is_none_or(|user| tag.user_id == user));
        out.give(sonic_tag_list::new(&found))
    })
}

/// As sonic_faces_forget_user, in one event.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_forget_user(
    store: *const sonic_store,
    event: *const c_char,
    user_id: *const c_char,
    forgotten: *mut sonic_forgotten_faces,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (people, user) = unsafe { (people_of(store, event)?, text(user_id, "user_id")?) };
        // SAFETY: as above.
        unsafe { fill_some(forgotten, "forgotten", || people.forget_user(user).map(faces_in_c)) }
    })
}

/// Removes a person, with those that were merged into it: all their faces with the embeddings, and their tags. The
/// photos stay, with the others on them. `forgotten` may be NULL.
///
/// Errors: NOT_FOUND if the event has no such person; INVALID_ARGUMENT if it was merged into another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_forget_person(
    store: *const sonic_store,
    event: *const c_char,
    person_id: u64,
    forgotten: *mut sonic_forgotten_faces,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let people = unsafe { people_of(store, event) }?;
        let work = || people.forget_person(PersonId(person_id)).map(faces_in_c);
        // SAFETY: as above.
        unsafe { fill_some(forgotten, "forgotten", work) }
    })
}

/// Removes an event with all its photos, faces and people. `forgotten` may be NULL; counts of 0 mean that there was no
/// such event.
///
/// Errors: IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_remove(
    store: *const sonic_store,
    event: *const c_char,
    forgotten: *mut sonic_forgotten_faces,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let people = unsafe { people_of(store, event) }?;
        // SAFETY: as above.
        unsafe { fill_some(forgotten, "forgotten", || people.remove().map(faces_in_c)) }
    })
}

/// Removes the embeddings of an event, by which faces are told apart: who is on its photos stays, but nothing is
/// clustered or found any more, and no photos are added. `archived` may be NULL.
///
/// Errors: NOT_FOUND if there is no such event; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_archive(
    store: *const sonic_store,
    event: *const c_char,
    archived: *mut sonic_archived_event,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let people = unsafe { people_of(store, event) }?;
        // SAFETY: as above.
        unsafe { fill_some(archived, "archived", || people.archive().map(archived_in_c)) }
    })
}

/// The people of an event as one HTML page without scripts that loads nothing: a row a person, then the
/// unassigned faces.
///
/// Errors: NOT_FOUND if there is no such event; INVALID_ARGUMENT if an option is out of its range.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_report(
    store: *const sonic_store,
    event: *const c_char,
    options: *const sonic_report_options,
    file: *mut *mut sonic_file,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, event) = unsafe { (store_of(store)?, text(event, "event")?) };
        // SAFETY: as above.
        let options = unsafe { read_options(options)?.to_options() }?;
        // SAFETY: as above.
        let out = unsafe { Out::new(file, "file") }?;
        out.give(sonic_file(people::report(store, event, &options)?.into_bytes()))
    })
}
