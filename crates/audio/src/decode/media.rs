//! Bytes that are read forwards with a look ahead, and gone back in only where they lie still.
//!
//! Every demuxer reads files, memory and streams through this one reader, and forwards only: that is what makes them
//! give the same samples.

use super::matroska::Scanner;
use super::source::Source;
use sonic_core::open::{Opened, open};
use sonic_core::{Error, ErrorKind, Result};
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use symphonia::core::io::{MediaSource, MediaSourceStream};

/// Most bytes of a stream that are held in memory because it must be gone back in.
const STREAM_LIMIT: u64 = 256 << 20;

trait Still: Read + Seek + Send + Sync {}

impl<T: Read + Seek + Send + Sync> Still for T {}

enum Bytes {
    Still(Box<dyn Still>),
    Stream(Box<dyn Read + Send + Sync>),
}

impl Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Still(bytes) => bytes.read(buffer),
            Self::Stream(bytes) => bytes.read(buffer),
        }
    }
}

/// A source whose next byte is at `position`.
pub(super) struct Media {
    bytes: Bytes,
    /// The position at which `bytes` begin; what came before is gone.
    base: u64,
    position: u64,
    /// Bytes that were looked at and not read yet; the first `used` of them were.
    ahead: Vec<u8>,
    used: usize,
    /// Bytes that were read.
    count: Arc<AtomicU64>,
}

impl Media {
    /// Opens `source`.
    pub(super) fn open(source: Source) -> Result<Self> {
        let bytes = match source {
            Source::Track(source, _) => return Self::open(*source),
            Source::Path(path) => match open(&path)? {
                Opened { file, is_stream: true } => Bytes::Stream(Box::new(file)),
                Opened { file, .. } => Bytes::Still(Box::new(file)),
            },
            Source::Bytes(bytes) => Bytes::Still(Box::new(Cursor::new(Memory(bytes)))),
            Source::Reader(stream) => Bytes::Stream(stream),
        };
        Ok(Self { bytes, base: 0, position: 0, ahead: Vec::new(), used: 0, count: Arc::default() })
    }

    /// How many bytes were read so far, also when the source is read by another.
    pub(super) fn counter(&self) -> Arc<AtomicU64> {
        self.count.clone()
    }

    /// Where the next byte is.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// The next `count` bytes, which stay unread; fewer at the end.
    pub(super) fn peek(&mut self, count: usize) -> Result<&[u8]> {
        let missing = count.saturating_sub(self.ahead.len() - self.used);
        if missing > 0 {
            self.ahead.drain(..self.used);
            self.used = 0;
            (&mut self.bytes).take(missing as u64).read_to_end(&mut self.ahead).map_err(cannot_read)?;
        }
        let ahead = &self.ahead[self.used..];
        Ok(&ahead[..count.min(ahead.len())])
    }

    /// Reads up to `count` bytes; fewer only at the end.
    pub(super) fn read_up_to(&mut self, count: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.take_bytes(count, &mut bytes).map_err(cannot_read)?;
        Ok(bytes)
    }

    /// Appends up to `count` bytes to `bytes`; fewer only at the end.
    pub(super) fn take_bytes(&mut self, count: u64, bytes: &mut Vec<u8>) -> io::Result<usize> {
        Read::take(&mut *self, count).read_to_end(bytes)
    }

    /// Passes over up to `count` bytes; how many there were.
    pub(super) fn skip(&mut self, count: u64) -> Result<u64> {
        self.pass(count).map_err(cannot_read)
    }

    fn pass(&mut self, count: u64) -> io::Result<u64> {
        let looked_at = (self.ahead.len() - self.used) as u64;
        if count <= looked_at {
            self.used += count as usize;
            self.position += count;
            return Ok(count);
        }
        match &mut self.bytes {
            Bytes::Still(bytes) => {
                let end = self.base.saturating_add(bytes.seek(SeekFrom::End(0))?);
                let to = self.position.saturating_add(count).min(end.max(self.position));
                let passed = to - self.position;
                self.go(to)?;
                Ok(passed)
            }
            Bytes::Stream(_) => io::copy(&mut Read::take(&mut *self, count), &mut io::sink()),
        }
    }

    /// Goes to a position of a source that lies still.
    pub(super) fn to(&mut self, position: u64) -> Result<()> {
        self.go(position).map_err(cannot_read)
    }

    /// As [`to`](Self::to); a stream goes forwards only.
    fn go(&mut self, position: u64) -> io::Result<()> {
        match &mut self.bytes {
            Bytes::Still(bytes) if position >= self.base => {
                bytes.seek(SeekFrom::Start(position - self.base))?;
                self.ahead.clear();
                (self.used, self.position) = (0, position);
                Ok(())
            }
            Bytes::Stream(_) if position >= self.position => self.pass(position - self.position).map(drop),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// As [`to`](Self::to), of a demuxer that must not fail where there is nothing to be found.
    pub(super) fn seek_to(&mut self, position: u64) -> io::Result<()> {
        if position == self.position { Ok(()) } else { self.go(position) }
    }

    /// Makes sure that what comes can be gone back in: the rest of a stream is held in memory.
    ///
    /// # Errors
    /// `Limit` if that is more than 256 MiB.
    pub(super) fn make_still(&mut self) -> Result<()> {
        if let Bytes::Still(_) = self.bytes {
            return Ok(());
        }
        let base = self.position;
        let rest = self.read_up_to(STREAM_LIMIT + 1)?;
        if rest.len() as u64 > STREAM_LIMIT {
            let limit = STREAM_LIMIT >> 20;
            let advice = format!(
                "a stream whose index stands behind its sound has to fit in {limit} MiB: give a file"
            );
            return Err(Error::new(ErrorKind::Limit, advice));
        }
        let count = self.count.clone();
        let bytes = Bytes::Still(Box::new(Cursor::new(rest)));
        *self = Self { bytes, base, position: base, ahead: Vec::new(), used: 0, count };
        Ok(())
    }
}

impl Read for Media {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &self.ahead[self.used..] {
            [] => self.bytes.read(buffer)?,
            mut ahead => ahead.read(buffer)?,
        };
        if self.used < self.ahead.len() {
            self.used += count;
        }
        self.position += count as u64;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Bytes in their holder.
struct Memory(Arc<dyn AsRef<[u8]> + Send + Sync>);

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        self.0.as_ref().as_ref()
    }
}

pub(super) fn cannot_read(error: io::Error) -> Error {
    Error::io("cannot read", error)
}

/// A reader for symphonia that refuses to seek, and shows what it reads to the Matroska scanner.
pub(super) struct Forwards<R> {
    inner: R,
    scanner: Option<Arc<Mutex<Scanner>>>,
}

impl<R: Read + Send + Sync + 'static> Forwards<R> {
    /// `inner` as symphonia reads it.
    pub(super) fn stream(inner: R, scanner: Option<Arc<Mutex<Scanner>>>) -> MediaSourceStream<'static> {
        MediaSourceStream::new(Box::new(Self { inner, scanner }), Default::default())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_streams_are_looked_into_skipped_and_read_alike() {
        let bytes: Vec<u8> = (0..=255).collect();
        for source in [Source::from(bytes.clone()), Source::reader(Cursor::new(bytes.clone()))] {
            let mut media = Media::open(source).unwrap();
            assert_eq!(media.peek(4).unwrap(), [0, 1, 2, 3]);
            assert_eq!((media.read_up_to(2).unwrap(), media.position()), (vec![0, 1], 2));
            assert_eq!((media.skip(1).unwrap(), media.skip(7).unwrap(), media.position()), (1, 7, 10));
            assert_eq!(media.peek(2).unwrap(), [10, 11]);
            media.make_still().unwrap();
            media.skip(100).unwrap();
            media.to(20).unwrap();
            assert_eq!(media.peek(3).unwrap(), [20, 21, 22]);
            assert_eq!(media.read_up_to(1).unwrap(), [20]);
            assert_eq!((media.skip(1000).unwrap(), media.position()), (235, 256));
            assert!(media.read_up_to(5).unwrap().is_empty() && media.peek(1).unwrap().is_empty());
        }
    }
}
