//! Where the bytes come from.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes that hold sound: a file, memory, or a stream that can only be read forwards.
///
/// Paths and byte buffers convert into it by themselves; for a stream use [`Source::reader`].
pub enum Source {
    /// A file by its path. A pipe that the process was given (`/dev/stdin`, `/dev/fd/3`) is read as a stream; a named
    /// pipe, a socket or a device is refused: open it and use [`Source::reader`].
    Path(PathBuf),
    /// The bytes of a file, in whatever holds them. Shared, never copied.
    Bytes(Arc<dyn AsRef<[u8]> + Send + Sync>),
    /// A stream that cannot be rewound: a socket, a pipe, the body of a request.
    ///
    /// A file whose index stands behind its sound (many MP4 files, some CAF and AIFF files) is held in memory, up to
    /// 256 MiB.
    Reader(Box<dyn Read + Send + Sync>),
    /// A source of which one sound track is taken; [`Source::with_track`] makes it.
    Track(Box<Self>, u32),
}

impl Source {
    /// A source that reads `stream` forwards only.
    pub fn reader(stream: impl Read + Send + Sync + 'static) -> Self {
        Self::Reader(Box::new(stream))
    }

    /// A source of bytes that `holder` keeps, which are not copied.
    pub fn bytes(holder: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Self::Bytes(Arc::new(holder))
    }

    /// The same source, of which the sound track `track` is taken, counted from 0; `None` is the one that
    /// [`DecodeOptions`](super::DecodeOptions) says.
    #[must_use]
    pub fn with_track(self, track: Option<u32>) -> Self {
        match (self, track) {
            (source, None) => source,
            (Self::Track(source, _), Some(track)) => Self::Track(source, track),
            (source, Some(track)) => Self::Track(Box::new(source), track),
        }
    }

    /// The path, if it is a file by its path.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            Self::Track(source, _) => source.path(),
            _ => None,
        }
    }

    /// The source without its track, and that.
    pub(super) fn split(self) -> (Self, Option<u32>) {
        match self {
            Self::Track(source, track) => (*source, Some(track)),
            source => (source, None),
        }
    }

    /// How messages name the source.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Path(path) => path.display().to_string(),
            Self::Bytes(bytes) => format!("{} bytes in memory", bytes.as_ref().as_ref().len()),
            Self::Reader(_) => "stream".to_owned(),
            Self::Track(source, _) => source.name(),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({})", self.name())
    }
}

impl From<&Path> for Source {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<PathBuf> for Source {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<&PathBuf> for Source {
    fn from(path: &PathBuf) -> Self {
        Self::Path(path.clone())
    }
}

impl From<&str> for Source {
    fn from(path: &str) -> Self {
        Self::Path(path.into())
    }
}

impl From<String> for Source {
    fn from(path: String) -> Self {
        Self::Path(path.into())
    }
}

impl From<Arc<[u8]>> for Source {
    fn from(bytes: Arc<[u8]>) -> Self {
        Self::bytes(bytes)
    }
}

impl From<Vec<u8>> for Source {
    fn from(bytes: Vec<u8>) -> Self {
        Self::bytes(bytes)
    }
}

impl From<&[u8]> for Source {
    fn from(bytes: &[u8]) -> Self {
        Self::bytes(bytes.to_vec())
    }
}
