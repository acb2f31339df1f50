//! Saving what is whole of a damaged store.

use crate::env::{self, Table};
use crate::rows::live_queue;
use crate::store::Store;
use crate::{Access, StoreOptions, faces, imported, journal, meta, recordings, transcripts, voices};
use serde::Serialize;
use sonic_core::{Error, ErrorKind, Result};
use std::ops::ControlFlow;
use std::path::Path;

/// Bytes of rows that are written in one transaction.
const BATCH: usize = 32 << 20;

/// What was saved of a damaged store.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Salvaged {
    /// Recordings with their landmarks.
    pub recordings: u64,
    /// Recordings that were imported without their sound. Of their hashes some may be lost.
    pub imported: u64,
    /// Voices.
    pub voices: u64,
    /// People with a voiceprint.
    pub people: u64,
    /// Photos.
    pub photos: u64,
    /// Faces.
    pub faces: u64,
    /// Segments of what was said in meetings.
    pub transcript_segments: u64,
    /// Rows that were damaged.
    pub damaged_rows: u64,
    /// Pages that could not be made out; of what lay below them nothing may be missing.
    pub damaged_pages: u64,
    /// True if one of the two pages is damaged that tell in turn of the last change: what was saved is perhaps what was there
    /// before it, and has what that change removed.
    pub may_lack_last_change: bool,
}

/// A row: table, key and value.
type Row = (Table, Vec<u8>, Vec<u8>);

impl Store {
    /// Saves what is whole of the store in directory `from` to a new store in directory `to`.
    ///
    /// Rows are taken from wherever they lie in the file, and only if their checksums are right; what was removed does not
    /// come back, but see [`Salvaged::may_lack_last_change`]. What needs a row that is lost goes with it: a recording without its landmarks, a face without its photo;
    /// a voice or a face without its embedding is kept but not found by likeness. The index, and all that follows from other
    /// rows, is made anew. `progress` is called with the number of rows that were saved, now and then, and may end the work.
    /// `from` is only read. `None` if `progress` ended the work; then, and if anything fails, nothing is left in `to`.
    ///
    /// # Errors
    /// `NotFound` if there is no store; `InvalidArgument` if `to` is not empty; `Malformed` if nothing tells which rows are
    /// current; `Io` if a process writes to `from`, or if there is no room.
    pub fn salvage(
        from: impl AsRef<Path>,
        to: impl AsRef<Path>,
        mut progress: impl FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Option<Salvaged>> {
        let to = to.as_ref();
        if std::fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some()) || to.is_file() {
            let message = format!("{} is not empty: give a directory for a new store", to.display());
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let mut cancelled = false;
        let saved = save(from.as_ref(), to, &mut |rows| {
            cancelled = progress(rows).is_break();
            !cancelled
        });
        if saved.is_err() {
            let _ = std::fs::remove_dir_all(to);
        }
        match cancelled {
            true => Ok(None),
            false => saved.map(Some),
        }
    }
}

/// What `progress` is for a salvage: told the rows that were saved; false if they are enough.
type GoOn<'p> = &'p mut dyn FnMut(u64) -> bool;

fn save(from: &Path, to: &Path, progress: GoOn<'_>) -> Result<Salvaged> {
    let mut copy = Copy { store: None, to, rows: Vec::new(), bytes: 0, saved: 0 };
    let lost = env::salvage(from, |table, key, value| {
        let of_copy = !table.travels() || (table, key) == (Table::Meta, journal::SEQUENCE);
        if table.follows_from_others() || of_copy || (table, key) == (Table::Meta, meta::FIRST_ROW.0) {
            return Ok(());
        }
        copy.bytes += key.len() + value.len();
        copy.rows.push((table, key.to_vec(), value.to_vec()));
        if copy.bytes >= BATCH { copy.flush(progress) } else { Ok(()) }
    })?;
    copy.flush(progress)?;
    let Some(store) = copy.store else { return Err(Error::new(ErrorKind::Internal, "no store was made")) };
    let recordings = recordings::mend(&store)?;
    let imported = store.write(imported::mend)?;
    let (voices, people) = store.write(voices::mend)?;
    let (photos, faces) = faces::mend(&store)?;
    let transcript_segments = store.write(transcripts::mend)?;
    store.write(live_queue::mend)?;
    store.compact()?;
    Ok(Salvaged {
        recordings,
        imported,
        voices,
        people,
        photos,
        faces,
        transcript_segments,
        damaged_rows: lost.rows,
        damaged_pages: lost.pages,
        may_lack_last_change: lost.last_change,
    })
}

/// Rows on their way to a new store, which is made when there is something to write.
struct Copy<'p> {
    store: Option<Store>,
    to: &'p Path,
    rows: Vec<Row>,
    bytes: usize,
    saved: u64,
}

impl Copy<'_> {
    fn flush(&mut self, progress: GoOn<'_>) -> Result<()> {
        if self.store.is_none() {
            let options = StoreOptions { access: Access::Create, ..StoreOptions::default() };
            self.store = Some(Store::open(self.to, options)?);
        }
        let Some(store) = &self.store else { return Ok(()) };
        let rows = std::mem::take(&mut self.rows);
        store.write(|txn| {
            for (table, key, value) in &rows {
                // The first is the current one.
                if txn.view().get_sealed(*table, key)?.is_none() {
                    txn.put(*table, key, value)?;
                }
            }
            Ok(())
        })?;
        self.bytes = 0;
        self.saved += rows.len() as u64;
        match progress(self.saved) {
            true => Ok(()),
            // It goes no further than the caller of all this.
            false => Err(Error::new(ErrorKind::Closed, "saving was ended")),
        }
    }
}
