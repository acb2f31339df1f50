//! Recordings: added, then named again by short, noisy clips of them.
//!
//! The view [`Recordings`], which [`Store::recordings`](crate::Store::recordings) gives, keeps fingerprints and finds
//! them. What starts with a file, bytes or samples is a function here.

#[cfg(feature = "audio")]
mod add;
#[cfg(feature = "audio")]
mod airings;
#[cfg(all(feature = "audio", feature = "report"))]
mod explain;
#[cfg(feature = "audio")]
mod files;
#[cfg(feature = "audio")]
mod identify;
#[cfg(feature = "audio")]
mod monitor;
#[cfg(feature = "audio")]
mod pieces;
#[cfg(feature = "audio")]
mod query;

#[cfg(feature = "audio")]
pub use crate::flow::{AddStatus, AddSummary};
#[cfg(feature = "audio")]
pub use add::{add, add_with, fingerprint_source};
#[cfg(feature = "audio")]
pub use airings::{Airings, monitor};
#[cfg(all(feature = "audio", feature = "report"))]
pub use explain::{Picture, explain, render};
#[cfg(feature = "audio")]
pub use files::{AddEvent, AddOptions, AddedFile, IdFrom, add_files, files_in};
#[cfg(feature = "audio")]
pub use identify::{Elapsed, Identified, identify, identify_each};
#[cfg(feature = "audio")]
pub use monitor::{Airing, Monitor, MonitorOptions};
#[cfg(feature = "audio")]
pub use query::Query;
pub use sonic_core::{FRAME_MS, Landmark, Texture};
pub use sonic_store::{
    ACCEPT, Added, Answer, Decision, Followed, Format, IdentifyOptions, MAX_ID_BYTES, Match, NewRecording,
    Recording, RecordingIter, RecordingPage, RecordingQuery, Recordings, Sighting, Trace,
};
