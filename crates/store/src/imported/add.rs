//! What came from one file enters the store.

use super::clip::MAX_FRAMES;
use super::counts::Change;
use super::postings;
use super::row::{self, Batch, ImportedRecording, Row};
use crate::env::{Table, WriteTxn};
use crate::recordings::row::number_of_id as number_with_sound;
use crate::{ids, meta};
use sonic_core::{Error, ErrorKind, PAIR_HASH_FRAME_MS, PairHash, Result};
use std::collections::HashSet;
use xxhash_rust::xxh3::Xxh3;

/// Frames of a line at most: nine days.
const MAX_LINE: u64 = 1 << 25;
/// Frames between two recordings of a line: no clip that is searched for lies in both.
const ROOM: u32 = MAX_FRAMES;
const FRAME_BITS: u32 = 22;
const RECORDING_BITS: u32 = 16;

/// A hash at a frame of a recording of a [`NewImport`], in eight bytes that sort in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImportEntry(u64);

impl ImportEntry {
    /// Frames of a recording at most: 27 hours. Those of an entry are below.
    pub const MAX_FRAMES: u32 = 1 << FRAME_BITS;

    /// An entry of the recording at a place in [`NewImport::ids`]. A frame beyond [`MAX_FRAMES`](Self::MAX_FRAMES) becomes the
    /// last.
    pub fn new(hash: PairHash, recording: u16, frame: u32) -> Self {
        let place = u64::from(hash.number()) << RECORDING_BITS | u64::from(recording);
        Self(place << FRAME_BITS | u64::from(frame.min(Self::MAX_FRAMES - 1)))
    }

    /// The same of another recording.
    #[must_use]
    pub fn of_recording(self, recording: u16) -> Self {
        let mask = u64::from(u16::MAX) << FRAME_BITS;
        Self(self.0 & !mask | u64::from(recording) << FRAME_BITS)
    }

    /// The number of its hash.
    pub fn hash(self) -> u32 {
        (self.0 >> (FRAME_BITS + RECORDING_BITS)) as u32
    }

    /// The place of its recording in [`NewImport::ids`].
    pub fn recording(self) -> u16 {
        (self.0 >> FRAME_BITS) as u16
    }

    /// Its frame, of 23.2 ms.
    pub fn frame(self) -> u32 {
        self.0 as u32 & (Self::MAX_FRAMES - 1)
    }
}

/// Recordings to import, all of one file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewImport {
    /// The file, for people.
    pub source: String,
    /// The season that it is of.
    pub season: Option<u32>,
    /// Ids of the recordings.
    pub ids: Vec<String>,
    /// Their hashes, in any order.
    pub entries: Vec<ImportEntry>,
}

/// What became of a [`NewImport`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AddedImport {
    /// True if the same was imported before: nothing was to be done.
    pub duplicate: bool,
    /// Recordings that were imported.
    pub recordings: u64,
    /// Recordings that were left out, because the store has them with their sound.
    pub left_out: u64,
    /// Entries that were imported.
    pub entries: u64,
}

/// A file as it will be written.
pub(super) struct Prepared<'n> {
    new: &'n NewImport,
    entries: Vec<ImportEntry>,
    /// Entries and frames of each recording.
    recordings: Vec<(u64, u32)>,
    digest: String,
}

impl<'n> Prepared<'n> {
    pub(super) fn new(new: &'n NewImport) -> Result<Self> {
        let mut seen = HashSet::new();
        for id in &new.ids {
            ids::check_id("recording", id)?;
            if !seen.insert(id) {
                let message = format!("the id {id:?} is there twice: give each recording its own");
                return Err(Error::new(ErrorKind::InvalidArgument, message));
            }
        }
        let mut entries = new.entries.clone();
        entries.sort_unstable();
        let mut recordings = vec![(0, 0); new.ids.len()];
        for entry in &entries {
            let Some((count, frames)) = recordings.get_mut(usize::from(entry.recording())) else {
                let message = format!("an entry is of recording {}, which has no id", entry.recording());
                return Err(Error::new(ErrorKind::InvalidArgument, message));
            };
            (*count, *frames) = (*count + 1, (*frames).max(entry.frame() + 1));
        }
        let digest = digest(new, &entries);
        Ok(Self { new, entries, recordings, digest })
    }

    pub(super) fn write(&self, txn: &mut WriteTxn<'_>) -> Result<AddedImport> {
        let view = txn.view();
        let known = row::batches(view)?;
        if known.iter().any(|(_, batch)| batch.digest == self.digest) {
            return Ok(AddedImport { duplicate: true, ..AddedImport::default() });
        }
        let mut taken = Vec::with_capacity(self.new.ids.len());
        for id in &self.new.ids {
            if let Some(number) = row::number_of_id(view, id)? {
                let source = row::by_number(view, number)?.map(|row| row.source).unwrap_or_default();
                let message = format!(
                    "{id:?} was imported from {source:?} already, with other hashes: remove what was imported first"
                );
                return Err(Error::new(ErrorKind::Mismatch, message));
            }
            taken.push(number_with_sound(view, id)?.is_none());
        }
        let left_out = taken.iter().filter(|taken| !**taken).count() as u64;
        let batch = known.last().map_or(0, |(number, _)| *number) + 1;
        let mut added = AddedImport { left_out, ..AddedImport::default() };
        if left_out < self.new.ids.len() as u64 {
            self.write_batch(txn, batch, &taken, &mut added)?;
        }
        Ok(added)
    }

    fn write_batch(
        &self,
        txn: &mut WriteTxn<'_>,
        batch: u32,
        taken: &[bool],
        added: &mut AddedImport,
    ) -> Result<()> {
        let starts = self.write_rows(txn, batch, taken, added)?;
        let places = |entries: &[ImportEntry]| -> Vec<u32> {
            let own = entries.iter().filter_map(|entry| {
                let start = *starts.get(usize::from(entry.recording()))?;
                start.map(|start| start + entry.frame())
            });
            own.collect()
        };
        let mut counts = Change::default();
        let bands = |entry: &ImportEntry| entry.hash() / PairHash::STEPS;
        for of_bands in self.entries.chunk_by(|a, b| bands(a) == bands(b)) {
            let Some(hash) = PairHash::from_number(of_bands[0].hash()) else { continue };
            let prefix = postings::prefix(hash);
            let mut lists = Vec::new();
            for of_hash in of_bands.chunk_by(|a, b| a.hash() == b.hash()) {
                let steps = of_hash[0].hash() % PairHash::STEPS;
                let count = postings::write_list(&mut lists, steps, places(of_hash).into_iter());
                counts.count(prefix, steps, count);
            }
            if !lists.is_empty() {
                txn.put(Table::ImportedPostings, &postings::key(prefix, batch), &lists)?;
            }
        }
        counts.add(txn)
    }

    /// Writes the row of the batch and those of its recordings; gives where each begins.
    fn write_rows(
        &self,
        txn: &mut WriteTxn<'_>,
        batch: u32,
        taken: &[bool],
        added: &mut AddedImport,
    ) -> Result<Vec<Option<u32>>> {
        let (mut starts, mut next) = (vec![None; taken.len()], u64::from(ROOM));
        for (place, (id, (entries, frames))) in self.new.ids.iter().zip(&self.recordings).enumerate() {
            if !taken[place] {
                continue;
            }
            let start = next as u32;
            let recording = ImportedRecording {
                id: id.clone(),
                season: self.new.season,
                source: self.new.source.clone(),
                entries: *entries,
                frames: *frames,
                duration_ms: (f64::from(*frames) * PAIR_HASH_FRAME_MS).round() as u64,
                created_at_ms: meta::now_ms(),
            };
            let number = meta::new_number(txn, meta::NEXT_IMPORTED)?;
            row::insert(txn, number, &Row { recording, batch, start })?;
            starts[place] = Some(start);
            next += u64::from(*frames) + u64::from(ROOM);
            if next > MAX_LINE {
                let message = "the file holds more than nine days of sound: split it";
                return Err(Error::new(ErrorKind::Limit, message));
            }
            added.recordings += 1;
            added.entries += entries;
        }
        let row = Batch { digest: self.digest.clone(), length: next as u32 };
        row::insert_batch(txn, batch, &row)?;
        Ok(starts)
    }
}

/// What tells whether two files hold the same, however they are written.
fn digest(new: &NewImport, entries: &[ImportEntry]) -> String {
    let mut hash = Xxh3::new();
    for id in &new.ids {
        hash.update(&(id.len() as u64).to_le_bytes());
        hash.update(id.as_bytes());
    }
    entries.iter().for_each(|entry| hash.update(&entry.0.to_le_bytes()));
    format!("{:032x}", hash.digest128())
}
