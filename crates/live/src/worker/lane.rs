//! A thread of a worker: it claims connections and follows them.

use super::Shared;
use super::followed::{Failed, Followed};
use super::stats::count;
use crate::transport::{Backoff, Body, Entry, may_work_later};
use sonic_core::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Connections that are claimed before the others have their turn.
const CLAIMS: usize = 8;
/// Entries of a connection that are followed up at once.
const ENTRIES: usize = 16;
/// How long to wait where there is nothing to do.
const WAIT: Duration = Duration::from_millis(20);
/// A connection whose sound has ended is given back if nothing comes for so long.
const QUIET: Duration = Duration::from_secs(1);
/// How often what nobody needs any more is removed.
const SWEEP: Duration = Duration::from_secs(600);

struct Lane<'a> {
    shared: &'a Shared,
    name: String,
    followed: BTreeMap<String, Followed>,
    renewed: Instant,
    swept: Instant,
    backoff: Backoff,
    /// Since when the transport can be reached without a break: silence before that says nothing.
    reached: Instant,
    /// True if it could not be reached lately.
    is_away: bool,
}

/// Follows connections until the worker is to end.
pub(super) fn run(shared: &Shared, number: usize) {
    let mut lane = Lane {
        shared,
        name: format!("{}-{number}", shared.name),
        followed: BTreeMap::new(),
        renewed: Instant::now(),
        swept: Instant::now(),
        backoff: Backoff::new(Duration::from_millis(50), Duration::from_secs(2)),
        reached: Instant::now(),
        is_away: false,
    };
    while !shared.is_stopping() {
        match lane.step() {
            Ok(()) => lane.backoff.reset(),
            Err(error) => {
                lane.is_away = true;
                shared.counters.fail(&error);
                shared.pause(lane.backoff.wait());
            }
        }
    }
    lane.end();
}

impl Lane<'_> {
    fn step(&mut self) -> Result<()> {
        self.renew()?;
        let claimed = self.claim()?;
        let wait = if claimed { Duration::ZERO } else { WAIT };
        self.read(wait)?;
        if std::mem::take(&mut self.is_away) {
            self.reached = Instant::now();
        }
        self.poll();
        self.settle();
        self.let_go();
        self.sweep()
    }

    fn claim(&mut self) -> Result<bool> {
        let mut claimed = false;
        for _ in 0..CLAIMS {
            if self.followed.len() >= self.shared.options.connections {
                break;
            }
            let transport = &self.shared.parts.transport;
            let Some(claim) = transport.claim(&self.name, self.shared.options.lease)? else { break };
            claimed = true;
            count(&self.shared.counters.claimed);
            let connection = claim.connection.clone();
            match Followed::open(self.shared, claim) {
                Ok(followed) => {
                    self.shared.counters.connections.fetch_add(1, Ordering::Relaxed);
                    if self.followed.insert(connection, followed).is_some() {
                        // It was lost, and comes back before that was noticed.
                        self.shared.counters.connections.fetch_sub(1, Ordering::Relaxed);
                    }
                }
                // The lease ends by itself.
                Err(error) => self.shared.counters.fail(&error),
            }
        }
        Ok(claimed)
    }

    fn renew(&mut self) -> Result<()> {
        if self.renewed.elapsed() < self.shared.options.lease / 3 || self.followed.is_empty() {
            return Ok(());
        }
        let claims: Vec<_> = self.followed.values().map(|followed| &followed.claim).collect();
        let lost = self.shared.parts.transport.renew(&claims, self.shared.options.lease)?;
        self.renewed = Instant::now();
        for connection in lost {
            self.lose(&connection);
        }
        Ok(())
    }

    fn lose(&mut self, connection: &str) {
        if self.drop_followed(connection).is_some() {
            count(&self.shared.counters.lost);
        }
    }

    fn drop_followed(&mut self, connection: &str) -> Option<Followed> {
        let dropped = self.followed.remove(connection);
        if dropped.is_some() {
            self.shared.counters.connections.fetch_sub(1, Ordering::Relaxed);
        }
        dropped
    }

    fn read(&mut self, wait: Duration) -> Result<()> {
        // One entry at a time where one may be to blame; what is owed is paid first.
        for (is_careful, limit) in [(true, 1), (false, ENTRIES)] {
            let wanted = |f: &&Followed| f.is_careful == is_careful && !f.owes();
            let claims: Vec<_> =
                self.followed.values().filter(wanted).map(|f| (&f.claim, f.position())).collect();
            if is_careful && claims.is_empty() {
                continue;
            }
            let wait = if is_careful { Duration::ZERO } else { wait };
            let names: Vec<String> = claims.iter().map(|(claim, _)| claim.connection.clone()).collect();
            let read = self.shared.parts.transport.read(&claims, limit, wait)?;
            for (connection, entries) in names.into_iter().zip(read) {
                let Some(followed) = self.followed.get_mut(&connection) else { continue };
                if entries.is_empty() {
                    // There is none to blame any more.
                    followed.is_careful = false;
                    continue;
                }
                if is_careful && followed.claim.claims > self.shared.options.most_claims() {
                    let error = Error::new(ErrorKind::Internal, "processes ended while they worked at it");
                    let failed = Failed { entry: entries[0].id, error };
                    self.bury(&connection, &failed);
                    continue;
                }
                if let Err(failed) = followed.take(self.shared, entries) {
                    self.fail(&connection, &failed);
                }
            }
        }
        Ok(())
    }

    /// Takes what recognisers answered.
    fn poll(&mut self) {
        let mut failed = Vec::new();
        for (connection, followed) in &mut self.followed {
            if let Err(error) = followed.poll(self.shared) {
                failed.push((connection.clone(), error));
            }
        }
        for (connection, error) in failed {
            self.postpone(&connection, &error, true);
        }
    }

    /// Stores what became known, and says so.
    fn settle(&mut self) {
        let mut failed = Vec::new();
        for (connection, followed) in &mut self.followed {
            if let Err(error) = followed.store(self.shared) {
                failed.push((connection.clone(), error, true));
            } else if let Err(error) = followed.acknowledge(self.shared) {
                failed.push((connection.clone(), error, false));
            }
        }
        for (connection, error, is_of_store) in failed {
            self.shared.counters.fail(&error);
            match error.kind() {
                ErrorKind::Mismatch => self.lose(&connection),
                // It is stored; the transport will learn so.
                _ if !is_of_store && may_work_later(&error) => self.is_away = true,
                _ => self.postpone(&connection, &error, !may_work_later(&error)),
            }
        }
    }

    /// An entry cannot be followed up: what its session did since is dropped, and it is tried again from what is stored.
    fn fail(&mut self, connection: &str, failed: &Failed) {
        self.shared.counters.fail(&failed.error);
        let Some(followed) = self.followed.get(connection) else { return };
        let is_last = followed.claim.failures + 1 >= self.shared.options.attempts;
        // Only alone is it known to be the first.
        if followed.is_careful && is_last {
            self.bury(connection, failed);
        } else {
            self.postpone(connection, &failed.error, true);
        }
    }

    fn bury(&mut self, connection: &str, failed: &Failed) {
        let Some(followed) = self.drop_followed(connection) else { return };
        let transport = &self.shared.parts.transport;
        let buried = transport.bury(&followed.claim, failed.entry, &failed.error.to_string());
        match buried.and_then(|()| transport.release(&followed.claim)) {
            Ok(()) => count(&self.shared.counters.dead),
            Err(error) => self.shared.counters.fail(&error),
        }
    }

    fn postpone(&mut self, connection: &str, error: &Error, is_failure: bool) {
        count(&self.shared.counters.failures);
        let Some(followed) = self.drop_followed(connection) else { return };
        let backoff = self.shared.options.backoff;
        let wait = match is_failure {
            true => backoff.saturating_mul(1 << followed.claim.failures.min(10)),
            false => backoff.min(Duration::from_secs(1)),
        };
        let text = error.to_string();
        if let Err(error) = self.shared.parts.transport.postpone(&followed.claim, &text, wait, is_failure) {
            // The lease ends by itself.
            self.shared.counters.fail(&error);
        }
    }

    /// Ends the sound where nothing comes though something could, and gives connections back whose sound has ended.
    fn let_go(&mut self) {
        let idle = self.shared.options.idle;
        if self.is_away {
            return;
        }
        let mut done = Vec::new();
        for (connection, followed) in &mut self.followed {
            let quiet = followed.came.max(self.reached).elapsed();
            if quiet < idle.min(QUIET) || !followed.is_settled() {
                continue;
            }
            if followed.has_ended() {
                done.push(connection.clone());
            } else if !followed.is_ending && quiet >= idle {
                let at_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64);
                let key = format!("idle after {}", followed.position());
                let entry = Entry { origin: followed.origin().clone(), at_ms, body: Body::End { key } };
                match self.shared.parts.transport.append(&[entry]) {
                    Ok(()) => followed.is_ending = true,
                    Err(error) => {
                        self.is_away |= may_work_later(&error);
                        self.shared.counters.fail(&error);
                    }
                }
            }
        }
        for connection in done {
            self.release(&connection);
        }
    }

    fn release(&mut self, connection: &str) {
        let Some(followed) = self.drop_followed(connection) else { return };
        if let Err(error) = self.shared.parts.transport.release(&followed.claim) {
            self.shared.counters.fail(&error);
        }
    }

    fn sweep(&mut self) -> Result<()> {
        if self.swept.elapsed() < SWEEP {
            return Ok(());
        }
        self.swept = Instant::now();
        let keep = self.shared.options.keep;
        self.shared.parts.store.transcripts().forget_states(keep)?;
        self.shared.parts.transport.sweep(keep)
    }

    /// Stores what there is and gives everything back.
    fn end(&mut self) {
        self.poll();
        self.settle();
        let all: Vec<String> = self.followed.keys().cloned().collect();
        all.iter().for_each(|connection| self.release(connection));
    }
}
