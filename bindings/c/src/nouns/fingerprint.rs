//! What sound is recognised by.

use crate::convert::{Out, c_string, free, reference, slice};
use crate::error::{call, sonic_status};
use crate::exclusive::Exclusive;
use crate::nouns::clip::{clip_of, sonic_clip};
use sonic::audio::{self, fingerprint::Fingerprinter};
use sonic::recordings::Landmark;
use sonic::{Fingerprint, Result};
use std::ffi::{CString, c_char};
use std::sync::OnceLock;

/// Samples per second of what a fingerprinter takes. Clips decoded at this rate need no resampling.
pub const SONIC_FINGERPRINT_SAMPLE_RATE: u32 = 11025;

const _: () = assert!(SONIC_FINGERPRINT_SAMPLE_RATE == audio::fingerprint::SAMPLE_RATE);

/// A salient spectral peak, the unit of a fingerprint. This layout never changes.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct sonic_landmark {
    /// Frame number, in hops of 256 samples at 11,025 Hz from the start.
    pub frame: u32,
    /// Frequency in eighths of a bin of the spectrum.
    pub frequency: u16,
    /// How far the peak stands above its surroundings, in dB.
    pub salience: u8,
    /// 0.
    pub reserved: u8,
}

impl From<&Landmark> for sonic_landmark {
    fn from(l: &Landmark) -> Self {
        Self { frame: l.frame, frequency: l.frequency, salience: l.salience, reserved: 0 }
    }
}

/// Shared. The fingerprint of a stretch of sound: landmarks, which a store keeps, and a texture, which a query
/// needs.
pub struct sonic_fingerprint {
    pub(crate) fingerprint: Fingerprint,
    pipeline: CString,
    /// In C's layout, once somebody looks.
    landmarks: OnceLock<Box<[sonic_landmark]>>,
}

impl sonic_fingerprint {
    fn new(fingerprint: Fingerprint) -> Self {
        let pipeline = c_string(fingerprint.pipeline.as_str());
        Self { fingerprint, pipeline, landmarks: OnceLock::new() }
    }
}

/// The fingerprint of a clip, texture included: ready to be stored and to query with. It takes about 20 kB a second: use
/// a fingerprinter without texture, or sonic_recordings_add, for long recordings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_fingerprint_new(
    clip: *const sonic_clip,
    fingerprint: *mut *mut sonic_fingerprint,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (clip, out) = unsafe { (clip_of(clip)?, Out::new(fingerprint, "fingerprint")?) };
        out.give(sonic_fingerprint::new(audio::fingerprint::fingerprint(clip)?))
    })
}

/// # Safety
/// `fingerprint` is null or a fingerprint.
unsafe fn get<'a>(fingerprint: *const sonic_fingerprint) -> Option<&'a sonic_fingerprint> {
    // SAFETY: the caller's promise.
    unsafe { fingerprint.as_ref() }
}

/// The landmarks in order of frame, then frequency, sonic_fingerprint_len of them; borrowed from the fingerprint.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_fingerprint_landmarks(
    fingerprint: *const sonic_fingerprint,
) -> *const sonic_landmark {
    // SAFETY: the caller keeps the rules of the header.
    let Some(it) = (unsafe { get(fingerprint) }) else { return std::ptr::null() };
    it.landmarks.get_or_init(|| it.fingerprint.landmarks.iter().map(Into::into).collect()).as_ptr()
}

/// How many landmarks there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_fingerprint_len(fingerprint: *const sonic_fingerprint) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(fingerprint) }.map_or(0, |f| f.fingerprint.landmarks.len())
}

/// Length of the sound in milliseconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_fingerprint_duration_ms(fingerprint: *const sonic_fingerprint) -> u64 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(fingerprint) }.map_or(0, |f| f.fingerprint.duration_ms)
}

/// Length of the sound in frames.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_fingerprint_frames(fingerprint: *const sonic_fingerprint) -> u32 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(fingerprint) }.map_or(0, |f| f.fingerprint.frames)
}

/// True if one can query with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_fingerprint_has_texture(fingerprint: *const sonic_fingerprint) -> bool {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(fingerprint) }.is_some_and(|f| f.fingerprint.texture.is_some())
}

/// How it was made: fingerprints of different pipelines cannot be compared. Borrowed from the fingerprint.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_fingerprint_pipeline(fingerprint: *const sonic_fingerprint) -> *const c_char {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(fingerprint) }.map_or(std::ptr::null(), |f| f.pipeline.as_ptr())
}

/// Frees a fingerprint; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_fingerprint_free(fingerprint: *mut sonic_fingerprint) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(fingerprint) }
}

/// Exclusive. Makes a fingerprint from samples as they come, in constant memory but for the landmarks.
pub struct sonic_fingerprinter(Exclusive<Fingerprinter>);

/// A fingerprinter for indexing: landmarks only.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_fingerprinter_new(
    fingerprinter: *mut *mut sonic_fingerprinter,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { give(fingerprinter, Fingerprinter::new) })
}

/// A fingerprinter for queries: landmarks and texture, which grows by about 20 kB a second.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_fingerprinter_new_with_texture(
    fingerprinter: *mut *mut sonic_fingerprinter,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { give(fingerprinter, Fingerprinter::with_texture) })
}

/// # Safety
/// `out` is null or can be written.
unsafe fn give(out: *mut *mut sonic_fingerprinter, new: fn() -> Fingerprinter) -> Result<()> {
    // SAFETY: the caller's promise.
    unsafe { Out::new(out, "fingerprinter") }?
        .give(sonic_fingerprinter(Exclusive::new("fingerprinter", new())))
}

/// Adds mono samples at SONIC_FINGERPRINT_SAMPLE_RATE. The fingerprint does not depend on how the sound is cut.
///
/// Errors: INVALID_ARGUMENT if a sample is not finite, nothing is taken then; CLOSED after sonic_fingerprinter_finish.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_fingerprinter_push(
    fingerprinter: *mut sonic_fingerprinter,
    samples: *const f32,
    len: usize,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let it = unsafe { reference(fingerprinter, "fingerprinter") }?;
        // SAFETY: as above.
        let samples = unsafe { slice(samples, len, "samples") }?;
        it.0.with(|fingerprinter| fingerprinter.push(samples))
    })
}

/// The fingerprint since the last time that this was called, or since the start, as a piece for sonic_recording_query_push; the
/// sound goes on.
///
/// Errors: CLOSED after sonic_fingerprinter_finish.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_fingerprinter_take(
    fingerprinter: *mut sonic_fingerprinter,
    fingerprint: *mut *mut sonic_fingerprint,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let it = unsafe { reference(fingerprinter, "fingerprinter") }?;
        // SAFETY: as above.
        let out = unsafe { Out::new(fingerprint, "fingerprint") }?;
        out.give(sonic_fingerprint::new(it.0.with(|fingerprinter| Ok(fingerprinter.take()))?))
    })
}

/// Ends the sound and gives its fingerprint. The fingerprinter has ended then: it can only be freed, which is still to
/// be done.
///
/// Errors: CLOSED the second time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_fingerprinter_finish(
    fingerprinter: *mut sonic_fingerprinter,
    fingerprint: *mut *mut sonic_fingerprint,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let it = unsafe { reference(fingerprinter, "fingerprinter") }?;
        // SAFETY: as above.
        let out = unsafe { Out::new(fingerprint, "fingerprint") }?;
        out.give(sonic_fingerprint::new(it.0.take()?.finish()))
    })
}

/// Frees a fingerprinter, finished or not; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_fingerprinter_free(fingerprinter: *mut sonic_fingerprinter) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(fingerprinter) }
}

/// Shared. The landmarks that a store keeps of a recording.
pub struct sonic_landmarks(pub(crate) Box<[sonic_landmark]>);

/// The landmarks in order of frame, then frequency, sonic_landmarks_len of them; borrowed from the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_landmarks_data(landmarks: *const sonic_landmarks) -> *const sonic_landmark {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { landmarks.as_ref() }.map_or(std::ptr::null(), |l| l.0.as_ptr())
}

/// How many landmarks there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_landmarks_len(landmarks: *const sonic_landmarks) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { landmarks.as_ref() }.map_or(0, |l| l.0.len())
}

/// Frees landmarks; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_landmarks_free(landmarks: *mut sonic_landmarks) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(landmarks) }
}
