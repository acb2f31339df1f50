//! Hashing a source that is decoded at the same time.

use super::{Opened, Tee, hash, hash_file, open};
use crate::{Error, ErrorKind, Result, Source};
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use xxhash_rust::xxh3::Xxh3;

/// The hash of a source that is being read.
pub(crate) struct SourceHash {
    /// Known at once for files and bytes.
    known: Option<String>,
    /// A stream has it when it was read.
    stream: Option<Shared>,
}

impl SourceHash {
    /// `source`, to be read in its stead, and its hash.
    pub(crate) fn of(source: Source) -> Result<(Source, Self)> {
        let (source, stream) = tee(source)?;
        let known = known(&source)?;
        Ok((source, Self { known, stream }))
    }

    /// The hash, if it is known before the source is read.
    pub(crate) fn known(&self) -> Option<&str> {
        self.known.as_deref()
    }

    /// The hash; what is left of a stream is read.
    pub(crate) fn finish(self) -> Result<String> {
        match (self.known, self.stream) {
            (Some(known), _) => Ok(known),
            (None, Some(Shared(tee))) => tee.lock().unwrap_or_else(PoisonError::into_inner).hash_rest(),
            (None, None) => Err(Error::new(ErrorKind::Internal, "a stream was not hashed")),
        }
    }
}

/// A stream's tee, which the decoder reads.
#[derive(Clone)]
struct Shared(Arc<Mutex<Tee<Box<dyn Read + Send + Sync>>>>);

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read(buffer)
    }
}

/// The hash of what can be read twice.
fn known(source: &Source) -> Result<Option<String>> {
    match source {
        Source::Path(path) => hash_file(path).map(Some),
        Source::Bytes(bytes) => hash(&mut bytes.as_ref().as_ref()).map(Some),
        Source::Track(source, _) => known(source),
        Source::Reader(_) => Ok(None),
    }
}

/// `source` as it is, or a stream with its tee.
fn tee(source: Source) -> Result<(Source, Option<Shared>)> {
    let from: Box<dyn Read + Send + Sync> = match source {
        Source::Reader(from) => from,
        Source::Track(source, track) => {
            let (source, shared) = tee(*source)?;
            return Ok((source.with_track(Some(track)), shared));
        }
        Source::Path(path) => match open(&path).map_err(|e| e.context(path.display()))? {
            Opened { file, is_stream: true } => Box::new(file),
            _ => return Ok((Source::Path(path), None)),
        },
        source => return Ok((source, None)),
    };
    let shared = Shared(Arc::new(Mutex::new(Tee { from, hasher: Xxh3::new() })));
    Ok((Source::reader(shared.clone()), Some(shared)))
}
