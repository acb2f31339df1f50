//! The queue of live sound of a store: what came on connections waits here until somebody followed it up.

use crate::env::WriteTxn;
use crate::ids::check_name;
use crate::meta;
use crate::rows::live_queue::{self as rows, DeadEntry, QueuedEntry, Row};
use crate::store::Store;
use serde::Serialize;
use sonic_core::{Error, ErrorKind, Result};

/// Most bytes of an entry.
const MAX_ENTRY_BYTES: usize = 1 << 20;

/// The queue of live sound of a store. Every call is one transaction.
///
/// Somebody [claims](Self::claim) a connection for a while and reads its [entries](Self::entries) in order; they are gone when they
/// are [acknowledged](Self::acknowledge). Who claims it gets a number, its epoch, that is larger than all before: what an earlier one
/// still says is refused.
#[derive(Debug, Clone)]
pub struct LiveQueue {
    store: Store,
}

impl Store {
    /// The queue of live sound of this store.
    pub fn live_queue(&self) -> LiveQueue {
        LiveQueue { store: self.clone() }
    }
}

/// A connection that somebody has claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueuedConnection {
    /// Its id.
    pub connection: String,
    /// Its number in the queue.
    pub number: u32,
    /// Number of the claim.
    pub epoch: u64,
    /// Number of the last entry that was acknowledged.
    pub acknowledged: u64,
    /// How often it was claimed since something of it was acknowledged, this time included.
    pub claims: u32,
    /// How often its first entry failed.
    pub failures: u32,
}

/// Counts of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct QueueStats {
    /// Connections with something to follow up, or that somebody follows.
    pub connections: u64,
    /// Entries that are not acknowledged.
    pub waiting: u64,
    /// Entries that were given up.
    pub dead: u64,
}

impl LiveQueue {
    /// Adds entries in order, each of a connection and with a key; one whose key its connection had before is left out.
    /// Gives how many are new.
    ///
    /// # Errors
    /// `InvalidArgument` for an id that is none; `Limit` for an entry above 1 MiB; `Io` if another process is writing for long, or the
    /// disk is full: nothing is added then.
    pub fn append(&self, entries: &[(&str, &str, &[u8])]) -> Result<usize> {
        for (connection, _, bytes) in entries {
            check_name("connection", connection)?;
            if bytes.len() > MAX_ENTRY_BYTES {
                let message = format!("an entry has up to {MAX_ENTRY_BYTES} bytes, not {}", bytes.len());
                return Err(Error::new(ErrorKind::Limit, message));
            }
        }
        self.store.write_when_free(|txn| {
            let now = meta::now_ms();
            let mut count = 0;
            for (connection, key, bytes) in entries {
                count += usize::from(append(txn, connection, key, bytes, now)?);
            }
            Ok(count)
        })
    }

    /// Claims the connection that has waited longest, for so many milliseconds; `None` if none waits.
    ///
    /// # Errors
    /// `Io` if another process is writing for long or the disk is full.
    pub fn claim(&self, worker: &str, lease_ms: u64) -> Result<Option<QueuedConnection>> {
        // Looking costs no write.
        if self.store.read(|view| rows::first_due(view, meta::now_ms()))?.is_none() {
            return Ok(None);
        }
        self.store.write_when_free(|txn| {
            let now = meta::now_ms();
            let Some(number) = rows::first_due(txn.view(), now)? else { return Ok(None) };
            let mut row = rows::row(txn.view(), number)?.ok_or_else(|| lost(number))?;
            row.epoch += 1;
            row.claims += 1;
            row.worker = Some(worker.chars().take(200).collect());
            rows::set_due(txn, number, &mut row, Some(now.saturating_add(lease_ms)))?;
            rows::write(txn, number, &row)?;
            Ok(Some(QueuedConnection {
                connection: row.connection,
                number,
                epoch: row.epoch,
                acknowledged: row.acknowledged,
                claims: row.claims,
                failures: row.failures,
            }))
        })
    }

    /// Makes the number of a claim at least `to`.
    ///
    /// # Errors
    /// As [`acknowledge`](Self::acknowledge).
    pub fn advance(&self, number: u32, epoch: u64, to: u64) -> Result<()> {
        self.change(number, epoch, |_, row| {
            row.epoch = row.epoch.max(to);
            Ok(())
        })
    }

    /// Says that claims, by number and epoch, go on for so many milliseconds; gives which of them are lost.
    ///
    /// # Errors
    /// As [`claim`](Self::claim).
    pub fn renew(&self, claims: &[(u32, u64)], lease_ms: u64) -> Result<Vec<(u32, u64)>> {
        self.store.write_when_free(|txn| {
            let due = meta::now_ms().saturating_add(lease_ms);
            let mut lost = Vec::new();
            for (number, epoch) in claims {
                match rows::row(txn.view(), *number)?.filter(|row| row.epoch == *epoch) {
                    Some(mut row) => {
                        rows::set_due(txn, *number, &mut row, Some(due))?;
                        rows::write(txn, *number, &row)?;
                    }
                    None => lost.push((*number, *epoch)),
                }
            }
            Ok(lost)
        })
    }

    /// Entries of a connection behind one, in order.
    ///
    /// # Errors
    /// `Malformed` if a row is damaged; `Closed` after the store was closed.
    pub fn entries(&self, number: u32, after: u64, limit: usize) -> Result<Vec<QueuedEntry>> {
        self.store.read(|view| rows::entries(view, number, after, limit))
    }

    /// Removes the entries up to one: they are followed up.
    ///
    /// # Errors
    /// `Mismatch` if somebody else has claimed the connection since; as [`claim`](Self::claim).
    pub fn acknowledge(&self, number: u32, epoch: u64, up_to: u64) -> Result<()> {
        self.change(number, epoch, |txn, row| {
            let up_to = up_to.min(row.last);
            rows::delete_entries(txn, number, row.acknowledged + 1, up_to)?;
            row.acknowledged = row.acknowledged.max(up_to);
            (row.claims, row.failures, row.error) = (0, 0, None);
            Ok(())
        })
    }

    /// Gives a connection back: somebody may claim it when there is something to follow up.
    ///
    /// # Errors
    /// As [`acknowledge`](Self::acknowledge).
    pub fn release(&self, number: u32, epoch: u64) -> Result<()> {
        self.change(number, epoch, |txn, row| {
            // The next to claim it is the first again.
            row.claims = row.claims.saturating_sub(1);
            let due = (row.acknowledged < row.last).then(meta::now_ms);
            rows::set_due(txn, number, row, due)
        })
    }

    /// Gives a connection back that cannot be followed just now; it waits so many milliseconds. What its first entry is to blame
    /// for counts as a failure of it.
    ///
    /// # Errors
    /// As [`acknowledge`](Self::acknowledge).
    pub fn postpone(
        &self,
        number: u32,
        epoch: u64,
        error: &str,
        wait_ms: u64,
        is_failure: bool,
    ) -> Result<()> {
        self.change(number, epoch, |txn, row| {
            row.claims = row.claims.saturating_sub(1);
            row.failures += u32::from(is_failure);
            row.error = Some(sonic_core::readable(error.to_owned()));
            rows::set_due(txn, number, row, Some(meta::now_ms().saturating_add(wait_ms)))
        })
    }

    /// Gives up the first entry of a connection that is not acknowledged, which is to be number `entry`: it is kept apart.
    ///
    /// # Errors
    /// As [`acknowledge`](Self::acknowledge).
    pub fn bury(&self, number: u32, epoch: u64, entry: u64, error: &str) -> Result<()> {
        self.change(number, epoch, |txn, row| {
            if entry != row.acknowledged + 1 {
                return Ok(());
            }
            let text = rows::entry(txn.view(), number, entry)?.map(String::from_utf8_lossy);
            let dead = DeadEntry {
                connection: row.connection.clone(),
                number: entry,
                entry: text.unwrap_or_default().into_owned(),
                error: sonic_core::readable(error.to_owned()),
                at_ms: meta::now_ms(),
            };
            rows::put_dead(txn, number, &dead)?;
            rows::delete_entries(txn, number, entry, entry)?;
            (row.acknowledged, row.claims, row.failures) = (entry, 0, 0);
            Ok(())
        })
    }

    /// Entries that were given up.
    ///
    /// # Errors
    /// As [`entries`](Self::entries).
    pub fn dead(&self, limit: usize) -> Result<Vec<DeadEntry>> {
        self.store.read(|view| rows::dead(view, limit))
    }

    /// Counts.
    ///
    /// # Errors
    /// As [`entries`](Self::entries).
    pub fn stats(&self) -> Result<QueueStats> {
        self.store.read(|view| {
            Ok(QueueStats {
                connections: rows::count(view, b'w')?,
                waiting: rows::count(view, b'e')?,
                dead: rows::count(view, b'd')?,
            })
        })
    }

    /// Forgets connections of which everything is followed up and on which nothing came since a time, in milliseconds since 1970 UTC;
    /// gives how many. What comes on one twice after that is not told from something new.
    ///
    /// # Errors
    /// As [`claim`](Self::claim).
    pub fn remove_idle(&self, before_ms: u64) -> Result<usize> {
        let is_idle = |row: &Row| row.due_ms.is_none() && row.updated_at_ms < before_ms;
        self.store.remove(|txn| {
            let idle: Vec<_> = rows::rows(txn.view())?.into_iter().filter(|(_, row)| is_idle(row)).collect();
            let count = idle.len();
            for (number, mut row) in idle {
                rows::remove(txn, number, &mut row)?;
            }
            Ok(count)
        })
    }

    fn change(
        &self,
        number: u32,
        epoch: u64,
        mut change: impl FnMut(&mut WriteTxn<'_>, &mut Row) -> Result<()>,
    ) -> Result<()> {
        self.store.write_when_free(|txn| {
            let mut row = rows::row(txn.view(), number)?.ok_or_else(|| lost(number))?;
            if row.epoch != epoch {
                let message = format!("connection {:?} is followed by somebody else since", row.connection);
                return Err(Error::new(ErrorKind::Mismatch, message));
            }
            change(txn, &mut row)?;
            rows::write(txn, number, &row)
        })
    }
}

fn append(txn: &mut WriteTxn<'_>, connection: &str, key: &str, bytes: &[u8], now: u64) -> Result<bool> {
    let (number, mut row) = match rows::number(txn.view(), connection)? {
        Some(number) => (number, rows::row(txn.view(), number)?.ok_or_else(|| lost(number))?),
        None => {
            let mut number = meta::new_number(txn, meta::NEXT_QUEUED)?;
            // A counter that was lost begins anew.
            while rows::row(txn.view(), number)?.is_some() {
                number = meta::new_number(txn, meta::NEXT_QUEUED)?;
            }
            rows::begin(txn, number, connection)?;
            (number, Row { connection: connection.to_owned(), ..Row::default() })
        }
    };
    if rows::is_known(txn.view(), number, key)? {
        return Ok(false);
    }
    row.last += 1;
    row.updated_at_ms = now;
    rows::put_entry(txn, number, row.last, key, bytes)?;
    if row.due_ms.is_none() {
        rows::set_due(txn, number, &mut row, Some(now))?;
    }
    rows::write(txn, number, &row)?;
    Ok(true)
}

fn lost(number: u32) -> Error {
    Error::new(ErrorKind::Mismatch, format!("connection {number} is not in the queue of live sound any more"))
}
