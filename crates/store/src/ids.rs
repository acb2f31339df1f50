//! External ids, names and places in lists, of every view alike.

use sonic_core::{Error, ErrorKind, Result};

/// Longest external id, in bytes.
pub const MAX_ID_BYTES: usize = 500;

/// Longest name of a user, a mode, a person or a scope, in bytes.
pub const MAX_NAME_BYTES: usize = 400;

/// A place in the list of a view; the default is the start. It is good for ever, whatever is added or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cursor(
    /// Number of the last row before the place; numbers grow with each row and are never used again.
    pub u32,
);

/// # Errors
/// `InvalidArgument` if `id` cannot name a `thing`.
pub(crate) fn check_id(thing: &str, id: &str) -> Result<()> {
    if id.is_empty() || id.len() > MAX_ID_BYTES {
        let message = format!("the id of a {thing} has 1 to {MAX_ID_BYTES} bytes, not {}", id.len());
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    if id.contains('\0') {
        let message = format!("the id of a {thing} has no zero byte, which ends a text in C: {id:?} has one");
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    Ok(())
}

/// # Errors
/// `InvalidArgument` if `name` is empty, too long to be a key, or has a zero byte.
pub(crate) fn check_name(what: &str, name: &str) -> Result<()> {
    if name.is_empty() || name.len() > MAX_NAME_BYTES {
        let message = format!("a {what} has 1 to {MAX_NAME_BYTES} bytes, not {}", name.len());
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    if name.contains('\0') {
        let message = format!("a {what} has no zero byte, which ends a text in C: {name:?} has one");
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    Ok(())
}
