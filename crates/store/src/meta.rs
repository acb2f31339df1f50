//! Facts about the store as a whole: format version, pipeline, counters.

use crate::env::{Table, View, WriteTxn};
use sonic_core::{Error, ErrorKind, PipelineId, Result};

/// The version of the format that this library writes.
pub const FORMAT_VERSION: u32 = 2;

const VERSION: &[u8] = b"format_version";
const PIPELINE: &[u8] = b"fingerprint_pipeline";
/// The next number of recordings.
pub(crate) const NEXT_RECORDING: &[u8] = b"next_recording";

/// The row that a new store begins with: its format version.
pub(crate) const FIRST_ROW: (&[u8], &[u8]) = (VERSION, &FORMAT_VERSION.to_le_bytes());

/// # Errors
/// `Mismatch` if the store has another format version, `Malformed` if it has none.
pub(crate) fn check_version(view: View<'_>) -> Result<()> {
    // Another version may have other checksums: version 1 had none.
    let kept = view.get_sealed(Table::Meta, VERSION)?.and_then(|value| value.first_chunk());
    let version = kept.map(|bytes| u32::from_le_bytes(*bytes)).ok_or_else(|| {
        Error::new(ErrorKind::Malformed, "the store has lost its format version: restore it")
    })?;
    if version != FORMAT_VERSION {
        let message = format!(
            "the store has format version {version}, this library reads version {FORMAT_VERSION}: use a matching release"
        );
        return Err(Error::new(ErrorKind::Mismatch, message));
    }
    view.get(Table::Meta, VERSION).map(drop)
}

/// The pipeline of the fingerprints in the store; `None` while it has none.
pub(crate) fn pipeline(view: View<'_>) -> Result<Option<PipelineId>> {
    let Some(value) = view.get(Table::Meta, PIPELINE)? else { return Ok(None) };
    let text = std::str::from_utf8(value)
        .map_err(|e| Error::new(ErrorKind::Malformed, "the store's pipeline id is damaged").with_source(e))?;
    Ok(Some(PipelineId::new(text)))
}

/// # Errors
/// `Mismatch` if the store holds fingerprints of another pipeline.
pub(crate) fn check_pipeline(view: View<'_>, id: &PipelineId) -> Result<()> {
    match pipeline(view)? {
        Some(own) if own != *id => {
            let message = format!(
                "the store holds fingerprints of pipeline {own}, not of {id}: add the recordings again"
            );
            Err(Error::new(ErrorKind::Mismatch, message))
        }
        _ => Ok(()),
    }
}

pub(crate) fn write_pipeline(txn: &mut WriteTxn<'_>, id: &PipelineId) -> Result<()> {
    check_pipeline(txn.view(), id)?;
    txn.put(Table::Meta, PIPELINE, id.as_str().as_bytes())
}

/// The next number of voices.
pub(crate) const NEXT_VOICE: &[u8] = b"next_voice";
/// The next number of voiceprints.
pub(crate) const NEXT_VOICEPRINT: &[u8] = b"next_voiceprint";
/// The next number of scopes of unnamed speakers.
pub(crate) const NEXT_SCOPE: &[u8] = b"next_scope";
/// The next number of unnamed speakers.
pub(crate) const NEXT_SPEAKER: &[u8] = b"next_speaker";

/// The next number of imported recordings.
pub(crate) const NEXT_IMPORTED: &[u8] = b"next_imported";
/// The next number of events.
pub(crate) const NEXT_EVENT: &[u8] = b"next_event";

/// The next number of jobs.
pub(crate) const NEXT_JOB: &[u8] = b"next_job";

/// The next number of meetings with live sound.
pub(crate) const NEXT_MEETING: &[u8] = b"next_meeting";
/// The next number of connections with live sound.
pub(crate) const NEXT_CONNECTION: &[u8] = b"next_connection";
/// The next number of connections that wait in the queue of live sound.
pub(crate) const NEXT_QUEUED: &[u8] = b"next_queued_connection";

/// A number that no recording has had.
pub(crate) fn new_recording_number(txn: &mut WriteTxn<'_>) -> Result<u32> {
    new_number(txn, NEXT_RECORDING)
}

/// A number that was not given before under this key; the first is 1.
pub(crate) fn new_number(txn: &mut WriteTxn<'_>, key: &[u8]) -> Result<u32> {
    let next = number(txn.view(), key)?.unwrap_or(1);
    let after =
        next.checked_add(1).ok_or_else(|| Error::new(ErrorKind::Limit, "the store has no numbers left"))?;
    txn.put(Table::Meta, key, &after.to_le_bytes())?;
    Ok(next)
}

/// Makes sure that the next number under this key comes after `last`, if the counter was lost.
pub(crate) fn number_from(txn: &mut WriteTxn<'_>, key: &[u8], last: u32) -> Result<()> {
    let next = last.saturating_add(1);
    match number(txn.view(), key)? {
        Some(known) if known >= next => Ok(()),
        None if last == 0 => Ok(()),
        _ => txn.put(Table::Meta, key, &next.to_le_bytes()),
    }
}

/// The last millisecond of the year 9999; calendars and tables know no later one.
const MAX_TIME_MS: u64 = 253_402_300_799_999;

/// That a time of a row can be one.
pub(crate) fn check_time(created_at_ms: u64) -> Result<()> {
    match created_at_ms {
        0..=MAX_TIME_MS => Ok(()),
        _ => {
            let message = format!(
                "created_at_ms is {created_at_ms}, beyond the year 9999: give milliseconds since 1970 UTC, up to \
                 {MAX_TIME_MS}"
            );
            Err(Error::new(ErrorKind::InvalidArgument, message))
        }
    }
}

/// Milliseconds since 1970 UTC.
pub(crate) fn now_ms() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |d| d.as_millis() as u64)
}

fn number(view: View<'_>, key: &[u8]) -> Result<Option<u32>> {
    let Some(value) = view.get(Table::Meta, key)? else { return Ok(None) };
    let bytes = value
        .try_into()
        .map_err(|_| Error::new(ErrorKind::Malformed, "a counter of the store is damaged"))?;
    Ok(Some(u32::from_le_bytes(bytes)))
}
