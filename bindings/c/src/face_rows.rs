//! Faces in a store.

use crate::convert::{
    Out, Sized32, Strings, free, optional_text, options, reserved, slice, text, texts, threads,
};
use crate::error::{call, invalid, sonic_status};
use crate::face::sonic_face;
use crate::store::{sonic_store, store_of};
use sonic::{Cursor, Embedding, Error, ErrorKind, FaceId, FaceRow, FaceSearchOptions, PipelineId, Result};
use std::ffi::c_char;
use std::ptr::null;

/// A face of a photo in a store. Read it through a pointer that the library gave: later versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_stored_face {
    /// Its id, above 0, never given again.
    pub id: u64,
    /// Who it is: the id of a person of its event; 0 while it is nobody's.
    pub person: u64,
    /// The event of its photo.
    pub event: *const c_char,
    /// The id of its photo.
    pub photo_id: *const c_char,
    /// Where it is and how well it can be seen; its embedding is NULL.
    pub face: sonic_face,
    /// Cosine with the embedding that was searched for, -1 to 1; 0 in other lists.
    pub similarity: f32,
    /// True if a decision of the user holds it where it is; clustering does not move it then.
    pub confirmed: bool,
}

/// Shared. A list of faces in a store.
pub struct sonic_stored_faces {
    rows: Vec<sonic_stored_face>,
    next: Option<Cursor>,
    /// What the rows point to.
    _strings: Strings,
}

impl sonic_stored_faces {
    pub(crate) fn new(of: &[FaceRow]) -> Self {
        Self::of(of.iter().map(|face| (face, 0.0)), None)
    }

    fn of<'a>(faces: impl Iterator<Item = (&'a FaceRow, f32)>, next: Option<Cursor>) -> Self {
        let mut strings = Strings::default();
        let rows = faces.map(|(of, similarity)| sonic_stored_face {
            id: of.id.0,
            person: of.person.map_or(0, |person| person.0),
            event: strings.keep(&of.event),
            photo_id: strings.keep(&of.photo),
            face: sonic_face {
                dimensions: of.embedding_dimensions as usize,
                ..sonic_face::new(of.bbox, of.score, &of.landmarks, &of.quality)
            },
            similarity,
            confirmed: of.confirmed,
        });
        Self { rows: rows.collect(), next, _strings: strings }
    }
}

/// The faces of a photo.
///
/// Errors: NOT_FOUND if the event has no such photo.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_photo_faces(
    store: *const sonic_store,
    event: *const c_char,
    photo_id: *const c_char,
    faces: *mut *mut sonic_stored_faces,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, event) = unsafe { (store_of(store)?, text(event, "event")?) };
        // SAFETY: as above.
        let (id, out) = unsafe { (text(photo_id, "photo_id")?, Out::new(faces, "faces")?) };
        out.give(sonic_stored_faces::new(&store.faces().faces_of(event, id)?))
    })
}

/// At most `limit` faces of an event that were added after the place `after`, which is 0 for the start and then what
/// sonic_stored_faces_next gives. None if there is no such event.
///
/// Errors: INVALID_ARGUMENT if `limit` is 0; MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_faces_after(
    store: *const sonic_store,
    event: *const c_char,
    after: u32,
    limit: usize,
    faces: *mut *mut sonic_stored_faces,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, event) = unsafe { (store_of(store)?, text(event, "event")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(faces, "faces") }?;
        let page = store.faces().page(event, Cursor(after), limit)?;
        out.give(sonic_stored_faces::of(page.faces.iter().map(|face| (face, 0.0)), page.next))
    })
}

/// The face of this id, as a list of one.
///
/// Errors: NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_face(
    store: *const sonic_store,
    face: u64,
    found: *mut *mut sonic_stored_faces,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, out) = unsafe { (store_of(store)?, Out::new(found, "found")?) };
        let missing = || Error::new(ErrorKind::NotFound, format!("there is no face {face} in the store"));
        out.give(sonic_stored_faces::new(&[store.faces().face(FaceId(face))?.ok_or_else(missing)?]))
    })
}

/// How to search faces by likeness.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_face_search_options {
    /// sizeof(sonic_face_search_options)
    pub size: u32,
    /// Threads that share the search; 0 is as many as the machine has cores.
    pub threads: u32,
    /// Least cosine, -1 to 1; 0 is 0.4.
    pub threshold: f32,
    /// 0.
    pub reserved: u32,
    /// Faces found at most; 0 is 10.
    pub limit: usize,
    /// Events that are searched, `event_len` of them; none for all.
    pub events: *const *const c_char,
    /// How many events `events` has.
    pub event_len: usize,
    /// Ids of faces that are not to be found, `exclude_len` of them.
    pub exclude: *const u64,
    /// How many ids `exclude` has.
    pub exclude_len: usize,
}

// SAFETY: four words of 32 bits, then words of one size.
unsafe impl Sized32 for sonic_face_search_options {
    const LEAST: usize = size_of::<Self>();
}

impl sonic_face_search_options {
    /// # Safety
    /// The pointers are as the header says.
    unsafe fn to_options(self) -> Result<FaceSearchOptions> {
        reserved(self.reserved)?;
        let defaults = FaceSearchOptions::default();
        if !(-1.0..=1.0).contains(&self.threshold) {
            return Err(invalid("options.threshold is a cosine, -1 to 1"));
        }
        // SAFETY: the caller's promise.
        let exclude = unsafe { slice(self.exclude, self.exclude_len, "options.exclude") }?;
        Ok(FaceSearchOptions {
            // SAFETY: the caller's promise.
            events: unsafe { texts(self.events, self.event_len, "options.events", "event") }?,
            threshold: if self.threshold == 0.0 { defaults.threshold } else { self.threshold },
            limit: if self.limit == 0 { defaults.limit } else { self.limit },
            exclude: exclude.iter().map(|id| FaceId(*id)).collect(),
            threads: threads(self.threads)?,
        })
    }
}

/// The faces most like an embedding of `len` numbers that `pipeline` made, the likest first. NULL is the pipeline of the
/// store's faces.
///
/// Errors: INVALID_ARGUMENT if the embedding is no direction; NOT_FOUND if there is no such event; MISMATCH if the
/// pipeline or `len` is not the store's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_search_faces(
    store: *const sonic_store,
    pipeline: *const c_char,
    embedding: *const f32,
    len: usize,
    options: *const sonic_face_search_options,
    faces: *mut *mut sonic_stored_faces,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, pipeline) = unsafe { (store_of(store)?, optional_text(pipeline, "pipeline")?) };
        // SAFETY: as above.
        let vector = unsafe { slice(embedding, len, "embedding") }?.to_vec();
        // SAFETY: as above.
        let options = unsafe { self::options(options, "options")?.to_options() }?;
        // SAFETY: as above.
        let out = unsafe { Out::new(faces, "faces") }?;
        let pipeline = match pipeline {
            Some(pipeline) => PipelineId::new(pipeline),
            // A store without faces has none, and nothing is found there.
            None => store.faces().stats()?.pipeline.unwrap_or(PipelineId::new("")),
        };
        let embedding = Embedding { pipeline, vector };
        let found = store.faces().search(&embedding, &options)?;
        out.give(sonic_stored_faces::of(found.iter().map(|one| (&one.face, one.similarity)), None))
    })
}

/// How many faces there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_stored_faces_len(faces: *const sonic_stored_faces) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { faces.as_ref() }.map_or(0, |f| f.rows.len())
}

/// The face number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_stored_faces_at(
    faces: *const sonic_stored_faces,
    index: usize,
) -> *const sonic_stored_face {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { faces.as_ref() }.and_then(|f| f.rows.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Where the faces after this list go on: true, and the place in `after`, if there are more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_stored_faces_next(faces: *const sonic_stored_faces, after: *mut u32) -> bool {
    // SAFETY: the caller keeps the rules of the header.
    let next = unsafe { faces.as_ref() }.and_then(|f| f.next);
    // SAFETY: as above.
    let (Some(Cursor(next)), Some(place)) = (next, unsafe { after.as_mut() }) else { return false };
    *place = next;
    true
}

/// Frees a list of faces; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_stored_faces_free(faces: *mut sonic_stored_faces) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(faces) }
}
