//! Photos of a store, with their faces.

use crate::convert::{Out, missing, text};
use crate::error::{call, sonic_status};
use crate::nouns::analyzer::{analyzer_of, sonic_face_analyzer};
use crate::nouns::face::{faces_of, sonic_face_list};
use crate::nouns::photo::{Row, sonic_photo, sonic_photo_list, sonic_photo_options};
use crate::nouns::source::{check_named, sonic_source, source_of};
use crate::nouns::store::{sonic_store, store_of};
use crate::options::read_options;
use sonic::Result;
use sonic::faces::{self, AddedPhoto, NewPhoto};
use sonic::store::Cursor;
use sonic::vision::ImageSource;
use std::ffi::c_char;

/// Decodes a picture and adds it to an event as a photo, with the faces that `analyzer` finds in it, none being fine; see
/// sonic_faces_add_photo_faces. What is not a file needs options.photo_id; a file without one is not decoded again if its
/// bytes are in the event.
///
/// Errors: as sonic_image_decode, sonic_face_analyzer_analyze_image and sonic_faces_add_photo_faces.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_faces_add_photo(
    store: *const sonic_store,
    event: *const c_char,
    analyzer: *const sonic_face_analyzer,
    source: *const sonic_source,
    options: *const sonic_photo_options,
    is_new: *mut bool,
    photo: *mut *mut sonic_photo,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, event) = unsafe { (store_of(store)?, text(event, "event")?) };
        // SAFETY: as above.
        let (analyzer, source) = unsafe { (analyzer_of(analyzer)?, source_of(source)?) };
        // SAFETY: as above.
        let options = unsafe { read_options(options) }?;
        // SAFETY: as above.
        let row = unsafe { options.to_photo(event) }?;
        check_named(source, !row.photo_id.is_empty(), "photo_id")?;
        let options = options.to_options()?;
        let add = |image: ImageSource<'_>| faces::add_photo(store, analyzer, image, row, &options);
        let added = source.with_image(options.decode.max_bytes, add)?;
        // SAFETY: as above.
        unsafe { give(added, is_new, photo) }
    })
}

/// Adds a photo to an event with faces that were found before; options.photo_id is needed. One whose id is in the event
/// stays as it is. `is_new` and `photo`, what the store has, may be NULL.
///
/// Errors: INVALID_ARGUMENT if the numbers of a face are not finite, its embedding is no direction, or the event is
/// archived; MISMATCH if the pipeline of the embeddings is not the store's; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_faces_add_photo_faces(
    store: *const sonic_store,
    event: *const c_char,
    faces: *const sonic_face_list,
    options: *const sonic_photo_options,
    is_new: *mut bool,
    photo: *mut *mut sonic_photo,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, new) = unsafe { (store_of(store)?, new_photo(event, faces, options)?) };
        // SAFETY: as above.
        unsafe { give(store.faces().add_photo(&new)?, is_new, photo) }
    })
}

/// As sonic_faces_add_photo_faces, but a photo of the same id gives way. A new face that lies where an old one did keeps its
/// id, its person and what the user said about it. `photo`, what the store has then, may be NULL.
///
/// Errors: as sonic_faces_add_photo_faces.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_faces_replace_photo(
    store: *const sonic_store,
    event: *const c_char,
    faces: *const sonic_face_list,
    options: *const sonic_photo_options,
    photo: *mut *mut sonic_photo,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, new) = unsafe { (store_of(store)?, new_photo(event, faces, options)?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(photo.cast::<*mut Row>(), "photo") };
        let row = store.faces().replace_photo(&new)?;
        out.map_or(Ok(()), |out| out.give(Row::new(&row)))
    })
}

/// # Safety
/// The pointers are as the header says.
unsafe fn new_photo(
    event: *const c_char,
    faces: *const sonic_face_list,
    options: *const sonic_photo_options,
) -> Result<NewPhoto> {
    // SAFETY: the caller's promise.
    let (event, found) = unsafe { (text(event, "event")?, faces_of(faces)?) };
    // SAFETY: the caller's promise.
    let mut photo = unsafe { read_options(options)?.to_photo(event) }?;
    (photo.width, photo.height) = found.size;
    Ok(NewPhoto { photo, faces: found.faces.clone(), thumbnails: Vec::new() })
}

/// # Safety
/// The pointers are null or can be written.
unsafe fn give(added: AddedPhoto, is_new: *mut bool, photo: *mut *mut sonic_photo) -> Result<()> {
    let (new, row) = (added.is_new(), added.into_photo());
    // SAFETY: the caller's promise.
    if let Some(is_new) = unsafe { is_new.as_mut() } {
        *is_new = new;
    }
    // SAFETY: the caller's promise.
    let out = unsafe { Out::new(photo.cast::<*mut Row>(), "photo") };
    out.map_or(Ok(()), |out| out.give(Row::new(&row)))
}

/// The photo of this id.
///
/// Errors: NOT_FOUND if the event has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_faces_photo(
    store: *const sonic_store,
    event: *const c_char,
    photo_id: *const c_char,
    photo: *mut *mut sonic_photo,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, event) = unsafe { (store_of(store)?, text(event, "event")?) };
        // SAFETY: as above.
        let (id, out) =
            unsafe { (text(photo_id, "photo_id")?, Out::new(photo.cast::<*mut Row>(), "photo")?) };
        let none = || missing(format!("there is no photo {id:?} in {event:?}"));
        out.give(Row::new(&store.faces().photo(event, id)?.ok_or_else(none)?))
    })
}

/// Removes a photo with its faces. People who are left without a face go too, but those the user has decided about.
///
/// Errors: NOT_FOUND if the event has none; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_faces_remove_photo(
    store: *const sonic_store,
    event: *const c_char,
    photo_id: *const c_char,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, event) = unsafe { (store_of(store)?, text(event, "event")?) };
        // SAFETY: as above.
        store.faces().remove_photo(event, unsafe { text(photo_id, "photo_id") }?).map(drop)
    })
}

/// At most `limit` photos of an event that were added after the place `after`, which is 0 for the start and then what
/// sonic_photo_list_next gives. None if there is no such event.
///
/// Errors: INVALID_ARGUMENT if `limit` is 0; MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_faces_photos(
    store: *const sonic_store,
    event: *const c_char,
    after: u32,
    limit: usize,
    photos: *mut *mut sonic_photo_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, event) = unsafe { (store_of(store)?, text(event, "event")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(photos, "photos") }?;
        let page = store.faces().photos(event, Cursor(after), limit)?;
        out.give(sonic_photo_list::new(&page))
    })
}
