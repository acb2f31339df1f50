//! Unnamed speakers: knowing them again.

use crate::convert::{Out, optional_text};
use crate::error::{call, sonic_status};
use crate::nouns::embedder::{embedding_of, sonic_voice_embedder};
use crate::nouns::speaker::{Row, sonic_observe_options, sonic_observed, sonic_speaker_list};
use crate::nouns::store::{sonic_store, store_of};
use crate::options::read_options;
use std::ffi::c_char;

/// Who is heard again, by an embedding that `embedder` made: alike above `same` or `matching` of the options it is that
/// speaker, else a new one.
///
/// Errors: INVALID_ARGUMENT if `len` is not sonic_voice_embedder_dimensions, the embedding is no direction or the thresholds
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
        let options = unsafe { read_options(options)?.to_options() }?;
        // SAFETY: as above.
        let out = unsafe { Out::new(observed.cast::<*mut Row>(), "observed") }?;
        out.give(Row::new(&store.voices().observe(&embedding, &options)?))
    })
}

/// The speakers heard in a scope, NULL for those of none, in the order in which they were first heard.
///
/// Errors: MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_speakers(
    store: *const sonic_store,
    scope: *const c_char,
    speakers: *mut *mut sonic_speaker_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, scope) = unsafe { (store_of(store)?, optional_text(scope, "scope")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(speakers, "speakers") }?;
        out.give(sonic_speaker_list::new(&store.voices().speakers(scope)?))
    })
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
