//! Speakers who are heard again without being named.

use crate::convert::{Strings, free, optional_text};
use crate::error::{call, sonic_status};
use crate::options::{Options, Sized32, init, reserved};
use sonic::Result;
use sonic::voices::{ObserveOptions, Observed, Speaker};
use std::ffi::c_char;
use std::ptr::null;

/// The rule of two thresholds.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_observe_options {
    /// sizeof(sonic_observe_options)
    pub size: u32,
    /// Above this cosine it is that speaker, and nothing is added.
    pub same: f32,
    /// Above this it is that speaker, of whom more is known then; up to it, a new speaker. Not above `same`.
    pub matching: f32,
    /// 0.
    pub reserved: u32,
    /// A user or a meeting, whose speakers are not known in another, or NULL.
    pub scope: *const c_char,
}

// SAFETY: four words of 32 bits, then a pointer.
unsafe impl Sized32 for sonic_observe_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_observe_options {
    fn defaults() -> Self {
        let ObserveOptions { same, matching, .. } = ObserveOptions::default();
        Self { size: size_of::<Self>() as u32, same, matching, reserved: 0, scope: null() }
    }
}

impl sonic_observe_options {
    /// # Safety
    /// The scope is null or a string.
    pub(crate) unsafe fn to_options(self) -> Result<ObserveOptions> {
        reserved(self.reserved)?;
        // SAFETY: the caller's promise.
        let scope = unsafe { optional_text(self.scope, "options.scope") }?.map(str::to_owned);
        Ok(ObserveOptions { same: self.same, matching: self.matching, scope })
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_observe_options_init(
    options: *mut sonic_observe_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// Shared. Who was heard. Read it through a pointer that the library gave: later versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_observed {
    /// The speaker's id.
    pub speaker: *const c_char,
    /// The largest cosine with an embedding that was kept; 0 if has_score is false.
    pub score: f32,
    /// True if anybody was heard in the scope before.
    pub has_score: bool,
    /// True if the speaker was not heard before.
    pub is_new: bool,
    /// True if the embedding was kept.
    pub is_stored: bool,
}

/// Who was heard with the string that it points to. The row comes first: C's pointer to it is the pointer to all.
#[repr(C)]
pub(crate) struct Row {
    row: sonic_observed,
    _strings: Strings,
}

impl Row {
    pub(crate) fn new(of: &Observed) -> Self {
        let mut strings = Strings::default();
        let row = sonic_observed {
            speaker: strings.keep(&of.speaker),
            score: of.score.unwrap_or(0.0),
            has_score: of.score.is_some(),
            is_new: of.is_new,
            is_stored: of.stored,
        };
        Self { row, _strings: strings }
    }
}

/// Frees what sonic_voices_observe gave; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_observed_free(observed: *mut sonic_observed) {
    // SAFETY: the caller keeps the rules of the header; what it holds is the first field of a `Row`.
    unsafe { free(observed.cast::<Row>()) }
}

/// A speaker who was heard. Read it through a pointer that the library gave: later versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_speaker {
    /// The speaker's id.
    pub speaker: *const c_char,
    /// Embeddings that were kept.
    pub embeddings: u64,
}

/// Shared. A list of speakers.
pub struct sonic_speaker_list {
    rows: Vec<sonic_speaker>,
    /// What the rows point to.
    _strings: Strings,
}

impl sonic_speaker_list {
    pub(crate) fn new(of: &[Speaker]) -> Self {
        let mut strings = Strings::default();
        let row = |s: &Speaker| sonic_speaker { speaker: strings.keep(&s.speaker), embeddings: s.embeddings };
        Self { rows: of.iter().map(row).collect(), _strings: strings }
    }
}

/// How many speakers there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_speaker_list_len(speakers: *const sonic_speaker_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { speakers.as_ref() }.map_or(0, |s| s.rows.len())
}

/// The speaker number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_speaker_list_at(
    speakers: *const sonic_speaker_list,
    index: usize,
) -> *const sonic_speaker {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { speakers.as_ref() }.and_then(|s| s.rows.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Frees a list of speakers; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_speaker_list_free(speakers: *mut sonic_speaker_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(speakers) }
}
