//! Events: their counts, who is tagged on their photos, and what is removed of them.

use crate::contents::kept;
use crate::convert::{Out, Sized32, Strings, fill, free, optional_text, reference, text};
use crate::error::{call, sonic_status};
use crate::event_person::people_of;
use crate::store::{sonic_store, store_of};
use sonic::{Archived, Event, FaceStats, PersonId, PurgedFaces, Result, Tag};
use std::ffi::c_char;
use std::ptr::null;

/// An event with its counts. Read it through a pointer that the library gave: later versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_event {
    /// Its name.
    pub event: *const c_char,
    /// Photos, with or without faces.
    pub photos: u64,
    /// Faces.
    pub faces: u64,
    /// People, without those who were merged into others.
    pub people: u64,
    /// When its first photo was added, in milliseconds since 1970 UTC.
    pub created_at_ms: u64,
    /// True if its embeddings were removed.
    pub archived: bool,
}

/// Shared. A list of events.
pub struct sonic_events {
    rows: Vec<sonic_event>,
    /// What the rows point to.
    _strings: Strings,
}

impl sonic_events {
    fn new(of: &[Event]) -> Self {
        let mut strings = Strings::default();
        let rows = of.iter().map(|event| sonic_event {
            event: strings.keep(&event.name),
            photos: event.photos,
            faces: event.faces,
            people: event.people,
            created_at_ms: event.created_at_ms,
            archived: event.archived,
        });
        Self { rows: rows.collect(), _strings: strings }
    }
}

/// Every event, in the order in which they were made.
///
/// Errors: MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_events(
    store: *const sonic_store,
    events: *mut *mut sonic_events,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, out) = unsafe { (store_of(store)?, Out::new(events, "events")?) };
        out.give(sonic_events::new(&store.faces().events()?))
    })
}

/// How many events there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_events_len(events: *const sonic_events) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { events.as_ref() }.map_or(0, |e| e.rows.len())
}

/// The event number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_events_at(events: *const sonic_events, index: usize) -> *const sonic_event {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { events.as_ref() }.and_then(|e| e.rows.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Frees a list of events; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_events_free(events: *mut sonic_events) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(events) }
}

/// That a photo shows a user. Read it through a pointer that the library gave: later versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_tag {
    /// The event.
    pub event: *const c_char,
    /// The photo.
    pub photo_id: *const c_char,
    /// The user.
    pub user_id: *const c_char,
    /// The person that is linked to the user.
    pub person: u64,
    /// The person's face.
    pub face: u64,
    /// Left, top, right and bottom of the face in pixels of the upright picture.
    pub bbox: [f32; 4],
}

/// Shared. A list of tags.
pub struct sonic_tags {
    rows: Vec<sonic_tag>,
    /// What the rows point to.
    _strings: Strings,
}

impl sonic_tags {
    fn new(of: &[Tag]) -> Self {
        let mut strings = Strings::default();
        let rows = of.iter().map(|tag| sonic_tag {
            event: strings.keep(&tag.event),
            photo_id: strings.keep(&tag.photo),
            user_id: strings.keep(&tag.user),
            person: tag.person.0,
            face: tag.face.0,
            bbox: tag.bbox,
        });
        Self { rows: rows.collect(), _strings: strings }
    }
}

/// Which photos of an event show which linked user, in order of photo and user. With NULL for the event those of all
/// events are given, and `user_id` is needed; otherwise it may be NULL for all users.
///
/// Errors: INVALID_ARGUMENT if both are NULL; MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_tags(
    store: *const sonic_store,
    event: *const c_char,
    user_id: *const c_char,
    tags: *mut *mut sonic_tags,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, event) = unsafe { (store_of(store)?, optional_text(event, "event")?) };
        // SAFETY: as above.
        let (user, out) = unsafe { (optional_text(user_id, "user_id")?, Out::new(tags, "tags")?) };
        let mut found = match event {
            Some(event) => store.people(event).tags()?,
            // SAFETY: as above.
            None => store.faces().tags_of_user(unsafe { text(user_id, "user_id") }?)?,
        };
        found.retain(|tag| user.is_none_or(|user| tag.user == user));
        out.give(sonic_tags::new(&found))
    })
}

/// How many tags there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_tags_len(tags: *const sonic_tags) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { tags.as_ref() }.map_or(0, |t| t.rows.len())
}

/// The tag number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_tags_at(tags: *const sonic_tags, index: usize) -> *const sonic_tag {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { tags.as_ref() }.and_then(|t| t.rows.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Frees a list of tags; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_tags_free(tags: *mut sonic_tags) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(tags) }
}

/// What was purged. Set `size` before the call; the rest is filled in as far as it reaches.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_purged {
    /// sizeof(sonic_purged)
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Faces, with their embeddings.
    pub faces: u64,
    /// People.
    pub people: u64,
    /// Photos that showed a linked person, each counted once for each person.
    pub tags: u64,
    /// Photos that were removed; when a user is purged, photos that no longer say who brought them.
    pub photos: u64,
}

// SAFETY: two u32, four u64.
unsafe impl Sized32 for sonic_purged {
    const LEAST: usize = size_of::<Self>();
}

/// # Safety
/// `purged` is as the header says.
unsafe fn purge(purged: *mut sonic_purged, work: impl FnOnce() -> Result<PurgedFaces>) -> Result<()> {
    if purged.is_null() {
        return work().map(drop);
    }
    let in_c = |of: PurgedFaces| sonic_purged {
        size: size_of::<sonic_purged>() as u32,
        reserved: 0,
        faces: of.deleted_faces,
        people: of.deleted_persons,
        tags: of.deleted_tags,
        photos: of.photos,
    };
    // SAFETY: the caller's promise.
    unsafe { fill(purged, "purged", || work().map(in_c)) }
}

/// Removes the people who are linked to a user, with their faces, embeddings and tags, from an event, or for NULL from
/// all. The photos stay, without saying that the user brought them. They are gone for every call at once; their bytes
/// are gone from the file after sonic_store_compact. `purged` may be NULL; counts of 0 mean that there was nothing.
///
/// Errors: INVALID_ARGUMENT if the id is empty or too long; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_purge_user(
    store: *const sonic_store,
    event: *const c_char,
    user_id: *const c_char,
    purged: *mut sonic_purged,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, event) = unsafe { (store_of(store)?, optional_text(event, "event")?) };
        // SAFETY: as above.
        let user = unsafe { text(user_id, "user_id") }?;
        let work = || match event {
            Some(event) => store.people(event).purge_user(user),
            None => store.faces().purge_user(user),
        };
        // SAFETY: as above.
        unsafe { purge(purged, work) }
    })
}

/// Removes a person, with those that were merged into it: all their faces with the embeddings, and their tags. The
/// photos stay, with the others on them. `purged` may be NULL.
///
/// Errors: NOT_FOUND if the event has no such person; INVALID_ARGUMENT if it was merged into another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_purge_person(
    store: *const sonic_store,
    event: *const c_char,
    person: u64,
    purged: *mut sonic_purged,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let people = unsafe { people_of(store, event) }?;
        // SAFETY: as above.
        unsafe { purge(purged, || people.purge_person(PersonId(person))) }
    })
}

/// Removes an event with all its photos, faces and people. `purged` may be NULL; counts of 0 mean that there was no such
/// event.
///
/// Errors: IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_purge_event(
    store: *const sonic_store,
    event: *const c_char,
    purged: *mut sonic_purged,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let people = unsafe { people_of(store, event) }?;
        // SAFETY: as above.
        unsafe { purge(purged, || people.purge()) }
    })
}

/// What archiving removed. Set `size` before the call; the rest is filled in as far as it reaches.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_archived {
    /// sizeof(sonic_archived)
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Embeddings that were removed just now.
    pub embeddings: u64,
    /// Faces that stay.
    pub faces: u64,
    /// Photos that stay.
    pub photos: u64,
    /// People that stay, without those who were merged into others.
    pub people: u64,
}

// SAFETY: two u32, four u64.
unsafe impl Sized32 for sonic_archived {
    const LEAST: usize = size_of::<Self>();
}

/// Removes the embeddings of an event, by which faces are told apart: who is on its photos stays, but nothing is
/// clustered or found any more, and no photos are added. `archived` may be NULL.
///
/// Errors: NOT_FOUND if there is no such event; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_archive(
    store: *const sonic_store,
    event: *const c_char,
    archived: *mut sonic_archived,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let people = unsafe { people_of(store, event) }?;
        if archived.is_null() {
            return people.archive().map(drop);
        }
        let size = size_of::<sonic_archived>() as u32;
        let in_c = |Archived { embeddings, faces, photos, people }| sonic_archived {
            size,
            reserved: 0,
            embeddings,
            faces,
            photos,
            people,
        };
        // SAFETY: as above.
        unsafe { fill(archived, "archived", || people.archive().map(in_c)) }
    })
}

/// Counts of the faces. Set `size` before the call; the rest is filled in as far as it reaches.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_face_stats {
    /// sizeof(sonic_face_stats)
    pub size: u32,
    /// Numbers of an embedding; 0 while there are none.
    pub dimensions: u32,
    /// Events.
    pub events: u64,
    /// Photos, with or without faces.
    pub photos: u64,
    /// Faces.
    pub faces: u64,
    /// People, those who were merged into others too.
    pub people: u64,
    /// Pipeline of the embeddings, borrowed from the store's handle; NULL while there are none.
    pub pipeline: *const c_char,
}

// SAFETY: two u32, four u64, a pointer.
unsafe impl Sized32 for sonic_face_stats {
    const LEAST: usize = size_of::<Self>();
}

/// Counts, in the same short time at any size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_face_stats(
    store: *const sonic_store,
    stats: *mut sonic_face_stats,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let store = unsafe { reference(store, "store") }?;
        // SAFETY: as above.
        unsafe { fill(stats, "stats", || Ok(counts(store, &store.store.faces().stats()?))) }
    })
}

fn counts(store: &sonic_store, of: &FaceStats) -> sonic_face_stats {
    sonic_face_stats {
        size: size_of::<sonic_face_stats>() as u32,
        dimensions: of.dimensions,
        events: of.events,
        photos: of.photos,
        faces: of.faces,
        people: of.people,
        pipeline: of.pipeline.as_ref().map_or(null(), |p| kept(store, p)),
    }
}
