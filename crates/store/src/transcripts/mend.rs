//! Transcripts of which rows are lost: what follows from other rows is made anew.

use super::forget::connections;
use crate::env::{Table, WriteTxn};
use crate::rows::encode::parse;
use crate::rows::transcript::{self, Meeting, Place, Row, key};
use sonic_core::Result;
use std::collections::{BTreeMap, HashMap};

/// Makes the indexes anew and lets go of what lacks its connection; gives how many segments there are.
pub(crate) fn mend(txn: &mut WriteTxn<'_>) -> Result<u64> {
    for kind in [b'M', b'n', b'i', b't', b'q', b'o'] {
        txn.delete_prefix(Table::Transcripts, &[kind])?;
    }
    let mut connections: HashMap<u32, _> = connections(txn.view())?.into_iter().collect();
    let mut meetings = meetings(txn)?;
    for (number, connection) in &mut connections {
        let meeting = meetings.entry(connection.number).or_default();
        meeting.name.clone_from(&connection.meeting);
        txn.put(Table::Transcripts, &key(b'n', &[connection.connection.as_bytes()]), &number.to_le_bytes())?;
    }
    let rows: Vec<(Place, Row)> = transcript::all(txn.view(), b's')?
        .map(|row| {
            row.and_then(|(place, value)| Ok((Place::read(place)?, parse(value, "the row of a segment")?)))
        })
        .collect::<Result<_>>()?;
    let mut count = 0;
    for (place, row) in rows {
        let Some(connection) = connections.get_mut(&place.0) else {
            txn.delete(Table::Transcripts, &key(b's', &[&place.bytes()]))?;
            continue;
        };
        connection.segments = connection.segments.max(place.1 + 1);
        transcript::write_segment(txn, connection, place, None, &row)?;
        let meeting = meetings.entry(connection.number).or_default();
        meeting.changes = meeting.changes.max(row.change);
        count += 1;
    }
    for (number, connection) in &connections {
        transcript::write_connection(txn, *number, connection)?;
    }
    for (number, mut meeting) in meetings {
        let due = meeting.due_ms.take();
        transcript::set_due(txn, number, &mut meeting, due)?;
        txn.put(Table::Transcripts, &key(b'M', &[meeting.name.as_bytes()]), &number.to_le_bytes())?;
        transcript::write_meeting(txn, number, &meeting)?;
    }
    Ok(count)
}

fn meetings(txn: &WriteTxn<'_>) -> Result<BTreeMap<u32, Meeting>> {
    let rows = txn.view().prefix(Table::Transcripts, b"m")?;
    let parsed = rows.map(|row| {
        let (key, value) = row?;
        Ok((transcript::number_of(key)?, parse(value, "the row of a meeting")?))
    });
    parsed.collect()
}
