//! Faces and people to look at: small pictures, and a page.

use crate::convert::{Out, Sized32, free, optional_text, options, text};
use crate::error::{call, invalid, sonic_status};
use crate::store::{sonic_store, store_of};
use sonic::{Error, ErrorKind, FaceId, ReportOptions, Result, face_thumbnail, people_report};
use std::ffi::c_char;
use std::ptr::null;

/// Shared. The bytes of a file that was made.
pub struct sonic_file(Vec<u8>);

/// A small picture of a face as a JPEG: the one that was kept with it, or else one of `size` pixels a side, cut out of the
/// file that the photo's path names. A `size` of 0 is 160.
///
/// Errors: NOT_FOUND if there is no such face, or neither; INVALID_ARGUMENT if `size` is above 4096.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_face_thumbnail(
    store: *const sonic_store,
    face: u64,
    size: u32,
    file: *mut *mut sonic_file,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, out) = unsafe { (store_of(store)?, Out::new(file, "file")?) };
        if size > 4096 {
            return Err(invalid(format!("size is 1 to 4096 pixels, not {size}")));
        }
        let size = if size == 0 { 160 } else { size };
        let missing = || Error::new(ErrorKind::NotFound, format!("there is no picture of the face {face}"));
        out.give(sonic_file(face_thumbnail(store, FaceId(face), size)?.ok_or_else(missing)?))
    })
}

/// How a page of people is made.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_page_options {
    /// sizeof(sonic_page_options)
    pub size: u32,
    /// Most faces shown of a person; 0 is 60.
    pub max_faces: u32,
    /// The side in pixels of a face that is cut out of the photo's file, 1 to 4096; 0 is 160.
    pub thumbnail_size: u32,
    /// 0.
    pub reserved: u32,
    /// What the page says about when it was made; NULL for nothing.
    pub date: *const c_char,
}

// SAFETY: four u32, a pointer.
unsafe impl Sized32 for sonic_page_options {
    const LEAST: usize = size_of::<Self>();
}

impl sonic_page_options {
    /// # Safety
    /// The pointers are null or strings.
    unsafe fn to_options(self) -> Result<ReportOptions> {
        crate::convert::reserved(self.reserved)?;
        let defaults = ReportOptions::default();
        Ok(ReportOptions {
            max_faces: if self.max_faces == 0 { defaults.max_faces } else { self.max_faces as usize },
            thumbnail_size: if self.thumbnail_size == 0 {
                defaults.thumbnail_size
            } else {
                self.thumbnail_size
            },
            // SAFETY: the caller's promise.
            date: unsafe { optional_text(self.date, "options.date") }?.map(str::to_owned),
        })
    }
}

/// The people of an event as one HTML page without scripts that loads nothing: a row a person, then the faces that are
/// nobody's.
///
/// Errors: NOT_FOUND if there is no such event; INVALID_ARGUMENT if an option is out of its range.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_page(
    store: *const sonic_store,
    event: *const c_char,
    options: *const sonic_page_options,
    file: *mut *mut sonic_file,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, event) = unsafe { (store_of(store)?, text(event, "event")?) };
        // SAFETY: as above.
        let options = unsafe { self::options(options, "options")?.to_options() }?;
        // SAFETY: as above.
        let out = unsafe { Out::new(file, "file") }?;
        out.give(sonic_file(people_report(store, event, &options)?.into_bytes()))
    })
}

/// The bytes of a file. Borrowed from it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_file_data(file: *const sonic_file) -> *const u8 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { file.as_ref() }.map_or(null(), |f| f.0.as_ptr())
}

/// How many bytes there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_file_len(file: *const sonic_file) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { file.as_ref() }.map_or(0, |f| f.0.len())
}

/// Frees a file that was made; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_file_free(file: *mut sonic_file) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(file) }
}
