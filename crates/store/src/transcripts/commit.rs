//! Segments come in, with how far the one has come who follows their connection.

use super::{StoredSegment, Transcripts};
use crate::env::{Table, WriteTxn};
use crate::ids::check_name;
use crate::meta;
use crate::rows::transcript::{self, Connection, Meeting, Place, Row, key};
use serde_json::Value;
use sonic_core::{Error, ErrorKind, Result, Segment};
use std::collections::HashMap;

/// Segments of a connection that are to be stored, in one transaction with how far it was followed.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewSegments<'a> {
    /// Id of the connection.
    pub connection: &'a str,
    /// Name of the meeting; that of a connection that the store knows stays.
    pub meeting: &'a str,
    /// Whose connection it is.
    pub user_id: Option<&'a str>,
    /// What it comes from.
    pub source: Option<&'a str>,
    /// When its sound began, in milliseconds since 1970 UTC; that of a connection that the store knows stays.
    pub started_at_ms: u64,
    /// The segments.
    pub segments: &'a [Segment],
    /// Number of the one who follows the connection: if the store knows a larger one, nothing is stored.
    pub epoch: u64,
    /// True if that one has [fenced](Transcripts::fence) the connection: if somebody else stored anything since, nothing is stored.
    pub is_fenced: bool,
    /// What that one notes about how far it has come; `None` to leave what was noted.
    pub note: Option<&'a Value>,
    /// What its session remembers; `None` to leave it, empty to forget it.
    pub state: Option<&'a [u8]>,
    /// True if final segments are to be [delivered](Transcripts::take_delivery).
    pub deliver: bool,
}

/// What was stored.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Committed {
    /// Segments that are new or have a higher revision than before.
    pub changed: Vec<StoredSegment>,
}

impl Transcripts {
    /// Stores segments: each once under its id. The same revision again changes nothing, and neither does a lower one, one that
    /// says the same as what is stored, or one that is not final where a final one is stored.
    ///
    /// # Errors
    /// `InvalidArgument` for an id or a name that is none, or an id of another connection's segment; `Mismatch` if somebody
    /// with a larger epoch follows the connection; `Io` if another process is writing or the disk is full. Nothing is
    /// stored then.
    pub fn put(&self, new: &NewSegments<'_>) -> Result<Committed> {
        check_name("connection", new.connection)?;
        check_name("meeting", new.meeting)?;
        new.user_id.map_or(Ok(()), |user_id| check_name("user id", user_id))?;
        meta::check_time(new.started_at_ms)?;
        new.segments.iter().try_for_each(|segment| check_name("segment's id", &segment.id))?;
        self.store.write_when_free(|txn| put(txn, new))
    }

    /// Makes `epoch` that of a connection, unless the store knows a larger one: then it is refused, as later everything of a
    /// smaller one. Gives the connection with what its session remembers, as they stay until the new one stores something; `None` if
    /// the store does not know it yet.
    ///
    /// # Errors
    /// `Mismatch` if the store knows a larger one; `Io` if another process is writing.
    pub fn fence(&self, connection: &str, epoch: u64) -> Result<Option<(Connection, Option<Vec<u8>>)>> {
        self.store.write_when_free(|txn| {
            let Some(number) = transcript::number(txn.view(), b'n', connection)? else { return Ok(None) };
            let Some(mut row) = transcript::connection(txn.view(), number)? else { return Ok(None) };
            check_epoch(&row, epoch)?;
            row.epoch = epoch;
            transcript::write_connection(txn, number, &row)?;
            let state = transcript::state(txn.view(), number)?.map(<[u8]>::to_vec);
            Ok(Some((row, state)))
        })
    }

    /// Those of some segments that [`put`](Self::put) would store, in their order.
    ///
    /// # Errors
    /// `Malformed` if a row is damaged; `Closed` after the store was closed.
    pub fn news(&self, segments: &[Segment]) -> Result<Vec<Segment>> {
        self.store.read(|view| {
            let mut known: HashMap<&str, Segment> = HashMap::new();
            let mut news = Vec::new();
            for segment in segments {
                if !known.contains_key(&segment.id[..])
                    && let Some(place) = transcript::place(view, &segment.id)?
                    && let Some(row) = transcript::segment(view, place)?
                {
                    known.insert(&segment.id, row.segment);
                }
                if is_news(known.get(&segment.id[..]), segment) {
                    known.insert(&segment.id, segment.clone());
                    news.push(segment.clone());
                }
            }
            Ok(news)
        })
    }
}

/// True if a segment is to be stored where this is.
fn is_news(stored: Option<&Segment>, segment: &Segment) -> bool {
    let Some(stored) = stored else { return true };
    // What is told again by a session that began from an older state may have another revision.
    let is_same = || Segment { revision: segment.revision, ..stored.clone() } == *segment;
    segment.revision > stored.revision && (segment.is_final || !stored.is_final) && !is_same()
}

fn check_epoch(row: &Connection, epoch: u64) -> Result<()> {
    if row.epoch <= epoch {
        return Ok(());
    }
    let message = format!(
        "connection {:?} is followed by somebody else since: number {} is there, {epoch} has lost it",
        row.connection, row.epoch
    );
    Err(Error::new(ErrorKind::Mismatch, message))
}

fn put(txn: &mut WriteTxn<'_>, new: &NewSegments<'_>) -> Result<Committed> {
    let now = meta::now_ms();
    let (number, mut connection) = open_connection(txn, new, now)?;
    check_epoch(&connection, new.epoch)?;
    if new.is_fenced && connection.epoch != new.epoch {
        let message =
            format!("connection {:?} was followed by somebody else meanwhile", connection.connection);
        return Err(Error::new(ErrorKind::Mismatch, message));
    }
    connection.epoch = new.epoch;
    connection.updated_at_ms = now;
    if let Some(note) = new.note {
        connection.note.clone_from(note);
    }
    let lost = || crate::rows::encode::damaged("the index of transcripts");
    let mut meeting = transcript::meeting(txn.view(), connection.number)?.ok_or_else(lost)?;
    let was_idle = meeting.due_ms.is_none();
    let mut committed = Committed::default();
    for segment in new.segments {
        let stored = put_segment(txn, (number, &mut connection), &mut meeting, segment, now)?;
        committed.changed.extend(stored);
    }
    if !committed.changed.is_empty() {
        let to_deliver = new.deliver && committed.changed.iter().any(|stored| stored.segment.is_final);
        match (was_idle, to_deliver) {
            (true, true) => transcript::set_due(txn, connection.number, &mut meeting, Some(now))?,
            // Nobody waits for any of it.
            (true, false) if !new.deliver => meeting.delivered = meeting.changes,
            _ => {}
        }
        transcript::write_meeting(txn, connection.number, &meeting)?;
    }
    transcript::write_connection(txn, number, &connection)?;
    let state = key(b'z', &[&number.to_be_bytes()]);
    match new.state {
        Some([]) => txn.delete(Table::Transcripts, &state).map(drop)?,
        Some(bytes) => txn.put(Table::Transcripts, &state, bytes)?,
        None => {}
    }
    Ok(committed)
}

fn open_connection(txn: &mut WriteTxn<'_>, new: &NewSegments<'_>, now: u64) -> Result<(u32, Connection)> {
    if let Some(number) = transcript::number(txn.view(), b'n', new.connection)? {
        let lost = || crate::rows::encode::damaged("the index of transcripts");
        return Ok((number, transcript::connection(txn.view(), number)?.ok_or_else(lost)?));
    }
    let meeting = open_meeting(txn, new.meeting)?;
    let mut number = meta::new_number(txn, meta::NEXT_CONNECTION)?;
    // A counter that was lost begins anew.
    while transcript::connection(txn.view(), number)?.is_some() {
        number = meta::new_number(txn, meta::NEXT_CONNECTION)?;
    }
    txn.put(Table::Transcripts, &key(b'n', &[new.connection.as_bytes()]), &number.to_le_bytes())?;
    let connection = Connection {
        connection: new.connection.to_owned(),
        meeting: new.meeting.to_owned(),
        number: meeting,
        user_id: new.user_id.map(str::to_owned),
        source: new.source.map(str::to_owned),
        started_at_ms: new.started_at_ms,
        created_at_ms: now,
        epoch: new.epoch,
        ..Connection::default()
    };
    Ok((number, connection))
}

fn open_meeting(txn: &mut WriteTxn<'_>, name: &str) -> Result<u32> {
    if let Some(number) = transcript::number(txn.view(), b'M', name)? {
        return Ok(number);
    }
    let mut number = meta::new_number(txn, meta::NEXT_MEETING)?;
    while transcript::meeting(txn.view(), number)?.is_some() {
        number = meta::new_number(txn, meta::NEXT_MEETING)?;
    }
    txn.put(Table::Transcripts, &key(b'M', &[name.as_bytes()]), &number.to_le_bytes())?;
    transcript::write_meeting(txn, number, &Meeting { name: name.to_owned(), ..Meeting::default() })?;
    Ok(number)
}

/// Stores a segment; gives it if that changed anything.
fn put_segment(
    txn: &mut WriteTxn<'_>,
    (number, connection): (u32, &mut Connection),
    meeting: &mut Meeting,
    segment: &Segment,
    now: u64,
) -> Result<Option<StoredSegment>> {
    let known = transcript::place(txn.view(), &segment.id)?;
    let place = known.unwrap_or(Place(number, connection.segments));
    if place.0 != number {
        let message = format!("the segment {:?} is one of another connection", segment.id);
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    let was = transcript::segment(txn.view(), place)?;
    if !is_news(was.as_ref().filter(|_| known.is_some()).map(|was| &was.segment), segment) {
        return Ok(None);
    }
    meeting.changes += 1;
    let created_at_ms = was.as_ref().map_or(now, |was| was.created_at_ms);
    let row = Row { segment: segment.clone(), change: meeting.changes, created_at_ms, updated_at_ms: now };
    transcript::write_segment(txn, connection, place, was.as_ref(), &row)?;
    if known.is_none() {
        connection.segments += 1;
    }
    Ok(Some(StoredSegment::new(connection, row)))
}
