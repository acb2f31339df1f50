//! People on the photos of an event.

use crate::convert::{Out, Strings, free, text};
use crate::nouns::store::{sonic_store, store_of};
use sonic::Result;
use sonic::people::{People, Person, PersonStatus};
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
        PersonStatus::Linked => SONIC_PERSON_LINKED,
        PersonStatus::Invited => SONIC_PERSON_INVITED,
        PersonStatus::Ignored => SONIC_PERSON_IGNORED,
        PersonStatus::Merged => SONIC_PERSON_MERGED,
        _ => SONIC_PERSON_PENDING,
    }
}

/// A person of an event: somebody whose face is on its photos. Read it through a pointer that the library gave: later
/// versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_person {
    /// Its id, the same through every clustering and never given again.
    pub person_id: u64,
    /// The person that its faces are of now; 0 if it was not merged.
    pub merged_into: u64,
    /// The face that stands for it; 0 if it has no face.
    pub representative_face_id: u64,
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
    /// When it was invited, in milliseconds since 1970 UTC; 0 if has_invited_at_ms is false.
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
    /// True if it was invited.
    pub has_invited_at_ms: bool,
    /// True if the user chose the face that stands for it.
    pub pinned: bool,
    /// True if the user has decided something about it; clustering does not remove it then.
    pub confirmed: bool,
}

/// A person with what it points to. The row comes first: C's pointer to it is the pointer to all.
#[repr(C)]
pub(crate) struct Row {
    row: sonic_person,
    _not_same: Box<[u64]>,
    _strings: Strings,
}

impl Row {
    pub(crate) fn row(&self) -> *const sonic_person {
        &raw const self.row
    }

    pub(crate) fn new(of: &Person) -> Self {
        let mut strings = Strings::default();
        let not_same: Box<[u64]> = of.not_same.iter().map(|person| person.0).collect();
        let row = sonic_person {
            person_id: of.person_id.0,
            merged_into: of.merged_into.map_or(0, |person| person.0),
            representative_face_id: of.representative_face_id.map_or(0, |face| face.0),
            event: strings.keep(&of.event),
            user_id: strings.keep_some(of.user_id.as_deref()),
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
            has_invited_at_ms: of.invited_at_ms.is_some(),
            pinned: of.pinned,
            confirmed: of.confirmed,
        };
        Self { row, _not_same: not_same, _strings: strings }
    }
}

/// Shared. A list of people of an event.
pub struct sonic_person_list(Vec<Row>);

impl sonic_person_list {
    pub(crate) fn new(of: &[Person]) -> Self {
        Self(of.iter().map(Row::new).collect())
    }
}

/// How many people there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_person_list_len(people: *const sonic_person_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { people.as_ref() }.map_or(0, |p| p.0.len())
}

/// The person number `index`, from 0 on; NULL beyond the last. Borrowed from the list: do not free it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_person_list_at(
    people: *const sonic_person_list,
    index: usize,
) -> *const sonic_person {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { people.as_ref() }.and_then(|p| p.0.get(index)).map_or(null(), |r| &raw const r.row)
}

/// Frees a list of people of an event; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_person_list_free(people: *mut sonic_person_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(people) }
}

/// Frees a person that was given alone; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_person_free(person: *mut sonic_person) {
    // SAFETY: the caller keeps the rules of the header; what it holds is the first field of a `Row`.
    unsafe { free(person.cast::<Row>()) }
}

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
pub(crate) unsafe fn give(person: *mut *mut sonic_person, of: &Person) -> Result<()> {
    // SAFETY: the caller's promise.
    let out = unsafe { Out::new(person.cast::<*mut Row>(), "person") };
    out.map_or(Ok(()), |out| out.give(Row::new(of)))
}
