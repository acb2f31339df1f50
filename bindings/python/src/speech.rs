//! Where somebody speaks, and how well that was recorded.

use crate::argument::{Arg, expected};
use crate::embedder::{model_name, no_sound, resolve, voice_source};
use crate::error::detached;
use crate::results::{ToPython, list};
use crate::voice_results::Judged;
use pyo3::prelude::*;
use sonic::audio::decode::{DecodeOptions, Decoder};
use sonic::audio::quality::Verdict;
use sonic::audio::speech::{SAMPLE_RATES, Silero, SpeechFinder, SpeechOptions};
use sonic::model::Model;
use sonic::voices::{QualityGate, VoiceSource};
use sonic::{Clip, Result, Source, Span};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// The quality of longer recordings is that of their first ten minutes, so that memory stays bounded.
const MEASURED_S: usize = 600;

/// The stretches in which somebody speaks, in order, none touching another; a list of `Span`.
///
/// `source` is a path, bytes, a binary file object or a `Clip`; files are decoded block by block. Without `model` the
/// likelihood of speech over the noise floor decides, which takes music for speech; with it the Silero model does:
/// "silero-vad", or the path of its file. Speech begins where its probability reaches `threshold`; speech shorter than
/// `min_speech_ms` is left out, pauses shorter than `min_silence_ms` do not end it, and `padding_ms` is added at both
/// ends. Raises `InvalidArgumentError` for options out of range and samples that are not finite, `ModelError` if the
/// model is missing, damaged or another kind, and what `decode` raises.
#[pyfunction]
#[pyo3(
    signature = (source, *, model=None, threshold=Arg(0.5), min_speech_ms=Arg(250), min_silence_ms=Arg(100),
                 padding_ms=Arg(30)),
    text_signature = "(source, *, model=None, threshold=0.5, min_speech_ms=250, min_silence_ms=100, padding_ms=30)"
)]
pub(crate) fn speech_spans<'py>(
    source: &Bound<'py, PyAny>,
    model: Option<&Bound<'py, PyAny>>,
    threshold: Arg<f32>,
    min_speech_ms: Arg<u32>,
    min_silence_ms: Arg<u32>,
    padding_ms: Arg<u32>,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let (py, source) = (source.py(), voice_source(source)?);
    let file = model.map(|model| resolve(py, &model_name(model)?)).transpose()?;
    let spans = detached(py, "looking for speech", || {
        let options = SpeechOptions {
            threshold: threshold.0,
            min_speech_ms: min_speech_ms.0,
            min_silence_ms: min_silence_ms.0,
            padding_ms: padding_ms.0,
            model: file.map(|file| silero(&file)).transpose()?,
        };
        spans(source, &options)
    })?;
    list(py, spans)
}

/// How well somebody speaking was recorded: a `VoiceQuality`.
///
/// `source` is a path, bytes, a binary file object or a `Clip`; of what is longer, the first ten minutes are measured.
/// `gate` says what is good enough to enrol from: "default", "short_utterance" (1 to 10 s,
/// measured after pauses are trimmed and the level is normalised) or None for anything.
/// Raises `InvalidArgumentError` if a sample is not finite, and what `decode` raises.
#[pyfunction]
#[pyo3(
    signature = (source, *, gate=QualityGate::default()),
    text_signature = "(source, *, gate='default')"
)]
pub(crate) fn voice_quality<'py>(
    source: &Bound<'py, PyAny>,
    #[pyo3(from_py_with = gate)] gate: QualityGate,
) -> PyResult<Bound<'py, PyAny>> {
    let (py, source) = (source.py(), voice_source(source)?);
    let verdict = detached(py, "measuring", || verdict(source, &gate))?;
    Judged { quality: &verdict.quality, reasons: &verdict.reasons }.to_python(py)
}

/// What is good enough, by its name.
pub(crate) fn gate(object: &Bound<'_, PyAny>) -> PyResult<QualityGate> {
    if object.is_none() {
        return Ok(QualityGate::none());
    }
    match object.extract::<String>().as_deref() {
        Ok("default") => Ok(QualityGate::default()),
        Ok("short_utterance") => Ok(QualityGate::short_utterance()),
        _ => Err(expected("\"default\", \"short_utterance\" or None", object)),
    }
}

fn spans(source: VoiceSource, options: &SpeechOptions) -> Result<Vec<Span>> {
    match source {
        VoiceSource::Clip(clip) => sonic::audio::speech::speech_spans(&clip, options),
        VoiceSource::Source(source) => {
            let mut finder = SpeechFinder::new(options, SAMPLE_RATES[0])?;
            let mut decoder = Decoder::open(source, &DecodeOptions::at(SAMPLE_RATES[0]))?;
            let mut spans = Vec::new();
            while let Some(block) = decoder.next_block()? {
                spans.extend(finder.push(block)?);
            }
            spans.extend(finder.finish()?);
            Ok(spans)
        }
        VoiceSource::Analyzed(_) => Err(no_sound()),
    }
}

fn verdict(source: VoiceSource, gate: &QualityGate) -> Result<Verdict> {
    match source {
        VoiceSource::Clip(clip) => gate.check(&clip),
        VoiceSource::Source(source) => gate.check(&beginning(source)?),
        VoiceSource::Analyzed(_) => Err(no_sound()),
    }
}

/// The first ten minutes of a source, at its own rate.
fn beginning(source: Source) -> Result<Clip> {
    let mut decoder = Decoder::open(source, &DecodeOptions::default())?;
    let sample_rate = decoder.sample_rate();
    let most = MEASURED_S * sample_rate as usize;
    let mut samples = Vec::new();
    while let Some(block) = decoder.next_block()? {
        samples.extend_from_slice(&block[..block.len().min(most - samples.len())]);
        if samples.len() == most {
            break;
        }
    }
    Ok(Clip::new(samples, sample_rate))
}

/// A loaded model, and what says that it is still the same.
struct Loaded {
    process: u32,
    path: Option<PathBuf>,
    changed: Option<SystemTime>,
    model: Arc<Silero>,
}

/// The model in a file; the one that was used last stays loaded.
fn silero(file: &Model) -> Result<Arc<Silero>> {
    static LAST: Mutex<Option<Loaded>> = Mutex::new(None);
    let (process, path) = (std::process::id(), file.path().map(Path::to_owned));
    let changed = path.as_ref().and_then(|path| path.metadata().ok()?.modified().ok());
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(last) = &*last
        && (last.process, &last.path, last.changed) == (process, &path, changed)
    {
        return Ok(Arc::clone(&last.model));
    }
    let model = Arc::new(Silero::load(file)?);
    let loaded = Loaded { process, path, changed, model: Arc::clone(&model) };
    if let Some(old) = last.replace(loaded)
        && old.process != process
    {
        std::mem::forget(old.model); // Its threads run in the process that this one was forked from.
    }
    Ok(model)
}
