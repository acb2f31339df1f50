//! What was imported of recordings without their sound, and what became of files.

use crate::convert::{Strings, free};
use sonic::imported::{ImportStatus, ImportedFile, ImportedRecording, ValidatedFile, Warnings};
use std::ffi::c_char;
use std::ptr::null;

/// What became of a file that was to be imported.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_import_status {
    /// Its recordings are in the store now, but those that were there with their sound.
    SONIC_IMPORT_IMPORTED = 0,
    /// The same was imported before.
    SONIC_IMPORT_DUPLICATE = 1,
    /// It was refused; the others were not.
    SONIC_IMPORT_FAILED = 2,
}

impl From<ImportStatus> for sonic_import_status {
    fn from(of: ImportStatus) -> Self {
        match of {
            ImportStatus::Imported => Self::SONIC_IMPORT_IMPORTED,
            ImportStatus::Duplicate => Self::SONIC_IMPORT_DUPLICATE,
            _ => Self::SONIC_IMPORT_FAILED,
        }
    }
}

/// A file that was to be imported. Read it through a pointer that the library gave: later versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_imported_file {
    /// The file, as the system names it: its bytes, also where they are no UTF-8.
    pub path: *const c_char,
    /// Why it was refused, in words; NULL if it was not.
    pub reason: *const c_char,
    /// What is odd about it: an object of JSON that has how often each warning applies.
    pub warnings_json: *const c_char,
    /// Recordings that were imported.
    pub recordings: u64,
    /// Recordings that were left out, because the store has them with their sound.
    pub left_out: u64,
    /// Hashes of the file.
    pub hashes: u64,
    /// Entries that were imported.
    pub entries: u64,
    /// The season that it is of, if `has_season`.
    pub season: u32,
    /// What became of it.
    pub status: sonic_import_status,
    /// A sonic_status: why it was refused.
    pub error: i32,
    /// True if it is known of which season it is.
    pub has_season: bool,
}

/// A file that was compared with what was imported of it. Read it through a pointer that the library gave: later versions
/// add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_validated_file {
    /// The file, as the system names it: its bytes, also where they are no UTF-8.
    pub path: *const c_char,
    /// Why it could not be read, in words; NULL if it was.
    pub reason: *const c_char,
    /// What is odd about it: an object of JSON that has how often each warning applies.
    pub warnings_json: *const c_char,
    /// Hashes of the file, each of which was looked at.
    pub hashes: u64,
    /// Hashes that no pair of peaks has.
    pub unknown: u64,
    /// Hashes whose frames were compared with those in the store.
    pub compared: u64,
    /// Of those, hashes whose frames differ in some recording.
    pub different: u64,
    /// Recordings of the file that were not imported, or were removed since.
    pub missing: u64,
    /// Recordings of the file that the store has with their sound by now.
    pub with_sound: u64,
    /// The season that it is of, if `has_season`.
    pub season: u32,
    /// A sonic_status: why it could not be read.
    pub error: i32,
    /// True if it is known of which season it is.
    pub has_season: bool,
    /// True if the store has what the file has.
    pub is_fine: bool,
}

/// A recording that was imported without its sound. Read it through a pointer that the library gave: later versions add
/// fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_imported_recording {
    /// The name by which matches report it.
    pub id: *const c_char,
    /// The file that it came from.
    pub source: *const c_char,
    /// Hashes, with repetitions.
    pub entries: u64,
    /// Milliseconds up to the last hash: a little less than the recording lasts.
    pub duration_ms: u64,
    /// When it was imported, in milliseconds since 1970 UTC.
    pub created_at_ms: u64,
    /// Frames of 23.2 ms up to the last hash.
    pub frames: u32,
    /// The season of the file that it came from, if `has_season`.
    pub season: u32,
    /// True if it is known of which season it is.
    pub has_season: bool,
}

/// Shared. Files that were to be imported, in order of name.
#[derive(Default)]
pub struct sonic_imported_file_list {
    rows: Vec<sonic_imported_file>,
    /// What the rows point to.
    strings: Strings,
}

/// Shared. Files that were compared, in order of name.
#[derive(Default)]
pub struct sonic_validated_file_list {
    rows: Vec<sonic_validated_file>,
    /// What the rows point to.
    strings: Strings,
}

/// Shared. Recordings that were imported without their sound, in the order in which they came.
#[derive(Default)]
pub struct sonic_imported_recording_list {
    rows: Vec<sonic_imported_recording>,
    /// What the rows point to.
    strings: Strings,
}

fn json(of: &Warnings) -> String {
    let parts: Vec<String> =
        of.iter().map(|(warning, count)| format!("\"{}\":{count}", warning.name())).collect();
    format!("{{{}}}", parts.join(","))
}

impl sonic_imported_file_list {
    pub(crate) fn push(&mut self, of: &ImportedFile) {
        let strings = &mut self.strings;
        self.rows.push(sonic_imported_file {
            path: strings.keep_path(&of.path),
            reason: strings.keep_some(of.error.as_ref().map(|e| e.message())),
            warnings_json: strings.keep(&json(&of.warnings)),
            recordings: of.recordings,
            left_out: of.left_out,
            hashes: of.hashes,
            entries: of.entries,
            season: of.season.unwrap_or_default(),
            status: of.status.into(),
            error: of.error.as_ref().map_or(0, |e| e.kind() as i32),
            has_season: of.season.is_some(),
        });
    }
}

impl sonic_validated_file_list {
    pub(crate) fn push(&mut self, of: &ValidatedFile) {
        let strings = &mut self.strings;
        self.rows.push(sonic_validated_file {
            path: strings.keep_path(&of.path),
            reason: strings.keep_some(of.error.as_ref().map(|e| e.message())),
            warnings_json: strings.keep(&json(&of.warnings)),
            hashes: of.hashes,
            unknown: of.unknown,
            compared: of.compared,
            different: of.different,
            missing: of.missing,
            with_sound: of.with_sound,
            season: of.season.unwrap_or_default(),
            error: of.error.as_ref().map_or(0, |e| e.kind() as i32),
            has_season: of.season.is_some(),
            is_fine: of.is_fine(),
        });
    }
}

impl sonic_imported_recording_list {
    pub(crate) fn new(of: &[ImportedRecording]) -> Self {
        let mut list = Self::default();
        for recording in of {
            list.rows.push(sonic_imported_recording {
                id: list.strings.keep(&recording.id),
                source: list.strings.keep(&recording.source),
                entries: recording.entries,
                duration_ms: recording.duration_ms,
                created_at_ms: recording.created_at_ms,
                frames: recording.frames,
                season: recording.season.unwrap_or_default(),
                has_season: recording.season.is_some(),
            });
        }
        list
    }
}

/// How many files there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_imported_file_list_len(files: *const sonic_imported_file_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { files.as_ref() }.map_or(0, |f| f.rows.len())
}

/// The file number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_imported_file_list_at(
    files: *const sonic_imported_file_list,
    index: usize,
) -> *const sonic_imported_file {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { files.as_ref() }.and_then(|f| f.rows.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Frees a list of files; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_imported_file_list_free(files: *mut sonic_imported_file_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(files) }
}

/// How many files there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_validated_file_list_len(files: *const sonic_validated_file_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { files.as_ref() }.map_or(0, |f| f.rows.len())
}

/// The file number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_validated_file_list_at(
    files: *const sonic_validated_file_list,
    index: usize,
) -> *const sonic_validated_file {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { files.as_ref() }.and_then(|f| f.rows.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Frees a list of files; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_validated_file_list_free(files: *mut sonic_validated_file_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(files) }
}

/// How many recordings there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_imported_recording_list_len(
    recordings: *const sonic_imported_recording_list,
) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { recordings.as_ref() }.map_or(0, |r| r.rows.len())
}

/// The recording number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_imported_recording_list_at(
    recordings: *const sonic_imported_recording_list,
    index: usize,
) -> *const sonic_imported_recording {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { recordings.as_ref() }.and_then(|r| r.rows.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Frees a list of recordings; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_imported_recording_list_free(recordings: *mut sonic_imported_recording_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(recordings) }
}
