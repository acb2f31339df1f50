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

#[cfg(feature = "arrow")]
mod arrow;
mod check;
mod env;
mod faces;
mod forget;
mod fork;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod ids;
mod landmarks;
mod meta;
mod pairs;
mod people;
mod postings;
mod recordings;
mod search;
mod segments;
mod shared;
mod store;
mod voices;

#[cfg(feature = "arrow")]
pub use arrow::{AllPeople, ArrowStream};
pub use check::Problem;
pub use faces::{
    AddedPhoto, ArchivedEvent, Event, FaceId, FacePage, FaceSearchOptions, FaceStats, Faces, ForgottenFaces,
    NewPhoto, PersonId, Photo, PhotoPage, SimilarFace, StoredFace,
};
pub use forget::Forgotten;
pub use ids::{Cursor, MAX_ID_BYTES};
pub use meta::FORMAT_VERSION;
pub use people::{
    AssignTo, ClusterMethod, ClusterMode, ClusterOptions, ClusterReport, ClusterSummary, MergedPeople,
    People, Person, PersonStatus, Tag,
};
pub use recordings::{
    ACCEPT, Added, Answer, Decision, Format, IdentifyOptions, Match, NewRecording, Recording, RecordingIter,
    RecordingPage, RecordingQuery, Recordings,
};
pub use store::{Access, Stats, Store, StoreOptions};
pub use voices::{
    EnrollOptions, EnrollStatus, Enrolled, ForgottenVoices, MAX_NAME_BYTES, MIN_COHORT, NewVoice,
    ObserveOptions, Observed, RecordedVoice, Sample, SimilarVoice, Speaker, Verification, Voice, VoiceAnswer,
    VoiceIdentifyOptions, VoiceMatch, VoicePage, VoiceSearchOptions, VoiceStats, Voiceprint, Voices,
};
