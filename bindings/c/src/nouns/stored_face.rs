//! Faces in a store.

use crate::convert::{Strings, free, invalid, slice, texts};
use crate::error::{call, sonic_status};
use crate::nouns::face::sonic_face;
use crate::options::{Options, Sized32, init, reserved, threads};
use sonic::Result;
use sonic::faces::{FaceId, FaceSearchOptions, SimilarFace, StoredFace};
use sonic::store::Cursor;
use std::ffi::c_char;
use std::ptr::null;

/// Shared. A face of a photo in a store. Read it through a pointer that the library gave: later versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_stored_face {
    /// Its id, never given again.
    pub face_id: u64,
    /// Who it is: a person of its event; 0 while it is unassigned.
    pub person_id: u64,
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

fn in_c(of: &StoredFace, similarity: f32, strings: &mut Strings) -> sonic_stored_face {
    sonic_stored_face {
        face_id: of.face_id.0,
        person_id: of.person_id.map_or(0, |person| person.0),
        event: strings.keep(&of.event),
        photo_id: strings.keep(&of.photo_id),
        face: sonic_face {
            dimensions: of.embedding_dimensions as usize,
            ..sonic_face::new(of.bbox, of.score, &of.landmarks, &of.quality)
        },
        similarity,
        confirmed: of.confirmed,
    }
}

/// A face with what it points to. The row comes first: C's pointer to it is the pointer to all.
#[repr(C)]
pub(crate) struct Row {
    row: sonic_stored_face,
    _strings: Strings,
}

impl Row {
    pub(crate) fn new(of: &StoredFace) -> Self {
        let mut strings = Strings::default();
        Self { row: in_c(of, 0.0, &mut strings), _strings: strings }
    }
}

/// Frees a face that was given alone; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_stored_face_free(face: *mut sonic_stored_face) {
    // SAFETY: the caller keeps the rules of the header; what it holds is the first field of a `Row`.
    unsafe { free(face.cast::<Row>()) }
}

/// Shared. A list of faces in a store.
pub struct sonic_stored_face_list {
    rows: Vec<sonic_stored_face>,
    next: Option<Cursor>,
    /// What the rows point to.
    _strings: Strings,
}

impl sonic_stored_face_list {
    pub(crate) fn new(of: &[StoredFace], next: Option<Cursor>) -> Self {
        Self::of(of.iter().map(|face| (face, 0.0)), next)
    }

    pub(crate) fn similar(of: &[SimilarFace]) -> Self {
        Self::of(of.iter().map(|one| (&one.face, one.similarity)), None)
    }

    fn of<'a>(faces: impl Iterator<Item = (&'a StoredFace, f32)>, next: Option<Cursor>) -> Self {
        let mut strings = Strings::default();
        let rows = faces.map(|(of, similarity)| in_c(of, similarity, &mut strings)).collect();
        Self { rows, next, _strings: strings }
    }
}

/// How many faces there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_stored_face_list_len(faces: *const sonic_stored_face_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { faces.as_ref() }.map_or(0, |f| f.rows.len())
}

/// The face number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_stored_face_list_at(
    faces: *const sonic_stored_face_list,
    index: usize,
) -> *const sonic_stored_face {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { faces.as_ref() }.and_then(|f| f.rows.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Where the faces after this list go on: true, and the place in `after`, if there are more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_stored_face_list_next(
    faces: *const sonic_stored_face_list,
    after: *mut u32,
) -> bool {
    // SAFETY: the caller keeps the rules of the header.
    let next = unsafe { faces.as_ref() }.and_then(|f| f.next);
    // SAFETY: as above.
    let (Some(Cursor(next)), Some(place)) = (next, unsafe { after.as_mut() }) else { return false };
    *place = next;
    true
}

/// Frees a list of faces; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_stored_face_list_free(faces: *mut sonic_stored_face_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(faces) }
}

/// How to search faces by likeness.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_face_search_options {
    /// sizeof(sonic_face_search_options)
    pub size: u32,
    /// Threads that share the search; 0 is as many as the machine has cores.
    pub threads: u32,
    /// Least cosine, -1 to 1.
    pub threshold: f32,
    /// 0.
    pub reserved: u32,
    /// Faces found at most.
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

impl Options for sonic_face_search_options {
    fn defaults() -> Self {
        let FaceSearchOptions { threshold, limit, .. } = FaceSearchOptions::default();
        Self {
            size: size_of::<Self>() as u32,
            threads: 0,
            threshold,
            reserved: 0,
            limit,
            events: null(),
            event_len: 0,
            exclude: null(),
            exclude_len: 0,
        }
    }
}

impl sonic_face_search_options {
    /// # Safety
    /// The pointers are as the header says.
    pub(crate) unsafe fn to_options(self) -> Result<FaceSearchOptions> {
        reserved(self.reserved)?;
        if !(-1.0..=1.0).contains(&self.threshold) {
            return Err(invalid("options.threshold is a cosine, -1 to 1"));
        }
        // SAFETY: the caller's promise.
        let exclude = unsafe { slice(self.exclude, self.exclude_len, "options.exclude") }?;
        Ok(FaceSearchOptions {
            // SAFETY: the caller's promise.
            events: unsafe { texts(self.events, self.event_len, "options.events", "event") }?,
            threshold: self.threshold,
            limit: self.limit,
            exclude: exclude.iter().map(|id| FaceId(*id)).collect(),
            threads: threads(self.threads)?,
        })
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_face_search_options_init(
    options: *mut sonic_face_search_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}
