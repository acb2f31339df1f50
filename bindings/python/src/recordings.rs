//! The recordings of a store: which recording is this clip?

use crate::adding::Adding;
use crate::argument::{Arg, Sound, count, ids, json, paths as paths_of};
use crate::clip::Clip;
use crate::error::{detached, invalid};
use crate::fingerprint::{Fingerprint, table};
use crate::monitor::{self, RecordingQuery, Settings};
use crate::progress::counter;
use crate::recording_results::AddedRecording;
use crate::results::{ToPython, maybe};
use crate::table::{Kind, Rows, Table};
use numpy::PyArray2;
use pyo3::prelude::*;
use sonic::recordings::{AddOptions, Added, IdFrom, IdentifyOptions, Query, Recording};
use sonic::store::Cursor;
use sonic::{Error, ErrorKind, Result, Source, Store};
use std::path::PathBuf;
use std::sync::Arc;

/// The recordings of a store: `store.recordings`. `len` counts them, `in` looks for an id, and iterating gives each as a
/// `Recording`, in the order in which they were added.
///
/// Iterating reads the store a page at a time; a recording that is added or removed meanwhile may or may not be among
/// them. Each call is one transaction: it happens as a whole or not at all.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct Recordings {
    store: Store,
}

impl Recordings {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }
}

/// An argument that may be left out.
pub(crate) type Maybe<T> = Option<Arg<T>>;

#[pymethods]
impl Recordings {
    /// Adds a recording: a path, bytes, a binary file object, a `Clip` or a `Fingerprint`.
    ///
    /// Without `id` a file is named by its stem; everything else needs one. `metadata` is anything that JSON can hold.
    /// The same source bytes are added only once. With `replace` a recording of this id and other bytes is replaced. Raises
    /// `MismatchError` if the id belongs to other content or the fingerprint to another pipeline, `UnsupportedError` for
    /// what holds nothing to be recognised by, unless `keep_silent` is true, `IoError` if another process is writing, and
    /// what `decode` raises.
    #[pyo3(signature = (
        source, *, id=None, title=None, source_name=None, user_id=None, mode=None, metadata=None, replace=false,
        keep_silent=false
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    pub(crate) fn add<'py>(
        &self,
        py: Python<'py>,
        source: &Bound<'py, PyAny>,
        id: Maybe<String>,
        title: Maybe<String>,
        source_name: Maybe<String>,
        user_id: Maybe<String>,
        mode: Maybe<String>,
        metadata: Option<&Bound<'py, PyAny>>,
        replace: bool,
        keep_silent: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let given = given(source)?;
        let recording = Recording {
            id: id.map(|a| a.0).unwrap_or_default(),
            title: title.map(|a| a.0),
            source: source_name.map(|a| a.0),
            user_id: user_id.map(|a| a.0),
            mode: mode.map(|a| a.0),
            metadata: json(metadata)?,
            ..Recording::default()
        };
        let options = AddOptions { replace, keep_silent, ..AddOptions::default() };
        detached(py, "adding", || self.add_one(given, recording, &options))?.to_python(py)
    }

    /// Adds files, and the media files in directories, on `jobs` threads (0: as many as there are cores).
    ///
    /// Gives an iterator of `AddedFile`, each as soon as it is committed or has failed; one bad file does not stop the
    /// others. Leaving the loop, `close()` on the iterator and Ctrl-C cancel the rest: what is decoded by then is
    /// committed. `progress` is called with the number of files that are done and of all files. Ids are made of the stems
    /// of files or, with `id_from="path"`, of their paths, behind `id_prefix`. With `replace` a file whose bytes changed
    /// takes the place of the recording that has its id; `keep_silent` adds what holds nothing to be recognised by; `track`
    /// is the number of a sound track, from 0 on. What folders hold that is not taken comes with the status "passed_over".
    /// Raises `IoError` if another process is writing.
    #[pyo3(signature = (
        paths, *, jobs=0, progress=None, id_from="stem", id_prefix="", replace=false, keep_silent=false, track=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    pub(crate) fn add_many(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = paths_of)] paths: Vec<PathBuf>,
        #[pyo3(from_py_with = count)] jobs: usize,
        #[pyo3(from_py_with = counter)] progress: Option<Py<PyAny>>,
        id_from: &str,
        id_prefix: &str,
        replace: bool,
        keep_silent: bool,
        track: Maybe<u32>,
    ) -> PyResult<Adding> {
        let id_from = match id_from {
            "stem" => IdFrom::Stem,
            "path" => IdFrom::Path,
            other => return Err(invalid(py, format!("id_from is \"stem\" or \"path\", not {other:?}"))),
        };
        let (id_prefix, track) = (id_prefix.to_owned(), track.map(|track| track.0));
        let options =
            AddOptions { jobs, id_from, id_prefix, replace, keep_silent, track, ..AddOptions::default() };
        Adding::files(self.store.clone(), paths, options, progress)
    }

    /// Names a clip: a `Fingerprint`, a `Clip`, a path, bytes or a binary file object.
    ///
    /// At most `limit` matches are given, and always every piece of a long clip that was recognised, on `threads` threads (0: as many as there are cores), none of the recordings
    /// whose ids are in `exclude`. Raises `MismatchError` if the fingerprint is of another pipeline than the store, and
    /// what `decode` raises.
    #[pyo3(
        signature = (source, *, limit=5, threads=0, exclude=Vec::new()),
        text_signature = "($self, source, *, limit=5, threads=0, exclude=())"
    )]
    pub(crate) fn identify<'py>(
        &self,
        py: Python<'py>,
        source: &Bound<'py, PyAny>,
        #[pyo3(from_py_with = count)] limit: usize,
        #[pyo3(from_py_with = count)] threads: usize,
        #[pyo3(from_py_with = ids)] exclude: Vec<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (given, options) = (given(source)?, IdentifyOptions { limit, threads, exclude });
        let identify = || given.with(|sound| sonic::identify(&self.store, sound, &options));
        detached(py, "identifying", identify)?.to_python(py)
    }

    /// A query whose clip comes piece by piece, each a `Fingerprint`, as `Fingerprinter.take` gives them: a
    /// `RecordingQuery`. The arguments are those of `identify`.
    #[pyo3(
        signature = (*, limit=5, threads=0, exclude=Vec::new()),
        text_signature = "($self, *, limit=5, threads=0, exclude=())"
    )]
    fn query(
        &self,
        #[pyo3(from_py_with = count)] limit: usize,
        #[pyo3(from_py_with = count)] threads: usize,
        #[pyo3(from_py_with = ids)] exclude: Vec<String>,
    ) -> RecordingQuery {
        RecordingQuery::new(self.store.recordings().query(&IdentifyOptions { limit, threads, exclude }))
    }

    /// What plays on a stream, as it comes: an `Airing` when a recording is recognised, after 2 to 6 s, and once more when it
    /// ended, mostly within 1 s, later where the recording itself pauses at that place.
    ///
    /// `stream` is a path, the bytes of a file or a binary file object, which need not end, or an iterable of slices, as
    /// `PushDecoder` takes them; iterating gives what plays. Without one it gives a `Monitor`, to which slices are pushed. With
    /// `sample_rate` slices are raw mono float32 samples. None of the recordings whose ids are in `exclude` is looked for, and
    /// a search takes `threads` threads (0: as many as there are cores). `window` and `gap_threshold_ms` are those of
    /// `PushDecoder`. Every piece of 5 s or more is found, whole or in part; recordings that were imported without their sound
    /// are not. Raises `InvalidArgumentError` for options out of range, and what `decode` raises.
    #[pyo3(
        signature = (
            stream=None, *, sample_rate=None, threads=1, exclude=Vec::new(), window=Arg(3), gap_threshold_ms=Arg(100.0)
        ),
        text_signature = "($self, stream=None, *, sample_rate=None, threads=1, exclude=(), window=3, gap_threshold_ms=100.0)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    fn monitor<'py>(
        &self,
        py: Python<'py>,
        stream: Option<&Bound<'py, PyAny>>,
        sample_rate: Maybe<u32>,
        #[pyo3(from_py_with = count)] threads: usize,
        #[pyo3(from_py_with = ids)] exclude: Vec<String>,
        window: Arg<u64>,
        gap_threshold_ms: Arg<f64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let settings = Settings {
            sample_rate: sample_rate.map(|rate| rate.0),
            threads,
            exclude,
            window: window.0,
            gap_threshold_ms: gap_threshold_ms.0,
        };
        monitor::monitor(py, &self.store, stream, &settings)
    }

    /// The recording with this id; None if there is none.
    #[pyo3(signature = (id))]
    fn get<'py>(&self, py: Python<'py>, id: Arg<String>) -> PyResult<Option<Bound<'py, PyAny>>> {
        maybe(py, detached(py, "reading the store", || self.store.recordings().get(&id.0))?)
    }

    /// At most `limit` recordings after a place, which is 0 or `next` of the page before: a `RecordingPage`.
    #[pyo3(signature = (after=Arg(0), limit=256), text_signature = "($self, after=0, limit=256)")]
    fn page<'py>(
        &self,
        py: Python<'py>,
        after: Arg<u32>,
        #[pyo3(from_py_with = count)] limit: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let read = || self.store.recordings().page(Cursor(after.0), limit);
        detached(py, "reading the store", read)?.to_python(py)
    }

    /// The id of the recording whose source bytes have this hash, as `Recording.source_hash` has it; None if there is none.
    #[pyo3(signature = (source_hash))]
    fn id_of_source(&self, py: Python<'_>, source_hash: Arg<String>) -> PyResult<Option<String>> {
        detached(py, "reading the store", || self.store.recordings().id_of_source(&source_hash.0))
    }

    /// The landmarks of the recording with this id: shape (n, 3), uint32, as in `Fingerprint.landmarks`. Raises
    /// `NotFoundError` if there is none.
    #[pyo3(signature = (id))]
    fn landmarks<'py>(&self, py: Python<'py>, id: Arg<String>) -> PyResult<Bound<'py, PyArray2<u32>>> {
        table(py, &detached(py, "reading the store", || self.store.recordings().landmarks(&id.0))?)
    }

    /// Removes the recording with this id and gives its row. Raises `NotFoundError` if there is none.
    #[pyo3(signature = (id))]
    fn remove<'py>(&self, py: Python<'py>, id: Arg<String>) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "removing", || self.store.recordings().remove(&id.0))?.to_python(py)
    }

    /// The recordings as a table for whatever reads Arrow (DuckDB, polars, pandas, pyarrow): a `Table` of `Recording`.
    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        Table::new(py, self.store.clone(), Kind::Recordings)
    }

    fn __iter__(&self) -> Rows {
        Rows::recordings(self.store.clone())
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        detached(py, "reading the store", || self.store.recordings().len()).map(|len| len as usize)
    }

    fn __bool__(&self) -> bool {
        true // Not whether there are any, which `len` says.
    }

    fn __contains__(&self, py: Python<'_>, id: Arg<String>) -> PyResult<bool> {
        detached(py, "reading the store", || self.store.recordings().contains(&id.0))
    }

    fn __repr__(&self) -> String {
        format!("Recordings of {:?}", self.store.path().display().to_string())
    }
}

/// Sound that Python gives: what is identified, or added.
enum Given {
    Fingerprint(Arc<sonic::Fingerprint>),
    Clip(Arc<sonic::Clip>),
    Source(Source),
}

impl Given {
    fn with<T>(self, work: impl FnOnce(Query<'_>) -> T) -> T {
        match self {
            Self::Fingerprint(fingerprint) => work(Query::Fingerprint(&fingerprint)),
            Self::Clip(clip) => work(Query::Clip(&clip)),
            Self::Source(source) => work(Query::Source(source)),
        }
    }
}

fn given(object: &Bound<'_, PyAny>) -> PyResult<Given> {
    if let Ok(fingerprint) = object.cast::<Fingerprint>() {
        return Ok(Given::Fingerprint(Arc::clone(&fingerprint.get().fingerprint)));
    }
    if let Ok(clip) = object.cast::<Clip>() {
        return Ok(Given::Clip(Arc::clone(&clip.get().clip)));
    }
    object.extract().map(|Sound(source)| Given::Source(source))
}

impl Recordings {
    fn add_one(&self, given: Given, recording: Recording, options: &AddOptions) -> Result<AddedRecording> {
        match given.with(|sound| sonic::recordings::add_with(&self.store, sound, recording, options))? {
            Added::Replaced(row) => Ok(AddedRecording { status: "replaced", recording: *row }),
            Added::New(row) => Ok(AddedRecording { status: "added", recording: *row }),
            Added::Duplicate(id) => {
                let row = self.store.recordings().get(&id)?;
                let gone =
                    || Error::new(ErrorKind::NotFound, format!("the recording {id:?} was just removed"));
                Ok(AddedRecording { status: "duplicate", recording: row.ok_or_else(gone)? })
            }
            Added::Refused(error) => Err(error),
            _ => Err(Error::new(ErrorKind::Internal, "a recording was neither added nor refused")),
        }
    }
}
