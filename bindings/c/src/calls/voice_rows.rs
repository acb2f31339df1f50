//! Recordings of voices in a store: keeping them, finding them.

use crate::convert::{Buffer, Out, missing, text};
use crate::error::{call, sonic_status};
use crate::nouns::clip::{shared_clip_of, sonic_clip};
use crate::nouns::embedder::{embedder_of, embedding_of, sonic_voice_embedder};
use crate::nouns::source::{sonic_source, source_of};
use crate::nouns::store::{sonic_store, store_of};
use crate::nouns::voice::{
    Row, sonic_record_options, sonic_voice, sonic_voice_list, sonic_voice_list_options,
    sonic_voice_search_options,
};
use crate::options::read_options;
use sonic::store::Cursor;
use sonic::voices::{self, QualityGate, Voice, VoiceSource};
use sonic::{Error, Result};
use std::ffi::c_char;

/// Decodes a source of somebody speaking and keeps it, with its embedding; one whose id is in the store stays as it is.
/// `is_new` and `voice` may be NULL.
///
/// Errors: as sonic_voice_embedder_embed; MISMATCH if the embedder's pipeline is not the store's; IO if another process is
/// writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_record(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    source: *const sonic_source,
    options: *const sonic_record_options,
    is_new: *mut bool,
    voice: *mut *mut sonic_voice,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let source = unsafe { source_of(source) }?;
        // SAFETY: as above.
        unsafe { record(store, embedder, || Ok(source.open()?.into()), options, is_new, voice) }
    })
}

/// Keeps a clip of somebody speaking; see sonic_voices_record.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_record_clip(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    clip: *const sonic_clip,
    options: *const sonic_record_options,
    is_new: *mut bool,
    voice: *mut *mut sonic_voice,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let speech = VoiceSource::Clip(unsafe { shared_clip_of(clip, "clip") }?.clone());
        // SAFETY: as above.
        unsafe { record(store, embedder, || Ok(speech), options, is_new, voice) }
    })
}

/// # Safety
/// The pointers are as the header says.
unsafe fn record(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    speech: impl FnOnce() -> Result<VoiceSource>,
    options: *const sonic_record_options,
    is_new: *mut bool,
    voice: *mut *mut sonic_voice,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let (store, embedder) = unsafe { (store_of(store)?, embedder_of(embedder)?) };
    // SAFETY: the caller's promise.
    let options = unsafe { read_options(options) }?;
    // SAFETY: the caller's promise; what is wrong with the options is reported before the sound is read.
    unsafe { options.write_to(&mut Voice::default()) }?;
    store.check_open()?;
    let mut new = voices::analyze_voice(embedder, speech()?, &QualityGate::default())?.voice;
    // SAFETY: the caller's promise.
    unsafe { options.write_to(&mut new.voice) }?;
    let added = store.voices().record(&new)?;
    let (added, row) = (added.is_new(), added.into_voice());
    // SAFETY: the caller's promise.
    if let Some(is_new) = unsafe { is_new.as_mut() } {
        *is_new = added;
    }
    // SAFETY: the caller's promise.
    let out = unsafe { Out::new(voice.cast::<*mut Row>(), "voice") };
    out.map_or(Ok(()), |out| out.give(Row::new(&row)))
}

/// The voice of this id.
///
/// Errors: NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_get(
    store: *const sonic_store,
    recording_id: *const c_char,
    voice: *mut *mut sonic_voice,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, id) = unsafe { (store_of(store)?, text(recording_id, "recording_id")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(voice.cast::<*mut Row>(), "voice") }?;
        out.give(Row::new(&store.voices().get(id)?.ok_or_else(|| none("voice", id))?))
    })
}

/// The embedding that is kept of a recording: `len`, which must be the dimensions of sonic_voices_stats, numbers in
/// `embedding`.
///
/// Errors: NOT_FOUND if there is no such recording or it has no embedding; INVALID_ARGUMENT if `len` is another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_embedding(
    store: *const sonic_store,
    recording_id: *const c_char,
    embedding: *mut f32,
    len: usize,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, id) = unsafe { (store_of(store)?, text(recording_id, "recording_id")?) };
        let vector = store.voices().embedding(id)?.ok_or_else(|| none("embedding of", id))?.vector;
        // SAFETY: as above.
        unsafe { Buffer::new(embedding, len, vector.len(), "embedding") }?.write(&vector)
    })
}

fn none(what: &str, id: &str) -> Error {
    missing(format!("there is no {what} {id:?} in the store"))
}

/// Removes a recording; a voiceprint that it was a sample of is made anew without it.
///
/// Errors: NOT_FOUND if there is none; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_remove(
    store: *const sonic_store,
    recording_id: *const c_char,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, id) = unsafe { (store_of(store)?, text(recording_id, "recording_id")?) };
        store.voices().remove(id).map(drop)
    })
}

/// At most `limit` voices that were added after the place `after`, which is 0 for the start and then what
/// sonic_voice_list_next gives. What is removed meanwhile is left out, what is added comes at the end.
///
/// Errors: INVALID_ARGUMENT if `limit` is 0; MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_page(
    store: *const sonic_store,
    after: u32,
    limit: usize,
    voices: *mut *mut sonic_voice_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, out) = unsafe { (store_of(store)?, Out::new(voices, "voices")?) };
        let page = store.voices().page(Cursor(after), limit)?;
        out.give(sonic_voice_list::new(&page.voices, page.next))
    })
}

/// The latest voices, the latest first: of all, of a user, of a mode or of a voiceprint. sonic_voices_page has all.
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
        let (store, options) = unsafe { (store_of(store)?, read_options(options)?) };
        // SAFETY: as above.
        let (found, out) = unsafe { (options.list(&store.voices())?, Out::new(voices, "voices")?) };
        out.give(sonic_voice_list::new(&found, None))
    })
}

/// The voices that sound most like an embedding that `embedder` made, whoever they are of, the likest first.
///
/// Errors: INVALID_ARGUMENT if `len` is not sonic_voice_embedder_dimensions or the embedding is no direction; MISMATCH if the
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
        let options = unsafe { read_options(options)?.to_options() }?;
        // SAFETY: as above.
        let out = unsafe { Out::new(voices, "voices") }?;
        out.give(sonic_voice_list::similar(&store.voices().search(&embedding, &options)?))
    })
}
