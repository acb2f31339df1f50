//! Voices as vectors.

use crate::clip::{clip_of, shared_clip_of, sonic_clip};
use crate::convert::{
    Buffer, Out, Sized32, c_string, free, options, path, reference, reserved, slice, source, threads,
};
use crate::error::{call, invalid, sonic_status};
use crate::model::{Places, name};
use sonic::audio::speaker::{EmbedderOptions, VoiceEmbedder};
use sonic::model::Provider;
use sonic::{Clip, Embedding, Result, Source};
use std::ffi::{CString, c_char};

/// The name of the model that is built in, and the default.
const BUILT_IN: &str = "celda128";

/// Shared. Makes embeddings of voices: vectors of unit length that say who is speaking, compared by their dot product.
pub struct sonic_voice_embedder {
    pub(crate) embedder: VoiceEmbedder,
    pipeline: CString,
}

/// What a model runs on.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_provider {
    /// The processor.
    SONIC_PROVIDER_CPU = 0,
    /// An NVIDIA card; an error if that cannot be.
    SONIC_PROVIDER_CUDA = 1,
    /// An NVIDIA card if that can be, otherwise the processor.
    SONIC_PROVIDER_AUTO = 2,
}

/// How to load a model for voices.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_voice_embedder_options {
    /// sizeof(sonic_voice_embedder_options)
    pub size: u32,
    /// Threads that one call uses; 0 is as many as the machine has cores.
    pub threads: u32,
    /// A sonic_provider; the model that is built in always runs on the processor.
    pub provider: i32,
    /// 0.
    pub reserved: u32,
    /// The shared library of ONNX Runtime, for models in ONNX form; NULL is the one that ORT_DYLIB_PATH names, or that
    /// the system finds. A process can have one.
    pub onnxruntime: *const c_char,
    /// The folder of the models; NULL is the one that SONIC_MODELS names, or sonic/models among the user's data.
    pub models_folder: *const c_char,
}

// SAFETY: four words of 32 bits, then two pointers.
unsafe impl Sized32 for sonic_voice_embedder_options {
    const LEAST: usize = size_of::<Self>();
}

impl sonic_voice_embedder_options {
    fn to_options(self) -> Result<EmbedderOptions> {
        reserved(self.reserved)?;
        let provider = match self.provider {
            0 => Provider::Cpu,
            1 => Provider::Cuda,
            2 => Provider::Auto,
            other => return Err(invalid(format!("options.provider is {other}, which is no sonic_provider"))),
        };
        Ok(EmbedderOptions { threads: threads(self.threads)?, provider })
    }
}

/// Loads a model for voices: the id of one that sonic knows or whose manifest is in the folder of models, or the path
/// of a manifest or an ONNX file. NULL is "celda128", which is built in and needs nothing else: good for clean
/// recordings of one kind. Nothing is ever fetched.
///
/// Errors: NOT_FOUND if there is no such model; MODEL if its file or ONNX Runtime is missing or damaged, or it is not
/// for voices; MISMATCH if the process has loaded another ONNX Runtime.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_embedder_new(
    model: *const c_char,
    options: *const sonic_voice_embedder_options,
    embedder: *mut *mut sonic_voice_embedder,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (model, options) = unsafe { (name(model, BUILT_IN)?, self::options(options, "options")?) };
        // SAFETY: as above.
        let (places, out) = unsafe {
            (Places::new(options.models_folder, options.onnxruntime)?, Out::new(embedder, "embedder")?)
        };
        let options = options.to_options()?;
        let embedder = match model {
            BUILT_IN => VoiceEmbedder::built_in_with(options),
            _ => VoiceEmbedder::load_with(&places.find(model)?, options)?,
        };
        let pipeline = c_string(embedder.pipeline().as_str());
        out.give(sonic_voice_embedder { embedder, pipeline })
    })
}

/// # Safety
/// `embedder` is null or an embedder.
pub(crate) unsafe fn embedder_of<'a>(embedder: *const sonic_voice_embedder) -> Result<&'a VoiceEmbedder> {
    // SAFETY: the caller's promise.
    unsafe { reference(embedder, "embedder") }.map(|e| &e.embedder)
}

/// Length of the vectors.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_embedder_dims(embedder: *const sonic_voice_embedder) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { embedder.as_ref() }.map_or(0, |e| e.embedder.dims())
}

/// Samples per second that it works at; other clips are resampled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_embedder_sample_rate(embedder: *const sonic_voice_embedder) -> u32 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { embedder.as_ref() }.map_or(0, |e| e.embedder.sample_rate())
}

/// How it makes embeddings: those of different pipelines cannot be compared. Borrowed from the embedder.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_embedder_pipeline(
    embedder: *const sonic_voice_embedder,
) -> *const c_char {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { embedder.as_ref() }.map_or(std::ptr::null(), |e| e.pipeline.as_ptr())
}

/// The embedding of the voice in a clip: `len`, which must be sonic_voice_embedder_dims, numbers in `embedding`.
///
/// Errors: INVALID_ARGUMENT if the clip is shorter than 200 ms or silent, or `len` is another; MODEL if the model
/// fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_embedder_embed(
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

/// Decodes a file and makes the embedding of the voice in it, in memory that does not grow with its length; see
/// sonic_voice_embedder_embed.
///
/// Errors: as sonic_clip_decode_file and sonic_voice_embedder_embed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_embedder_embed_file(
    embedder: *const sonic_voice_embedder,
    path: *const c_char,
    embedding: *mut f32,
    len: usize,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let path = unsafe { self::path(path, "path") }?;
        // SAFETY: as above.
        unsafe { embed(embedder, embedding, len, |embedder| embedder.embed_source(path)) }
    })
}

/// Decodes the bytes of a media file and makes the embedding of the voice in it; see sonic_voice_embedder_embed_file.
/// `data` is not used after the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_embedder_embed_bytes(
    embedder: *const sonic_voice_embedder,
    data: *const u8,
    data_len: usize,
    embedding: *mut f32,
    len: usize,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let source = unsafe { source(data, data_len, "data") }?;
        // SAFETY: as above.
        unsafe { embed(embedder, embedding, len, |embedder| embedder.embed_source(source)) }
    })
}

/// The embeddings of the voices in `count` clips, all cores at work: `len`, which must be `count` times
/// sonic_voice_embedder_dims, numbers in `embeddings`, one clip after the other.
///
/// Errors: as sonic_voice_embedder_embed, of the first clip that has one; nothing is written then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_embedder_embed_many(
    embedder: *const sonic_voice_embedder,
    clips: *const *const sonic_clip,
    count: usize,
    embeddings: *mut f32,
    len: usize,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let clips = unsafe { slice(clips, count, "clips") }?;
        // SAFETY: as above.
        let clips = clips.iter().map(|&clip| Ok(&**unsafe { shared_clip_of(clip, "a clip of clips") }?));
        let clips = clips.collect::<Result<Vec<&Clip>>>()?;
        // SAFETY: as above.
        unsafe { embed_all(embedder, embeddings, len, count, |embedder| embedder.embed_many(&clips)) }
    })
}

/// Decodes `count` files and makes the embeddings of the voices in them; see sonic_voice_embedder_embed_many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_embedder_embed_files(
    embedder: *const sonic_voice_embedder,
    paths: *const *const c_char,
    count: usize,
    embeddings: *mut f32,
    len: usize,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let paths = unsafe { slice(paths, count, "paths") }?;
        // SAFETY: as above.
        let files = paths.iter().map(|&one| Ok(Source::from(unsafe { path(one, "a path of paths") }?)));
        let files = files.collect::<Result<Vec<_>>>()?;
        // SAFETY: as above.
        unsafe { embed_all(embedder, embeddings, len, count, |embedder| embedder.embed_sources(files)) }
    })
}

/// # Safety
/// The pointers are as the header says.
unsafe fn embed_all(
    embedder: *const sonic_voice_embedder,
    embeddings: *mut f32,
    len: usize,
    count: usize,
    make: impl FnOnce(&VoiceEmbedder) -> Vec<Result<Embedding>>,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let embedder = unsafe { embedder_of(embedder) }?;
    if count == 0 && len == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise.
    let buffer =
        unsafe { Buffer::new(embeddings, len, count.saturating_mul(embedder.dims()), "embeddings") }?;
    let made = make(embedder).into_iter().enumerate();
    let named = made.map(|(i, made)| made.map_err(|e| e.context(format!("number {i}"))));
    let vectors = named.collect::<Result<Vec<Embedding>>>()?;
    buffer.write(&vectors.into_iter().flat_map(|e| e.vector).collect::<Vec<f32>>())
}

/// An embedding that was made by `embedder`, of `len` numbers.
///
/// # Safety
/// The pointers are as the header says.
pub(crate) unsafe fn embedding_of(
    embedder: *const sonic_voice_embedder,
    embedding: *const f32,
    len: usize,
) -> Result<Embedding> {
    // SAFETY: the caller's promise.
    let (embedder, numbers) = unsafe { (embedder_of(embedder)?, slice(embedding, len, "embedding")?) };
    if len != embedder.dims() {
        let message = format!("embedding has {len} numbers where the embedder makes {}", embedder.dims());
        return Err(invalid(message));
    }
    Ok(Embedding { pipeline: embedder.pipeline().clone(), vector: numbers.to_vec() })
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
    let buffer = unsafe { Buffer::new(embedding, len, embedder.dims(), "embedding") }?;
    buffer.write(&make(embedder)?.vector)
}

/// Frees an embedder; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_embedder_free(embedder: *mut sonic_voice_embedder) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(embedder) }
}
