//! Snapshots of stores in object storage: what `sonic.snapshots` consists of, and what follows them.

use crate::argument::{Arg, count};
use crate::error::detached;
use crate::progress::{counter, watched_with};
use crate::results::{ToPython, list, results};
use crate::store::Store;
use pyo3::prelude::*;
use sonic::remote::{
    self, FollowOptions, Progress, PruneOptions, Pruned, Pulled, Pushed, RemoteOptions, Snapshot,
};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// An argument that may be left out.
pub(crate) type Maybe<T> = Option<Arg<T>>;

results! { in "sonic.snapshots";
    Snapshot from Snapshot as snapshot {
        version, base, restores, created_at_ms, store_format, forget_epoch, rows, bytes, packed_bytes, manifest,
    }

    Pushed from Pushed as pushed { snapshot, published, sent_bytes }

    Pulled from Pulled as pulled { snapshot, changed, received_bytes }

    Pruned from Pruned as pruned { removed_snapshots, removed_chunks, removed_bytes, kept }
}

pub(crate) fn options(
    endpoint: Maybe<String>,
    credentials: Maybe<PathBuf>,
    connections: usize,
    bytes_per_second: Maybe<u64>,
) -> RemoteOptions {
    RemoteOptions {
        endpoint: endpoint.map(|a| a.0),
        credentials: credentials.map(|a| a.0),
        connections,
        bytes_per_second: bytes_per_second.map(|a| a.0),
    }
}

/// What Python is told: the bytes that are done, and those that there are, once that is known.
pub(crate) fn told(progress: Progress) -> (u64, Option<u64>) {
    (progress.bytes, Some(progress.total_bytes).filter(|total| *total > 0))
}

/// A length of time in seconds.
pub(crate) fn seconds(name: &str, seconds: f64) -> sonic::Result<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        let message = format!("{name} is a number of seconds, 0 or more, not {seconds}");
        sonic::Error::new(sonic::ErrorKind::InvalidArgument, message)
    })
}

/// Makes what a store holds the current snapshot of a bucket: a `Pushed`. Only chunks that the bucket lacks are sent, and it is
/// published in one step. The store must be the current snapshot with something added: pulled or pushed last as that, or new as
/// the bucket is.
///
/// `url` is s3://bucket/prefix, az://container/prefix, gs://bucket/prefix or file:///folder. Keys come from the environment
/// (`AWS_ACCESS_KEY_ID`, ...) or from `credentials`, a file with one NAME=value a line; `endpoint` is a server in the place of the
/// usual one. `progress` is called with the bytes that are done and all of them, None while that is not known; what it raises,
/// and Ctrl-C, cancel the push. Raises `MismatchError` if another snapshot is the current one, `IoError` if the bucket cannot be
/// reached or refuses: nothing is published then.
#[pyfunction]
#[pyo3(
    signature = (store, url, *, endpoint=None, credentials=None, connections=8, bytes_per_second=None, progress=None)
)]
#[expect(clippy::too_many_arguments, reason = "they are keywords")]
pub(crate) fn push_snapshot<'py>(
    py: Python<'py>,
    store: &Bound<'py, Store>,
    url: Arg<String>,
    endpoint: Maybe<String>,
    credentials: Maybe<PathBuf>,
    #[pyo3(from_py_with = count)] connections: usize,
    bytes_per_second: Maybe<u64>,
    #[pyo3(from_py_with = counter)] progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (options, store) =
        (options(endpoint, credentials, connections, bytes_per_second), store.get().handle());
    let pushed = watched_with(py, "pushing a snapshot", progress.as_ref(), |report| {
        remote::push(&store, &url.0, &options, |at| report(told(at)))
    })?;
    pushed.to_python(py)
}

/// Makes the store in a directory, made if it does not exist, the current snapshot of a bucket: a `Pulled`. Chunks that the store
/// has already are not received. It takes the place of the store in one step; what had come when it ends early is kept for the
/// next pull.
///
/// `url` and the options are those of `push`; it may be https://host/prefix of a server of static files too. Raises
/// `NotFoundError` if there is no snapshot, `MismatchError` if the store has changes that are in no snapshot or has forgotten
/// somebody whom the snapshot has, `MalformedError` if a chunk is damaged or missing: the store is as it was then.
#[pyfunction]
#[pyo3(
    signature = (directory, url, *, endpoint=None, credentials=None, connections=8, bytes_per_second=None, progress=None)
)]
#[expect(clippy::too_many_arguments, reason = "they are keywords")]
pub(crate) fn pull_snapshot<'py>(
    py: Python<'py>,
    directory: Arg<PathBuf>,
    url: Arg<String>,
    endpoint: Maybe<String>,
    credentials: Maybe<PathBuf>,
    #[pyo3(from_py_with = count)] connections: usize,
    bytes_per_second: Maybe<u64>,
    #[pyo3(from_py_with = counter)] progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let options = options(endpoint, credentials, connections, bytes_per_second);
    let pulled = watched_with(py, "pulling a snapshot", progress.as_ref(), |report| {
        remote::pull(&directory.0, &url.0, &options, |at| report(told(at)))
    })?;
    pulled.to_python(py)
}

/// The snapshots of a bucket that can be pulled or rolled back to, the current one first: a list of `Snapshot`.
///
/// `url` and the options are those of `push`.
#[pyfunction]
#[pyo3(signature = (url, *, endpoint=None, credentials=None))]
pub(crate) fn list_snapshots(
    py: Python<'_>,
    url: Arg<String>,
    endpoint: Maybe<String>,
    credentials: Maybe<PathBuf>,
) -> PyResult<Vec<Bound<'_, PyAny>>> {
    let options = options(endpoint, credentials, RemoteOptions::default().connections, None);
    let snapshots = detached(py, "listing snapshots", || remote::list(&url.0, &options))?;
    list(py, snapshots)
}

/// Removes all but the newest snapshots of a bucket, and chunks that none of those needs: a `Pruned`.
///
/// `keep` snapshots stay, one at least, and what is younger than `grace` seconds, which is less than an hour only if nobody pushes
/// or pulls. `url` and the other options are those of `push`.
#[pyfunction]
#[pyo3(signature = (url, *, keep=1, grace=3600.0, endpoint=None, credentials=None, progress=None))]
pub(crate) fn prune_snapshots<'py>(
    py: Python<'py>,
    url: Arg<String>,
    #[pyo3(from_py_with = count)] keep: usize,
    grace: f64,
    endpoint: Maybe<String>,
    credentials: Maybe<PathBuf>,
    #[pyo3(from_py_with = counter)] progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let options = options(endpoint, credentials, RemoteOptions::default().connections, None);
    let pruned = watched_with(py, "pruning snapshots", progress.as_ref(), |report| {
        let prune = PruneOptions { keep, grace: seconds("grace", grace)? };
        remote::prune(&url.0, &options, &prune, |at| report(told(at)))
    })?;
    pruned.to_python(py)
}

/// Makes a snapshot from before the current one again, number `to` or the one before the current, under a new number: the new
/// `Snapshot`. Whom the store has forgotten since is forgotten in it first. `url` and the options are those of `push`. Raises
/// `NotFoundError` if there is no such snapshot any more.
#[pyfunction]
#[pyo3(signature = (url, *, to=None, endpoint=None, credentials=None, progress=None))]
pub(crate) fn rollback_snapshot<'py>(
    py: Python<'py>,
    url: Arg<String>,
    to: Maybe<u64>,
    endpoint: Maybe<String>,
    credentials: Maybe<PathBuf>,
    #[pyo3(from_py_with = counter)] progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let options = options(endpoint, credentials, RemoteOptions::default().connections, None);
    let snapshot = watched_with(py, "rolling back", progress.as_ref(), |report| {
        remote::rollback(&url.0, &options, to.map(|a| a.0), |at| report(told(at)))
    })?;
    snapshot.to_python(py)
}

/// Keeps a store at the current snapshot of a bucket until it is stopped or dropped: see `Store.follow`.
#[pyclass(frozen, module = "sonic", weakref)]
pub(crate) struct Follower {
    /// Taken when it is stopped.
    follower: Mutex<Option<remote::Follower>>,
}

impl Follower {
    /// Begins to follow.
    pub(crate) fn start(
        py: Python<'_>,
        store: sonic::Store,
        url: &str,
        interval: f64,
        remote: RemoteOptions,
    ) -> PyResult<Self> {
        let follower = detached(py, "following", || {
            remote::follow(&store, url, &FollowOptions { interval: seconds("interval", interval)?, remote })
        })?;
        Ok(Self { follower: Mutex::new(Some(follower)) })
    }

    fn take(&self) -> Option<remote::Follower> {
        self.follower.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[pymethods]
impl Follower {
    /// Ends it, and waits for that; a pull that is under way is given up. Stopping twice is fine.
    fn stop(&self, py: Python<'_>) {
        py.detach(|| drop(self.take()));
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) {
        self.stop(py);
    }

    fn __repr__(&self) -> &'static str {
        let follows = self.follower.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if follows { "Follower()" } else { "Follower(stopped)" }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // The thread never takes Python's lock.
        drop(self.take());
    }
}
