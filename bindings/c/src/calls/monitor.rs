//! What plays on a stream, and queries that come piece by piece.

use crate::convert::{Out, c_string, free, reference, slice, texts};
use crate::error::{call, sonic_status};
use crate::exclusive::Exclusive;
use crate::nouns::answer::{sonic_answer, sonic_identify_options};
use crate::nouns::fingerprint::sonic_fingerprint;
use crate::nouns::store::{sonic_store, store_of};
use crate::options::{Options, Sized32, init, read_options, threads};
use sonic::Result;
use sonic::audio::decode::push::{PushOptions, RawPcm};
use sonic::recordings::{Airing, Identified, Monitor, MonitorOptions, RecordingQuery};
use std::ffi::{CString, c_char};
use std::mem::size_of;
use std::ptr::null;

/// How a stream is monitored.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_monitor_options {
    /// sizeof(sonic_monitor_options)
    pub size: u32,
    /// Threads that share the work of a search, 1; 0 is as many as the machine has cores.
    pub threads: u32,
    /// How many slices with a higher index may come before a slice, which is given up then; 3.
    pub window: u32,
    /// 0, or: slices are mono samples, 32-bit floats of this machine, so many a second.
    pub raw_sample_rate: u32,
    /// How far a container's time may be ahead of the packets, in milliseconds, before it is a gap; 100.
    pub gap_threshold_ms: f64,
    /// Ids of recordings that are not looked for, `exclude_len` of them.
    pub exclude: *const *const c_char,
    /// How many ids `exclude` has.
    pub exclude_len: usize,
}

// SAFETY: four u32, a double, then words of one size.
unsafe impl Sized32 for sonic_monitor_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_monitor_options {
    fn defaults() -> Self {
        let PushOptions { window, gap_threshold_ms, .. } = PushOptions::default();
        Self {
            size: size_of::<Self>() as u32,
            threads: 1,
            window: window as u32,
            raw_sample_rate: 0,
            gap_threshold_ms,
            exclude: null(),
            exclude_len: 0,
        }
    }
}

impl sonic_monitor_options {
    /// # Safety
    /// The pointers are as the header says.
    unsafe fn to_options(self) -> Result<MonitorOptions> {
        let raw = RawPcm { sample_rate: self.raw_sample_rate, channels: 1, float: true };
        Ok(MonitorOptions {
            slices: PushOptions {
                window: self.window.into(),
                gap_threshold_ms: self.gap_threshold_ms,
                raw: (self.raw_sample_rate != 0).then_some(raw),
                ..PushOptions::default()
            },
            threads: threads(self.threads)?,
            // SAFETY: the caller's promise.
            exclude: unsafe { texts(self.exclude, self.exclude_len, "options.exclude", "id") }?,
        })
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_monitor_options_init(
    options: *mut sonic_monitor_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// Exclusive. Follows a stream: sound goes in, what plays comes out when it is recognised, after 2 to 6 s, and once more
/// when it ended, mostly within 1 s, later where the recording itself pauses at that place. Every piece of 5 s or more is
/// found, whole or in part; recordings that were imported without their sound are not.
pub struct sonic_monitor(Exclusive<Box<Monitor>>);

/// Follows a stream of which the recordings of a store are known. The store may be freed before the monitor.
///
/// Errors: INVALID_ARGUMENT for an option out of range; CLOSED if the store is closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_monitor_new(
    store: *const sonic_store,
    options: *const sonic_monitor_options,
    monitor: *mut *mut sonic_monitor,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, options) = unsafe { (store_of(store)?, read_options(options)?.to_options()?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(monitor, "monitor") }?;
        out.give(sonic_monitor(Exclusive::new("monitor", Box::new(Monitor::new(store, &options)?))))
    })
}

/// Takes the slice number `index` of the stream, counted from 0, as sonic_push_decoder_push; gives what became known, often
/// nothing.
///
/// Errors: as sonic_push_decoder_push, after which the stream goes on; MALFORMED if the store is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_monitor_push(
    monitor: *mut sonic_monitor,
    index: u64,
    data: *const u8,
    len: usize,
    airings: *mut *mut sonic_airing_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (it, bytes) = unsafe { (reference(monitor, "monitor")?, slice(data, len, "data")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(airings, "airings") }?;
        out.give(sonic_airing_list::new(it.0.with(|monitor| monitor.push(index, bytes))?))
    })
}

/// As sonic_monitor_push, of a slice that was sent at `sent_ms` by the clock of the sender, as sonic_push_decoder_push_at.
///
/// Errors: as sonic_push_decoder_push_at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_monitor_push_at(
    monitor: *mut sonic_monitor,
    index: u64,
    sent_ms: f64,
    data: *const u8,
    len: usize,
    airings: *mut *mut sonic_airing_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (it, bytes) = unsafe { (reference(monitor, "monitor")?, slice(data, len, "data")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(airings, "airings") }?;
        out.give(sonic_airing_list::new(it.0.with(|monitor| monitor.push_at(index, bytes, sent_ms))?))
    })
}

/// Takes mono samples at SONIC_FINGERPRINT_SAMPLE_RATE, of which the first lies `start_ms` milliseconds after the first of
/// the stream, in the place of slices; gives what became known. What is missing before it is a gap.
///
/// Errors: INVALID_ARGUMENT if the time or a sample is no finite number, nothing is taken then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_monitor_push_samples(
    monitor: *mut sonic_monitor,
    start_ms: f64,
    samples: *const f32,
    len: usize,
    airings: *mut *mut sonic_airing_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (it, samples) = unsafe { (reference(monitor, "monitor")?, slice(samples, len, "samples")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(airings, "airings") }?;
        out.give(sonic_airing_list::new(it.0.with(|monitor| monitor.push_samples(start_ms, samples))?))
    })
}

/// Ends the stream, and what plays; gives the rest.
///
/// Errors: as sonic_monitor_push.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_monitor_finish(
    monitor: *mut sonic_monitor,
    airings: *mut *mut sonic_airing_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let it = unsafe { reference(monitor, "monitor") }?;
        // SAFETY: as above.
        let out = unsafe { Out::new(airings, "airings") }?;
        out.give(sonic_airing_list::new(it.0.with(|monitor| monitor.finish())?))
    })
}

/// Frees a monitor; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_monitor_free(monitor: *mut sonic_monitor) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(monitor) }
}

/// A recording that is, or was, on air. Read it through a pointer that the library gave: later versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_airing {
    /// Counts the airings of a stream from 0: it is reported twice under its number, when it is recognised and when it ended.
    pub number: u64,
    /// The recording's id.
    pub id: *const c_char,
    /// Its title; NULL if it has none.
    pub title: *const c_char,
    /// Where it begins, in milliseconds of the stream.
    pub start_ms: u64,
    /// Where it ends; how far it is known to play as long as it plays.
    pub end_ms: u64,
    /// Where in the recording it begins, in milliseconds.
    pub offset_ms: u64,
    /// Log-odds that it is right.
    pub score: f32,
    /// Probability that it is right, 0 to 1.
    pub probability: f32,
    /// Seconds of recording per second of stream: above 1 if it is played faster.
    pub time_scale: f32,
    /// Semitones by which it sounds higher than the recording.
    pub pitch_semitones: f32,
    /// False while it plays.
    pub ended: bool,
}

/// Shared. What became known of a stream, in its order.
pub struct sonic_airing_list {
    rows: Box<[sonic_airing]>,
    /// What the rows point to.
    _texts: Vec<(CString, Option<CString>)>,
}

impl sonic_airing_list {
    fn new(airings: Vec<Airing>) -> Self {
        let texts = |airing: &Airing| (c_string(&airing.id), airing.title.as_deref().map(c_string));
        let texts: Vec<(CString, Option<CString>)> = airings.iter().map(texts).collect();
        let rows = airings.iter().zip(&texts).map(|(airing, (id, title))| sonic_airing {
            number: airing.number,
            id: id.as_ptr(),
            title: title.as_ref().map_or(null(), |title| title.as_ptr()),
            start_ms: airing.start_ms,
            end_ms: airing.end_ms,
            offset_ms: airing.offset_ms,
            score: airing.score,
            probability: airing.probability,
            time_scale: airing.time_scale,
            pitch_semitones: airing.pitch_semitones,
            ended: airing.ended,
        });
        Self { rows: rows.collect(), _texts: texts }
    }
}

/// How many airings there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_airing_list_len(airings: *const sonic_airing_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { airings.as_ref() }.map_or(0, |airings| airings.rows.len())
}

/// The airing at `index`, from 0 on; borrowed from the list. NULL beyond its end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_airing_list_at(
    airings: *const sonic_airing_list,
    index: usize,
) -> *const sonic_airing {
    // SAFETY: the caller keeps the rules of the header.
    let airing = unsafe { airings.as_ref() }.and_then(|airings| airings.rows.get(index));
    airing.map_or(null(), std::ptr::from_ref)
}

/// Frees airings; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_airing_list_free(airings: *mut sonic_airing_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(airings) }
}

/// Exclusive. A query whose clip comes piece by piece: one too long for memory, or of a stream.
pub struct sonic_recording_query(Exclusive<(RecordingQuery, u64)>);

/// A query of the recordings of a store. The store may be freed before the query.
///
/// Errors: INVALID_ARGUMENT for an option out of range.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recording_query_new(
    store: *const sonic_store,
    options: *const sonic_identify_options,
    query: *mut *mut sonic_recording_query,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, options) = unsafe { (store_of(store)?, read_options(options)?.to_options()?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(query, "query") }?;
        out.give(sonic_recording_query(Exclusive::new("query", (store.recordings().query(&options), 0))))
    })
}

/// Searches for the next piece of the clip, which begins where the last one ended: of 10 s or more if there is as much.
///
/// Errors: as sonic_recordings_identify_fingerprint; CLOSED after sonic_recording_query_finish.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recording_query_push(
    query: *mut sonic_recording_query,
    piece: *const sonic_fingerprint,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (it, piece) = unsafe { (reference(query, "query")?, reference(piece, "piece")?) };
        it.0.with(|(query, duration_ms)| {
            query.push(&piece.fingerprint)?;
            *duration_ms += piece.fingerprint.duration_ms;
            Ok(())
        })
    })
}

/// The answer to all pieces. The query has ended then: it can only be freed, which is still to be done.
///
/// Errors: CLOSED the second time; MALFORMED if the store is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recording_query_finish(
    query: *mut sonic_recording_query,
    answer: *mut *mut sonic_answer,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let it = unsafe { reference(query, "query") }?;
        // SAFETY: as above.
        let out = unsafe { Out::new(answer, "answer") }?;
        let (query, duration_ms) = it.0.take()?;
        out.give(sonic_answer::new(Identified::untimed(query.finish()?, duration_ms)))
    })
}

/// Frees a query, finished or not; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recording_query_free(query: *mut sonic_recording_query) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(query) }
}
