//! A store that is kept in a bucket: `sonic.snapshots.Writer`.

use crate::argument::{Arg, count, expected};
use crate::error::{detached, raise};
use crate::progress::{counter, watched_with};
use crate::results::ToPython;
use crate::snapshots::{Maybe, options, seconds, told};
use crate::store::Store;
use pyo3::prelude::*;
use sonic::remote::{self, Durable, WriterOptions};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// A store that is kept in a bucket, to which one instance at a time writes: who has the lease of the bucket.
///
/// Opens the store in `directory`, made of the current snapshot of the bucket at `url` if it does not exist. If no other instance
/// writes there this one does; else it follows, its writes raise `BusyError` with `retry_after` in seconds, and it takes over
/// when the other ends or was not heard of for a `term`, in seconds. `durable` is "bucket" (the default: a write returns when it
/// is kept in the bucket, and is there though the disk is gone) or "disk" (what was written since the last push is lost with the
/// disk). Whom `Store.forget` removes is gone from the journal of the bucket too when it returns. The other options are those of
/// `push`. Raises `MismatchError` if the store has changes of its own and the bucket others. A context manager.
#[pyclass(frozen, module = "sonic.snapshots", weakref)]
pub(crate) struct Writer {
    /// Taken when it is closed.
    writer: Mutex<Option<Arc<remote::Writer>>>,
}

#[pymethods]
impl Writer {
    #[new]
    #[pyo3(
        signature = (
            directory, url, *, durable=Durable::Bucket, term=15.0, endpoint=None, credentials=None, connections=8,
            bytes_per_second=None
        ),
        text_signature = "(directory, url, *, durable='bucket', term=15.0, endpoint=None, credentials=None, connections=8, bytes_per_second=None)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    fn new(
        py: Python<'_>,
        directory: Arg<PathBuf>,
        url: Arg<String>,
        #[pyo3(from_py_with = durable)] durable: Durable,
        term: f64,
        endpoint: Maybe<String>,
        credentials: Maybe<PathBuf>,
        #[pyo3(from_py_with = count)] connections: usize,
        bytes_per_second: Maybe<u64>,
    ) -> PyResult<Self> {
        let remote = options(endpoint, credentials, connections, bytes_per_second);
        let writer = detached(py, "opening a writer", || {
            let term = seconds("term", term)?;
            let options = WriterOptions { durable, term, remote, ..WriterOptions::default() };
            remote::Writer::open(&directory.0, &url.0, &options)
        })?;
        Ok(Self { writer: Mutex::new(Some(Arc::new(writer))) })
    }

    /// The store.
    #[getter]
    fn store(&self, py: Python<'_>) -> PyResult<Store> {
        Ok(Store::of(self.open(py)?.store().clone()))
    }

    /// True if this instance writes; else another does, and this one follows.
    #[getter]
    fn is_writing(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.open(py)?.is_writing())
    }

    /// Waits until this instance writes. Raises `BusyError` if another does for `timeout` seconds.
    #[pyo3(signature = (timeout=30.0))]
    fn wait_until_writing(&self, py: Python<'_>, timeout: f64) -> PyResult<()> {
        let writer = self.open(py)?;
        detached(py, "waiting", || writer.wait_until_writing(seconds("timeout", timeout)?))
    }

    /// Makes what the store holds the current snapshot of the bucket: a `Pushed`. Writes go on meanwhile; the next instance begins
    /// with it. `progress` is that of `push`. Raises `BusyError` if another instance writes.
    #[pyo3(signature = (*, progress=None))]
    fn push<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = counter)] progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let writer = self.open(py)?;
        let pushed = watched_with(py, "pushing a snapshot", progress.as_ref(), |report| {
            writer.push(|at| report(told(at)))
        })?;
        pushed.to_python(py)
    }

    /// Ends it, and waits for that: the next instance need not wait. Closing twice is fine.
    fn close(&self, py: Python<'_>) {
        py.detach(|| drop(self.take()));
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) {
        self.close(py);
    }

    fn __repr__(&self) -> &'static str {
        let is_open = self.writer.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if is_open { "Writer()" } else { "Writer(closed)" }
    }
}

impl Writer {
    fn take(&self) -> Option<Arc<remote::Writer>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn open(&self, py: Python<'_>) -> PyResult<Arc<remote::Writer>> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let closed = || {
            let message = "the writer is closed: open it again";
            raise(py, sonic::Error::new(sonic::ErrorKind::Closed, message))
        };
        writer.ok_or_else(closed)
    }
}

fn durable(object: &Bound<'_, PyAny>) -> PyResult<Durable> {
    match object.extract::<String>().as_deref() {
        Ok("bucket") => Ok(Durable::Bucket),
        Ok("disk") => Ok(Durable::Disk),
        _ => Err(expected("\"bucket\" or \"disk\"", object)),
    }
}
