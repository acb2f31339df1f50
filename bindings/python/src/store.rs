//! The store.

use crate::adding::Adding;
use crate::argument::{Arg, Sound, count, each, expected, ids, is_path, json};
use crate::clip::Clip;
use crate::error::{detached, invalid};
use crate::face_results;
use crate::faces::Faces;
use crate::fingerprint::{Fingerprint, table};
use crate::people::People;
use crate::recordings::Recordings;
use crate::results;
use crate::voices::Voices;
use numpy::PyArray2;
use pyo3::prelude::*;
use pyo3::types::PyAny;
use sonic::{
    Access, Added, Elapsed, Error, ErrorKind, Identified, IdentifyOptions, Recording, Source, StoreOptions,
};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// A directory that keeps recordings and finds them: one writer at a time, any number of readers, each call one
/// transaction. One store may be used by any number of threads at once.
///
/// `access` is "create" (the default: made if it does not exist), "read_write" or "read_only". `map_size` is the bytes
/// of address space to reserve at first; it grows by itself. Raises `NotFoundError` if there is no store and it may not
/// be made, `InvalidArgumentError` if `path` is a file, `MismatchError` if its format is another, `MalformedError` if it
/// is damaged.
#[pyclass(frozen, module = "sonic", weakref)]
pub(crate) struct Store {
    store: sonic::Store,
}

/// What a store is asked with.
enum Query {
    Fingerprint(Arc<sonic::Fingerprint>),
    Clip(Arc<sonic::Clip>),
    Source(Source),
}

#[pymethods]
impl Store {
    #[new]
    #[pyo3(
        signature = (path, *, access=Access::Create, map_size=1 << 30),
        text_signature = "(path, *, access='create', map_size=1073741824)"
    )]
    fn new(
        py: Python<'_>,
        path: Arg<PathBuf>,
        #[pyo3(from_py_with = access)] access: Access,
        #[pyo3(from_py_with = count)] map_size: usize,
    ) -> PyResult<Self> {
        let options = StoreOptions { access, map_size };
        let store = detached(py, "opening the store", || sonic::Store::open(&path.0, options))?;
        Ok(Self { store })
    }

    /// The directory of the store.
    #[getter]
    fn path(&self) -> PathBuf {
        self.store.path().to_owned()
    }

    /// The voices of the store: who is speaking?
    #[getter]
    fn voices(&self) -> Voices {
        Voices::new(self.store.clone())
    }

    /// The faces of the store: the photos of events.
    #[getter]
    fn faces(&self) -> Faces {
        Faces::new(self.store.clone())
    }

    /// The people of an event: who is on its photos? Nobody if there is no such event.
    #[pyo3(signature = (event))]
    fn people(&self, event: Arg<String>) -> People {
        People::new(self.store.clone(), event.0)
    }

    /// Forgets a user everywhere, in one transaction: voiceprints and voice recordings as `Voices.forget_user`, faces as
    /// `Faces.purge_user`. Counts of 0 mean that there was nothing. The bytes leave the file with `compact`.
    #[pyo3(signature = (user_id))]
    fn forget<'py>(&self, py: Python<'py>, user_id: Arg<String>) -> PyResult<Bound<'py, PyAny>> {
        face_results::forgotten(py, detached(py, "forgetting", || self.store.forget(&user_id.0))?)
    }

    /// Adds a recording: a path, bytes, a binary file object, a `Clip` or a `Fingerprint`.
    ///
    /// Without `id` a file is named by its stem; everything else needs one. `metadata` is anything that JSON can hold.
    /// The same source bytes are added only once. Raises `MismatchError` if the id belongs to other content or the
    /// fingerprint to another pipeline, `IoError` if another process is writing, and what `decode` raises.
    #[pyo3(signature = (source, *, id=None, title=None, source_name=None, user=None, mode=None, metadata=None))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    fn add<'py>(
        &self,
        py: Python<'py>,
        source: &Bound<'py, PyAny>,
        id: Option<Arg<String>>,
        title: Option<Arg<String>>,
        source_name: Option<Arg<String>>,
        user: Option<Arg<String>>,
        mode: Option<Arg<String>>,
        metadata: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let query = query(source)?;
        let recording = Recording {
            id: id.map(|a| a.0).unwrap_or_default(),
            title: title.map(|a| a.0),
            source: source_name.map(|a| a.0).unwrap_or_default(),
            user: user.map(|a| a.0),
            mode: mode.map(|a| a.0),
            metadata: json(metadata)?,
            ..Recording::default()
        };
        let (status, row) = detached(py, "adding", || self.add_one(query, recording))?;
        results::added(py, status, &row)
    }

    /// Adds files, and the media files in directories, on `jobs` threads (0: as many as there are cores).
    ///
    /// Gives an iterator of `AddedFile`, each as soon as it is committed or has failed; one bad file does not stop the
    /// others. Leaving the loop, `close()` on the iterator and Ctrl-C end the work: what is decoded by then is committed.
    /// `progress` is called with the number of files that are done and of all files. Raises `IoError` if another process
    /// is writing.
    #[pyo3(signature = (paths, *, jobs=0, progress=None))]
    fn add_many(
        &self,
        paths: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = count)] jobs: usize,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Adding> {
        check_progress(paths.py(), progress.as_ref())?;
        Adding::files(self.store.clone(), paths_of(paths)?, jobs, progress)
    }

    /// Names a clip: a `Fingerprint`, a `Clip`, a path, bytes or a binary file object.
    ///
    /// At most `limit` matches are given, on `threads` threads (0: as many as there are cores), none of the recordings
    /// whose ids are in `exclude`. Raises `MismatchError` if the fingerprint is of another pipeline than the store, and
    /// what `decode` raises.
    #[pyo3(
        signature = (source, *, limit=5, threads=0, exclude=Vec::new()),
        text_signature = "($self, source, *, limit=5, threads=0, exclude=())"
    )]
    fn identify<'py>(
        &self,
        py: Python<'py>,
        source: &Bound<'py, PyAny>,
        #[pyo3(from_py_with = count)] limit: usize,
        #[pyo3(from_py_with = count)] threads: usize,
        #[pyo3(from_py_with = ids)] exclude: Vec<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let query = query(source)?;
        let options = IdentifyOptions { limit, threads, exclude };
        let found = detached(py, "identifying", || self.ask(query, &options))?;
        results::answer(py, found)
    }

    /// The recording with this id; None if there is none.
    #[pyo3(signature = (id))]
    fn recording<'py>(&self, py: Python<'py>, id: Arg<String>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let row = detached(py, "reading the store", || self.store.recording(&id.0))?;
        row.map(|row| results::recording(py, &row)).transpose()
    }

    /// Every recording, in the order in which they were added: to iterate over, or as a table for whatever reads Arrow
    /// (DuckDB, polars, pandas, pyarrow).
    fn recordings(&self, py: Python<'_>) -> PyResult<Recordings> {
        Recordings::new(py, self.store.clone())
    }

    /// The landmarks of the recording with this id: shape (n, 3), uint32, as in `Fingerprint.landmarks`.
    #[pyo3(signature = (id))]
    fn landmarks<'py>(&self, py: Python<'py>, id: Arg<String>) -> PyResult<Bound<'py, PyArray2<u32>>> {
        table(py, &detached(py, "reading the store", || self.store.landmarks(&id.0))?)
    }

    /// Removes the recording with this id and gives its row. Raises `NotFoundError` if there is none.
    #[pyo3(signature = (id))]
    fn remove<'py>(&self, py: Python<'py>, id: Arg<String>) -> PyResult<Bound<'py, PyAny>> {
        results::recording(py, &detached(py, "removing", || self.store.remove(&id.0))?)
    }

    /// Counts and sizes.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        results::stats(py, detached(py, "reading the store", || self.store.stats())?)
    }

    /// Rewrites the file without the space of what was removed.
    fn compact(&self, py: Python<'_>) -> PyResult<()> {
        detached(py, "compacting", || self.store.compact())
    }

    /// Reads everything once and tells what is wrong; an empty list means the store is sound.
    fn check(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let problems = detached(py, "checking", || self.store.check())?;
        Ok(problems.into_iter().map(|p| p.message).collect())
    }

    /// Closes the store; using it afterwards raises `ClosedError`. Closing twice is fine.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.store.close());
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        detached(py, "reading the store", || self.store.count()).map(|count| count as usize)
    }

    fn __contains__(&self, py: Python<'_>, id: Arg<String>) -> PyResult<bool> {
        detached(py, "reading the store", || self.store.recording(&id.0)).map(|row| row.is_some())
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) {
        self.close(py);
    }

    fn __repr__(&self) -> String {
        format!("Store({:?})", self.store.path().display().to_string())
    }
}

impl Store {
    fn add_one(&self, query: Query, recording: Recording) -> sonic::Result<(&'static str, Recording)> {
        let added = match query {
            Query::Source(source) => sonic::add(&self.store, source, recording)?,
            Query::Clip(clip) => {
                sonic::add_fingerprint(&self.store, &sonic::audio::fingerprint(&clip)?, recording)?
            }
            Query::Fingerprint(fingerprint) => sonic::add_fingerprint(&self.store, &fingerprint, recording)?,
        };
        match added {
            Added::New(row) => Ok(("added", *row)),
            Added::Refused(error) => Err(error),
            Added::Duplicate(id) => {
                let row = self.store.recording(&id)?;
                let gone =
                    || Error::new(ErrorKind::NotFound, format!("the recording {id:?} was just removed"));
                Ok(("duplicate", row.ok_or_else(gone)?))
            }
        }
    }

    fn ask(&self, query: Query, options: &IdentifyOptions) -> sonic::Result<Identified> {
        let mut elapsed = Elapsed::default();
        let (fingerprint, truncated) = match query {
            Query::Source(source) => return sonic::identify(&self.store, source, options),
            Query::Clip(clip) => {
                let start = Instant::now();
                let made = Arc::new(sonic::audio::fingerprint(&clip)?);
                elapsed.fingerprint = start.elapsed();
                (made, clip.truncated)
            }
            Query::Fingerprint(fingerprint) => (fingerprint, false),
        };
        let start = Instant::now();
        let answer = self.store.identify(&fingerprint, options)?;
        elapsed.search = start.elapsed();
        Ok(Identified { answer, duration_ms: fingerprint.duration_ms, truncated, elapsed })
    }
}

fn query(object: &Bound<'_, PyAny>) -> PyResult<Query> {
    if let Ok(fingerprint) = object.cast::<Fingerprint>() {
        return Ok(Query::Fingerprint(Arc::clone(&fingerprint.get().fingerprint)));
    }
    if let Ok(clip) = object.cast::<Clip>() {
        return Ok(Query::Clip(Arc::clone(&clip.get().clip)));
    }
    object.extract().map(|Sound(source)| Query::Source(source))
}

fn access(object: &Bound<'_, PyAny>) -> PyResult<Access> {
    match object.extract::<String>().as_deref() {
        Ok("create") => Ok(Access::Create),
        Ok("read_write") => Ok(Access::ReadWrite),
        Ok("read_only") => Ok(Access::ReadOnly),
        _ => Err(expected("\"create\", \"read_write\" or \"read_only\"", object)),
    }
}

/// That it can be called.
pub(crate) fn check_progress(py: Python<'_>, progress: Option<&Py<PyAny>>) -> PyResult<()> {
    match progress {
        Some(progress) if !progress.bind(py).is_callable() => {
            Err(invalid(py, "progress is a callable that takes the files done and all files"))
        }
        _ => Ok(()),
    }
}

/// One path, or an iterable of paths.
pub(crate) fn paths_of(object: &Bound<'_, PyAny>) -> PyResult<Vec<PathBuf>> {
    if is_path(object)? {
        Ok(vec![object.extract()?])
    } else {
        each(object, "a path or an iterable of paths")
    }
}
