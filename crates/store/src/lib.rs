//! The transactional store of sonic: one directory, one LMDB environment, one writer and any number of readers.
//!
//! A recording's rows appear together or not at all; what was committed survives the death of the process at any
//! moment. A store opens in milliseconds at any size, because nothing is loaded: searches read the mapped file.

mod env;
#[doc(hidden)]
pub mod fuzzing;
mod identify;
mod landmarks;
mod meta;
mod pairs;
mod postings;
mod recordings;
mod search;
mod segments;
mod shared;
mod store;

pub use identify::{ACCEPT, Answer, Decision, IdentifyOptions, Match};
pub use meta::FORMAT_VERSION;
pub use recordings::{Format, MAX_ID_BYTES, Recording};
pub use store::{Access, Added, NewRecording, Problem, Stats, Store, StoreOptions};
