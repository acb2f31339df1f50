//! The vocabulary that sonic's crates share: errors, clips, fingerprints. It knows no codec and no database.

mod clip;
mod error;
mod fingerprint;
#[doc(hidden)]
pub mod guard;

pub use clip::Clip;
pub use error::{Error, ErrorKind, Result};
pub use fingerprint::{Fingerprint, Landmark, PipelineId, Texture};
