//! Rows of the store.

use crate::convert::{Sized32, Strings, free, optional_text, reserved};
use crate::error::invalid;
use sonic::{Cursor, Page, Recording, Result};
use std::ffi::c_char;
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
    /// Where it came from: a path or an address; "" if that is not known.
    pub source: *const c_char,
    /// xxh3-128 of the source's bytes in hexadecimal: the same bytes are added only once. "" if that is not known.
    pub source_hash: *const c_char,
    /// The user it belongs to, or NULL.
    pub user: *const c_char,
    /// What it was recorded for, or NULL.
    pub mode: *const c_char,
    /// Whatever else the caller wanted to keep, as JSON, or NULL.
    pub metadata_json: *const c_char,
    /// Short name of the codec, such as "opus"; "" if that is not known.
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
            source: strings.keep(&of.source),
            source_hash: strings.keep(&of.source_hash),
            user: strings.keep_some(of.user.as_deref()),
            mode: strings.keep_some(of.mode.as_deref()),
            metadata_json: strings.keep_some(metadata.as_deref()),
            codec: strings.keep(&of.format.codec),
            duration_ms: of.duration_ms,
            created_at_ms: of.created_at_ms,
            landmarks: of.landmarks,
            frames: of.frames,
            sample_rate: of.format.sample_rate,
            channels: of.format.channels.into(),
            truncated: of.truncated,
        };
        Self { row, _strings: strings }
    }
}

/// Frees a recording that sonic_store_recording gave; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recording_free(recording: *mut sonic_recording) {
    // SAFETY: the caller keeps the rules of the header; what it holds is the first field of a `Row`.
    unsafe { free(recording.cast::<Row>()) }
}

/// Shared. A list of recordings.
pub struct sonic_recordings {
    rows: Vec<Row>,
    next: Option<Cursor>,
}

impl sonic_recordings {
    pub(crate) fn new(page: &Page) -> Self {
        Self { rows: page.recordings.iter().map(Row::new).collect(), next: page.next }
    }
}

/// How many recordings there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recordings_len(recordings: *const sonic_recordings) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { recordings.as_ref() }.map_or(0, |r| r.rows.len())
}

/// The recording number `index`, from 0 on; NULL beyond the last. Borrowed from the list: do not free it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recordings_at(
    recordings: *const sonic_recordings,
    index: usize,
) -> *const sonic_recording {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { recordings.as_ref() }.and_then(|r| r.rows.get(index)).map_or(null(), |r| &raw const r.row)
}

/// Where the recordings after this list go on: true, and the place in `after`, if there are more. The place is good
/// for ever, whatever is added or removed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recordings_next(recordings: *const sonic_recordings, after: *mut u32) -> bool {
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
pub unsafe extern "C" fn sonic_recordings_free(recordings: *mut sonic_recordings) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(recordings) }
}

/// What to write into the row of a recording. Text is UTF-8 and copied; NULL leaves a field out.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_recording_options {
    /// sizeof(sonic_recording_options)
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// The name by which matches report it, unique in the store, 1 to SONIC_MAX_ID_BYTES bytes. Needed, except for
    /// files: NULL is the file's name without folder and extension there.
    pub id: *const c_char,
    /// A title for people.
    pub title: *const c_char,
    /// Where it came from; NULL is the path for files.
    pub source: *const c_char,
    /// The user it belongs to.
    pub user: *const c_char,
    /// What it was recorded for.
    pub mode: *const c_char,
    /// Whatever else is to be kept, one JSON value.
    pub metadata_json: *const c_char,
    /// When it was recorded or added, in milliseconds since 1970 UTC; 0 is now.
    pub created_at_ms: u64,
}

// SAFETY: two u32, then words of eight bytes (of four, in front of an aligned u64, on 32-bit machines).
unsafe impl Sized32 for sonic_recording_options {
    const LEAST: usize = size_of::<Self>();
}

impl sonic_recording_options {
    /// # Safety
    /// The pointers are null or strings.
    pub(crate) unsafe fn to_recording(self) -> Result<Recording> {
        reserved(self.reserved)?;
        // SAFETY: the caller's promise.
        let text = |pointer, name| Result::Ok(unsafe { optional_text(pointer, name) }?.map(str::to_owned));
        let metadata = match text(self.metadata_json, "options.metadata_json")? {
            Some(json) => serde_json::from_str(&json)
                .map_err(|e| invalid(format!("options.metadata_json is not JSON: {e}")).with_source(e))?,
            None => serde_json::Value::Null,
        };
        let id = text(self.id, "options.id")?;
        if id.as_deref() == Some("") {
            return Err(invalid("options.id is empty: give an id, or NULL for the name of the file"));
        }
        Ok(Recording {
            id: id.unwrap_or_default(),
            title: text(self.title, "options.title")?,
            source: text(self.source, "options.source")?.unwrap_or_default(),
            user: text(self.user, "options.user")?,
            mode: text(self.mode, "options.mode")?,
            created_at_ms: self.created_at_ms,
            metadata,
            ..Recording::default()
        })
    }
}
