//! Live sound: slices in, who said what out.

use crate::argument::{Arg, expected};
use crate::arrays::Vector;
use crate::embedder::{VoiceEmbedder, model_name, resolve};
use crate::error::{detached, raise};
use crate::exclusive::Exclusive;
use crate::push::bytes_of;
use crate::results::{ToPython, list, results};
use crate::store::Store;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use sonic::audio::decode::push::PushOptions;
use sonic::live::{
    self, Desk, DeskOptions, LiveOptions, LiveStats, OpenAiOptions, Recognition, Request, SpeakerOptions,
    UtteranceOptions, WhisperOptions,
};
use sonic::{Error, ErrorKind, Result};
use std::collections::HashMap;
use std::sync::Arc;

/// Something that says what was said, which any number of sessions can ask: `sonic.live.OpenAi`, `Whisper` and `Spelling` make one.
#[pyclass(frozen, module = "sonic.live")]
pub(crate) struct Recognizer {
    desk: Desk,
}

/// A service that speaks OpenAI's `/v1/audio/transcriptions`, with words: a `Recognizer`.
///
/// `url` is the whole address; `token` is sent as bearer token. At most `concurrency` requests are made at once; a request that
/// fails is tried again, and a service that keeps failing is left alone for a while. Raises `InvalidArgumentError` for what is no
/// address.
#[pyfunction]
#[pyo3(
    name = "OpenAi",
    signature = (url, *, model=Arg("whisper-1".to_owned()), token=None, concurrency=Arg(4)),
    text_signature = "(url, *, model='whisper-1', token=None, concurrency=4)"
)]
pub(crate) fn open_ai(
    py: Python<'_>,
    url: Arg<String>,
    model: Arg<String>,
    token: Option<String>,
    concurrency: Arg<usize>,
) -> PyResult<Recognizer> {
    let mut options = OpenAiOptions { model: model.0, token, ..OpenAiOptions::default() };
    options.service.concurrency = concurrency.0;
    recognizer(py, concurrency.0, || Ok(Arc::new(live::OpenAi::new(&url.0, &options)?)))
}

/// Whisper over HTTP, as Vexa's transcription service calls it: a `Recognizer`. The arguments are those of `OpenAi`.
#[pyfunction]
#[pyo3(name = "Whisper", signature = (url, *, token=None, concurrency=Arg(4)), text_signature = "(url, *, token=None, concurrency=4)")]
pub(crate) fn whisper(
    py: Python<'_>,
    url: Arg<String>,
    token: Option<String>,
    concurrency: Arg<usize>,
) -> PyResult<Recognizer> {
    let mut options = WhisperOptions { token, ..WhisperOptions::default() };
    options.service.concurrency = concurrency.0;
    recognizer(py, concurrency.0, || Ok(Arc::new(live::Whisper::new(&url.0, &options)?)))
}

/// A model in process that knows single letters, digits and some words, spoken with pauses between them: a `Recognizer`.
///
/// `model` is its id or the path of its manifest; `concurrency` utterances are recognised at once. It needs ONNX Runtime. Raises
/// `NotFoundError` if there is no such model, and `ModelError` if it is missing or damaged, or another kind of model.
#[pyfunction]
#[pyo3(name = "Spelling", signature = (model=None, *, concurrency=Arg(4)), text_signature = "(model=None, *, concurrency=4)")]
pub(crate) fn spelling(
    py: Python<'_>,
    model: Option<&Bound<'_, PyAny>>,
    concurrency: Arg<usize>,
) -> PyResult<Recognizer> {
    let name = model.map_or_else(|| Ok("moonshine-spelling".to_owned()), model_name)?;
    let model = resolve(py, &name)?;
    recognizer(py, concurrency.0, || Ok(Arc::new(live::Spelling::load(&model)?)))
}

fn recognizer(
    py: Python<'_>,
    workers: usize,
    make: impl FnOnce() -> Result<Arc<dyn live::Recognizer>> + Send,
) -> PyResult<Recognizer> {
    let desk = detached(py, "making a recogniser", || {
        Desk::new(make()?, &DeskOptions { workers, ..DeskOptions::default() })
    })?;
    Ok(Recognizer { desk })
}

/// A callable of Python that says what was said.
struct Callable {
    callable: Py<PyAny>,
    name: String,
}

impl live::Recognizer for Callable {
    fn pipeline(&self) -> String {
        format!("python-1/{}", self.name)
    }

    fn recognize(&self, request: &Request<'_>) -> Result<Recognition> {
        let answer = Python::try_attach(|py| {
            let samples = Vector(request.samples).to_python(py)?;
            let answer = self.callable.call1(py, (samples, request.language, request.prompt))?;
            let answer = answer.bind(py);
            match answer.extract::<(String, f32)>() {
                Ok(answer) => Ok(answer),
                Err(_) => answer.extract().map(|text: String| (text, 1.0)),
            }
        });
        let ended = || Error::new(ErrorKind::Closed, "Python is ending");
        let failed = |e: PyErr| Error::new(ErrorKind::Model, format!("the recogniser raised {e}"));
        let (text, confidence) = answer.ok_or_else(ended)?.map_err(failed)?;
        Recognition { text, confidence, ..Recognition::default() }.checked(request.duration_ms())
    }
}

/// Follows one connection of a meeting or a call: slices of a browser's recorder go in, segments come out as they become known and
/// whenever more is known.
///
/// `connection` is its name: the same sound of the same connection has the same ids, in another process too. `recognizer` says
/// what was said: a `Recognizer`, or a callable that is given 16 kHz mono float32 samples, the language and what was said before,
/// and gives the text or (text, confidence); without one nobody is asked. `embedder` tells speakers by their voices, `store` has the
/// voices with names. `language` is ISO 639-1. A pause of `hangover_ms` ends an utterance, `max_ms` is its maximum length, and while it
/// goes on it is revised each time it is longer by `partial_ms` (0: never). `window` and `gap_threshold_ms` are those of
/// `PushDecoder`. `state` is what `state()` gave: the session goes on there. Raises `InvalidArgumentError` for options out of range.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct LiveSession {
    session: Exclusive<Box<live::LiveSession>>,
}

#[pymethods]
impl LiveSession {
    #[new]
    #[pyo3(
        signature = (
            connection, *, recognizer=None, language=None, embedder=None, store=None, hangover_ms=Arg(500), max_ms=Arg(15_000),
            partial_ms=Arg(2_000), window=Arg(3), gap_threshold_ms=Arg(100.0), state=None
        ),
        text_signature = "(connection, *, recognizer=None, language=None, embedder=None, store=None, hangover_ms=500, max_ms=15000, partial_ms=2000, window=3, gap_threshold_ms=100.0, state=None)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    fn new(
        py: Python<'_>,
        connection: Arg<String>,
        recognizer: Option<&Bound<'_, PyAny>>,
        language: Option<String>,
        embedder: Option<&Bound<'_, VoiceEmbedder>>,
        store: Option<&Bound<'_, Store>>,
        hangover_ms: Arg<u32>,
        max_ms: Arg<u32>,
        partial_ms: Arg<u32>,
        window: Arg<u64>,
        gap_threshold_ms: Arg<f64>,
        state: Option<Vec<u8>>,
    ) -> PyResult<Self> {
        let desk = recognizer.map(desk).transpose()?;
        let voices = embedder.map(|embedder| embedder.get().model()).transpose().map_err(|e| raise(py, e))?;
        let options = LiveOptions {
            slices: PushOptions {
                window: window.0,
                gap_threshold_ms: gap_threshold_ms.0,
                ..PushOptions::default()
            },
            utterances: UtteranceOptions {
                hangover_ms: hangover_ms.0,
                max_ms: max_ms.0,
                partial_ms: partial_ms.0,
                ..UtteranceOptions::default()
            },
            speakers: SpeakerOptions {
                voices,
                store: store.map(|store| store.get().handle().voices()),
                ..SpeakerOptions::default()
            },
            language,
            ..LiveOptions::default()
        };
        let session = detached(py, "opening a session", || match &state {
            Some(state) => live::LiveSession::restore(state, desk, &options),
            None => live::LiveSession::new(&connection.0, desk, &options),
        })?;
        Ok(Self { session: Exclusive::new("session", Box::new(session)) })
    }

    /// Takes the slice number `index`, counted from 0 as the browser does, and gives what became known since the last call: a list
    /// of `sonic.live.Segment`. `sent_ms` is when it was sent, by the clock of the sender. Raises what `PushDecoder.push` raises,
    /// after which the session goes on.
    #[pyo3(signature = (index, data, *, sent_ms=None))]
    fn push<'py>(
        &self,
        index: Arg<u64>,
        data: &Bound<'py, PyAny>,
        sent_ms: Option<f64>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let (py, bytes) = (data.py(), bytes_of(data)?);
        self.segments(py, |session| match sent_ms {
            Some(sent_ms) => session.push_at(index.0, &bytes, sent_ms),
            None => session.push(index.0, &bytes),
        })
    }

    /// Takes mono float32 sound at 16 kHz that begins `start_ms` milliseconds after the connection's first, in the place of slices;
    /// gives what became known.
    fn push_samples<'py>(
        &self,
        start_ms: Arg<f64>,
        samples: &Bound<'py, PyAny>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let sound = crate::clip::samples_of(samples)?;
        self.segments(samples.py(), |session| session.push_samples(start_ms.0, &sound))
    }

    /// Takes an update of the meeting's microphones, stamped `stamp_ms` milliseconds after the connection's first sound: for each
    /// participant the name and a string of digits 0 and 1. Gives what became known.
    fn activity<'py>(
        &self,
        py: Python<'py>,
        stamp_ms: Arg<f64>,
        bits: Arg<HashMap<String, String>>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let mut bits: Vec<(String, String)> = bits.0.into_iter().collect();
        bits.sort();
        self.segments(py, |session| session.activity(stamp_ms.0, &bits))
    }

    /// Gives what became known since the last call, without new sound.
    fn poll<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.segments(py, |session| Ok(session.poll()))
    }

    /// Ends the sound, waits for what the recogniser still works at, and gives the rest.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.segments(py, live::LiveSession::finish)
    }

    /// Asks the store anew who the speakers are that have no name, after somebody was enrolled; gives what became known.
    fn refresh_names<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.segments(py, live::LiveSession::refresh_names)
    }

    /// Who spoke when, as far as it is known: a list of `sonic.live.Turn`.
    fn turns<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        list(py, detached(py, "looking for turns", || self.session.with(|session| Ok(session.turns())))?)
    }

    /// From when to when sound is missing: a list of (start_ms, end_ms).
    #[getter]
    fn gaps(&self, py: Python<'_>) -> PyResult<Vec<(f64, f64)>> {
        detached(py, "looking for gaps", || self.session.with(|session| Ok(session.gaps())))
    }

    /// How utterances fared so far: a `sonic.live.LiveStats`.
    #[getter]
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "counting utterances", || self.session.with(|session| Ok(session.stats())))?
            .to_python(py)
    }

    /// What the session remembers, to be kept after each call: another process goes on with it, with the same ids.
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let state =
            detached(py, "writing a session's state", || self.session.with(|session| session.state()))?;
        Ok(PyBytes::new(py, &state))
    }
}

impl LiveSession {
    fn segments<'py>(
        &self,
        py: Python<'py>,
        work: impl FnOnce(&mut live::LiveSession) -> Result<Vec<sonic::live::Segment>> + Send,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        list(py, detached(py, "following a connection", || self.session.with(|session| work(session)))?)
    }
}

/// The desk of a recogniser.
fn desk(object: &Bound<'_, PyAny>) -> PyResult<Desk> {
    if let Ok(recognizer) = object.cast::<Recognizer>() {
        return Ok(recognizer.get().desk.clone());
    }
    if !object.is_callable() {
        return Err(expected("a Recognizer or a callable", object));
    }
    let named = object.getattr("__qualname__").and_then(|name| name.extract());
    let name: String = named.or_else(|_| object.get_type().name().and_then(|name| name.extract()))?;
    let callable = Callable { callable: object.clone().unbind(), name };
    detached(object.py(), "making a recogniser", || Desk::new(Arc::new(callable), &DeskOptions::default()))
}

results! { in "sonic.live";
    Word from live::Word as word { start_ms, end_ms, text, confidence }

    Segment from live::Segment as segment {
        id, revision, final: segment.is_final, start_ms, end_ms, text, words, speaker, confidence,
    }

    Turn from live::Turn as turn { start_ms, end_ms, speaker, confidence, overlapped }

    LiveStats from LiveStats as stats { utterances, recognized, failures, given_up, last_failure: failure(stats) }
}

/// The kind of the last error, and what it says.
fn failure(stats: &LiveStats) -> Option<Vec<String>> {
    stats.last_failure.as_ref().map(|(kind, message)| vec![kind.clone(), message.clone()])
}
