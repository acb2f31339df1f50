//! From speech to embeddings.

use crate::convert::{Buffer, slice};
use crate::error::{call, sonic_status};
use crate::nouns::clip::{clip_of, shared_clip_of, sonic_clip};
use crate::nouns::embedder::{embedder_of, sonic_voice_embedder};
use crate::nouns::job::{Job, sonic_cancel, sonic_progress};
use crate::nouns::source::{open_all, sonic_source, source_of, sources_of};
use sonic::audio::speaker::VoiceEmbedder;
use sonic::{Clip, Embedding, Result};

/// Recordings between two looks at the token.
const AT_ONCE: usize = 16;

/// Decodes a source and makes the embedding of the voice in it, in memory that does not grow with its length; see
/// sonic_voice_embedder_embed_clip.
///
/// Errors: as sonic_clip_decode and sonic_voice_embedder_embed_clip.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_embedder_embed(
    embedder: *const sonic_voice_embedder,
    source: *const sonic_source,
    embedding: *mut f32,
    len: usize,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let source = unsafe { source_of(source) }?;
        // SAFETY: as above.
        unsafe { embed(embedder, embedding, len, |embedder| embedder.embed_source(source.open()?)) }
    })
}

/// The embedding of the voice in a clip, of all of its sound as it is, which no store keeps; see
/// sonic_voice_embedder_embed_speech_clip. `len`, which must be sonic_voice_embedder_dimensions, numbers in `embedding`.
///
/// Errors: INVALID_ARGUMENT if the clip is shorter than 200 ms or silent, or `len` is another; MODEL if the model
/// fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_embedder_embed_clip(
    embedder: *const sonic_voice_embedder,
    clip: *const sonic_clip,
    embedding: *mut f32,
    len: usize,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let clip = unsafe { clip_of(clip) }?;
        // SAFETY: as above.
        unsafe { embed(embedder, embedding, len, |embedder| embedder.embed(clip)) }
    })
}

/// Decodes a source and makes the embedding of what is spoken in it, as a store keeps it: see
/// sonic_voice_embedder_embed_speech_clip.
///
/// Errors: as sonic_voice_embedder_embed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_embedder_embed_speech(
    embedder: *const sonic_voice_embedder,
    source: *const sonic_source,
    embedding: *mut f32,
    len: usize,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let source = unsafe { source_of(source) }?;
        let work = |embedder: &VoiceEmbedder| Ok(embedder.embed_speech_source(source.open()?)?.embedding);
        // SAFETY: as above.
        unsafe { embed(embedder, embedding, len, work) }
    })
}

/// The embedding of what is spoken in a clip, as enrolling, identifying and verifying make it and a store keeps it: the
/// constant part is removed, the level set and what is not speech left out, unless `prepare` of the embedder's options
/// is 0. It is what a store is searched with, observes and takes as a cohort. `len` is as in
/// sonic_voice_embedder_embed_clip.
///
/// Errors: as sonic_voice_embedder_embed_clip.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_embedder_embed_speech_clip(
    embedder: *const sonic_voice_embedder,
    clip: *const sonic_clip,
    embedding: *mut f32,
    len: usize,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let clip = unsafe { clip_of(clip) }?;
        // SAFETY: as above.
        unsafe { embed(embedder, embedding, len, |embedder| Ok(embedder.embed_speech(clip)?.embedding)) }
    })
}

/// Decodes `count` sources and makes the embeddings of the voices in them, all cores at work: `len`, which must be
/// `count` times sonic_voice_embedder_dimensions, numbers in `embeddings`, one source after the other.
///
/// Errors: as sonic_voice_embedder_embed, of the first source that has one, and CLOSED if it was cancelled; nothing is
/// written then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_embedder_embed_many(
    embedder: *const sonic_voice_embedder,
    sources: *const *const sonic_source,
    count: usize,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    embeddings: *mut f32,
    len: usize,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (sources, job) = unsafe { (sources_of(sources, count)?, Job::new(cancel, progress)?) };
        let make = |embedder: &VoiceEmbedder, some: &[_]| Ok(embedder.embed_sources(open_all(some)?));
        // SAFETY: as above.
        unsafe { embed_all(embedder, &sources, job, (embeddings, len), make) }
    })
}

/// The embeddings of the voices in `count` clips, all cores at work; see sonic_voice_embedder_embed_many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_embedder_embed_many_clips(
    embedder: *const sonic_voice_embedder,
    clips: *const *const sonic_clip,
    count: usize,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    embeddings: *mut f32,
    len: usize,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (clips, job) = unsafe { (slice(clips, count, "clips")?, Job::new(cancel, progress)?) };
        // SAFETY: as above.
        let clips = clips.iter().map(|&clip| Ok(&**unsafe { shared_clip_of(clip, "a clip of clips") }?));
        let clips = clips.collect::<Result<Vec<&Clip>>>()?;
        // SAFETY: as above.
        unsafe { embed_all(embedder, &clips, job, (embeddings, len), |e, some| Ok(e.embed_many(some))) }
    })
}

/// # Safety
/// The pointers are as the header says.
unsafe fn embed_all<T>(
    embedder: *const sonic_voice_embedder,
    of: &[T],
    job: Job<'_>,
    (embeddings, len): (*mut f32, usize),
    make: impl Fn(&VoiceEmbedder, &[T]) -> Result<Vec<Result<Embedding>>>,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let embedder = unsafe { embedder_of(embedder) }?;
    if of.is_empty() && len == 0 {
        return Ok(());
    }
    let needed = of.len().saturating_mul(embedder.dimensions());
    // SAFETY: the caller's promise.
    let buffer = unsafe { Buffer::new(embeddings, len, needed, "embeddings") }?;
    let mut numbers = Vec::with_capacity(needed);
    let at_once = if job.is_watched() { AT_ONCE } else { of.len() };
    for (place, some) in of.chunks(at_once.max(1)).enumerate().map(|(n, some)| (n * at_once, some)) {
        job.check()?;
        job.set(place as u64, of.len() as u64);
        for (i, made) in make(embedder, some)?.into_iter().enumerate() {
            numbers.extend(made.map_err(|e| e.context(format!("number {}", place + i)))?.vector);
        }
    }
    job.set(of.len() as u64, of.len() as u64);
    buffer.write(&numbers)
}

/// # Safety
/// The pointers are as the header says.
unsafe fn embed(
    embedder: *const sonic_voice_embedder,
    embedding: *mut f32,
    len: usize,
    make: impl FnOnce(&VoiceEmbedder) -> Result<Embedding>,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let embedder = unsafe { embedder_of(embedder) }?;
    // SAFETY: the caller's promise.
    let buffer = unsafe { Buffer::new(embedding, len, embedder.dimensions(), "embedding") }?;
    buffer.write(&make(embedder)?.vector)
}
