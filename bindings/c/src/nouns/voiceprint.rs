//! People whose voices are in a store.

use crate::convert::{Out, Strings, free};
use crate::options::Sized32;
use sonic::Result;
use sonic::voices::{ForgottenVoices, Sample, Voiceprint};
use std::ffi::c_char;
use std::ptr::null;

/// Longest name of a person and id of a user, in bytes.
pub const SONIC_MAX_NAME_BYTES: usize = 400;

const _: () = assert!(SONIC_MAX_NAME_BYTES == sonic::voices::MAX_NAME_BYTES);

/// The voiceprint of a person whose voice a store knows. Read it through a pointer that the library gave: later versions add fields at
/// its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_voiceprint {
    /// The person's name, unique in the store.
    pub person: *const c_char,
    /// Id of the person's voiceprint.
    pub voiceprint_id: *const c_char,
    /// The user that the person is, or NULL.
    pub user_id: *const c_char,
    /// When the first sample was enrolled, in milliseconds since 1970 UTC.
    pub created_at_ms: u64,
    /// When the samples last changed.
    pub updated_at_ms: u64,
    /// Samples that the voiceprint is made of.
    pub sample_count: u32,
    /// Samples from which on the person counts as enrolled.
    pub min_samples: u32,
    /// True if there are as many samples as that.
    pub is_enrolled: bool,
    /// The samples in the order in which they were enrolled, then the last that were removed; `sample_len` of them.
    pub samples: *const sonic_sample,
    /// How many `samples` has.
    pub sample_len: usize,
}

/// A sample of a voiceprint: a recording that it is made of, or was. This layout never changes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_sample {
    /// The recording's id.
    pub recording_id: *const c_char,
    /// When it was enrolled, in milliseconds since 1970 UTC.
    pub created_at_ms: u64,
    /// When it was removed; 0 if has_removed_at_ms is false.
    pub removed_at_ms: u64,
    /// Cosine of its embedding and the voiceprint: one far below the others is of another voice, or noise.
    pub agreement: f32,
    /// True if it was removed: it does not count.
    pub has_removed_at_ms: bool,
}

/// A voiceprint with what it points to. The row comes first: C's pointer to it is the pointer to all.
#[repr(C)]
pub(crate) struct Row {
    pub(crate) row: sonic_voiceprint,
    _samples: Box<[sonic_sample]>,
    _strings: Strings,
}

impl Row {
    pub(crate) fn new(of: &Voiceprint) -> Self {
        let mut strings = Strings::default();
        let samples = of.samples.iter().map(|sample: &Sample| sonic_sample {
            recording_id: strings.keep(&sample.recording_id),
            created_at_ms: sample.created_at_ms,
            removed_at_ms: sample.removed_at_ms.unwrap_or(0),
            agreement: sample.agreement,
            has_removed_at_ms: sample.removed_at_ms.is_some(),
        });
        let samples: Box<[_]> = samples.collect();
        let row = sonic_voiceprint {
            person: strings.keep(&of.person),
            voiceprint_id: strings.keep(&of.voiceprint_id),
            user_id: strings.keep_some(of.user_id.as_deref()),
            created_at_ms: of.created_at_ms,
            updated_at_ms: of.updated_at_ms,
            sample_count: of.sample_count(),
            min_samples: of.min_samples,
            is_enrolled: of.is_enrolled(),
            samples: samples.as_ptr(),
            sample_len: samples.len(),
        };
        Self { row, _samples: samples, _strings: strings }
    }
}

/// Shared. A list of people with voiceprints.
pub struct sonic_voiceprint_list(Vec<Row>);

impl sonic_voiceprint_list {
    pub(crate) fn new(of: &[Voiceprint]) -> Self {
        Self(of.iter().map(Row::new).collect())
    }
}

/// How many people there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voiceprint_list_len(people: *const sonic_voiceprint_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { people.as_ref() }.map_or(0, |p| p.0.len())
}

/// The person number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voiceprint_list_at(
    people: *const sonic_voiceprint_list,
    index: usize,
) -> *const sonic_voiceprint {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { people.as_ref() }.and_then(|p| p.0.get(index)).map_or(null(), |r| &raw const r.row)
}

/// Frees a list of people; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voiceprint_list_free(people: *mut sonic_voiceprint_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(people) }
}

/// Where the voiceprint goes as it is after a change, if C wants to know.
///
/// # Safety
/// `voiceprint` is null or can be written.
pub(crate) unsafe fn maybe(voiceprint: *mut *mut sonic_voiceprint) -> Option<Out<*mut Row>> {
    // SAFETY: the caller's promise.
    unsafe { Out::new(voiceprint.cast::<*mut Row>(), "voiceprint") }.ok()
}

pub(crate) fn give(out: Option<Out<*mut Row>>, print: &Voiceprint) -> Result<()> {
    out.map_or(Ok(()), |out| out.give(Row::new(print)))
}

/// Frees a voiceprint that was given alone; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voiceprint_free(voiceprint: *mut sonic_voiceprint) {
    // SAFETY: the caller keeps the rules of the header; what it holds is the first field of a `Row`.
    unsafe { free(voiceprint.cast::<Row>()) }
}

/// What was forgotten of voices. Set `size` before the call; the rest is filled in as far as it reaches.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_forgotten_voices {
    /// sizeof(sonic_forgotten_voices)
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Voiceprints.
    pub voiceprints: u64,
    /// Recordings, with their embeddings.
    pub recordings: u64,
    /// Embeddings of unnamed speakers.
    pub speakers: u64,
}

// SAFETY: two u32, three u64.
unsafe impl Sized32 for sonic_forgotten_voices {
    const LEAST: usize = size_of::<Self>();
}

pub(crate) fn voices_in_c(of: ForgottenVoices) -> sonic_forgotten_voices {
    let ForgottenVoices { voiceprints, recordings, speakers, .. } = of;
    let size = size_of::<sonic_forgotten_voices>() as u32;
    sonic_forgotten_voices { size, reserved: 0, voiceprints, recordings, speakers }
}
