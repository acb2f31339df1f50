//! How a bucket is reached.

use std::path::PathBuf;

/// How a bucket is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteOptions {
    /// Address of a server that stands for the usual one: of R2, MinIO, an emulator. `None` for the one that the environment
    /// names, or the usual one.
    pub endpoint: Option<String>,
    /// A file with keys and other settings, one `NAME=value` a line as in the environment, whose place it takes; `None` for
    /// the environment alone.
    pub credentials: Option<PathBuf>,
    /// Requests at the same time, 1 to 64.
    pub connections: usize,
    /// Most bytes a second that are sent or received; `None` for no limit.
    pub bytes_per_second: Option<u64>,
}

impl Default for RemoteOptions {
    fn default() -> Self {
        Self { endpoint: None, credentials: None, connections: 8, bytes_per_second: None }
    }
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Bytes of the store that are done, those that need not travel included.
    pub bytes: u64,
    /// Bytes that there are, about; it does not shrink, and 0 until it is known.
    pub total_bytes: u64,
}
