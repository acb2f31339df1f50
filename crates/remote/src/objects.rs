//! Objects one by one: what keeps other things than stores in a bucket.

use crate::address;
use crate::bucket::Bucket as Requests;
use crate::job::{Job, runtime};
use crate::options::{Progress, RemoteOptions};
use sonic_core::{Error, ErrorKind, Result};
use std::fs::{File, TryLockError};
use std::future::Future;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::runtime::Runtime;

/// What is locked while an object of a folder is written; names of objects have no `#`.
const LOCK: &str = ".lock#0";
const LOCK_PAUSE: Duration = Duration::from_millis(2);

/// How a bucket of objects is reached.
#[derive(Debug, Clone, Default)]
pub struct BucketOptions {
    /// As for snapshots.
    pub remote: RemoteOptions,
    /// How long a call may take, its retries included; `None` for as long as those of snapshots, which is minutes.
    pub timeout: Option<Duration>,
}

/// What there is to know about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectInfo {
    /// Its name below the address of the bucket.
    pub name: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// When it was written by the clock of the bucket: milliseconds since 1970 UTC.
    pub written_at_ms: i64,
    /// Another one for each time that it is written: its ETag, or its generation in Google's storage.
    pub tag: String,
}

/// When an object is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Condition {
    /// Whatever there is.
    #[default]
    None,
    /// If there is no object of that name.
    Absent,
    /// If it has this [tag](ObjectInfo::tag).
    Tag(String),
}

/// Whether a call goes on; [`ControlFlow::Break`] cancels it.
pub type Watch<'w> = dyn FnMut(Progress) -> ControlFlow<()> + 'w;

/// Objects in a bucket or in a folder, by name. Any number of threads can use one at once.
///
/// Every call is tried again when it fails in a way that may pass, and may be cancelled. Of two writers with a condition one
/// succeeds, in S3, Azure, Google's storage (written for it, never tested with it), and in a folder whose file system has locks.
///
/// # Errors
/// Of all calls: `InvalidArgument` for a name that is none, `Io` if the bucket cannot be reached in time or refuses, `Closed` if
/// the call was cancelled.
pub struct Bucket {
    requests: Requests,
    runtime: Option<Runtime>,
    timeout: Option<Duration>,
    folder: Option<PathBuf>,
}

impl std::fmt::Debug for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bucket({})", self.requests.name())
    }
}

impl Bucket {
    /// The objects below an address; nothing is sent yet.
    ///
    /// # Errors
    /// `InvalidArgument` for an address that is none or options out of their ranges.
    pub fn open(url: &str, options: &BucketOptions) -> Result<Self> {
        let requests = Requests::open(url, &options.remote)?;
        let folder = address::open(url, &options.remote)?.folder;
        let runtime = Some(runtime(options.remote.connections)?);
        Ok(Self { requests, runtime, timeout: options.timeout, folder })
    }

    /// The address.
    pub fn url(&self) -> &str {
        self.requests.name()
    }

    /// An object: all of it, or the bytes of a range, which is cut at its end.
    ///
    /// # Errors
    /// `NotFound` if there is none of that name; `Limit` if more than `most` bytes are wanted.
    pub fn get(
        &self,
        name: &str,
        range: Option<Range<u64>>,
        most: u64,
        watch: &mut Watch<'_>,
    ) -> Result<(ObjectInfo, Vec<u8>)> {
        self.wait(watch, self.requests.read(name, range, most))
    }

    /// What there is under a name; `None` if nothing is.
    ///
    /// # Errors
    /// Those of all calls.
    pub fn head(&self, name: &str, watch: &mut Watch<'_>) -> Result<Option<ObjectInfo>> {
        self.wait(watch, self.requests.head(name))
    }

    /// Writes an object in one step; its new tag. An object that has these very bytes already meets every condition, as it may
    /// have been this call that wrote it. If the answer was lost and somebody else has written since, it is a `Mismatch` too.
    ///
    /// # Errors
    /// `Mismatch` if the condition is not met; `Unsupported` for an address that is only read.
    pub fn put(
        &self,
        name: &str,
        bytes: &[u8],
        condition: &Condition,
        watch: &mut Watch<'_>,
    ) -> Result<String> {
        self.requests.check_writable()?;
        self.wait(watch, async {
            let _alone = self.alone().await?;
            match (&self.folder, condition) {
                (Some(_), Condition::Tag(tag)) => self.replace(name, bytes, tag).await,
                _ => self.requests.write(name, bytes, condition).await,
            }
        })
    }

    /// Removes an object; one that is not there is removed already.
    ///
    /// # Errors
    /// Those of all calls; `Unsupported` for an address that is only read.
    pub fn delete(&self, name: &str, watch: &mut Watch<'_>) -> Result<()> {
        self.requests.check_writable()?;
        self.wait(watch, async {
            let _alone = self.alone().await?;
            self.requests.remove(name).await
        })
    }

    /// The objects of a folder and of those below it, by name; of all for an empty name.
    ///
    /// # Errors
    /// Those of all calls; `Unsupported` for a server of static files.
    pub fn list(&self, folder: &str, watch: &mut Watch<'_>) -> Result<Vec<ObjectInfo>> {
        self.wait(watch, self.requests.below(folder))
    }

    /// Copies an object into a file of any size, which is made or replaced; its bytes. The file is not whole after an error.
    ///
    /// # Errors
    /// `NotFound` if there is no such object; `Io` too if the disk has no room.
    pub fn download(&self, name: &str, to: &Path, watch: &mut Watch<'_>) -> Result<u64> {
        self.wait(watch, self.requests.fetch(name, to))
    }

    /// In a folder, where a condition is two steps: nobody else writes between them.
    async fn replace(&self, name: &str, bytes: &[u8], tag: &str) -> Result<String> {
        match self.requests.head(name).await? {
            Some(info) if info.tag == tag => self.requests.write(name, bytes, &Condition::None).await,
            _ => match self.requests.read(name, None, bytes.len() as u64).await {
                Ok((info, found)) if found == bytes => Ok(info.tag),
                _ => Err(self.requests.other(name)),
            },
        }
    }

    /// Waits until nobody else writes to the folder, if it is one; others wait as long as the file lives.
    async fn alone(&self) -> Result<Option<File>> {
        let Some(folder) = &self.folder else { return Ok(None) };
        let path = folder.join(LOCK);
        let fail = |e| Error::io(format!("cannot lock {}", path.display()), e);
        std::fs::create_dir_all(folder).map_err(fail)?;
        let file = File::options().create(true).append(true).open(&path).map_err(fail)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
                Err(TryLockError::Error(e)) => return Err(fail(e)),
            }
        }
    }

    fn wait<T>(&self, watch: &mut Watch<'_>, work: impl Future<Output = Result<T>>) -> Result<T> {
        let closed = || Error::new(ErrorKind::Closed, "the bucket was closed");
        let handle = self.runtime.as_ref().ok_or_else(closed)?.handle().clone();
        let limit = self.timeout;
        Job::on(&handle, watch).wait(async {
            let Some(limit) = limit else { return work.await };
            tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
                let message =
                    format!("{}: no answer in {} seconds: try again", self.url(), limit.as_secs_f32());
                Err(Error::new(ErrorKind::Io, message))
            })
        })
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        // Nobody waits for it any more.
        self.runtime.take().into_iter().for_each(Runtime::shutdown_background);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn go(_: Progress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn folder() -> (tempfile::TempDir, Bucket) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("file://{}", folder.path().join("bucket").display());
        (folder, Bucket::open(&url, &BucketOptions::default()).unwrap())
    }

    #[test]
    fn objects_are_written_read_listed_and_removed() {
        let (_folder, bucket) = folder();
        assert_eq!(bucket.head("a/b.json", &mut go).unwrap(), None);
        assert_eq!(bucket.get("a/b.json", None, 9, &mut go).unwrap_err().kind(), ErrorKind::NotFound);
        let tag = bucket.put("a/b.json", b"0123456789", &Condition::None, &mut go).unwrap();
        let (info, bytes) = bucket.get("a/b.json", None, 10, &mut go).unwrap();
        assert_eq!(
            (info.name.as_str(), info.bytes, info.tag, &bytes[..]),
            ("a/b.json", 10, tag, &b"0123456789"[..])
        );
        assert!(info.written_at_ms > 1_600_000_000_000);
        assert_eq!(bucket.get("a/b.json", None, 9, &mut go).unwrap_err().kind(), ErrorKind::Limit);
        for (range, wanted) in [(2..4, &b"23"[..]), (8..99, b"89"), (10..12, b""), (50..60, b""), (0..0, b"")]
        {
            assert_eq!(bucket.get("a/b.json", Some(range), 10, &mut go).unwrap().1, wanted);
        }
        bucket.put("a/c/d", b"", &Condition::None, &mut go).unwrap();
        bucket.put("b", b"1", &Condition::None, &mut go).unwrap();
        let names = |folder: &str| -> Vec<String> {
            bucket.list(folder, &mut go).unwrap().into_iter().map(|info| info.name).collect()
        };
        assert_eq!(names("a"), ["a/b.json", "a/c/d"]);
        assert_eq!(names(""), ["a/b.json", "a/c/d", "b"]);
        assert!(names("nothing").is_empty());
        bucket.delete("a/b.json", &mut go).unwrap();
        bucket.delete("a/b.json", &mut go).unwrap();
        assert_eq!(names("a"), ["a/c/d"]);
    }

    #[test]
    fn a_condition_is_met_once() {
        let (_folder, bucket) = folder();
        let first = bucket.put("job", b"one", &Condition::Absent, &mut go).unwrap();
        let put = |bytes: &[u8], condition: Condition| bucket.put("job", bytes, &condition, &mut go);
        assert_eq!(put(b"two", Condition::Absent).unwrap_err().kind(), ErrorKind::Mismatch);
        assert_eq!(put(b"one", Condition::Absent).unwrap(), first);
        let second = put(b"two", Condition::Tag(first.clone())).unwrap();
        assert_ne!(first, second);
        assert_eq!(put(b"six", Condition::Tag(first)).unwrap_err().kind(), ErrorKind::Mismatch);
        bucket.delete("job", &mut go).unwrap();
        assert_eq!(put(b"six", Condition::Tag(second)).unwrap_err().kind(), ErrorKind::Mismatch);
    }

    #[test]
    fn of_many_writers_each_counts() {
        let (_folder, bucket) = folder();
        bucket.put("lines", b"", &Condition::Absent, &mut go).unwrap();
        let refused = AtomicUsize::new(0);
        // Each adds lines of its own, so that no two write the same.
        let add = |line: String| loop {
            let (info, mut bytes) = bucket.get("lines", None, 9999, &mut go).unwrap();
            bytes.extend_from_slice(line.as_bytes());
            match bucket.put("lines", &bytes, &Condition::Tag(info.tag), &mut go) {
                Ok(_) => return,
                Err(e) => assert_eq!(e.kind(), ErrorKind::Mismatch),
            }
            refused.fetch_add(1, Ordering::Relaxed);
        };
        let add = &add;
        std::thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || (0..8).for_each(|n| add(format!("{thread}.{n}\n"))));
            }
        });
        let (_, bytes) = bucket.get("lines", None, 9999, &mut go).unwrap();
        let mut lines: Vec<_> = std::str::from_utf8(&bytes).unwrap().lines().collect();
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), 32, "{refused:?} refused");
    }

    #[test]
    fn names_that_are_none_are_refused() {
        let (_folder, bucket) = folder();
        for name in [
            "",
            "/a",
            "a/",
            "a//b",
            "..",
            "a/../b",
            ".",
            "a%b",
            "a#0",
            "a\nb",
            "a\\b",
            "a?b",
            &"a".repeat(999),
        ] {
            let error = bucket.put(name, b"x", &Condition::None, &mut go).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{name:?}");
            assert_eq!(bucket.get(name, None, 9, &mut go).unwrap_err().kind(), ErrorKind::InvalidArgument);
        }
    }

    #[test]
    fn calls_end_when_the_caller_says_so_or_time_is_up() {
        let (folder, bucket) = folder();
        let error = bucket.get("a", None, 9, &mut |_| ControlFlow::Break(())).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Closed | ErrorKind::NotFound), "{error}");
        let options = BucketOptions { timeout: Some(Duration::from_millis(50)), ..BucketOptions::default() };
        let url = format!("file://{}", folder.path().join("bucket").display());
        let second = Bucket::open(&url, &options).unwrap();
        bucket.put("a", b"x", &Condition::None, &mut go).unwrap();
        let lock = File::open(folder.path().join("bucket").join(LOCK)).unwrap();
        lock.lock().unwrap();
        assert_eq!(second.put("b", b"x", &Condition::None, &mut go).unwrap_err().kind(), ErrorKind::Io);
        drop(lock);
        second.put("b", b"x", &Condition::None, &mut go).unwrap();
    }
}
