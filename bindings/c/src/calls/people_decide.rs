//! What the user decides about the people of an event.

use crate::convert::{optional_text, slice, text};
use crate::error::{call, sonic_status};
use crate::nouns::merged_people::{give_merged, sonic_merged_people};
use crate::nouns::person::{give, people_of, sonic_person};
use crate::nouns::store::sonic_store;
use sonic::Result;
use sonic::faces::FaceId;
use sonic::people::{People, Person, PersonId};
use std::ffi::c_char;

/// Decides something about a person.
///
/// # Safety
/// The pointers are as the header says.
unsafe fn decide(
    store: *const sonic_store,
    event: *const c_char,
    after: *mut *mut sonic_person,
    work: impl FnOnce(&People) -> Result<Person>,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller's promise.
        let person = work(&unsafe { people_of(store, event) }?)?;
        // SAFETY: the caller's promise.
        unsafe { give(after, &person) }
    })
}

/// Says which user a person is; anybody may be linked anew, and several people may be one user. What the user decides
/// holds a person, and the faces it has then, through every clustering that follows. `after`, the person as it is then,
/// may be NULL; so it is for all decisions.
///
/// Errors: NOT_FOUND if the event has no such person; INVALID_ARGUMENT if it was merged into another, or a text is empty
/// or too long; IO if another process is writing. So it is for all decisions about a person.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_link(
    store: *const sonic_store,
    event: *const c_char,
    person_id: u64,
    user_id: *const c_char,
    after: *mut *mut sonic_person,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    unsafe {
        decide(store, event, after, |people| people.link(PersonId(person_id), text(user_id, "user_id")?))
    }
}

/// Notes that somebody was invited to say that it is they.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_invite(
    store: *const sonic_store,
    event: *const c_char,
    person_id: u64,
    email: *const c_char,
    after: *mut *mut sonic_person,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { decide(store, event, after, |people| people.invite(PersonId(person_id), text(email, "email")?)) }
}

/// Gives a person a name for people; NULL takes it away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_rename(
    store: *const sonic_store,
    event: *const c_char,
    person_id: u64,
    name: *const c_char,
    after: *mut *mut sonic_person,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    unsafe {
        decide(store, event, after, |people| people.rename(PersonId(person_id), optional_text(name, "name")?))
    }
}

/// Says that nobody wants to know who it is. An ignored person goes on gathering faces, so that they do not come back as
/// somebody new.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_ignore(
    store: *const sonic_store,
    event: *const c_char,
    person_id: u64,
    after: *mut *mut sonic_person,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { decide(store, event, after, |people| people.ignore(PersonId(person_id))) }
}

/// Takes sonic_people_ignore back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_unignore(
    store: *const sonic_store,
    event: *const c_char,
    person_id: u64,
    after: *mut *mut sonic_person,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { decide(store, event, after, |people| people.unignore(PersonId(person_id))) }
}

/// Says that two people are one: the faces of the first are those of the second from now on. Where a photo has both, the face
/// that is less like the rest becomes unassigned. `merged`, the person and these faces, may be NULL.
///
/// Errors: MISMATCH if they were said not to be the same, or are linked to different users.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_merge(
    store: *const sonic_store,
    event: *const c_char,
    from_person_id: u64,
    into_person_id: u64,
    merged: *mut *mut sonic_merged_people,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let people = unsafe { people_of(store, event) }?;
        let both = people.merge(PersonId(from_person_id), PersonId(into_person_id))?;
        // SAFETY: as above.
        unsafe { give_merged(merged, &both) }
    })
}

/// # Safety
/// `faces` is null or points to `len` ids.
unsafe fn ids(faces: *const u64, len: usize) -> Result<Vec<FaceId>> {
    // SAFETY: the caller's promise.
    Ok(unsafe { slice(faces, len, "faces") }?.iter().map(|id| FaceId(*id)).collect())
}

/// Says that some faces of a person are somebody else, and gives that new person. The two are never one again.
///
/// Errors: INVALID_ARGUMENT if a face is not the person's, or all or none of them are given; MISMATCH if two are of one
/// photo.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_split(
    store: *const sonic_store,
    event: *const c_char,
    person_id: u64,
    faces: *const u64,
    len: usize,
    made: *mut *mut sonic_person,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { decide(store, event, made, |people| people.split(PersonId(person_id), &ids(faces, len)?)) }
}

/// Makes a person of faces, whoever they were of before.
///
/// Errors: INVALID_ARGUMENT if there are none; NOT_FOUND if the event has no such face; MISMATCH if two are of one photo.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_create(
    store: *const sonic_store,
    event: *const c_char,
    faces: *const u64,
    len: usize,
    made: *mut *mut sonic_person,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { decide(store, event, made, |people| people.create(&ids(faces, len)?)) }
}

/// Says that a face is of a person. A face of the same photo that clustering gave to the person is taken from it.
///
/// Errors: NOT_FOUND if the event has no such face; MISMATCH if the person has another face of the same photo by
/// decision.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_assign(
    store: *const sonic_store,
    event: *const c_char,
    face_id: u64,
    person_id: u64,
    after: *mut *mut sonic_person,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { decide(store, event, after, |people| people.assign(FaceId(face_id), PersonId(person_id))) }
}

/// Says that a face is not of a person, whether it is put there or not.
///
/// Errors: NOT_FOUND if the event has no such face.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_not_person(
    store: *const sonic_store,
    event: *const c_char,
    face_id: u64,
    person_id: u64,
    after: *mut *mut sonic_person,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { decide(store, event, after, |people| people.not_person(FaceId(face_id), PersonId(person_id))) }
}

/// Says that a face is not of the person it is put to; it is unassigned then. A face that is unassigned
/// stays that.
///
/// Errors: NOT_FOUND if the event has no such face.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_unassign(
    store: *const sonic_store,
    event: *const c_char,
    face_id: u64,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { people_of(store, event) }?.unassign(FaceId(face_id)).map(drop))
}

/// Says that two people are not the same, so that they are never merged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_not_same(
    store: *const sonic_store,
    event: *const c_char,
    first_person_id: u64,
    second_person_id: u64,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        unsafe { people_of(store, event) }?.not_same(PersonId(first_person_id), PersonId(second_person_id))
    })
}

/// Takes sonic_people_not_same back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_maybe_same(
    store: *const sonic_store,
    event: *const c_char,
    first_person_id: u64,
    second_person_id: u64,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        unsafe { people_of(store, event) }?.maybe_same(PersonId(first_person_id), PersonId(second_person_id))
    })
}

/// Makes a face stand for its person; for NULL it is again the one of the greatest score.
///
/// Errors: NOT_FOUND if the event has no such face; INVALID_ARGUMENT if it is not the person's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_pin_representative(
    store: *const sonic_store,
    event: *const c_char,
    person_id: u64,
    face_id: *const u64,
    after: *mut *mut sonic_person,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    let face = unsafe { face_id.as_ref() }.map(|id| FaceId(*id));
    // SAFETY: as above.
    unsafe { decide(store, event, after, |people| people.pin_representative(PersonId(person_id), face)) }
}
