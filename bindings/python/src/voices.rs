//! The voices of a store: people, recordings of them, and who is speaking.

use crate::argument::{Arg, count, expected, ids, json};
use crate::arrays::{array, numpy};
use crate::embedder::{Spoken, embedder, voice_source, voice_sources};
use crate::error::detached;
use crate::results::{ToPython, list, maybe};
use crate::speech::gate;
use crate::table::{Kind, Table};
use crate::voice_results::KeptVoice;
use numpy::{PyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use sonic::voices::{
    EnrollOptions, ObserveOptions, QualityGate, Trial, VoiceIdentifyOptions, VoiceSearchOptions,
};
use sonic::{PipelineId, Store};

/// The voices of a store: `store.voices`. `len` counts the people, `in` looks for a name.
///
/// A source is a path, bytes, a binary file object, a `Clip`, or an `AnalyzedVoice`, which is not embedded again. `embedder` makes
/// the embeddings; None is the built-in
/// "celda128". All embeddings of a store are of one pipeline, that of the first: one of another is a `MismatchError`.
/// Each call is one transaction: it happens as a whole or not at all.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct Voices {
    store: Store,
}

impl Voices {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }
}

/// An argument that may be left out.
type Maybe<T> = Option<Arg<T>>;

#[pymethods]
impl Voices {
    /// Adds samples to the voiceprint of `person`, which is made with the first: one source, or an iterable of sources,
    /// of which all or none are taken.
    ///
    /// A person counts as enrolled from `min_samples` on; beyond `max_samples` samples are left out. Each is kept as a
    /// recording of mode "enroll"; one that the voiceprint has already is not added again. `gate` says what is good
    /// enough: "default", "short_utterance" or None for anything. Raises `InvalidArgumentError` if a sample is not good enough, too
    /// short or silent, `MismatchError` if it is a sample of somebody else, and what `decode` raises.
    #[pyo3(
        signature = (person, sources, *, embedder=None, min_samples=Arg(3), max_samples=Arg(5), user_id=None,
                     gate=QualityGate::default()),
        text_signature = "($self, person, sources, *, embedder=None, min_samples=3, max_samples=5, user_id=None, gate='default')"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    fn enroll<'py>(
        &self,
        py: Python<'py>,
        person: Arg<String>,
        sources: &Bound<'py, PyAny>,
        embedder: Option<&Bound<'py, PyAny>>,
        min_samples: Arg<u32>,
        max_samples: Arg<u32>,
        user_id: Maybe<String>,
        #[pyo3(from_py_with = gate)] gate: QualityGate,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (model, source) = (self::embedder(embedder)?, voice_sources(sources)?);
        let (min_samples, max_samples) = (min_samples.0, max_samples.0);
        let options = EnrollOptions {
            min_samples,
            max_samples,
            user_id: user_id.map(|a| a.0),
            ..EnrollOptions::default()
        };
        detached(py, "enrolling", || {
            sonic::voices::enroll(&self.store, model.get()?, &person.0, source, &gate, &options)
        })?
        .to_python(py)
    }

    /// Who is speaking: at most `limit` people, likeliest first, and whether the first is likely enough.
    ///
    /// The first is the answer from a probability of `accept` on or, if `threshold` is given, from that cosine on,
    /// whatever the probability. People named in `exclude` are not found. `threads` is how many share the work (0: as
    /// many as there are cores). Raises `InvalidArgumentError` for less than 0.2 s, silence, or samples that are not
    /// finite, and what `decode` raises.
    #[pyo3(
        signature = (source, limit=5, *, embedder=None, exclude=Vec::new(), threshold=None, accept=Arg(0.5), threads=0),
        text_signature = "($self, source, limit=5, *, embedder=None, exclude=(), threshold=None, accept=0.5, threads=0)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    fn identify<'py>(
        &self,
        py: Python<'py>,
        source: &Bound<'py, PyAny>,
        #[pyo3(from_py_with = count)] limit: usize,
        embedder: Option<&Bound<'py, PyAny>>,
        #[pyo3(from_py_with = ids)] exclude: Vec<String>,
        threshold: Maybe<f32>,
        accept: Arg<f32>,
        #[pyo3(from_py_with = count)] threads: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (model, source) = (self::embedder(embedder)?, voice_source(source)?);
        let (threshold, accept) = (threshold.map(|a| a.0), accept.0);
        let options =
            VoiceIdentifyOptions { limit, exclude, threshold, accept, threads, ..Default::default() };
        let identify = || sonic::voices::identify(&self.store, model.get()?, source, &options);
        let found = detached(py, "identifying", identify)?;
        found.to_python(py)
    }

    /// Whether it is `person` who is speaking: a `Verification`, true if the claim is accepted.
    ///
    /// `threshold` and `accept` are as in `identify`. Raises `NotFoundError` if there is no such person, and what
    /// `identify` raises.
    #[pyo3(
        signature = (person, source, *, embedder=None, threshold=None, accept=Arg(0.5)),
        text_signature = "($self, person, source, *, embedder=None, threshold=None, accept=0.5)"
    )]
    fn verify<'py>(
        &self,
        py: Python<'py>,
        person: Arg<String>,
        source: &Bound<'py, PyAny>,
        embedder: Option<&Bound<'py, PyAny>>,
        threshold: Maybe<f32>,
        accept: Arg<f32>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (model, source) = (self::embedder(embedder)?, voice_source(source)?);
        let (threshold, accept) = (threshold.map(|a| a.0), accept.0);
        let options = VoiceIdentifyOptions { threshold, accept, ..VoiceIdentifyOptions::default() };
        let verify = || sonic::voices::verify(&self.store, model.get()?, &person.0, source, &options);
        let found = detached(py, "verifying", verify)?;
        found.to_python(py)
    }

    /// The recordings that sound most alike, whoever they are of: a list of `SimilarVoice`, at most `limit`, of a
    /// cosine of at least `threshold`, none whose id is in `exclude`.
    ///
    /// What is looked for is `source`, or an `embedding` that `embedder.embed_speech` or `Voices.embedding` gave: shape
    /// (dimensions,), float32.
    #[pyo3(
        signature = (
            source=None, *, embedding=None, threshold=Arg(0.5), limit=3, exclude=Vec::new(), embedder=None, threads=0
        ),
        text_signature = "($self, source=None, *, embedding=None, threshold=0.5, limit=3, exclude=(), embedder=None, threads=0)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    fn search<'py>(
        &self,
        py: Python<'py>,
        source: Option<&Bound<'py, PyAny>>,
        embedding: Option<&Bound<'py, PyAny>>,
        threshold: Arg<f32>,
        #[pyo3(from_py_with = count)] limit: usize,
        #[pyo3(from_py_with = ids)] exclude: Vec<String>,
        embedder: Option<&Bound<'py, PyAny>>,
        #[pyo3(from_py_with = count)] threads: usize,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let (model, wanted) = (self::embedder(embedder)?, Spoken::of(py, source, embedding)?);
        let options = VoiceSearchOptions { threshold: threshold.0, limit, exclude, threads };
        let found = detached(py, "searching", || {
            self.store.check_open()?;
            self.store.voices().search(&model.embedding_of(wanted)?, &options)
        })?;
        list(py, found)
    }

    /// Keeps a recording of somebody speaking, with its embedding; a `RecordedVoice`.
    ///
    /// Without `recording_id` it is named by its bytes, so that the same recording is known again: one whose id is in
    /// the store stays as it is. `filename` is the name that it came with, by default that of a path; `voiceprint_id` the
    /// voiceprint that it belongs to; `mode` says what it was recorded for, such as "test"; `metadata` is anything that JSON
    /// can hold.
    #[pyo3(signature = (
        source, *, recording_id=None, user_id=None, filename=None, voiceprint_id=None, mode=None, status=None, metadata=None,
        embedder=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    fn record<'py>(
        &self,
        py: Python<'py>,
        source: &Bound<'py, PyAny>,
        recording_id: Maybe<String>,
        user_id: Maybe<String>,
        filename: Maybe<String>,
        voiceprint_id: Maybe<String>,
        mode: Maybe<String>,
        status: Maybe<String>,
        metadata: Option<&Bound<'py, PyAny>>,
        embedder: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (model, source, metadata) = (self::embedder(embedder)?, voice_source(source)?, json(metadata)?);
        let recorded = detached(py, "recording", || {
            self.store.check_open()?;
            let mut new = sonic::voices::analyze_voice(model.get()?, source, &QualityGate::default())?.voice;
            if let Some(Arg(id)) = recording_id {
                new.voice.recording_id = id;
            }
            if let Some(Arg(filename)) = filename {
                new.voice.filename = Some(filename);
            }
            new.voice.voiceprint_id = voiceprint_id.map(|a| a.0);
            new.voice.user_id = user_id.map(|a| a.0);
            new.voice.mode = mode.map(|a| a.0);
            new.voice.status = status.map(|a| a.0);
            new.voice.metadata = metadata;
            self.store.voices().record(&new).and_then(KeptVoice::try_from)
        })?;
        recorded.to_python(py)
    }

    /// Who speaks again, by the rule of two thresholds: alike above `same` is that speaker and adds nothing, above
    /// `matching` it is that speaker, of whom more is known then, else it is a new speaker. Speakers of one `scope`, a
    /// user or a meeting, are not known in another.
    #[pyo3(
        signature = (source, *, scope=None, same=Arg(0.95), matching=Arg(0.7), embedder=None),
        text_signature = "($self, source, *, scope=None, same=0.95, matching=0.7, embedder=None)"
    )]
    fn observe<'py>(
        &self,
        py: Python<'py>,
        source: &Bound<'py, PyAny>,
        scope: Maybe<String>,
        same: Arg<f32>,
        matching: Arg<f32>,
        embedder: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (model, source) = (self::embedder(embedder)?, voice_source(source)?);
        let options = ObserveOptions { same: same.0, matching: matching.0, scope: scope.map(|a| a.0) };
        let observed = detached(py, "observing", || {
            self.store.check_open()?;
            self.store.voices().observe(&model.embed_speech(source)?, &options)
        })?;
        observed.to_python(py)
    }

    /// The speakers observed in a scope, in the order in which they were first observed.
    #[pyo3(signature = (scope=None))]
    fn speakers<'py>(&self, py: Python<'py>, scope: Maybe<String>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let scope = scope.map(|a| a.0);
        let speakers = detached(py, "reading the store", || self.store.voices().speakers(scope.as_deref()))?;
        list(py, speakers)
    }

    /// Forgets the speakers observed in a scope; gives how many embeddings went.
    #[pyo3(signature = (scope=None))]
    fn forget_speakers(&self, py: Python<'_>, scope: Maybe<String>) -> PyResult<u64> {
        let scope = scope.map(|a| a.0);
        detached(py, "forgetting", || self.store.voices().forget_speakers(scope.as_deref()))
    }

    /// Forgets a person: the voiceprint, its samples, and every recording that was put down to it. Raises
    /// `NotFoundError` if there is no such person. The bytes leave the file with `Store.compact`.
    #[pyo3(signature = (person))]
    fn forget<'py>(&self, py: Python<'py>, person: Arg<String>) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "forgetting", || self.store.voices().forget(&person.0))?.to_python(py)
    }

    /// Forgets a user: their voiceprints, their recordings, and the speakers observed in the scope of that name. Counts of
    /// 0 mean that there was nothing.
    #[pyo3(signature = (user_id))]
    fn forget_user<'py>(&self, py: Python<'py>, user_id: Arg<String>) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "forgetting", || self.store.voices().forget_user(&user_id.0))?.to_python(py)
    }

    /// Everybody, in the order in which they were first enrolled.
    fn people<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        list(py, detached(py, "reading the store", || self.store.voices().people())?)
    }

    /// The voiceprint of `person`; None if there is none.
    #[pyo3(signature = (person))]
    fn person<'py>(&self, py: Python<'py>, person: Arg<String>) -> PyResult<Option<Bound<'py, PyAny>>> {
        maybe(py, detached(py, "reading the store", || self.store.voices().person(&person.0))?)
    }

    /// Leaves a sample out of a voiceprint and gives what is left. The recording stays, and `restore_sample` undoes it
    /// for the last five that were removed. Raises `NotFoundError` if there is no such person or sample.
    #[pyo3(signature = (person, recording_id))]
    fn remove_sample<'py>(
        &self,
        py: Python<'py>,
        person: Arg<String>,
        recording_id: Arg<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let removed = || self.store.voices().remove_sample(&person.0, &recording_id.0);
        detached(py, "removing", removed)?.to_python(py)
    }

    /// Takes a removed sample back: the one named, or the last one removed. Raises `NotFoundError` if there is no such
    /// person or removed sample, `LimitError` if the voiceprint has `max_samples`.
    #[pyo3(
        signature = (person, recording_id=None, *, max_samples=Arg(5)),
        text_signature = "($self, person, recording_id=None, *, max_samples=5)"
    )]
    fn restore_sample<'py>(
        &self,
        py: Python<'py>,
        person: Arg<String>,
        recording_id: Maybe<String>,
        max_samples: Arg<u32>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (id, options) = (
            recording_id.map(|a| a.0),
            EnrollOptions { max_samples: max_samples.0, ..EnrollOptions::default() },
        );
        let restored = || self.store.voices().restore_sample(&person.0, id.as_deref(), &options);
        detached(py, "restoring", restored)?.to_python(py)
    }

    /// The voice recordings as a table for whatever reads Arrow (DuckDB, polars, pandas, pyarrow): a `Table` of `Voice`, in
    /// the order in which they were added; its column `embedding` holds the vectors.
    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        Table::new(py, self.store.clone(), Kind::Voices)
    }

    /// The recording with this id; None if there is none.
    #[pyo3(signature = (recording_id))]
    fn get<'py>(&self, py: Python<'py>, recording_id: Arg<String>) -> PyResult<Option<Bound<'py, PyAny>>> {
        maybe(py, detached(py, "reading the store", || self.store.voices().get(&recording_id.0))?)
    }

    /// The embedding of the recording with this id: shape (dimensions,), float32; None if there is none.
    #[pyo3(signature = (recording_id))]
    fn embedding<'py>(
        &self,
        py: Python<'py>,
        recording_id: Arg<String>,
    ) -> PyResult<Option<Bound<'py, PyArray1<f32>>>> {
        let found = detached(py, "reading the store", || self.store.voices().embedding(&recording_id.0))?;
        found.map(|embedding| array(py, embedding.vector)).transpose()
    }

    /// The latest recordings, the latest first.
    #[pyo3(signature = (limit=10), text_signature = "($self, limit=10)")]
    fn recent<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = count)] limit: usize,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        list(py, detached(py, "reading the store", || self.store.voices().recent(limit))?)
    }

    /// The latest recordings of a user, the latest first.
    #[pyo3(signature = (user_id, limit=10), text_signature = "($self, user_id, limit=10)")]
    fn by_user<'py>(
        &self,
        py: Python<'py>,
        user_id: Arg<String>,
        #[pyo3(from_py_with = count)] limit: usize,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let read = || self.store.voices().by_user(&user_id.0, limit);
        list(py, detached(py, "reading the store", read)?)
    }

    /// The latest recordings that belong to a voiceprint, the latest first.
    #[pyo3(signature = (voiceprint_id, limit=10), text_signature = "($self, voiceprint_id, limit=10)")]
    fn by_voiceprint<'py>(
        &self,
        py: Python<'py>,
        voiceprint_id: Arg<String>,
        #[pyo3(from_py_with = count)] limit: usize,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let read = || self.store.voices().by_voiceprint(&voiceprint_id.0, limit);
        list(py, detached(py, "reading the store", read)?)
    }

    /// The latest recordings of a mode, such as "test", the latest first.
    #[pyo3(signature = (mode, limit=10), text_signature = "($self, mode, limit=10)")]
    fn by_mode<'py>(
        &self,
        py: Python<'py>,
        mode: Arg<String>,
        #[pyo3(from_py_with = count)] limit: usize,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let read = || self.store.voices().by_mode(&mode.0, limit);
        list(py, detached(py, "reading the store", read)?)
    }

    /// Removes a recording and gives its row; a voiceprint that it was a sample of is made anew without it. Raises
    /// `NotFoundError` if there is none.
    #[pyo3(signature = (recording_id))]
    fn remove<'py>(&self, py: Python<'py>, recording_id: Arg<String>) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "removing", || self.store.voices().remove(&recording_id.0))?.to_python(py)
    }

    /// Keeps embeddings of strangers, against whom scores are normalised, in the place of those kept before: shape
    /// (n, dimensions), float32, rows as `embedder.embed_speech` gives them. No rows take them away.
    #[pyo3(signature = (embeddings, *, embedder=None))]
    fn set_cohort<'py>(
        &self,
        py: Python<'py>,
        embeddings: &Bound<'py, PyAny>,
        embedder: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        let pipeline = pipeline(py, embedder)?;
        numpy(py)?;
        let array: PyReadonlyArray2<'_, f32> = embeddings
            .extract()
            .map_err(|_| expected("a float32 array of shape (n, dimensions)", embeddings))?;
        let rows: Vec<Vec<f32>> = array.as_array().rows().into_iter().map(|row| row.to_vec()).collect();
        detached(py, "keeping a cohort", || self.store.voices().set_cohort(&pipeline, &rows))
    }

    /// Fits how scores become probabilities from trials, pairs of a cosine and whether one person spoke in both, and
    /// keeps it for the embedder's pipeline.
    #[pyo3(signature = (trials, *, embedder=None))]
    fn fit_calibration<'py>(
        &self,
        py: Python<'py>,
        trials: &Bound<'py, PyAny>,
        embedder: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let pipeline = pipeline(py, embedder)?;
        let pairs: Vec<(f32, bool)> = crate::argument::each(trials, "an iterable of (score, same) pairs")?;
        let trials: Vec<Trial> = pairs.into_iter().map(|(score, same)| Trial { score, same }).collect();
        let fit = || self.store.voices().fit_calibration(&pipeline, &trials);
        detached(py, "calibrating", fit)?.to_python(py)
    }

    /// Counts.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "reading the store", || self.store.voices().stats())?.to_python(py)
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        let stats = detached(py, "reading the store", || self.store.voices().stats())?;
        Ok(stats.people as usize)
    }

    fn __bool__(&self) -> bool {
        true // Not whether there is anybody, which `len` says.
    }

    fn __contains__(&self, py: Python<'_>, person: Arg<String>) -> PyResult<bool> {
        detached(py, "reading the store", || self.store.voices().person(&person.0)).map(|p| p.is_some())
    }

    fn __repr__(&self) -> String {
        format!("Voices of {:?}", self.store.path().display().to_string())
    }
}

fn pipeline(py: Python<'_>, given: Option<&Bound<'_, PyAny>>) -> PyResult<PipelineId> {
    let model = embedder(given)?;
    detached(py, "reading the model", || model.get().map(|m| m.speech_pipeline().clone()))
}
