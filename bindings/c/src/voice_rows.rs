//! Recordings of voices in a store.

use crate::clip::sonic_clip;
use crate::convert::{
    Buffer, Out, Sized32, Strings, free, optional_text, options, path, reserved, source, text,
};
use crate::embedder::{embedder_of, sonic_voice_embedder};
use crate::error::{call, invalid, sonic_status};
use crate::store::{sonic_store, store_of};
use crate::voices::speech_of;
use sonic::audio::quality::QualityGate;
use sonic::{Error, ErrorKind, Recorded, Result, Speech, Voice};
use std::ffi::c_char;

/// Shared. A recording of somebody speaking, as a store keeps it. Read it through a pointer that the library gave: later
/// versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_voice {
    /// Its id, unique among voices.
    pub recording_id: *const c_char,
    /// The user it belongs to, or NULL.
    pub user_id: *const c_char,
    /// Name of the file it came in, or NULL.
    pub filename: *const c_char,
    /// Where the file is kept, or NULL.
    pub file_path: *const c_char,
    /// Short name of the file's format, or NULL.
    pub audio_format: *const c_char,
    /// What it was recorded for, such as "enroll" or "test", or NULL.
    pub mode: *const c_char,
    /// How its processing went, or NULL.
    pub status: *const c_char,
    /// The voiceprint that it is a sample of, or was recognised by, or NULL.
    pub voiceprint_id: *const c_char,
    /// The user that it was recognised as, or NULL.
    pub matched_user_id: *const c_char,
    /// Whatever else the caller wanted to keep, as JSON, or NULL.
    pub metadata_json: *const c_char,
    /// Bytes of the file.
    pub file_size_bytes: u64,
    /// When it was recorded, in milliseconds since 1970 UTC.
    pub created_at_ms: u64,
    /// When its row was last changed.
    pub updated_at_ms: u64,
    /// Length in seconds.
    pub duration_seconds: f32,
    /// Score of the person that it was recognised as; 0 if has_similarity_score is false.
    pub similarity_score: f32,
    /// Samples per second of the file.
    pub sample_rate: u32,
    /// Numbers of its embedding; 0 if it has none.
    pub embedding_dimensions: u32,
    /// True if it was recognised as somebody.
    pub has_similarity_score: bool,
}

/// A row with the strings that it points to. The row comes first: C's pointer to it is the pointer to all.
#[repr(C)]
pub(crate) struct Row {
    pub(crate) row: sonic_voice,
    _strings: Strings,
}

impl Row {
    pub(crate) fn new(of: &Voice) -> Self {
        let mut strings = Strings::default();
        let metadata = (!of.metadata.is_null()).then(|| of.metadata.to_string());
        let row = sonic_voice {
            recording_id: strings.keep(&of.recording_id),
            user_id: strings.keep_some(of.user_id.as_deref()),
            filename: strings.keep_some(of.filename.as_deref()),
            file_path: strings.keep_some(of.file_path.as_deref()),
            audio_format: strings.keep_some(of.audio_format.as_deref()),
            mode: strings.keep_some(of.mode.as_deref()),
            status: strings.keep_some(of.status.as_deref()),
            voiceprint_id: strings.keep_some(of.voiceprint_id.as_deref()),
            matched_user_id: strings.keep_some(of.matched_user_id.as_deref()),
            metadata_json: strings.keep_some(metadata.as_deref()),
            file_size_bytes: of.file_size_bytes,
            created_at_ms: of.created_at_ms,
            updated_at_ms: of.updated_at_ms,
            duration_seconds: of.duration_seconds,
            similarity_score: of.similarity_score.unwrap_or(0.0),
            sample_rate: of.sample_rate,
            embedding_dimensions: of.embedding_dimensions,
            has_similarity_score: of.similarity_score.is_some(),
        };
        Self { row, _strings: strings }
    }
}

/// Frees a voice that was given alone; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_free(voice: *mut sonic_voice) {
    // SAFETY: the caller keeps the rules of the header; what it holds is the first field of a `Row`.
    unsafe { free(voice.cast::<Row>()) }
}

/// What to write into the row of a voice. Text is UTF-8 and copied; NULL leaves a field out.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_record_options {
    /// sizeof(sonic_record_options)
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Its id; NULL makes one of its bytes, so that the same recording is known again.
    pub recording_id: *const c_char,
    /// The user it belongs to.
    pub user_id: *const c_char,
    /// What it was recorded for, such as "test".
    pub mode: *const c_char,
    /// How its processing went.
    pub status: *const c_char,
    /// Whatever else is to be kept, one JSON value.
    pub metadata_json: *const c_char,
}

// SAFETY: two u32, then pointers.
unsafe impl Sized32 for sonic_record_options {
    const LEAST: usize = size_of::<Self>();
}

impl sonic_record_options {
    /// Writes what is given into `voice`.
    ///
    /// # Safety
    /// The pointers are null or strings.
    unsafe fn write_to(self, voice: &mut Voice) -> Result<()> {
        reserved(self.reserved)?;
        // SAFETY: the caller's promise.
        let text = |pointer, name| Result::Ok(unsafe { optional_text(pointer, name) }?.map(str::to_owned));
        if let Some(id) = text(self.recording_id, "options.recording_id")? {
            voice.recording_id = id;
        }
        voice.user_id = text(self.user_id, "options.user_id")?;
        voice.mode = text(self.mode, "options.mode")?;
        voice.status = text(self.status, "options.status")?;
        if let Some(json) = text(self.metadata_json, "options.metadata_json")? {
            voice.metadata = serde_json::from_str(&json)
                .map_err(|e| invalid(format!("options.metadata_json is not JSON: {e}")).with_source(e))?;
        }
        Ok(())
    }
}

/// Keeps a clip of somebody speaking, with its embedding; one whose id is in the store stays as it is. `is_new` and
/// `voice` may be NULL.
///
/// Errors: as sonic_voice_embedder_embed; MISMATCH if the embedder's pipeline is not the store's; IO if another process is
/// writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_record(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    clip: *const sonic_clip,
    options: *const sonic_record_options,
    is_new: *mut bool,
    voice: *mut *mut sonic_voice,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { record(store, embedder, speech_of(clip, "clip")?, options, is_new, voice) })
}

/// Decodes a file of somebody speaking and keeps it; see sonic_voices_record.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_record_file(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    path: *const c_char,
    options: *const sonic_record_options,
    is_new: *mut bool,
    voice: *mut *mut sonic_voice,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { record(store, embedder, self::path(path, "path")?.into(), options, is_new, voice) })
}

/// Decodes the bytes of a media file of somebody speaking and keeps it; see sonic_voices_record. `data` is not used after
/// the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_record_bytes(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    data: *const u8,
    len: usize,
    options: *const sonic_record_options,
    is_new: *mut bool,
    voice: *mut *mut sonic_voice,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { record(store, embedder, source(data, len, "data")?.into(), options, is_new, voice) })
}

/// # Safety
/// The pointers are as the header says.
unsafe fn record(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    speech: Speech,
    options: *const sonic_record_options,
    is_new: *mut bool,
    voice: *mut *mut sonic_voice,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let (store, embedder) = unsafe { (store_of(store)?, embedder_of(embedder)?) };
    // SAFETY: the caller's promise.
    let options = unsafe { self::options(options, "options") }?;
    let mut given = Voice::default();
    // SAFETY: the caller's promise; what is wrong with the options is told before the sound is read.
    unsafe { options.write_to(&mut given) }?;
    store.voices().stats()?; // A store that is closed is not the sound's fault.
    let mut new = sonic::hear(embedder, speech, &QualityGate::default())?.voice;
    // SAFETY: the caller's promise.
    unsafe { options.write_to(&mut new.voice) }?;
    let (added, row) = match store.voices().record(&new)? {
        Recorded::New(row) => (true, row),
        Recorded::Known(row) => (false, row),
    };
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
pub unsafe extern "C" fn sonic_voices_recording(
    store: *const sonic_store,
    recording_id: *const c_char,
    voice: *mut *mut sonic_voice,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, id) = unsafe { (store_of(store)?, text(recording_id, "recording_id")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(voice.cast::<*mut Row>(), "voice") }?;
        out.give(Row::new(&store.voices().voice(id)?.ok_or_else(|| missing("voice", id))?))
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
        let vector = store.voices().embedding(id)?.ok_or_else(|| missing("embedding of", id))?.vector;
        // SAFETY: as above.
        unsafe { Buffer::new(embedding, len, vector.len(), "embedding") }?.write(&vector)
    })
}

fn missing(what: &str, id: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no {what} {id:?} in the store"))
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
