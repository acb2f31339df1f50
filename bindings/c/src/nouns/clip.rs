//! Decoded sound.

use crate::convert::{Out, free, invalid, reference, slice};
use crate::error::{call, sonic_status};
use crate::nouns::source::{sonic_source, source_of};
use crate::options::{Options, Sized32, given, init, read_options, reserved};
use sonic::audio::DecodeOptions;
use sonic::{Clip, audio};
use std::sync::Arc;

/// Shared. Decoded sound: mono samples at one rate.
pub struct sonic_clip(Arc<Clip>);

/// How to decode.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_decode_options {
    /// sizeof(sonic_decode_options)
    pub size: u32,
    /// Not 0 to resample; otherwise the rate of the source is kept.
    pub has_sample_rate: u32,
    /// Samples per second to resample to, 1 to 768,000.
    pub sample_rate: u32,
    /// Not 0 to take the sound track `track`; otherwise the one that the file calls its default, or the first that can be
    /// decoded.
    pub has_track: u32,
    /// The number of a sound track, counted from 0 in the order of the file.
    pub track: u32,
    /// 0.
    pub reserved: u32,
}

// SAFETY: six u32 in a row.
unsafe impl Sized32 for sonic_decode_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_decode_options {
    fn defaults() -> Self {
        let size = size_of::<Self>() as u32;
        Self { size, has_sample_rate: 0, sample_rate: 0, has_track: 0, track: 0, reserved: 0 }
    }
}

impl sonic_decode_options {
    fn to_options(self) -> sonic::Result<DecodeOptions> {
        reserved(self.reserved)?;
        Ok(DecodeOptions {
            sample_rate: given(self.has_sample_rate, self.sample_rate),
            track: given(self.has_track, self.track),
        })
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_decode_options_init(
    options: *mut sonic_decode_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// Decodes the sound of a source, of nearly every format, videos included, to mono.
///
/// Errors: NOT_FOUND and IO if it cannot be read; INVALID_ARGUMENT for what is no file, a rate out of range and a track
/// that there is not; UNSUPPORTED for a format or codec that sonic cannot read; MALFORMED for an empty file and one in
/// which nothing can be decoded; LIMIT beyond 2^30 samples, for a header beyond what is read, and where a few bytes stand
/// for very many samples; CLOSED for a stream that was read before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_clip_decode(
    source: *const sonic_source,
    options: *const sonic_decode_options,
    clip: *mut *mut sonic_clip,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (source, options) = unsafe { (source_of(source)?, read_options(options)?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(clip, "clip") }?;
        out.give(sonic_clip(audio::decode_with(source.open()?, &options.to_options()?)?.into()))
    })
}

/// A clip of samples that are there already: mono, nominally -1 to 1, copied.
///
/// Errors: INVALID_ARGUMENT if a sample is not finite or the rate is not 1 to 768,000 Hz.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_clip_new(
    samples: *const f32,
    len: usize,
    sample_rate: u32,
    clip: *mut *mut sonic_clip,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (samples, out) = unsafe { (slice(samples, len, "samples")?, Out::new(clip, "clip")?) };
        if !(1..=768_000).contains(&sample_rate) {
            return Err(invalid(format!("the sample rate must be 1 to 768000 Hz, not {sample_rate}")));
        }
        if samples.iter().any(|s| !s.is_finite()) {
            return Err(invalid("a sample is NaN or infinite: clean the clip first"));
        }
        out.give(sonic_clip(Clip::new(samples.to_vec(), sample_rate).into()))
    })
}

/// # Safety
/// `clip` is null or a clip.
unsafe fn get<'a>(clip: *const sonic_clip) -> Option<&'a Clip> {
    // SAFETY: the caller's promise.
    unsafe { reference(clip, "clip") }.ok().map(|c| &*c.0)
}

/// The samples, sonic_clip_len of them; borrowed from the clip.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_clip_samples(clip: *const sonic_clip) -> *const f32 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(clip) }.map_or(std::ptr::null(), |c| c.samples.as_ptr())
}

/// How many samples there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_clip_len(clip: *const sonic_clip) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(clip) }.map_or(0, |c| c.samples.len())
}

/// Samples per second.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_clip_sample_rate(clip: *const sonic_clip) -> u32 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(clip) }.map_or(0, |c| c.sample_rate)
}

/// Length in milliseconds, rounded down.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_clip_duration_ms(clip: *const sonic_clip) -> u64 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(clip) }.map_or(0, Clip::duration_ms)
}

/// True if the source ended before its container said it would, or in the middle of a frame.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_clip_truncated(clip: *const sonic_clip) -> bool {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(clip) }.is_some_and(|c| c.truncated)
}

/// How much of the source's sound could not be decoded, in milliseconds; it is left out of the samples.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_clip_damaged_ms(clip: *const sonic_clip) -> u64 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(clip) }.map_or(0, |c| c.damaged_ms)
}

/// Frees a clip; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_clip_free(clip: *mut sonic_clip) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(clip) }
}

/// # Safety
/// `clip` is null or a clip.
pub(crate) unsafe fn clip_of<'a>(clip: *const sonic_clip) -> sonic::Result<&'a Clip> {
    // SAFETY: the caller's promise.
    unsafe { shared_clip_of(clip, "clip") }.map(|c| &**c)
}

/// As [`clip_of`], to be kept for longer than the handle.
///
/// # Safety
/// As [`clip_of`].
pub(crate) unsafe fn shared_clip_of<'a>(clip: *const sonic_clip, name: &str) -> sonic::Result<&'a Arc<Clip>> {
    // SAFETY: the caller's promise.
    unsafe { reference(clip, name) }.map(|c| &c.0)
}
