//! Recordings: what is recognised by its sound.

mod add;
mod follow;
mod identify;
mod imported;
mod mend;
mod piece;
mod query;
pub(crate) mod row;

use crate::env::{Change, Table};
use crate::ids::Cursor;
use crate::landmarks::Landmarks;
use crate::segments;
use crate::store::Store;
pub use add::{Added, NewRecording};
use add::{Batch, Prepared};
pub use follow::{Followed, Sighting, Trace};
pub use identify::{ACCEPT, Answer, Decision, IdentifyOptions, Match};
pub(crate) use mend::{index_again, mend};
pub use query::RecordingQuery;
pub use row::{Format, Recording, RecordingPage};
use sonic_core::{Error, ErrorKind, Fingerprint, Landmark, Result};
use std::vec;

/// Rows that an iteration reads at once.
const PAGE: usize = 256;

/// The recordings of a store. Every call is one transaction: it happens as a whole or not at all.
///
/// ```
/// use sonic_store::{NewRecording, Recording, Store, StoreOptions};
/// # use sonic_core::{Fingerprint, PipelineId};
///
/// # let directory = std::env::temp_dir().join(format!("sonic-doc-recordings-{}", std::process::id()));
/// # let fingerprint = Fingerprint {
/// #     pipeline: PipelineId::new("doc"), duration_ms: 2_000, frames: 86, landmarks: Vec::new(), texture: None,
/// # };
/// let store = Store::open(&directory, StoreOptions::default())?;
/// let recordings = store.recordings();
/// let recording = Recording { id: "a tune".to_owned(), ..Recording::default() };
/// recordings.add(vec![NewRecording { recording, fingerprint }])?;
/// assert_eq!(recordings.len()?, 1);
/// for recording in recordings.iter() {
///     assert_eq!(recording?.duration_ms, 2_000);
/// }
/// recordings.remove("a tune")?;
/// assert!(!recordings.contains("a tune")?);
/// # store.close();
/// # std::fs::remove_dir_all(&directory).ok();
/// # Ok::<(), sonic_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Recordings {
    store: Store,
}

impl Store {
    /// The recordings of this store.
    pub fn recordings(&self) -> Recordings {
        Recordings { store: self.clone() }
    }

    /// Adds recordings: a shorthand of [`Recordings::add`](crate::Recordings::add).
    ///
    /// # Errors
    /// As [`Recordings::add`](crate::Recordings::add).
    pub fn add(&self, recordings: Vec<NewRecording>) -> Result<Vec<Added>> {
        self.recordings().add(recordings)
    }

    /// Which recordings a clip comes from: a shorthand of [`Recordings::identify`](crate::Recordings::identify).
    ///
    /// # Errors
    /// As [`Recordings::identify`](crate::Recordings::identify).
    pub fn identify(&self, fingerprint: &Fingerprint, options: &IdentifyOptions) -> Result<Answer> {
        self.recordings().identify(fingerprint, options)
    }
}

impl Recordings {
    /// Adds recordings in one transaction and says for each what became of it.
    ///
    /// A recording whose source bytes are in the store is a duplicate; one whose id belongs to other bytes is refused.
    ///
    /// # Errors
    /// `Mismatch` if a fingerprint's pipeline is not the store's; `Io` if another process is writing or the disk is
    /// full. Nothing is added then.
    pub fn add(&self, recordings: Vec<NewRecording>) -> Result<Vec<Added>> {
        self.write(recordings, false)
    }

    /// As [`add`](Self::add), but a recording whose id belongs to other bytes takes the place of what had it.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn replace(&self, recordings: Vec<NewRecording>) -> Result<Vec<Added>> {
        self.write(recordings, true)
    }

    fn write(&self, recordings: Vec<NewRecording>, replace: bool) -> Result<Vec<Added>> {
        let shared = self.store.writable()?;
        // Done before the transaction, which keeps other writers waiting and may have to run again.
        let prepared: Vec<Result<Prepared>> = recordings.iter().map(Prepared::new).collect();
        let added = shared.write(Change::Addition, |txn| {
            let mut batch = Batch::new(replace);
            let each = recordings.iter().zip(&prepared);
            let added =
                each.map(|(new, prepared)| batch.add(txn, new, prepared)).collect::<Result<Vec<_>>>()?;
            batch.write(txn)?;
            Ok(added)
        })?;
        // The recordings are in the store now: if merging fails, the next batch does it.
        let _ = shared.write_unawaited(Change::Addition, |txn| segments::tidy(txn, false));
        Ok(added)
    }

    /// Which recordings the clip with `fingerprint` comes from.
    ///
    /// Clips of up to 15 s are searched for whole, longer ones in windows whose answers are joined. A clip put together
    /// from several recordings, or from several places of one, gives a match for each stretch of 2.5 s or more.
    ///
    /// # Errors
    /// `InvalidArgument` if the fingerprint has no texture; `Mismatch` if it was made by another pipeline than the
    /// store's; `Malformed` if the store is damaged.
    pub fn identify(&self, fingerprint: &Fingerprint, options: &IdentifyOptions) -> Result<Answer> {
        let mut query = self.query(options);
        query.push(fingerprint)?;
        query.finish()
    }

    /// A query whose clip comes piece by piece: one too long for memory, or a stream that is monitored.
    pub fn query(&self, options: &IdentifyOptions) -> RecordingQuery {
        RecordingQuery::new(vec![self.store.clone()], options.clone())
    }

    /// A query over this store and others, shards of one collection: each recording is in one of them, under an id that
    /// no other has. Votes of all shards are ranked together, the best places are verified where they are, and each is
    /// judged against rivals in all: the answer is that of one store with the same segments. Recordings imported
    /// without their sound are not searched for.
    pub fn query_with(&self, others: &[Store], options: &IdentifyOptions) -> RecordingQuery {
        let stores = std::iter::once(&self.store).chain(others).cloned().collect();
        RecordingQuery::new(stores, options.clone())
    }

    /// The recording named `id`.
    ///
    /// # Errors
    /// `Malformed` if its row is damaged; `Closed` after the store was closed. Every method of the view that only reads
    /// has the same errors.
    pub fn get(&self, id: &str) -> Result<Option<Recording>> {
        self.store.read(|view| match row::number_of_id(view, id)? {
            Some(number) => row::by_number(view, number),
            None => Ok(None),
        })
    }

    /// True if there is a recording named `id`.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn contains(&self, id: &str) -> Result<bool> {
        self.store.read(|view| Ok(row::number_of_id(view, id)?.is_some()))
    }

    /// The id of the recording whose source bytes have this hash.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn id_of_source(&self, source_hash: &str) -> Result<Option<String>> {
        self.store.read(|view| match row::number_of_source(view, source_hash)? {
            Some(number) => Ok(row::by_number(view, number)?.map(|r| r.id)),
            None => Ok(None),
        })
    }

    /// At most `limit` recordings that were added after the place `after`, and the place to go on from.
    ///
    /// Each page is read in a transaction of its own, so that a slow caller keeps nothing from being reused: what is
    /// removed meanwhile is left out, what is added comes at the end, and no recording comes more than once.
    ///
    /// # Errors
    /// `InvalidArgument` if `limit` is 0; else as [`get`](Self::get).
    pub fn page(&self, after: Cursor, limit: usize) -> Result<RecordingPage> {
        if limit == 0 {
            let message = "a page has at least one recording: give a larger limit";
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        self.store.read(|view| row::page(view, after, limit))
    }

    /// Every recording, in the order in which they were added, read by the [`page`](Self::page) as the iteration goes
    /// on. It ends after an error.
    pub fn iter(&self) -> RecordingIter {
        let next = Some(Cursor::default());
        RecordingIter { recordings: self.clone(), rows: Vec::new().into_iter(), next }
    }

    /// The number of recordings, in the same short time at any size.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn len(&self) -> Result<u64> {
        self.store.read(|view| view.len(Table::Recordings))
    }

    /// True if there is no recording.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// The landmarks of the recording named `id`.
    ///
    /// # Errors
    /// `NotFound` if there is no such recording.
    pub fn landmarks(&self, id: &str) -> Result<Vec<Landmark>> {
        self.store.read(|view| {
            let number = row::number_of_id(view, id)?.ok_or_else(|| not_found(id))?;
            let bytes = view.get(Table::Landmarks, &number.to_be_bytes())?.unwrap_or_default();
            let packed = Landmarks::new(bytes).ok_or_else(|| damaged_landmarks(id))?;
            let mut out = Vec::with_capacity(packed.len() as usize);
            packed.for_each(0..packed.frames(), |l| out.push(l));
            Ok(out)
        })
    }

    /// Removes the recording named `id` and gives its row. It is gone for searches at once; its bytes are reused, and
    /// gone from the file after [`Store::compact`].
    ///
    /// # Errors
    /// `NotFound` if there is no such recording.
    pub fn remove(&self, id: &str) -> Result<Recording> {
        self.store.remove(|txn| {
            let number = row::number_of_id(txn.view(), id)?.ok_or_else(|| not_found(id))?;
            let row = row::by_number(txn.view(), number)?.ok_or_else(|| not_found(id))?;
            row::remove(txn, number, &row)?;
            Ok(row)
        })
    }
}

impl IntoIterator for &Recordings {
    type Item = Result<Recording>;
    type IntoIter = RecordingIter;

    fn into_iter(self) -> RecordingIter {
        self.iter()
    }
}

/// Recordings as they are read, of [`Recordings::iter`].
#[derive(Debug)]
pub struct RecordingIter {
    recordings: Recordings,
    rows: vec::IntoIter<Recording>,
    /// Where to go on; `None` after the last page and after an error.
    next: Option<Cursor>,
}

impl Iterator for RecordingIter {
    type Item = Result<Recording>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.rows.next() {
                return Some(Ok(row));
            }
            match self.recordings.page(self.next.take()?, PAGE) {
                Ok(page) => {
                    self.rows = page.recordings.into_iter();
                    self.next = page.next;
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

fn not_found(id: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no recording {id:?} in the store"))
}

fn damaged_landmarks(id: &str) -> Error {
    Error::new(ErrorKind::Malformed, format!("the landmarks of {id:?} are damaged: add the recording again"))
}
