//! How keys and rows are written: numbers in keys big-endian, so that they are in order; rows as JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sonic_core::{Error, ErrorKind, Result};

/// A row as it is kept.
pub(crate) fn json<T: Serialize>(row: &T, what: &str) -> Result<Vec<u8>> {
    serde_json::to_vec(row)
        .map_err(|e| Error::new(ErrorKind::Internal, format!("cannot write {what} as JSON")).with_source(e))
}

pub(crate) fn parse<T: DeserializeOwned>(value: &[u8], what: &str) -> Result<T> {
    serde_json::from_slice(value).map_err(|e| damaged(what).with_source(e))
}

/// What is wrong when a row cannot be read.
pub(crate) fn damaged(what: &str) -> Error {
    Error::new(ErrorKind::Malformed, format!("{what} is damaged: restore or rebuild the store"))
}

/// The key of a row of an event; keys are in order of event, then of number.
pub(crate) fn key(event: u32, number: u32) -> [u8; 8] {
    (u64::from(event) << 32 | u64::from(number)).to_be_bytes()
}

/// The number in an event that a key ends with.
pub(crate) fn number_in(key: &[u8], what: &str) -> Result<u32> {
    match key {
        [_, _, _, _, number @ ..] => number.try_into().map(u32::from_be_bytes).map_err(|_| damaged(what)),
        _ => Err(damaged(what)),
    }
}

/// The number of a row that an index leads to.
pub(crate) fn indexed(value: &[u8], what: &str) -> Result<u32> {
    value.try_into().map(u32::from_le_bytes).map_err(|_| damaged(what))
}
