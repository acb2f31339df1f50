//! Rows of the store.

use crate::convert::{Strings, c_string, free, invalid, optional_text};
use crate::error::{call, sonic_status};
use crate::options::{Options, Sized32, created_at, init, metadata};
use sonic::recordings::{AddOptions, Added, Recording};
use sonic::store::Cursor;
use sonic::{Error, ErrorKind, Result};
use std::ffi::{CString, c_char};
use std::ptr::null;

/// Shared. What a store knows about a recording beside its landmarks. Read it through a pointer that the library gave:
/// later versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_recording {
    /// The name by which matches report it; unique in the store.
    pub id: *const c_char,
    /// A title for people, or NULL.
    pub title: *const c_char,
    /// Where it came from: a path or an address; NULL if that is not known.
    pub source: *const c_char,
    /// xxh3-128 of the source's bytes in hexadecimal: the same bytes are added only once. NULL if that is not known.
    pub source_hash: *const c_char,
    /// The user it belongs to, or NULL.
    pub user_id: *const c_char,
    /// What it was recorded for, or NULL.
    pub mode: *const c_char,
    /// Whatever else the caller wanted to keep, as JSON, or NULL.
    pub metadata_json: *const c_char,
    /// Short name of the codec, such as "opus"; NULL if that is not known.
    pub codec: *const c_char,
    /// Length in milliseconds.
    pub duration_ms: u64,
    /// When it was added, in milliseconds since 1970 UTC.
    pub created_at_ms: u64,
    /// Number of landmarks kept.
    pub landmarks: u32,
    /// Length in frames of the fingerprint.
    pub frames: u32,
    /// Samples per second before resampling; 0 if that is not known.
    pub sample_rate: u32,
    /// Channels before mix-down; 0 if that is not known.
    pub channels: u32,
    /// How much of its sound could not be decoded, in milliseconds.
    pub damaged_ms: u64,
    /// True if the source ended early.
    pub truncated: bool,
}

/// A row with the strings that it points to. The row comes first: C's pointer to it is the pointer to all.
#[repr(C)]
pub(crate) struct Row {
    pub(crate) row: sonic_recording,
    _strings: Strings,
}

impl Row {
    pub(crate) fn new(of: &Recording) -> Self {
        let mut strings = Strings::default();
        let metadata = (!of.metadata.is_null()).then(|| of.metadata.to_string());
        let row = sonic_recording {
            id: strings.keep(&of.id),
            title: strings.keep_some(of.title.as_deref()),
            source: strings.keep_some(of.source.as_deref()),
            source_hash: strings.keep_some(of.source_hash.as_deref()),
            user_id: strings.keep_some(of.user_id.as_deref()),
            mode: strings.keep_some(of.mode.as_deref()),
            metadata_json: strings.keep_some(metadata.as_deref()),
            codec: strings.keep_unless_empty(&of.format.codec),
            duration_ms: of.duration_ms,
            created_at_ms: of.created_at_ms,
            landmarks: of.landmarks,
            frames: of.frames,
            sample_rate: of.format.sample_rate,
            channels: of.format.channels.into(),
            damaged_ms: of.damaged_ms,
            truncated: of.truncated,
        };
        Self { row, _strings: strings }
    }
}

/// Frees a recording that sonic_recordings_get gave; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recording_free(recording: *mut sonic_recording) {
    // SAFETY: the caller keeps the rules of the header; what it holds is the first field of a `Row`.
    unsafe { free(recording.cast::<Row>()) }
}

/// Shared. A list of recordings.
pub struct sonic_recording_list {
    rows: Vec<Row>,
    next: Option<Cursor>,
}

impl sonic_recording_list {
    pub(crate) fn new(of: &[Recording], next: Option<Cursor>) -> Self {
        Self { rows: of.iter().map(Row::new).collect(), next }
    }
}

/// How many recordings there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recording_list_len(recordings: *const sonic_recording_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { recordings.as_ref() }.map_or(0, |r| r.rows.len())
}

/// The recording number `index`, from 0 on; NULL beyond the last. Borrowed from the list: do not free it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recording_list_at(
    recordings: *const sonic_recording_list,
    index: usize,
) -> *const sonic_recording {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { recordings.as_ref() }.and_then(|r| r.rows.get(index)).map_or(null(), |r| &raw const r.row)
}

/// Where the recordings after this list go on: true, and the place in `after`, if there are more. The place is good
/// for ever, whatever is added or removed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recording_list_next(
    recordings: *const sonic_recording_list,
    after: *mut u32,
) -> bool {
    // SAFETY: the caller keeps the rules of the header.
    let next = unsafe { recordings.as_ref() }.and_then(|r| r.next);
    // SAFETY: as above.
    let place = unsafe { after.as_mut() };
    let (Some(Cursor(next)), Some(place)) = (next, place) else { return false };
    *place = next;
    true
}

/// Frees a list of recordings; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recording_list_free(recordings: *mut sonic_recording_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(recordings) }
}

/// What to write into the row of a recording. Text is UTF-8 and copied; NULL leaves a field out.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_recording_options {
    /// sizeof(sonic_recording_options)
    pub size: u32,
    /// Not 0 if `created_at_ms` says when it was recorded or added; otherwise that is now.
    pub has_created_at_ms: u32,
    /// The name by which matches report it, unique in the store, 1 to SONIC_MAX_ID_BYTES bytes. Needed, except for
    /// files: NULL is the file's name without folder and extension there.
    pub id: *const c_char,
    /// A title for people.
    pub title: *const c_char,
    /// Where it came from; NULL is the path for files.
    pub source: *const c_char,
    /// The user it belongs to.
    pub user_id: *const c_char,
    /// What it was recorded for.
    pub mode: *const c_char,
    /// Whatever else is to be kept, one JSON value.
    pub metadata_json: *const c_char,
    /// When it was recorded or added, in milliseconds since 1970 UTC, not 0.
    pub created_at_ms: u64,
    /// Not 0 to take the place of the recording that has this id and other bytes.
    pub replace: u32,
    /// Not 0 to add what holds nothing to be recognised by, silence or no sound at all, which is refused otherwise.
    pub keep_silent: u32,
}

// SAFETY: two u32 at both ends, then words of eight bytes (of four, in front of an aligned u64, on 32-bit machines).
unsafe impl Sized32 for sonic_recording_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_recording_options {
    fn defaults() -> Self {
        Self {
            size: size_of::<Self>() as u32,
            has_created_at_ms: 0,
            id: null(),
            title: null(),
            source: null(),
            user_id: null(),
            mode: null(),
            metadata_json: null(),
            created_at_ms: 0,
            replace: 0,
            keep_silent: 0,
        }
    }
}

impl sonic_recording_options {
    /// How to add it.
    pub(crate) fn to_options(self) -> AddOptions {
        AddOptions { replace: self.replace != 0, keep_silent: self.keep_silent != 0, ..AddOptions::default() }
    }

    /// # Safety
    /// The pointers are null or strings.
    pub(crate) unsafe fn to_recording(self) -> Result<Recording> {
        // SAFETY: the caller's promise.
        let text = |pointer, name| Result::Ok(unsafe { optional_text(pointer, name) }?.map(str::to_owned));
        let id = text(self.id, "options.id")?;
        if id.as_deref() == Some("") {
            return Err(invalid("options.id is empty: give an id, or NULL for the name of the file"));
        }
        Ok(Recording {
            id: id.unwrap_or_default(),
            title: text(self.title, "options.title")?,
            source: text(self.source, "options.source")?,
            user_id: text(self.user_id, "options.user_id")?,
            mode: text(self.mode, "options.mode")?,
            created_at_ms: created_at(self.has_created_at_ms, self.created_at_ms)?,
            // SAFETY: the caller's promise.
            metadata: unsafe { metadata(self.metadata_json) }?,
            ..Recording::default()
        })
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recording_options_init(
    options: *mut sonic_recording_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// Shared. What became of a recording that was to be added.
pub struct sonic_added {
    id: CString,
    /// `None` if it was there already.
    row: Option<Row>,
}

/// True if the recording is new; false if the same bytes were in the store already, which changed nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_added_is_new(added: *const sonic_added) -> bool {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { added.as_ref() }.is_some_and(|a| a.row.is_some())
}

/// The recording's id; that of the earlier one if it was there already. Borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_added_id(added: *const sonic_added) -> *const c_char {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { added.as_ref() }.map_or(null(), |a| a.id.as_ptr())
}

/// The new row; NULL if the recording was there already. Borrowed: do not free it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_added_recording(added: *const sonic_added) -> *const sonic_recording {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { added.as_ref() }.and_then(|a| a.row.as_ref()).map_or(null(), |r| &raw const r.row)
}

/// Frees what sonic_recordings_add gave; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_added_free(added: *mut sonic_added) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(added) }
}

impl sonic_added {
    /// # Errors
    /// Why it was not added.
    pub(crate) fn new(added: Added) -> Result<Self> {
        match added {
            Added::New(row) | Added::Replaced(row) => {
                Ok(Self { id: c_string(&row.id), row: Some(Row::new(&row)) })
            }
            Added::Duplicate(id) => Ok(Self { id: c_string(&id), row: None }),
            Added::Refused(error) => Err(error),
            _ => Err(Error::new(ErrorKind::Internal, "what became of a recording is not known")),
        }
    }
}
