//! Sound out of the slices of a browser's recorder, as they come.

use crate::convert::{Out, free, reference, slice};
use crate::error::{call, sonic_status};
use crate::exclusive::Exclusive;
use crate::options::{Options, Sized32, fill, init, read_options};
use sonic::audio::decode::push::{Chunk, PushCounts, PushDecoder, PushOptions};
use std::mem::size_of;

/// How slices are taken.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_push_options {
    /// sizeof(sonic_push_options).
    pub size: u32,
    /// How many slices with a higher index may come before a slice, which is given up then; 3.
    pub window: u32,
    /// How far a container's time may be ahead of the packets, in milliseconds, before it is a gap; 100.
    pub gap_threshold_ms: f64,
    /// Most bytes of a slice, and of all slices that wait for one before them; 16 MiB.
    pub max_slice_bytes: u64,
}

// SAFETY: two words of 32 bits, then two of 64.
unsafe impl Sized32 for sonic_push_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_push_options {
    fn defaults() -> Self {
        let PushOptions { window, gap_threshold_ms, max_slice_bytes, .. } = PushOptions::default();
        Self {
            size: size_of::<Self>() as u32,
            window: window as u32,
            gap_threshold_ms,
            max_slice_bytes: max_slice_bytes as u64,
        }
    }
}

impl sonic_push_options {
    fn to_options(self) -> PushOptions {
        PushOptions {
            window: self.window.into(),
            gap_threshold_ms: self.gap_threshold_ms,
            max_slice_bytes: usize::try_from(self.max_slice_bytes).unwrap_or(usize::MAX),
            ..PushOptions::default()
        }
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_push_options_init(
    options: *mut sonic_push_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// Exclusive. Decodes the slices that a browser's MediaRecorder gives, of one connection, as they come: WebM, fragmented
/// MP4, Ogg Opus, and MP3, ADTS and WAV. What is lost is a gap in time; what survives keeps its place.
pub struct sonic_push_decoder(Exclusive<Box<PushDecoder>>);

/// A decoder that gives mono samples at `sample_rate`, 1,000 to 768,000 a second.
///
/// Errors: INVALID_ARGUMENT for a rate or an option out of range.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_push_decoder_new(
    sample_rate: u32,
    options: *const sonic_push_options,
    decoder: *mut *mut sonic_push_decoder,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let options = unsafe { read_options(options) }?.to_options();
        // SAFETY: as above.
        let out = unsafe { Out::new(decoder, "decoder") }?;
        let made = PushDecoder::new(sample_rate, &options)?;
        out.give(sonic_push_decoder(Exclusive::new("decoder", Box::new(made))))
    })
}

/// Takes the slice number `index`, counted from 0 as the browser does, and gives the sound that is known by it, often none.
///
/// Errors: LIMIT for a slice that is too large, INVALID_ARGUMENT for an index that cannot be: as if it had not come.
/// UNSUPPORTED for slices without sound that can be decoded, MALFORMED for a recording whose header is damaged or never
/// came: once for each recording. What was decoded before is given by the next call, and so is all that comes later.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_push_decoder_push(
    decoder: *mut sonic_push_decoder,
    index: u64,
    data: *const u8,
    len: usize,
    chunks: *mut *mut sonic_chunk_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (it, bytes) = unsafe { (reference(decoder, "decoder")?, slice(data, len, "data")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(chunks, "chunks") }?;
        out.give(sonic_chunk_list::new(it.0.with(|decoder| decoder.push(index, bytes))?))
    })
}

/// As sonic_push_decoder_push, of a slice that was sent at `sent_ms` by the clock of the sender, from anywhere: by it the
/// next recorder on the connection finds its place.
///
/// Errors: as sonic_push_decoder_push; INVALID_ARGUMENT for a time that is not finite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_push_decoder_push_at(
    decoder: *mut sonic_push_decoder,
    index: u64,
    sent_ms: f64,
    data: *const u8,
    len: usize,
    chunks: *mut *mut sonic_chunk_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (it, bytes) = unsafe { (reference(decoder, "decoder")?, slice(data, len, "data")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(chunks, "chunks") }?;
        out.give(sonic_chunk_list::new(it.0.with(|decoder| decoder.push_at(index, bytes, sent_ms))?))
    })
}

/// Gives the rest: slices that wait for others are read, packets that wait for their time are placed.
///
/// Errors: as sonic_push_decoder_push.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_push_decoder_finish(
    decoder: *mut sonic_push_decoder,
    chunks: *mut *mut sonic_chunk_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let it = unsafe { reference(decoder, "decoder") }?;
        // SAFETY: as above.
        let out = unsafe { Out::new(chunks, "chunks") }?;
        out.give(sonic_chunk_list::new(it.0.with(|decoder| decoder.finish())?))
    })
}

/// The gaps so far, in order: from when to when nothing of the sound came. The last 4,096 are kept.
///
/// Errors: INVALID_ARGUMENT if another thread uses the decoder.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_push_decoder_gaps(
    decoder: *mut sonic_push_decoder,
    gaps: *mut *mut sonic_gaps,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let it = unsafe { reference(decoder, "decoder") }?;
        // SAFETY: as above.
        let out = unsafe { Out::new(gaps, "gaps") }?;
        out.give(gaps_in_c(it.0.with(|decoder| Ok(decoder.gaps()))?))
    })
}

/// What became of the slices so far.
///
/// Errors: INVALID_ARGUMENT if another thread uses the decoder, or counts->size is not set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_push_decoder_counts(
    decoder: *mut sonic_push_decoder,
    counts: *mut sonic_push_counts,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let it = unsafe { reference(decoder, "decoder") }?;
        let make = || it.0.with(|decoder| Ok(sonic_push_counts::from(&decoder.counts())));
        // SAFETY: as above.
        unsafe { fill(counts, "counts", make) }
    })
}

/// Frees a decoder; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_push_decoder_free(decoder: *mut sonic_push_decoder) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(decoder) }
}

/// Mono sound and its place. This layout never changes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_chunk {
    /// When its first sample was recorded, in milliseconds from the first sample of the connection on.
    pub start_ms: f64,
    /// Samples, nominally in -1..=1 and always finite; borrowed from the chunks.
    pub samples: *const f32,
    /// How many samples there are.
    pub len: usize,
}

/// Shared. Sound in the order of its time.
pub struct sonic_chunk_list {
    rows: Box<[sonic_chunk]>,
    /// What the rows point into.
    _chunks: Vec<Chunk>,
}

impl sonic_chunk_list {
    fn new(chunks: Vec<Chunk>) -> Self {
        let row = |chunk: &Chunk| sonic_chunk {
            start_ms: chunk.start_ms,
            samples: chunk.samples.as_ptr(),
            len: chunk.samples.len(),
        };
        Self { rows: chunks.iter().map(row).collect(), _chunks: chunks }
    }
}

/// How many chunks there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_chunk_list_len(chunks: *const sonic_chunk_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { chunks.as_ref() }.map_or(0, |chunks| chunks.rows.len())
}

/// The chunk at `index`, from 0 on; borrowed from the list. NULL beyond its end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_chunk_list_at(
    chunks: *const sonic_chunk_list,
    index: usize,
) -> *const sonic_chunk {
    // SAFETY: the caller keeps the rules of the header.
    let chunk = unsafe { chunks.as_ref() }.and_then(|chunks| chunks.rows.get(index));
    chunk.map_or(std::ptr::null(), std::ptr::from_ref)
}

/// Frees chunks; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_chunk_list_free(chunks: *mut sonic_chunk_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(chunks) }
}

/// A stretch of time of which no sound came, in milliseconds. This layout never changes.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct sonic_gap {
    /// Where it begins.
    pub start_ms: f64,
    /// Where it ends.
    pub end_ms: f64,
}

/// Shared. Gaps in the order of their time.
pub struct sonic_gaps(Box<[sonic_gap]>);

pub(crate) fn gaps_in_c(gaps: Vec<(f64, f64)>) -> sonic_gaps {
    sonic_gaps(gaps.into_iter().map(|(start_ms, end_ms)| sonic_gap { start_ms, end_ms }).collect())
}

/// How many gaps there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_gaps_len(gaps: *const sonic_gaps) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { gaps.as_ref() }.map_or(0, |gaps| gaps.0.len())
}

/// The gaps, sonic_gaps_len of them; borrowed from the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_gaps_data(gaps: *const sonic_gaps) -> *const sonic_gap {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { gaps.as_ref() }.map_or(std::ptr::null(), |gaps| gaps.0.as_ptr())
}

/// Frees gaps; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_gaps_free(gaps: *mut sonic_gaps) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(gaps) }
}

/// What became of the slices of a push decoder.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_push_counts {
    /// sizeof(sonic_push_counts), set by the caller.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Slices that were taken, those that were repeated, late or conflicting among them.
    pub slices: u64,
    /// Slices that came again, and were left out.
    pub repeated: u64,
    /// Slices that came after they had been given up, and were left out.
    pub late: u64,
    /// Slices that were given up: they never came, or too late.
    pub lost: u64,
    /// Slices that are not what came under their index before, and begin no recording; left out.
    pub conflicting: u64,
    /// Times that the index began anew.
    pub restarts: u64,
    /// Recordings that began, each with its header.
    pub sessions: u64,
    /// Recordings whose header never came, and whose sound was taken for Opus.
    pub headers_assumed: u64,
    /// Places where bytes were missing, whether slices were lost or cut.
    pub holes: u64,
    /// Packets whose time was lost with their Cluster, and that were placed by their order.
    pub placed_by_order: u64,
    /// Bytes in which nothing could be read, and that were passed over.
    pub unreadable_bytes: u64,
    /// Packets that could not be decoded.
    pub damaged_packets: u64,
    /// Slices that were refused or could not be read: each gave an error.
    pub errors: u64,
}

// SAFETY: two words of 32 bits, then words of 64.
unsafe impl Sized32 for sonic_push_counts {
    const LEAST: usize = size_of::<Self>();
}

impl From<&PushCounts> for sonic_push_counts {
    fn from(counts: &PushCounts) -> Self {
        Self {
            size: size_of::<Self>() as u32,
            reserved: 0,
            slices: counts.slices,
            repeated: counts.repeated,
            late: counts.late,
            lost: counts.lost,
            conflicting: counts.conflicting,
            restarts: counts.restarts,
            sessions: counts.sessions,
            headers_assumed: counts.headers_assumed,
            holes: counts.holes,
            placed_by_order: counts.placed_by_order,
            unreadable_bytes: counts.unreadable_bytes,
            damaged_packets: counts.damaged_packets,
            errors: counts.errors,
        }
    }
}
