//! The pipeline of the embeddings in a store: one, so that no two are compared that cannot be.

use crate::env::{Table, View, WriteTxn};
use serde::{Deserialize, Serialize};
use sonic_core::vector::normalise;
use sonic_core::{Embedding, Error, ErrorKind, PipelineId, Result};

const KEY: &[u8] = b"voice_pipeline";
/// Most numbers of an embedding.
const MAX_DIMENSIONS: usize = 8192;

/// What made the embeddings of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Space {
    pub pipeline: String,
    pub dimensions: usize,
}

impl Space {
    pub(crate) fn of(embedding: &Embedding) -> Self {
        Self { pipeline: embedding.pipeline.as_str().to_owned(), dimensions: embedding.vector.len() }
    }

    pub(crate) fn pipeline(&self) -> PipelineId {
        PipelineId::new(self.pipeline.clone())
    }
}

/// The pipeline of the store's voices; `None` while it has had none.
pub(crate) fn of_store(view: View<'_>) -> Result<Option<Space>> {
    let Some(value) = view.get(Table::Meta, KEY)? else { return Ok(None) };
    let damaged =
        |e| Error::new(ErrorKind::Malformed, "the pipeline of the voices is damaged").with_source(e);
    serde_json::from_slice(value).map(Some).map_err(damaged)
}

/// True if the store has embeddings to compare with; false while it has none.
///
/// # Errors
/// `Mismatch` if they are of another pipeline.
pub(crate) fn check(view: View<'_>, space: &Space) -> Result<bool> {
    match of_store(view)? {
        Some(own) if own == *space => Ok(true),
        Some(own) if view.len(Table::Vectors)? > 0 => {
            let message = format!(
                "the store holds voices of pipeline {} ({} numbers), not of {} ({}): use a store for each, or forget \
                 the old ones and enrol again",
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
    let json = serde_json::to_vec(space)
        .map_err(|e| Error::new(ErrorKind::Internal, "cannot write a pipeline as JSON").with_source(e))?;
    txn.put(Table::Meta, KEY, &json)
}

/// The embedding's vector with length 1.
///
/// # Errors
/// `InvalidArgument` if it has no numbers, too many, only zeros, or one that is not finite.
pub(crate) fn unit(embedding: &Embedding) -> Result<Vec<f32>> {
    let mut vector = embedding.vector.clone();
    if vector.len() > MAX_DIMENSIONS || !normalise(&mut vector) {
        let message = format!(
            "an embedding has 1 to {MAX_DIMENSIONS} finite numbers that are not all 0: this one of {} has none such",
            vector.len()
        );
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    Ok(vector)
}
