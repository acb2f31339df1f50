//! Changed copies of ONNX files, and what a file says about itself without a runtime.

mod any_size;
mod describe;
mod prelu;
mod protobuf;

pub(crate) use any_size::with_any_size;
pub use describe::Description;
pub(crate) use prelu::without_prelu;
