//! The store.

use crate::adding::Adding;
use crate::argument::{Arg, count, expected, ids, paths as paths_of};
use crate::error::detached;
use crate::faces::Faces;
use crate::imported::Imported;
use crate::people::People;
use crate::progress::{counter, watched_with};
use crate::recordings::{Maybe, Recordings};
use crate::results::ToPython;
use crate::snapshots::Follower;
use crate::voices::Voices;
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyAny;
use sonic::remote::RemoteOptions;
use sonic::{Access, StoreOptions, Verify};
use std::path::PathBuf;

/// A directory that keeps recordings, voices and faces, and finds them: one writer at a time, any number of readers, each
/// call one transaction. One store may be used by any number of threads at once.
///
/// `access` is "create" (the default: made if it does not exist), "read_write" or "read_only". `map_size` is the bytes
/// of address space to reserve at first; it grows by itself. `verify` says how far the file is looked at first, as a damaged
/// page, followed without a look, would end the process: "auto" (the pages, unless the file is as a process that had the
/// store open left it, or another process has it open), "full" (the pages in any case; about a second a gigabyte) or
/// "never". A handle that is read_only never writes, whatever others of the process do. Raises `NotFoundError` if there is no store and it may not
/// be made, `InvalidArgumentError` if `path` is a file, `MismatchError` if its format is another, `MalformedError` if it
/// is damaged.
#[pyclass(frozen, module = "sonic", weakref)]
pub(crate) struct Store {
    store: sonic::Store,
}

#[pymethods]
impl Store {
    #[new]
    #[pyo3(
        signature = (path, *, access=Access::Create, map_size=1 << 30, verify=Verify::Auto),
        text_signature = "(path, *, access='create', map_size=1073741824, verify='auto')"
    )]
    fn new(
        py: Python<'_>,
        path: Arg<PathBuf>,
        #[pyo3(from_py_with = access)] access: Access,
        #[pyo3(from_py_with = count)] map_size: usize,
        #[pyo3(from_py_with = verify)] verify: Verify,
    ) -> PyResult<Self> {
        let options = StoreOptions { access, map_size, verify };
        let store = detached(py, "opening the store", || sonic::Store::open(&path.0, options))?;
        Ok(Self { store })
    }

    /// The directory of the store.
    #[getter]
    fn path(&self) -> PathBuf {
        self.store.path().to_owned()
    }

    /// The recordings of the store: which one is this clip?
    #[getter]
    fn recordings(&self) -> Recordings {
        Recordings::new(self.store.clone())
    }

    /// The recordings that were imported without their sound.
    #[getter]
    fn imported(&self) -> Imported {
        Imported::new(self.store.clone())
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

    /// The people of an event: who is on its photos? There are none if there is no such event.
    #[pyo3(signature = (event))]
    fn people(&self, event: Arg<String>) -> People {
        People::new(self.store.clone(), event.0)
    }

    /// Forgets a user everywhere, in one transaction: voiceprints and voice recordings as `Voices.forget_user`, faces as
    /// `Faces.forget_user`. Counts of 0 mean that there was nothing. The bytes leave the file with `compact`.
    #[pyo3(signature = (user_id))]
    fn forget<'py>(&self, py: Python<'py>, user_id: Arg<String>) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "forgetting", || self.store.forget(&user_id.0))?.to_python(py)
    }

    /// As `store.recordings.add`: adds a recording, a path, bytes, a binary file object, a `Clip` or a `Fingerprint`.
    #[pyo3(signature = (
        source, *, id=None, title=None, source_name=None, user_id=None, mode=None, metadata=None, replace=false,
        keep_silent=false
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    fn add<'py>(
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
        self.recordings().add(
            py,
            source,
            id,
            title,
            source_name,
            user_id,
            mode,
            metadata,
            replace,
            keep_silent,
        )
    }

    /// As `store.recordings.add_many`: adds files, and the media files in directories.
    #[pyo3(signature = (
        paths, *, jobs=0, progress=None, id_from="stem", id_prefix="", replace=false, keep_silent=false, track=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    fn add_many(
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
        let recordings = self.recordings();
        recordings.add_many(py, paths, jobs, progress, id_from, id_prefix, replace, keep_silent, track)
    }

    /// As `store.recordings.identify`: names a clip, a path, bytes, a binary file object, a `Clip` or a `Fingerprint`.
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
        self.recordings().identify(py, source, limit, threads, exclude)
    }

    /// Keeps the store at the current snapshot of a bucket until the `Follower` is stopped or dropped, or the store is closed. A
    /// thread looks for a new one every `interval` seconds; the store turns to it with the next call, and no call waits for it or
    /// fails. If it cannot be pulled `stats().follow_error` says why, the store stays as it is, and it is tried again. The store
    /// may be open for reading only. `url` and the other options are those of `sonic.snapshots.pull`.
    #[pyo3(
        signature = (url, *, interval=30.0, endpoint=None, credentials=None, bytes_per_second=None)
    )]
    fn follow(
        &self,
        py: Python<'_>,
        url: Arg<String>,
        interval: f64,
        endpoint: Maybe<String>,
        credentials: Maybe<PathBuf>,
        bytes_per_second: Maybe<u64>,
    ) -> PyResult<Follower> {
        let remote = RemoteOptions {
            endpoint: endpoint.map(|a| a.0),
            credentials: credentials.map(|a| a.0),
            bytes_per_second: bytes_per_second.map(|a| a.0),
            ..RemoteOptions::default()
        };
        Follower::start(py, self.store.clone(), &url.0, interval, remote)
    }

    /// Counts and sizes.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "reading the store", || self.store.stats())?.to_python(py)
    }

    /// Rewrites the file without the space of what was removed.
    fn compact(&self, py: Python<'_>) -> PyResult<()> {
        detached(py, "compacting", || self.store.compact())
    }

    /// Reads everything once and reports what is wrong; an empty list means the store is sound.
    fn check(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let problems = detached(py, "checking", || self.store.check())?;
        Ok(problems.into_iter().map(|p| p.message).collect())
    }

    /// Saves what is whole of the store in directory `source`, to which nobody writes meanwhile, to a new store in directory
    /// `target`. What was removed does not come back, but see `may_lack_last_change`; what needs a row that is lost goes with
    /// it. `progress` is called with the number of rows that were saved, and None, now and then. `source` is only read; if the
    /// call raises nothing is left in `target`.
    #[staticmethod]
    #[pyo3(signature = (source, target, *, progress=None))]
    fn salvage<'py>(
        py: Python<'py>,
        source: Arg<PathBuf>,
        target: Arg<PathBuf>,
        #[pyo3(from_py_with = counter)] progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let saved = watched_with(py, "saving a store", progress.as_ref(), |report| {
            sonic::Store::salvage(&source.0, &target.0, |rows| report((rows, None::<u64>)))
        })?;
        saved.ok_or_else(|| PyKeyboardInterrupt::new_err(()))?.to_python(py)
    }

    /// Writes the tables into a folder, made if it does not exist, as recordings.parquet, voices.parquet, faces.parquet and
    /// people.parquet, and gives the paths of the files. Columns are those of the tables; a file takes the place of an older
    /// one only when it is complete.
    #[pyo3(signature = (directory))]
    fn export_parquet(&self, py: Python<'_>, directory: Arg<PathBuf>) -> PyResult<Vec<PathBuf>> {
        detached(py, "exporting", || self.store.export_parquet(&directory.0))
    }

    /// Raises `ClosedError` if the store was closed, or belongs to the process that this one was forked from.
    fn check_open(&self, py: Python<'_>) -> PyResult<()> {
        detached(py, "looking at the store", || self.store.check_open())
    }

    /// Closes the store; using it afterwards raises `ClosedError`. Closing twice is fine.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.store.close());
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
    /// A store that is open.
    pub(crate) fn of(store: sonic::Store) -> Self {
        Self { store }
    }

    /// The store itself.
    pub(crate) fn handle(&self) -> sonic::Store {
        self.store.clone()
    }
}

fn verify(object: &Bound<'_, PyAny>) -> PyResult<Verify> {
    match object.extract::<String>().as_deref() {
        Ok("never") => Ok(Verify::Never),
        Ok("auto") => Ok(Verify::Auto),
        Ok("full") => Ok(Verify::Full),
        _ => Err(expected("\"never\", \"auto\" or \"full\"", object)),
    }
}

fn access(object: &Bound<'_, PyAny>) -> PyResult<Access> {
    match object.extract::<String>().as_deref() {
        Ok("create") => Ok(Access::Create),
        Ok("read_write") => Ok(Access::ReadWrite),
        Ok("read_only") => Ok(Access::ReadOnly),
        _ => Err(expected("\"create\", \"read_write\" or \"read_only\"", object)),
    }
}
