//! A connection that is followed.

use super::Shared;
use super::note::{Latest, Note, latest};
use super::stats::count;
use crate::LiveSession;
use crate::transport::{Body, Claim, Delivered, Entry, EntryId, Origin, Progress, Told, entry_checksum};
use sonic_core::{Error, ErrorKind, Result, Segment, guard};
use sonic_store::NewSegments;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// A connection that is followed.
pub(super) struct Followed {
    pub(super) claim: Claim,
    note: Note,
    /// What its session remembered, until there is one.
    state: Option<Vec<u8>>,
    /// False if the store may have what was never told, as it was followed with another one since.
    is_of_store: bool,
    session: Option<LiveSession>,
    /// The last entry that was read.
    read: EntryId,
    /// Entries that are stored, and that the transport does not know to be.
    unacknowledged: Vec<EntryId>,
    /// What became known, and is not stored.
    segments: Vec<Segment>,
    /// True if something is not stored.
    is_dirty: bool,
    /// The session's state as it was stored, until the transport has it too.
    stored: Option<Vec<u8>>,
    /// When something came last.
    pub(super) came: Instant,
    /// True if an end was put behind what came, because nothing did for long.
    pub(super) is_ending: bool,
    /// True if one entry at a time is followed up, as one of them may be to blame.
    pub(super) is_careful: bool,
}

/// What an entry leads to that cannot be followed up.
pub(super) struct Failed {
    pub(super) entry: EntryId,
    pub(super) error: Error,
}

impl Followed {
    /// Begins to follow a connection where it was left.
    pub(super) fn open(shared: &Shared, mut claim: Claim) -> Result<Self> {
        let transcripts = shared.parts.store.transcripts();
        let known = transcripts.connection(&claim.connection)?;
        if let Some(row) = known.filter(|row| row.epoch >= claim.epoch) {
            // The transport lost its numbers, or somebody else is ahead: then it says so.
            shared.parts.transport.advance(&mut claim, row.epoch + 1)?;
        }
        // Not before: who has lost the connection may store until then.
        let stored = transcripts.fence(&claim.connection, claim.epoch)?;
        let stored = stored.map(|(row, state)| (row.note, state));
        let Latest { note, state, is_of_store } = latest(&mut claim, stored);
        let read = EntryId::default();
        let is_careful = claim.failures > 0 || claim.claims > 1;
        Ok(Self {
            claim,
            read,
            note,
            state,
            is_of_store,
            session: None,
            unacknowledged: Vec::new(),
            segments: Vec::new(),
            is_dirty: false,
            stored: None,
            came: Instant::now(),
            is_ending: false,
            is_careful,
        })
    }

    /// The last entry that was read.
    pub(super) fn position(&self) -> EntryId {
        self.read
    }

    /// True if the transport is still to learn what is stored.
    pub(super) fn owes(&self) -> bool {
        !self.unacknowledged.is_empty() || !self.note.untold.is_empty()
    }

    /// True if a recogniser works at something of it.
    pub(super) fn is_busy(&self) -> bool {
        self.session.as_ref().is_some_and(LiveSession::is_busy)
    }

    /// True if nothing is known that would not go on elsewhere.
    pub(super) fn is_settled(&self) -> bool {
        !self.is_dirty && !self.owes() && !self.is_busy()
    }

    /// True if the sound has ended for now, or there was none.
    pub(super) fn has_ended(&self) -> bool {
        self.note.has_ended || self.note.started_at_ms.is_none()
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.note.origin
    }

    /// Follows entries up, in order.
    pub(super) fn take(
        &mut self,
        shared: &Shared,
        entries: Vec<Delivered>,
    ) -> std::result::Result<(), Failed> {
        self.came = Instant::now();
        for Delivered { id, entry } in entries {
            self.read = self.read.max(id);
            let name = shared.parts.transport.name();
            if id > self.note.last(name) {
                let taken =
                    entry.map_err(|error| Error::new(ErrorKind::Malformed, error)).and_then(|entry| {
                        guard::guard(ErrorKind::Model, "following a connection", || {
                            self.take_entry(shared, entry)
                        })
                    });
                taken.map_err(|error| Failed { entry: id, error })?;
                self.note.follow(name, id);
                self.is_dirty = true;
            }
            self.unacknowledged.push(id);
        }
        Ok(())
    }

    fn take_entry(&mut self, shared: &Shared, entry: Entry) -> Result<()> {
        let Entry { origin, at_ms, body } = entry;
        if self.note.origin.connection.is_empty() {
            self.note.origin = origin;
        }
        self.open_session(shared)?;
        let Some(session) = &mut self.session else { return Ok(()) };
        let told = match body {
            Body::Slice { index, key, checksum, sent_ms, .. } => {
                let bytes = shared.parts.sink.get(&key)?;
                if entry_checksum(&bytes) != checksum {
                    let message = format!("slice {key} is not what was taken");
                    return Err(Error::new(ErrorKind::Io, message));
                }
                let sent = sent_ms.unwrap_or(at_ms as f64);
                let slice = shared.options.slice.as_secs_f64() * 1000.0;
                self.note.started_at_ms.get_or_insert((sent - slice).max(0.0) as u64);
                self.note.has_ended = false;
                count(&shared.counters.slices);
                let pushed = match sent_ms {
                    Some(sent) => session.push_at(index, &bytes, sent),
                    None => session.push(index, &bytes),
                };
                match pushed {
                    Err(error) if is_of_input(&error) => {
                        count(&shared.counters.bad_slices);
                        shared.counters.fail(&error);
                        session.poll()
                    }
                    pushed => pushed?,
                }
            }
            Body::Activity { sent_ms, updates } => {
                count(&shared.counters.activities);
                let Some(started) = self.note.started_at_ms else { return Ok(()) };
                match session.activity(sent_ms - started as f64, &updates) {
                    Err(error) if is_of_input(&error) => Vec::new(),
                    told => told?,
                }
            }
            Body::End { .. } => {
                self.note.has_ended = true;
                session.end()?
            }
        };
        self.segments.extend(told);
        Ok(())
    }

    fn open_session(&mut self, shared: &Shared) -> Result<()> {
        if self.session.is_some() {
            return Ok(());
        }
        let mut setup = (shared.parts.sessions)(&self.note.origin);
        setup.options.in_order = true;
        let begin = || LiveSession::new(&self.note.origin.connection, setup.desk.clone(), &setup.options);
        let session = match &self.state {
            Some(state) => match LiveSession::restore(state, setup.desk.clone(), &setup.options) {
                // Of another recogniser: what it had not recognised is lost, and its next recorder is followed.
                Err(error) if matches!(error.kind(), ErrorKind::Mismatch | ErrorKind::Malformed) => {
                    shared.counters.fail(&error);
                    begin()?
                }
                session => session?,
            },
            None => begin()?,
        };
        self.state = None;
        self.session = Some(session);
        Ok(())
    }

    /// Takes what recognisers answered meanwhile, of a session that another process had left too.
    pub(super) fn poll(&mut self, shared: &Shared) -> Result<()> {
        if self.state.is_some() {
            self.open_session(shared)?;
        }
        if let Some(session) = self.session.as_mut().filter(|session| session.is_busy()) {
            let told = session.poll();
            self.is_dirty |= !told.is_empty();
            self.segments.extend(told);
        }
        Ok(())
    }

    /// Stores what became known with how far that is, in one transaction.
    pub(super) fn store(&mut self, shared: &Shared) -> Result<()> {
        if !self.is_dirty {
            return Ok(());
        }
        let transcripts = shared.parts.store.transcripts();
        let state = self.session.as_ref().map(LiveSession::state).transpose()?;
        let mut note = self.note.clone();
        let news = match self.is_of_store {
            true => transcripts.news(&self.segments)?,
            false => self.segments.clone(),
        };
        for segment in news {
            note.sequence += 1;
            note.untold.push((note.sequence, segment));
        }
        let origin = &note.origin.clone();
        let value = note.value(self.claim.epoch)?;
        let committed = transcripts.put(&NewSegments {
            connection: &origin.connection,
            meeting: &origin.meeting,
            user_id: origin.user_id.as_deref(),
            source: origin.source.as_deref(),
            started_at_ms: note.started_at_ms.unwrap_or(0),
            segments: &self.segments,
            epoch: self.claim.epoch,
            is_fenced: true,
            note: Some(&value),
            state: state.as_deref(),
            deliver: shared.parts.deliver.is_some(),
        })?;
        let changed = committed.changed.len() as u64;
        shared.counters.segments.fetch_add(changed, Ordering::Relaxed);
        count(&shared.counters.commits);
        (self.note, self.stored) = (note, state);
        self.segments.clear();
        self.is_dirty = false;
        Ok(())
    }

    /// Tells the transport what is stored.
    pub(super) fn acknowledge(&mut self, shared: &Shared) -> Result<()> {
        if !self.owes() {
            return Ok(());
        }
        // Without it nothing was followed since, and what is told was stored before.
        if self.stored.is_none() {
            self.stored = self.session.as_ref().map(LiveSession::state).transpose()?;
        }
        let state = self.stored.as_ref().or(self.state.as_ref()).map_or(&[][..], Vec::as_slice);
        let told: Vec<(u64, Told)> =
            self.note.untold.iter().map(|(number, segment)| (*number, self.told(segment))).collect();
        let untold = std::mem::take(&mut self.note.untold);
        let value = self.note.value(self.claim.epoch);
        self.note.untold = untold;
        let value = value?;
        let progress = Progress { note: &value, state, told: &told };
        shared.parts.transport.acknowledge(&self.claim, &self.unacknowledged, progress)?;
        if !self.unacknowledged.is_empty() {
            (self.claim.claims, self.claim.failures) = (0, 0);
        }
        self.unacknowledged.clear();
        self.note.untold.clear();
        self.stored = None;
        Ok(())
    }

    fn told(&self, segment: &Segment) -> Told {
        Told {
            place: String::new(),
            origin: self.note.origin.clone(),
            started_at_ms: self.note.started_at_ms.unwrap_or(0),
            segment: segment.clone(),
        }
    }
}

/// True if what was sent is to blame, and always will be.
fn is_of_input(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Malformed | ErrorKind::Unsupported | ErrorKind::InvalidArgument | ErrorKind::Limit
    )
}
