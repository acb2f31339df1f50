//! One file out of a ZIP archive: the only file that knows `zip`.

use sonic_core::{Error, ErrorKind, Result};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// True if what an address or a path names is an archive.
pub(super) fn is_archive(name: &str) -> bool {
    name.ends_with(".zip")
}

/// Feeds `take` with the file called `name`, in whatever folder of the archive it lies.
///
/// # Errors
/// `Malformed` if this is no archive or it is damaged; `NotFound` if it does not have the file; what `take` refuses.
pub(super) fn extract(archive: &Path, name: &str, take: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let malformed =
        |reason: String| Error::new(ErrorKind::Malformed, format!("the archive is damaged: {reason}"));
    let file = File::open(archive).map_err(|e| Error::io(format!("cannot read {}", archive.display()), e))?;
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(|e| malformed(e.to_string()))?;
    let is_it = |path: &[u8]| path.rsplit(|byte| *byte == b'/').next() == Some(name.as_bytes());
    let found = archive.file_names_raw().position(is_it);
    let index =
        found.ok_or_else(|| Error::new(ErrorKind::NotFound, format!("the archive does not have {name}")))?;
    let mut entry = archive.by_index(index).map_err(|e| malformed(e.to_string()))?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match entry.read(&mut buffer).map_err(|e| malformed(e.to_string()))? {
            0 => return Ok(()),
            n => take(&buffer[..n])?,
        }
    }
}
