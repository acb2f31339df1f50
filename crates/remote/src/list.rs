//! Which snapshots a bucket has.

use crate::bucket::Bucket;
use crate::job::Job;
use crate::options::RemoteOptions;
use crate::pointer::{self, Snapshot};
use sonic_core::{Error, ErrorKind, Result};
use std::ops::ControlFlow;

/// Pointers that are read at the same time.
const AT_ONCE: u64 = 16;

/// The snapshots of a bucket that can be pulled or rolled back to, the current one first.
///
/// # Errors
/// `InvalidArgument` for an address that is none; `Io` if the bucket cannot be reached or refuses.
pub fn list(url: &str, options: &RemoteOptions) -> Result<Vec<Snapshot>> {
    let bucket = Bucket::open(url, options)?;
    let mut quiet = |_| ControlFlow::Continue(());
    let mut job = Job::new(options.connections, &mut quiet)?;
    let Some(newest) = job.wait(pointer::newest(&bucket, 0))? else { return Ok(Vec::new()) };
    all(&mut job, &bucket, newest)
}

/// Those that are there of the snapshots up to the newest, which is the first.
pub(crate) fn all(job: &mut Job<'_>, bucket: &Bucket, newest: Snapshot) -> Result<Vec<Snapshot>> {
    let mut next = newest.version - 1;
    let mut found = vec![newest];
    // What is removed is the oldest: behind one that was removed there is none.
    while next > 0 {
        let versions = (next.saturating_sub(AT_ONCE)..next).rev().map(|before| before + 1);
        let mut tasks = Vec::new();
        for version in versions {
            let bucket = bucket.clone();
            tasks.push(job.handle().spawn(async move {
                let Some(snapshot) = pointer::read(&bucket, version).await? else { return Ok(None) };
                Ok::<_, Error>(pointer::is_there(&bucket, &snapshot).await?.then_some(snapshot))
            }));
        }
        for task in tasks {
            let snapshot = job.wait(async { task.await.map_err(ended)? })?;
            let Some(snapshot) = snapshot else { return Ok(found) };
            found.push(snapshot);
        }
        next = next.saturating_sub(AT_ONCE);
    }
    Ok(found)
}

/// What a task that ended early, which it does for a panic only, comes to.
pub(crate) fn ended(error: tokio::task::JoinError) -> Error {
    Error::new(ErrorKind::Internal, "a request ended early").with_source(error)
}
