//! Transcripts: what was said in meetings with live sound, by connection, and how far those who follow them have come.

mod check;
mod commit;
mod deliver;
mod forget;
mod mend;
#[cfg(test)]
mod tests;

pub use commit::{Committed, NewSegments};
pub use deliver::{DeliveryBatch, Settled};
pub use forget::ForgottenTranscripts;

pub(crate) use check::check;
pub(crate) use forget::{forget_user, names};
pub(crate) use mend::mend;

use crate::env::View;
use crate::rows::encode::damaged;
use crate::rows::transcript::{self, Connection, Place, Row, Undeliverable};
use crate::store::Store;
use serde::Serialize;
use sonic_core::{Error, ErrorKind, Result, Segment};
use std::collections::HashMap;
use std::collections::hash_map::Entry as MapEntry;

/// The transcripts of a store. Every call is one transaction.
///
/// ```
/// use sonic_core::Segment;
/// use sonic_store::{NewSegments, Store, StoreOptions};
///
/// # let directory = std::env::temp_dir().join(format!("sonic-transcripts-doc-{}", std::process::id()));
/// let store = Store::open(&directory, StoreOptions::default())?;
/// let transcripts = store.transcripts();
/// let said = Segment { id: "s1".into(), text: "Good morning.".into(), end_ms: 900, ..Segment::default() };
/// let new = NewSegments { connection: "c1", meeting: "m1", segments: &[said], ..NewSegments::default() };
/// assert_eq!(transcripts.put(&new)?.changed.len(), 1);
/// assert_eq!(transcripts.put(&new)?.changed.len(), 0, "the same revision twice is one");
/// assert_eq!(transcripts.page("m1", "", 10)?.segments[0].segment.text, "Good morning.");
/// # store.close();
/// # std::fs::remove_dir_all(&directory).ok();
/// # Ok::<(), sonic_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Transcripts {
    store: Store,
}

impl Store {
    /// The transcripts of this store.
    pub fn transcripts(&self) -> Transcripts {
        Transcripts { store: self.clone() }
    }
}

/// A segment with where it belongs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StoredSegment {
    /// Its meeting.
    pub meeting: String,
    /// Its connection.
    pub connection: String,
    /// Whose connection that is.
    pub user_id: Option<String>,
    /// What the connection comes from.
    pub source: Option<String>,
    /// When the connection's sound began, in milliseconds since 1970 UTC: the segment's times count from there.
    pub started_at_ms: u64,
    /// Number of its last change in the meeting; they grow.
    pub change: u64,
    /// When it was stored first, in milliseconds since 1970 UTC.
    pub created_at_ms: u64,
    /// When it changed last.
    pub updated_at_ms: u64,
    /// The segment in its latest revision.
    pub segment: Segment,
}

impl StoredSegment {
    fn new(connection: &Connection, row: Row) -> Self {
        Self {
            meeting: connection.meeting.clone(),
            connection: connection.connection.clone(),
            user_id: connection.user_id.clone(),
            source: connection.source.clone(),
            started_at_ms: connection.started_at_ms,
            change: row.change,
            created_at_ms: row.created_at_ms,
            updated_at_ms: row.updated_at_ms,
            segment: row.segment,
        }
    }

    /// True if it was taken back: it has no length and no text.
    pub fn is_taken_back(&self) -> bool {
        let segment = &self.segment;
        segment.is_final && segment.start_ms == segment.end_ms && segment.text.is_empty()
    }
}

/// Segments, with the place where the next page begins.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SegmentPage {
    /// The segments.
    pub segments: Vec<StoredSegment>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// What is there.
impl Transcripts {
    /// Segments of a meeting in order of when they begin by the clock, behind a place, which is empty at the start; those that were
    /// taken back are left out. None if there is no such meeting.
    ///
    /// # Errors
    /// `InvalidArgument` for a place that is none; `Malformed` if a row is damaged; `Closed` after the store was closed.
    pub fn page(&self, meeting: &str, after: &str, limit: usize) -> Result<SegmentPage> {
        let after = place_of(after, 16)?;
        self.store.read(|view| {
            let Some(number) = transcript::number(view, b'M', meeting)? else { return Ok(empty()) };
            let prefix = transcript::key(b't', &[&number.to_be_bytes()]);
            let keys = transcript::behind(view, prefix, &after)?;
            let keys = keys.map(|row| {
                let (key, _) = row?;
                let place = key.get(8..).ok_or_else(|| damaged("the index of transcripts"))?;
                Ok((key.to_vec(), Place::read(place)?))
            });
            collect(view, keys, limit, |segment| !segment.is_taken_back())
        })
    }

    /// Segments of a connection in the order in which it brought them first, behind a place, which is empty at the start.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub fn of_connection(&self, connection: &str, after: &str, limit: usize) -> Result<SegmentPage> {
        let after = place_of(after, 4)?;
        self.store.read(|view| {
            let Some(number) = transcript::number(view, b'n', connection)? else { return Ok(empty()) };
            let prefix = transcript::key(b's', &[&number.to_be_bytes()]);
            let keys = transcript::behind(view, prefix, &after)?.map(|row| {
                let (key, _) = row?;
                Ok((key.to_vec(), Place::read(&[&number.to_be_bytes(), key].concat())?))
            });
            collect(view, keys, limit, |_| true)
        })
    }

    /// Segments of a meeting that changed behind change number `after`, in order of their last change: what somebody has to
    /// learn who knows all up to it.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub fn changes(&self, meeting: &str, after: u64, limit: usize) -> Result<Vec<StoredSegment>> {
        self.store.read(|view| {
            let Some(number) = transcript::number(view, b'M', meeting)? else { return Ok(Vec::new()) };
            changes(view, number, after, limit)
        })
    }

    /// A connection; `None` if the store does not know it.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub fn connection(&self, connection: &str) -> Result<Option<Connection>> {
        self.store.read(|view| match transcript::number(view, b'n', connection)? {
            Some(number) => transcript::connection(view, number),
            None => Ok(None),
        })
    }

    /// A connection with what its session remembers; `None` if the store does not know it.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub fn progress(&self, connection: &str) -> Result<Option<(Connection, Option<Vec<u8>>)>> {
        self.store.read(|view| {
            let Some(number) = transcript::number(view, b'n', connection)? else { return Ok(None) };
            let state = transcript::state(view, number)?.map(<[u8]>::to_vec);
            Ok(transcript::connection(view, number)?.map(|row| (row, state)))
        })
    }

    /// Names of meetings in order of their bytes, behind one; empty at the start.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub fn meetings(&self, after: &str, limit: usize) -> Result<Vec<String>> {
        let name = |row: Result<(&[u8], &[u8])>| {
            String::from_utf8(row?.0.to_vec()).map_err(|_| damaged("the name of a meeting"))
        };
        self.store.read(|view| {
            transcript::behind(view, vec![b'M'], after.as_bytes())?.take(limit).map(name).collect()
        })
    }

    /// Segments that nobody took, in order of meeting.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub fn undeliverable(&self, limit: usize) -> Result<Vec<Undeliverable>> {
        let what = "the row of a segment that nobody took";
        self.store.read(|view| {
            let rows = transcript::all(view, b'd')?.take(limit);
            rows.map(|row| crate::rows::encode::parse(row?.1, what)).collect()
        })
    }
}

fn empty() -> SegmentPage {
    SegmentPage { segments: Vec::new(), next: None }
}

/// The bytes of a place in a list.
fn place_of(text: &str, length: usize) -> Result<Vec<u8>> {
    let digit = |i: usize| text.get(i..i + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(digit).collect();
    bytes.filter(|bytes| bytes.is_empty() || bytes.len() == length).ok_or_else(|| {
        Error::new(ErrorKind::InvalidArgument, format!("{text:?} is no place in a list of segments"))
    })
}

/// Connections as they are needed.
#[derive(Default)]
struct Connections(HashMap<u32, Connection>);

impl Connections {
    fn stored(&mut self, view: View<'_>, place: Place) -> Result<StoredSegment> {
        let lost = || damaged("the index of transcripts");
        let connection = match self.0.entry(place.0) {
            MapEntry::Occupied(known) => known.into_mut(),
            MapEntry::Vacant(free) => free.insert(transcript::connection(view, place.0)?.ok_or_else(lost)?),
        };
        let row = transcript::segment(view, place)?.ok_or_else(lost)?;
        Ok(StoredSegment::new(connection, row))
    }
}

fn collect(
    view: View<'_>,
    keys: impl Iterator<Item = Result<(Vec<u8>, Place)>>,
    limit: usize,
    wanted: impl Fn(&StoredSegment) -> bool,
) -> Result<SegmentPage> {
    let (mut connections, mut page) = (Connections::default(), empty());
    let mut last = None;
    for row in keys {
        let (key, place) = row?;
        let stored = connections.stored(view, place)?;
        if !wanted(&stored) {
            continue;
        }
        if page.segments.len() == limit {
            page.next = last.map(|key: Vec<u8>| key.iter().map(|byte| format!("{byte:02x}")).collect());
            break;
        }
        page.segments.push(stored);
        last = Some(key);
    }
    Ok(page)
}

fn changes(view: View<'_>, meeting: u32, after: u64, limit: usize) -> Result<Vec<StoredSegment>> {
    let prefix = transcript::key(b'q', &[&meeting.to_be_bytes()]);
    let mut connections = Connections::default();
    let rows = transcript::behind(view, prefix, &after.to_be_bytes())?.take(limit);
    rows.map(|row| connections.stored(view, Place::read(row?.1)?)).collect()
}
