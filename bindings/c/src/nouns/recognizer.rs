//! What says what was said: services, a model, functions of the caller.

use crate::convert::{Out, free, is_null, optional_text, reference, text};
use crate::error::{call, sonic_status};
use crate::nouns::model::{Places, name};
use crate::options::{Options, Sized32, fill, init, read_options};
use sonic::live::{
    Desk, DeskOptions, OpenAi, OpenAiOptions, Recognition, Recognizer, Request, ServiceOptions, Spelling,
    Whisper, WhisperOptions, Word,
};
use sonic::{Error, ErrorKind, Result};
use std::ffi::{CString, c_char, c_void};
use std::ptr::null;
use std::sync::Arc;

/// Shared. Says what was said in utterances, for any number of sessions. Those keep it alive: it can be freed before them.
pub struct sonic_recognizer(pub(crate) Desk);

/// How a recogniser is queried. What is about services counts for those alone.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_recognizer_options {
    /// sizeof(sonic_recognizer_options)
    pub size: u32,
    /// Utterances that are recognised at once, 1 to 64; 4.
    pub concurrency: u32,
    /// Utterances that wait at most, 1 to 100,000; further ones are refused. 64.
    pub queue: u32,
    /// How often a service is tried, 1 to 10; 3.
    pub attempts: u32,
    /// An answer is waited for so long, in milliseconds; 30,000.
    pub timeout_ms: u64,
    /// An answer to one call of a service is waited for so long, tries together, in milliseconds; 20,000.
    pub service_timeout_ms: u64,
    /// The model that OpenAI's interface is to use; NULL is "whisper-1".
    pub model: *const c_char,
    /// What a service is sent as bearer token; may be NULL.
    pub token: *const c_char,
    /// The shared library of ONNX Runtime; see sonic_voice_embedder_options.
    pub onnxruntime: *const c_char,
    /// The folder of the models; see sonic_voice_embedder_options.
    pub models_folder: *const c_char,
}

// SAFETY: four words of 32 bits, two of 64, then pointers.
unsafe impl Sized32 for sonic_recognizer_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_recognizer_options {
    fn defaults() -> Self {
        let (service, desk) = (ServiceOptions::default(), DeskOptions::default());
        Self {
            size: size_of::<Self>() as u32,
            concurrency: service.concurrency as u32,
            queue: desk.queue as u32,
            attempts: service.attempts,
            timeout_ms: desk.timeout_ms,
            service_timeout_ms: service.timeout_ms,
            model: null(),
            token: null(),
            onnxruntime: null(),
            models_folder: null(),
        }
    }
}

impl sonic_recognizer_options {
    fn desk(&self, recognizer: impl Recognizer + 'static) -> Result<sonic_recognizer> {
        let options = DeskOptions {
            workers: self.concurrency as usize,
            queue: self.queue as usize,
            timeout_ms: self.timeout_ms,
        };
        Ok(sonic_recognizer(Desk::new(Arc::new(recognizer), &options)?))
    }

    fn service(&self) -> ServiceOptions {
        ServiceOptions {
            timeout_ms: self.service_timeout_ms,
            attempts: self.attempts,
            concurrency: self.concurrency as usize,
            ..ServiceOptions::default()
        }
    }

    /// # Safety
    /// The token is null or a string.
    unsafe fn token(&self) -> Result<Option<String>> {
        // SAFETY: the caller's promise.
        Ok(unsafe { optional_text(self.token, "options.token") }?.map(str::to_owned))
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recognizer_options_init(
    options: *mut sonic_recognizer_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// A service that speaks OpenAI's interface for transcriptions, at its whole address, such as
/// `https://api.openai.com/v1/audio/transcriptions`. Its answers have words.
///
/// Errors: INVALID_ARGUMENT if the address is none or an option is out of range. Nothing is sent yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recognizer_open_ai(
    url: *const c_char,
    options: *const sonic_recognizer_options,
    recognizer: *mut *mut sonic_recognizer,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (url, options) = unsafe { (text(url, "url")?, read_options(options)?) };
        // SAFETY: as above.
        let (out, token) = unsafe { (Out::new(recognizer, "recognizer")?, options.token()?) };
        // SAFETY: as above.
        let model = unsafe { optional_text(options.model, "options.model") }?;
        let defaults = OpenAiOptions::default();
        let model = model.map_or(defaults.model, str::to_owned);
        let service = OpenAi::new(url, &OpenAiOptions { model, token, service: options.service() })?;
        out.give(options.desk(service)?)
    })
}

/// Whisper over HTTP, as Vexa's transcription service speaks it.
///
/// Errors: as sonic_recognizer_open_ai.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recognizer_whisper(
    url: *const c_char,
    options: *const sonic_recognizer_options,
    recognizer: *mut *mut sonic_recognizer,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (url, options) = unsafe { (text(url, "url")?, read_options(options)?) };
        // SAFETY: as above.
        let (out, token) = unsafe { (Out::new(recognizer, "recognizer")?, options.token()?) };
        let service = Whisper::new(url, &WhisperOptions { token, service: options.service() })?;
        out.give(options.desk(service)?)
    })
}

/// A model in process that knows single letters, digits and some words, spoken with pauses between them: its id, or the path
/// of its manifest; NULL is "moonshine-spelling". It needs ONNX Runtime. Nothing is ever fetched.
///
/// Errors: NOT_FOUND if there is no such model; MODEL if its file or ONNX Runtime is missing or damaged, or it is another
/// kind of model; MISMATCH if the process has loaded another ONNX Runtime.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recognizer_spelling(
    model: *const c_char,
    options: *const sonic_recognizer_options,
    recognizer: *mut *mut sonic_recognizer,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (model, options) = unsafe { (name(model, "moonshine-spelling")?, read_options(options)?) };
        // SAFETY: as above.
        let (places, out) = unsafe {
            (Places::new(options.models_folder, options.onnxruntime)?, Out::new(recognizer, "recognizer")?)
        };
        out.give(options.desk(Spelling::load(&places.find(model)?)?)?)
    })
}

/// What a function is to say the words of. Read it through the pointer that the library gave: later versions add fields at
/// its end. It and what it points to are good until the function returns.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_utterance {
    /// The sound: mono, 16,000 samples a second, a minute at most.
    pub samples: *const f32,
    /// How many samples there are.
    pub len: usize,
    /// What was said in the meeting before, which helps to get names right; may be NULL.
    pub prompt: *const c_char,
    /// The language that is spoken, as ISO 639-1; NULL to find out.
    pub language: *const c_char,
    /// False while the utterance goes on: the answer is shown and then replaced.
    pub is_final: bool,
}

/// Exclusive. What a function says that was said; good until it returns.
pub struct sonic_recognition(Recognition);

/// Says what was said in an utterance, by sonic_recognition_set_text and sonic_recognition_add_word. It gives 0, or a
/// sonic_status if it cannot: SONIC_ERROR_BUSY to be called again later. It is called by threads of the library, as many at
/// once as `options.concurrency`, and returns in the ordinary way: no exception, no longjmp. It must not use the session that
/// waits for it.
pub type sonic_recognize = Option<
    unsafe extern "C" fn(
        state: *mut c_void,
        utterance: *const sonic_utterance,
        recognition: *mut sonic_recognition,
    ) -> i32,
>;

/// Told once that a function is not called any more, when the recogniser and the sessions that use it are freed and the last
/// call has returned; by any thread.
pub type sonic_release = Option<unsafe extern "C" fn(state: *mut c_void)>;

/// A function of the caller. `pipeline` names it and its version: answers of another name give segments other ids. `state` is
/// passed on to both functions, and may be NULL; it must be good until `release` is called, which may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recognizer_function(
    pipeline: *const c_char,
    recognize: sonic_recognize,
    release: sonic_release,
    state: *mut c_void,
    options: *const sonic_recognizer_options,
    recognizer: *mut *mut sonic_recognizer,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (pipeline, options) = unsafe { (text(pipeline, "pipeline")?, read_options(options)?) };
        let recognize = recognize.ok_or_else(|| is_null("recognize"))?;
        // SAFETY: as above.
        let out = unsafe { Out::new(recognizer, "recognizer") }?;
        let pipeline = format!("c-1/{pipeline}");
        // Its release is not to be called for a recogniser that was never made.
        let mut function = Function { pipeline, recognize, release: None, state };
        options.desk(Silent)?;
        function.release = release;
        out.give(options.desk(function)?)
    })
}

/// Only there to see whether options are right.
struct Silent;

impl Recognizer for Silent {
    fn pipeline(&self) -> String {
        String::new()
    }

    fn recognize(&self, _: &Request<'_>) -> Result<Recognition> {
        Ok(Recognition::default())
    }
}

struct Function {
    pipeline: String,
    recognize: unsafe extern "C" fn(*mut c_void, *const sonic_utterance, *mut sonic_recognition) -> i32,
    release: sonic_release,
    state: *mut c_void,
}

// SAFETY: the header says that any thread may call the functions, several at once.
unsafe impl Send for Function {}
// SAFETY: as above.
unsafe impl Sync for Function {}

impl Recognizer for Function {
    fn pipeline(&self) -> String {
        self.pipeline.clone()
    }

    fn recognize(&self, request: &Request<'_>) -> Result<Recognition> {
        let [prompt, language] =
            [request.prompt, request.language].map(|text| text.map(crate::convert::c_string));
        let pointer = |text: &Option<CString>| text.as_ref().map_or(null(), |text| text.as_ptr());
        let utterance = sonic_utterance {
            samples: request.samples.as_ptr(),
            len: request.samples.len(),
            prompt: pointer(&prompt),
            language: pointer(&language),
            is_final: request.is_final,
        };
        let mut recognition = sonic_recognition(Recognition::default());
        // SAFETY: the header says what the function may do; all that it is given lives until it returns.
        match unsafe { (self.recognize)(self.state, &raw const utterance, &raw mut recognition) } {
            0 => Ok(recognition.0),
            status => Err(Error::new(kind_of(status), format!("the recogniser gave {status}"))),
        }
    }
}

fn kind_of(status: i32) -> ErrorKind {
    match status {
        3 => ErrorKind::Malformed,
        7 => ErrorKind::Io,
        11 => ErrorKind::Busy,
        _ => ErrorKind::Model,
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: the header says so; it is called once, and nothing is called after it.
            unsafe { release(self.state) };
        }
    }
}

/// Sets the text that was said, and how sure that is, 0 to 1; 1 if that is not known. Without it nothing was said.
///
/// Errors: INVALID_ARGUMENT if the text is not UTF-8. An answer that cannot be one, such as a confidence of 2, is a failure of
/// the recogniser.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recognition_set_text(
    recognition: *mut sonic_recognition,
    text: *const c_char,
    confidence: f32,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (it, text) = unsafe { (of(recognition)?, self::text(text, "text")?) };
        text.clone_into(&mut it.0.text);
        it.0.confidence = confidence;
        Ok(())
    })
}

/// Adds a word of the text, in their order: from when to when, in milliseconds from the beginning of the utterance, and how
/// sure that is, 0 to 1.
///
/// Errors: INVALID_ARGUMENT if the text is not UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recognition_add_word(
    recognition: *mut sonic_recognition,
    start_ms: u64,
    end_ms: u64,
    text: *const c_char,
    confidence: f32,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (it, text) = unsafe { (of(recognition)?, self::text(text, "text")?.to_owned()) };
        it.0.words.push(Word { start_ms, end_ms, text, confidence });
        Ok(())
    })
}

/// # Safety
/// `recognition` is null, or one that no other thread uses.
unsafe fn of<'a>(recognition: *mut sonic_recognition) -> Result<&'a mut sonic_recognition> {
    // SAFETY: the caller's promise.
    unsafe { recognition.as_mut() }.ok_or_else(|| is_null("recognition"))
}

/// How utterances fared at a recogniser.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_recognition_counts {
    /// sizeof(sonic_recognition_counts), set by the caller.
    pub size: u32,
    /// Threads that the recogniser has not given back in time.
    pub stuck: u32,
    /// Utterances that were answered.
    pub answered: u64,
    /// Those for which it gave an error, or an answer that cannot be one.
    pub failed: u64,
    /// Those for which no answer came in time.
    pub timed_out: u64,
    /// Those that were refused because too many waited.
    pub refused: u64,
}

// SAFETY: two words of 32 bits, then words of 64.
unsafe impl Sized32 for sonic_recognition_counts {
    const LEAST: usize = size_of::<Self>();
}

/// How utterances fared so far, those of all sessions.
///
/// Errors: INVALID_ARGUMENT if counts->size is not set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recognizer_counts(
    recognizer: *const sonic_recognizer,
    counts: *mut sonic_recognition_counts,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let stats = unsafe { reference(recognizer, "recognizer") }?.0.stats();
        let make = || {
            Ok(sonic_recognition_counts {
                size: size_of::<sonic_recognition_counts>() as u32,
                stuck: stats.stuck as u32,
                answered: stats.answered,
                failed: stats.failed,
                timed_out: stats.timed_out,
                refused: stats.refused,
            })
        };
        // SAFETY: as above.
        unsafe { fill(counts, "counts", make) }
    })
}

/// Frees a recogniser; NULL is nothing. Sessions that use it go on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_recognizer_free(recognizer: *mut sonic_recognizer) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(recognizer) }
}
