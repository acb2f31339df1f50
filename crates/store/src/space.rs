//! The pipelines of the embeddings in a store: one of voices, one of faces, so that no two are compared that cannot be.

use crate::env::{Table, View, WriteTxn};
use crate::rows::encode::{json, parse};
use serde::{Deserialize, Serialize};
use sonic_core::vector::normalise;
use sonic_core::{Embedding, Error, ErrorKind, PipelineId, Result};

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

/// What embeddings are of: those of one kind are all of one pipeline.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    /// Key of the fact that says which pipeline.
    key: &'static [u8],
    /// The table of the embeddings.
    table: Table,
    name: &'static str,
    /// How the old ones give way.
    remedy: &'static str,
}

/// Embeddings of voices.
pub(crate) const VOICES: Kind = Kind {
    key: b"voice_pipeline",
    table: Table::Vectors,
    name: "voices",
    remedy: "forget the old ones and enrol again",
};

/// Embeddings of faces.
pub(crate) const FACES: Kind = Kind {
    key: b"face_pipeline",
    table: Table::FaceVectors,
    name: "faces",
    remedy: "remove the old ones and add the photos again",
};

/// The pipeline of the store's embeddings of a kind; `None` while it has had none.
pub(crate) fn of_store(view: View<'_>, kind: Kind) -> Result<Option<Space>> {
    let Some(value) = view.get(Table::Meta, kind.key)? else { return Ok(None) };
    parse(value, &format!("the pipeline of the {}", kind.name)).map(Some)
}

/// True if the store has embeddings to compare with; false while it has none.
///
/// # Errors
/// `Mismatch` if they are of another pipeline.
pub(crate) fn check(view: View<'_>, kind: Kind, space: &Space) -> Result<bool> {
    match of_store(view, kind)? {
        Some(own) if own == *space => Ok(true),
        Some(own) if view.len(kind.table)? > 0 => {
            let message = format!(
                "the store holds {} of pipeline {} ({} numbers), not of {} ({}): use a store for each, or {}",
                kind.name, own.pipeline, own.dimensions, space.pipeline, space.dimensions, kind.remedy
            );
            Err(Error::new(ErrorKind::Mismatch, message))
        }
        _ => Ok(false),
    }
}

/// Makes the pipeline that of the store's embeddings of a kind, unless it is.
pub(crate) fn claim(txn: &mut WriteTxn<'_>, kind: Kind, space: &Space) -> Result<()> {
    if check(txn.view(), kind, space)? {
        return Ok(());
    }
    txn.put(Table::Meta, kind.key, &json(space, "a pipeline")?)
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

/// A vector of the narrow band that goes with `embedding`, with length 1.
///
/// # Errors
/// `InvalidArgument` as [`unit`], or if it has another length than the embedding.
pub(crate) fn narrow(embedding: &Embedding, narrow: &[f32]) -> Result<Vec<f32>> {
    if narrow.len() != embedding.vector.len() {
        let message = format!(
            "the vector of the narrow band has {} numbers, its embedding {}: give both of one embedder",
            narrow.len(),
            embedding.vector.len()
        );
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    unit(&Embedding { pipeline: embedding.pipeline.clone(), vector: narrow.to_vec() })
}
