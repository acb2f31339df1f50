//! What flows of recordings, voices and photos share.

pub(crate) mod files;
pub mod ingest;
pub(crate) mod source_hash;
mod summary;
pub(crate) mod timed;

pub use summary::{AddStatus, AddSummary};
