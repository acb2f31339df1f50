//! Tables as Arrow.

use crate::convert::is_null;
use crate::error::{call, sonic_status};
use crate::store::{sonic_store, store_of};
use std::ffi::c_void;

/// The struct of the Arrow C stream interface, which the header declares as the specification does.
#[repr(C)]
pub struct ArrowArrayStream {
    functions: [*mut c_void; 4],
    private_data: *mut c_void,
}

/// Every recording, in the order in which they were added, as a table of the Arrow C stream interface, which is read
/// 4096 rows at a time. `stream` is written, not released before; its reader calls its `release`, also when it reads
/// no row. The stream outlives the store's handle; closing the store ends it with an error.
///
/// Columns: recording_id, title, source, source_hash, duration_ms, landmarks, truncated, codec, sample_rate, channels,
/// user_id, mode, created_at (UTC, in milliseconds), metadata (JSON).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_store_recordings_arrow(
    store: *const sonic_store,
    stream: *mut ArrowArrayStream,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let store = unsafe { store_of(store) }?;
        if stream.is_null() {
            return Err(is_null("stream"));
        }
        let made = store.recordings_arrow()?;
        // SAFETY: as above, and not null.
        unsafe { made.write_to(stream.cast()) };
        Ok(())
    })
}
