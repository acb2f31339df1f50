//! A transport in the store: nothing else is needed.

use super::{Claim, Delivered, Entry, EntryId, Progress, Told, Transport, Watch};
use sonic_core::{Error, ErrorKind, Result};
use sonic_store::{DeadEntry, QueueStats, Store};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Another process tells nobody here what it did: its entries and results are looked for as often.
const LOOK: Duration = Duration::from_millis(250);

/// A transport in a store: for one process, or for several of one machine that have the store open.
#[derive(Debug)]
pub struct LocalTransport {
    store: Store,
    news: Arc<News>,
}

/// What happened in this process.
#[derive(Debug, Default)]
struct News {
    inside: Mutex<Inside>,
    came: Condvar,
}

#[derive(Debug, Default)]
struct Inside {
    /// Entries that were added.
    entries: u64,
    /// Results by number, with their meetings.
    results: u64,
    latest: Vec<(u64, String)>,
}

/// Meetings with results that are remembered for those who watch.
const REMEMBERED: usize = 4096;

impl News {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something happened that `seen` does not know of.
    fn wait(&self, wait: Duration, is_new: impl Fn(&Inside) -> bool) -> MutexGuard<'_, Inside> {
        let deadline = Instant::now() + wait;
        let mut inside = self.inside();
        while !is_new(&inside) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            inside = self.came.wait_timeout(inside, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        inside
    }
}

impl LocalTransport {
    /// A transport in `store`.
    pub fn new(store: Store) -> Self {
        Self { store, news: Arc::default() }
    }

    fn read_once(&self, claims: &[(&Claim, EntryId)], limit: usize) -> Result<Vec<Vec<Delivered>>> {
        let queue = self.store.live_queue();
        let read = |(claim, after): &(&Claim, EntryId)| {
            let entries = queue.entries(claim.number, after.minor, limit)?;
            let delivered = |entry: sonic_store::QueuedEntry| Delivered {
                id: EntryId { major: 0, minor: entry.number },
                entry: Entry::read(&entry.bytes),
            };
            Ok(entries.into_iter().map(delivered).collect())
        };
        claims.iter().map(read).collect()
    }
}

impl Transport for LocalTransport {
    fn name(&self) -> &'static str {
        "local"
    }

    fn append(&self, entries: &[Entry]) -> Result<()> {
        let rows: Vec<(String, Vec<u8>)> =
            entries.iter().map(|entry| Ok((entry.key(), entry.to_json()?))).collect::<Result<_>>()?;
        let rows: Vec<(&str, &str, &[u8])> = entries
            .iter()
            .zip(&rows)
            .map(|(entry, (key, bytes))| (&entry.origin.connection[..], &key[..], &bytes[..]))
            .collect();
        self.store.live_queue().append(&rows)?;
        self.news.inside().entries += 1;
        self.news.came.notify_all();
        Ok(())
    }

    fn claim(&self, worker: &str, lease: Duration) -> Result<Option<Claim>> {
        let claimed = self.store.live_queue().claim(worker, millis(lease))?;
        Ok(claimed.map(|queued| Claim {
            connection: queued.connection,
            epoch: queued.epoch,
            claims: queued.claims,
            failures: queued.failures,
            shared: None,
            number: queued.number,
        }))
    }

    fn advance(&self, claim: &mut Claim, epoch: u64) -> Result<()> {
        self.store.live_queue().advance(claim.number, claim.epoch, epoch)?;
        claim.epoch = claim.epoch.max(epoch);
        Ok(())
    }

    fn renew(&self, claims: &[&Claim], lease: Duration) -> Result<Vec<String>> {
        let numbers: Vec<(u32, u64)> = claims.iter().map(|claim| (claim.number, claim.epoch)).collect();
        let lost = self.store.live_queue().renew(&numbers, millis(lease))?;
        let is_lost = |claim: &&&Claim| lost.contains(&(claim.number, claim.epoch));
        Ok(claims.iter().filter(is_lost).map(|claim| claim.connection.clone()).collect())
    }

    fn read(
        &self,
        claims: &[(&Claim, EntryId)],
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<Vec<Delivered>>> {
        let seen = self.news.inside().entries;
        let read = self.read_once(claims, limit)?;
        if wait.is_zero() || read.iter().any(|entries| !entries.is_empty()) {
            return Ok(read);
        }
        drop(self.news.wait(wait, |inside| inside.entries != seen));
        self.read_once(claims, limit)
    }

    fn acknowledge(&self, claim: &Claim, entries: &[EntryId], progress: Progress<'_>) -> Result<()> {
        if let Some(last) = entries.iter().max() {
            self.store.live_queue().acknowledge(claim.number, claim.epoch, last.minor)?;
        }
        if !progress.told.is_empty() {
            let mut inside = self.news.inside();
            let meetings: BTreeSet<&String> =
                progress.told.iter().map(|(_, told)| &told.origin.meeting).collect();
            for meeting in meetings {
                inside.results += 1;
                let number = inside.results;
                inside.latest.push((number, meeting.clone()));
            }
            let surplus = inside.latest.len().saturating_sub(REMEMBERED);
            inside.latest.drain(..surplus);
            drop(inside);
            self.news.came.notify_all();
        }
        Ok(())
    }

    fn release(&self, claim: &Claim) -> Result<()> {
        self.store.live_queue().release(claim.number, claim.epoch)
    }

    fn postpone(&self, claim: &Claim, error: &str, wait: Duration, is_failure: bool) -> Result<()> {
        self.store.live_queue().postpone(claim.number, claim.epoch, error, millis(wait), is_failure)
    }

    fn bury(&self, claim: &Claim, entry: EntryId, error: &str) -> Result<()> {
        self.store.live_queue().bury(claim.number, claim.epoch, entry.minor, error)
    }

    fn results(&self, meeting: &str, after: &str, limit: usize) -> Result<Vec<Told>> {
        let none = || Error::new(ErrorKind::InvalidArgument, format!("{after:?} is no place in the results"));
        let after = if after.is_empty() { 0 } else { after.parse().map_err(|_| none())? };
        let changes = self.store.transcripts().changes(meeting, after, limit)?;
        Ok(changes.into_iter().map(Told::of).collect())
    }

    fn watch(&self) -> Result<Box<dyn Watch>> {
        let seen = self.news.inside().results;
        Ok(Box::new(LocalWatch { news: self.news.clone(), seen, looked: Instant::now() }))
    }

    fn stats(&self) -> Result<QueueStats> {
        self.store.live_queue().stats()
    }

    fn dead(&self, limit: usize) -> Result<Vec<DeadEntry>> {
        self.store.live_queue().dead(limit)
    }

    fn sweep(&self, idle: Duration) -> Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis);
        self.store.live_queue().remove_idle(now.saturating_sub(millis(idle))).map(drop)
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Watches what this process learns, and looks now and then at what others did.
struct LocalWatch {
    news: Arc<News>,
    seen: u64,
    looked: Instant,
}

impl Watch for LocalWatch {
    fn changed(&mut self, wait: Duration) -> Result<Option<Vec<String>>> {
        let seen = self.seen;
        let inside = self.news.wait(wait.min(LOOK), |inside| inside.results != seen);
        let missed =
            inside.latest.first().is_none_or(|(first, _)| *first > seen + 1) && inside.results != seen;
        let new = inside.latest.iter().filter(|(number, _)| *number > seen);
        let meetings: BTreeSet<String> = new.map(|(_, meeting)| meeting.clone()).collect();
        self.seen = inside.results;
        if missed || self.looked.elapsed() >= LOOK {
            self.looked = Instant::now();
            return Ok(None);
        }
        Ok(Some(meetings.into_iter().collect()))
    }
}

impl fmt::Debug for LocalWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalWatch").field("seen", &self.seen).finish_non_exhaustive()
    }
}
