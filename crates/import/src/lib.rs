//! What other systems left behind, read into a store of sonic: the fingerprints of CityWok, as pickles, as LMDB environments
//! and as its bucket has them.
//!
//! Nothing of a file is run, mapped or believed: pickles are read as data, LMDB files by plain reads. Each hash is turned back
//! into the pair of peaks that it was made of, so that what is damaged or of another version is known. The recordings are
//! found by those hashes alone, until they are added with their sound.
//!
//! ```no_run
//! use sonic_store::{Store, StoreOptions};
//! use std::ops::ControlFlow;
//! use std::path::Path;
//!
//! let store = Store::open("episodes.sonic", StoreOptions::default())?;
//! let summary = sonic_import::import(&store, Path::new("bucket"), |event| {
//!     println!("{event:?}");
//!     ControlFlow::Continue(())
//! })?;
//! println!("{} recordings", summary.recordings);
//! # Ok::<(), sonic_core::Error>(())
//! ```

mod archive;
mod entries;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod hash;
mod import;
mod lmdb;
mod pickle;
mod source;
mod validate;
mod watch;

pub use entries::{Warning, Warnings};
#[doc(hidden)]
pub use hash::hash_of_digits;
pub use import::{ImportEvent, ImportStatus, ImportSummary, ImportedFile, import};
pub use source::{Place, is_wanted};
pub use validate::{ValidatedFile, Validation, validate};
