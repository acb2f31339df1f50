//! Where the bytes come from, and what has to be known about them before symphonia sees them.

use super::matroska::Scanner;
use super::mp4::{self, Movie};
use sonic_core::{Error, ErrorKind, Result};
use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use symphonia::core::io::MediaSource;

/// Most bytes of a stream that are held in memory because it must be rewound.
const STREAM_LIMIT: u64 = 256 << 20;

/// Bytes that hold sound: a file, memory, or a stream that can only be read forwards.
///
/// Paths and byte buffers convert into it by themselves; for a stream use [`Source::reader`].
pub enum Source {
    /// A file by its path. Pipes work too, and are read as streams.
    Path(PathBuf),
    /// The bytes of a file, in whatever holds them. Shared, never copied.
    Bytes(Arc<dyn AsRef<[u8]> + Send + Sync>),
    /// A stream that cannot be rewound: a socket, a pipe, the body of a request.
    ///
    /// An MP4 file whose index stands at its end, and any CAF file, is held in memory, up to 256 MiB.
    Reader(Box<dyn Read + Send + Sync>),
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

    /// How messages name the source.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Path(path) => path.display().to_string(),
            Self::Bytes(bytes) => format!("{} bytes in memory", bytes.as_ref().as_ref().len()),
            Self::Reader(_) => "stream".to_owned(),
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

/// A source made ready for the demuxer.
pub(super) struct Input {
    /// What the demuxer reads.
    pub(super) media: Box<dyn MediaSource>,
    /// What an MP4 index says that symphonia does not pass on.
    pub(super) movie: Option<Movie>,
    /// What the Matroska elements say that symphonia does not pass on; it fills as the bytes are read.
    pub(super) scanner: Option<Arc<Mutex<Scanner>>>,
}

impl Input {
    /// Opens `source` and looks at its first bytes.
    pub(super) fn open(source: Source) -> Result<Self> {
        match source {
            Source::Path(path) => Self::from_file(&path),
            Source::Bytes(bytes) => Self::from_seekable(Cursor::new(Memory(bytes))),
            Source::Reader(stream) => Self::from_stream(stream),
        }
    }

    fn from_file(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|e| Error::io("cannot open", e))?;
        let metadata = file.metadata().map_err(|e| Error::io("cannot open", e))?;
        if metadata.is_dir() {
            return Err(Error::new(ErrorKind::InvalidArgument, "is a folder: name a file"));
        }
        if metadata.is_file() { Self::from_seekable(file) } else { Self::from_stream(Box::new(file)) }
    }

    fn from_seekable(mut media: impl MediaSource + 'static) -> Result<Self> {
        let head = read_head(&mut media)?;
        let rewind = |media: &mut dyn MediaSource| media.seek(SeekFrom::Start(0)).map_err(cannot_read);
        rewind(&mut media)?;
        match Family::of(&head) {
            Family::Mp4 => {
                let movie = mp4::find_movie(&mut media).map_err(cannot_read)?;
                rewind(&mut media)?;
                Ok(Self {
                    media: Box::new(media),
                    movie: movie.map(|bytes| Movie::parse(&bytes)),
                    scanner: None,
                })
            }
            Family::Caf => Ok(Self { media: Box::new(media), movie: None, scanner: None }),
            family => Ok(Self::forwards(media, family)),
        }
    }

    fn from_stream(mut stream: Box<dyn Read + Send + Sync>) -> Result<Self> {
        let head = read_head(&mut stream)?;
        let mut stream = Cursor::new(head.clone()).chain(stream);
        match Family::of(&head) {
            Family::Caf => Self::from_seekable(Cursor::new(read_whole(&mut stream, vec![])?)),
            Family::Mp4 => {
                let (bytes, movie) = mp4::read_until_movie(&mut stream)?;
                if movie.is_none() {
                    return Self::from_seekable(Cursor::new(read_whole(&mut stream, bytes)?));
                }
                let media = Box::new(Forwards { inner: Cursor::new(bytes).chain(stream), scanner: None });
                Ok(Self { media, movie, scanner: None })
            }
            family => Ok(Self::forwards(stream, family)),
        }
    }

    /// A source that the demuxer may only read forwards. That is what makes files and streams give the same
    /// samples: with a seekable file symphonia guesses the length of an MP3 and cuts it there.
    fn forwards(inner: impl Read + Send + Sync + 'static, family: Family) -> Self {
        let scanner = (family == Family::Matroska).then(Arc::<Mutex<Scanner>>::default);
        let media = Box::new(Forwards { inner, scanner: scanner.clone() });
        Self { media, movie: None, scanner }
    }
}

/// Bytes in their holder.
struct Memory(Arc<dyn AsRef<[u8]> + Send + Sync>);

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        self.0.as_ref().as_ref()
    }
}

/// The containers that need care of their own.
#[derive(Clone, Copy, PartialEq)]
enum Family {
    Mp4,
    Caf,
    Matroska,
    Other,
}

impl Family {
    fn of(head: &[u8]) -> Self {
        match head {
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => Self::Mp4,
            [b'c', b'a', b'f', b'f', ..] => Self::Caf,
            [0x1a, 0x45, 0xdf, 0xa3, ..] => Self::Matroska,
            _ => Self::Other,
        }
    }
}

/// The first eight bytes, or fewer if there are no more; none at all is an error.
fn read_head(from: &mut dyn Read) -> Result<Vec<u8>> {
    let mut head = Vec::with_capacity(8);
    from.take(8).read_to_end(&mut head).map_err(cannot_read)?;
    if head.is_empty() {
        return Err(Error::new(ErrorKind::Malformed, "is empty"));
    }
    Ok(head)
}

/// The rest of a stream of which `bytes` have been read.
fn read_whole(stream: &mut dyn Read, mut bytes: Vec<u8>) -> Result<Vec<u8>> {
    stream.take(STREAM_LIMIT).read_to_end(&mut bytes).map_err(cannot_read)?;
    if bytes.len() as u64 > STREAM_LIMIT {
        let limit = STREAM_LIMIT >> 20;
        let advice = format!("a stream that must be rewound has to fit in {limit} MiB: give a file instead");
        return Err(Error::new(ErrorKind::Limit, advice));
    }
    Ok(bytes)
}

fn cannot_read(error: io::Error) -> Error {
    Error::io("cannot read", error)
}

/// A reader that refuses to seek and shows what it reads to the Matroska scanner.
struct Forwards<R> {
    inner: R,
    scanner: Option<Arc<Mutex<Scanner>>>,
}

impl<R: Read> Read for Forwards<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if let Some(scanner) = &self.scanner {
            scanner.lock().unwrap_or_else(|e| e.into_inner()).feed(&buffer[..count]);
        }
        Ok(count)
    }
}

impl<R> Seek for Forwards<R> {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl<R: Read + Send + Sync> MediaSource for Forwards<R> {
    fn is_seekable(&self) -> bool {
        false
    }

    fn byte_len(&self) -> Option<u64> {
        None
    }
}
