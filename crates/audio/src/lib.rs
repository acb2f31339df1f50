//! Audio for sonic: foreign bytes become a [`Clip`](sonic_core::Clip), a clip becomes a fingerprint, features,
//! spans of speech or the embedding of a voice.

pub mod decode;
pub mod features;
pub mod fingerprint;
pub mod hashes;
#[cfg(feature = "onnx")]
mod manifest;
pub mod quality;
mod resample;
pub mod speaker;
pub mod speech;

pub use decode::{DecodeOptions, decode, decode_with};
pub use fingerprint::fingerprint;
pub use hashes::hashes;
pub use resample::resample;
