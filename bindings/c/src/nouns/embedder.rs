//! Voices as vectors.

use crate::convert::{Out, c_string, free, invalid, reference, slice};
use crate::error::{call, sonic_status};
use crate::nouns::model::{Places, name, provider, sonic_provider};
use crate::options::{Options, Sized32, flag, init, read_options, threads};
use sonic::audio::speaker::{VoiceEmbedder, VoiceEmbedderOptions};
use sonic::{Embedding, Result};
use std::ffi::{CString, c_char};
use std::ptr::null;

/// The name of the model that is built in, and the default.
const BUILT_IN: &str = "celda128";

/// Shared. Makes embeddings of voices: vectors of unit length that say who is speaking, compared by their dot product.
pub struct sonic_voice_embedder {
    pub(crate) embedder: VoiceEmbedder,
    pipeline: CString,
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
    /// 1: enrolling, identifying, verifying and sonic_voice_embedder_embed_speech remove the constant part of the sound,
    /// set its level and keep what is spoken before they embed. 0: they embed it as it is. A store keeps voices of one or the
    /// other.
    pub prepare: u32,
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

impl Options for sonic_voice_embedder_options {
    fn defaults() -> Self {
        Self {
            size: size_of::<Self>() as u32,
            threads: 0,
            provider: sonic_provider::SONIC_PROVIDER_CPU as i32,
            prepare: 1,
            onnxruntime: null(),
            models_folder: null(),
        }
    }
}

impl sonic_voice_embedder_options {
    fn to_options(self) -> Result<VoiceEmbedderOptions> {
        Ok(VoiceEmbedderOptions {
            threads: threads(self.threads)?,
            provider: provider(self.provider)?,
            prepare: flag("prepare", self.prepare)?,
        })
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_embedder_options_init(
    options: *mut sonic_voice_embedder_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
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
        let (model, options) = unsafe { (name(model, BUILT_IN)?, read_options(options)?) };
        // SAFETY: as above.
        let (places, out) = unsafe {
            (Places::new(options.models_folder, options.onnxruntime)?, Out::new(embedder, "embedder")?)
        };
        let options = options.to_options()?;
        let embedder = match model {
            BUILT_IN => VoiceEmbedder::built_in_with(&options),
            _ => VoiceEmbedder::load(&places.find(model)?, &options)?,
        };
        let pipeline = c_string(embedder.speech_pipeline().as_str());
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
pub unsafe extern "C" fn sonic_voice_embedder_dimensions(embedder: *const sonic_voice_embedder) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { embedder.as_ref() }.map_or(0, |e| e.embedder.dimensions())
}

/// Samples per second that it works at; other clips are resampled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_embedder_sample_rate(embedder: *const sonic_voice_embedder) -> u32 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { embedder.as_ref() }.map_or(0, |e| e.embedder.sample_rate())
}

/// How it makes the embeddings that a store keeps, those of sonic_voice_embedder_embed_speech: those of different
/// pipelines cannot be compared. Borrowed from the embedder.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_embedder_pipeline(
    embedder: *const sonic_voice_embedder,
) -> *const c_char {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { embedder.as_ref() }.map_or(std::ptr::null(), |e| e.pipeline.as_ptr())
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
    if len != embedder.dimensions() {
        let message =
            format!("embedding has {len} numbers where the embedder makes {}", embedder.dimensions());
        return Err(invalid(message));
    }
    Ok(Embedding { pipeline: embedder.speech_pipeline().clone(), vector: numbers.to_vec() })
}

/// Frees an embedder; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voice_embedder_free(embedder: *mut sonic_voice_embedder) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(embedder) }
}
