//! The journal of a bucket: numbered objects, each created if absent and never changed. They say who may write, what was written,
//! and what was published, in one order: whoever is not the last to have taken the lease finds the next number taken.
//!
//! ```text
//! SHA-256 of what follows, 32 bytes | compressed by zstd: length u32 | header, JSON | entries
//! entry: sequence number u64 | length u32 | bytes
//! ```
//!
//! Numbers have no gaps behind what the current snapshot holds. What it holds may be removed, but for leases: a writer that
//! somebody took the lease from comes to the number of that lease.

use crate::bucket::{Bucket, nonce};
use crate::job::Job;
use crate::pack;
use crate::pointer::Snapshot;
use serde::{Deserialize, Serialize};
use sonic_core::{Error, ErrorKind, Result};
use sonic_store::journal::Entry;

/// The folder.
pub(crate) const JOURNAL: &str = "journal";
/// Most bytes of an object, before and after it was compressed: an entry has up to 1 GiB.
const MOST: u64 = (1 << 30) + (1 << 24);
/// Most bytes of an object that is not made of entries.
const SMALL: u64 = 1 << 12;
/// Bytes of a hash.
const HASH: usize = 32;
/// How often what comes damaged is read.
const TRIES: usize = 3;

/// What an object of the journal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    /// Somebody may write from here on, and nobody else.
    Lease,
    /// What was written.
    Entries(Vec<Entry>),
    /// A snapshot that is in the bucket as a whole: its pointer follows.
    Snapshot(Box<Snapshot>),
}

/// An object of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Numbered {
    /// Number of the lease that it was written under; of a lease its own.
    pub(crate) lease: u64,
    pub(crate) record: Record,
}

#[derive(Serialize, Deserialize)]
struct Header {
    /// Whoever lost the answer knows by it that the object is their own.
    nonce: String,
    lease: u64,
    kind: Kind,
    snapshot: Option<Box<Snapshot>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Lease,
    Entries,
    Snapshot,
}

pub(crate) fn name(number: u64) -> String {
    format!("{JOURNAL}/{number:012}")
}

/// Number of the last object; `held` if there is none behind that one.
pub(crate) async fn last(bucket: &Bucket, held: u64) -> Result<u64> {
    bucket.last_number(held, name).await
}

/// The bytes of an object.
pub(crate) fn bytes(lease: u64, record: &Record) -> Result<Vec<u8>> {
    let (kind, snapshot) = match record {
        Record::Lease => (Kind::Lease, None),
        Record::Entries(_) => (Kind::Entries, None),
        Record::Snapshot(snapshot) => (Kind::Snapshot, Some(snapshot.clone())),
    };
    let header = Header { nonce: nonce(), lease, kind, snapshot };
    let fail = |e| Error::new(ErrorKind::Internal, "cannot write the header of a journal").with_source(e);
    let header = serde_json::to_vec(&header).map_err(fail)?;
    let mut plain = (header.len() as u32).to_le_bytes().to_vec();
    plain.extend(header);
    if let Record::Entries(entries) = record {
        for entry in entries {
            plain.extend(entry.sequence.to_le_bytes());
            plain.extend((entry.bytes.len() as u32).to_le_bytes());
            plain.extend(&entry.bytes);
        }
    }
    let mut bytes = pack::hash(&plain);
    bytes.extend(pack::pack(&plain)?);
    Ok(bytes)
}

/// An object that is there.
///
/// # Errors
/// `Malformed` if it is damaged or missing.
pub(crate) async fn read(bucket: &Bucket, number: u64) -> Result<Numbered> {
    for _ in 1..TRIES {
        match try_read(bucket, number).await {
            // It may have been damaged on its way.
            Err(e) if e.kind() == ErrorKind::Malformed => {}
            done => return done,
        }
    }
    try_read(bucket, number).await
}

async fn try_read(bucket: &Bucket, number: u64) -> Result<Numbered> {
    let damaged = || {
        let message = format!("{}: {} is damaged or missing: restore it", bucket.name(), name(number));
        Error::new(ErrorKind::Malformed, message)
    };
    let bytes = bucket.get(&name(number), MOST).await?.ok_or_else(damaged)?;
    parse(&bytes).ok_or_else(damaged)
}

fn parse(bytes: &[u8]) -> Option<Numbered> {
    let (hash, packed) = bytes.split_at_checked(HASH)?;
    let plain = pack::unpack(packed, &pack::hexadecimal(hash), MOST).ok()?;
    let (length, rest) = plain.split_first_chunk()?;
    let (header, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let header: Header = serde_json::from_slice(header).ok()?;
    let record = match header.kind {
        Kind::Lease => Record::Lease,
        Kind::Entries => Record::Entries(entries(rest)?),
        Kind::Snapshot => Record::Snapshot(header.snapshot?),
    };
    Some(Numbered { lease: header.lease, record })
}

fn entries(mut bytes: &[u8]) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let (sequence, rest) = bytes.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (entry, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        entries.push(Entry { sequence: u64::from_le_bytes(*sequence), bytes: entry.to_vec() });
        bytes = rest;
    }
    Some(entries)
}

/// The snapshots behind object `held` and before `end` that somebody began to publish, in order.
pub(crate) async fn snapshots(bucket: &Bucket, held: u64, end: u64) -> Result<Vec<Snapshot>> {
    let mut numbers: Vec<u64> = bucket
        .list(JOURNAL)
        .await?
        .into_iter()
        .filter(|(_, listed)| listed.bytes <= SMALL)
        .filter_map(|(name, _)| name.parse().ok())
        .filter(|number| (held + 1..end).contains(number))
        .collect();
    numbers.sort_unstable();
    let mut snapshots = Vec::new();
    for number in numbers {
        if let Record::Snapshot(snapshot) = read(bucket, number).await?.record {
            snapshots.push(*snapshot);
        }
    }
    Ok(snapshots)
}

/// Removes what the current snapshot holds: all up to object `held` but leases.
pub(crate) fn remove_held(job: &mut Job<'_>, bucket: &Bucket, held: u64) -> Result<()> {
    for (object, listed) in job.wait(bucket.list(JOURNAL))? {
        let Some(number) = object.parse::<u64>().ok().filter(|number| *number <= held) else { continue };
        let is_lease = listed.bytes <= SMALL && job.wait(read(bucket, number))?.record == Record::Lease;
        if !is_lease {
            job.wait(bucket.delete(&name(number)))?;
        }
    }
    Ok(())
}

/// The end of the journal, where the holder of a lease writes.
pub(crate) struct Log {
    bucket: Bucket,
    lease: u64,
    /// Number of the last object.
    last: u64,
    /// The bytes of the next object, of which it is not known whether they are there.
    pending: Option<Vec<u8>>,
}

impl Log {
    /// The journal whose last object is the lease of this number.
    pub(crate) fn new(bucket: &Bucket, lease: u64) -> Self {
        Self { bucket: bucket.clone(), lease, last: lease, pending: None }
    }

    pub(crate) fn lease(&self) -> u64 {
        self.lease
    }

    /// Number of the last object.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// True if an object may be there or not: [`settle`](Self::settle) finds out.
    pub(crate) fn is_open(&self) -> bool {
        self.pending.is_some()
    }

    /// Appends an object; one that is open is settled first.
    ///
    /// # Errors
    /// `Busy` if somebody else has the lease by now; `Io` if the bucket cannot be reached: the object is open then.
    pub(crate) fn append(&mut self, job: &mut Job<'_>, record: &Record) -> Result<()> {
        self.settle(job)?;
        self.pending = Some(bytes(self.lease, record)?);
        self.settle(job)
    }

    /// Sees to it that an open object is there.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub(crate) fn settle(&mut self, job: &mut Job<'_>) -> Result<()> {
        let Some(bytes) = &self.pending else { return Ok(()) };
        if !job.wait(self.bucket.create(&name(self.last + 1), bytes))? {
            return Err(crate::lease::lost(&self.bucket));
        }
        self.last += 1;
        self.pending = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let entries =
            vec![Entry { sequence: 7, bytes: vec![1; 5_000] }, Entry { sequence: 8, bytes: Vec::new() }];
        for record in [Record::Lease, Record::Entries(entries), Record::Entries(Vec::new())] {
            let bytes = bytes(3, &record).unwrap();
            assert_eq!(parse(&bytes), Some(Numbered { lease: 3, record: record.clone() }));
            assert_eq!(parse(&bytes[..bytes.len() - 1]), None);
            for at in 0..bytes.len() {
                let mut wrong = bytes.clone();
                wrong[at] ^= 8;
                assert!(parse(&wrong).is_none_or(|same| same.record == record), "byte {at}");
            }
        }
        assert_eq!(name(12), "journal/000000000012");
    }
}
