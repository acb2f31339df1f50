//! Recognisers behind HTTP, and how a service is asked that may hang, lie or be gone.

mod breaker;
mod multipart;
mod openai;
mod service;
mod whisper;

pub use openai::{OpenAi, OpenAiOptions};
pub use service::{ServiceOptions, ServiceStats};
pub use whisper::{Whisper, WhisperOptions};

use serde_json::Value;

/// A number of an answer that may be missing.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| number.is_finite())
}

/// A share, which a service may round to a little outside of 0 to 1; `None` if it is none.
fn share(value: &Value) -> Option<f64> {
    number(value).filter(|share| (-0.01..=1.01).contains(share)).map(|share| share.clamp(0.0, 1.0))
}

/// Seconds as milliseconds; `None` if they are no time.
fn milliseconds(value: &Value) -> Option<u64> {
    number(value)
        .filter(|seconds| (-0.5..1e6).contains(seconds))
        .map(|seconds| (seconds.max(0.0) * 1000.0).round() as u64)
}
