//! Embeddable media recognition: which recording is this clip, at which offset, how sure, or "unknown".
//!
//! ```no_run
//! use sonic::{AddOptions, IdentifyOptions, Store, StoreOptions};
//! use std::ops::ControlFlow;
//!
//! let store = Store::open("episodes.sonic", StoreOptions::default())?;
//! sonic::add_files(&store, &["episodes/".into()], &AddOptions::default(), |event| {
//!     println!("{event:?}");
//!     ControlFlow::Continue(())
//! })?;
//! let found = sonic::identify(&store, "clip.mp4", &IdentifyOptions::default())?;
//! match found.answer.matches.first() {
//!     Some(m) if found.answer.is_match() => println!("{} at {} ms", m.id, m.offset_ms),
//!     _ => println!("unknown"),
//! }
//! # Ok::<(), sonic::Error>(())
//! ```
//!
//! The parts are usable alone: [`audio::decode()`] turns foreign bytes into a [`Clip`], [`audio::fingerprint()`] turns a
//! clip into a [`Fingerprint`], a [`Store`] keeps and finds it.

mod add;
mod explain;
mod identify;
#[cfg(feature = "onnx")]
pub mod models;
#[cfg(feature = "onnx")]
mod photos;
mod report;
mod source;
mod voices;

pub use add::{AddEvent, AddOptions, AddStatus, AddSummary, AddedFile, add_files, files_in};
pub use explain::{Picture, explain, render};
pub use identify::{Elapsed, Identified, identify};
#[cfg(feature = "onnx")]
pub use photos::{AddPhotoEvent, AddPhotosOptions, AddedPhoto, add_photo, add_photos, photos_in};
pub use report::{ReportOptions, face_thumbnail, people_report};
pub use sonic_audio as audio;
pub use sonic_audio::decode::Source;
pub use sonic_core::{
    Calibration, Clip, Embedding, Error, ErrorKind, FRAME_MS, Face, FaceQuality, Fingerprint, Landmark,
    MIN_TRIALS, PipelineId, Result, Span, Texture, Trial, cluster, vector,
};
#[doc(hidden)]
pub use sonic_core::{guard, side_by_side};
#[cfg(feature = "onnx")]
pub use sonic_model as model;
pub use sonic_store::{
    ACCEPT, Access, Added, Answer, Archived, ArrowStream, AssignTo, ClusterMethod, ClusterMode,
    ClusterOptions, ClusterReport, ClusterSummary, Cursor, Decision, EnrollOptions, EnrollStatus, Enrolled,
    Event, FORMAT_VERSION, FaceId, FacePage, FaceRow, FaceSearchOptions, FaceStats, Faces, ForgetReport,
    Forgotten, Format, IdentifyOptions, MAX_ID_BYTES, MAX_NAME_BYTES, MIN_COHORT, Match, MergedPeople,
    NewPhoto, NewRecording, NewVoice, ObserveOptions, Observed, Page, People, Person, PersonId, PersonStatus,
    Photo, PhotoAdded, PhotoPage, Problem, PurgedFaces, Recorded, Recording, Sample, SimilarFace,
    SimilarVoice, Speaker, Stats, Store, StoreOptions, Tag, Verification, Voice, VoiceAnswer,
    VoiceIdentifyOptions, VoiceMatch, VoicePage, VoiceSearchOptions, VoiceStats, Voiceprint, Voices,
};
pub use sonic_vision as vision;
pub use sonic_vision::{DecodeOptions, Image, ImageSource};
#[cfg(feature = "onnx")]
pub use sonic_vision::{Detection, FaceAnalyzer, FaceAnalyzerOptions, FaceDetector, FaceEmbedder};
pub use source::{add, add_fingerprint, fingerprint_source};
pub use voices::{
    EnrolledEach, Heard, IdentifiedVoice, Speech, enroll, enroll_each, hear, hear_all, identify_voice,
    verify_voice,
};

/// The programs of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
