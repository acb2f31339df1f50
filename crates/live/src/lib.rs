//! Live sound of meetings and calls: what comes in piece by piece becomes utterances, text and who speaks when.
//!
//! [`Utterances`] cuts a connection's sound into stretches in which somebody speaks; a [`Recognizer`] says what was said;
//! [`Speakers`] says who spoke, by what a meeting tells about its microphones, by the voices, or by both; a
//! [`LiveSession`] ties them together. Everything works on plain pieces of sound with their times.
//!
//! ```
//! use sonic_live::{LiveOptions, LiveSession};
//!
//! let mut session = LiveSession::new("connection 7", None, &LiveOptions::default())?;
//! for second in 0..3 {
//!     for segment in session.push_samples(f64::from(second) * 1_000.0, &[0.0; 16_000])? {
//!         println!("{:?} from {} ms: {}", segment.speaker, segment.start_ms, segment.text);
//!     }
//! }
//! assert!(session.finish()?.is_empty(), "nobody spoke");
//! # Ok::<(), sonic_core::Error>(())
//! ```
//!
//! # Who keeps what
//!
//! A session remembers some hundred kilobytes whatever its length. [`LiveSession::state`] gives what it remembers, to be kept
//! with the number of the last slice; a process that takes over restores it and goes on with the next slice. One that has
//! nothing but the slices pushes all of them again. Either way the segments are the same and have the same ids.

mod desk;
#[cfg(feature = "http")]
mod http;
mod prompt;
mod recent;
mod recognizer;
mod session;
mod speakers;
#[cfg(feature = "onnx")]
mod spelling;
mod tokens;
pub mod transport;
mod utterance;
#[cfg(any(test, feature = "http"))]
mod wav;
mod worker;

pub use desk::{Desk, DeskOptions, DeskStats};
#[cfg(feature = "http")]
pub use http::{OpenAi, OpenAiOptions, ServiceOptions, ServiceStats, Whisper, WhisperOptions};
pub use prompt::Prompt;
pub use recognizer::{Recognition, Recognizer, Request};
pub use session::{LiveOptions, LiveSession, LiveStats};
pub use sonic_core::{Segment, Turn, Word};
pub use speakers::{SpeakerOptions, SpeakerState, Speakers};
#[cfg(feature = "onnx")]
pub use spelling::Spelling;
pub use tokens::Tokenizer;
pub use utterance::{
    Detected, SAMPLE_RATE, SpeechFrame, Utterance, UtteranceOptions, UtteranceState, Utterances,
};
pub use worker::{Deliver, Delivery, SessionSetup, Worker, WorkerOptions, WorkerParts, WorkerStats};

use sonic_core::{Error, ErrorKind};

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidArgument, message)
}

fn damaged() -> Error {
    Error::new(ErrorKind::Malformed, "the state of a session is damaged: begin anew")
}
