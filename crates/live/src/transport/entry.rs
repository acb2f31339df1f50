//! What comes on connections.

use serde::{Deserialize, Serialize};
use sonic_core::{Error, ErrorKind, Result};
use std::fmt;
use std::str::FromStr;
use xxhash_rust::xxh3::xxh3_64;

/// Longest id of a connection, name of a meeting or a user, in bytes.
const MAX_NAME_BYTES: usize = 200;

/// Whose sound it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Origin {
    /// Id of the connection.
    pub connection: String,
    /// The meeting that it is part of.
    pub meeting: String,
    /// Whose connection it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// What it comes from, as a kind of meeting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Origin {
    /// # Errors
    /// `InvalidArgument` if a name is none.
    pub(crate) fn check(&self) -> Result<()> {
        let names = [("connection", Some(&self.connection)), ("meeting", Some(&self.meeting))];
        let more = [("user id", self.user_id.as_ref()), ("source", self.source.as_ref())];
        for (what, name) in names.into_iter().chain(more) {
            let Some(name) = name else { continue };
            if name.is_empty() || name.len() > MAX_NAME_BYTES || name.contains(char::is_control) {
                let message =
                    format!("a {what} has 1 to {MAX_NAME_BYTES} bytes and no control characters: {name:?}");
                return Err(Error::new(ErrorKind::InvalidArgument, message));
            }
        }
        Ok(())
    }
}

/// Something that came on a connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// On which.
    #[serde(flatten)]
    pub origin: Origin,
    /// When it came, in milliseconds since 1970 UTC.
    pub at_ms: u64,
    /// What came.
    #[serde(flatten)]
    pub body: Body,
}

/// What came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// A slice of a recorder.
    Slice {
        /// Its number, counted from 0.
        index: u64,
        /// Where its bytes are in the sink.
        key: String,
        /// How many.
        bytes: u64,
        /// Their checksum (XXH3, 64 bits, hexadecimal).
        checksum: String,
        /// When it was sent by the sender's clock, in milliseconds since 1970 UTC.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sent_ms: Option<f64>,
    },
    /// What the meeting says about its microphones.
    Activity {
        /// When it was sent by the sender's clock, in milliseconds since 1970 UTC.
        sent_ms: f64,
        /// For each participant the name and a string of digits 0 and 1.
        updates: Vec<(String, String)>,
    },
    /// No more sound for now.
    End {
        /// What it ends: the same end twice is one.
        key: String,
    },
}

impl Entry {
    /// What makes it one: the same key on the same connection is the same entry.
    pub fn key(&self) -> String {
        match &self.body {
            Body::Slice { index, checksum, .. } => format!("slice {index} {checksum}"),
            Body::Activity { sent_ms, updates } => {
                let text = serde_json::to_string(updates).unwrap_or_default();
                format!("activity {sent_ms} {:x}", xxh3_64(text.as_bytes()))
            }
            Body::End { key } => format!("end {key}"),
        }
    }

    pub(crate) fn to_json(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
    }

    pub(crate) fn read(bytes: &[u8]) -> std::result::Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|error| format!("the entry is damaged: {error}"))
    }
}

/// The checksum of a slice.
pub(crate) fn checksum(bytes: &[u8]) -> String {
    format!("{:016x}", xxh3_64(bytes))
}

/// The id of an entry on its connection; they grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EntryId {
    /// The greater part.
    pub major: u64,
    /// The lesser part.
    pub minor: u64,
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.major, self.minor)
    }
}

impl FromStr for EntryId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once('-').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        let (major, minor) = parts.ok_or_else(|| {
            Error::new(ErrorKind::InvalidArgument, format!("{text:?} is no id of an entry"))
        })?;
        Ok(Self { major, minor })
    }
}
