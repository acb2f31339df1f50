//! Where somebody speaks.

use crate::convert::{Out, free};
use crate::error::{call, sonic_status};
use crate::nouns::clip::{clip_of, sonic_clip};
use crate::nouns::model::{Places, name};
use crate::options::{Options, Sized32, init, read_options, reserved};
use sonic::audio::speech::{Silero, SpeechOptions, speech_spans};
use std::ffi::c_char;
use std::ptr::null;
use std::sync::Arc;

/// Shared. A model that tells speech from the rest.
pub struct sonic_speech_model(pub(crate) Arc<Silero>);

/// How to load a model for speech.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_speech_model_options {
    /// sizeof(sonic_speech_model_options)
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// The shared library of ONNX Runtime; see sonic_voice_embedder_options.
    pub onnxruntime: *const c_char,
    /// The folder of the models; see sonic_voice_embedder_options.
    pub models_folder: *const c_char,
}

// SAFETY: two u32, then two pointers.
unsafe impl Sized32 for sonic_speech_model_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_speech_model_options {
    fn defaults() -> Self {
        Self { size: size_of::<Self>() as u32, reserved: 0, onnxruntime: null(), models_folder: null() }
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_speech_model_options_init(
    options: *mut sonic_speech_model_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// Loads a model for speech by its id, or the path of its manifest or ONNX file; NULL is "silero-vad". Nothing is ever
/// fetched.
///
/// Errors: NOT_FOUND if there is no such model; MODEL if its file or ONNX Runtime is missing or damaged, or it is
/// another kind of model; MISMATCH if the process has loaded another ONNX Runtime.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_speech_model_new(
    name: *const c_char,
    options: *const sonic_speech_model_options,
    model: *mut *mut sonic_speech_model,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (name, options) = unsafe { (self::name(name, "silero-vad")?, read_options(options)?) };
        // SAFETY: as above.
        let (places, out) =
            unsafe { (Places::new(options.models_folder, options.onnxruntime)?, Out::new(model, "model")?) };
        reserved(options.reserved)?;
        out.give(sonic_speech_model(Silero::load(&places.find(name)?)?.into()))
    })
}

/// Frees a model for speech; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_speech_model_free(model: *mut sonic_speech_model) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(model) }
}

/// How speech is told from the rest.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_speech_options {
    /// sizeof(sonic_speech_options)
    pub size: u32,
    /// VoiceSource begins where its probability reaches this, between 0 and 1; it ends where it falls 0.15 under it.
    pub threshold: f32,
    /// Shorter speech is left out.
    pub min_speech_ms: u32,
    /// Shorter pauses do not end speech.
    pub min_silence_ms: u32,
    /// What is added at both ends of a span, spans that touch then become one.
    pub padding_ms: u32,
    /// 0.
    pub reserved: u32,
    /// What gives the probability; NULL is a method without a model: good for recordings with pauses and a steady
    /// background.
    pub model: *const sonic_speech_model,
}

// SAFETY: six words of 32 bits, then a pointer.
unsafe impl Sized32 for sonic_speech_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_speech_options {
    fn defaults() -> Self {
        let defaults = SpeechOptions::default();
        Self {
            size: size_of::<Self>() as u32,
            threshold: defaults.threshold,
            min_speech_ms: defaults.min_speech_ms,
            min_silence_ms: defaults.min_silence_ms,
            padding_ms: defaults.padding_ms,
            reserved: 0,
            model: null(),
        }
    }
}

impl sonic_speech_options {
    /// # Safety
    /// The model is null or a model.
    unsafe fn to_options(self) -> sonic::Result<SpeechOptions> {
        reserved(self.reserved)?;
        Ok(SpeechOptions {
            threshold: self.threshold,
            min_speech_ms: self.min_speech_ms,
            min_silence_ms: self.min_silence_ms,
            padding_ms: self.padding_ms,
            // SAFETY: the caller's promise.
            model: unsafe { self.model.as_ref() }.map(|m| m.0.clone()),
        })
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_speech_options_init(
    options: *mut sonic_speech_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// A stretch of time, in milliseconds from the start. This layout never changes.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct sonic_span {
    /// Where it begins.
    pub start_ms: u64,
    /// Where it ends: the first millisecond that does not belong to it.
    pub end_ms: u64,
}

/// Shared. Stretches of time.
pub struct sonic_speech_spans(Box<[sonic_span]>);

/// The stretches of a clip in which somebody speaks, in order, none touching another.
///
/// Errors: INVALID_ARGUMENT if an option is out of range; MODEL if the model fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_speech_spans_new(
    clip: *const sonic_clip,
    options: *const sonic_speech_options,
    spans: *mut *mut sonic_speech_spans,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (clip, options) = unsafe { (clip_of(clip)?, read_options(options)?.to_options()?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(spans, "spans") }?;
        let spans = speech_spans(clip, &options)?;
        let in_c = spans.iter().map(|s| sonic_span { start_ms: s.start_ms, end_ms: s.end_ms });
        out.give(sonic_speech_spans(in_c.collect()))
    })
}

/// How many spans there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_speech_spans_len(spans: *const sonic_speech_spans) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { spans.as_ref() }.map_or(0, |s| s.0.len())
}

/// The spans, sonic_speech_spans_len of them; borrowed from the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_speech_spans_data(spans: *const sonic_speech_spans) -> *const sonic_span {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { spans.as_ref() }.map_or(std::ptr::null(), |s| s.0.as_ptr())
}

/// Frees spans; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_speech_spans_free(spans: *mut sonic_speech_spans) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(spans) }
}
