//! Objects that another system wrote, copied into a folder.

use crate::bucket::Bucket;
use crate::job::Job;
use crate::options::{Progress, RemoteOptions};
use sonic_core::{Error, ErrorKind, Result};
use std::ops::ControlFlow;
use std::path::Path;

/// Copies the objects below the address `url` whose names `is_wanted` into the folder `to`, under the same names; gives the
/// number of bytes.
///
/// # Errors
/// `NotFound` if there is none; `InvalidArgument` for an address that is none; `Io` if the bucket cannot be reached or
/// refuses, or the disk has no room; `Closed` if `progress` says so.
pub fn copy(
    url: &str,
    to: &Path,
    is_wanted: impl Fn(&str) -> bool,
    options: &RemoteOptions,
    mut progress: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<u64> {
    let bucket = Bucket::open(url, options)?;
    let mut job = Job::new(options.connections, &mut progress)?;
    let mut objects = job.wait(bucket.all())?;
    objects.retain(|(name, _)| is_wanted(name));
    if objects.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, format!("{url} has nothing to copy")));
    }
    job.expect(objects.iter().map(|(_, listed)| listed.bytes).sum());
    let mut copied = 0;
    for (name, _) in &objects {
        let path = to.join(name);
        let fail = |e| Error::io(format!("cannot write {}", path.display()), e);
        std::fs::create_dir_all(path.parent().unwrap_or(to)).map_err(fail)?;
        let bytes = job.wait(bucket.copy(name, &path))?;
        job.advance(bytes)?;
        copied += bytes;
    }
    Ok(copied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_copied_under_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for (name, bytes) in [("a/one.pkl", &b"1"[..]), ("a/b/two.pkl", b"22"), ("a/other", b"333")] {
            let path = from.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let url = format!("file://{}", from.display());
        let (options, wanted) = (RemoteOptions::default(), |name: &str| name.ends_with(".pkl"));
        let mut last = Progress::default();
        let tell = |progress: Progress| {
            last = progress;
            ControlFlow::Continue(())
        };
        assert_eq!(copy(&url, &to, wanted, &options, tell).unwrap(), 3);
        assert_eq!(last, Progress { bytes: 3, total_bytes: 3 });
        assert_eq!(std::fs::read(to.join("a/b/two.pkl")).unwrap(), b"22");
        assert!(to.join("a/one.pkl").exists() && !to.join("a/other").exists());
        let stopped = copy(&url, &to, wanted, &options, |_| ControlFlow::Break(()));
        assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Closed);
        let none = copy(&url, &to, |_| false, &options, |_| ControlFlow::Continue(()));
        assert_eq!(none.unwrap_err().kind(), ErrorKind::NotFound);
    }
}
