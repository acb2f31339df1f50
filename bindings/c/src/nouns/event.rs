//! Events: their counts, who is tagged on their photos, and what was forgotten or archived of them.

use crate::convert::{Strings, free};
use crate::nouns::store::{kept, sonic_store};
use crate::options::Sized32;
use sonic::faces::{ArchivedEvent, Event, FaceStats, ForgottenFaces};
use sonic::people::Tag;
use std::ffi::c_char;
use std::ptr::null;

/// An event with its counts. Read it through a pointer that the library gave: later versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_event {
    /// Its name.
    pub name: *const c_char,
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
pub struct sonic_event_list {
    rows: Vec<sonic_event>,
    /// What the rows point to.
    _strings: Strings,
}

impl sonic_event_list {
    pub(crate) fn new(of: &[Event]) -> Self {
        let mut strings = Strings::default();
        let rows = of.iter().map(|event| sonic_event {
            name: strings.keep(&event.name),
            photos: event.photos,
            faces: event.faces,
            people: event.people,
            created_at_ms: event.created_at_ms,
            archived: event.archived,
        });
        Self { rows: rows.collect(), _strings: strings }
    }
}

/// How many events there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_event_list_len(events: *const sonic_event_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { events.as_ref() }.map_or(0, |e| e.rows.len())
}

/// The event number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_event_list_at(
    events: *const sonic_event_list,
    index: usize,
) -> *const sonic_event {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { events.as_ref() }.and_then(|e| e.rows.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Frees a list of events; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_event_list_free(events: *mut sonic_event_list) {
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
    pub person_id: u64,
    /// The person's face.
    pub face_id: u64,
    /// Left, top, right and bottom of the face in pixels of the upright picture.
    pub bbox: [f32; 4],
}

/// Shared. A list of tags.
pub struct sonic_tag_list {
    rows: Vec<sonic_tag>,
    /// What the rows point to.
    _strings: Strings,
}

impl sonic_tag_list {
    pub(crate) fn new(of: &[Tag]) -> Self {
        let mut strings = Strings::default();
        let rows = of.iter().map(|tag| sonic_tag {
            event: strings.keep(&tag.event),
            photo_id: strings.keep(&tag.photo_id),
            user_id: strings.keep(&tag.user_id),
            person_id: tag.person_id.0,
            face_id: tag.face_id.0,
            bbox: tag.bbox,
        });
        Self { rows: rows.collect(), _strings: strings }
    }
}

/// How many tags there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_tag_list_len(tags: *const sonic_tag_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { tags.as_ref() }.map_or(0, |t| t.rows.len())
}

/// The tag number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_tag_list_at(tags: *const sonic_tag_list, index: usize) -> *const sonic_tag {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { tags.as_ref() }.and_then(|t| t.rows.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Frees a list of tags; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_tag_list_free(tags: *mut sonic_tag_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(tags) }
}

/// What was forgotten of faces. Set `size` before the call; the rest is filled in as far as it reaches.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_forgotten_faces {
    /// sizeof(sonic_forgotten_faces)
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Faces, with their embeddings.
    pub faces: u64,
    /// People.
    pub people: u64,
    /// Photos that showed a linked person, each counted once for each person.
    pub tags: u64,
    /// Photos that were removed; when a user is forgotten, photos that no longer say who brought them.
    pub photos: u64,
}

// SAFETY: two u32, four u64.
unsafe impl Sized32 for sonic_forgotten_faces {
    const LEAST: usize = size_of::<Self>();
}

pub(crate) fn faces_in_c(of: ForgottenFaces) -> sonic_forgotten_faces {
    sonic_forgotten_faces {
        size: size_of::<sonic_forgotten_faces>() as u32,
        reserved: 0,
        faces: of.faces,
        people: of.people,
        tags: of.tags,
        photos: of.photos,
    }
}

/// What archiving removed. Set `size` before the call; the rest is filled in as far as it reaches.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_archived_event {
    /// sizeof(sonic_archived_event)
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
unsafe impl Sized32 for sonic_archived_event {
    const LEAST: usize = size_of::<Self>();
}

pub(crate) fn archived_in_c(of: ArchivedEvent) -> sonic_archived_event {
    let ArchivedEvent { embeddings, faces, photos, people, .. } = of;
    let size = size_of::<sonic_archived_event>() as u32;
    sonic_archived_event { size, reserved: 0, embeddings, faces, photos, people }
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

pub(crate) fn face_stats_in_c(store: &sonic_store, of: &FaceStats) -> sonic_face_stats {
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
