//! The pipeline of the faces in a store: one, so that no two are compared that cannot be.

use super::event::{json, parse};
use crate::env::{Table, View, WriteTxn};
use crate::voices::space::Space;
use sonic_core::{Error, ErrorKind, Result};

const KEY: &[u8] = b"face_pipeline";

/// The pipeline of the store's faces; `None` while it has had none.
pub(crate) fn of_store(view: View<'_>) -> Result<Option<Space>> {
    let Some(value) = view.get(Table::Meta, KEY)? else { return Ok(None) };
    parse(value, "the pipeline of the faces").map(Some)
}

/// True if the store has embeddings to compare with; false while it has none.
///
/// # Errors
/// `Mismatch` if they are of another pipeline.
pub(crate) fn check(view: View<'_>, space: &Space) -> Result<bool> {
    match of_store(view)? {
        Some(own) if own == *space => Ok(true),
        Some(own) if view.len(Table::FaceVectors)? > 0 => {
            let message = format!(
                "the store holds faces of pipeline {} ({} numbers), not of {} ({}): use a store for each, or remove the \
                 old ones and add the photos again",
                own.pipeline, own.dimensions, space.pipeline, space.dimensions
            );
            Err(Error::new(ErrorKind::Mismatch, message))
        }
        _ => Ok(false),
    }
}

/// Makes the pipeline that of the store, unless it is.
pub(crate) fn claim(txn: &mut WriteTxn<'_>, space: &Space) -> Result<()> {
    if check(txn.view(), space)? {
        return Ok(());
    }
    txn.put(Table::Meta, KEY, &json(space, "a pipeline")?)
}
