//! What stands for models in a build that has none.

use std::convert::Infallible;

/// The Silero model. Without the feature `onnx` it cannot be loaded, so there is none.
#[derive(Debug)]
pub struct Silero {
    _never: Infallible,
}
