//! The voices of a store: enrolling people, finding out who is speaking.

use crate::convert::{Out, slice, text};
use crate::error::{call, sonic_status};
use crate::nouns::clip::{shared_clip_of, sonic_clip};
use crate::nouns::embedder::{embedder_of, sonic_voice_embedder};
use crate::nouns::enrolled::{sonic_enroll_options, sonic_enrolled};
use crate::nouns::job::{Job, cancelled, sonic_cancel, sonic_progress};
use crate::nouns::source::{open_all, sonic_source, source_of, sources_of};
use crate::nouns::store::{sonic_store, store_of};
use crate::nouns::voice_answer::{sonic_verification, sonic_voice_answer, sonic_voice_identify_options};
use crate::options::read_options;
use sonic::Result;
use sonic::voices::{self, QualityGate, VoiceEmbedder, VoiceSample, VoiceSource};
use std::ffi::c_char;
use std::ops::ControlFlow;

/// Enrols a person, who need not be new, from `count` sources, all or none of them: three to five recordings of 3 s and
/// more of the person alone. Each is kept as a recording of the mode "enroll"; one that the person has already is not
/// added again. `only_usable` of the options takes what can be used.
/// `enrolled` may be NULL.
///
/// Errors: INVALID_ARGUMENT if there is no recording, one is silent or not good enough, or the name is not 1 to
/// SONIC_MAX_NAME_BYTES bytes; MISMATCH if the embedder's pipeline is not the store's, or a recording is a sample of
/// somebody else; IO if another process is writing; CLOSED if it was cancelled, which enrols nobody; for the
/// rest as sonic_clip_decode.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_enroll(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    person: *const c_char,
    sources: *const *const sonic_source,
    count: usize,
    options: *const sonic_enroll_options,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    enrolled: *mut *mut sonic_enrolled,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (sources, job) = unsafe { (sources_of(sources, count)?, Job::new(cancel, progress)?) };
        let speech = || Ok(open_all(&sources)?.into_iter().map(VoiceSource::from).collect());
        // SAFETY: as above.
        unsafe { enroll(store, embedder, person, speech, options, job, enrolled) }
    })
}

/// Enrols a person, who need not be new, from `count` clips, all or none of them; see sonic_voices_enroll.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_enroll_clips(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    person: *const c_char,
    clips: *const *const sonic_clip,
    count: usize,
    options: *const sonic_enroll_options,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    enrolled: *mut *mut sonic_enrolled,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (clips, job) = unsafe { (slice(clips, count, "clips")?, Job::new(cancel, progress)?) };
        // SAFETY: as above.
        let speech = clips.iter().map(|&clip| unsafe { speech_of(clip, "a clip of clips") });
        let speech = speech.collect::<Result<Vec<VoiceSource>>>()?;
        // SAFETY: as above.
        unsafe { enroll(store, embedder, person, || Ok(speech), options, job, enrolled) }
    })
}

/// # Safety
/// `clip` is null or a clip.
unsafe fn speech_of(clip: *const sonic_clip, name: &str) -> Result<VoiceSource> {
    // SAFETY: the caller's promise.
    unsafe { shared_clip_of(clip, name) }.map(|clip| VoiceSource::Clip(clip.clone()))
}

/// # Safety
/// The pointers are as the header says.
unsafe fn enroll(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    person: *const c_char,
    speech: impl FnOnce() -> Result<Vec<VoiceSource>>,
    options: *const sonic_enroll_options,
    job: Job<'_>,
    enrolled: *mut *mut sonic_enrolled,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let (store, embedder) = unsafe { (store_of(store)?, embedder_of(embedder)?) };
    // SAFETY: the caller's promise.
    let (person, options) = unsafe { (text(person, "person")?, read_options(options)?) };
    // SAFETY: the caller's promise.
    let out = unsafe { Out::new(enrolled, "enrolled") }.ok();
    let (gate, only_usable) = (options.to_gate()?, options.only_usable()?);
    // SAFETY: the caller's promise.
    let options = unsafe { options.to_options() }?;
    let speech = speech()?;
    store.check_open()?;
    let samples = analyze(embedder, speech, &gate, job)?;
    let done = voices::enroll_samples(store, embedder, person, samples, &options, only_usable)?;
    out.map_or(Ok(()), |out| out.give(sonic_enrolled::new(done)))
}

/// Analyses recordings, all cores at work; between two of them it can be cancelled.
fn analyze(
    embedder: &VoiceEmbedder,
    speech: Vec<VoiceSource>,
    gate: &QualityGate,
    job: Job<'_>,
) -> Result<Vec<Result<VoiceSample>>> {
    let total = speech.len() as u64;
    let mut samples = Vec::with_capacity(speech.len());
    job.set(0, total);
    let flow = voices::analyze_each(embedder, speech, gate, 0, |sample| {
        samples.extend(sample);
        job.set(samples.len() as u64, total);
        job.flow()
    });
    match flow {
        ControlFlow::Continue(()) => Ok(samples),
        ControlFlow::Break(()) => Err(job.check().err().unwrap_or_else(cancelled)),
    }
}

/// Decodes a source and finds out who is speaking, in memory that does not grow with its length; see
/// sonic_voices_identify_clip.
///
/// Errors: as sonic_clip_decode and sonic_voices_identify_clip.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_identify(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    source: *const sonic_source,
    options: *const sonic_voice_identify_options,
    answer: *mut *mut sonic_voice_answer,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let source = unsafe { source_of(source) }?;
        // SAFETY: as above.
        unsafe { identify(store, embedder, || Ok(source.open()?.into()), options, answer) }
    })
}

/// Who is speaking in a clip: the likeliest people of the store, and whether the first is likely enough.
///
/// Errors: INVALID_ARGUMENT if the clip is shorter than 200 ms or silent; MISMATCH if the embedder's pipeline is not the
/// store's; MODEL if the model fails; MALFORMED if the store is damaged. A voice that is not recognised is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_identify_clip(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    clip: *const sonic_clip,
    options: *const sonic_voice_identify_options,
    answer: *mut *mut sonic_voice_answer,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { identify(store, embedder, || speech_of(clip, "clip"), options, answer) })
}

/// # Safety
/// The pointers are as the header says.
unsafe fn identify(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    speech: impl FnOnce() -> Result<VoiceSource>,
    options: *const sonic_voice_identify_options,
    answer: *mut *mut sonic_voice_answer,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let (store, embedder) = unsafe { (store_of(store)?, embedder_of(embedder)?) };
    // SAFETY: the caller's promise.
    let options = unsafe { read_options(options)?.to_options() }?;
    // SAFETY: the caller's promise.
    let out = unsafe { Out::new(answer, "answer") }?;
    out.give(sonic_voice_answer::new(voices::identify(store, embedder, speech()?, &options)?))
}

/// Decodes a source and finds out whether it is `person` who is speaking; see sonic_voices_verify_clip.
///
/// Errors: as sonic_clip_decode and sonic_voices_verify_clip.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_verify(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    person: *const c_char,
    source: *const sonic_source,
    options: *const sonic_voice_identify_options,
    verification: *mut *mut sonic_verification,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let source = unsafe { source_of(source) }?;
        // SAFETY: as above.
        unsafe { verify(store, embedder, person, || Ok(source.open()?.into()), options, verification) }
    })
}

/// Whether it is `person` who is speaking in a clip. `limit` and `exclude` of the options do not matter.
///
/// Errors: NOT_FOUND if there is no such person, or no sample of them; for the rest as sonic_voices_identify_clip. A
/// claim that is not accepted is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_verify_clip(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    person: *const c_char,
    clip: *const sonic_clip,
    options: *const sonic_voice_identify_options,
    verification: *mut *mut sonic_verification,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { verify(store, embedder, person, || speech_of(clip, "clip"), options, verification) })
}

/// # Safety
/// The pointers are as the header says.
unsafe fn verify(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    person: *const c_char,
    speech: impl FnOnce() -> Result<VoiceSource>,
    options: *const sonic_voice_identify_options,
    verification: *mut *mut sonic_verification,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let (store, embedder) = unsafe { (store_of(store)?, embedder_of(embedder)?) };
    // SAFETY: the caller's promise.
    let options = unsafe { read_options(options)?.to_options() }?;
    // SAFETY: the caller's promise.
    let (person, out) = unsafe { (text(person, "person")?, Out::new(verification, "verification")?) };
    let verified = voices::verify(store, embedder, person, speech()?, &options)?;
    out.give(sonic_verification::new(verified))
}
