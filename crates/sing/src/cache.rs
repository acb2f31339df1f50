//! Phrases that were sung before, in a folder that several processes can share.

use sonic_core::{Error, ErrorKind, Result};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;
use xxhash_rust::xxh3::xxh3_64;

/// The first bytes of an entry.
const MAGIC: &[u8; 8] = b"sonicph1";
/// Length of what stands before the numbers: the magic and a hash of the rest.
const HEADER: usize = 16;
/// The ending of entries.
const ENDING: &str = "phrase";
/// The ending of an entry that is being written.
const UNFINISHED: &str = "part";
/// An unfinished entry that is older was left behind by a process that ended.
const ABANDONED_SECONDS: u64 = 3600;

/// A folder of phrases. Its files are named by a hash of all that makes the sound, so they are never wrong, and may be
/// deleted at any time. A clone is the same cache.
#[derive(Debug, Clone)]
pub struct PhraseCache(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    limit_bytes: u64,
    /// Bytes that were written since the folder was last measured.
    written: AtomicU64,
    /// Tells files of this process apart that are being written.
    number: AtomicU64,
}

impl PhraseCache {
    /// The cache in `folder`, which is made if need be. It keeps at most about `limit_bytes`; what was not used for the
    /// longest time goes first.
    ///
    /// # Errors
    /// `InvalidArgument` for a limit of 0; `Io` if the folder cannot be made or read.
    pub fn open(folder: &Path, limit_bytes: u64) -> Result<Self> {
        if limit_bytes == 0 {
            return Err(Error::new(ErrorKind::InvalidArgument, "the limit of a cache must be above 0 bytes"));
        }
        let of_folder = |e| Error::io(format!("the cache {}", folder.display()), e);
        fs::create_dir_all(folder).map_err(of_folder)?;
        let written = AtomicU64::new(0);
        let cache = Self(Arc::new(Inner {
            folder: folder.to_owned(),
            limit_bytes,
            written,
            number: AtomicU64::new(0),
        }));
        cache.shrink()?;
        Ok(cache)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Bytes of all entries.
    ///
    /// # Errors
    /// `Io` if the folder cannot be read.
    pub fn size_bytes(&self) -> Result<u64> {
        Ok(self.entries()?.iter().map(|entry| entry.bytes).sum())
    }

    /// Deletes all entries.
    ///
    /// # Errors
    /// `Io` if the folder cannot be read.
    pub fn clear(&self) -> Result<()> {
        for entry in self.entries()? {
            let _ = fs::remove_file(entry.path);
        }
        Ok(())
    }

    /// The numbers that were kept under `key`; `None` if there are none, or they are damaged.
    pub(crate) fn get(&self, key: &str) -> Option<Vec<f32>> {
        let path = self.path(key);
        let bytes = fs::read(&path).ok()?;
        let Some(numbers) = unpack(&bytes) else {
            let _ = fs::remove_file(&path);
            return None;
        };
        // The time of use; a folder that only can be read keeps the old one.
        if let Ok(file) = fs::File::options().append(true).open(&path) {
            let _ = file.set_modified(SystemTime::now());
        }
        Some(numbers)
    }

    /// Keeps numbers under `key`. Others see all of them or nothing.
    pub(crate) fn put(&self, key: &str, numbers: &[f32]) -> Result<()> {
        let inner = &self.0;
        let number = inner.number.fetch_add(1, Ordering::Relaxed);
        let unfinished = inner.folder.join(format!("{key}.{}-{number}.{UNFINISHED}", std::process::id()));
        let bytes = pack(numbers);
        let write = || {
            let mut file = fs::File::create(&unfinished)?;
            file.write_all(&bytes)?;
            drop(file);
            fs::rename(&unfinished, self.path(key))
        };
        if let Err(error) = write() {
            let _ = fs::remove_file(&unfinished);
            return Err(Error::io(format!("the cache {}", inner.folder.display()), error));
        }
        let length = bytes.len() as u64;
        let written = inner.written.fetch_add(length, Ordering::Relaxed) + length;
        // Measuring the folder costs more than a few phrases too many.
        if written > inner.limit_bytes / 16 {
            inner.written.store(0, Ordering::Relaxed);
            self.shrink()?;
        }
        Ok(())
    }

    fn path(&self, key: &str) -> PathBuf {
        self.0.folder.join(format!("{key}.{ENDING}"))
    }

    /// Deletes the entries that were not used for the longest time, until the others are within the limit.
    fn shrink(&self) -> Result<()> {
        let mut entries = self.entries()?;
        let mut total: u64 = entries.iter().map(|entry| entry.bytes).sum();
        entries.sort_by_key(|entry| entry.used);
        for entry in entries {
            if total <= self.0.limit_bytes {
                break;
            }
            // Another process may have been quicker.
            let _ = fs::remove_file(&entry.path);
            total -= entry.bytes;
        }
        Ok(())
    }

    fn entries(&self) -> Result<Vec<Entry>> {
        let of_folder = |e| Error::io(format!("the cache {}", self.0.folder.display()), e);
        let mut out = Vec::new();
        for file in fs::read_dir(&self.0.folder).map_err(of_folder)?.flatten() {
            let path = file.path();
            let Ok(about) = file.metadata() else { continue };
            let used = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            match path.extension().and_then(|ending| ending.to_str()) {
                Some(ENDING) => out.push(Entry { path, bytes: about.len(), used }),
                Some(UNFINISHED) if used.elapsed().is_ok_and(|age| age.as_secs() > ABANDONED_SECONDS) => {
                    let _ = fs::remove_file(path);
                }
                _ => (),
            }
        }
        Ok(out)
    }
}

struct Entry {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

fn pack(numbers: &[f32]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + numbers.len() * 4);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&[0; 8]);
    numbers.iter().for_each(|x| bytes.extend_from_slice(&x.to_le_bytes()));
    let hash = xxh3_64(&bytes[HEADER..]);
    bytes[MAGIC.len()..HEADER].copy_from_slice(&hash.to_le_bytes());
    bytes
}

fn unpack(bytes: &[u8]) -> Option<Vec<f32>> {
    let (header, body) = bytes.split_at_checked(HEADER)?;
    let is_whole = header.starts_with(MAGIC) && header[MAGIC.len()..] == xxh3_64(body).to_le_bytes();
    (is_whole && body.len() % 4 == 0)
        .then(|| body.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_and_damage_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let cache = PhraseCache::open(folder.path(), 1 << 20).unwrap();
        assert_eq!(cache.get("a"), None);
        cache.put("a", &[0.5, -1.0]).unwrap();
        assert_eq!(cache.get("a").unwrap(), [0.5, -1.0]);
        let path = cache.path("a");
        let mut bytes = fs::read(&path).unwrap();
        bytes[20] ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert_eq!(cache.get("a"), None);
        assert!(!path.exists(), "a damaged entry goes");
        fs::write(cache.path("b"), b"short").unwrap();
        assert_eq!(cache.get("b"), None);
    }

    #[test]
    fn what_was_not_used_for_the_longest_time_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = PhraseCache::open(folder.path(), 10_000).unwrap();
        let numbers = vec![0.25; 500];
        for key in ["a", "b", "c", "d"] {
            cache.put(key, &numbers).unwrap();
            let file = fs::File::options().append(true).open(cache.path(key)).unwrap();
            let age = std::time::Duration::from_secs(100 - u64::from(key.as_bytes()[0] - b'a'));
            file.set_modified(SystemTime::now() - age).unwrap();
        }
        assert!(cache.get("a").is_some());
        cache.put("e", &numbers).unwrap();
        assert!(cache.size_bytes().unwrap() <= 10_000);
        let there: Vec<_> =
            ["a", "b", "c", "d", "e"].into_iter().filter(|k| cache.path(k).exists()).collect();
        assert_eq!(there, ["a", "c", "d", "e"], "b is the oldest");
        cache.clear().unwrap();
        assert_eq!(cache.size_bytes().unwrap(), 0);
    }

    /// A disk that is full while an entry is written: the device that is always full stands for it.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_and_nothing_half_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let cache = PhraseCache::open(folder.path(), 1 << 20).unwrap();
        cache.put("a", &[1.0; 1000]).unwrap();
        let unfinished = folder.path().join(format!("b.{}-1.{UNFINISHED}", std::process::id()));
        std::os::unix::fs::symlink("/dev/full", &unfinished).unwrap();
        let error = cache.put("b", &[0.5; 100_000]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.message().contains("the cache"), "{error}");
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().map(|e| e.path()).collect();
        assert_eq!(left, [cache.path("a")]);
        assert_eq!(cache.get("b"), None);
        cache.put("b", &[0.5; 10]).unwrap();
        assert_eq!(cache.get("b").unwrap(), [0.5; 10]);
    }

    #[test]
    fn writers_and_readers_do_not_disturb_each_other() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for seed in 0..4u32 {
                let cache = PhraseCache::open(folder.path(), 60_000).unwrap();
                scope.spawn(move || {
                    for round in 0..100u32 {
                        let key = format!("k{}", (round * 7 + seed) % 13);
                        let value = vec![((round * 7 + seed) % 13) as f32; 1000];
                        cache.put(&key, &value).unwrap();
                        if let Some(found) = cache.get(&key) {
                            assert_eq!(found, value);
                        }
                    }
                });
            }
        });
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().map(|e| e.path()).collect();
        assert!(left.iter().all(|path| path.extension().is_some_and(|e| e == ENDING)), "{left:?}");
    }
}
