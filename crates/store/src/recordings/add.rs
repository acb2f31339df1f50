//! Recordings enter the store: rows as they come, their pairs as one segment at the end of the transaction.

use super::row::{self, Recording};
use crate::env::WriteTxn;
use crate::{ids, imported, landmarks, meta, pairs, segments};
use sonic_core::{Error, ErrorKind, Fingerprint, Result};

/// A recording to add: its row, of which `id`, `source` and `source_hash` matter most, and its fingerprint.
#[derive(Debug, Clone)]
pub struct NewRecording {
    /// The row; duration, frames, landmarks and, if it is 0, `created_at_ms` are filled in by the store.
    pub recording: Recording,
    /// What it is recognised by; the texture is not kept.
    pub fingerprint: Fingerprint,
}

/// What became of a [`NewRecording`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Added {
    /// It is in the store now.
    New(Box<Recording>),
    /// It is in the store now, in place of the recording that had its id.
    Replaced(Box<Recording>),
    /// The same source bytes are in the store already, under this id.
    Duplicate(String),
    /// It was refused; the others were not.
    Refused(Error),
}

/// A recording as it will be written.
pub(super) struct Prepared {
    landmarks: Vec<u8>,
    /// Hash and frame of every pair.
    pairs: Vec<(u32, u32)>,
}

impl Prepared {
    pub(super) fn new(new: &NewRecording) -> Result<Self> {
        ids::check_id("recording", &new.recording.id)?;
        meta::check_time(new.recording.created_at_ms)?;
        let Fingerprint { landmarks, frames, .. } = &new.fingerprint;
        let packed = landmarks::pack(landmarks, *frames)?;
        let mut pairs = Vec::new();
        pairs::for_index(landmarks, |hash, frame| pairs.push((hash, frame)));
        Ok(Self { landmarks: packed, pairs })
    }
}

/// Recordings of one transaction: rows are written as they come, their pairs as one segment at the end.
#[derive(Default)]
pub(super) struct Batch<'a> {
    /// Whether a recording takes the place of another one of its id.
    replace: bool,
    /// Number and frames of each recording.
    recordings: Vec<(u32, u32)>,
    /// The pairs of each, until its place on the line is known.
    pairs: Vec<&'a [(u32, u32)]>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(replace: bool) -> Self {
        Self { replace, ..Self::default() }
    }

    pub(super) fn add(
        &mut self,
        txn: &mut WriteTxn<'_>,
        new: &NewRecording,
        prepared: &'a Result<Prepared>,
    ) -> Result<Added> {
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(e) => return Ok(Added::Refused(Error::new(e.kind(), e.message()))),
        };
        let row = &new.recording;
        if let Some(hash) = &row.source_hash
            && let Some(number) = row::number_of_source(txn.view(), hash)?
        {
            let id = row::by_number(txn.view(), number)?.map(|r| r.id);
            return Ok(Added::Duplicate(id.unwrap_or_default()));
        }
        let earlier = row::number_of_id(txn.view(), &row.id)?;
        if let Some(number) = earlier.filter(|_| !self.replace) {
            let other = row::by_number(txn.view(), number)?.and_then(|r| r.source);
            let message = format!(
                "the id {:?} belongs to {}, which has other content than {}: give one of them another id, or replace it",
                row.id,
                source_name(other.as_deref()),
                source_name(row.source.as_deref())
            );
            return Ok(Added::Refused(Error::new(ErrorKind::Mismatch, message)));
        }
        meta::write_pipeline(txn, &new.fingerprint.pipeline)?;
        if let Some(number) = earlier
            && let Some(old) = row::by_number(txn.view(), number)?
        {
            row::remove(txn, number, &old)?;
        }
        imported::give_way(txn, &row.id)?;
        let row = filled_in(new);
        let number = meta::new_recording_number(txn)?;
        row::insert(txn, number, &row, &prepared.landmarks)?;
        self.recordings.push((number, row.frames));
        self.pairs.push(&prepared.pairs);
        let row = Box::new(row);
        Ok(if earlier.is_some() { Added::Replaced(row) } else { Added::New(row) })
    }

    pub(super) fn write(self, txn: &mut WriteTxn<'_>) -> Result<()> {
        if self.recordings.is_empty() {
            return Ok(());
        }
        let (spans, length) = segments::lay_out(self.recordings);
        let placed = spans.iter().zip(self.pairs).flat_map(|(span, pairs)| {
            pairs.iter().map(|&(hash, frame)| (hash, span.start + u64::from(frame)))
        });
        let mut pairs: Vec<(u32, u64)> = placed.collect();
        pairs.sort_unstable();
        pairs.dedup();
        segments::add(txn, &spans, length, &pairs)
    }
}

fn filled_in(new: &NewRecording) -> Recording {
    let mut row = new.recording.clone();
    row.duration_ms = new.fingerprint.duration_ms;
    row.frames = new.fingerprint.frames;
    row.landmarks = new.fingerprint.landmarks.len() as u32;
    // Absent is `None`, never an empty text.
    row.source = row.source.filter(|source| !source.is_empty());
    row.source_hash = row.source_hash.filter(|hash| !hash.is_empty());
    if row.created_at_ms == 0 {
        row.created_at_ms = meta::now_ms();
    }
    row
}

/// A source as messages name it.
fn source_name(source: Option<&str>) -> String {
    source.map_or_else(|| "a recording of unknown source".to_owned(), |source| format!("{source:?}"))
}
