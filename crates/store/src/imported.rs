//! Recordings that another system's hashes were imported of: found by pairs of peaks alone, without their landmarks.
//!
//! ```text
//! imported           number -> row                    imported_ids       id -> number
//! import_batches     batch -> row                     imported_counts    first band -> entries of each hash
//! imported_postings  first band, second band, batch -> lists of places
//! ```
//!
//! A batch is what came from one file: its recordings lie one after another on a line of frames, with room between them,
//! and a list holds places on that line. Nothing of a batch changes but that recordings go: one that is added anew, with
//! its sound, takes the place of what was imported of it.

mod add;
mod check;
mod clip;
mod counts;
mod evidence;
mod mend;
mod postings;
mod remove;
mod row;
mod search;
mod support;

pub use add::{AddedImport, ImportEntry, NewImport};
pub(crate) use check::check;
pub(crate) use clip::MAX_FRAMES;
pub(crate) use mend::mend;
pub(crate) use remove::{give_way, tidy};
pub use row::ImportedRecording;
pub(crate) use row::by_number;
pub(crate) use search::{Found, Searched, search};

use crate::env::Table;
use crate::store::Store;
use sonic_core::{Error, ErrorKind, PairHash, Result};

/// The recordings of a store that were imported without their sound. Every call is one transaction.
///
/// ```
/// use sonic_core::PairHash;
/// use sonic_store::{ImportEntry, NewImport, Store, StoreOptions};
///
/// # let directory = std::env::temp_dir().join(format!("sonic-doc-imported-{}", std::process::id()));
/// let store = Store::open(&directory, StoreOptions::default())?;
/// let hash = PairHash::new(10, 12, 3).expect("there is such a hash");
/// let entries = vec![ImportEntry::new(hash, 0, 43)];
/// let new = NewImport { source: "s01".to_owned(), season: Some(1), ids: vec!["S01E01".to_owned()], entries };
/// assert_eq!(store.imported().add(&new)?.recordings, 1);
/// assert_eq!(store.imported().list()?[0].id, "S01E01");
/// assert_eq!(store.imported().clear()?, 1);
/// # store.close();
/// # std::fs::remove_dir_all(&directory).ok();
/// # Ok::<(), sonic_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Imported {
    store: Store,
}

impl Store {
    /// The recordings of this store that were imported without their sound.
    pub fn imported(&self) -> Imported {
        Imported { store: self.clone() }
    }
}

impl Imported {
    /// Adds what came from one file. Recordings that the store has with their sound are left out.
    ///
    /// # Errors
    /// `Mismatch` if other hashes of one of the recordings were imported before; `InvalidArgument` if an id cannot be one, is
    /// there twice, or an entry has no recording; `Limit` if the file is too long; `Io` if another process is writing or the
    /// disk is full. Nothing is added then.
    pub fn add(&self, new: &NewImport) -> Result<AddedImport> {
        let prepared = add::Prepared::new(new)?;
        self.store.write(|txn| prepared.write(txn))
    }

    /// Every imported recording, in the order in which they came.
    ///
    /// # Errors
    /// `Malformed` if a row is damaged; `Closed` after the store was closed. Every method that only reads has the same
    /// errors.
    pub fn list(&self) -> Result<Vec<ImportedRecording>> {
        self.store.read(|view| row::all(view)?.map(|row| Ok(row?.1.recording)).collect())
    }

    /// The number of imported recordings, in the same short time at any size.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn len(&self) -> Result<u64> {
        self.store.read(|view| view.len(Table::Imported))
    }

    /// True if nothing is imported.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Frames at which the imported recording `id` has a hash, in order; `None` if there is no such recording.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn frames_of(&self, id: &str, hashes: &[PairHash]) -> Result<Option<Vec<Vec<u32>>>> {
        self.store.read(|view| match row::number_of_id(view, id)? {
            Some(number) => postings::frames_of(view, number, hashes).map(Some),
            None => Ok(None),
        })
    }

    /// Bytes of the imported hashes, those of removed recordings included until the next compaction.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn postings_bytes(&self) -> Result<u64> {
        self.store.read(|view| {
            view.rows(Table::ImportedPostings)?.try_fold(0, |sum, row| Ok(sum + row?.1.len() as u64))
        })
    }

    /// Removes what was imported of `id`, and gives its row.
    ///
    /// # Errors
    /// `NotFound` if nothing is imported under that id; `Io` if another process is writing.
    pub fn remove(&self, id: &str) -> Result<ImportedRecording> {
        self.store.remove(|txn| {
            let not_found =
                || Error::new(ErrorKind::NotFound, format!("nothing is imported under the id {id:?}"));
            remove::remove(txn, id)?.ok_or_else(not_found)
        })
    }

    /// Removes all that was imported, and says of how many recordings.
    ///
    /// # Errors
    /// `Io` if another process is writing.
    pub fn clear(&self) -> Result<u64> {
        self.store.remove(remove::clear)
    }
}
