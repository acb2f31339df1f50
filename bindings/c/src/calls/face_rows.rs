//! Faces in a store, their events, and who is tagged on which photo.

use crate::convert::{Buffer, Out, invalid, missing, optional_text, reference, slice, text};
use crate::error::{call, sonic_status};
use crate::nouns::event::{
    face_stats_in_c, faces_in_c, sonic_event_list, sonic_face_stats, sonic_forgotten_faces, sonic_tag_list,
};
use crate::nouns::file::sonic_file;
use crate::nouns::store::{sonic_store, store_of};
use crate::nouns::stored_face::{Row, sonic_face_search_options, sonic_stored_face, sonic_stored_face_list};
use crate::options::{fill, fill_some, read_options};
use sonic::faces::{FaceId, face_thumbnail};
use sonic::store::Cursor;
use sonic::{Embedding, PipelineId};
use std::ffi::c_char;

/// The faces of a photo.
///
/// Errors: NOT_FOUND if the event has no such photo.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_faces_faces_of(
    store: *const sonic_store,
    event: *const c_char,
    photo_id: *const c_char,
    faces: *mut *mut sonic_stored_face_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, event) = unsafe { (store_of(store)?, text(event, "event")?) };
        // SAFETY: as above.
        let (id, out) = unsafe { (text(photo_id, "photo_id")?, Out::new(faces, "faces")?) };
        out.give(sonic_stored_face_list::new(&store.faces().faces_of(event, id)?, None))
    })
}

/// At most `limit` faces of an event that were added after the place `after`, which is 0 for the start and then what
/// sonic_stored_face_list_next gives. None if there is no such event.
///
/// Errors: INVALID_ARGUMENT if `limit` is 0; MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_faces_page(
    store: *const sonic_store,
    event: *const c_char,
    after: u32,
    limit: usize,
    faces: *mut *mut sonic_stored_face_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, event) = unsafe { (store_of(store)?, text(event, "event")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(faces, "faces") }?;
        let page = store.faces().page(event, Cursor(after), limit)?;
        out.give(sonic_stored_face_list::new(&page.faces, page.next))
    })
}

/// The face of this id; free it with sonic_stored_face_free.
///
/// Errors: NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_faces_get(
    store: *const sonic_store,
    face_id: u64,
    face: *mut *mut sonic_stored_face,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let store = unsafe { store_of(store) }?;
        // SAFETY: as above; a `Row` begins with the struct that C sees.
        let out = unsafe { Out::new(face.cast::<*mut Row>(), "face") }?;
        let none = || missing(format!("there is no face {face_id} in the store"));
        out.give(Row::new(&store.faces().get(FaceId(face_id))?.ok_or_else(none)?))
    })
}

/// The embedding that is kept of a face: `len`, which must be the dimensions of its row, numbers in `embedding`.
///
/// Errors: NOT_FOUND if there is no such face, or its event was archived; INVALID_ARGUMENT if `len` is another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_faces_embedding(
    store: *const sonic_store,
    face_id: u64,
    embedding: *mut f32,
    len: usize,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let store = unsafe { store_of(store) }?;
        let none = || missing(format!("there is no embedding of the face {face_id}"));
        let vector = store.faces().embedding(FaceId(face_id))?.ok_or_else(none)?.vector;
        // SAFETY: as above.
        unsafe { Buffer::new(embedding, len, vector.len(), "embedding") }?.write(&vector)
    })
}

/// A small picture of a face as a JPEG: the one that was kept with it, or else one of `size` pixels a side, cut out of the
/// file that the photo's path names.
///
/// Errors: NOT_FOUND if there is no such face, or neither; INVALID_ARGUMENT if `size` is not 1 to 4096.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_faces_thumbnail(
    store: *const sonic_store,
    face_id: u64,
    size: u32,
    file: *mut *mut sonic_file,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, out) = unsafe { (store_of(store)?, Out::new(file, "file")?) };
        if !(1..=4096).contains(&size) {
            return Err(invalid(format!("size is 1 to 4096 pixels, not {size}")));
        }
        let none = || missing(format!("there is no picture of the face {face_id}"));
        out.give(sonic_file(face_thumbnail(store, FaceId(face_id), size)?.ok_or_else(none)?))
    })
}

/// The faces most like an embedding of `len` numbers that `pipeline` made, the likest first. NULL is the pipeline of the
/// store's faces.
///
/// Errors: INVALID_ARGUMENT if the embedding is no direction; NOT_FOUND if there is no such event; MISMATCH if the
/// pipeline or `len` is not the store's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_faces_search(
    store: *const sonic_store,
    pipeline: *const c_char,
    embedding: *const f32,
    len: usize,
    options: *const sonic_face_search_options,
    faces: *mut *mut sonic_stored_face_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, pipeline) = unsafe { (store_of(store)?, optional_text(pipeline, "pipeline")?) };
        // SAFETY: as above.
        let vector = unsafe { slice(embedding, len, "embedding") }?.to_vec();
        // SAFETY: as above.
        let options = unsafe { read_options(options)?.to_options() }?;
        // SAFETY: as above.
        let out = unsafe { Out::new(faces, "faces") }?;
        let pipeline = match pipeline {
            Some(pipeline) => PipelineId::new(pipeline),
            // A store without faces has none, and nothing is found there.
            None => store.faces().stats()?.pipeline.unwrap_or(PipelineId::new("")),
        };
        let embedding = Embedding { pipeline, vector };
        out.give(sonic_stored_face_list::similar(&store.faces().search(&embedding, &options)?))
    })
}

/// Every event, in the order in which they were made.
///
/// Errors: MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_faces_events(
    store: *const sonic_store,
    events: *mut *mut sonic_event_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, out) = unsafe { (store_of(store)?, Out::new(events, "events")?) };
        out.give(sonic_event_list::new(&store.faces().events()?))
    })
}

/// Which photos of all events show a user, in order of event and photo.
///
/// Errors: MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_faces_tags_of_user(
    store: *const sonic_store,
    user_id: *const c_char,
    tags: *mut *mut sonic_tag_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, user) = unsafe { (store_of(store)?, text(user_id, "user_id")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(tags, "tags") }?;
        out.give(sonic_tag_list::new(&store.faces().tags_of_user(user)?))
    })
}

/// Removes the people of all events who are linked to a user, with their faces, embeddings and tags. The photos stay,
/// without saying that the user brought them. They are gone for every call at once; their bytes are gone from the file
/// after sonic_store_compact. `forgotten` may be NULL; counts of 0 mean that there was nothing.
///
/// Errors: INVALID_ARGUMENT if the id is empty or too long; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_faces_forget_user(
    store: *const sonic_store,
    user_id: *const c_char,
    forgotten: *mut sonic_forgotten_faces,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, user) = unsafe { (store_of(store)?, text(user_id, "user_id")?) };
        // SAFETY: as above.
        unsafe { fill_some(forgotten, "forgotten", || store.faces().forget_user(user).map(faces_in_c)) }
    })
}

/// Counts, in the same short time at any size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_faces_stats(
    store: *const sonic_store,
    stats: *mut sonic_face_stats,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let store = unsafe { reference(store, "store") }?;
        // SAFETY: as above.
        unsafe { fill(stats, "stats", || Ok(face_stats_in_c(store, &store.store.faces().stats()?))) }
    })
}
