//! Photos in a store, with their faces.

use crate::analyzer::{analyzer_of, sonic_face_analyzer};
use crate::convert::{
    Buffer, Out, Sized32, Strings, free, optional_text, options, path, reserved, slice, text,
};
use crate::error::{call, invalid, sonic_status};
use crate::face::{faces_of, sonic_faces};
use crate::store::{sonic_store, store_of};
use sonic::{AddPhotosOptions, Cursor, Error, ErrorKind, NewPhoto, Photo, PhotoAdded, Result};
use std::ffi::c_char;
use std::ptr::null;

/// A photo of an event, as a store keeps it. Read it through a pointer that the library gave: later versions add fields
/// at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_photo {
    /// Its id, unique in its event.
    pub photo_id: *const c_char,
    /// The event that it belongs to.
    pub event: *const c_char,
    /// Where the picture is kept, or NULL.
    pub path: *const c_char,
    /// Hash of the picture's bytes, or NULL.
    pub source_hash: *const c_char,
    /// The user who brought it, or NULL.
    pub user_id: *const c_char,
    /// Whatever else the caller wanted to keep, as JSON, or NULL.
    pub metadata_json: *const c_char,
    /// When it was added, in milliseconds since 1970 UTC.
    pub created_at_ms: u64,
    /// Width in pixels of the upright picture; 0 if it is not known.
    pub width: u32,
    /// Height in pixels of the upright picture; 0 if it is not known.
    pub height: u32,
    /// Faces kept of it.
    pub faces: u32,
}

/// A row with the strings that it points to. The row comes first: C's pointer to it is the pointer to all.
#[repr(C)]
struct Row {
    row: sonic_photo,
    _strings: Strings,
}

impl Row {
    fn new(of: &Photo) -> Self {
        let mut strings = Strings::default();
        let metadata = (!of.metadata.is_null()).then(|| of.metadata.to_string());
        let row = sonic_photo {
            photo_id: strings.keep(&of.id),
            event: strings.keep(&of.event),
            path: strings.keep_some(of.path.as_deref()),
            source_hash: strings.keep_some(of.source_hash.as_deref()),
            user_id: strings.keep_some(of.user.as_deref()),
            metadata_json: strings.keep_some(metadata.as_deref()),
            created_at_ms: of.created_at_ms,
            width: of.width,
            height: of.height,
            faces: of.faces,
        };
        Self { row, _strings: strings }
    }
}

/// What to write into the row of a photo. Text is UTF-8 and copied; NULL leaves a field out.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_photo_options {
    /// sizeof(sonic_photo_options)
    pub size: u32,
    /// The side in pixels of the small picture that is kept of each face of a file or of bytes, 1 to 4096; 0 is 160.
    pub thumbnail_size: u32,
    /// Its id, unique in its event, 1 to SONIC_MAX_ID_BYTES bytes. Needed, except for files: NULL is the file's name
    /// there.
    pub photo_id: *const c_char,
    /// Where the picture is kept; NULL is the path for files.
    pub path: *const c_char,
    /// The user who brought it.
    pub user_id: *const c_char,
    /// Whatever else is to be kept, one JSON value.
    pub metadata_json: *const c_char,
    /// When it was taken or added, in milliseconds since 1970 UTC; 0 is now.
    pub created_at_ms: u64,
    /// Not 0 to keep no small pictures of the faces.
    pub no_thumbnails: u32,
    /// 0.
    pub reserved: u32,
}

// SAFETY: two u32, words of one size, a u64, two u32 (four pointers of four bytes leave the u64 aligned too).
unsafe impl Sized32 for sonic_photo_options {
    const LEAST: usize = size_of::<Self>();
}

impl sonic_photo_options {
    /// # Safety
    /// The pointers are null or strings.
    unsafe fn to_photo(self, event: &str) -> Result<Photo> {
        reserved(self.reserved)?;
        // SAFETY: the caller's promise.
        let text = |pointer, name| Result::Ok(unsafe { optional_text(pointer, name) }?.map(str::to_owned));
        let metadata = match text(self.metadata_json, "options.metadata_json")? {
            Some(json) => serde_json::from_str(&json)
                .map_err(|e| invalid(format!("options.metadata_json is not JSON: {e}")).with_source(e))?,
            None => serde_json::Value::Null,
        };
        let id = text(self.photo_id, "options.photo_id")?;
        if id.as_deref() == Some("") {
            return Err(invalid("options.photo_id is empty: give an id, or NULL for the name of the file"));
        }
        Ok(Photo {
            id: id.unwrap_or_default(),
            event: event.to_owned(),
            path: text(self.path, "options.path")?,
            user: text(self.user_id, "options.user_id")?,
            created_at_ms: self.created_at_ms,
            metadata,
            ..Photo::default()
        })
    }

    fn to_options(self) -> Result<AddPhotosOptions> {
        let size = if self.thumbnail_size == 0 { 160 } else { self.thumbnail_size };
        if size > 4096 {
            return Err(invalid(format!("options.thumbnail_size is 1 to 4096 pixels, not {size}")));
        }
        let thumbnail_size = (self.no_thumbnails == 0).then_some(size);
        Ok(AddPhotosOptions { thumbnail_size, ..AddPhotosOptions::default() })
    }
}

/// Adds a photo to an event with faces that were found before; options.photo_id is needed. One whose id is in the event
/// stays as it is. `is_new` and `photo`, what the store has, may be NULL.
///
/// Errors: INVALID_ARGUMENT if the numbers of a face are not finite, its embedding is no direction, or the event is
/// archived; MISMATCH if the pipeline of the embeddings is not the store's; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_add_photo(
    store: *const sonic_store,
    event: *const c_char,
    faces: *const sonic_faces,
    options: *const sonic_photo_options,
    is_new: *mut bool,
    photo: *mut *mut sonic_photo,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, event) = unsafe { (store_of(store)?, text(event, "event")?) };
        // SAFETY: as above.
        let (found, options) = unsafe { (faces_of(faces)?, self::options(options, "options")?) };
        // SAFETY: as above.
        let mut row = unsafe { options.to_photo(event) }?;
        (row.width, row.height) = found.size;
        let new = NewPhoto { photo: row, faces: found.faces.clone(), thumbnails: Vec::new() };
        // SAFETY: as above.
        unsafe { give(store.faces().add_photo(&new)?, is_new, photo) }
    })
}

/// Decodes a picture's file and adds it to an event with the faces that `analyzer` finds in it, none being fine; see
/// sonic_store_add_photo. Without options.photo_id a photo whose bytes are in the event is not decoded again.
///
/// Errors: as sonic_image_decode_file, sonic_face_analyzer_analyze and sonic_store_add_photo.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_add_photo_file(
    store: *const sonic_store,
    event: *const c_char,
    analyzer: *const sonic_face_analyzer,
    path: *const c_char,
    options: *const sonic_photo_options,
    is_new: *mut bool,
    photo: *mut *mut sonic_photo,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, event) = unsafe { (store_of(store)?, text(event, "event")?) };
        // SAFETY: as above.
        let (analyzer, path) = unsafe { (analyzer_of(analyzer)?, self::path(path, "path")?) };
        // SAFETY: as above.
        let options = unsafe { self::options(options, "options") }?;
        // SAFETY: as above.
        let row = unsafe { options.to_photo(event) }?;
        let added = sonic::add_photo(store, analyzer, &path, row, &options.to_options()?)?;
        // SAFETY: as above.
        unsafe { give(added, is_new, photo) }
    })
}

/// As sonic_store_add_photo_file, of the bytes of a picture's file; options.photo_id is needed. `data` is not used after
/// the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_add_photo_bytes(
    store: *const sonic_store,
    event: *const c_char,
    analyzer: *const sonic_face_analyzer,
    data: *const u8,
    len: usize,
    options: *const sonic_photo_options,
    is_new: *mut bool,
    photo: *mut *mut sonic_photo,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, event) = unsafe { (store_of(store)?, text(event, "event")?) };
        // SAFETY: as above.
        let (analyzer, data) = unsafe { (analyzer_of(analyzer)?, slice(data, len, "data")?) };
        // SAFETY: as above.
        let options = unsafe { self::options(options, "options") }?;
        // SAFETY: as above.
        let row = unsafe { options.to_photo(event) }?;
        let added = sonic::add_photo(store, analyzer, data, row, &options.to_options()?)?;
        // SAFETY: as above.
        unsafe { give(added, is_new, photo) }
    })
}

/// # Safety
/// The pointers are null or can be written.
unsafe fn give(added: PhotoAdded, is_new: *mut bool, photo: *mut *mut sonic_photo) -> Result<()> {
    let (new, row) = match added {
        PhotoAdded::New(row) => (true, row),
        PhotoAdded::Known(row) => (false, row),
    };
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
pub unsafe extern "C" fn sonic_store_photo(
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
        let missing = || Error::new(ErrorKind::NotFound, format!("there is no photo {id:?} in {event:?}"));
        out.give(Row::new(&store.faces().photo(event, id)?.ok_or_else(missing)?))
    })
}

/// Removes a photo with its faces. People who are left without a face go too, but those the user has decided about.
///
/// Errors: NOT_FOUND if the event has none; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_remove_photo(
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

/// Frees a photo that was given alone; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_photo_free(photo: *mut sonic_photo) {
    // SAFETY: the caller keeps the rules of the header; what it holds is the first field of a `Row`.
    unsafe { free(photo.cast::<Row>()) }
}

/// Shared. A list of photos.
pub struct sonic_photos {
    rows: Vec<Row>,
    next: Option<Cursor>,
}

/// At most `limit` photos of an event that were added after the place `after`, which is 0 for the start and then what
/// sonic_photos_next gives. None if there is no such event.
///
/// Errors: INVALID_ARGUMENT if `limit` is 0; MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_photos_after(
    store: *const sonic_store,
    event: *const c_char,
    after: u32,
    limit: usize,
    photos: *mut *mut sonic_photos,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, event) = unsafe { (store_of(store)?, text(event, "event")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(photos, "photos") }?;
        let page = store.faces().photos(event, Cursor(after), limit)?;
        out.give(sonic_photos { rows: page.photos.iter().map(Row::new).collect(), next: page.next })
    })
}

/// How many photos there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_photos_len(photos: *const sonic_photos) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { photos.as_ref() }.map_or(0, |p| p.rows.len())
}

/// The photo number `index`, from 0 on; NULL beyond the last. Borrowed from the list: do not free it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_photos_at(photos: *const sonic_photos, index: usize) -> *const sonic_photo {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { photos.as_ref() }.and_then(|p| p.rows.get(index)).map_or(null(), |r| &raw const r.row)
}

/// Where the photos after this list go on: true, and the place in `after`, if there are more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_photos_next(photos: *const sonic_photos, after: *mut u32) -> bool {
    // SAFETY: the caller keeps the rules of the header.
    let next = unsafe { photos.as_ref() }.and_then(|p| p.next);
    // SAFETY: as above.
    let (Some(Cursor(next)), Some(place)) = (next, unsafe { after.as_mut() }) else { return false };
    *place = next;
    true
}

/// Frees a list of photos; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_photos_free(photos: *mut sonic_photos) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(photos) }
}

/// The embedding that is kept of a face: `len`, which must be the dimensions of its row, numbers in `embedding`.
///
/// Errors: NOT_FOUND if there is no such face, or its event was archived; INVALID_ARGUMENT if `len` is another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_face_embedding(
    store: *const sonic_store,
    face: u64,
    embedding: *mut f32,
    len: usize,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let store = unsafe { store_of(store) }?;
        let missing = || Error::new(ErrorKind::NotFound, format!("there is no embedding of the face {face}"));
        let vector = store.faces().embedding(sonic::FaceId(face))?.ok_or_else(missing)?.vector;
        // SAFETY: as above.
        unsafe { Buffer::new(embedding, len, vector.len(), "embedding") }?.write(&vector)
    })
}
