//! Files that were made: small pictures, and pages.

use crate::convert::{free, optional_text};
use crate::error::{call, sonic_status};
use crate::options::{Options, Sized32, init};
use sonic::Result;
use sonic::people::ReportOptions;
use std::ffi::c_char;
use std::ptr::null;

/// Shared. The bytes of a file that was made.
pub struct sonic_file(pub(crate) Vec<u8>);

/// How a report about people is made.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_report_options {
    /// sizeof(sonic_report_options)
    pub size: u32,
    /// Most faces shown of a person.
    pub max_faces: u32,
    /// The side in pixels of a face that is cut out of the photo's file, 1 to 4096.
    pub thumbnail_size: u32,
    /// 0.
    pub reserved: u32,
    /// What the page says about when it was made; NULL for nothing.
    pub date: *const c_char,
}

// SAFETY: four u32, a pointer.
unsafe impl Sized32 for sonic_report_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_report_options {
    fn defaults() -> Self {
        let ReportOptions { max_faces, thumbnail_size, .. } = ReportOptions::default();
        Self {
            size: size_of::<Self>() as u32,
            max_faces: max_faces as u32,
            thumbnail_size,
            reserved: 0,
            date: null(),
        }
    }
}

impl sonic_report_options {
    /// # Safety
    /// The pointers are null or strings.
    pub(crate) unsafe fn to_options(self) -> Result<ReportOptions> {
        crate::options::reserved(self.reserved)?;
        Ok(ReportOptions {
            max_faces: self.max_faces as usize,
            thumbnail_size: self.thumbnail_size,
            // SAFETY: the caller's promise.
            date: unsafe { optional_text(self.date, "options.date") }?.map(str::to_owned),
        })
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_report_options_init(
    options: *mut sonic_report_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
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
