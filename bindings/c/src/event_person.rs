//! The people of an event.

use crate::convert::{Out, Strings, free, text};
use crate::error::{call, sonic_status};
use crate::face_rows::sonic_stored_faces;
use crate::store::{sonic_store, store_of};
use sonic::{Error, ErrorKind, People, Person, PersonId, PersonStatus, Result};
use std::ffi::c_char;
use std::ptr::null;

/// What became of a person of an event.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_person_status {
    /// Found by clustering, or made by hand; nobody has said who it is.
    SONIC_PERSON_PENDING = 0,
    /// It is a user.
    SONIC_PERSON_LINKED = 1,
    /// Somebody was invited to say that it is they.
    SONIC_PERSON_INVITED = 2,
    /// Nobody wants to know who it is.
    SONIC_PERSON_IGNORED = 3,
    /// Its faces are those of another person now.
    SONIC_PERSON_MERGED = 4,
}

use sonic_person_status::*;

fn status(of: PersonStatus) -> sonic_person_status {
    match of {
        PersonStatus::Pending => SONIC_PERSON_PENDING,
        PersonStatus::Linked => SONIC_PERSON_LINKED,
        PersonStatus::Invited => SONIC_PERSON_INVITED,
        PersonStatus::Ignored => SONIC_PERSON_IGNORED,
        PersonStatus::Merged => SONIC_PERSON_MERGED,
    }
}

/// A person of an event: somebody whose face is on its photos. Read it through a pointer that the library gave: later
/// versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_event_person {
    /// Its id, above 0, the same through every clustering and never given again.
    pub id: u64,
    /// The person that its faces are of now; 0 if it was not merged.
    pub merged_into: u64,
    /// The face that stands for it; 0 if it has no face.
    pub representative: u64,
    /// The event.
    pub event: *const c_char,
    /// The user that it is, or NULL.
    pub user_id: *const c_char,
    /// A name for people, or NULL.
    pub name: *const c_char,
    /// The address that was invited, or NULL.
    pub invitation_email: *const c_char,
    /// Ids of people who are not the same, `not_same_len` of them.
    pub not_same: *const u64,
    /// How many ids `not_same` has.
    pub not_same_len: usize,
    /// When it was invited, in milliseconds since 1970 UTC; 0 if it was not.
    pub invited_at_ms: u64,
    /// When it was found.
    pub created_at_ms: u64,
    /// When something about it last changed.
    pub updated_at_ms: u64,
    /// Its number in the event.
    pub label: u32,
    /// What became of it.
    pub status: sonic_person_status,
    /// Its faces.
    pub faces: u32,
    /// Photos that it is on.
    pub photos: u32,
    /// Mean score of its faces' detection, 0 to 1.
    pub avg_quality: f32,
    /// The least score.
    pub min_quality: f32,
    /// The greatest.
    pub max_quality: f32,
    /// True if the user chose the face that stands for it.
    pub pinned: bool,
    /// True if the user has decided something about it; clustering does not remove it then.
    pub confirmed: bool,
}

/// A person with what it points to. The row comes first: C's pointer to it is the pointer to all.
#[repr(C)]
struct Row {
    row: sonic_event_person,
    _not_same: Box<[u64]>,
    _strings: Strings,
}

impl Row {
    fn new(of: &Person) -> Self {
        let mut strings = Strings::default();
        let not_same: Box<[u64]> = of.not_same.iter().map(|person| person.0).collect();
        let row = sonic_event_person {
            id: of.id.0,
            merged_into: of.merged_into.map_or(0, |person| person.0),
            representative: of.representative.map_or(0, |face| face.0),
            event: strings.keep(&of.event),
            user_id: strings.keep_some(of.user.as_deref()),
            name: strings.keep_some(of.name.as_deref()),
            invitation_email: strings.keep_some(of.invitation_email.as_deref()),
            not_same: not_same.as_ptr(),
            not_same_len: not_same.len(),
            invited_at_ms: of.invited_at_ms.unwrap_or(0),
            created_at_ms: of.created_at_ms,
            updated_at_ms: of.updated_at_ms,
            label: of.label,
            status: status(of.status),
            faces: of.faces,
            photos: of.photos,
            avg_quality: of.avg_quality,
            min_quality: of.min_quality,
            max_quality: of.max_quality,
            pinned: of.pinned,
            confirmed: of.confirmed,
        };
        Self { row, _not_same: not_same, _strings: strings }
    }
}

/// Shared. A list of people of an event.
pub struct sonic_event_people(Vec<Row>);

/// # Safety
/// The pointers are null or what the header says.
pub(crate) unsafe fn people_of(store: *const sonic_store, event: *const c_char) -> Result<People> {
    // SAFETY: the caller's promise.
    unsafe { Ok(store_of(store)?.people(text(event, "event")?)) }
}

/// Writes what a decision made of a person; C need not want to know.
///
/// # Safety
/// `person` is null or can be written.
pub(crate) unsafe fn give(person: *mut *mut sonic_event_person, of: &Person) -> Result<()> {
    // SAFETY: the caller's promise.
    let out = unsafe { Out::new(person.cast::<*mut Row>(), "person") };
    out.map_or(Ok(()), |out| out.give(Row::new(of)))
}

/// Everybody of an event but those who were merged into others, in the order in which they were found; nobody if there
/// is no such event.
///
/// Errors: MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_list(
    store: *const sonic_store,
    event: *const c_char,
    people: *mut *mut sonic_event_people,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (of, out) = unsafe { (people_of(store, event)?, Out::new(people, "people")?) };
        out.give(sonic_event_people(of.list()?.iter().map(Row::new).collect()))
    })
}

/// How many people there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_event_people_len(people: *const sonic_event_people) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { people.as_ref() }.map_or(0, |p| p.0.len())
}

/// The person number `index`, from 0 on; NULL beyond the last. Borrowed from the list: do not free it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_event_people_at(
    people: *const sonic_event_people,
    index: usize,
) -> *const sonic_event_person {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { people.as_ref() }.and_then(|p| p.0.get(index)).map_or(null(), |r| &raw const r.row)
}

/// Frees a list of people of an event; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_event_people_free(people: *mut sonic_event_people) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(people) }
}

/// The person of this id, one that was merged into another too.
///
/// Errors: NOT_FOUND if the event has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_person(
    store: *const sonic_store,
    event: *const c_char,
    id: u64,
    person: *mut *mut sonic_event_person,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let people = unsafe { people_of(store, event) }?;
        // SAFETY: as above.
        let out = unsafe { Out::new(person.cast::<*mut Row>(), "person") }?;
        let missing = || Error::new(ErrorKind::NotFound, format!("the event has no person {id}"));
        out.give(Row::new(&people.person(PersonId(id))?.ok_or_else(missing)?))
    })
}

/// Frees a person that was given alone; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_event_person_free(person: *mut sonic_event_person) {
    // SAFETY: the caller keeps the rules of the header; what it holds is the first field of a `Row`.
    unsafe { free(person.cast::<Row>()) }
}

/// The faces of a person, in the order in which they were added; for 0 those that are nobody's.
///
/// Errors: NOT_FOUND if the event has no such person; INVALID_ARGUMENT if it was merged into another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_faces(
    store: *const sonic_store,
    event: *const c_char,
    person: u64,
    faces: *mut *mut sonic_stored_faces,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (people, out) = unsafe { (people_of(store, event)?, Out::new(faces, "faces")?) };
        let found = match person {
            0 => people.noise()?,
            id => people.faces_of(PersonId(id))?,
        };
        out.give(sonic_stored_faces::new(&found))
    })
}
