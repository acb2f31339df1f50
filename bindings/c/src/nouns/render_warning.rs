//! What is not sung as it is written.

use crate::convert::{Strings, free};
use sonic::sing::RenderWarning;
use std::ffi::c_char;
use std::ptr::null;

/// Something in a score that is not sung as it is written. Read it through a pointer that the library gave: later versions
/// add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_render_warning {
    /// A fixed name for programs, such as "unknown_word".
    pub code: *const c_char,
    /// The number of the measure, as printed; "" if it concerns the whole part.
    pub measure: *const c_char,
    /// The verse; "" if it concerns all.
    pub verse: *const c_char,
    /// What is not as it is written, and what was sung instead.
    pub message: *const c_char,
}

/// Shared. Warnings about a song.
pub struct sonic_render_warning_list {
    rows: Vec<sonic_render_warning>,
    /// What the rows point to.
    _strings: Strings,
}

impl sonic_render_warning_list {
    pub(crate) fn new(of: &[RenderWarning]) -> Self {
        let mut strings = Strings::default();
        let rows = of.iter().map(|warning| sonic_render_warning {
            code: strings.keep(warning.code),
            measure: strings.keep(&warning.measure),
            verse: strings.keep(&warning.verse),
            message: strings.keep(&warning.message),
        });
        Self { rows: rows.collect(), _strings: strings }
    }
}

/// How many warnings there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_render_warning_list_len(warnings: *const sonic_render_warning_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { warnings.as_ref() }.map_or(0, |w| w.rows.len())
}

/// The warning number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_render_warning_list_at(
    warnings: *const sonic_render_warning_list,
    index: usize,
) -> *const sonic_render_warning {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { warnings.as_ref() }.and_then(|w| w.rows.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Frees a list of warnings; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_render_warning_list_free(warnings: *mut sonic_render_warning_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(warnings) }
}
