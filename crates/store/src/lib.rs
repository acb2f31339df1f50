//! The transactional store of sonic: one directory, one LMDB environment, one writer and any number of readers.
//!
//! A recording's rows appear together or not at all; what was committed survives the death of the process at any
//! moment. A store opens in milliseconds at any size, because nothing is loaded: searches read the mapped file.
//!
//! ```
//! use sonic_store::{Store, StoreOptions};
//!
//! let directory = std::env::temp_dir().join(format!("sonic-doc-{}", std::process::id()));
//! let store = Store::open(&directory, StoreOptions::default())?;
//! assert_eq!(store.stats()?.recordings, 0);
//! store.close();
//! assert!(store.check_open().is_err());
//! # std::fs::remove_dir_all(&directory).ok();
//! # Ok::<(), sonic_core::Error>(())
//! ```
//!
//! # Stability
//!
//! Fields and variants are added in minor versions. Results, rows and enums that a caller only receives are
//! `#[non_exhaustive]`. Options and rows that a caller builds ([`StoreOptions`], [`Recording`], [`Voice`], [`Photo`],
//! `New..`, `..Options`) are plain structs with `Default`: construct them with `..Default::default()`.

mod album;
#[cfg(feature = "arrow")]
mod arrow;
mod check;
mod env;
mod faces;
mod forget;
mod forgotten;
mod fork;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod ids;
mod imported;
mod jobs;
pub mod journal;
mod landmarks;
mod live_queue;
mod meta;
mod options;
mod pairs;
mod people;
mod postings;
mod recordings;
mod rows;
mod salvage;
mod search;
mod segments;
mod shared;
pub mod snapshot;
mod space;
mod store;
mod transcripts;
mod vectors;
mod voices;

pub use album::forget::{ArchivedEvent, ForgottenFaces};
pub use album::tags::Tag;
#[cfg(feature = "arrow")]
pub use arrow::{ArrowStream, faces::AllPeople};
pub use check::Problem;
pub use faces::{AddedPhoto, Event, FaceSearchOptions, FaceStats, Faces, SimilarFace};
pub use forget::Forgotten;
pub use ids::{Cursor, MAX_ID_BYTES, MAX_NAME_BYTES};
pub use imported::{AddedImport, ImportEntry, Imported, ImportedRecording, NewImport};
pub use jobs::{AddedJob, Jobs, MAX_QUEUE_BYTES, NewJob};
pub use live_queue::{LiveQueue, QueueStats, QueuedConnection};
pub use meta::FORMAT_VERSION;
pub use options::{Access, StoreOptions, Verify};
pub use people::{
    AssignTo, ClusterMethod, ClusterMode, ClusterOptions, ClusterReport, ClusterSummary, MergedPeople, People,
};
pub use recordings::{
    ACCEPT, Added, Answer, Decision, Followed, Format, IdentifyOptions, Match, NewRecording, Recording,
    RecordingIter, RecordingPage, RecordingQuery, Recordings, Sighting, Trace,
};
pub use rows::face::{FacePage, StoredFace};
pub use rows::id::{FaceId, PersonId};
pub use rows::job::{Job, JobPage, JobState};
pub use rows::live_queue::{DeadEntry, QueuedEntry};
pub use rows::person::{Person, PersonStatus};
pub use rows::photo::{NewPhoto, Photo, PhotoPage};
pub use rows::transcript::{Connection, Undeliverable};
pub use salvage::Salvaged;
pub use store::{Stats, Store};
pub use transcripts::{
    Committed, DeliveryBatch, ForgottenTranscripts, NewSegments, SegmentPage, Settled, StoredSegment,
    Transcripts,
};
pub use voices::{
    EnrollOptions, EnrollStatus, Enrolled, ForgottenVoices, MIN_COHORT, NewVoice, ObserveOptions, Observed,
    RecordedVoice, Sample, SimilarVoice, SimilarVoiceprint, Speaker, Verification, Voice, VoiceAnswer,
    VoiceIdentifyOptions, VoiceMatch, VoicePage, VoiceSearchOptions, VoiceStats, Voiceprint, Voices,
};
