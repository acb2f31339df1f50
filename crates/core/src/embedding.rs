//! What a voice or a face is compared by.

use crate::PipelineId;

/// A vector of unit length that stands for a voice or a face; two are alike when their dot product is near 1.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Embedding {
    /// What made it; embeddings of different pipelines cannot be compared.
    pub pipeline: PipelineId,
    /// The vector, Euclidean length 1.
    pub vector: Vec<f32>,
}
