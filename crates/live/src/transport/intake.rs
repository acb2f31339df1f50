//! Taking what comes on connections, so that nothing is lost that was accepted.

use super::entry::checksum;
use super::local::millis;
use super::{Backoff, Body, Entry, Origin, SliceSink, Transport, sink};
use serde::Serialize;
use sonic_core::{Error, ErrorKind, Result};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Entries that go to the transport at once.
const BATCH: usize = 128;
/// Longest body of an activity, as JSON.
const MAX_ACTIVITY_BYTES: usize = 1 << 18;

/// How entries are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntakeOptions {
    /// Most bytes of a slice.
    pub max_slice_bytes: usize,
    /// Entries that the transport has not acknowledged, at most; further ones are refused.
    pub max_waiting: usize,
    /// How long a call waits until its entry is durable.
    pub timeout: Duration,
    /// The first and the longest wait before the transport is tried again.
    pub backoff: (Duration, Duration),
}

impl Default for IntakeOptions {
    fn default() -> Self {
        Self {
            max_slice_bytes: 16 << 20,
            max_waiting: 4096,
            timeout: Duration::from_secs(10),
            backoff: (Duration::from_millis(50), Duration::from_secs(2)),
        }
    }
}

/// How entries fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct IntakeStats {
    /// Entries that are durable.
    pub accepted: u64,
    /// Entries that were refused: too many waited, or the sink failed.
    pub refused: u64,
    /// Entries that wait for the transport.
    pub waiting: u64,
    /// How often entries were sent again.
    pub resent: u64,
    /// False while the transport cannot be reached.
    pub is_connected: bool,
}

/// Takes slices and what else comes on connections. A call returns when what it took is durable: the bytes in the sink, the note of
/// them in the transport. What the transport has not acknowledged is kept and sent again; if too much waits, calls are refused.
///
/// Clones are the same intake. Its thread ends with the last of them, when everything is acknowledged or on [`close`](Self::close).
#[derive(Clone)]
pub struct Intake {
    handle: Arc<Handle>,
}

struct Handle {
    shared: Arc<Shared>,
}

struct Shared {
    transport: Arc<dyn Transport>,
    sink: Arc<dyn SliceSink>,
    options: IntakeOptions,
    inside: Mutex<Inside>,
    /// Something came, or the intake was closed.
    came: Condvar,
    /// Something became durable.
    went: Condvar,
}

/// Where the call that brought an entry learns what became of it.
type Slot = Arc<Mutex<Option<Result<()>>>>;

#[derive(Default)]
struct Inside {
    queue: VecDeque<(Entry, Slot)>,
    /// Calls that have a place, from before they use the sink on.
    places: usize,
    stats: IntakeStats,
    is_closed: bool,
    /// Nobody waits for what is left.
    is_given_up: bool,
}

impl Intake {
    /// An intake into `transport` and `sink`.
    ///
    /// # Errors
    /// `InvalidArgument` if an option is out of range; `Io` if no thread can be started.
    pub fn new(
        transport: Arc<dyn Transport>,
        sink: Arc<dyn SliceSink>,
        options: &IntakeOptions,
    ) -> Result<Self> {
        if options.max_waiting == 0 || options.timeout.is_zero() || options.max_slice_bytes == 0 {
            return Err(crate::invalid("max_waiting, timeout and max_slice_bytes are above 0"));
        }
        let stats = IntakeStats { is_connected: true, ..IntakeStats::default() };
        let inside = Mutex::new(Inside { stats, ..Inside::default() });
        let (came, went, options) = (Condvar::new(), Condvar::new(), options.clone());
        let shared = Arc::new(Shared { transport, sink, options, inside, came, went });
        let writer = shared.clone();
        let spawned = Builder::new().name("sonic-intake".to_owned()).spawn(move || write(&writer));
        spawned.map_err(|error| Error::io("cannot start a thread", error))?;
        Ok(Self { handle: Arc::new(Handle { shared }) })
    }

    /// Takes the slice number `index` of a connection's recorder, counted from 0 as the browser does, which was sent at `sent_ms` by
    /// the sender's clock, in milliseconds since 1970 UTC. The same slice again is the same.
    ///
    /// # Errors
    /// `InvalidArgument` for a name or a time that is none; `Limit` if the slice is too large; `Busy` if too much waits, or it did
    /// not become durable in time: send it again; `Io` if the sink fails; `Closed` after [`close`](Self::close).
    pub fn slice(&self, origin: &Origin, index: u64, bytes: &[u8], sent_ms: Option<f64>) -> Result<()> {
        origin.check()?;
        sent_ms.map_or(Ok(()), check_time)?;
        let shared = &self.handle.shared;
        if bytes.len() > shared.options.max_slice_bytes {
            let most = shared.options.max_slice_bytes;
            let message = format!("a slice has up to {most} bytes, not {}", bytes.len());
            return Err(Error::new(ErrorKind::Limit, message));
        }
        let place = shared.place()?;
        let checksum = checksum(bytes);
        let key = sink::key(&origin.connection, index, &checksum);
        if let Err(error) = shared.sink.put(&key, bytes) {
            shared.inside().stats.refused += 1;
            return Err(error);
        }
        let body = Body::Slice { index, key, bytes: bytes.len() as u64, checksum, sent_ms };
        place.send(origin, body)
    }

    /// Takes an update of the meeting's microphones, which was sent at `sent_ms` as in [`slice`](Self::slice): for each participant
    /// the name and a string of digits 0 and 1.
    ///
    /// # Errors
    /// As [`slice`](Self::slice).
    pub fn activity(&self, origin: &Origin, sent_ms: f64, updates: &[(String, String)]) -> Result<()> {
        origin.check()?;
        check_time(sent_ms)?;
        let bytes: usize = updates.iter().map(|(name, bits)| name.len() + bits.len()).sum();
        if bytes > MAX_ACTIVITY_BYTES {
            let message = format!("an activity has up to {MAX_ACTIVITY_BYTES} bytes, not {bytes}");
            return Err(Error::new(ErrorKind::Limit, message));
        }
        let place = self.handle.shared.place()?;
        place.send(origin, Body::Activity { sent_ms, updates: updates.to_vec() })
    }

    /// Takes that no more sound comes on a connection for now, so that what was said last becomes final. Sound that comes later goes
    /// on.
    ///
    /// # Errors
    /// As [`slice`](Self::slice).
    pub fn end(&self, origin: &Origin) -> Result<()> {
        origin.check()?;
        let place = self.handle.shared.place()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        place.send(origin, Body::End { key: now.as_nanos().to_string() })
    }

    /// How entries fared so far.
    pub fn stats(&self) -> IntakeStats {
        let inside = self.handle.shared.inside();
        IntakeStats { waiting: inside.queue.len() as u64, ..inside.stats }
    }

    /// Refuses what comes from now on, and waits until everything is durable that was taken before.
    ///
    /// # Errors
    /// `Busy` if it is not after `timeout`: what is left is given up. Nobody was told that it was accepted.
    pub fn close(&self, timeout: Duration) -> Result<()> {
        let shared = &self.handle.shared;
        let deadline = Instant::now() + timeout;
        let mut inside = shared.inside();
        inside.is_closed = true;
        shared.came.notify_all();
        while inside.places > 0 || !inside.queue.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                inside.is_given_up = true;
                shared.came.notify_all();
                let count = inside.queue.len();
                let message =
                    format!("{count} entries did not become durable: nobody was told that they were");
                return Err(Error::busy(Duration::from_secs(1), message));
            }
            inside = shared.went.wait_timeout(inside, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.inside().is_closed = true;
        self.shared.came.notify_all();
    }
}

impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl Shared {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place among what waits.
    fn place(&self) -> Result<Place<'_>> {
        let mut inside = self.inside();
        if inside.is_closed {
            return Err(Error::new(ErrorKind::Closed, "nothing is taken any more"));
        }
        if inside.places.max(inside.queue.len()) >= self.options.max_waiting {
            inside.stats.refused += 1;
            return Err(Error::busy(
                Duration::from_secs(1),
                "too much waits to be taken: send it again later",
            ));
        }
        inside.places += 1;
        Ok(Place(self))
    }
}

/// A place among what waits; free again when dropped.
struct Place<'a>(&'a Shared);

impl Place<'_> {
    /// Sends an entry and waits until it is durable.
    fn send(self, origin: &Origin, body: Body) -> Result<()> {
        let at_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis);
        let slot = Slot::default();
        let deadline = Instant::now() + self.0.options.timeout;
        let mut inside = self.0.inside();
        inside.queue.push_back((Entry { origin: origin.clone(), at_ms, body }, slot.clone()));
        self.0.came.notify_all();
        loop {
            if let Some(done) = slot.lock().unwrap_or_else(PoisonError::into_inner).take() {
                return done;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || inside.is_given_up {
                let message = "it did not become durable in time: send it again";
                return Err(Error::busy(Duration::from_secs(1), message));
            }
            inside = self.0.went.wait_timeout(inside, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.inside().places -= 1;
        self.0.went.notify_all();
    }
}

/// What the thread of an intake does: it sends what came, in order, again and again until the transport has it.
fn write(shared: &Shared) {
    let mut backoff = Backoff::new(shared.options.backoff.0, shared.options.backoff.1);
    let mut inside = shared.inside();
    loop {
        while inside.queue.is_empty() && !inside.is_closed {
            inside = shared.came.wait(inside).unwrap_or_else(PoisonError::into_inner);
        }
        if inside.is_given_up || (inside.queue.is_empty() && inside.places == 0) {
            inside.queue.clear();
            return;
        }
        let batch: Vec<Entry> = inside.queue.iter().take(BATCH).map(|(entry, _)| entry.clone()).collect();
        if batch.is_empty() {
            // Closed, with a call on its way.
            inside = shared.came.wait_timeout(inside, LOOK).unwrap_or_else(PoisonError::into_inner).0;
            continue;
        }
        drop(inside);
        let mut sent = shared.transport.append(&batch);
        let mut count = batch.len();
        if batch.len() > 1 && sent.as_ref().is_err_and(|error| !may_work_later(error)) {
            // One of them is to blame.
            (sent, count) = (shared.transport.append(&batch[..1]), 1);
        }
        inside = shared.inside();
        inside.stats.is_connected = !sent.as_ref().is_err_and(may_work_later);
        if !inside.stats.is_connected {
            inside.stats.resent += count as u64;
            let wait = Instant::now() + backoff.wait();
            while !inside.is_given_up && Instant::now() < wait {
                let left = wait.saturating_duration_since(Instant::now());
                inside = shared.came.wait_timeout(inside, left).unwrap_or_else(PoisonError::into_inner).0;
            }
            continue;
        }
        backoff.reset();
        for (_, slot) in inside.queue.drain(..count).collect::<Vec<_>>() {
            let done = match &sent {
                Ok(()) => Ok(()),
                Err(error) => Err(Error::new(error.kind(), error.message())),
            };
            match done {
                Ok(()) => inside.stats.accepted += 1,
                Err(_) => inside.stats.refused += 1,
            }
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
        }
        shared.went.notify_all();
    }
}

/// How often a closed intake looks whether calls are still on their way.
const LOOK: Duration = Duration::from_millis(20);

pub(crate) fn may_work_later(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Io | ErrorKind::Busy)
}

/// That a time is one since 1970.
fn check_time(sent_ms: f64) -> Result<()> {
    // The year 9999.
    match (0.0..2.534e14).contains(&sent_ms) {
        true => Ok(()),
        false => Err(crate::invalid(format!("{sent_ms} is no time in milliseconds since 1970"))),
    }
}
