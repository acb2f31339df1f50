//! Models: what they are ([`Manifest`]), where they run ([`Session`]), what goes in and comes out ([`Tensor`]).
//!
//! A model is an ONNX file and a manifest that says how to feed it. It runs in ONNX Runtime, a shared library that is
//! not part of sonic: [`Runtime`] finds it when the first model is loaded, and nothing is loaded before.
//!
//! ```no_run
//! use sonic_core::model::{Session, SessionOptions, Tensor};
//!
//! let session = Session::open("silero_vad.onnx".as_ref(), &SessionOptions::default())?;
//! let (sound, state) = (Tensor::f32([1, 576], vec![0.0; 576])?, Tensor::f32([2, 1, 128], vec![0.0; 256])?);
//! let outputs = session.run(&[("input", sound), ("state", state), ("sr", Tensor::i64([], [16_000])?)])?;
//! println!("speech with probability {}", outputs[0].as_f32()?[0]);
//! # Ok::<(), sonic_core::Error>(())
//! ```

mod any_size;
mod guess;
mod manifest;
mod onnx;
mod prelu;
mod protobuf;
mod runtime;
mod session;
mod tensor;

pub use manifest::{
    Colour, Decoder, Face, FrontEnd, Manifest, ModelFile, Speech, SpeechCalibration, Task, built_in,
};
pub use runtime::{Runtime, RuntimeOptions};
pub use session::{Provider, Session, SessionOptions};
pub use tensor::{Element, Port, Tensor};

use crate::{Error, ErrorKind};

/// An error of the kind that everything about models has.
fn refuse(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Model, message)
}
