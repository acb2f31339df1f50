//! Recordings without their sound: imported from what another system left behind, and found by its hashes.
//!
//! The view [`Imported`], which [`Store::imported`](crate::Store::imported) gives, lists and removes them.
//! [`identify`](crate::identify()) searches for them beside the others; [`Match::imported`](crate::recordings::Match) says which
//! of both answered. A recording that is added with its sound, under the same id, takes the place of its imported hashes.

#[cfg(feature = "import")]
mod place;

#[cfg(feature = "import")]
pub use place::{import, validate};
pub use sonic_core::PairHash;
#[cfg(feature = "import")]
#[doc(hidden)]
pub use sonic_import::hash_of_digits;
#[cfg(feature = "import")]
pub use sonic_import::{
    ImportEvent, ImportStatus, ImportSummary, ImportedFile, ValidatedFile, Validation, Warning, Warnings,
};
pub use sonic_store::{AddedImport, ImportEntry, Imported, ImportedRecording, NewImport};
