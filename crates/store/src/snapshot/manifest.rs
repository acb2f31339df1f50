//! What a snapshot consists of.

use super::rows::MAX_CHUNK_BYTES;
use crate::env::Table;
use crate::meta::FORMAT_VERSION;
use serde::{Deserialize, Serialize};
use sonic_core::{Error, ErrorKind, Result};

/// The format of manifests and chunks that this library writes and reads.
pub const MANIFEST_FORMAT: u32 = 1;
/// Bytes of a SHA-256 in hexadecimal digits.
const DIGITS: usize = 64;

/// What a snapshot consists of; written as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`MANIFEST_FORMAT`].
    pub format: u32,
    /// Number of the snapshot, from 1 on.
    pub version: u64,
    /// Number of the snapshot that it was made on the base of; `None` of the first.
    pub base: Option<u64>,
    /// Number of the snapshot that it brings back; `None` unless it is a rollback.
    pub restores: Option<u64>,
    /// When it was made: milliseconds since 1970 UTC by the clock of its maker.
    pub created_at_ms: u64,
    /// Version of the store's format.
    pub store_format: u32,
    /// How often somebody was forgotten in the store so far.
    pub forget_epoch: u64,
    /// What made the fingerprints and embeddings.
    pub pipelines: Pipelines,
    /// Aim of the size of a chunk in bytes.
    pub chunk_bytes: u64,
    /// The tables, in the order in which they are written.
    pub tables: Vec<TableChunks>,
    /// What it holds of the journal of its bucket; `None` if the bucket had no writer yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<JournalPosition>,
}

/// How far a snapshot holds what the journal of its bucket says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalPosition {
    /// Number of the last object of the journal whose entries it holds, or that it makes void.
    pub number: u64,
    /// Number of the lease that it was made under.
    pub lease: u64,
    /// Number of the last entry that the store had; `None` if it keeps no journal.
    pub sequence: Option<u64>,
}

/// Ids of pipelines; `None` of what a store has none of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pipelines {
    /// Of fingerprints.
    pub fingerprints: Option<String>,
    /// Of voices.
    pub voices: Option<String>,
    /// Of faces.
    pub faces: Option<String>,
}

/// The chunks of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableChunks {
    /// Name of the table.
    pub name: String,
    /// Its chunks in order of key.
    pub chunks: Vec<Chunk>,
}

/// A chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// SHA-256 of its bytes, 64 hexadecimal digits in lower case: its name.
    pub sha256: String,
    /// Bytes.
    pub bytes: u64,
    /// Bytes when compressed.
    pub packed_bytes: u64,
    /// Rows.
    pub rows: u64,
}

impl Manifest {
    /// The chunks of all tables, in order.
    pub fn chunks(&self) -> impl Iterator<Item = &Chunk> {
        self.tables.iter().flat_map(|table| &table.chunks)
    }

    /// Bytes of all chunks.
    pub fn bytes(&self) -> u64 {
        self.chunks().fold(0, |sum, chunk| sum.saturating_add(chunk.bytes))
    }

    /// Bytes of all chunks when compressed.
    pub fn packed_bytes(&self) -> u64 {
        self.chunks().fold(0, |sum, chunk| sum.saturating_add(chunk.packed_bytes))
    }

    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.chunks().fold(0, |sum, chunk| sum.saturating_add(chunk.rows))
    }

    /// Fails unless this library can make a store of it.
    ///
    /// # Errors
    /// `Mismatch` if it is of another format, or has tables that this library does not know; `Malformed` if a name of a chunk
    /// is none, or a table comes twice.
    pub fn check(&self) -> Result<()> {
        let snapshot = self.version;
        if (self.format, self.store_format) != (MANIFEST_FORMAT, FORMAT_VERSION) {
            let message = format!(
                "snapshot {snapshot} has format {}, of a store of version {}; this library reads {MANIFEST_FORMAT} and \
                 {FORMAT_VERSION}: use a matching release",
                self.format, self.store_format
            );
            return Err(Error::new(ErrorKind::Mismatch, message));
        }
        let unknown = self.tables.iter().find(|table| Table::named(&table.name).is_none());
        if let Some(TableChunks { name, .. }) = unknown {
            let message = format!(
                "snapshot {snapshot} has a table {name:?}, which this library does not know: use a newer release"
            );
            return Err(Error::new(ErrorKind::Mismatch, message));
        }
        let is_name =
            |name: &str| name.len() == DIGITS && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        // A row has bytes; so sums are of a size that can be.
        let can_be = |chunk: &Chunk| {
            is_name(&chunk.sha256)
                && chunk.bytes <= MAX_CHUNK_BYTES
                && (1..=chunk.bytes).contains(&chunk.rows)
        };
        let mut names: Vec<&str> = self.tables.iter().map(|table| table.name.as_str()).collect();
        names.sort_unstable();
        if !self.chunks().all(can_be) || names.windows(2).any(|two| two[0] == two[1]) {
            let message = format!("the manifest of snapshot {snapshot} is damaged: publish a new one");
            return Err(Error::new(ErrorKind::Malformed, message));
        }
        Ok(())
    }
}
