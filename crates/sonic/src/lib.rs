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
pub use photos::{AddPhotoEvent, AddPhotosOptions, AddedPhotoFile, add_photo, add_photos, photos_in};
pub use report::{ReportOptions, face_thumbnail, people_report};
pub use sonic_audio as audio;
pub use sonic_audio::decode::Source;
#[cfg(feature = "onnx")]
pub use sonic_core::model;
pub use sonic_core::{
    Calibration, Clip, Embedding, Error, ErrorKind, FRAME_MS, Face, FaceQuality, Fingerprint, Landmark,
    MIN_TRIALS, PipelineId, Result, Span, Texture, Trial, cluster, vector,
};
#[doc(hidden)]
pub use sonic_core::{guard, side_by_side};
pub use sonic_store::{
    ACCEPT, Access, Added, AddedPhoto, Answer, ArchivedEvent, AssignTo, ClusterMethod, ClusterMode,
    ClusterOptions, ClusterReport, ClusterSummary, Cursor, Decision, EnrollOptions, EnrollStatus, Enrolled,
    Event, FORMAT_VERSION, FaceId, FacePage, FaceSearchOptions, FaceStats, Faces, Forgotten, ForgottenFaces,
    ForgottenVoices, Format, IdentifyOptions, MAX_ID_BYTES, MAX_NAME_BYTES, MIN_COHORT, Match, MergedPeople,
    NewPhoto, NewRecording, NewVoice, ObserveOptions, Observed, People, Person, PersonId, PersonStatus,
    Photo, PhotoPage, Problem, RecordedVoice, Recording, RecordingIter, RecordingPage, Recordings, Sample,
    SimilarFace, SimilarVoice, Speaker, Stats, Store, StoreOptions, StoredFace, Tag, Verification, Voice,
    VoiceAnswer, VoiceIdentifyOptions, VoiceMatch, VoicePage, VoiceSearchOptions, VoiceStats, Voiceprint,
    Voices,
};
#[cfg(feature = "arrow")]
pub use sonic_store::{AllPeople, ArrowStream};
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
