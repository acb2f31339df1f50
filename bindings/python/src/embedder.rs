//! Voices as vectors.

use crate::argument::{Arg, Sound, count, expected, is_path};
use crate::arrays::{array, as_array, vector};
use crate::batches::in_batches;
use crate::clip::Clip;
use crate::error::{detached, invalid, raise};
use crate::results::ToPython;
use crate::speech::gate;
use crate::voice_results::Judged;
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView, PyTuple};
use sonic::audio::speaker::{self, VoiceEmbedderOptions};
use sonic::model::{Model, Provider, Runtime};
use sonic::voices::{QualityGate, VoiceSample, VoiceSource, analyze_voice};
use sonic::{Embedding, Error, ErrorKind, Result};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// The model that needs no file.
const BUILT_IN: &str = "celda128";

/// Makes embeddings of voices: unit vectors, whose dot product says how alike two voices are.
///
/// `model` is "celda128" (the default, built in), the id of another model, or the path of a manifest (`.toml`) or of
/// an ONNX file with its manifest beside it. Models in ONNX run in ONNX Runtime, which is taken from the package
/// `onnxruntime` if that is installed. `threads` is how many one call uses (0: as many as there are cores), `provider`
/// what an ONNX model runs on: "cpu", "cuda", or "auto" for a GPU if there is one. `prepare` says whether enrolling,
/// identifying, verifying and `embed_speech` remove the constant part of the sound, set its level and keep what is spoken
/// before they embed; a store keeps voices of one or the other. Any number of threads can use one embedder at once. Raises `NotFoundError` if there is no such model, `ModelError` if its file or the runtime is
/// missing or damaged, or it is not for voices.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct VoiceEmbedder {
    embedder: Arc<Shared>,
}

/// A model and the process that it was loaded in.
pub(crate) struct Shared {
    embedder: Arc<speaker::VoiceEmbedder>,
    /// `None` for the built-in model, which has no threads or handles of its own.
    process: Option<u32>,
}

impl Shared {
    /// A model that was loaded in this process.
    fn loaded(embedder: speaker::VoiceEmbedder) -> Self {
        Self { embedder: Arc::new(embedder), process: Some(std::process::id()) }
    }

    /// The built-in model.
    fn built_in(options: &VoiceEmbedderOptions) -> Self {
        Self { embedder: Arc::new(speaker::VoiceEmbedder::built_in_with(options)), process: None }
    }

    /// The embedder, if this is the process that loaded it.
    pub(crate) fn get(&self) -> Result<&speaker::VoiceEmbedder> {
        match self.process {
            Some(process) if process != std::process::id() => Err(Error::new(
                ErrorKind::Closed,
                "this model was loaded by the process that this one was forked from: load it again",
            )),
            _ => Ok(&self.embedder),
        }
    }

    /// The embedding of whoever speaks.
    fn embed(&self, source: VoiceSource) -> Result<Embedding> {
        match source {
            VoiceSource::Source(source) => self.get()?.embed_source(source),
            VoiceSource::Clip(clip) => self.get()?.embed(&clip),
            VoiceSource::Analyzed(_) => Err(no_sound()),
        }
    }

    /// What voices of a store are compared with.
    pub(crate) fn embedding_of(&self, spoken: Spoken) -> Result<Embedding> {
        match spoken {
            Spoken::Source(source) => self.embed_speech(source),
            Spoken::Vector(vector) => {
                Ok(Embedding { pipeline: self.get()?.speech_pipeline().clone(), vector })
            }
        }
    }

    /// The embedding of what is spoken, as a store keeps it.
    pub(crate) fn embed_speech(&self, source: VoiceSource) -> Result<Embedding> {
        let spoken = match source {
            VoiceSource::Source(source) => self.get()?.embed_speech_source(source),
            VoiceSource::Clip(clip) => self.get()?.embed_speech(&clip),
            known => return analyze_voice(self.get()?, known, &QualityGate::default())?.embedding().cloned(),
        };
        spoken.map(|spoken| spoken.embedding)
    }

    /// The embeddings of many, or the error of the first that has one; the first of them is number `first` of all.
    fn embed_many(&self, sources: Vec<VoiceSource>, first: usize) -> Result<Vec<Embedding>> {
        let (mut clips, mut files) = (Vec::new(), Vec::new());
        let (mut clip_places, mut file_places) = (Vec::new(), Vec::new());
        for (place, source) in sources.into_iter().enumerate() {
            match source {
                VoiceSource::Clip(clip) => (clips.push(clip), clip_places.push(place)),
                VoiceSource::Source(file) => (files.push(file), file_places.push(place)),
                VoiceSource::Analyzed(_) => return Err(no_sound()),
            };
        }
        let embedder = self.get()?;
        let mut all: Vec<_> = clip_places.into_iter().zip(embedder.embed_many(&clips)).collect();
        all.extend(file_places.into_iter().zip(embedder.embed_sources(files)));
        all.sort_by_key(|(place, _)| *place);
        let named = |(place, result): (usize, Result<Embedding>)| {
            result.map_err(|e| e.context(format!("number {} of the sources", first + place)))
        };
        all.into_iter().map(named).collect()
    }
}

/// What is said of a voice that was analysed, where its sound is wanted.
pub(crate) fn no_sound() -> Error {
    let message = "an AnalyzedVoice has no sound: give what it was made of";
    Error::new(ErrorKind::InvalidArgument, message)
}

impl Drop for Shared {
    fn drop(&mut self) {
        if self.process.is_some_and(|process| process != std::process::id()) {
            std::mem::forget(Arc::clone(&self.embedder)); // Its threads run in the process it was forked from.
        }
    }
}

/// Somebody speaking, or the embedding that was made of it.
pub(crate) enum Spoken {
    Source(VoiceSource),
    Vector(Vec<f32>),
}

impl Spoken {
    /// One of the two, which are given by their names.
    pub(crate) fn of(
        py: Python<'_>,
        source: Option<&Bound<'_, PyAny>>,
        embedding: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        match (source, embedding) {
            (Some(source), None) => voice_source(source).map(Self::Source),
            (None, Some(numbers)) => {
                vector(numbers, "an embedding: an array of shape (dimensions,)").map(Self::Vector)
            }
            _ => Err(invalid(py, "give a source or an embedding, one of the two")),
        }
    }
}

impl VoiceEmbedder {
    /// The model, if this is the process that loaded it.
    pub(crate) fn model(&self) -> Result<speaker::VoiceEmbedder> {
        self.embedder.get().cloned()
    }
}

#[pymethods]
impl VoiceEmbedder {
    #[new]
    #[pyo3(
        signature = (model=None, *, threads=0, provider=Provider::Cpu, prepare=true),
        text_signature = "(model='celda128', *, threads=0, provider='cpu', prepare=True)"
    )]
    fn new(
        py: Python<'_>,
        model: Option<&Bound<'_, PyAny>>,
        #[pyo3(from_py_with = count)] threads: usize,
        #[pyo3(from_py_with = provider)] provider: Provider,
        prepare: bool,
    ) -> PyResult<Self> {
        let options = VoiceEmbedderOptions { threads, provider, prepare };
        let name = model.map_or_else(|| Ok(BUILT_IN.to_owned()), model_name)?;
        if name == BUILT_IN {
            return Ok(Self { embedder: Arc::new(Shared::built_in(&options)) });
        }
        let model = resolve(py, &name)?;
        let embedder = detached(py, "loading the model", || speaker::VoiceEmbedder::load(&model, &options))?;
        Ok(Self { embedder: Arc::new(Shared::loaded(embedder)) })
    }

    /// Length of the vectors.
    #[getter]
    fn dimensions(&self) -> usize {
        self.embedder.embedder.dimensions()
    }

    /// Samples per second that the model works at; other sound is resampled.
    #[getter]
    fn sample_rate(&self) -> u32 {
        self.embedder.embedder.sample_rate()
    }

    /// What distinguishes the vectors that a store keeps, those of `embed_speech`, from those of others: step, front-end, model and
    /// version. A store holds vectors of one pipeline.
    #[getter]
    fn pipeline(&self) -> &str {
        self.embedder.embedder.speech_pipeline().as_str()
    }

    /// The voice in a path, bytes, a binary file object or a `Clip`, by all of its sound as it is: shape (dimensions,),
    /// float32, of unit length. What a store keeps is `embed_speech`.
    ///
    /// To tell speakers apart give 3 s or more. Files are decoded block by block, so memory does not grow with the
    /// length. Raises `InvalidArgumentError` for less than 0.2 s, silence, or samples that are not finite, and what
    /// `decode` raises.
    #[pyo3(signature = (source))]
    fn embed<'py>(&self, source: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArray1<f32>>> {
        let (py, source) = (source.py(), voice_source(source)?);
        let embedding = detached(py, "embedding", || self.embedder.embed(source))?;
        array(py, embedding.vector)
    }

    /// What is spoken in a path, bytes, a binary file object or a `Clip`, as enrolling, identifying and verifying embed it
    /// and a store keeps it: shape (dimensions,), float32, of unit length.
    ///
    /// The constant part is removed, the level set and what is not speech left out, unless the embedder was made with
    /// `prepare=False`. Raises what `embed` raises.
    #[pyo3(signature = (source))]
    fn embed_speech<'py>(&self, source: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArray1<f32>>> {
        let (py, source) = (source.py(), voice_source(source)?);
        let embedding = detached(py, "embedding", || self.embedder.embed_speech(source))?;
        array(py, embedding.vector)
    }

    /// The voices in many sources, on all cores: shape (n, dimensions), float32, one row of unit length for each.
    ///
    /// Sources are pulled as the work goes on, and a bounded number is held at a time. Raises what `embed` raises for the
    /// first source that cannot be embedded; Ctrl-C stops it between sources.
    #[pyo3(signature = (sources))]
    fn embed_many<'py>(&self, sources: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let (py, dimensions) = (sources.py(), self.dimensions());
        let (mut numbers, mut rows) = (Vec::new(), 0);
        let work = |batch: Vec<VoiceSource>| {
            let (first, count) = (rows, batch.len());
            let embed = || self.embedder.embed_many(batch, first);
            numbers.extend(detached(py, "embedding", embed)?.into_iter().flat_map(|e| e.vector));
            rows += count;
            Ok(())
        };
        in_batches(&many(sources)?, voice_source, work)?;
        array(py, numbers)?.reshape([rows, dimensions])
    }

    /// Decodes, measures and embeds somebody speaking once, for calls of `Voices` that take it in the place of a source: an
    /// `AnalyzedVoice`.
    ///
    /// `gate` says what is good enough to enrol: "default", "short_utterance" or None for anything; what does not pass it is
    /// refused then. Raises what `embed` raises.
    #[pyo3(
        signature = (source, *, gate=QualityGate::default()),
        text_signature = "($self, source, *, gate='default')"
    )]
    fn analyze(
        &self,
        source: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = gate)] gate: QualityGate,
    ) -> PyResult<AnalyzedVoice> {
        let (py, source) = (source.py(), voice_source(source)?);
        let sample = detached(py, "analysing", || analyze_voice(self.embedder.get()?, source, &gate))?;
        Ok(AnalyzedVoice { sample: Arc::new(sample) })
    }

    fn __repr__(&self) -> String {
        format!("VoiceEmbedder({:?}, {} dimensions)", self.pipeline(), self.dimensions())
    }
}

/// Somebody speaking who was analysed: `VoiceEmbedder.analyze` makes one, and identifying, verifying, enrolling, recording,
/// searching and observing with an embedder of the same pipeline take it as a source without embedding again.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct AnalyzedVoice {
    sample: Arc<VoiceSample>,
}

#[pymethods]
impl AnalyzedVoice {
    /// What a store compares by: shape (dimensions,), float32, of unit length.
    #[getter]
    fn embedding<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<f32>>> {
        array(py, self.sample.embedding().map_err(|e| raise(py, e))?.vector.clone())
    }

    /// How well the voice was recorded, and why that does not pass the gate: a `VoiceQuality`.
    #[getter]
    fn quality<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Judged { quality: &self.sample.quality, reasons: &self.sample.reasons }.to_python(py)
    }

    /// The id by which the same recording is known again: that of its bytes.
    #[getter]
    fn recording_id(&self) -> &str {
        &self.sample.voice.voice.recording_id
    }
}

/// The embedder that was given, or the built-in one, which all calls share.
pub(crate) fn embedder(given: Option<&Bound<'_, PyAny>>) -> PyResult<Arc<Shared>> {
    static SHARED: OnceLock<Arc<Shared>> = OnceLock::new();
    let Some(given) = given else {
        let make = || Arc::new(Shared::built_in(&VoiceEmbedderOptions::default()));
        return Ok(Arc::clone(SHARED.get_or_init(make)));
    };
    match given.cast::<VoiceEmbedder>() {
        Ok(embedder) => Ok(Arc::clone(&embedder.get().embedder)),
        Err(_) => Err(expected("a VoiceEmbedder or None", given)),
    }
}

/// Somebody speaking: a `Clip`, or anything that `decode` takes.
pub(crate) fn voice_source(object: &Bound<'_, PyAny>) -> PyResult<VoiceSource> {
    if let Ok(clip) = object.cast::<Clip>() {
        return Ok(VoiceSource::Clip(Arc::clone(&clip.get().clip)));
    }
    if let Ok(analyzed) = object.cast::<AnalyzedVoice>() {
        return Ok(VoiceSource::Analyzed(Arc::clone(&analyzed.get().sample)));
    }
    if as_array(object).is_some() {
        let message = "an array does not say its sample rate: give sonic.Clip(samples, sample_rate)";
        return Err(invalid(object.py(), message));
    }
    object.extract().map(|Sound(source)| VoiceSource::Source(source))
}

/// Sources: an iterable of them, or one.
fn many<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if is_one(object)? {
        return Ok(PyTuple::new(object.py(), [object])?.into_any());
    }
    object.try_iter().map(Bound::into_any).map_err(|_| expected("a source or an iterable of sources", object))
}

fn is_one(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(object.is_instance_of::<Clip>()
        || object.is_instance_of::<AnalyzedVoice>()
        || as_array(object).is_some()
        || object.is_instance_of::<PyBytes>()
        || object.is_instance_of::<PyByteArray>()
        || object.is_instance_of::<PyMemoryView>()
        || object.hasattr("read")?
        || is_path(object)?)
}

/// One source, or an iterable of a few, all of them.
pub(crate) fn voice_sources(object: &Bound<'_, PyAny>) -> PyResult<Vec<VoiceSource>> {
    many(object)?.try_iter()?.map(|item| voice_source(&item?)).collect()
}

/// The model that a name means, with the runtime pointed to where Python keeps it if that will be needed.
pub(crate) fn resolve(py: Python<'_>, name: &str) -> PyResult<Model> {
    let model = detached(py, "looking for the model", || sonic::models::resolve(name))?;
    if !model.is_built_in() {
        point_to_runtime(py)?;
    }
    Ok(model)
}

/// Points the runtime to where Python keeps it, unless it is loaded.
pub(crate) fn point_to_runtime(py: Python<'_>) -> PyResult<()> {
    if Runtime::loaded().is_none()
        && let Some(folder) = python_runtime(py)?
    {
        Runtime::set_python_package(&folder);
    }
    Ok(())
}

/// The folder of the package `onnxruntime`, which is not imported.
fn python_runtime(py: Python<'_>) -> PyResult<Option<PathBuf>> {
    let spec = py.import("importlib.util")?.getattr("find_spec")?.call1(("onnxruntime",));
    // `find_spec` raises where a package was imported that has no spec.
    let Ok(spec) = spec else { return Ok(None) };
    if spec.is_none() {
        return Ok(None);
    }
    let folders = spec.getattr("submodule_search_locations")?;
    if folders.is_none() {
        return Ok(None);
    }
    folders.try_iter()?.next().transpose()?.map(|folder| folder.extract()).transpose()
}

/// The name or path of a model, as text.
pub(crate) fn model_name(object: &Bound<'_, PyAny>) -> PyResult<String> {
    if !is_path(object)? {
        return Err(expected("the name of a model or a path", object));
    }
    let path: Arg<PathBuf> = object.extract()?;
    path.0.into_os_string().into_string().map_err(|_| expected("a path of a model in Unicode", object))
}

pub(crate) fn provider(object: &Bound<'_, PyAny>) -> PyResult<Provider> {
    match object.extract::<String>().as_deref() {
        Ok("cpu") => Ok(Provider::Cpu),
        Ok("cuda") => Ok(Provider::Cuda),
        Ok("auto") => Ok(Provider::Auto),
        _ => Err(expected("\"cpu\", \"cuda\" or \"auto\"", object)),
    }
}
