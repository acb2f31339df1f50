//! Enrolling somebody: how, and what it came to.

use crate::convert::{Sized32, Strings, free, optional_text, reserved};
use crate::error::invalid;
use crate::person::{Row, sonic_person};
use crate::voice_answer::{quality_in_c, sonic_voice_quality};
use sonic::audio::quality::QualityGate;
use sonic::{EnrollOptions, EnrollStatus, Enrolled, EnrolledEach, Error, Heard, Result};
use std::ffi::c_char;
use std::ptr::null;

/// What a recording must be like to be enrolled from.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_quality_gate {
    /// At least one second of speech, 5 dB over the background, at most one sample in a hundred clipped, level not
    /// under -50 dB.
    SONIC_QUALITY_GATE_DEFAULT = 0,
    /// What viim-ml asks: 1 to 10 s; at full scale, ends 20 dB under the loudest part cut off, 0.5 s left, of a power
    /// of 0.001 and a swing of 0.1.
    SONIC_QUALITY_GATE_VIIM = 1,
    /// Whatever can be embedded.
    SONIC_QUALITY_GATE_NONE = 2,
}

/// How to enrol.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_enroll_options {
    /// sizeof(sonic_enroll_options)
    pub size: u32,
    /// A sonic_quality_gate; 0 is SONIC_QUALITY_GATE_DEFAULT.
    pub quality_gate: i32,
    /// Samples from which on the person counts as enrolled; 0 is 3.
    pub min_samples: u32,
    /// Samples that a voiceprint has at most, not fewer than `min_samples`; 0 is 5.
    pub max_samples: u32,
    /// The user that the person is, or NULL.
    pub user_id: *const c_char,
    /// 0: one recording that cannot be used keeps all out. 1: it is left out, and sonic_enrolled_heard says why; that
    /// none can be used is an error still.
    pub only_usable: u32,
    /// 0.
    pub reserved: u32,
}

// SAFETY: four words of 32 bits, a pointer, two words of 32 bits.
unsafe impl Sized32 for sonic_enroll_options {
    const LEAST: usize = std::mem::offset_of!(Self, only_usable);
}

impl sonic_enroll_options {
    /// # Safety
    /// The user's id is null or a string.
    pub(crate) unsafe fn to_options(self) -> Result<EnrollOptions> {
        reserved(self.reserved)?;
        let defaults = EnrollOptions::default();
        let or = |given, default| if given == 0 { default } else { given };
        // SAFETY: the caller's promise.
        let user_id = unsafe { optional_text(self.user_id, "options.user_id") }?;
        Ok(EnrollOptions {
            min_samples: or(self.min_samples, defaults.min_samples),
            max_samples: or(self.max_samples, defaults.max_samples),
            user_id: user_id.map(str::to_owned),
        })
    }

    pub(crate) fn only_usable(self) -> Result<bool> {
        match self.only_usable {
            0 | 1 => Ok(self.only_usable == 1),
            other => Err(invalid(format!("options.only_usable is {other}, not 0 or 1"))),
        }
    }

    pub(crate) fn to_gate(self) -> Result<QualityGate> {
        match self.quality_gate {
            0 => Ok(QualityGate::default()),
            1 => Ok(QualityGate::viim()),
            2 => Ok(everything()),
            other => Err(invalid(format!("options.quality_gate is {other}, which is no sonic_quality_gate"))),
        }
    }
}

/// A gate that is open.
fn everything() -> QualityGate {
    QualityGate {
        duration_s: (0.0, f64::INFINITY),
        normalize: false,
        trim_top_db: None,
        min_left_s: None,
        min_power: None,
        min_swing: None,
        min_speech_s: None,
        min_snr_db: None,
        max_clipping: None,
        min_level_dbfs: None,
    }
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

/// What was heard of a recording that was to be enrolled. Read it through a pointer that the library gave: later versions
/// add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_heard {
    /// The id under which it is kept; NULL if it could not be decoded or embedded.
    pub recording_id: *const c_char,
    /// Why it was left out, in words; NULL if it was not.
    pub reason: *const c_char,
    /// What was measured of it; NULL if it could not be decoded or embedded.
    pub quality: *const sonic_voice_quality,
    /// A sonic_status: what was wrong with it.
    pub status: i32,
}

/// Something heard with what it points to, which stays where it is when this moves.
struct HeardRow {
    row: sonic_heard,
    _quality: Option<Box<sonic_voice_quality>>,
    _strings: Strings,
}

impl HeardRow {
    fn new(heard: Result<Heard>) -> Self {
        let mut strings = Strings::default();
        let (id, quality, error) = match heard {
            Ok(heard) => {
                let quality = Box::new(quality_in_c(&heard.quality, heard.reasons.is_empty()));
                let id = strings.keep(&heard.voice.voice.recording_id);
                (id, Some(quality), heard.good_enough().err())
            }
            Err(error) => (null(), None, Some(error)),
        };
        let row = sonic_heard {
            recording_id: id,
            reason: strings.keep_some(error.as_ref().map(Error::message)),
            quality: quality.as_deref().map_or(null(), std::ptr::from_ref),
            status: error.map_or(0, |e| e.kind() as i32),
        };
        Self { row, _quality: quality, _strings: strings }
    }
}

/// Shared. What enrolling came to.
pub struct sonic_enrolled {
    enrolled: Enrolled,
    person: Row,
    heard: Vec<HeardRow>,
}

impl sonic_enrolled {
    pub(crate) fn new(each: EnrolledEach) -> Self {
        let person = Row::new(&each.enrolled.voiceprint);
        let heard = each.heard.into_iter().map(HeardRow::new).collect();
        Self { enrolled: each.enrolled, person, heard }
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
        Some(EnrollStatus::SampleAdded) | None => sonic_enroll_status::SONIC_ENROLL_SAMPLE_ADDED,
        Some(EnrollStatus::Enrolled) => sonic_enroll_status::SONIC_ENROLL_ENROLLED,
        Some(EnrollStatus::Complete) => sonic_enroll_status::SONIC_ENROLL_COMPLETE,
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

/// The person as they are in the store now. Borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_enrolled_person(enrolled: *const sonic_enrolled) -> *const sonic_person {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { enrolled.as_ref() }.map_or(null(), |e| &raw const e.person.row)
}

/// How many recordings were given.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_enrolled_len(enrolled: *const sonic_enrolled) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { enrolled.as_ref() }.map_or(0, |e| e.heard.len())
}

/// What was heard of the recording number `index`, in the order in which they were given, from 0 on; NULL beyond the
/// last. Borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_enrolled_heard(
    enrolled: *const sonic_enrolled,
    index: usize,
) -> *const sonic_heard {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { enrolled.as_ref() }.and_then(|e| e.heard.get(index)).map_or(null(), |h| &raw const h.row)
}

/// Frees what sonic_voices_enroll gave; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_enrolled_free(enrolled: *mut sonic_enrolled) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(enrolled) }
}
