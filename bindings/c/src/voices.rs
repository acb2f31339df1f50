//! The voices of a store: enrolling people, asking who is speaking.

use crate::clip::{shared_clip_of, sonic_clip};
use crate::convert::{Out, options, path, slice, source, text};
use crate::embedder::{embedder_of, sonic_voice_embedder};
use crate::enrolled::{sonic_enroll_options, sonic_enrolled};
use crate::error::{call, sonic_status};
use crate::store::{sonic_store, store_of};
use crate::voice_answer::{sonic_verification, sonic_voice_answer, sonic_voice_identify_options};
use sonic::{Result, Speech};
use std::ffi::c_char;

/// Enrols a person, who need not be new, from `count` clips, all or none of them; see sonic_voices_enroll_files.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_enroll(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    person: *const c_char,
    clips: *const *const sonic_clip,
    count: usize,
    options: *const sonic_enroll_options,
    enrolled: *mut *mut sonic_enrolled,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let clips = unsafe { slice(clips, count, "clips") }?;
        // SAFETY: as above.
        let speech = clips.iter().map(|&clip| unsafe { speech_of(clip, "a clip of clips") });
        // SAFETY: as above.
        unsafe { enroll(store, embedder, person, speech.collect::<Result<_>>()?, options, enrolled) }
    })
}

/// Enrols a person, who need not be new, from the `count` files in `paths`, all or none of them: three to five
/// recordings of 3 s and more of the person alone. Each is kept as a recording of the mode "enroll"; one that the
/// person has already is not added again. `enrolled` may be NULL; `only_usable` of the options takes what can be used.
///
/// Errors: INVALID_ARGUMENT if there is no recording, one is silent or not good enough, or the name is not 1 to
/// SONIC_MAX_NAME_BYTES bytes; MISMATCH if the embedder's pipeline is not the store's, or a recording is a sample of
/// somebody else; IO if another process is writing; for the rest as sonic_clip_decode_file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_enroll_files(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    person: *const c_char,
    paths: *const *const c_char,
    count: usize,
    options: *const sonic_enroll_options,
    enrolled: *mut *mut sonic_enrolled,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let paths = unsafe { slice(paths, count, "paths") }?;
        // SAFETY: as above.
        let speech = paths.iter().map(|&one| Ok(unsafe { path(one, "a path of paths") }?.into()));
        // SAFETY: as above.
        unsafe { enroll(store, embedder, person, speech.collect::<Result<_>>()?, options, enrolled) }
    })
}

/// The bytes of a media file. This layout never changes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_bytes {
    /// The first.
    pub data: *const u8,
    /// How many.
    pub len: usize,
}

/// Enrols a person from the bytes of `count` media files, all or none of them; see sonic_voices_enroll_files. The bytes
/// are not used after the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_enroll_bytes(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    person: *const c_char,
    files: *const sonic_bytes,
    count: usize,
    options: *const sonic_enroll_options,
    enrolled: *mut *mut sonic_enrolled,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let files = unsafe { slice(files, count, "files") }?;
        // SAFETY: as above; what is made of the sources is dropped in `enroll`.
        let speech = files.iter().map(|f| Ok(unsafe { source(f.data, f.len, "data of files") }?.into()));
        // SAFETY: as above.
        unsafe { enroll(store, embedder, person, speech.collect::<Result<_>>()?, options, enrolled) }
    })
}

/// # Safety
/// `clip` is null or a clip.
pub(crate) unsafe fn speech_of(clip: *const sonic_clip, name: &str) -> Result<Speech> {
    // SAFETY: the caller's promise.
    unsafe { shared_clip_of(clip, name) }.map(|clip| Speech::Clip(clip.clone()))
}

/// # Safety
/// The pointers are as the header says.
unsafe fn enroll(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    person: *const c_char,
    speech: Vec<Speech>,
    options: *const sonic_enroll_options,
    enrolled: *mut *mut sonic_enrolled,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let (store, embedder) = unsafe { (store_of(store)?, embedder_of(embedder)?) };
    // SAFETY: the caller's promise.
    let (person, options) = unsafe { (text(person, "person")?, self::options(options, "options")?) };
    // SAFETY: the caller's promise.
    let out = unsafe { Out::new(enrolled, "enrolled") }.ok();
    let (gate, only_usable) = (options.to_gate()?, options.only_usable()?);
    // SAFETY: the caller's promise.
    let options = unsafe { options.to_options() }?;
    let done = sonic::enroll_each(store, embedder, person, speech, &gate, &options, only_usable)?;
    out.map_or(Ok(()), |out| out.give(sonic_enrolled::new(done)))
}

/// Who is speaking in a clip: the likeliest people of the store, and whether the first is likely enough.
///
/// Errors: INVALID_ARGUMENT if the clip is shorter than 200 ms or silent; MISMATCH if the embedder's pipeline is not the
/// store's; MODEL if the model fails; MALFORMED if the store is damaged. A voice that is not recognised is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_identify(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    clip: *const sonic_clip,
    options: *const sonic_voice_identify_options,
    answer: *mut *mut sonic_voice_answer,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { identify(store, embedder, speech_of(clip, "clip")?, options, answer) })
}

/// Decodes a file and asks who is speaking, in memory that does not grow with its length; see sonic_voices_identify.
///
/// Errors: as sonic_clip_decode_file and sonic_voices_identify.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_identify_file(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    path: *const c_char,
    options: *const sonic_voice_identify_options,
    answer: *mut *mut sonic_voice_answer,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { identify(store, embedder, self::path(path, "path")?.into(), options, answer) })
}

/// Decodes the bytes of a media file and asks who is speaking; see sonic_voices_identify_file. `data` is not used after
/// the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_identify_bytes(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    data: *const u8,
    len: usize,
    options: *const sonic_voice_identify_options,
    answer: *mut *mut sonic_voice_answer,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { identify(store, embedder, source(data, len, "data")?.into(), options, answer) })
}

/// # Safety
/// The pointers are as the header says.
unsafe fn identify(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    speech: Speech,
    options: *const sonic_voice_identify_options,
    answer: *mut *mut sonic_voice_answer,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let (store, embedder) = unsafe { (store_of(store)?, embedder_of(embedder)?) };
    // SAFETY: the caller's promise.
    let options = unsafe { self::options(options, "options")?.to_options() }?;
    // SAFETY: the caller's promise.
    let out = unsafe { Out::new(answer, "answer") }?;
    out.give(sonic_voice_answer::new(sonic::identify_voice(store, embedder, speech, &options)?))
}

/// Whether it is `person` who is speaking in a clip. `limit` and `exclude` of the options do not matter.
///
/// Errors: NOT_FOUND if there is no such person, or no sample of them; for the rest as sonic_voices_identify. A claim
/// that is not accepted is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_verify(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    person: *const c_char,
    clip: *const sonic_clip,
    options: *const sonic_voice_identify_options,
    verification: *mut *mut sonic_verification,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { verify(store, embedder, person, speech_of(clip, "clip")?, options, verification) })
}

/// Decodes a file and asks whether it is `person` who is speaking; see sonic_voices_verify.
///
/// Errors: as sonic_clip_decode_file and sonic_voices_verify.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_verify_file(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    person: *const c_char,
    path: *const c_char,
    options: *const sonic_voice_identify_options,
    verification: *mut *mut sonic_verification,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let speech = unsafe { self::path(path, "path") }?.into();
        // SAFETY: as above.
        unsafe { verify(store, embedder, person, speech, options, verification) }
    })
}

/// Decodes the bytes of a media file and asks whether it is `person` who is speaking; see sonic_voices_verify_file.
/// `data` is not used after the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_verify_bytes(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    person: *const c_char,
    data: *const u8,
    len: usize,
    options: *const sonic_voice_identify_options,
    verification: *mut *mut sonic_verification,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let speech = unsafe { source(data, len, "data") }?.into();
        // SAFETY: as above.
        unsafe { verify(store, embedder, person, speech, options, verification) }
    })
}

/// # Safety
/// The pointers are as the header says.
unsafe fn verify(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    person: *const c_char,
    speech: Speech,
    options: *const sonic_voice_identify_options,
    verification: *mut *mut sonic_verification,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let (store, embedder) = unsafe { (store_of(store)?, embedder_of(embedder)?) };
    // SAFETY: the caller's promise.
    let options = unsafe { self::options(options, "options")?.to_options() }?;
    // SAFETY: the caller's promise.
    let (person, out) = unsafe { (text(person, "person")?, Out::new(verification, "verification")?) };
    out.give(sonic_verification::new(sonic::verify_voice(store, embedder, person, speech, &options)?))
}
