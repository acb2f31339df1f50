//! Lists of voices: the latest, and those that sound alike.

use crate::convert::{Out, Sized32, free, optional_text, options, reserved, texts, threads};
use crate::embedder::{embedding_of, sonic_voice_embedder};
use crate::error::{call, invalid, sonic_status};
use crate::store::{sonic_store, store_of};
use crate::voice_rows::{Row, sonic_voice};
use sonic::{Result, Voice, VoiceSearchOptions, Voices};
use std::ffi::c_char;
use std::ptr::null;

/// Shared. A list of voices.
pub struct sonic_voice_list {
    rows: Vec<Row>,
    similarities: Vec<f32>,
}

/// Which voices to list. At most one of the three texts is given; without any all voices are meant.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_voice_list_options {
    /// sizeof(sonic_voice_list_options)
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Voices listed at most; 0 is 10.
    pub limit: usize,
    /// Those of this user.
    pub user_id: *const c_char,
    /// Those of this mode, such as "test".
    pub mode: *const c_char,
    /// Those that belong to this voiceprint.
    pub voiceprint_id: *const c_char,
}

// SAFETY: two u32, then words of one size.
unsafe impl Sized32 for sonic_voice_list_options {
    const LEAST: usize = size_of::<Self>();
}

impl sonic_voice_list_options {
    /// # Safety
    /// The pointers are null or strings.
    unsafe fn list(self, voices: &Voices) -> Result<Vec<Voice>> {
        reserved(self.reserved)?;
        let limit = if self.limit == 0 { 10 } else { self.limit };
        // SAFETY: the caller's promise.
        let text = |pointer, name| unsafe { optional_text(pointer, name) };
        let user = text(self.user_id, "options.user_id")?;
        let mode = text(self.mode, "options.mode")?;
        match (user, mode, text(self.voiceprint_id, "options.voiceprint_id")?) {
            (None, None, None) => voices.recent(limit),
            (Some(user), None, None) => voices.by_user(user, limit),
            (None, Some(mode), None) => voices.by_mode(mode, limit),
            (None, None, Some(voiceprint)) => voices.by_voiceprint(voiceprint, limit),
            _ => Err(invalid("options: give one of user_id, mode and voiceprint_id, or none")),
        }
    }
}

/// The latest voices, the latest first: of all, of a user, of a mode or of a voiceprint. sonic_voices_arrow has all.
///
/// Errors: INVALID_ARGUMENT if the options ask for two things at once; MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_recent(
    store: *const sonic_store,
    options: *const sonic_voice_list_options,
    voices: *mut *mut sonic_voice_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, options) = unsafe { (store_of(store)?, self::options(options, "options")?) };
        // SAFETY: as above.
        let (found, out) = unsafe { (options.list(&store.voices())?, Out::new(voices, "voices")?) };
        out.give(sonic_voice_list { rows: found.iter().map(Row::new).collect(), similarities: Vec::new() })
    })
}

/// How to search by likeness.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_voice_search_options {
    /// sizeof(sonic_voice_search_options)
    pub size: u32,
    /// Threads that share the search; 0 is as many as the machine has cores.
    pub threads: u32,
    /// Least cosine, -1 to 1; 0 is 0.5.
    pub threshold: f32,
    /// 0.
    pub reserved: u32,
    /// Voices found at most; 0 is 3.
    pub limit: usize,
    /// Ids of recordings that are not to be found, `exclude_len` of them.
    pub exclude: *const *const c_char,
    /// How many ids `exclude` has.
    pub exclude_len: usize,
}

// SAFETY: four words of 32 bits, then words of one size.
unsafe impl Sized32 for sonic_voice_search_options {
    const LEAST: usize = size_of::<Self>();
}

impl sonic_voice_search_options {
    /// # Safety
    /// The pointers are as the header says.
    unsafe fn to_options(self) -> Result<VoiceSearchOptions> {
        reserved(self.reserved)?;
        let defaults = VoiceSearchOptions::default();
        if !(-1.0..=1.0).contains(&self.threshold) {
            return Err(invalid("options.threshold is a cosine, -1 to 1"));
        }
        Ok(VoiceSearchOptions {
            threshold: if self.threshold == 0.0 { defaults.threshold } else { self.threshold },
            limit: if self.limit == 0 { defaults.limit } else { self.limit },
            // SAFETY: the caller's promise.
            exclude: unsafe { texts(self.exclude, self.exclude_len, "options.exclude", "id") }?,
            threads: threads(self.threads)?,
        })
    }
}

/// The voices that sound most like an embedding that `embedder` made, whoever they are of, the likest first.
///
/// Errors: INVALID_ARGUMENT if `len` is not sonic_voice_embedder_dims or the embedding is no direction; MISMATCH if the
/// embedder's pipeline is not the store's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_search(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    embedding: *const f32,
    len: usize,
    options: *const sonic_voice_search_options,
    voices: *mut *mut sonic_voice_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, embedding) = unsafe { (store_of(store)?, embedding_of(embedder, embedding, len)?) };
        // SAFETY: as above.
        let options = unsafe { self::options(options, "options")?.to_options() }?;
        // SAFETY: as above.
        let out = unsafe { Out::new(voices, "voices") }?;
        let found = store.voices().search(&embedding, &options)?;
        let similarities = found.iter().map(|f| f.similarity).collect();
        out.give(sonic_voice_list { rows: found.iter().map(|f| Row::new(&f.voice)).collect(), similarities })
    })
}

/// How many voices there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_list_len(voices: *const sonic_voice_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { voices.as_ref() }.map_or(0, |v| v.rows.len())
}

/// The voice number `index`, from 0 on; NULL beyond the last. Borrowed from the list: do not free it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_list_at(
    voices: *const sonic_voice_list,
    index: usize,
) -> *const sonic_voice {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { voices.as_ref() }.and_then(|v| v.rows.get(index)).map_or(null(), |r| &raw const r.row)
}

/// Cosine of the embedding that was searched for and that of voice number `index`, -1 to 1; 0 for other lists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_list_similarity(voices: *const sonic_voice_list, index: usize) -> f32 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { voices.as_ref() }.and_then(|v| v.similarities.get(index)).map_or(0.0, |s| *s)
}

/// Frees a list of voices; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_list_free(voices: *mut sonic_voice_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(voices) }
}
