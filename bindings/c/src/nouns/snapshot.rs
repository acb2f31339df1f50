//! Snapshots in object storage.

use crate::convert::{Strings, free, invalid, optional_text, path};
use crate::error::{call, sonic_status};
use crate::options::{Options, Sized32, init};
use sonic::Result;
use sonic::remote::{Follower, Pruned, Pulled, Pushed, RemoteOptions, Snapshot};
use std::ffi::c_char;
use std::ptr::null;

/// How a bucket is reached. Keys come from the environment or from a file, never from an address.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_remote_options {
    /// sizeof(sonic_remote_options)
    pub size: u32,
    /// Requests at the same time, 1 to 64.
    pub connections: u32,
    /// Most bytes a second that are sent or received, if has_bytes_per_second is not 0.
    pub bytes_per_second: u64,
    /// Not 0 if bytes_per_second counts.
    pub has_bytes_per_second: u32,
    /// 0.
    pub reserved: u32,
    /// Address of a server that stands for the usual one: of R2, MinIO, an emulator; or NULL.
    pub endpoint: *const c_char,
    /// A file with keys and other settings, one NAME=value a line as in the environment, whose place it takes; or NULL.
    pub credentials: *const c_char,
}

// SAFETY: two u32, a u64, two u32, then pointers.
unsafe impl Sized32 for sonic_remote_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_remote_options {
    fn defaults() -> Self {
        Self {
            size: size_of::<Self>() as u32,
            connections: RemoteOptions::default().connections as u32,
            bytes_per_second: 0,
            has_bytes_per_second: 0,
            reserved: 0,
            endpoint: null(),
            credentials: null(),
        }
    }
}

impl sonic_remote_options {
    /// # Safety
    /// The pointers are null or strings.
    pub(crate) unsafe fn to_options(self) -> Result<RemoteOptions> {
        crate::options::reserved(self.reserved)?;
        let credentials = match self.credentials.is_null() {
            true => None,
            // SAFETY: the caller's promise.
            false => Some(unsafe { path(self.credentials, "options.credentials") }?),
        };
        Ok(RemoteOptions {
            // SAFETY: the caller's promise.
            endpoint: unsafe { optional_text(self.endpoint, "options.endpoint") }?.map(str::to_owned),
            credentials,
            connections: usize::try_from(self.connections)
                .map_err(|_| invalid("options.connections is too large"))?,
            bytes_per_second: crate::options::given(self.has_bytes_per_second, self.bytes_per_second),
        })
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_remote_options_init(
    options: *mut sonic_remote_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// A snapshot in a bucket. Read it through a pointer that the library gave: later versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_snapshot {
    /// Its number, from 1 on; the largest is current.
    pub version: u64,
    /// Number of the snapshot that it was made on the base of, if has_base is true.
    pub base: u64,
    /// Number of the snapshot that it brings back, if has_restores is true: it is a rollback then.
    pub restores: u64,
    /// When it was made: milliseconds since 1970 UTC by the clock of its maker.
    pub created_at_ms: u64,
    /// How often somebody was forgotten in the store so far.
    pub forget_epoch: u64,
    /// Rows of all tables.
    pub rows: u64,
    /// Bytes of its chunks.
    pub bytes: u64,
    /// Bytes of its chunks as they are in the bucket.
    pub packed_bytes: u64,
    /// SHA-256 of its manifest.
    pub manifest: *const c_char,
    /// Version of the store's format.
    pub store_format: u32,
    /// False of the first.
    pub has_base: bool,
    /// True if it is a rollback.
    pub has_restores: bool,
}

/// Shared. A list of snapshots.
pub struct sonic_snapshot_list {
    rows: Vec<sonic_snapshot>,
    /// What the rows point to.
    _strings: Strings,
}

impl sonic_snapshot_list {
    pub(crate) fn new(of: &[Snapshot]) -> Self {
        let mut strings = Strings::default();
        let rows = of.iter().map(|snapshot| snapshot_in_c(snapshot, &mut strings)).collect();
        Self { rows, _strings: strings }
    }
}

fn snapshot_in_c(of: &Snapshot, strings: &mut Strings) -> sonic_snapshot {
    sonic_snapshot {
        version: of.version,
        base: of.base.unwrap_or(0),
        restores: of.restores.unwrap_or(0),
        created_at_ms: of.created_at_ms,
        forget_epoch: of.forget_epoch,
        rows: of.rows,
        bytes: of.bytes,
        packed_bytes: of.packed_bytes,
        manifest: strings.keep(&of.manifest),
        store_format: of.store_format,
        has_base: of.base.is_some(),
        has_restores: of.restores.is_some(),
    }
}

/// How many snapshots there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_snapshot_list_len(snapshots: *const sonic_snapshot_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { snapshots.as_ref() }.map_or(0, |s| s.rows.len())
}

/// The snapshot number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_snapshot_list_at(
    snapshots: *const sonic_snapshot_list,
    index: usize,
) -> *const sonic_snapshot {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { snapshots.as_ref() }.and_then(|s| s.rows.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Frees a list of snapshots; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_snapshot_list_free(snapshots: *mut sonic_snapshot_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(snapshots) }
}

/// What a push or a pull came to. Set `size` before the call; the rest is filled in as far as it reaches.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_transferred {
    /// sizeof(sonic_transferred)
    pub size: u32,
    /// False if the store and the current snapshot were the same already.
    pub changed: bool,
    /// Number of the snapshot that the store is now.
    pub version: u64,
    /// Bytes that were sent or received.
    pub bytes: u64,
}

// SAFETY: u32, bool, two u64.
unsafe impl Sized32 for sonic_transferred {
    const LEAST: usize = size_of::<Self>();
}

impl From<Pushed> for sonic_transferred {
    fn from(of: Pushed) -> Self {
        let (version, size) = (of.snapshot.version, size_of::<Self>() as u32);
        Self { size, changed: of.published, version, bytes: of.sent_bytes }
    }
}

impl From<Pulled> for sonic_transferred {
    fn from(of: Pulled) -> Self {
        let (version, size) = (of.snapshot.version, size_of::<Self>() as u32);
        Self { size, changed: of.changed, version, bytes: of.received_bytes }
    }
}

/// What pruning removed. Set `size` before the call; the rest is filled in as far as it reaches.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_pruned {
    /// sizeof(sonic_pruned)
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Snapshots that are not there any more.
    pub removed_snapshots: u64,
    /// Chunks that were removed.
    pub removed_chunks: u64,
    /// Their bytes.
    pub removed_bytes: u64,
    /// Snapshots that stay.
    pub kept_snapshots: u64,
}

// SAFETY: two u32, four u64.
unsafe impl Sized32 for sonic_pruned {
    const LEAST: usize = size_of::<Self>();
}

impl From<Pruned> for sonic_pruned {
    fn from(of: Pruned) -> Self {
        Self {
            size: size_of::<Self>() as u32,
            reserved: 0,
            removed_snapshots: of.removed_snapshots,
            removed_chunks: of.removed_chunks,
            removed_bytes: of.removed_bytes,
            kept_snapshots: of.kept.len() as u64,
        }
    }
}

/// Shared. Keeps a store at the current snapshot of a bucket.
pub struct sonic_follower {
    /// Ends when it is dropped.
    pub(crate) _follower: Follower,
}

/// Ends following and waits for that, which gives up a pull that is under way; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_follower_free(follower: *mut sonic_follower) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(follower) }
}
