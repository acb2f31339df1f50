//! Speakers who are heard again without being named.

use crate::convert::{Out, Sized32, Strings, free, optional_text, options, reserved};
use crate::embedder::{embedding_of, sonic_voice_embedder};
use crate::error::{call, sonic_status};
use crate::store::{sonic_store, store_of};
use sonic::{ObserveOptions, Observed, Result, Speaker};
use std::ffi::c_char;
use std::ptr::null;

/// The rule of two thresholds.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_observe_options {
    /// sizeof(sonic_observe_options)
    pub size: u32,
    /// Above this cosine it is that speaker, and nothing is added; 0 is 0.95.
    pub same: f32,
    /// Above this it is that speaker, of whom more is known then; up to it, a new speaker. Not above `same`; 0 is 0.7.
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

impl sonic_observe_options {
    /// # Safety
    /// The scope is null or a string.
    unsafe fn to_options(self) -> Result<ObserveOptions> {
        reserved(self.reserved)?;
        let defaults = ObserveOptions::default();
        let or = |given, default| if given == 0.0 { default } else { given };
        // SAFETY: the caller's promise.
        let scope = unsafe { optional_text(self.scope, "options.scope") }?.map(str::to_owned);
        Ok(ObserveOptions {
            same: or(self.same, defaults.same),
            matching: or(self.matching, defaults.matching),
            scope,
        })
    }
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
struct Row {
    row: sonic_observed,
    _strings: Strings,
}

impl Row {
    fn new(of: &Observed) -> Self {
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

/// Who is heard again, by an embedding that `embedder` made: alike above `same` or `matching` of the options it is that
/// speaker, else a new one.
///
/// Errors: INVALID_ARGUMENT if `len` is not sonic_voice_embedder_dims, the embedding is no direction or the thresholds
/// are the wrong way round; MISMATCH if the embedder's pipeline is not the store's; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_observe(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    embedding: *const f32,
    len: usize,
    options: *const sonic_observe_options,
    observed: *mut *mut sonic_observed,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, embedding) = unsafe { (store_of(store)?, embedding_of(embedder, embedding, len)?) };
        // SAFETY: as above.
        let options = unsafe { self::options(options, "options")?.to_options() }?;
        // SAFETY: as above.
        let out = unsafe { Out::new(observed.cast::<*mut Row>(), "observed") }?;
        out.give(Row::new(&store.voices().observe(&embedding, &options)?))
    })
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
pub struct sonic_speakers {
    rows: Vec<sonic_speaker>,
    /// What the rows point to.
    _strings: Strings,
}

impl sonic_speakers {
    fn new(of: &[Speaker]) -> Self {
        let mut strings = Strings::default();
        let row = |s: &Speaker| sonic_speaker { speaker: strings.keep(&s.speaker), embeddings: s.embeddings };
        Self { rows: of.iter().map(row).collect(), _strings: strings }
    }
}

/// The speakers heard in a scope, NULL for those of none, in the order in which they were first heard.
///
/// Errors: MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_speakers(
    store: *const sonic_store,
    scope: *const c_char,
    speakers: *mut *mut sonic_speakers,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, scope) = unsafe { (store_of(store)?, optional_text(scope, "scope")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(speakers, "speakers") }?;
        out.give(sonic_speakers::new(&store.voices().speakers(scope)?))
    })
}

/// How many speakers there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_speakers_len(speakers: *const sonic_speakers) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { speakers.as_ref() }.map_or(0, |s| s.rows.len())
}

/// The speaker number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_speakers_at(
    speakers: *const sonic_speakers,
    index: usize,
) -> *const sonic_speaker {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { speakers.as_ref() }.and_then(|s| s.rows.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Frees a list of speakers; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_speakers_free(speakers: *mut sonic_speakers) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(speakers) }
}

/// Forgets everybody heard in a scope, NULL for none. `embeddings`, how many went, may be NULL.
///
/// Errors: IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_forget_speakers(
    store: *const sonic_store,
    scope: *const c_char,
    embeddings: *mut u64,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, scope) = unsafe { (store_of(store)?, optional_text(scope, "scope")?) };
        let gone = store.voices().forget_speakers(scope)?;
        // SAFETY: as above.
        if let Some(embeddings) = unsafe { embeddings.as_mut() } {
            *embeddings = gone;
        }
        Ok(())
    })
}
