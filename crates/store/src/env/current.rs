//! The number of a store's current generation: a small file that every process has mapped, so that looking costs a
//! load and no system call.

use super::error::{io_error, is_forbidden};
use super::files::sync_directory;
use sonic_core::{Error, ErrorKind, Result};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

const FILE: &str = "current";
const NEW_FILE: &str = "current.new";
const MAGIC: [u8; 8] = *b"sonicgen";
/// The magic, and the number in little-endian order.
const LENGTH: usize = 16;

/// The file, open and mapped.
pub(super) struct Current {
    file: File,
    map: Map,
}

impl Current {
    /// The file in `directory`; `None` if there is none, or one that names no generation.
    ///
    /// # Errors
    /// `Malformed` if it is damaged.
    pub(super) fn open(directory: &Path) -> Result<Option<Self>> {
        let path = directory.join(FILE);
        let fail = |e| io_error(format!("cannot open {}", path.display()), e);
        // Any handle may come to write, of those who may.
        let (file, writable) = match File::options().read(true).write(true).open(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) if is_forbidden(&e) => (File::open(&path).map_err(fail)?, false),
            opened => (opened.map_err(fail)?, true),
        };
        // One byte more than it may have.
        let mut bytes = Vec::with_capacity(LENGTH + 1);
        (&file).take(LENGTH as u64 + 1).read_to_end(&mut bytes).map_err(fail)?;
        let begins_well = bytes.starts_with(&MAGIC) && bytes.len() == LENGTH;
        if bytes.iter().skip(if begins_well { MAGIC.len() } else { 0 }).all(|byte| *byte == 0) {
            return Ok(None);
        }
        if !begins_well {
            let message = format!(
                "{} is damaged: restore it, or the directory of the store, from a copy",
                path.display()
            );
            return Err(Error::new(ErrorKind::Malformed, message));
        }
        let map = Map::new(&file, writable).map_err(fail)?;
        Ok(Some(Self { file, map }))
    }

    /// True if somebody has begun to make a store in `directory` and has not come to its end.
    pub(super) fn is_begun(directory: &Path) -> bool {
        let begun = [MAGIC, 0_u64.to_le_bytes()].concat();
        std::fs::read(directory.join(FILE)).is_ok_and(|bytes| bytes == begun)
    }

    /// Makes the file of a store that is being made, which has no generation yet; whole or not at all.
    pub(super) fn begin(directory: &Path) -> Result<Self> {
        let new = directory.join(NEW_FILE);
        let written = File::create(&new).and_then(|mut file| {
            file.write_all(&MAGIC)?;
            file.write_all(&0_u64.to_le_bytes())?;
            file.sync_all()
        });
        written
            .and_then(|()| std::fs::rename(&new, directory.join(FILE)))
            .map_err(|e| io_error(format!("cannot write {}", new.display()), e))?;
        sync_directory(directory)?;
        let fail = |e| io_error(format!("cannot open {}", directory.join(FILE).display()), e);
        let file = File::options().read(true).write(true).open(directory.join(FILE)).map_err(fail)?;
        let map = Map::new(&file, true).map_err(fail)?;
        Ok(Self { file, map })
    }

    /// The number of the current generation.
    pub(super) fn number(&self) -> u64 {
        self.map.number(&self.file)
    }

    /// Makes `number` the current generation for every process. It lasts only after [`sync`](Self::sync).
    pub(super) fn set(&self, number: u64) -> std::io::Result<()> {
        self.map.set(&self.file, number)
    }

    /// Makes the number that is seen now last.
    pub(super) fn sync(&self) -> std::io::Result<()> {
        self.file.sync_all()
    }
}

/// The file in memory.
#[cfg(unix)]
struct Map {
    bytes: std::ptr::NonNull<u8>,
    writable: bool,
}

// SAFETY: the mapped number is only touched as an atomic.
#[cfg(unix)]
unsafe impl Send for Map {}
// SAFETY: as above.
#[cfg(unix)]
unsafe impl Sync for Map {}

#[cfg(unix)]
impl Map {
    /// Maps a file of [`LENGTH`] bytes.
    fn new(file: &File, writable: bool) -> std::io::Result<Self> {
        use std::os::fd::AsRawFd;
        let protection = if writable { libc::PROT_READ | libc::PROT_WRITE } else { libc::PROT_READ };
        // SAFETY: a new mapping at an address that the system chooses.
        let address = unsafe {
            libc::mmap(std::ptr::null_mut(), LENGTH, protection, libc::MAP_SHARED, file.as_raw_fd(), 0)
        };
        if address == libc::MAP_FAILED {
            return Err(std::io::Error::last_os_error());
        }
        let bytes = std::ptr::NonNull::new(address.cast());
        bytes.map(|bytes| Self { bytes, writable }).ok_or_else(|| std::io::ErrorKind::Other.into())
    }

    fn atomic(&self) -> &std::sync::atomic::AtomicU64 {
        // SAFETY: a mapping begins at a page, so the number after the magic is aligned; it lives as long as `self`, and
        // everybody changes it as an atomic. The file is never made shorter: a store's files belong to this library.
        unsafe { self.bytes.add(MAGIC.len()).cast().as_ref() }
    }

    fn number(&self, _: &File) -> u64 {
        u64::from_le(self.atomic().load(std::sync::atomic::Ordering::Acquire))
    }

    fn set(&self, _: &File, number: u64) -> std::io::Result<()> {
        if !self.writable {
            return Err(std::io::ErrorKind::PermissionDenied.into());
        }
        self.atomic().store(number.to_le(), std::sync::atomic::Ordering::Release);
        Ok(())
    }
}

#[cfg(unix)]
impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, and nobody borrows from it any more.
        unsafe { libc::munmap(self.bytes.as_ptr().cast(), LENGTH) };
    }
}

/// Elsewhere the file is read at each call.
#[cfg(windows)]
struct Map;

#[cfg(windows)]
impl Map {
    fn new(_: &File, _: bool) -> std::io::Result<Self> {
        Ok(Self)
    }

    /// The number; 0, which no generation has, if it cannot be read.
    fn number(&self, file: &File) -> u64 {
        let mut bytes = [0; 8];
        let read = std::os::windows::fs::FileExt::seek_read(file, &mut bytes, MAGIC.len() as u64);
        if read.is_ok_and(|read| read == bytes.len()) { u64::from_le_bytes(bytes) } else { 0 }
    }

    fn set(&self, file: &File, number: u64) -> std::io::Result<()> {
        std::os::windows::fs::FileExt::seek_write(file, &number.to_le_bytes(), MAGIC.len() as u64).map(drop)
    }
}
