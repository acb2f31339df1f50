//! What became of many photos.

use crate::convert::{Strings, free, invalid, optional_text};
use crate::error::{call, sonic_status};
use crate::nouns::added_file::sonic_add_status;
use crate::options::{Options, Sized32, given, init, reserved, threads};
use sonic::Result;
use sonic::faces::{AddPhotosOptions, AddedPhotoFile};
use sonic::vision::DecodeOptions;
use std::ffi::c_char;
use std::ptr::null;

/// How photos are added from files and folders.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_add_photos_options {
    /// sizeof(sonic_add_photos_options)
    pub size: u32,
    /// Photos that are decoded at once; 0, the default, is as many as the machine has cores.
    pub threads: u32,
    /// Not 0 to keep a small picture of each face, of `thumbnail_size`; so by default.
    pub has_thumbnail_size: u32,
    /// The side in pixels of that picture, 1 to 4096.
    pub thumbnail_size: u32,
    /// The user who brought them, or NULL.
    pub user_id: *const c_char,
    /// 0.
    pub reserved: usize,
    /// Most pixels of a picture, width times height; 100,000,000 by default.
    pub max_pixels: u64,
}

// SAFETY: four words of 32 bits, two of one size, a u64 (words of four bytes leave it aligned too).
unsafe impl Sized32 for sonic_add_photos_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_add_photos_options {
    fn defaults() -> Self {
        let thumbnail_size = AddPhotosOptions::default().thumbnail_size;
        Self {
            size: size_of::<Self>() as u32,
            threads: 0,
            has_thumbnail_size: thumbnail_size.is_some().into(),
            thumbnail_size: thumbnail_size.unwrap_or(0),
            user_id: null(),
            reserved: 0,
            max_pixels: DecodeOptions::default().max_pixels,
        }
    }
}

impl sonic_add_photos_options {
    /// # Safety
    /// The user's id is null or a string.
    pub(crate) unsafe fn to_options(self) -> Result<AddPhotosOptions> {
        // SAFETY: the caller's promise.
        let user_id = unsafe { optional_text(self.user_id, "options.user_id") }?;
        reserved(u32::from(self.reserved != 0))?;
        Ok(AddPhotosOptions {
            jobs: threads(self.threads)?,
            user_id: user_id.map(str::to_owned),
            thumbnail_size: thumbnail_size(self.has_thumbnail_size, self.thumbnail_size)?,
            decode: DecodeOptions::within(self.max_pixels),
        })
    }
}

/// The side of the pictures of faces that are kept, if any are.
pub(crate) fn thumbnail_size(has: u32, size: u32) -> Result<Option<u32>> {
    match given(has, size) {
        Some(size) if !(1..=4096).contains(&size) => {
            Err(invalid(format!("options.thumbnail_size is 1 to 4096 pixels, not {size}")))
        }
        size => Ok(size),
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_add_photos_options_init(
    options: *mut sonic_add_photos_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// A photo's file that was to be added. Read it through a pointer that the library gave: later versions add fields at its
/// end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_added_photo_file {
    /// The file.
    pub path: *const c_char,
    /// The id of its photo in the event: of the earlier one if it is a duplicate; NULL if it failed.
    pub photo_id: *const c_char,
    /// Why it failed, in words; NULL if it did not.
    pub reason: *const c_char,
    /// Its faces.
    pub faces: u32,
    /// Width in pixels of the upright picture; 0 if it failed.
    pub width: u32,
    /// Height in pixels of the upright picture; 0 if it failed.
    pub height: u32,
    /// What became of it.
    pub status: sonic_add_status,
    /// A sonic_status: why it failed.
    pub error: i32,
    /// True if the file ended early.
    pub truncated: bool,
}

/// Shared. A list of photos that were to be added, in the order of their files.
#[derive(Default)]
pub struct sonic_added_photo_file_list {
    rows: Vec<sonic_added_photo_file>,
    /// What the rows point to.
    strings: Strings,
}

impl sonic_added_photo_file_list {
    pub(crate) fn push(&mut self, of: &AddedPhotoFile) {
        let strings = &mut self.strings;
        self.rows.push(sonic_added_photo_file {
            path: strings.keep(&of.path.to_string_lossy()),
            photo_id: strings.keep_some(of.photo_id.as_deref()),
            reason: strings.keep_some(of.error.as_ref().map(|e| e.message())),
            faces: of.faces,
            width: of.width,
            height: of.height,
            status: of.status.into(),
            error: of.error.as_ref().map_or(0, |e| e.kind() as i32),
            truncated: of.truncated,
        });
    }
}

/// How many photos there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_added_photo_file_list_len(
    photos: *const sonic_added_photo_file_list,
) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { photos.as_ref() }.map_or(0, |p| p.rows.len())
}

/// The photo number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_added_photo_file_list_at(
    photos: *const sonic_added_photo_file_list,
    index: usize,
) -> *const sonic_added_photo_file {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { photos.as_ref() }.and_then(|p| p.rows.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Frees a list of photos that were to be added; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_added_photo_file_list_free(photos: *mut sonic_added_photo_file_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(photos) }
}
