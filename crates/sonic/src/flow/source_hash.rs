//! What the bytes of a source are known again by: xxh3-128 in hexadecimal.

#[cfg(feature = "audio")]
mod stream;

#[cfg(feature = "audio")]
pub(crate) use stream::SourceHash;

use crate::{Error, Result};
use sonic_core::open::Opened;
use std::io::{self, Read};
use std::path::Path;
use xxhash_rust::xxh3::Xxh3;

/// xxh3-128 of a file's bytes, in hexadecimal.
pub(crate) fn hash_file(path: &Path) -> Result<String> {
    open(path).and_then(|mut opened| hash(&mut opened.file)).map_err(|e| e.context(path.display()))
}

/// xxh3-128 of all that can be read, in hexadecimal.
pub(crate) fn hash(from: &mut dyn Read) -> Result<String> {
    Tee { from, hasher: Xxh3::new() }.hash_rest()
}

/// Opens a file; of a folder that cannot be read the error says so.
fn open(path: &Path) -> Result<Opened> {
    let opened = sonic_core::open::open(path);
    match path.is_dir().then(|| path.read_dir()) {
        Some(Err(error)) => Err(Error::io("cannot read the folder", error)),
        _ => opened,
    }
}

/// A stream whose bytes are hashed as they pass.
struct Tee<R> {
    from: R,
    hasher: Xxh3,
}

impl<R: Read> Tee<R> {
    /// Reads to the end; xxh3-128 of all bytes that passed, in hexadecimal.
    fn hash_rest(&mut self) -> Result<String> {
        io::copy(self, &mut io::sink()).map_err(|e| Error::io("cannot read", e))?;
        Ok(format!("{:032x}", self.hasher.digest128()))
    }
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}
