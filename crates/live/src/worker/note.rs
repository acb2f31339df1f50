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

/// Where a connection is to go on.
#[derive(Debug, Default)]
pub(super) struct Latest {
    pub(super) note: Note,
    /// What the session remembers.
    pub(super) state: Option<Vec<u8>>,
    /// True if the store is as far: what it has is told, or still in the note.
    pub(super) is_of_store: bool,
}

/// The later of what the store knows and what the transport carries.
pub(super) fn latest(claim: &mut Claim, stored: Option<(Value, Option<Vec<u8>>)>) -> Latest {
    let read = |value: Value| serde_json::from_value::<Note>(value).ok();
    let stored = stored.and_then(|(value, state)| Some((read(value)?, state)));
    let shared = claim.shared.take().and_then(|(value, state)| Some((read(value)?, Some(state))));
    let key = |side: &Option<(Note, Option<Vec<u8>>)>| {
        side.as_ref().map(|(note, _)| (note.epoch, note.sequence, note.last))
    };
    let place =
        |side: &Option<(Note, Option<Vec<u8>>)>| key(side).map(|(_, sequence, last)| (sequence, last));
    let is_shared = key(&shared) > key(&stored);
    let is_of_store = !is_shared || place(&shared) == place(&stored);
    let (note, state) = if is_shared { shared } else { stored }.unwrap_or_default();
    Latest { note, state: state.filter(|state| !state.is_empty()), is_of_store }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_elsewhere_is_known_to_be() {
        let value = |epoch, sequence| {
            let mut note = Note { sequence, ..Note::default() };
            note.follow("redis", EntryId { major: sequence, minor: 0 });
            note.value(epoch).unwrap()
        };
        let latest = |shared: Option<(u64, u64)>, stored: Option<(u64, u64)>| {
            let shared = shared.map(|(epoch, sequence)| (value(epoch, sequence), vec![1]));
            let mut claim =
                Claim { connection: "c".into(), epoch: 9, claims: 1, failures: 0, shared, number: 0 };
            let stored = stored.map(|(epoch, sequence)| (value(epoch, sequence), Some(vec![2])));
            let found = latest(&mut claim, stored);
            (found.note.sequence, found.state.map(|state| state[0]), found.is_of_store)
        };
        assert_eq!(latest(None, None), (0, None, true));
        assert_eq!(latest(Some((6, 9)), Some((6, 10))), (10, Some(2), true), "it was not acknowledged");
        assert_eq!(latest(Some((7, 10)), Some((6, 10))), (10, Some(1), true), "nothing new was stored");
        assert_eq!(latest(Some((7, 20)), Some((6, 21))), (20, Some(1), false), "it went on elsewhere");
        assert_eq!(latest(Some((7, 20)), None), (20, Some(1), false));
    }
}
