//! Scores, and voicebanks that sing them.

use crate::argument::{Arg, Sound, count, is_path};
use crate::arrays::Vector;
use crate::embedder::{point_to_runtime, provider};
use crate::error::{detached, raise};
use crate::progress::{callback, watched};
use crate::results::{ToPython, list};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyDict;
use sonic::model::{Provider, SessionOptions};
use sonic::sing::{self, PhraseCache, Phrases, RenderHandle, RenderOptions, VoicebankOptions};
use sonic::{Error, ErrorKind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// A score in MusicXML as it is performed: repeats, endings and jumps expanded, ties joined.
///
/// `source` is a path or bytes of .musicxml, .xml or .mxl. Raises `MalformedError` for what is no score, `LimitError` for one
/// beyond 20 MiB or three hours, `UnsupportedError` for an encoding or a score that is not known.
#[pyclass(frozen, eq, module = "sonic")]
#[derive(PartialEq)]
pub(crate) struct Score {
    score: Arc<sing::score::Score>,
}

#[pymethods]
impl Score {
    #[new]
    #[pyo3(signature = (source))]
    fn new(source: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = source.py();
        let score = match is_path(source)? {
            true => {
                let path: PathBuf = source.extract()?;
                detached(py, "reading a score", || sing::score::Score::open(path))?
            }
            false => {
                let bytes = bytes_of(source)?;
                detached(py, "reading a score", || sing::score::Score::from_bytes(bytes))?
            }
        };
        Ok(Self { score: Arc::new(score) })
    }

    /// The title of the work, or else of the movement; None without.
    #[getter]
    fn title(&self) -> Option<&str> {
        self.score.title.as_deref()
    }

    /// Changes of tempo in the order of play, a list of `sonic.sing.Tempo`; the first stands at 0.
    #[getter]
    fn tempos<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        list(py, &self.score.tempos)
    }

    /// Length in quarter notes.
    #[getter]
    fn total_beats(&self) -> f64 {
        self.score.total_beats
    }

    /// Length in seconds.
    #[getter]
    fn total_seconds(&self) -> f64 {
        self.score.total_seconds
    }

    /// The parts, in the order in which they appear: a list of `sonic.sing.Part`.
    #[getter]
    fn parts<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        list(py, &self.score.parts)
    }

    /// What is unusual in the file, and how it was read: a list of `sonic.sing.ScoreWarning`.
    #[getter]
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        list(py, &self.score.warnings)
    }

    fn __repr__(&self) -> String {
        let Self { score } = self;
        let title = score.title.as_deref().unwrap_or("untitled");
        format!("Score({title:?}, {} parts, {:.1} s)", score.parts.len(), score.total_seconds)
    }
}

/// The bytes of anything that has a buffer.
fn bytes_of(source: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    match source.extract::<PyBackedBytes>() {
        Ok(bytes) => Ok(bytes.to_vec()),
        // The error says what sources there are.
        Err(_) => {
            let Sound(_) = source.extract()?;
            let message = "a score comes from a path or from bytes: give file.read()";
            Err(raise(source.py(), Error::new(ErrorKind::InvalidArgument, message)))
        }
    }
}

/// A voicebank in the DiffSinger format of OpenUtau: the folder with its dsconfig.yaml.
///
/// Its settings are read at once, its models when it first sings; faults in them are told by `check`. Vocoders that are
/// installed elsewhere are looked for in `vocoders`, folders, and in a folder `_packages` beside the bank. `threads` is how many a
/// model uses (0: as many as there are cores), `provider` what it runs on: "cpu", "cuda", or "auto". Raises `NotFoundError` if there is no
/// such folder.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct Voicebank {
    bank: sing::Voicebank,
}

#[pymethods]
impl Voicebank {
    #[new]
    #[pyo3(
        signature = (path, *, vocoders=Vec::new(), threads=0, provider=Provider::Cpu),
        text_signature = "(path, *, vocoders=(), threads=0, provider='cpu')"
    )]
    fn new(
        py: Python<'_>,
        path: Arg<PathBuf>,
        #[pyo3(from_py_with = crate::argument::paths)] vocoders: Vec<PathBuf>,
        #[pyo3(from_py_with = count)] threads: usize,
        #[pyo3(from_py_with = provider)] provider: Provider,
    ) -> PyResult<Self> {
        let bank = detached(py, "opening a voicebank", || {
            let mut options = VoicebankOptions::default();
            options.vocoder_folders = vocoders;
            options.session = SessionOptions { threads, provider, ..SessionOptions::default() };
            sing::Voicebank::open_with(&path.0, &options)
        })?;
        Ok(Self { bank })
    }

    /// Every fault of the bank, the errors first: a list of `sonic.sing.Finding`. Settings are read against each other and against
    /// what the models declare; nothing is sung, and ONNX Runtime is not needed.
    fn check<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        list(py, detached(py, "checking a voicebank", || Ok(self.bank.check()))?)
    }

    /// The singer's name.
    #[getter]
    fn name(&self) -> &str {
        self.bank.name()
    }

    /// Samples a second of what it sings.
    #[getter]
    fn sample_rate(&self) -> u32 {
        self.bank.sample_rate()
    }

    /// The names of its speakers (voice colours); empty for a single voice.
    #[getter]
    fn speakers(&self) -> Vec<&str> {
        self.bank.speakers()
    }

    /// The languages that its models tell apart; empty if they tell none.
    #[getter]
    fn languages(&self) -> Vec<&str> {
        self.bank.languages()
    }

    /// Sings a part of a score: a `Singing`, an iterator of (start_seconds, samples), phrase by phrase as they are ready. `samples` is a
    /// float32 array of one channel; phrases may overlap, and are added.
    ///
    /// `part` is its place in the score or its id; `voice` and `verse` are as the score names them, by default all voices, one note at
    /// a time, and the verse of each pass of a repeat. `language`, such as "en", chooses dictionary and spelling rules; `voice_color` a
    /// speaker. `articulation` is the speed of consonants, -1 to 1; `airiness` (breathiness), `intensity` (energy), `tension` and
    /// `gender` (formants) -100 to 100; `clarity` (voicing) 0 to 200; `pitch_expression` and `depth` 0 to 1; `steps`, `pitch_steps` and
    /// `variance_steps` of diffusion 1 to 1000. A word that cannot be spelled is hummed; with `silence_unknown` it is left out, with
    /// `strict` it raises `UnsupportedError`. `cache` is a folder that keeps phrases, at most about `cache_bytes`. Raises
    /// `InvalidArgumentError` for options out of range, `NotFoundError` for a part, voice or verse that the score has not, and
    /// `ModelError` for a bank that cannot sing.
    #[pyo3(
        signature = (score, **options),
        text_signature = "(score, *, part=0, voice=None, verse=None, language='', voice_color='', articulation=0.0, airiness=0.0, intensity=0.0, tension=0.0, clarity=100.0, gender=0.0, pitch_expression=1.0, steps=20, pitch_steps=10, variance_steps=20, depth=1.0, strict=False, silence_unknown=False, cache=None, cache_bytes=1000000000)"
    )]
    fn render(
        &self,
        py: Python<'_>,
        score: &Bound<'_, Score>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Singing> {
        let (options, score) = (options_of(py, options)?, Arc::clone(&score.get().score));
        let phrases = detached(py, "preparing a song", || self.bank.render(&score, &options))?;
        let handle = phrases.handle();
        Ok(Singing { phrases: Mutex::new(phrases), handle })
    }

    /// Sings a part of a score into a sound file, whose ending says its format: .wav, .flac or .opus. Takes the options of `render`.
    /// `progress` is called with the part that is done, 0 to 1; what it raises, and Ctrl-C, cancel the song. The file has its name
    /// when it is whole. Gives what is not sung as it is written: a list of `sonic.sing.RenderWarning`. Raises what `render` raises,
    /// and `IoError` if the file cannot be written.
    #[pyo3(
        signature = (score, path, *, progress=None, **options),
        text_signature = "(score, path, *, progress=None, part=0, voice=None, verse=None, language='', voice_color='', articulation=0.0, airiness=0.0, intensity=0.0, tension=0.0, clarity=100.0, gender=0.0, pitch_expression=1.0, steps=20, pitch_steps=10, variance_steps=20, depth=1.0, strict=False, silence_unknown=False, cache=None, cache_bytes=1000000000)"
    )]
    fn save<'py>(
        &self,
        py: Python<'py>,
        score: &Bound<'_, Score>,
        path: Arg<PathBuf>,
        progress: Option<&Bound<'_, PyAny>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let (options, score) = (options_of(py, options)?, Arc::clone(&score.get().score));
        let progress = progress.map(callback).transpose()?.flatten();
        let saved = watched(py, "singing", progress.as_ref(), |report| {
            self.bank.render(&score, &options)?.save(&path.0, |_, done| {
                report((done.done_seconds / done.total_seconds.max(f64::MIN_POSITIVE)) as f32)
            })
        })?;
        list(py, &saved.warnings)
    }

    fn __repr__(&self) -> String {
        format!("Voicebank({:?}, {} Hz)", self.bank.name(), self.bank.sample_rate())
    }
}

/// The options of a song, by their names.
fn options_of(py: Python<'_>, given: Option<&Bound<'_, PyDict>>) -> PyResult<RenderOptions> {
    point_to_runtime(py)?;
    let mut options = RenderOptions::default();
    let (mut cache, mut cache_bytes): (Option<PathBuf>, u64) = (None, 1_000_000_000);
    for (name, value) in given.into_iter().flatten() {
        let name: String = name.extract()?;
        match name.as_str() {
            "part" => match value.extract() {
                Ok(part) => options.part = part,
                Err(_) => options.part_id = Some(argument(&value)?),
            },
            "voice" => options.voice = argument(&value)?,
            "verse" => options.verse = argument(&value)?,
            "language" => options.language = argument(&value)?,
            "voice_color" => options.voice_color = argument(&value)?,
            "articulation" => options.articulation = argument(&value)?,
            "airiness" => options.airiness = argument(&value)?,
            "intensity" => options.intensity = argument(&value)?,
            "tension" => options.tension = argument(&value)?,
            "clarity" => options.clarity = argument(&value)?,
            "gender" => options.gender = argument(&value)?,
            "pitch_expression" => options.pitch_expression = argument(&value)?,
            "steps" => options.steps = argument(&value)?,
            "pitch_steps" => options.pitch_steps = argument(&value)?,
            "variance_steps" => options.variance_steps = argument(&value)?,
            "depth" => options.depth = argument(&value)?,
            "strict" => options.strict = argument(&value)?,
            "silence_unknown" => options.silence_unknown = argument(&value)?,
            "cache" => cache = argument(&value)?,
            "cache_bytes" => cache_bytes = argument(&value)?,
            other => {
                let message = format!("there is no option {other}: help(Voicebank.render) lists them");
                return Err(pyo3::exceptions::PyTypeError::new_err(message));
            }
        }
    }
    if let Some(folder) = cache {
        options.cache = Some(detached(py, "opening a cache", || PhraseCache::open(&folder, cache_bytes))?);
    }
    Ok(options)
}

fn argument<T: for<'a, 'py> FromPyObject<'a, 'py>>(value: &Bound<'_, PyAny>) -> PyResult<T> {
    Ok(value.extract::<Arg<T>>()?.0)
}

/// A song that is being sung: iterating gives (start_seconds, samples) for each phrase.
#[pyclass(frozen, module = "sonic.sing")]
pub(crate) struct Singing {
    phrases: Mutex<Phrases>,
    handle: RenderHandle,
}

#[pymethods]
impl Singing {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<(f64, Bound<'py, PyAny>)>> {
        let next = || self.phrases.lock().unwrap_or_else(PoisonError::into_inner).next().transpose();
        let Some(phrase) = detached(py, "singing", next)? else { return Ok(None) };
        Ok(Some((phrase.start_seconds, Vector(&phrase.samples).to_python(py)?)))
    }

    /// Ends the song, from any thread: the next phrase raises `ClosedError`.
    fn cancel(&self) {
        self.handle.cancel();
    }

    /// How far it is: a `sonic.sing.RenderProgress`.
    #[getter]
    fn progress<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.handle.progress().to_python(py)
    }

    /// What is not sung as it is written: a list of `sonic.sing.RenderWarning`. All but those about the cache are known before the first
    /// phrase.
    #[getter]
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let warnings = detached(py, "singing", || {
            Ok(self.phrases.lock().unwrap_or_else(PoisonError::into_inner).warnings().to_vec())
        })?;
        list(py, warnings)
    }
}
