//! What is removed of transcripts.

use super::Transcripts;
use crate::env::{Table, View, WriteTxn};
use crate::meta;
use crate::rows::transcript::{self, Connection, Place, Row, key};
use serde::Serialize;
use sonic_core::Result;
use std::collections::BTreeSet;
use std::ops::AddAssign;
use std::time::Duration;

/// What was removed of transcripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct ForgottenTranscripts {
    /// Connections, with all their segments and what their sessions remembered.
    pub connections: u64,
    /// Segments.
    pub segments: u64,
}

impl AddAssign for ForgottenTranscripts {
    fn add_assign(&mut self, other: Self) {
        self.connections += other.connections;
        self.segments += other.segments;
    }
}

impl Transcripts {
    /// Removes a connection with its segments.
    ///
    /// # Errors
    /// `Io` if another process is writing or the system refuses.
    pub fn remove_connection(&self, connection: &str) -> Result<ForgottenTranscripts> {
        self.store.remove(|txn| match transcript::number(txn.view(), b'n', connection)? {
            Some(number) => remove_connection(txn, number),
            None => Ok(ForgottenTranscripts::default()),
        })
    }

    /// Forgets what sessions remember of connections of which nothing was stored for so long; gives how many there were.
    ///
    /// # Errors
    /// `Io` if another process is writing or the system refuses.
    pub fn forget_states(&self, unused: Duration) -> Result<u64> {
        let unused = u64::try_from(unused.as_millis()).unwrap_or(u64::MAX);
        let before = meta::now_ms().saturating_sub(unused);
        self.store.remove(|txn| {
            let mut count = 0;
            for (number, row) in connections(txn.view())? {
                if row.updated_at_ms < before {
                    count += u64::from(forget_state(txn, number)?);
                }
            }
            Ok(count)
        })
    }

    /// Removes a meeting with its connections and their segments.
    ///
    /// # Errors
    /// `Io` if another process is writing or the system refuses.
    pub fn remove_meeting(&self, meeting: &str) -> Result<ForgottenTranscripts> {
        self.store.remove(|txn| {
            let mut forgotten = ForgottenTranscripts::default();
            let Some(number) = transcript::number(txn.view(), b'M', meeting)? else { return Ok(forgotten) };
            for (connection, row) in connections(txn.view())? {
                if row.number == number {
                    forgotten += remove_connection(txn, connection)?;
                }
            }
            remove_empty_meeting(txn, number, meeting)?;
            Ok(forgotten)
        })
    }
}

/// Every connection with its number.
pub(super) fn connections(view: View<'_>) -> Result<Vec<(u32, Connection)>> {
    let rows = view.prefix(Table::Transcripts, b"c")?;
    let parsed = rows.map(|row| {
        let (key, value) = row?;
        let row = crate::rows::encode::parse(value, "the row of a connection")?;
        Ok((transcript::number_of(key)?, row))
    });
    parsed.collect()
}

fn segments(view: View<'_>, connection: u32) -> Result<Vec<(Place, Row)>> {
    let prefix = key(b's', &[&connection.to_be_bytes()]);
    let rows = view.prefix(Table::Transcripts, &prefix)?.map(|row| {
        let (key, value) = row?;
        Ok((Place::read(&key[1..])?, crate::rows::encode::parse(value, "the row of a segment")?))
    });
    rows.collect()
}

fn remove_connection(txn: &mut WriteTxn<'_>, number: u32) -> Result<ForgottenTranscripts> {
    let Some(connection) = transcript::connection(txn.view(), number)? else {
        return Ok(ForgottenTranscripts::default());
    };
    let rows = segments(txn.view(), number)?;
    let count = rows.len() as u64;
    for (place, row) in rows {
        transcript::remove_segment(txn, &connection, place, &row)?;
    }
    txn.delete(Table::Transcripts, &key(b'z', &[&number.to_be_bytes()]))?;
    txn.delete(Table::Transcripts, &key(b'n', &[connection.connection.as_bytes()]))?;
    txn.delete(Table::Transcripts, &key(b'c', &[&number.to_be_bytes()]))?;
    Ok(ForgottenTranscripts { connections: 1, segments: count })
}

fn forget_state(txn: &mut WriteTxn<'_>, number: u32) -> Result<bool> {
    txn.delete(Table::Transcripts, &key(b'z', &[&number.to_be_bytes()]))
}

fn remove_empty_meeting(txn: &mut WriteTxn<'_>, number: u32, name: &str) -> Result<()> {
    if let Some(mut row) = transcript::meeting(txn.view(), number)? {
        transcript::set_due(txn, number, &mut row, None)?;
    }
    txn.delete_prefix(Table::Transcripts, &key(b'd', &[&number.to_be_bytes()]))?;
    txn.delete(Table::Transcripts, &key(b'M', &[name.as_bytes()]))?;
    txn.delete(Table::Transcripts, &key(b'm', &[&number.to_be_bytes()])).map(drop)
}

/// Forgets a user: the connections that are theirs, and what they said on others.
pub(crate) fn forget_user(txn: &mut WriteTxn<'_>, user_id: &str) -> Result<ForgottenTranscripts> {
    let mut forgotten = ForgottenTranscripts::default();
    for (number, connection) in connections(txn.view())? {
        if connection.user_id.as_deref() == Some(user_id) {
            forgotten += remove_connection(txn, number)?;
            continue;
        }
        let said = |(_, row): &(Place, Row)| row.segment.speaker.as_deref() == Some(user_id);
        let theirs: Vec<_> = segments(txn.view(), number)?.into_iter().filter(said).collect();
        forgotten.segments += theirs.len() as u64;
        if !theirs.is_empty() {
            // It has what was said last.
            forget_state(txn, number)?;
        }
        for (place, row) in theirs {
            transcript::remove_segment(txn, &connection, place, &row)?;
        }
    }
    Ok(forgotten)
}

/// Every user and speaker that transcripts name.
pub(crate) fn names(view: View<'_>) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for (number, connection) in connections(view)? {
        names.extend(connection.user_id);
        names.extend(segments(view, number)?.into_iter().filter_map(|(_, row)| row.segment.speaker));
    }
    Ok(names)
}
