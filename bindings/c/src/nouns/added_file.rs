//! What became of many files.

use crate::convert::{Strings, free};

use sonic::recordings::{AddStatus, AddedFile};
use std::ffi::c_char;
use std::ptr::null;

/// What became of a file.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_add_status {
    /// It was added.
    SONIC_ADD_ADDED = 0,
    /// Its bytes were in the store already.
    SONIC_ADD_DUPLICATE = 1,
    /// It could not be added; the others were not affected.
    SONIC_ADD_FAILED = 2,
    /// It holds nothing to be recognised by, silence or no sound at all, and was not added.
    SONIC_ADD_SILENT = 3,
    /// It was added in place of another content of its id.
    SONIC_ADD_REPLACED = 4,
    /// It lies in a folder and was not taken: a file of another kind, a pipe, a link that leads back.
    SONIC_ADD_PASSED_OVER = 5,
}

impl From<AddStatus> for sonic_add_status {
    fn from(of: AddStatus) -> Self {
        match of {
            AddStatus::Added => Self::SONIC_ADD_ADDED,
            AddStatus::Duplicate => Self::SONIC_ADD_DUPLICATE,
            AddStatus::Silent => Self::SONIC_ADD_SILENT,
            AddStatus::Replaced => Self::SONIC_ADD_REPLACED,
            AddStatus::PassedOver => Self::SONIC_ADD_PASSED_OVER,
            _ => Self::SONIC_ADD_FAILED,
        }
    }
}

/// A file that was to be added. Read it through a pointer that the library gave: later versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_added_file {
    /// The file, as the system names it: its bytes, also where they are no UTF-8.
    pub path: *const c_char,
    /// The id of its recording: of the earlier one if it is a duplicate, the one it was to have if it failed; NULL if its
    /// path gives none.
    pub id: *const c_char,
    /// Why it was not added, in words; NULL if it was, or is there already.
    pub reason: *const c_char,
    /// Length of its sound in milliseconds; 0 unless it was added.
    pub duration_ms: u64,
    /// How much of its sound could not be decoded, in milliseconds.
    pub damaged_ms: u64,
    /// Number of landmarks kept; 0 unless it was added.
    pub landmarks: u32,
    /// What became of it.
    pub status: sonic_add_status,
    /// A sonic_status: why it was not added.
    pub error: i32,
    /// True if the file ended early.
    pub truncated: bool,
}

/// Shared. A list of files that were to be added, in the order in which they were decided.
pub struct sonic_added_file_list {
    rows: Vec<sonic_added_file>,
    /// What the rows point to.
    strings: Strings,
}

impl sonic_added_file_list {
    pub(crate) fn empty() -> Self {
        Self { rows: Vec::new(), strings: Strings::default() }
    }

    pub(crate) fn push(&mut self, of: &AddedFile) {
        let strings = &mut self.strings;
        self.rows.push(sonic_added_file {
            path: strings.keep_path(&of.path),
            id: strings.keep_some(of.id.as_deref()),
            reason: strings.keep_some(of.error.as_ref().map(|e| e.message())),
            duration_ms: of.duration_ms,
            damaged_ms: of.damaged_ms,
            landmarks: of.landmarks,
            status: of.status.into(),
            error: of.error.as_ref().map_or(0, |e| e.kind() as i32),
            truncated: of.truncated,
        });
    }
}

/// How many files there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_added_file_list_len(files: *const sonic_added_file_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { files.as_ref() }.map_or(0, |f| f.rows.len())
}

/// The file number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_added_file_list_at(
    files: *const sonic_added_file_list,
    index: usize,
) -> *const sonic_added_file {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { files.as_ref() }.and_then(|f| f.rows.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Frees a list of files; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_added_file_list_free(files: *mut sonic_added_file_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(files) }
}
