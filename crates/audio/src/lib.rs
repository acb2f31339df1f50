//! Audio for sonic: foreign bytes become a [`Clip`](sonic_core::Clip), a clip becomes a fingerprint.

pub mod decode;
pub mod fingerprint;
mod resample;

pub use decode::decode;
pub use fingerprint::fingerprint;
pub use resample::resample;
