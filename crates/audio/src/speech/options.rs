//! How speech is told from the rest.

#[cfg(feature = "onnx")]
pub use super::silero::Silero;
#[cfg(not(feature = "onnx"))]
pub use super::without_models::Silero;

use std::sync::Arc;

/// How speech is told from the rest. The defaults are those that Silero recommends.
#[derive(Debug, Clone)]
pub struct SpeechOptions {
    /// Speech begins where its probability reaches this, 0..1; it ends where it falls 0.15 under it.
    pub threshold: f32,
    /// Shorter speech is left out, in milliseconds.
    pub min_speech_ms: u32,
    /// Shorter pauses do not end speech, in milliseconds.
    pub min_silence_ms: u32,
    /// What is added at both ends of a span, in milliseconds; spans that touch then become one.
    pub padding_ms: u32,
    /// The model that gives the probability; `None` for the method without a model.
    pub model: Option<Arc<Silero>>,
}

impl Default for SpeechOptions {
    fn default() -> Self {
        Self { threshold: 0.5, min_speech_ms: 250, min_silence_ms: 100, padding_ms: 30, model: None }
    }
}
