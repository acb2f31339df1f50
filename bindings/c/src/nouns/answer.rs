//! What a clip was recognised as.

use crate::convert::{c_string, free, texts};
use crate::error::{call, sonic_status};
use crate::nouns::decision::sonic_decision;
use crate::options::{Options, Sized32, init, threads};
use sonic::Result;
use sonic::recordings::{Decision, Elapsed, Identified, IdentifyOptions, Match};
use std::ffi::{CString, c_char};
use std::ptr::null;
use std::time::Duration;

/// A recording that a clip, or a stretch of it, may come from. Read it through a pointer that the library gave: later
/// versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_match {
    /// The recording's id.
    pub id: *const c_char,
    /// Where in the recording the clip starts, in milliseconds: the place of the clip's first sample, also when the
    /// match begins later in the clip. Negative if the clip starts before the recording.
    pub offset_ms: i64,
    /// Start of the stretch of the clip that matches, in milliseconds.
    pub query_start_ms: u64,
    /// Its end.
    pub query_end_ms: u64,
    /// Log-odds that the match is right; comparable between clips and stores.
    pub score: f32,
    /// Probability that the match is right, 0 to 1.
    pub probability: f32,
    /// Seconds of recording per second of clip: above 1 if the clip was sped up.
    pub time_scale: f32,
    /// Semitones by which the clip is higher than the recording.
    pub pitch_semitones: f32,
    /// Landmarks of the recording that are found in the clip.
    pub aligned: u32,
    /// Share of the clip that the match explains, 0 to 1; gaps between joined stretches do not count.
    pub coverage: f32,
    /// True if it was found by hashes that were imported without the recording's sound, and not by landmarks.
    pub imported: bool,
}

/// How to query.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_identify_options {
    /// sizeof(sonic_identify_options)
    pub size: u32,
    /// Threads that share the work on one clip; 0 is as many as the machine has cores.
    pub threads: u32,
    /// Matches reported at most. The pieces of a long clip that were recognised are always reported, however many they
    /// are; what else it may be fills up to this number.
    pub limit: usize,
    /// Ids of recordings that are not to be found, `exclude_len` of them.
    pub exclude: *const *const c_char,
    /// How many ids `exclude` has.
    pub exclude_len: usize,
}

// SAFETY: two u32, then words of one size.
unsafe impl Sized32 for sonic_identify_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_identify_options {
    fn defaults() -> Self {
        Self {
            size: size_of::<Self>() as u32,
            threads: 0,
            limit: IdentifyOptions::default().limit,
            exclude: null(),
            exclude_len: 0,
        }
    }
}

impl sonic_identify_options {
    /// # Safety
    /// The pointers are as the header says.
    pub(crate) unsafe fn to_options(self) -> Result<IdentifyOptions> {
        Ok(IdentifyOptions {
            limit: self.limit,
            threads: threads(self.threads)?,
            // SAFETY: the caller's promise.
            exclude: unsafe { texts(self.exclude, self.exclude_len, "options.exclude", "id") }?,
        })
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_identify_options_init(
    options: *mut sonic_identify_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// Shared. The answer to a clip.
pub struct sonic_answer {
    identified: Identified,
    matches: Vec<sonic_match>,
    /// What the matches point to.
    _ids: Vec<CString>,
}

impl sonic_answer {
    pub(crate) fn new(identified: Identified) -> Self {
        let matches = &identified.answer.matches;
        let ids: Vec<CString> = matches.iter().map(|m| c_string(&m.id)).collect();
        let matches = matches.iter().zip(&ids).map(|(m, id)| in_c(m, id.as_ptr())).collect();
        Self { identified, matches, _ids: ids }
    }
}

impl sonic_answer {
    /// The matches as Rust has them.
    pub(crate) fn found(&self) -> &[Match] {
        &self.identified.answer.matches
    }
}

fn in_c(m: &Match, id: *const c_char) -> sonic_match {
    let Match { offset_ms, query_start_ms, query_end_ms, score, probability, time_scale, .. } = *m;
    let (pitch_semitones, aligned, coverage) = (m.pitch_semitones, m.aligned, m.coverage);
    sonic_match {
        id,
        offset_ms,
        query_start_ms,
        query_end_ms,
        score,
        probability,
        time_scale,
        pitch_semitones,
        aligned,
        coverage,
        imported: m.imported,
    }
}

/// # Safety
/// `answer` is null or an answer.
unsafe fn get<'a>(answer: *const sonic_answer) -> Option<&'a Identified> {
    // SAFETY: the caller's promise.
    unsafe { answer.as_ref() }.map(|a| &a.identified)
}

/// Whether the clip was recognised.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_answer_decision(answer: *const sonic_answer) -> sonic_decision {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(answer) }.map_or(Decision::Unknown, |a| a.answer.decision).into()
}

/// How many matches there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_answer_len(answer: *const sonic_answer) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { answer.as_ref() }.map_or(0, |a| a.matches.len())
}

/// The match number `index`, likeliest first, from 0 on; NULL beyond the last. Borrowed from the answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_answer_match(answer: *const sonic_answer, index: usize) -> *const sonic_match {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { answer.as_ref() }.and_then(|a| a.matches.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Length of the clip in milliseconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_answer_duration_ms(answer: *const sonic_answer) -> u64 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(answer) }.map_or(0, |a| a.duration_ms)
}

/// True if the clip's file ended early.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_answer_truncated(answer: *const sonic_answer) -> bool {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(answer) }.is_some_and(|a| a.truncated)
}

/// How much of the clip's sound could not be decoded, in milliseconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_answer_damaged_ms(answer: *const sonic_answer) -> u64 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(answer) }.map_or(0, |a| a.damaged_ms)
}

/// Milliseconds that decoding and resampling took; 0 for a query by fingerprint.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_answer_decode_ms(answer: *const sonic_answer) -> f64 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { elapsed(answer, |e| e.decode) }
}

/// Milliseconds that fingerprinting took; 0 for a query by fingerprint.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_answer_fingerprint_ms(answer: *const sonic_answer) -> f64 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { elapsed(answer, |e| e.fingerprint) }
}

/// Milliseconds that the search took.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_answer_search_ms(answer: *const sonic_answer) -> f64 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { elapsed(answer, |e| e.search) }
}

/// # Safety
/// `answer` is null or an answer.
unsafe fn elapsed(answer: *const sonic_answer, stage: fn(&Elapsed) -> Duration) -> f64 {
    // SAFETY: the caller's promise.
    unsafe { get(answer) }.map_or(0.0, |a| stage(&a.elapsed).as_secs_f64() * 1000.0)
}

/// Postings of the index that were read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_answer_postings_read(answer: *const sonic_answer) -> u64 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(answer) }.map_or(0, |a| a.answer.postings_read)
}

/// Postings of very common hashes that were passed over, so that the time of a search is bounded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_answer_postings_skipped(answer: *const sonic_answer) -> u64 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(answer) }.map_or(0, |a| a.answer.postings_skipped)
}

/// Changes of speed, tempo and pitch that were tried, none included.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_answer_scales_tried(answer: *const sonic_answer) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(answer) }.map_or(0, |a| a.answer.scales_tried)
}

/// Frees an answer; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_answer_free(answer: *mut sonic_answer) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(answer) }
}
