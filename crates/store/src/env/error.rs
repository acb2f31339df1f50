//! LMDB's errors and the system's as ours.

use heed::MdbError;
use sonic_core::{Error, ErrorKind};

pub(super) fn read_error(error: heed::Error) -> Error {
    heed_error(error, "cannot read the store")
}

pub(super) fn write_error(error: heed::Error) -> Error {
    heed_error(error, "cannot write to the store")
}

/// What is wrong with a value whose checksum is not that of its bytes.
pub(super) fn damaged_value(table: &str, key: &[u8]) -> Error {
    const MOST_SHOWN: usize = 40;
    let more = if key.len() > MOST_SHOWN { "..." } else { "" };
    let key = key[..key.len().min(MOST_SHOWN)].escape_ascii();
    let message = format!(
        "the row \"{key}{more}\" of the table {table} is damaged: restore the store from a copy, or save the rest of it \
         with `sonic doctor --salvage`"
    );
    Error::new(ErrorKind::Malformed, message)
}

pub(super) fn is_map_full(error: &Error) -> bool {
    is_mdb(error, |e| matches!(e, MdbError::MapFull))
}

pub(super) fn is_map_resized(error: &Error) -> bool {
    is_mdb(error, |e| matches!(e, MdbError::MapResized))
}

fn is_mdb(error: &Error, test: impl Fn(&MdbError) -> bool) -> bool {
    let source = std::error::Error::source(error).and_then(|s| s.downcast_ref::<heed::Error>());
    matches!(source, Some(heed::Error::Mdb(e)) if test(e))
}

pub(super) fn heed_error(error: heed::Error, what: impl std::fmt::Display) -> Error {
    let kind = match &error {
        heed::Error::Io(e) if e.kind() == std::io::ErrorKind::NotFound => ErrorKind::NotFound,
        heed::Error::Io(_) => ErrorKind::Io,
        heed::Error::Mdb(MdbError::MapFull | MdbError::ReadersFull | MdbError::TxnFull) => ErrorKind::Limit,
        heed::Error::Mdb(MdbError::VersionMismatch) => ErrorKind::Mismatch,
        heed::Error::Mdb(_) | heed::Error::Decoding(_) => ErrorKind::Malformed,
        heed::Error::Encoding(_) | heed::Error::EnvAlreadyOpened => ErrorKind::Internal,
    };
    let advice = match &error {
        heed::Error::Io(e) => advice(e),
        _ => "",
    };
    Error::new(kind, format!("{what}: {error}{advice}")).with_source(error)
}

/// True if this process may not write there.
pub(super) fn is_forbidden(error: &std::io::Error) -> bool {
    use std::io::ErrorKind as Io;
    matches!(error.kind(), Io::PermissionDenied | Io::ReadOnlyFilesystem)
}

pub(super) fn io_error(what: impl std::fmt::Display, error: std::io::Error) -> Error {
    let advice = advice(&error);
    let kind = Error::io("", std::io::Error::from(error.kind())).kind();
    Error::new(kind, format!("{what}: {error}{advice}")).with_source(error)
}

/// What to do when the system refuses.
fn advice(error: &std::io::Error) -> &'static str {
    use std::io::ErrorKind as Io;
    match error.kind() {
        Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => {
            ": there is no room left; what was committed is safe, free space and try again"
        }
        Io::PermissionDenied | Io::ReadOnlyFilesystem => {
            ": even reading takes permission to write the lock files there; give it, or copy the store"
        }
        // LMDB's word for a write that fell short.
        _ if error.raw_os_error() == Some(5) => {
            ": there is no room left, or the disk fails; what was committed is safe, free space and try again"
        }
        _ => "",
    }
}
