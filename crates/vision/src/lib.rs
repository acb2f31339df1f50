//! Pictures for sonic: foreign bytes become an [`Image`], an image becomes faces, a face becomes an
//! [`Embedding`](sonic_core::Embedding).
//!
#![cfg_attr(feature = "onnx", doc = "```no_run")]
#![cfg_attr(not(feature = "onnx"), doc = "```ignore")]
//! use sonic_vision::{FaceAnalyzer, FaceAnalyzerOptions, decode};
//! use sonic_model::Model;
//!
//! # fn find(detector: &Model, embedder: &Model) -> sonic_core::Result<()> {
//! let analyzer = FaceAnalyzer::load(detector, embedder, &FaceAnalyzerOptions::default())?;
//! for face in analyzer.analyze(&decode("party.jpg")?)? {
//!     println!("{:?} {:.2} {} numbers", face.bbox, face.score, face.embedding.vector.len());
//! }
//! # Ok(())
//! # }
//! ```

pub mod align;
#[cfg(feature = "onnx")]
mod analyze;
pub mod decode;
#[cfg(feature = "onnx")]
mod detect;
#[cfg(feature = "onnx")]
mod embed;
mod encode;
#[cfg(feature = "onnx")]
mod guess;
#[cfg(feature = "onnx")]
mod manifest;
#[cfg(feature = "onnx")]
mod network;
#[cfg(feature = "onnx")]
mod quality;
#[cfg(feature = "onnx")]
mod resize;

pub use align::{aligned, thumbnail};
#[cfg(feature = "onnx")]
pub use analyze::{AnalyzedImage, FaceAnalyzer, FaceAnalyzerOptions};
pub use decode::{DecodeOptions, Image, ImageSource, decode, decode_with};
#[cfg(feature = "onnx")]
pub use detect::{Detection, FaceDetector};
#[cfg(feature = "onnx")]
pub use embed::FaceEmbedder;
pub use encode::encode_jpeg;
#[cfg(feature = "onnx")]
pub use guess::guess_face;
#[cfg(feature = "onnx")]
pub use quality::quality;
