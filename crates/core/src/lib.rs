//! The vocabulary that sonic's crates share: errors, clips, fingerprints, embeddings. It knows no codec and no database.

mod calibration;
mod clip;
pub mod cluster;
mod conditions;
mod embedding;
mod error;
mod face;
mod fingerprint;
mod front_end;
#[doc(hidden)]
pub mod guard;
#[doc(hidden)]
pub mod json;
#[doc(hidden)]
pub mod open;
mod pair_hash;
#[doc(hidden)]
pub mod parallel;
mod paths;
mod provider;
mod span;
#[doc(hidden)]
pub mod trace;
mod transcript;
pub mod vector;
#[doc(hidden)]
pub mod wide;

pub use calibration::{Calibration, MIN_TRIALS, Trial};
pub use clip::Clip;
pub use conditions::SpeechConditions;
pub use embedding::Embedding;
#[doc(hidden)]
pub use error::readable;
pub use error::{Error, ErrorKind, Result};
pub use face::{Face, FaceQuality};
pub use fingerprint::{
    FINGERPRINT_HOP, FINGERPRINT_RATE, FRAME_MS, Fingerprint, Landmark, PipelineId, Texture,
};
pub use front_end::FrontEnd;
pub use pair_hash::{PAIR_HASH_FRAME_MS, PAIR_HASH_HOP, PAIR_HASH_RATE, PairHash, PairHashes};
pub use paths::{path_of, path_text};
pub use provider::{Provider, RunMode};
pub use span::Span;
/// What [`trace_span`] expands to.
#[cfg(feature = "tracing")]
#[doc(hidden)]
pub use tracing;
pub use transcript::{Segment, Turn, Word};
