//! The one place where a panic of somebody else's code becomes an error of ours.

use crate::{Error, ErrorKind, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`; a panic inside becomes an error of `kind` that names `what`.
///
/// Used around third-party decoders, which meet hostile bytes (`Malformed`), and at the edge of the C interface
/// (`Internal`). State that `work` borrowed mutably must not be used again after an error.
pub fn guard<T>(kind: ErrorKind, what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "unknown panic".to_owned());
        Err(Error::new(kind, format!("{what} failed: {text}")))
    })
}
