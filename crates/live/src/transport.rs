//! How the slices of connections come from those who take them to those who follow them, and how what became known goes back.
//!
//! [`Intake`] takes slices: their bytes go to a [`SliceSink`], a note of them to a [`Transport`], and it returns when both are
//! durable. A [`Worker`](crate::Worker) claims connections, follows them, stores what it learnt in the store and acknowledges. A
//! [`Feed`] tells whoever waits for the segments of a meeting. With [`LocalTransport`] all of it is in one process, or in several
//! on one machine; with `RedisTransport` (feature `redis`) it may be many machines.
//!
//! ```
//! use sonic_live::transport::{FolderSink, Intake, IntakeOptions, LocalTransport, Origin, Transport};
//! use sonic_store::{Store, StoreOptions};
//! use std::sync::Arc;
//!
//! # let directory = tempfile::tempdir().map_err(|e| sonic_core::Error::io("no folder", e))?;
//! # let directory = directory.path();
//! let store = Store::open(directory.join("store"), StoreOptions::default())?;
//! let transport = Arc::new(LocalTransport::new(store.clone()));
//! let sink = Arc::new(FolderSink::new(directory.join("slices"))?);
//! let intake = Intake::new(transport.clone(), sink, &IntakeOptions::default())?;
//! let origin = Origin { connection: "c1".into(), meeting: "m1".into(), ..Origin::default() };
//! intake.slice(&origin, 0, b"what a recorder gave", None)?;
//! assert_eq!(transport.stats()?.waiting, 1, "it is durable, and waits for a worker");
//! # Ok::<(), sonic_core::Error>(())
//! ```

mod backoff;
mod entry;
mod feed;
mod intake;
mod local;
#[cfg(feature = "redis")]
mod redis;
mod sink;
mod told;

pub use entry::{Body, Entry, EntryId, Origin};
pub use feed::{Feed, Subscription};
pub use intake::{Intake, IntakeOptions, IntakeStats};
pub use local::LocalTransport;
#[cfg(feature = "redis")]
pub use redis::{RedisOptions, RedisTransport};
pub use sink::{FolderSink, SliceSink};
pub use sonic_store::{DeadEntry, QueueStats};
pub use told::Told;

pub(crate) use backoff::Backoff;
pub(crate) use entry::checksum as entry_checksum;
pub(crate) use intake::may_work_later;

use serde_json::Value;
use sonic_core::Result;
use std::time::Duration;

/// A connection that a worker has claimed for a while.
#[derive(Debug)]
pub struct Claim {
    /// Its id.
    pub connection: String,
    /// Number of the claim; it is larger than those of all before.
    pub epoch: u64,
    /// How often it was claimed since something of it was acknowledged, this time included.
    pub claims: u32,
    /// How often its first entry failed.
    pub failures: u32,
    /// How far the connection was followed and what its session remembers, if the transport carries that.
    pub shared: Option<(Value, Vec<u8>)>,
    /// What the transport knows it by.
    pub(crate) number: u32,
}

/// Something that came on a connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivered {
    /// Its id.
    pub id: EntryId,
    /// What came; the error if it cannot be read.
    pub entry: std::result::Result<Entry, String>,
}

/// How far a connection was followed, in an [acknowledgement](Transport::acknowledge).
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// What the worker notes.
    pub note: &'a Value,
    /// What the session remembers.
    pub state: &'a [u8],
    /// What became known, each with its number on the connection: they grow, and a number is told once.
    pub told: &'a [(u64, Told)],
}

/// Carries what came on connections to those who follow them, in order and until it is acknowledged, and what they learnt back.
///
/// All calls wait for what they do. An error of kind `Io` or `Busy` means that the same call may work later; `Mismatch`, that the
/// connection was claimed by somebody else since.
pub trait Transport: Send + Sync + 'static {
    /// Its name: what is noted by one is of no use to another.
    fn name(&self) -> &'static str;

    /// Adds entries in order; they are durable when it returns. One that was added before is left out.
    ///
    /// # Errors
    /// `Io` if it is not known whether they are durable: add them again.
    fn append(&self, entries: &[Entry]) -> Result<()>;

    /// Claims the connection that has waited longest; `None` if none waits.
    ///
    /// # Errors
    /// `Io` if the transport cannot be reached.
    fn claim(&self, worker: &str, lease: Duration) -> Result<Option<Claim>>;

    /// Makes the number of a claim at least `epoch`: where somebody knows a number of a transport that lost its own.
    ///
    /// # Errors
    /// As [`acknowledge`](Self::acknowledge).
    fn advance(&self, claim: &mut Claim, epoch: u64) -> Result<()>;

    /// Says that claims go on; gives the connections of those that are lost.
    ///
    /// # Errors
    /// `Io` if the transport cannot be reached.
    fn renew(&self, claims: &[&Claim], lease: Duration) -> Result<Vec<String>>;

    /// Entries of each claim behind the id that goes with it, up to so many of each; nothing where nothing came, or the claim is
    /// lost. Waits a little if nothing came on any.
    ///
    /// # Errors
    /// `Io` if the transport cannot be reached.
    fn read(&self, claims: &[(&Claim, EntryId)], limit: usize, wait: Duration)
    -> Result<Vec<Vec<Delivered>>>;

    /// Says that entries are followed up, all up to the last of them, and that everything of it is in the store; tells what became
    /// known to whoever waits for it.
    ///
    /// # Errors
    /// `Mismatch` if somebody else has claimed the connection since; `Io` if the transport cannot be reached: acknowledge again.
    fn acknowledge(&self, claim: &Claim, entries: &[EntryId], progress: Progress<'_>) -> Result<()>;

    /// Gives a connection back: somebody may claim it as soon as there is something to follow.
    ///
    /// # Errors
    /// As [`acknowledge`](Self::acknowledge).
    fn release(&self, claim: &Claim) -> Result<()>;

    /// Gives a connection back that cannot be followed for a while; a failure is one that its first entry is to blame for.
    ///
    /// # Errors
    /// As [`acknowledge`](Self::acknowledge).
    fn postpone(&self, claim: &Claim, error: &str, wait: Duration, is_failure: bool) -> Result<()>;

    /// Gives up the first entry of a connection: it goes to the dead letters.
    ///
    /// # Errors
    /// As [`acknowledge`](Self::acknowledge).
    fn bury(&self, claim: &Claim, entry: EntryId, error: &str) -> Result<()>;

    /// What became known in a meeting behind a place, which is empty at the start of what is kept.
    ///
    /// # Errors
    /// `InvalidArgument` for a place that is none; `Io` if the transport cannot be reached.
    fn results(&self, meeting: &str, after: &str, limit: usize) -> Result<Vec<Told>>;

    /// Something that says when there are results.
    ///
    /// # Errors
    /// `Io` if the transport cannot be reached.
    fn watch(&self) -> Result<Box<dyn Watch>>;

    /// Counts.
    ///
    /// # Errors
    /// `Io` if the transport cannot be reached.
    fn stats(&self) -> Result<QueueStats>;

    /// Dead letters, the oldest first.
    ///
    /// # Errors
    /// `Io` if the transport cannot be reached.
    fn dead(&self, limit: usize) -> Result<Vec<DeadEntry>>;

    /// Forgets connections of which everything is followed up and on which nothing came for so long.
    ///
    /// # Errors
    /// `Io` if the transport cannot be reached.
    fn sweep(&self, idle: Duration) -> Result<()>;

    /// What is wrong with how it is set up: nothing may be lost, but for these.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Says when there are results.
pub trait Watch: Send {
    /// Waits until something became known, for so long; gives the meetings, or `None` if it may be any.
    ///
    /// # Errors
    /// `Io` if the transport cannot be reached.
    fn changed(&mut self, wait: Duration) -> Result<Option<Vec<String>>>;
}
