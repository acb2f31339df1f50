//! What may be wrong with transcripts.

use super::forget::connections;
use crate::env::{Table, View};
use crate::rows::encode::parse;
use crate::rows::transcript::{self, Place, Row, key};
use sonic_core::Result;
use std::collections::HashMap;

/// Reports what does not fit together.
pub(crate) fn check(view: View<'_>, report: &mut impl FnMut(String)) -> Result<()> {
    let connections: HashMap<u32, _> = connections(view)?.into_iter().collect();
    for (number, connection) in &connections {
        let id = &connection.connection;
        if transcript::number(view, b'n', id)? != Some(*number) {
            report(format!("the connection {id:?} is not found by its id"));
        }
        let meeting = transcript::meeting(view, connection.number)?;
        if meeting.is_none_or(|meeting| meeting.name != connection.meeting) {
            report(format!("the meeting of connection {id:?} is missing"));
        }
    }
    let mut count = 0;
    for row in transcript::all(view, b's')? {
        let (place, value) = row?;
        let place = Place::read(place)?;
        let row: Row = parse(value, "the row of a segment")?;
        let id = &row.segment.id;
        count += 1;
        let Some(connection) = connections.get(&place.0) else {
            report(format!("the connection of segment {id:?} is missing"));
            continue;
        };
        let start = transcript::by_start(connection.number, connection, &row, place);
        let change = view.get(Table::Transcripts, &transcript::by_change(connection.number, row.change))?;
        let is_indexed = transcript::place(view, id)? == Some(place)
            && view.get(Table::Transcripts, &start)?.is_some()
            && change == Some(&place.bytes()[..]);
        if !is_indexed {
            report(format!("segment {id:?} is not in the index of transcripts"));
        }
    }
    for kind in [b'i', b't', b'q'] {
        let found = transcript::all(view, kind)?.count();
        if found != count {
            let kind = char::from(kind);
            report(format!("index {kind:?} of transcripts has {found} entries for {count} segments"));
        }
    }
    check_meetings(view, report)
}

fn check_meetings(view: View<'_>, report: &mut impl FnMut(String)) -> Result<()> {
    let mut due = 0;
    for row in transcript::all(view, b'm')? {
        let (number, value) = row?;
        let number = transcript::number_of(&key(b'm', &[number]))?;
        let row: transcript::Meeting = parse(value, "the row of a meeting")?;
        if transcript::number(view, b'M', &row.name)? != Some(number) {
            report(format!("the meeting {:?} is not found by its name", row.name));
        }
        if let Some(time) = row.due_ms {
            due += 1;
            if view.get(Table::Transcripts, &transcript::due(time, number))?.is_none() {
                report(format!("what is to be delivered of meeting {:?} is not in the index", row.name));
            }
        }
    }
    if transcript::all(view, b'o')?.count() != due {
        report("the index of deliveries does not fit the meetings".to_owned());
    }
    Ok(())
}
