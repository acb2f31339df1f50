//! Embeddable media recognition.

pub use sonic_audio as audio;
pub use sonic_core::{Clip, Error, ErrorKind, Fingerprint, Landmark, PipelineId, Result, Texture};
