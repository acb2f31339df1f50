//! Enrolling somebody: how, and what it came to.

use crate::convert::{Strings, free, optional_text};
use crate::error::{call, sonic_status};
use crate::nouns::voice_answer::{quality_in_c, sonic_voice_quality};
use crate::nouns::voiceprint::{Row, sonic_voiceprint};
use crate::options::{Options, Sized32, choice, flag, init, reserved};
use sonic::voices::QualityGate;
use sonic::voices::{EnrollOptions, EnrollStatus, Enrolled, EnrolledEach, VoiceSample};
use sonic::{Error, Result};
use std::ffi::c_char;
use std::ptr::null;

/// What a recording must be like to be enrolled from.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_quality_gate {
    /// At least one second of speech, 5 dB over the background, at most one sample in a hundred clipped, level not
    /// under -50 dB.
    SONIC_QUALITY_GATE_DEFAULT = 0,
    /// For utterances of 1 to 10 s: brought to full scale, ends that are 20 dB under the loudest part cut off, of what
    /// is left 0.5 s or more, of a power of 0.001 and a swing of 0.1.
    SONIC_QUALITY_GATE_SHORT_UTTERANCE = 1,
    /// Whatever can be embedded.
    SONIC_QUALITY_GATE_NONE = 2,
}

/// How to enrol.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_enroll_options {
    /// sizeof(sonic_enroll_options)
    pub size: u32,
    /// A sonic_quality_gate; the default is SONIC_QUALITY_GATE_DEFAULT.
    pub quality_gate: i32,
    /// Samples from which on the person counts as enrolled.
    pub min_samples: u32,
    /// Samples that a voiceprint has at most, not fewer than `min_samples`.
    pub max_samples: u32,
    /// 0: one recording that cannot be used keeps all out. 1: it is left out, and sonic_enrolled_sample says why; that
    /// none can be used is an error still.
    pub only_usable: u32,
    /// 0.
    pub reserved: u32,
    /// The user that the person is, or NULL.
    pub user_id: *const c_char,
}

// SAFETY: six words of 32 bits, then a pointer.
unsafe impl Sized32 for sonic_enroll_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_enroll_options {
    fn defaults() -> Self {
        let EnrollOptions { min_samples, max_samples, .. } = EnrollOptions::default();
        Self {
            size: size_of::<Self>() as u32,
            quality_gate: sonic_quality_gate::SONIC_QUALITY_GATE_DEFAULT as i32,
            min_samples,
            max_samples,
            only_usable: 0,
            reserved: 0,
            user_id: null(),
        }
    }
}

impl sonic_enroll_options {
    /// # Safety
    /// The user's id is null or a string.
    pub(crate) unsafe fn to_options(self) -> Result<EnrollOptions> {
        reserved(self.reserved)?;
        // SAFETY: the caller's promise.
        let user_id = unsafe { optional_text(self.user_id, "options.user_id") }?;
        Ok(EnrollOptions {
            min_samples: self.min_samples,
            max_samples: self.max_samples,
            user_id: user_id.map(str::to_owned),
            ..EnrollOptions::default()
        })
    }

    pub(crate) fn only_usable(self) -> Result<bool> {
        flag("only_usable", self.only_usable)
    }

    pub(crate) fn to_gate(self) -> Result<QualityGate> {
        let gates = [QualityGate::default, QualityGate::short_utterance, QualityGate::none];
        Ok(choice("quality_gate", "sonic_quality_gate", self.quality_gate, &gates)?())
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_enroll_options_init(
    options: *mut sonic_enroll_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// How far enrolling a person has come.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_enroll_status {
    /// There are samples, but fewer than enrolling takes: the person is found, less surely.
    SONIC_ENROLL_SAMPLE_ADDED = 0,
    /// There are enough samples; more make the voiceprint better.
    SONIC_ENROLL_ENROLLED = 1,
    /// There are as many as there may be: further ones are left out.
    SONIC_ENROLL_COMPLETE = 2,
}

/// An analysed recording of a voice, which was to be enrolled. Read it through a pointer that the library gave: later versions
/// add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_voice_sample {
    /// The id under which it is kept; NULL if it could not be decoded or embedded.
    pub recording_id: *const c_char,
    /// Why it was left out, in words; NULL if it was not.
    pub reason: *const c_char,
    /// What was measured of it; NULL if it could not be decoded or embedded.
    pub quality: *const sonic_voice_quality,
    /// A sonic_status: what was wrong with it.
    pub status: i32,
}

/// An analysed recording with what it points to, which stays where it is when this moves.
struct SampleRow {
    row: sonic_voice_sample,
    _quality: Option<Box<sonic_voice_quality>>,
    _strings: Strings,
}

impl SampleRow {
    fn new(sample: Result<VoiceSample>) -> Self {
        let mut strings = Strings::default();
        let (id, quality, error) = match sample {
            Ok(sample) => {
                let quality = Box::new(quality_in_c(&sample.quality, sample.reasons.is_empty()));
                let id = strings.keep(&sample.voice.voice.recording_id);
                (id, Some(quality), sample.into_voice().err())
            }
            Err(error) => (null(), None, Some(error)),
        };
        let row = sonic_voice_sample {
            recording_id: id,
            reason: strings.keep_some(error.as_ref().map(Error::message)),
            quality: quality.as_deref().map_or(null(), std::ptr::from_ref),
            status: error.map_or(0, |e| e.kind() as i32),
        };
        Self { row, _quality: quality, _strings: strings }
    }
}

/// Another person whose voice this is, more likely than not. Read it through a pointer that the library gave: later
/// versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_similar_voiceprint {
    /// The name that the voice is enrolled under.
    pub person: *const c_char,
    /// Id of that voiceprint.
    pub voiceprint_id: *const c_char,
    /// Cosine of the two voiceprints, -1 to 1.
    pub score: f32,
    /// Probability that both are one person, 0.5 to 1.
    pub probability: f32,
}

/// Shared. What enrolling came to.
pub struct sonic_enrolled {
    enrolled: Enrolled,
    voiceprint: Row,
    similar: Option<sonic_similar_voiceprint>,
    samples: Vec<SampleRow>,
    /// What `similar` points to.
    _strings: Strings,
}

impl sonic_enrolled {
    pub(crate) fn new(each: EnrolledEach) -> Self {
        let voiceprint = Row::new(&each.enrolled.voiceprint);
        let samples = each.samples.into_iter().map(SampleRow::new).collect();
        let mut strings = Strings::default();
        let similar = each.enrolled.similar_to.as_ref().map(|similar| sonic_similar_voiceprint {
            person: strings.keep(&similar.person),
            voiceprint_id: strings.keep(&similar.voiceprint_id),
            score: similar.score,
            probability: similar.probability,
        });
        Self { enrolled: each.enrolled, voiceprint, similar, samples, _strings: strings }
    }
}

/// # Safety
/// `enrolled` is null or what enrolling came to.
unsafe fn get<'a>(enrolled: *const sonic_enrolled) -> Option<&'a Enrolled> {
    // SAFETY: the caller's promise.
    unsafe { enrolled.as_ref() }.map(|e| &e.enrolled)
}

/// How far it has come.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_enrolled_status(enrolled: *const sonic_enrolled) -> sonic_enroll_status {
    // SAFETY: the caller keeps the rules of the header.
    match unsafe { get(enrolled) }.map(|e| e.status) {
        Some(EnrollStatus::Enrolled) => sonic_enroll_status::SONIC_ENROLL_ENROLLED,
        Some(EnrollStatus::Complete) => sonic_enroll_status::SONIC_ENROLL_COMPLETE,
        _ => sonic_enroll_status::SONIC_ENROLL_SAMPLE_ADDED,
    }
}

/// Recordings that were added just now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_enrolled_added(enrolled: *const sonic_enrolled) -> u32 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(enrolled) }.map_or(0, |e| e.added)
}

/// Recordings given that the voiceprint had before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_enrolled_known(enrolled: *const sonic_enrolled) -> u32 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(enrolled) }.map_or(0, |e| e.known)
}

/// Recordings given that were left out because there were enough.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_enrolled_left_out(enrolled: *const sonic_enrolled) -> u32 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(enrolled) }.map_or(0, |e| e.left_out)
}

/// The voiceprint of the person as it is in the store now. Borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_enrolled_voiceprint(
    enrolled: *const sonic_enrolled,
) -> *const sonic_voiceprint {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { enrolled.as_ref() }.map_or(null(), |e| &raw const e.voiceprint.row)
}

/// Another person of the store whose voice this is, more likely than not: somebody enrolled under two names, or recordings
/// of the wrong person; NULL if there is none. Borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_enrolled_similar_to(
    enrolled: *const sonic_enrolled,
) -> *const sonic_similar_voiceprint {
    // SAFETY: the caller keeps the rules of the header.
    let similar = unsafe { enrolled.as_ref() }.and_then(|e| e.similar.as_ref());
    similar.map_or(null(), std::ptr::from_ref)
}

/// How many recordings were given.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_enrolled_len(enrolled: *const sonic_enrolled) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { enrolled.as_ref() }.map_or(0, |e| e.samples.len())
}

/// The analysed recording number `index`, in the order in which they were given, from 0 on; NULL beyond the last.
/// Borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_enrolled_sample(
    enrolled: *const sonic_enrolled,
    index: usize,
) -> *const sonic_voice_sample {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { enrolled.as_ref() }.and_then(|e| e.samples.get(index)).map_or(null(), |s| &raw const s.row)
}

/// Frees what sonic_voices_enroll_clips gave; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_enrolled_free(enrolled: *mut sonic_enrolled) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(enrolled) }
}
