//! Importing: file by file, each in one transaction.

use crate::entries::{Season, Warnings};
use crate::source::{Place, Source, sources};
use crate::watch::Watch;
use serde::Serialize;
use sonic_core::{Error, ErrorKind, Result};
use sonic_store::{AddedImport, NewImport, Store};
use std::ops::ControlFlow;
use std::path::PathBuf;

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ImportStatus {
    /// Its recordings are in the store now, but those that were there with their sound.
    Imported,
    /// The same was imported before.
    Duplicate,
    /// It was refused; the others were not.
    Failed,
}

impl ImportStatus {
    /// Its name in snake case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Duplicate => "duplicate",
            Self::Failed => "failed",
        }
    }
}

/// A file that was dealt with.
#[derive(Debug)]
#[non_exhaustive]
pub struct ImportedFile {
    /// The file.
    pub path: PathBuf,
    /// What became of it.
    pub status: ImportStatus,
    /// The season that it is of, if that is known.
    pub season: Option<u32>,
    /// Recordings that were imported.
    pub recordings: u64,
    /// Recordings that were left out, because the store has them with their sound.
    pub left_out: u64,
    /// Hashes of the file.
    pub hashes: u64,
    /// Entries that were imported.
    pub entries: u64,
    /// What is odd about it, and how often.
    pub warnings: Warnings,
    /// Why it was refused.
    pub error: Option<Error>,
}

/// News while files are imported.
#[derive(Debug)]
#[non_exhaustive]
pub enum ImportEvent {
    /// How many files there are.
    Found(usize),
    /// A file is being read.
    Reading {
        /// The file.
        path: PathBuf,
        /// Bytes that were read so far; those of what is read twice count twice.
        bytes: u64,
        /// Bytes that are to be read; `None` if nobody knows before.
        total: Option<u64>,
    },
    /// What a file holds is being written.
    Writing(PathBuf),
    /// A file is decided; an imported one is committed.
    File(ImportedFile),
}

/// What became of all files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct ImportSummary {
    /// Files that were imported.
    pub imported: u64,
    /// Files that were imported before.
    pub duplicates: u64,
    /// Files that were refused.
    pub failed: u64,
    /// Recordings that were imported.
    pub recordings: u64,
    /// Recordings that were left out, because the store has them with their sound.
    pub left_out: u64,
    /// Entries that were imported.
    pub entries: u64,
    /// True if the work was cancelled.
    pub cancelled: bool,
}

/// Imports what lies at `place`: a pickle, an LMDB environment, a folder of them, or a bucket with `fingerprints` and
/// `checksums`. Of a bucket with several versions the latest is taken.
///
/// Each file is one transaction: importing again goes on where it stopped. `on_event` is told of every file, and of each
/// megabyte in between; if it breaks, nothing of the file at hand is stored, and the rest is left.
///
/// # Errors
/// `NotFound` if there is no season at `place`; `Io` if the store cannot be written; `Closed` if it is closed. What is wrong with
/// a file is reported to `on_event` and does not end the others.
pub fn import<'a>(
    store: &Store,
    place: impl Into<Place<'a>>,
    mut on_event: impl FnMut(ImportEvent) -> ControlFlow<()>,
) -> Result<ImportSummary> {
    store.check_open()?;
    let sources = sources(place.into())?;
    let mut summary = ImportSummary {
        cancelled: on_event(ImportEvent::Found(sources.len())).is_break(),
        ..ImportSummary::default()
    };
    for source in &sources {
        if summary.cancelled {
            break;
        }
        match import_file(store, source, &mut on_event) {
            Err(e) if e.kind() == ErrorKind::Closed && store.check_open().is_ok() => summary.cancelled = true,
            Err(e) => return Err(e),
            Ok(file) => {
                summary.count(&file);
                summary.cancelled = on_event(ImportEvent::File(file)).is_break();
            }
        }
    }
    Ok(summary)
}

impl ImportSummary {
    fn count(&mut self, file: &ImportedFile) {
        match file.status {
            ImportStatus::Imported => self.imported += 1,
            ImportStatus::Duplicate => self.duplicates += 1,
            ImportStatus::Failed => self.failed += 1,
        }
        self.recordings += file.recordings;
        self.left_out += file.left_out;
        self.entries += file.entries;
    }
}

/// Reads and writes one file. An error is one of the store, or the end of the work.
fn import_file(
    store: &Store,
    source: &Source,
    on_event: &mut impl FnMut(ImportEvent) -> ControlFlow<()>,
) -> Result<ImportedFile> {
    let total = source.length();
    let read = {
        let path = &source.name;
        let mut tell = |bytes| on_event(ImportEvent::Reading { path: path.clone(), bytes, total });
        source.read(&mut Watch::new(&mut tell))
    };
    let season = match read {
        Ok(season) => season,
        Err(e) if e.kind() == ErrorKind::Closed => return Err(e),
        Err(e) => return Ok(failed(source, e)),
    };
    if on_event(ImportEvent::Writing(source.name.clone())).is_break() {
        return Err(Error::new(ErrorKind::Closed, "the import was cancelled"));
    }
    let Season { number, episodes, entries, hashes_read, warnings, .. } = season;
    let new = NewImport { source: source.name.display().to_string(), season: number, ids: episodes, entries };
    match store.imported().add(&new) {
        Ok(added) => {
            let mut file = written(source, added);
            (file.season, file.hashes, file.warnings) = (number, hashes_read, warnings);
            Ok(file)
        }
        Err(e) if matches!(e.kind(), ErrorKind::Mismatch | ErrorKind::InvalidArgument | ErrorKind::Limit) => {
            let mut file = failed(source, e.context(source.name.display()));
            (file.season, file.hashes, file.warnings) = (number, hashes_read, warnings);
            Ok(file)
        }
        Err(e) => Err(e),
    }
}

fn written(source: &Source, added: AddedImport) -> ImportedFile {
    let status = if added.duplicate { ImportStatus::Duplicate } else { ImportStatus::Imported };
    ImportedFile {
        path: source.name.clone(),
        status,
        season: None,
        recordings: added.recordings,
        left_out: added.left_out,
        hashes: 0,
        entries: added.entries,
        warnings: Warnings::new(),
        error: None,
    }
}

fn failed(source: &Source, error: Error) -> ImportedFile {
    let nothing = written(source, AddedImport::default());
    ImportedFile { status: ImportStatus::Failed, error: Some(error), ..nothing }
}
