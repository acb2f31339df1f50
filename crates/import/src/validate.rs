//! Comparing what was imported with the files that it came from.

use crate::entries::{Season, Warning, Warnings};
use crate::source::{Place, Source, sources};
use crate::watch::Watch;
use serde::Serialize;
use sonic_core::{Error, ErrorKind, PairHash, Result};
use sonic_store::{ImportEntry, Store};
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Hashes of a file that are compared.
const SAMPLE: usize = 1_000;

/// A file that was compared.
#[derive(Debug)]
#[non_exhaustive]
pub struct ValidatedFile {
    /// The file.
    pub path: PathBuf,
    /// The season that it is of, if that is known.
    pub season: Option<u32>,
    /// Hashes of the file, each of which was looked at.
    pub hashes: u64,
    /// Hashes that no pair of peaks has.
    pub unknown: u64,
    /// Hashes whose frames were compared with those in the store.
    pub compared: u64,
    /// Of those, hashes whose frames differ in some recording.
    pub different: u64,
    /// Recordings of the file that were not imported, or were removed since.
    pub missing: u64,
    /// Recordings of the file that the store has with their sound by now.
    pub with_sound: u64,
    /// What is odd about it, and how often.
    pub warnings: Warnings,
    /// Why it could not be read.
    pub error: Option<Error>,
}

impl ValidatedFile {
    /// True if the store has what the file has.
    pub fn is_fine(&self) -> bool {
        self.error.is_none() && self.unknown == 0 && self.different == 0 && self.missing == 0
    }
}

/// What was found of all files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Validation {
    /// Files of which the store has what they have.
    pub fine: u64,
    /// Other files.
    pub failed: u64,
    /// True if the work was cancelled.
    pub cancelled: bool,
}

/// Compares the files at `place`, as [`import`](crate::import()) finds them, with what was imported of them: 1,000 hashes of
/// each, evenly spread, by the frames at which each recording has them; and all hashes by whether there is such a pair of
/// peaks. `on_file` is told of every file, and gets `None` for each megabyte in between; if it breaks, the rest is left.
///
/// # Errors
/// `NotFound` if there is no season at `place`; `Malformed` or `Closed` if the store cannot be read.
pub fn validate<'a>(
    store: &Store,
    place: impl Into<Place<'a>>,
    mut on_file: impl FnMut(Option<ValidatedFile>) -> ControlFlow<()>,
) -> Result<Validation> {
    store.check_open()?;
    let mut validation = Validation::default();
    for source in &sources(place.into())? {
        let read = source.read(&mut Watch::new(&mut |_| on_file(None)));
        let file = match read {
            Err(e) if e.kind() == ErrorKind::Closed => {
                validation.cancelled = true;
                break;
            }
            Err(e) => ValidatedFile { error: Some(e), ..unread(source) },
            Ok(season) => compare(store, source, season)?,
        };
        match file.is_fine() {
            true => validation.fine += 1,
            false => validation.failed += 1,
        }
        if on_file(Some(file)).is_break() {
            validation.cancelled = true;
            break;
        }
    }
    Ok(validation)
}

fn unread(source: &Source) -> ValidatedFile {
    ValidatedFile {
        path: source.name.clone(),
        season: None,
        hashes: 0,
        unknown: 0,
        compared: 0,
        different: 0,
        missing: 0,
        with_sound: 0,
        warnings: Warnings::new(),
        error: None,
    }
}

fn compare(store: &Store, source: &Source, season: Season) -> Result<ValidatedFile> {
    let hashes: Vec<&[ImportEntry]> = season.entries.chunk_by(|a, b| a.hash() == b.hash()).collect();
    let every = hashes.len().div_ceil(SAMPLE).max(1);
    let sample: Vec<(PairHash, &[ImportEntry])> = hashes
        .iter()
        .step_by(every)
        .filter_map(|entries| Some((PairHash::from_number(entries[0].hash())?, *entries)))
        .collect();
    let numbers: Vec<PairHash> = sample.iter().map(|(hash, _)| *hash).collect();
    let mut differs = vec![false; sample.len()];
    let mut file = unread(source);
    for (place, id) in season.episodes.iter().enumerate() {
        let Some(stored) = store.imported().frames_of(id, &numbers)? else {
            match store.recordings().contains(id)? {
                true => file.with_sound += 1,
                false => file.missing += 1,
            }
            continue;
        };
        for ((differs, stored), (_, entries)) in differs.iter_mut().zip(&stored).zip(&sample) {
            let own = entries.iter().filter(|entry| usize::from(entry.recording()) == place);
            *differs |= !own.map(|entry| entry.frame()).eq(stored.iter().copied());
        }
    }
    file.season = season.number;
    file.hashes = season.hashes_read;
    file.unknown = season.warnings.get(&Warning::UnknownHashes).copied().unwrap_or_default();
    file.compared = sample.len() as u64;
    file.different = differs.iter().filter(|differs| **differs).count() as u64;
    file.warnings = season.warnings;
    Ok(file)
}
