//! What a worker notes of how far it has followed a connection.

use crate::transport::{Claim, EntryId, Origin};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sonic_core::{Error, ErrorKind, Result, Segment};

/// How far a connection was followed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Note {
    /// The transport whose entries these are.
    transport: String,
    /// The epoch in which it was noted.
    epoch: u64,
    /// The last entry that was followed up, both parts of its id.
    last: (u64, u64),
    /// Segments that became known so far, revisions counted.
    pub(super) sequence: u64,
    /// Those that the transport may not have told yet, each with its number.
    pub(super) untold: Vec<(u64, Segment)>,
    /// True if the sound has ended for now.
    pub(super) has_ended: bool,
    pub(super) origin: Origin,
    /// When the connection's sound began; `None` before the first slice.
    pub(super) started_at_ms: Option<u64>,
}

impl Note {
    /// The last entry that was followed up, of those that come through `transport`.
    pub(super) fn last(&self, transport: &str) -> EntryId {
        match self.transport == transport {
            true => EntryId { major: self.last.0, minor: self.last.1 },
            false => EntryId::default(),
        }
    }

    pub(super) fn follow(&mut self, transport: &str, id: EntryId) {
        transport.clone_into(&mut self.transport);
        self.last = (id.major, id.minor);
    }

    /// As it is kept.
    pub(super) fn value(&mut self, epoch: u64) -> Result<Value> {
        self.epoch = epoch;
        serde_json::to_value(&*self).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
    }
}

/// The later of what the store knows and what the transport carries; second, what the session remembers.
pub(super) fn latest(claim: &mut Claim, stored: Option<(Value, Option<Vec<u8>>)>) -> (Note, Option<Vec<u8>>) {
    let read = |value: Value| serde_json::from_value::<Note>(value).ok();
    let stored = stored.and_then(|(value, state)| Some((read(value)?, state)));
    let shared = claim.shared.take().and_then(|(value, state)| Some((read(value)?, Some(state))));
    let key = |side: &Option<(Note, Option<Vec<u8>>)>| {
        side.as_ref().map(|(note, _)| (note.epoch, note.sequence, note.last))
    };
    let later = if key(&shared) > key(&stored) { shared } else { stored };
    let (note, state) = later.unwrap_or_default();
    (note, state.filter(|state| !state.is_empty()))
}
