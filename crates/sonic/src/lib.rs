//! Embeddable media recognition: which recording is this clip, at which offset, how sure, or "unknown"; who is speaking;
//! whose face is on which photo.
//!
//! # Recordings
//!
#![cfg_attr(all(feature = "audio", feature = "store"), doc = "```no_run")]
#![cfg_attr(not(all(feature = "audio", feature = "store")), doc = "```ignore")]
//! use sonic::{Store, StoreOptions, recordings};
//! use std::ops::ControlFlow;
//!
//! let store = Store::open("episodes.sonic", StoreOptions::default())?;
//! recordings::add_files(&store, &["episodes/".into()], &recordings::AddOptions::default(), |event| {
//!     println!("{event:?}");
//!     ControlFlow::Continue(())
//! })?;
//! let found = sonic::identify(&store, "clip.mp4", &recordings::IdentifyOptions::default())?;
//! match found.answer.matches.first() {
//!     Some(m) if found.answer.is_match() => println!("{} at {} ms", m.id, m.offset_ms),
//!     _ => println!("unknown"),
//! }
//! # Ok::<(), sonic::Error>(())
//! ```
//!
//! # Voices
//!
#![cfg_attr(all(feature = "audio", feature = "store"), doc = "```no_run")]
#![cfg_attr(not(all(feature = "audio", feature = "store")), doc = "```ignore")]
//! use sonic::voices::{self, EnrollOptions, QualityGate, VoiceEmbedder, VoiceIdentifyOptions};
//! use sonic::{Store, StoreOptions};
//!
//! let store = Store::open("people.sonic", StoreOptions::default())?;
//! let (embedder, gate) = (VoiceEmbedder::built_in(), QualityGate::default());
//! let recordings = ["ann-1.wav", "ann-2.ogg", "ann-3.webm"].map(Into::into).into();
//! voices::enroll(&store, &embedder, "Ann", recordings, &gate, &EnrollOptions::default())?;
//! let found = voices::identify(&store, &embedder, "call.opus", &VoiceIdentifyOptions::default())?;
//! if let Some(m) = found.answer.matches.first() {
//!     println!("{}, probability {:.2}", m.person, m.probability);
//! }
//! # Ok::<(), sonic::Error>(())
//! ```
//!
//! # Faces
//!
#![cfg_attr(all(feature = "vision", feature = "store", feature = "onnx"), doc = "```no_run")]
#![cfg_attr(not(all(feature = "vision", feature = "store", feature = "onnx")), doc = "```ignore")]
//! use sonic::faces::{self, AddPhotosOptions, FaceAnalyzer, FaceAnalyzerOptions};
//! use sonic::people::ClusterOptions;
//! use sonic::{Store, StoreOptions, models};
//! use std::ops::ControlFlow;
//!
//! let store = Store::open("photos.sonic", StoreOptions::default())?;
//! let (detector, embedder) = (models::resolve("yunet")?, models::resolve("sface")?);
//! let analyzer = FaceAnalyzer::load(&detector, &embedder, &FaceAnalyzerOptions::default())?;
//! let options = AddPhotosOptions::default();
//! faces::add_photos(&store, &analyzer, "wedding", &["photos/".into()], &options, |_| ControlFlow::Continue(()))?;
//! store.people("wedding").cluster(&ClusterOptions::default())?;
//! for person in store.people("wedding").list()? {
//!     println!("{}: {} faces on {} photos", person.label, person.faces, person.photos);
//! }
//! # Ok::<(), sonic::Error>(())
//! ```
//!
//! # Parts
//!
//! The parts are usable alone, and a build has only those that its features name: `audio` turns foreign bytes into a
//! [`Clip`] and a clip into a [`Fingerprint`] or the embedding of a voice, `vision` pictures into faces, `store` keeps and
//! finds them, `import` reads what other systems left. `onnx` runs models, `arrow` and `parquet` give tables, `report`
//! draws, `pull` fetches models, `remote` keeps snapshots in object storage, `live` follows meetings and calls, with `redis` on
//! several machines, `sing` reads scores and sings them. The codecs of
//! `audio` are features too: `all-codecs`, or `royalty-free` without AAC and MPEG audio, or any of them by name.
//!
//! Options, and rows that are built by callers, may get further fields in a minor version: write
//! `..Default::default()` where they are made. Results and enums are `#[non_exhaustive]`, but for [`ErrorKind`].

#[cfg(all(feature = "store", any(feature = "audio", all(feature = "vision", feature = "onnx"))))]
mod flow;
#[cfg(feature = "lines")]
#[doc(hidden)]
pub mod lines;
#[cfg(feature = "onnx")]
pub mod models;

#[cfg(feature = "store")]
pub mod faces;
#[cfg(feature = "store")]
pub mod imported;
#[cfg(feature = "store")]
pub mod people;
#[cfg(feature = "store")]
pub mod recordings;
#[cfg(feature = "store")]
pub mod store;
#[cfg(feature = "store")]
pub mod voices;

#[cfg(all(feature = "store", any(feature = "audio", all(feature = "vision", feature = "onnx"))))]
#[doc(hidden)]
pub use flow::ingest;
#[cfg(all(feature = "audio", feature = "store"))]
pub use recordings::identify;
#[cfg(feature = "audio")]
pub use sonic_audio::{self as audio, decode, decode::Source, fingerprint};
pub use sonic_core::{
    Clip, Embedding, Error, ErrorKind, Fingerprint, PipelineId, Result, Span, cluster, path_of, path_text,
    vector,
};
#[doc(hidden)]
pub use sonic_core::{guard, json, parallel, readable};
#[cfg(feature = "live")]
pub use sonic_live as live;
#[cfg(feature = "onnx")]
pub use sonic_model as model;
#[cfg(feature = "remote")]
pub use sonic_remote as remote;
#[cfg(feature = "sing")]
pub use sonic_sing as sing;
#[cfg(feature = "store")]
pub use sonic_store::{Access, Store, StoreOptions, Verify};
#[cfg(feature = "vision")]
pub use sonic_vision::{self as vision, Image};

/// The programs of the README compile.
#[cfg(all(doctest, feature = "audio", feature = "vision", feature = "store", feature = "onnx"))]
#[doc = include_str!("../../../README.md")]
struct Readme;
