//! Models for sonic: what they are ([`Manifest`]), where their files are ([`registry`]), and how they run ([`Network`],
//! [`Session`]).
//!
//! A model is one ONNX file or several, and a manifest that says how to feed it. It runs in ONNX Runtime, a shared
//! library that is not part of sonic: [`Runtime`] finds it when the first model is loaded, and nothing is loaded before.
//!
//! ```no_run
//! use sonic_model::{Session, SessionOptions, Tensor};
//!
//! let session = Session::open("silero_vad.onnx".as_ref(), &SessionOptions::default())?;
//! let (sound, state) = (Tensor::f32([1, 576], vec![0.0; 576])?, Tensor::f32([2, 1, 128], vec![0.0; 256])?);
//! let rate = Tensor::i64([], [16_000])?;
//! let inputs = [("input", sound.view()), ("state", state.view()), ("sr", rate.view())];
//! let probability = session.run_with(&inputs, |outputs| Ok(outputs[0].as_slice::<f32>()?[0]))?;
//! println!("speech with probability {probability}");
//! # Ok::<(), sonic_core::Error>(())
//! ```
//!
//! This crate knows no task: what a model is for is a name ([`Manifest::task`]), and how it is fed is a section of its
//! manifest ([`Manifest::section`]) that belongs to the crate that feeds it.

mod built_in;
mod cache;
mod engine;
#[cfg(feature = "pull")]
mod fetch;
mod hash;
mod manifest;
mod model;
mod network;
pub mod registry;
mod rewrite;
mod runtime;
mod session;
mod value;

pub use built_in::built_in;
pub use manifest::{Manifest, ManifestFile};
pub use model::Model;
pub use network::Network;
pub use rewrite::Description;
pub use runtime::{Runtime, RuntimeOptions};
pub use session::{Session, SessionOptions};
pub use sonic_core::{Provider, RunMode};
pub use value::{Element, Port, Tensor, TensorElement, TensorView};

use sonic_core::{Error, ErrorKind};

/// An error of the kind that everything about models has.
fn refuse(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Model, message)
}
