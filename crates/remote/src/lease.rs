//! The lease of a bucket: who may write.
//!
//! A lease is an object of the [journal](crate::journal): whoever creates the one behind the last has it, and loses it to
//! whoever creates the next. So it takes no more of a bucket than that an object is created if absent, and no clock decides
//! what is kept: who lost the lease finds the next number of the journal taken.
//!
//! While somebody has it they write `leases/NUMBER.json` every quarter of its term, with a number that grows. Nobody takes a
//! lease away that is alive: an observer who has seen no change of that object for one and a quarter of its term, by their own
//! clock and never by that of another machine, takes the next. A holder who could not write it for a term, counted from before
//! the last time that worked, writes nothing more. So clocks may differ at will, if only they run at about the same speed.

use crate::bucket::Bucket;
use crate::job::Job;
use crate::journal::{self, Record};
use crate::pointer::{self, Snapshot};
use serde::{Deserialize, Serialize};
use sonic_core::parallel::lock;
use sonic_core::{Error, ErrorKind, Result};
use sonic_store::snapshot::JournalPosition;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// The term of those who only publish something.
pub(crate) const TERM: Duration = Duration::from_secs(15);
/// How often a lease is renewed in its term.
const RENEWALS: u32 = 4;
/// Most bytes of the object that shows it.
const MOST: u64 = 1 << 12;

/// What its holder shows of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Beat {
    /// How often it was renewed.
    beat: u64,
    term_ms: u64,
    /// The holder writes no more.
    released: bool,
}

impl Beat {
    fn term(&self) -> Duration {
        if self.term_ms == 0 { TERM } else { Duration::from_millis(self.term_ms) }
    }

    /// How long it is not touched after it changed last.
    fn patience(&self) -> Duration {
        self.term() * (RENEWALS + 1) / RENEWALS
    }
}

fn beat_name(lease: u64) -> String {
    format!("leases/{lease:012}.json")
}

async fn read_beat(bucket: &Bucket, lease: u64) -> Result<Beat> {
    let bytes = bucket.get(&beat_name(lease), MOST).await?;
    // Whoever took it may not have come to show it, or has just written half of it.
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
}

async fn write_beat(bucket: &Bucket, lease: u64, beat: &Beat) -> Result<()> {
    let fail = |e| Error::new(ErrorKind::Internal, "cannot write a lease as JSON").with_source(e);
    bucket.put_at_once(&beat_name(lease), serde_json::to_vec(beat).map_err(fail)?).await
}

/// That somebody else has the lease by now.
pub(crate) fn lost(bucket: &Bucket) -> Error {
    let message = format!("{}: another writer has taken over: this one writes no more", bucket.name());
    Error::busy(TERM, message)
}

/// That somebody else has the lease.
pub(crate) fn held(bucket: &Bucket, retry_after: Duration) -> Error {
    let message = format!(
        "{}: another instance writes there: give the write to that one, or try again in {} ms",
        bucket.name(),
        retry_after.as_millis()
    );
    Error::busy(retry_after, message)
}

/// The state of a bucket that somebody may want to write to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Nobody writes there; the journal ends with this number.
    Free { last: u64 },
    /// Somebody does, and will for so long at least.
    Held { retry_after: Duration },
}

/// Watches who has the lease.
#[derive(Default)]
pub(crate) struct Observer {
    /// Number of the last snapshot.
    newest: u64,
    /// End of the journal, and who had the lease there.
    end: Option<(u64, u64)>,
    /// The lease, what its holder showed, and when that was seen first.
    seen: Option<(u64, Beat, Instant)>,
    /// True if it was seen to change.
    is_alive: bool,
}

impl Observer {
    /// Looks at the bucket once.
    pub(crate) async fn look(&mut self, bucket: &Bucket) -> Result<Seen> {
        // Whoever shows a lease has it: the journal need not be read.
        if let Some((lease, seen, _)) = self.seen {
            let beat = read_beat(bucket, lease).await?;
            if beat != seen && !beat.released {
                self.seen = Some((lease, beat, Instant::now()));
                self.is_alive = true;
                return Ok(Seen::Held { retry_after: beat.patience() });
            }
        }
        let newest = pointer::newest(bucket, self.newest).await?;
        self.newest = newest.as_ref().map_or(0, |newest| newest.version);
        let position = newest.and_then(|newest| newest.journal);
        let held = position.map_or(0, |position| position.number);
        let last = journal::last(bucket, held.max(self.end.map_or(0, |(last, _)| last))).await?;
        let holder = match (self.end, position) {
            (Some((end, holder)), _) if end == last => holder,
            (_, Some(position)) if position.number == last => position.lease,
            _ if last == 0 => return Ok(Seen::Free { last }),
            _ => journal::read(bucket, last).await?.lease,
        };
        self.end = Some((last, holder));
        let beat = read_beat(bucket, holder).await?;
        if beat.released {
            return Ok(Seen::Free { last });
        }
        let now = Instant::now();
        let since = match self.seen {
            Some((lease, seen, since)) if (lease, seen) == (holder, beat) => since,
            _ => {
                self.is_alive = false;
                now
            }
        };
        self.seen = Some((holder, beat, since));
        match beat.patience().checked_sub(now - since).filter(|left| !left.is_zero()) {
            Some(retry_after) => Ok(Seen::Held { retry_after }),
            None => Ok(Seen::Free { last }),
        }
    }
}

/// The lease, while somebody here has it.
pub(crate) struct Lease {
    bucket: Bucket,
    pub(crate) number: u64,
    term: Duration,
    alive: Arc<Mutex<Alive>>,
    task: Option<JoinHandle<()>>,
}

/// When a lease was last renewed.
struct Alive {
    beat: u64,
    renewed: Instant,
}

/// Tells whether a lease was renewed lately.
#[derive(Clone)]
pub(crate) struct Freshness {
    term: Duration,
    alive: Arc<Mutex<Alive>>,
}

impl Freshness {
    pub(crate) fn is_fresh(&self) -> bool {
        lock(&self.alive).renewed.elapsed() < self.term
    }
}

impl Lease {
    /// Takes the lease behind object `last` of the journal, and renews it from now on; `None` if somebody else was first.
    pub(crate) fn take(
        job: &mut Job<'_>,
        bucket: &Bucket,
        last: u64,
        term: Duration,
    ) -> Result<Option<Self>> {
        let number = last + 1;
        let renewed = Instant::now();
        let bytes = journal::bytes(number, &Record::Lease)?;
        if !job.wait(bucket.create(&journal::name(number), &bytes))? {
            return Ok(None);
        }
        // What lay there may have been removed, by somebody who has published a snapshot that holds it.
        let newest = job.wait(pointer::newest(bucket, 0))?;
        if newest.as_ref().is_some_and(|newest| holds(newest, number)) {
            return Ok(None);
        }
        job.wait(write_beat(bucket, number, &beat_of(term, 1)))?;
        let alive = Arc::new(Mutex::new(Alive { beat: 1, renewed }));
        let task = job.handle().spawn(renew(bucket.clone(), number, term, alive.clone()));
        Ok(Some(Self { bucket: bucket.clone(), number, term, alive, task: Some(task) }))
    }

    /// A lease for something that is published, if the bucket has ever had a writer.
    ///
    /// # Errors
    /// `Busy` if somebody has the lease and is alive.
    pub(crate) fn to_publish(job: &mut Job<'_>, bucket: &Bucket) -> Result<Option<Self>> {
        if !job.wait(bucket.contains(&journal::name(1)))? {
            return Ok(None);
        }
        let mut observer = Observer::default();
        loop {
            match job.wait(observer.look(bucket))? {
                Seen::Free { last } => {
                    if let Some(lease) = Self::take(job, bucket, last, TERM)? {
                        return Ok(Some(lease));
                    }
                    observer = Observer::default();
                }
                Seen::Held { retry_after } if observer.is_alive => return Err(held(bucket, retry_after)),
                Seen::Held { retry_after } => {
                    let pause = retry_after.min(TERM / (2 * RENEWALS));
                    job.wait(async {
                        tokio::time::sleep(pause).await;
                        Ok(())
                    })?;
                }
            }
        }
    }

    /// What a snapshot that is published under it holds of the journal: all before it, or it makes that void.
    pub(crate) fn position(&self) -> JournalPosition {
        JournalPosition { number: self.number, lease: self.number, sequence: None }
    }

    pub(crate) fn freshness(&self) -> Freshness {
        Freshness { term: self.term, alive: self.alive.clone() }
    }

    /// Says that nobody needs to wait any longer.
    pub(crate) fn release(mut self, job: &mut Job<'_>) {
        let task = self.task.take();
        let beat = Beat { released: true, ..beat_of(self.term, lock(&self.alive).beat) };
        // If it does not come to that, the others wait as if this process had died.
        let _ = job.wait(async {
            if let Some(task) = task {
                task.abort();
                let _ = task.await;
            }
            write_beat(&self.bucket, self.number, &beat).await
        });
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.task.iter().for_each(JoinHandle::abort);
    }
}

fn holds(newest: &Snapshot, number: u64) -> bool {
    newest.journal.is_some_and(|position| position.number >= number)
}

fn beat_of(term: Duration, beat: u64) -> Beat {
    Beat { beat, term_ms: term.as_millis() as u64, released: false }
}

async fn renew(bucket: Bucket, number: u64, term: Duration, alive: Arc<Mutex<Alive>>) {
    for beat in 2.. {
        tokio::time::sleep(term / RENEWALS).await;
        let renewed = Instant::now();
        // What fails is tried again with the next: until then the lease gets older.
        if write_beat(&bucket, number, &beat_of(term, beat)).await.is_ok() {
            *lock(&alive) = Alive { beat, renewed };
        }
    }
}
