//! Whom a voice was recognised as.

use crate::convert::{Strings, free, texts};
use crate::error::{call, sonic_status};
use crate::nouns::decision::sonic_decision;
use crate::options::{Options, Sized32, given, init, reserved, threads};
use sonic::Result;
use sonic::recordings::Decision;
use sonic::voices::VoiceQuality;
use sonic::voices::{IdentifiedVoice, Verification, VerifiedVoice, VoiceIdentifyOptions, VoiceMatch};
use std::ffi::c_char;
use std::ptr::null;
use std::time::Duration;

/// A person who may be the one speaking. Read it through a pointer that the library gave: later versions add fields at
/// its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_voice_match {
    /// The person's name.
    pub person: *const c_char,
    /// Id of the person's voiceprint.
    pub voiceprint_id: *const c_char,
    /// The user that the person is, or NULL.
    pub user_id: *const c_char,
    /// Cosine of the embedding and the voiceprint, -1 to 1; of what both have in the narrow band where one of them has no
    /// more.
    pub score: f32,
    /// The score in standard deviations above what strangers score (AS-norm); 0 if has_normalized is false.
    pub normalized: f32,
    /// Probability that it is this person, 0 to 1.
    pub probability: f32,
    /// Samples that the voiceprint is made of.
    pub sample_count: u32,
    /// True if there were strangers to compare with: a cohort, or enough people in the store.
    pub has_normalized: bool,
    /// True if the samples are as many as enrolling takes.
    pub is_enrolled: bool,
}

/// What was measured of a recording of a voice. Read it through a pointer that the library gave: later versions add
/// fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_voice_quality {
    /// Length in milliseconds; that of the first ten minutes if it is longer.
    pub duration_ms: u64,
    /// Milliseconds in which somebody speaks.
    pub speech_ms: u64,
    /// Power of the speech over that of the background, in dB, -20 to 100; 0 if has_snr is false.
    pub snr_db: f32,
    /// Share of samples, 0 to 1, that are clipped.
    pub clipping: f32,
    /// Mean power in dB of full scale; -120 for silence.
    pub level_dbfs: f32,
    /// Largest magnitude of a sample.
    pub peak: f32,
    /// True if there is speech.
    pub has_snr: bool,
    /// True if it is good enough to be enrolled from, by the gate of the options or SONIC_QUALITY_GATE_DEFAULT.
    pub passes: bool,
    /// The highest frequency, in Hz, that the speech reaches, up to 8,000; 0 without speech.
    pub bandwidth_hz: u32,
}

/// How to find out who is speaking.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_voice_identify_options {
    /// sizeof(sonic_voice_identify_options)
    pub size: u32,
    /// Threads that share the search; 0 is as many as the machine has cores.
    pub threads: u32,
    /// Not 0 if `threshold` decides; otherwise `accept` does.
    pub has_threshold: u32,
    /// The cosine from which on the first person is the answer, whatever the probability; 0.7 is strict for most models.
    pub threshold: f32,
    /// The probability from which on the first person is the answer.
    pub accept: f32,
    /// 0.
    pub reserved: u32,
    /// People reported at most.
    pub limit: usize,
    /// Names of people who are not to be found, `exclude_len` of them.
    pub exclude: *const *const c_char,
    /// How many names `exclude` has.
    pub exclude_len: usize,
}

// SAFETY: six words of 32 bits, then words of one size.
unsafe impl Sized32 for sonic_voice_identify_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_voice_identify_options {
    fn defaults() -> Self {
        let VoiceIdentifyOptions { limit, accept, .. } = VoiceIdentifyOptions::default();
        Self {
            size: size_of::<Self>() as u32,
            threads: 0,
            has_threshold: 0,
            threshold: 0.0,
            accept,
            reserved: 0,
            limit,
            exclude: null(),
            exclude_len: 0,
        }
    }
}

impl sonic_voice_identify_options {
    /// # Safety
    /// The pointers are as the header says.
    pub(crate) unsafe fn to_options(self) -> Result<VoiceIdentifyOptions> {
        reserved(self.reserved)?;
        Ok(VoiceIdentifyOptions {
            limit: self.limit,
            // SAFETY: the caller's promise.
            exclude: unsafe { texts(self.exclude, self.exclude_len, "options.exclude", "name") }?,
            threshold: given(self.has_threshold, self.threshold),
            accept: self.accept,
            threads: threads(self.threads)?,
            ..VoiceIdentifyOptions::default()
        })
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_identify_options_init(
    options: *mut sonic_voice_identify_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

fn match_in_c(of: &VoiceMatch, strings: &mut Strings) -> sonic_voice_match {
    sonic_voice_match {
        person: strings.keep(&of.person),
        voiceprint_id: strings.keep(&of.voiceprint_id),
        user_id: strings.keep_some(of.user_id.as_deref()),
        score: of.score,
        normalized: of.normalized.unwrap_or(0.0),
        probability: of.probability,
        sample_count: of.sample_count,
        has_normalized: of.normalized.is_some(),
        is_enrolled: of.enrolled,
    }
}

/// Shared. The answer to a voice.
pub struct sonic_voice_answer {
    identified: IdentifiedVoice,
    quality: sonic_voice_quality,
    matches: Vec<sonic_voice_match>,
    /// What the matches point to.
    _strings: Strings,
}

impl sonic_voice_answer {
    pub(crate) fn new(identified: IdentifiedVoice) -> Self {
        let mut strings = Strings::default();
        let matches = identified.answer.matches.iter().map(|m| match_in_c(m, &mut strings)).collect();
        let sample = &identified.sample;
        let quality = quality_in_c(&sample.quality, sample.reasons.is_empty());
        Self { identified, quality, matches, _strings: strings }
    }
}

pub(crate) fn quality_in_c(of: &VoiceQuality, passes: bool) -> sonic_voice_quality {
    let VoiceQuality { duration_ms, speech_ms, snr_db, clipping, level_dbfs, peak, bandwidth_hz, .. } = *of;
    sonic_voice_quality {
        duration_ms,
        speech_ms,
        snr_db: snr_db.unwrap_or(0.0),
        clipping,
        level_dbfs,
        peak,
        has_snr: snr_db.is_some(),
        passes,
        bandwidth_hz,
    }
}

/// # Safety
/// `answer` is null or an answer.
unsafe fn get<'a>(answer: *const sonic_voice_answer) -> Option<&'a IdentifiedVoice> {
    // SAFETY: the caller's promise.
    unsafe { answer.as_ref() }.map(|a| &a.identified)
}

/// Whether the voice was recognised: the first match is the one speaking.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_answer_decision(answer: *const sonic_voice_answer) -> sonic_decision {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(answer) }.map_or(Decision::Unknown, |a| a.answer.decision).into()
}

/// How many matches there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_answer_len(answer: *const sonic_voice_answer) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { answer.as_ref() }.map_or(0, |a| a.matches.len())
}

/// The match number `index`, likeliest first, from 0 on; NULL beyond the last. Borrowed from the answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_answer_match(
    answer: *const sonic_voice_answer,
    index: usize,
) -> *const sonic_voice_match {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { answer.as_ref() }.and_then(|a| a.matches.get(index)).map_or(null(), std::ptr::from_ref)
}

/// What was measured of the recording. Borrowed from the answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_answer_quality(
    answer: *const sonic_voice_answer,
) -> *const sonic_voice_quality {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { answer.as_ref() }.map_or(null(), |a| &raw const a.quality)
}

/// People that the voice was compared with.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_answer_compared(answer: *const sonic_voice_answer) -> u64 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(answer) }.map_or(0, |a| a.answer.compared)
}

/// Strangers that scores were normalised with; 0 if they were not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_answer_cohort(answer: *const sonic_voice_answer) -> u64 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(answer) }.map_or(0, |a| a.answer.cohort)
}

/// True if the probabilities were fitted from trials; false if they rest on an assumption.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_answer_calibrated(answer: *const sonic_voice_answer) -> bool {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(answer) }.is_some_and(|a| a.answer.calibrated)
}

/// Milliseconds that decoding and resampling took; 0 for a query by clip.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_answer_decode_ms(answer: *const sonic_voice_answer) -> f64 {
    // SAFETY: the caller keeps the rules of the header.
    milliseconds(unsafe { get(answer) }.map(|a| a.sample.decode))
}

/// Milliseconds that measuring and embedding took.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_answer_embed_ms(answer: *const sonic_voice_answer) -> f64 {
    // SAFETY: the caller keeps the rules of the header.
    milliseconds(unsafe { get(answer) }.map(|a| a.sample.embed))
}

/// Milliseconds that the search took.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_answer_search_ms(answer: *const sonic_voice_answer) -> f64 {
    // SAFETY: the caller keeps the rules of the header.
    milliseconds(unsafe { get(answer) }.map(|a| a.search))
}

fn milliseconds(duration: Option<Duration>) -> f64 {
    duration.map_or(0.0, |d| d.as_secs_f64() * 1000.0)
}

/// Frees an answer; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_answer_free(answer: *mut sonic_voice_answer) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(answer) }
}

/// Shared. Whether a voice is the one it is said to be.
pub struct sonic_verification {
    verification: Verification,
    claim: sonic_voice_match,
    quality: sonic_voice_quality,
    /// What the claim points to.
    _strings: Strings,
}

impl sonic_verification {
    pub(crate) fn new(verified: VerifiedVoice) -> Self {
        let mut strings = Strings::default();
        let VerifiedVoice { verification, sample, .. } = verified;
        let claim = match_in_c(&verification.claim, &mut strings);
        let quality = quality_in_c(&sample.quality, sample.reasons.is_empty());
        Self { verification, claim, quality, _strings: strings }
    }
}

/// Whether the claim is accepted: SONIC_DECISION_MATCH if it is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_verification_decision(
    verification: *const sonic_verification,
) -> sonic_decision {
    // SAFETY: the caller keeps the rules of the header.
    let verification = unsafe { verification.as_ref() };
    verification.map_or(Decision::Unknown, |v| v.verification.decision).into()
}

/// The person with the scores; the probability takes the claim for as likely to be true as not beforehand. Borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_verification_claim(
    verification: *const sonic_verification,
) -> *const sonic_voice_match {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { verification.as_ref() }.map_or(null(), |v| &raw const v.claim)
}

/// What was measured of the recording. Borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_verification_quality(
    verification: *const sonic_verification,
) -> *const sonic_voice_quality {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { verification.as_ref() }.map_or(null(), |v| &raw const v.quality)
}

/// True if the probability was fitted from trials; false if it rests on an assumption.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_verification_calibrated(verification: *const sonic_verification) -> bool {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { verification.as_ref() }.is_some_and(|v| v.verification.calibrated)
}

/// Frees what sonic_voices_verify_clip gave; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_verification_free(verification: *mut sonic_verification) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(verification) }
}
