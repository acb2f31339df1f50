//! A file that is being written, under a name of its own.

use crate::hash::Hasher;
use sonic_core::{Error, ErrorKind, Result};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;
use tempfile::{Builder, NamedTempFile};

/// A file that is being written; gone with this value unless it is kept.
pub(super) struct Partial {
    file: NamedTempFile,
    hasher: Hasher,
    bytes: u64,
    /// More bytes than this are refused.
    most: u64,
}

impl Partial {
    /// A hidden file beside `target`, which no other process writes.
    pub(super) fn create(target: &Path, ending: &str, most: u64) -> Result<Self> {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let (prefix, suffix) = (format!(".{name}."), format!(".{ending}"));
        let mut builder = Builder::new();
        builder.prefix(&prefix).suffix(&suffix);
        // Whoever may read the folder may read the models in it.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let folder = target.parent().unwrap_or(Path::new("."));
        let file = builder
            .tempfile_in(folder)
            .map_err(|e| Error::io(format!("cannot make a file in {}", folder.display()), e))?;
        Ok(Self { file, hasher: Hasher::default(), bytes: 0, most })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        if self.bytes > self.most {
            return Err(Error::new(ErrorKind::Mismatch, format!("more than {} bytes came", self.most)));
        }
        self.file.write_all(bytes).map_err(|e| self.cannot_write(e))
    }

    pub(super) fn flush(&mut self) -> Result<()> {
        self.file.as_file().sync_all().map_err(|e| self.cannot_write(e))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Bytes that were written.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The hash of what was written.
    pub(super) fn hash(&mut self) -> String {
        std::mem::take(&mut self.hasher).finish()
    }

    /// Gives the file its name; what was there before is replaced.
    pub(super) fn keep(mut self, target: &Path) -> Result<()> {
        self.flush()?;
        let written = self.file.persist(target);
        written.map(drop).map_err(|e| Error::io(format!("cannot write {}", target.display()), e.error))
    }

    fn cannot_write(&self, error: std::io::Error) -> Error {
        Error::io(format!("cannot write {}", self.file.path().display()), error)
    }
}

/// Removes what a process that was killed left of the same file an hour ago or earlier.
pub(super) fn remove_remains(folder: &Path, file: &str) {
    let is_old = |path: &Path| {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let modified = path.metadata().and_then(|m| m.modified()).ok();
        let age = modified.and_then(|m| m.elapsed().ok()).unwrap_or_default();
        name.starts_with(&format!(".{file}.")) && name.ends_with(".part") && age > Duration::from_secs(3600)
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| is_old(path)).for_each(|path| drop(fs::remove_file(path)));
}
