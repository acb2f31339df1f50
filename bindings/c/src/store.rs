//! The store.

use crate::answer::{sonic_answer, sonic_identify_options};
use crate::convert::{Out, Sized32, c_string, free, options, path, reference, source};
use crate::error::{call, invalid, sonic_status};
use crate::fingerprint::sonic_fingerprint;
use crate::recording::{Row, sonic_recording, sonic_recording_options};
use sonic::{Access, Added, Elapsed, Identified, Result, Store, StoreOptions};
use std::ffi::{CString, c_char};
use std::ptr::null;
use std::sync::Mutex;
use std::time::Instant;

/// Longest id of a recording, in bytes.
pub const SONIC_MAX_ID_BYTES: usize = 500;

const _: () = assert!(SONIC_MAX_ID_BYTES == sonic::MAX_ID_BYTES);

/// Shared. A store of recordings, in a directory. Any number of processes may read it while one writes.
pub struct sonic_store {
    pub(crate) store: Store,
    /// Names of pipelines that sonic_store_stats gave out; there is hardly ever more than one.
    pub(crate) pipelines: Mutex<Vec<CString>>,
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

/// How to open a store.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_store_options {
    /// sizeof(sonic_store_options)
    pub size: u32,
    /// A sonic_access; 0 is SONIC_ACCESS_CREATE.
    pub access: i32,
    /// Bytes of address space to reserve at first, which grows by itself; 0 is 1 GiB.
    pub map_size: u64,
}

// SAFETY: two u32 and a u64.
unsafe impl Sized32 for sonic_store_options {
    const LEAST: usize = 16;
}

impl sonic_store_options {
    fn to_options(self) -> Result<StoreOptions> {
        let access = match self.access {
            0 => Access::Create,
            1 => Access::ReadWrite,
            2 => Access::ReadOnly,
            other => return Err(invalid(format!("options.access is {other}, which is no sonic_access"))),
        };
        let map_size = match self.map_size {
            0 => StoreOptions::default().map_size,
            size => usize::try_from(size).map_err(|_| invalid("options.map_size is too large"))?,
        };
        Ok(StoreOptions { access, map_size })
    }
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
        let (path, options) = unsafe { (self::path(path, "path")?, self::options(options, "options")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(store, "store") }?;
        let store = Store::open(path, options.to_options()?)?;
        out.give(sonic_store { store, pipelines: Mutex::default() })
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

/// Frees what sonic_store_add gave; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_added_free(added: *mut sonic_added) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(added) }
}

fn give_added(out: Option<Out<*mut sonic_added>>, added: Added) -> Result<()> {
    let added = match added {
        Added::New(row) => sonic_added { id: c_string(&row.id), row: Some(Row::new(&row)) },
        Added::Duplicate(id) => sonic_added { id: c_string(&id), row: None },
        Added::Refused(error) => return Err(error),
    };
    out.map_or(Ok(()), |out| out.give(added))
}

/// Adds a recording by its fingerprint, in one transaction. `options` must name it. `added` may be NULL.
///
/// Errors: INVALID_ARGUMENT for an id that is missing or too long; MISMATCH if the id belongs to another recording, or
/// the fingerprint's pipeline is not the store's; IO if another process is writing or the disk is full.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_add(
    store: *const sonic_store,
    fingerprint: *const sonic_fingerprint,
    options: *const sonic_recording_options,
    added: *mut *mut sonic_added,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, fingerprint) = unsafe { (store_of(store)?, reference(fingerprint, "fingerprint")?) };
        // SAFETY: as above.
        let recording = unsafe { self::options(options, "options")?.to_recording()? };
        // SAFETY: as above.
        let out = unsafe { Out::new(added, "added") }.ok();
        give_added(out, sonic::add_fingerprint(store, &fingerprint.fingerprint, recording)?)
    })
}

/// Decodes a file and adds it, in memory that does not grow with its length. `options` and `added` may be NULL.
///
/// A file whose bytes are in the store already is not added again, which is no error; see sonic_added_is_new.
///
/// Errors: as sonic_clip_decode_file and sonic_store_add.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_add_file(
    store: *const sonic_store,
    path: *const c_char,
    options: *const sonic_recording_options,
    added: *mut *mut sonic_added,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { add(store, self::path(path, "path")?.into(), options, added) })
}

/// Decodes the bytes of a media file and adds them; see sonic_store_add_file. `options` must name the recording.
/// `data` is not used after the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_add_bytes(
    store: *const sonic_store,
    data: *const u8,
    len: usize,
    options: *const sonic_recording_options,
    added: *mut *mut sonic_added,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { add(store, source(data, len, "data")?, options, added) })
}

/// # Safety
/// The pointers are as the header says.
unsafe fn add(
    store: *const sonic_store,
    source: sonic::Source,
    options: *const sonic_recording_options,
    added: *mut *mut sonic_added,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let (store, options) = unsafe { (store_of(store)?, self::options(options, "options")?) };
    // SAFETY: the caller's promise.
    let (recording, out) = unsafe { (options.to_recording()?, Out::new(added, "added").ok()) };
    give_added(out, sonic::add(store, source, recording)?)
}

/// Which recordings the clip with this fingerprint comes from.
///
/// Errors: INVALID_ARGUMENT if the fingerprint has no texture; MISMATCH if it was made by another pipeline than the
/// store's; MALFORMED if the store is damaged. A clip that is not recognised is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_identify(
    store: *const sonic_store,
    fingerprint: *const sonic_fingerprint,
    options: *const sonic_identify_options,
    answer: *mut *mut sonic_answer,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, fingerprint) = unsafe { (store_of(store)?, reference(fingerprint, "fingerprint")?) };
        // SAFETY: as above.
        let options = unsafe { self::options(options, "options")?.to_options()? };
        // SAFETY: as above.
        let out = unsafe { Out::new(answer, "answer") }?;
        let start = Instant::now();
        let answer = store.identify(&fingerprint.fingerprint, &options)?;
        let elapsed = Elapsed { search: start.elapsed(), ..Elapsed::default() };
        let duration_ms = fingerprint.fingerprint.duration_ms;
        out.give(sonic_answer::new(Identified { answer, duration_ms, truncated: false, elapsed }))
    })
}

/// Decodes a file and asks what it is, in memory that does not grow with its length; see sonic_store_identify.
///
/// Errors: as sonic_clip_decode_file and sonic_store_identify.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_identify_file(
    store: *const sonic_store,
    path: *const c_char,
    options: *const sonic_identify_options,
    answer: *mut *mut sonic_answer,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { identify(store, self::path(path, "path")?.into(), options, answer) })
}

/// Decodes the bytes of a media file and asks what they are; see sonic_store_identify_file. `data` is not used after
/// the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_identify_bytes(
    store: *const sonic_store,
    data: *const u8,
    len: usize,
    options: *const sonic_identify_options,
    answer: *mut *mut sonic_answer,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { identify(store, source(data, len, "data")?, options, answer) })
}

/// # Safety
/// The pointers are as the header says.
unsafe fn identify(
    store: *const sonic_store,
    source: sonic::Source,
    options: *const sonic_identify_options,
    answer: *mut *mut sonic_answer,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let (store, options) = unsafe { (store_of(store)?, self::options(options, "options")?) };
    // SAFETY: the caller's promise.
    let (options, out) = unsafe { (options.to_options()?, Out::new(answer, "answer")?) };
    out.give(sonic_answer::new(sonic::identify(store, source, &options)?))
}
