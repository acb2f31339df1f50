//! The `thumbnails` table: small pictures of faces, apart from their rows, so that nothing that clusters or searches ever
//! reads them.

use super::encode::key;
use crate::env::{Table, View, WriteTxn};
use sonic_core::{Error, ErrorKind, Result};

/// Most bytes of one.
const MAX_BYTES: usize = 1 << 20;

pub(crate) fn check(thumbnails: &[Vec<u8>], faces: usize) -> Result<()> {
    let invalid = |message: String| Err(Error::new(ErrorKind::InvalidArgument, message));
    if !thumbnails.is_empty() && thumbnails.len() != faces {
        return invalid(format!(
            "{} thumbnails for {faces} faces: give one a face, or none",
            thumbnails.len()
        ));
    }
    match thumbnails.iter().map(Vec::len).max() {
        Some(length) if length > MAX_BYTES => {
            invalid(format!("a thumbnail of {length} bytes: give at most {MAX_BYTES}"))
        }
        _ => Ok(()),
    }
}

/// Keeps the thumbnail of a face; an empty one is none.
pub(crate) fn write(txn: &mut WriteTxn<'_>, event: u32, face: u32, jpeg: &[u8]) -> Result<()> {
    match jpeg {
        [] => Ok(()),
        jpeg => txn.put(Table::Thumbnails, &key(event, face), jpeg),
    }
}

pub(crate) fn get(view: View<'_>, event: u32, face: u32) -> Result<Option<Vec<u8>>> {
    Ok(view.get(Table::Thumbnails, &key(event, face))?.map(<[u8]>::to_vec))
}

pub(crate) fn remove(txn: &mut WriteTxn<'_>, event: u32, face: u32) -> Result<()> {
    txn.delete(Table::Thumbnails, &key(event, face)).map(drop)
}
