//! The store.

use crate::convert::{Out, c_string, free, invalid, path, reference};
use crate::error::{call, sonic_status};
use crate::options::{Options, Sized32, choice, init, read_options, reserved};
use sonic::store::{Problem, Salvaged, Stats};
use sonic::{Access, PipelineId, Result, Store, StoreOptions, Verify};
use std::ffi::{CString, c_char};
use std::ptr::null;
use std::sync::{Mutex, PoisonError};

/// Longest id of a recording, in bytes.
pub const SONIC_MAX_ID_BYTES: usize = 500;

const _: () = assert!(SONIC_MAX_ID_BYTES == sonic::recordings::MAX_ID_BYTES);

/// Shared. A store of recordings, in a directory. Any number of processes may read it while one writes.
pub struct sonic_store {
    pub(crate) store: Store,
    /// Names of pipelines that sonic_store_stats gave out; there is hardly ever more than one.
    pub(crate) pipelines: Mutex<Vec<CString>>,
    /// The reason that sonic_store_stats gave out last.
    follow_error: Mutex<Option<CString>>,
}

/// How a store is opened.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_access {
    /// For reading and writing; created if it does not exist.
    SONIC_ACCESS_CREATE = 0,
    /// For reading and writing; it must exist.
    SONIC_ACCESS_READ_WRITE = 1,
    /// For reading only.
    SONIC_ACCESS_READ_ONLY = 2,
}

/// How far a store's file is looked at before it is used: a damaged page, followed without a look, ends the process.
/// Looking takes about a second of processor time a gigabyte.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_verify {
    /// Only the two pages at its start. For a file that was looked at in another way.
    SONIC_VERIFY_NEVER = 0,
    /// The pages, unless the file is as a process that had the store open left it, or another process has it open.
    SONIC_VERIFY_AUTO = 1,
    /// The pages, however the file was left.
    SONIC_VERIFY_FULL = 2,
}

/// How to open a store.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_store_options {
    /// sizeof(sonic_store_options)
    pub size: u32,
    /// A sonic_access; the default is SONIC_ACCESS_CREATE.
    pub access: i32,
    /// Bytes of address space to reserve at first, which grows by itself.
    pub map_size: u64,
    /// A sonic_verify; the default is SONIC_VERIFY_AUTO.
    pub verify: i32,
    /// 0.
    pub reserved: u32,
}

// SAFETY: two u32, a u64 and two u32.
unsafe impl Sized32 for sonic_store_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_store_options {
    fn defaults() -> Self {
        let map_size = StoreOptions::default().map_size as u64;
        Self {
            size: size_of::<Self>() as u32,
            access: sonic_access::SONIC_ACCESS_CREATE as i32,
            map_size,
            verify: sonic_verify::SONIC_VERIFY_AUTO as i32,
            reserved: 0,
        }
    }
}

impl sonic_store_options {
    fn to_options(self) -> Result<StoreOptions> {
        let accesses = [Access::Create, Access::ReadWrite, Access::ReadOnly];
        let access = choice("access", "sonic_access", self.access, &accesses)?;
        let map_size =
            usize::try_from(self.map_size).map_err(|_| invalid("options.map_size is too large"))?;
        let verify =
            choice("verify", "sonic_verify", self.verify, &[Verify::Never, Verify::Auto, Verify::Full])?;
        reserved(self.reserved)?;
        Ok(StoreOptions { access, map_size, verify })
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_options_init(
    options: *mut sonic_store_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// Opens the store in the directory `path`.
///
/// Errors: NOT_FOUND if there is none and it may not be created; INVALID_ARGUMENT if `path` is a file; MISMATCH if its
/// format version is another; MALFORMED if it is damaged; IO if the system refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_open(
    path: *const c_char,
    options: *const sonic_store_options,
    store: *mut *mut sonic_store,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (path, options) = unsafe { (self::path(path, "path")?, read_options(options)?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(store, "store") }?;
        let store = Store::open(path, options.to_options()?)?;
        out.give(sonic_store { store, pipelines: Mutex::default(), follow_error: Mutex::default() })
    })
}

/// # Safety
/// `store` is null or a store.
pub(crate) unsafe fn store_of<'a>(store: *const sonic_store) -> Result<&'a Store> {
    // SAFETY: the caller's promise.
    unsafe { reference(store, "store") }.map(|s| &s.store)
}

/// Closes a store: every later call with it, and every one on another thread that has not begun, gives CLOSED. Closing
/// twice is fine. The handle is still to be freed, which closes too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_close(store: *const sonic_store) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        unsafe { store_of(store) }?.close();
        Ok(())
    })
}

/// Frees a store; NULL is nothing. No other thread may be in a call with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_free(store: *mut sonic_store) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(store) }
}

/// Counts of a store. Set `size` before the call; the rest is filled in as far as it reaches.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_stats {
    /// sizeof(sonic_stats)
    pub size: u32,
    /// Version of the store's format.
    pub format_version: u32,
    /// Number of recordings.
    pub recordings: u64,
    /// Length of all recordings in milliseconds.
    pub duration_ms: u64,
    /// Landmarks of all recordings.
    pub landmarks: u64,
    /// Pairs in the inverted index, those of removed recordings included until the next compaction.
    pub postings: u64,
    /// Bytes of the inverted index.
    pub postings_bytes: u64,
    /// Pieces that the inverted index consists of.
    pub segments: u64,
    /// Bytes of the store on disk.
    pub file_bytes: u64,
    /// Pipeline of the fingerprints, borrowed from the store's handle; NULL while there are none.
    pub pipeline: *const c_char,
    /// Number of the snapshot that the store was pulled or pushed as last, from 1 on; 0 if it never was.
    pub snapshot: u64,
    /// Why the store cannot follow its snapshots just now, borrowed from the store's handle until it is freed or the reason is
    /// another; NULL if it can, or nobody in this process follows.
    pub follow_error: *const c_char,
}

// SAFETY: two u32, seven u64, a pointer, a u64, a pointer.
unsafe impl Sized32 for sonic_stats {
    const LEAST: usize = size_of::<Self>();
}

pub(crate) fn stats_in_c(store: &sonic_store, of: &Stats) -> sonic_stats {
    sonic_stats {
        size: size_of::<sonic_stats>() as u32,
        format_version: of.format_version,
        recordings: of.recordings,
        duration_ms: of.duration_ms,
        landmarks: of.landmarks,
        postings: of.postings,
        postings_bytes: of.postings_bytes,
        segments: of.segments,
        file_bytes: of.file_bytes,
        pipeline: of.pipeline.as_ref().map_or(null(), |p| kept(store, p)),
        snapshot: of.snapshot.unwrap_or(0),
        follow_error: kept_reason(store, of.follow_error.as_deref()),
    }
}

/// Why a store cannot follow, until there is another reason.
fn kept_reason(store: &sonic_store, reason: Option<&str>) -> *const c_char {
    let Some(reason) = reason.map(c_string) else { return null() };
    let mut kept = store.follow_error.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.as_ref() != Some(&reason) {
        *kept = Some(reason);
    }
    kept.as_ref().map_or(null(), |kept| kept.as_ptr())
}

/// The name of a pipeline, for as long as the store's handle lives.
pub(crate) fn kept(store: &sonic_store, pipeline: &PipelineId) -> *const c_char {
    let mut names = store.pipelines.lock().unwrap_or_else(PoisonError::into_inner);
    let name = c_string(pipeline.as_str());
    let place = names.iter().position(|n| *n == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    });
    names[place].as_ptr()
}

/// What was saved of a damaged store. Set `size` before the call; the rest is filled in as far as it reaches.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_salvaged {
    /// sizeof(sonic_salvaged)
    pub size: u32,
    /// True if one of the two pages is damaged that tell in turn of the last change: what was saved is perhaps what was there
    /// before it, and has what that change removed.
    pub may_lack_last_change: bool,
    /// Recordings with their landmarks.
    pub recordings: u64,
    /// Voices.
    pub voices: u64,
    /// People with a voiceprint.
    pub people: u64,
    /// Photos.
    pub photos: u64,
    /// Faces.
    pub faces: u64,
    /// Rows that were damaged.
    pub damaged_rows: u64,
    /// Pages that could not be made out; of what lay below them nothing may be missing.
    pub damaged_pages: u64,
    /// Recordings that were imported without their sound. Of their hashes some may be lost.
    pub imported: u64,
}

// SAFETY: u32, bool, eight u64.
unsafe impl Sized32 for sonic_salvaged {
    const LEAST: usize = size_of::<Self>();
}

pub(crate) fn salvaged_in_c(of: &Salvaged) -> sonic_salvaged {
    sonic_salvaged {
        size: size_of::<sonic_salvaged>() as u32,
        may_lack_last_change: of.may_lack_last_change,
        recordings: of.recordings,
        voices: of.voices,
        people: of.people,
        photos: of.photos,
        faces: of.faces,
        damaged_rows: of.damaged_rows,
        damaged_pages: of.damaged_pages,
        imported: of.imported,
    }
}

/// Shared. What sonic_store_check found wrong.
pub struct sonic_problems(Vec<CString>);

impl sonic_problems {
    pub(crate) fn new(of: &[Problem]) -> Self {
        Self(of.iter().map(|problem| c_string(&problem.message)).collect())
    }
}

/// How many problems there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_problems_len(problems: *const sonic_problems) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { problems.as_ref() }.map_or(0, |p| p.0.len())
}

/// The problem number `index` in words, from 0 on; NULL beyond the last. Borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_problems_message(
    problems: *const sonic_problems,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { problems.as_ref() }.and_then(|p| p.0.get(index)).map_or(null(), |p| p.as_ptr())
}

/// Frees problems; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_problems_free(problems: *mut sonic_problems) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(problems) }
}
