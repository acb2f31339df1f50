//! Where the bytes of slices are kept.

use sonic_core::{Error, ErrorKind, Result};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use xxhash_rust::xxh3::xxh3_128;

/// Keeps the bytes of slices by key. Keys have the characters `a-z A-Z 0-9 . _ - /`, and no part of one begins with a dot.
pub trait SliceSink: Send + Sync + 'static {
    /// Keeps bytes: they are durable when it returns. A key may come again with the same bytes.
    ///
    /// # Errors
    /// `Io` if they are not kept.
    fn put(&self, key: &str, bytes: &[u8]) -> Result<()>;

    /// The bytes of a key.
    ///
    /// # Errors
    /// `NotFound` if there are none; `Io` if they cannot be had now.
    fn get(&self, key: &str) -> Result<Vec<u8>>;
}

/// Keeps slices as files of a folder.
#[derive(Debug)]
pub struct FolderSink {
    folder: PathBuf,
    /// What files are called while they are written.
    next: AtomicU64,
}

impl FolderSink {
    /// Files below `folder`, which is made if it is not there.
    ///
    /// # Errors
    /// `Io` if it cannot be made.
    pub fn new(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref().to_owned();
        fs::create_dir_all(&folder).map_err(|e| Error::io(format!("cannot make {}", folder.display()), e))?;
        Ok(Self { folder, next: AtomicU64::new(0) })
    }

    fn path(&self, key: &str) -> Result<PathBuf> {
        let is_right = |part: &str| {
            let can_be = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
            !part.is_empty() && !part.starts_with('.') && part.chars().all(can_be)
        };
        if !key.split('/').all(is_right) {
            return Err(Error::new(ErrorKind::InvalidArgument, format!("{key:?} is no key of a slice")));
        }
        Ok(self.folder.join(key))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let parent = path.parent().unwrap_or(&self.folder);
        if !parent.is_dir() {
            fs::create_dir_all(parent)?;
            sync(parent.parent().unwrap_or(&self.folder))?;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let unfinished = parent.join(format!(".{}-{number}.unfinished", std::process::id()));
        let written = File::create(&unfinished).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        let renamed = written.and_then(|()| fs::rename(&unfinished, path));
        if renamed.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        renamed.and_then(|()| sync(parent))
    }
}

/// Makes what was made in a folder durable.
fn sync(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

impl SliceSink for FolderSink {
    fn put(&self, key: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path(key)?;
        self.write(&path, bytes).map_err(|e| Error::io(format!("cannot write {}", path.display()), e))
    }

    fn get(&self, key: &str) -> Result<Vec<u8>> {
        let path = self.path(key)?;
        fs::read(&path).map_err(|e| Error::io(format!("cannot read {}", path.display()), e))
    }
}

/// The key of a slice.
pub(crate) fn key(connection: &str, index: u64, checksum: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let folder = match connection.len() <= 64 && connection.chars().all(is_plain) {
        true => connection.to_owned(),
        // No name of the first form has a dot.
        false => format!("c.{:032x}", xxh3_128(connection.as_bytes())),
    };
    format!("{folder}/{index:08}-{checksum}")
}
