//! Recordings as JSON.

use super::{Problem, iso_8601, milliseconds};
use crate::recordings::{Added, AddedFile, Decision, Elapsed, Identified, Match, Recording};
use crate::{Error, path_text};
use serde::Serialize;

/// What a clip was recognised as.
#[derive(Debug, Serialize)]
pub struct IdentifiedLine<'a> {
    query: String,
    decision: &'static str,
    matches: &'a [Match],
    truncated: bool,
    damaged_ms: u64,
    elapsed_ms: ElapsedLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Problem>,
}

#[derive(Debug, Serialize)]
struct ElapsedLine {
    decode: f64,
    fingerprint: f64,
    search: f64,
}

impl<'a> IdentifiedLine<'a> {
    /// The line of a clip that is called `query`.
    pub fn new(query: String, answer: Result<&'a Identified, &Error>) -> Self {
        let found = answer.ok();
        Self {
            query,
            decision: found.map_or(Decision::Unknown, |f| f.answer.decision).name(),
            matches: found.map_or(&[][..], |f| &f.answer.matches),
            truncated: found.is_some_and(|f| f.truncated),
            damaged_ms: found.map_or(0, |f| f.damaged_ms),
            elapsed_ms: elapsed_line(found.map(|f| f.elapsed).unwrap_or_default()),
            error: answer.err().map(Problem::from),
        }
    }
}

fn elapsed_line(elapsed: Elapsed) -> ElapsedLine {
    ElapsedLine {
        decode: milliseconds(elapsed.decode),
        fingerprint: milliseconds(elapsed.fingerprint),
        search: milliseconds(elapsed.search),
    }
}

/// What became of something that was to be added.
#[derive(Debug, Serialize)]
pub struct AddedLine {
    id: Option<String>,
    path: String,
    status: &'static str,
    duration_ms: u64,
    landmarks: u32,
    truncated: bool,
    damaged_ms: u64,
    error: Option<Problem>,
}

impl From<&AddedFile> for AddedLine {
    fn from(file: &AddedFile) -> Self {
        Self {
            id: file.id.clone(),
            path: path_text(&file.path),
            status: file.status.name(),
            duration_ms: file.duration_ms,
            landmarks: file.landmarks,
            truncated: file.truncated,
            damaged_ms: file.damaged_ms,
            error: file.error.as_ref().map(Problem::from),
        }
    }
}

impl AddedLine {
    /// The line of what came under the name `path` and has been taken.
    pub fn new(path: String, added: &Added) -> Self {
        let status = match added {
            Added::New(_) => "added",
            Added::Replaced(_) => "replaced",
            Added::Duplicate(_) => "duplicate",
            _ => "failed",
        };
        let (id, row, error) = match added {
            Added::New(row) | Added::Replaced(row) => (Some(row.id.clone()), Some(row), None),
            Added::Duplicate(id) => (Some(id.clone()), None, None),
            Added::Refused(error) => (None, None, Some(Problem::from(error))),
            _ => (None, None, None),
        };
        Self {
            id,
            path,
            status,
            duration_ms: row.map_or(0, |row| row.duration_ms),
            landmarks: row.map_or(0, |row| row.landmarks),
            truncated: row.is_some_and(|row| row.truncated),
            damaged_ms: row.map_or(0, |row| row.damaged_ms),
            error,
        }
    }
}

/// A recording of a store.
#[derive(Debug, Serialize)]
pub struct RecordingLine<'a> {
    #[serde(flatten)]
    row: &'a Recording,
    created_at: String,
}

impl<'a> From<&'a Recording> for RecordingLine<'a> {
    fn from(recording: &'a Recording) -> Self {
        Self { row: recording, created_at: iso_8601(recording.created_at_ms) }
    }
}

/// What compaction came to.
#[derive(Debug, Serialize)]
pub struct CompactLine {
    /// Bytes of the file before.
    pub file_bytes_before: u64,
    /// Bytes of the file now.
    pub file_bytes: u64,
}
