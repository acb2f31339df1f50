//! Photos of an event.

use crate::convert::{Strings, free, invalid, optional_text};
use crate::error::{call, sonic_status};
use crate::nouns::added_photo_file::thumbnail_size;
use crate::options::{Options, Sized32, created_at, init, metadata};
use sonic::Result;
use sonic::faces::{AddPhotosOptions, Photo, PhotoPage};
use sonic::store::Cursor;
use sonic::vision::DecodeOptions;
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
pub(crate) struct Row {
    row: sonic_photo,
    _strings: Strings,
}

impl Row {
    pub(crate) fn new(of: &Photo) -> Self {
        let mut strings = Strings::default();
        let metadata = (!of.metadata.is_null()).then(|| of.metadata.to_string());
        let row = sonic_photo {
            photo_id: strings.keep(&of.photo_id),
            event: strings.keep(&of.event),
            path: strings.keep_some(of.path.as_deref()),
            source_hash: strings.keep_some(of.source_hash.as_deref()),
            user_id: strings.keep_some(of.user_id.as_deref()),
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
    /// Not 0 to keep a small picture of each face of a source, of `thumbnail_size`; so by default.
    pub has_thumbnail_size: u32,
    /// The side in pixels of that picture, 1 to 4096.
    pub thumbnail_size: u32,
    /// Not 0 if `created_at_ms` says when it was taken or added; otherwise that is now.
    pub has_created_at_ms: u32,
    /// Its id, unique in its event, 1 to SONIC_MAX_ID_BYTES bytes. Needed, except for files: NULL is the file's name
    /// there.
    pub photo_id: *const c_char,
    /// Where the picture is kept; NULL is the path for files.
    pub path: *const c_char,
    /// The user who brought it.
    pub user_id: *const c_char,
    /// Whatever else is to be kept, one JSON value.
    pub metadata_json: *const c_char,
    /// When it was taken or added, in milliseconds since 1970 UTC, not 0.
    pub created_at_ms: u64,
    /// Most pixels of a picture that is decoded, width times height; 100,000,000 by default.
    pub max_pixels: u64,
}

// SAFETY: four u32, words of one size, two u64 (four pointers of four bytes leave it aligned too).
unsafe impl Sized32 for sonic_photo_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_photo_options {
    fn defaults() -> Self {
        let thumbnail_size = AddPhotosOptions::default().thumbnail_size;
        Self {
            size: size_of::<Self>() as u32,
            has_thumbnail_size: thumbnail_size.is_some().into(),
            thumbnail_size: thumbnail_size.unwrap_or(0),
            has_created_at_ms: 0,
            photo_id: null(),
            path: null(),
            user_id: null(),
            metadata_json: null(),
            created_at_ms: 0,
            max_pixels: DecodeOptions::default().max_pixels,
        }
    }
}

impl sonic_photo_options {
    /// # Safety
    /// The pointers are null or strings.
    pub(crate) unsafe fn to_photo(self, event: &str) -> Result<Photo> {
        // SAFETY: the caller's promise.
        let text = |pointer, name| Result::Ok(unsafe { optional_text(pointer, name) }?.map(str::to_owned));
        let id = text(self.photo_id, "options.photo_id")?;
        if id.as_deref() == Some("") {
            return Err(invalid("options.photo_id is empty: give an id, or NULL for the name of the file"));
        }
        Ok(Photo {
            photo_id: id.unwrap_or_default(),
            event: event.to_owned(),
            path: text(self.path, "options.path")?,
            user_id: text(self.user_id, "options.user_id")?,
            created_at_ms: created_at(self.has_created_at_ms, self.created_at_ms)?,
            // SAFETY: the caller's promise.
            metadata: unsafe { metadata(self.metadata_json) }?,
            ..Photo::default()
        })
    }

    pub(crate) fn to_options(self) -> Result<AddPhotosOptions> {
        let thumbnail_size = thumbnail_size(self.has_thumbnail_size, self.thumbnail_size)?;
        let decode = DecodeOptions::within(self.max_pixels);
        Ok(AddPhotosOptions { thumbnail_size, decode, ..AddPhotosOptions::default() })
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_photo_options_init(
    options: *mut sonic_photo_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// Frees a photo that was given alone; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_photo_free(photo: *mut sonic_photo) {
    // SAFETY: the caller keeps the rules of the header; what it holds is the first field of a `Row`.
    unsafe { free(photo.cast::<Row>()) }
}

/// Shared. A list of photos.
pub struct sonic_photo_list {
    rows: Vec<Row>,
    next: Option<Cursor>,
}

impl sonic_photo_list {
    pub(crate) fn new(page: &PhotoPage) -> Self {
        Self { rows: page.photos.iter().map(Row::new).collect(), next: page.next }
    }
}

/// How many photos there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_photo_list_len(photos: *const sonic_photo_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { photos.as_ref() }.map_or(0, |p| p.rows.len())
}

/// The photo number `index`, from 0 on; NULL beyond the last. Borrowed from the list: do not free it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_photo_list_at(
    photos: *const sonic_photo_list,
    index: usize,
) -> *const sonic_photo {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { photos.as_ref() }.and_then(|p| p.rows.get(index)).map_or(null(), |r| &raw const r.row)
}

/// Where the photos after this list go on: true, and the place in `after`, if there are more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_photo_list_next(photos: *const sonic_photo_list, after: *mut u32) -> bool {
    // SAFETY: the caller keeps the rules of the header.
    let next = unsafe { photos.as_ref() }.and_then(|p| p.next);
    // SAFETY: as above.
    let (Some(Cursor(next)), Some(place)) = (next, unsafe { after.as_mut() }) else { return false };
    *place = next;
    true
}

/// Frees a list of photos; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_photo_list_free(photos: *mut sonic_photo_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(photos) }
}
