//! Removing snapshots, and what no snapshot needs.

use crate::bucket::{Bucket, Listed};
use crate::job::Job;
use crate::journal;
use crate::list;
use crate::options::{Progress, RemoteOptions};
use crate::pointer::{self, MANIFESTS, Snapshot};
use crate::upload::{CHUNKS, chunk_name};
use serde::Serialize;
use sonic_core::{Error, ErrorKind, Result};
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::time::{Duration, SystemTime};

/// What stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PruneOptions {
    /// Snapshots that stay, the newest; 1 or more.
    pub keep: usize,
    /// What is younger stays: chunks that somebody is pushing, and snapshots that were current so lately that somebody may be
    /// pulling them. Less than an hour only if nobody pushes or pulls.
    pub grace: Duration,
}

impl Default for PruneOptions {
    fn default() -> Self {
        Self { keep: 1, grace: Duration::from_secs(60 * 60) }
    }
}

/// What was removed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Pruned {
    /// Snapshots that are not there any more.
    pub removed_snapshots: u64,
    /// Chunks that were removed.
    pub removed_chunks: u64,
    /// Their bytes.
    pub removed_bytes: u64,
    /// Numbers of the snapshots that stay, the current one first.
    pub kept: Vec<u64>,
}

/// Removes all but the newest snapshots of the bucket at `url`, chunks that none of those needs, and what the current one holds
/// of the journal. Ages are counted by the
/// clock of the bucket. Pointers stay, so that no number is used twice.
///
/// # Errors
/// `InvalidArgument` for an address that is none, or if none is to be kept; `Unsupported` for one that is only read; `Io` if the
/// bucket cannot be reached or refuses; `Closed` if `progress` says so. Each snapshot is there as a whole or not at all.
pub fn prune(
    url: &str,
    options: &RemoteOptions,
    prune: &PruneOptions,
    mut progress: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Pruned> {
    if prune.keep == 0 {
        return Err(Error::new(ErrorKind::InvalidArgument, "one snapshot stays at least: give 1 or more"));
    }
    let bucket = Bucket::open(url, options)?;
    bucket.check_writable()?;
    let mut job = Job::new(options.connections, &mut progress)?;
    let now = job.wait(bucket.now())?;
    // Before the snapshots are read: what is published later has no chunk that is in the list and old, but those that the
    // current one has.
    let chunks = job.wait(bucket.list(CHUNKS))?;
    let manifests = job.wait(bucket.list(MANIFESTS))?;
    let Some(newest) = job.wait(pointer::newest(&bucket, 0))? else { return Ok(Pruned::default()) };
    let all = list::all(&mut job, &bucket, newest)?;
    let kept = kept(&mut job, &bucket, &all, prune, now)?;
    let mut needed = HashSet::new();
    for snapshot in kept {
        let written = job.wait(pointer::manifest(&bucket, snapshot))?;
        needed.extend(written.manifest.tables.into_iter().flat_map(|table| table.chunks).map(|c| c.sha256));
    }
    let hashes: HashSet<&str> = kept.iter().map(|snapshot| snapshot.manifest.as_str()).collect();
    let is_old = |listed: &Listed| now.duration_since(listed.written).is_ok_and(|age| age >= prune.grace);
    // A snapshot without its manifest is not there; a manifest without its chunks would be half a one.
    for (name, _) in manifests.iter().filter(|(name, l)| is_old(l) && !hashes.contains(name.as_str())) {
        job.wait(bucket.delete(&format!("{MANIFESTS}/{name}")))?;
    }
    let mut pruned = Pruned {
        removed_snapshots: all[kept.len()..]
            .iter()
            .filter(|s| manifests.get(&s.manifest).is_some_and(is_old))
            .count() as u64,
        kept: kept.iter().map(|snapshot| snapshot.version).collect(),
        ..Pruned::default()
    };
    let old = chunks.iter().filter(|(name, listed)| is_old(listed) && !needed.contains(*name));
    remove_chunks(&mut job, &bucket, &old.collect::<Vec<_>>(), &mut pruned)?;
    if let Some(position) = all.first().and_then(|newest| newest.journal) {
        journal::remove_held(&mut job, &bucket, position.number)?;
    }
    Ok(pruned)
}

fn remove_chunks(
    job: &mut Job<'_>,
    bucket: &Bucket,
    old: &[(&String, &Listed)],
    pruned: &mut Pruned,
) -> Result<()> {
    job.expect(old.iter().map(|(_, listed)| listed.bytes).sum());
    for (name, listed) in old {
        job.wait(bucket.delete(&chunk_name(name)))?;
        pruned.removed_chunks += 1;
        pruned.removed_bytes += listed.bytes;
        job.advance(listed.bytes)?;
    }
    Ok(())
}

/// The newest snapshots, and those that were current until lately.
fn kept<'a>(
    job: &mut Job<'_>,
    bucket: &Bucket,
    all: &'a [Snapshot],
    prune: &PruneOptions,
    now: SystemTime,
) -> Result<&'a [Snapshot]> {
    let mut count = prune.keep.min(all.len());
    while let Some(newer) = all.get(count - 1).filter(|_| count < all.len()) {
        let since = job.wait(pointer::published(bucket, newer))?;
        if now.duration_since(since).is_ok_and(|age| age >= prune.grace) {
            break;
        }
        count += 1;
    }
    Ok(&all[..count])
}
