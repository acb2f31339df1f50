//! Recordings of voices.

use crate::convert::{Strings, free, invalid, optional_text, texts};
use crate::error::{call, sonic_status};
use crate::options::{Options, Sized32, init, metadata, reserved, threads};
use sonic::Result;
use sonic::store::Cursor;
use sonic::voices::{SimilarVoice, Voice, VoiceSearchOptions, Voices};
use std::ffi::c_char;
use std::ptr::null;

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
    /// Length in milliseconds.
    pub duration_ms: u64,
    /// Bytes of the file.
    pub file_size_bytes: u64,
    /// When it was recorded, in milliseconds since 1970 UTC.
    pub created_at_ms: u64,
    /// When its row was last changed.
    pub updated_at_ms: u64,
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
            duration_ms: of.duration_ms,
            file_size_bytes: of.file_size_bytes,
            created_at_ms: of.created_at_ms,
            updated_at_ms: of.updated_at_ms,
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

impl Options for sonic_record_options {
    fn defaults() -> Self {
        Self {
            size: size_of::<Self>() as u32,
            reserved: 0,
            recording_id: null(),
            user_id: null(),
            mode: null(),
            status: null(),
            metadata_json: null(),
        }
    }
}

impl sonic_record_options {
    /// Writes what is given into `voice`.
    ///
    /// # Safety
    /// The pointers are null or strings.
    pub(crate) unsafe fn write_to(self, voice: &mut Voice) -> Result<()> {
        reserved(self.reserved)?;
        // SAFETY: the caller's promise.
        let text = |pointer, name| Result::Ok(unsafe { optional_text(pointer, name) }?.map(str::to_owned));
        if let Some(id) = text(self.recording_id, "options.recording_id")? {
            voice.recording_id = id;
        }
        voice.user_id = text(self.user_id, "options.user_id")?;
        voice.mode = text(self.mode, "options.mode")?;
        voice.status = text(self.status, "options.status")?;
        // SAFETY: the caller's promise.
        voice.metadata = unsafe { metadata(self.metadata_json) }?;
        Ok(())
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_record_options_init(
    options: *mut sonic_record_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// Shared. A list of voices.
pub struct sonic_voice_list {
    rows: Vec<Row>,
    similarities: Vec<f32>,
    next: Option<Cursor>,
}

impl sonic_voice_list {
    pub(crate) fn new(of: &[Voice], next: Option<Cursor>) -> Self {
        Self { rows: of.iter().map(Row::new).collect(), similarities: Vec::new(), next }
    }

    pub(crate) fn similar(found: &[SimilarVoice]) -> Self {
        let similarities = found.iter().map(|f| f.similarity).collect();
        Self { rows: found.iter().map(|f| Row::new(&f.voice)).collect(), similarities, next: None }
    }
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

/// Where the voices after this list go on: true, and the place in `after`, if there are more. The place is good for ever,
/// whatever is added or removed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_list_next(voices: *const sonic_voice_list, after: *mut u32) -> bool {
    // SAFETY: the caller keeps the rules of the header.
    let next = unsafe { voices.as_ref() }.and_then(|v| v.next);
    // SAFETY: as above.
    let (Some(Cursor(next)), Some(place)) = (next, unsafe { after.as_mut() }) else { return false };
    *place = next;
    true
}

/// Frees a list of voices; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_list_free(voices: *mut sonic_voice_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(voices) }
}

/// Which voices to list. At most one of the three texts is given; without any all voices are meant.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_voice_list_options {
    /// sizeof(sonic_voice_list_options)
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Voices listed at most.
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

impl Options for sonic_voice_list_options {
    fn defaults() -> Self {
        Self {
            size: size_of::<Self>() as u32,
            reserved: 0,
            limit: 10,
            user_id: null(),
            mode: null(),
            voiceprint_id: null(),
        }
    }
}

impl sonic_voice_list_options {
    /// # Safety
    /// The pointers are null or strings.
    pub(crate) unsafe fn list(self, voices: &Voices) -> Result<Vec<Voice>> {
        reserved(self.reserved)?;
        let limit = self.limit;
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

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_list_options_init(
    options: *mut sonic_voice_list_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// How to search by likeness.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_voice_search_options {
    /// sizeof(sonic_voice_search_options)
    pub size: u32,
    /// Threads that share the search; 0 is as many as the machine has cores.
    pub threads: u32,
    /// Least cosine, -1 to 1.
    pub threshold: f32,
    /// 0.
    pub reserved: u32,
    /// Voices found at most.
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

impl Options for sonic_voice_search_options {
    fn defaults() -> Self {
        let VoiceSearchOptions { threshold, limit, .. } = VoiceSearchOptions::default();
        Self {
            size: size_of::<Self>() as u32,
            threads: 0,
            threshold,
            reserved: 0,
            limit,
            exclude: null(),
            exclude_len: 0,
        }
    }
}

impl sonic_voice_search_options {
    /// # Safety
    /// The pointers are as the header says.
    pub(crate) unsafe fn to_options(self) -> Result<VoiceSearchOptions> {
        reserved(self.reserved)?;
        if !(-1.0..=1.0).contains(&self.threshold) {
            return Err(invalid("options.threshold is a cosine, -1 to 1"));
        }
        Ok(VoiceSearchOptions {
            threshold: self.threshold,
            limit: self.limit,
            // SAFETY: the caller's promise.
            exclude: unsafe { texts(self.exclude, self.exclude_len, "options.exclude", "id") }?,
            threads: threads(self.threads)?,
        })
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_search_options_init(
    options: *mut sonic_voice_search_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}
