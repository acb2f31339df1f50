//! Objects in a bucket: what `sonic.remote` consists of.

use crate::argument::{Arg, count};
use crate::error::{detached, invalid};
use crate::progress::watched_with;
use crate::results::{ToPython, list, maybe, results};
use crate::snapshots::{Maybe, options, seconds, told};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyTuple};
use sonic::remote::{self, BucketOptions, Condition, ObjectInfo, Progress};
use sonic::{Error, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;

/// Most that `get` gives unless it is told otherwise.
const MOST: u64 = 256 * 1024 * 1024;

results! { in "sonic.remote";
    ObjectInfo from ObjectInfo as object { name, bytes, written_at_ms, tag }
}

/// Objects in a bucket or in a folder, by name: any number of threads can use one at once.
///
/// `url` and the options are those of `sonic.snapshots.push`; a call takes at most `timeout` seconds with its retries. Names are
/// paths below it, such as "jobs/1.json". Every call may be ended by Ctrl-C, and raises `IoError` if the bucket cannot be reached in time or
/// refuses, `InvalidArgumentError` for a name that is none.
#[pyclass(frozen, module = "sonic.remote")]
pub(crate) struct Bucket {
    bucket: Arc<remote::Bucket>,
    process: u32,
}

impl Bucket {
    fn get_ref(&self) -> sonic::Result<&remote::Bucket> {
        if self.process == std::process::id() {
            return Ok(&self.bucket);
        }
        let message = "this bucket was opened by the process that this one was forked from: open it again";
        Err(Error::new(ErrorKind::Closed, message))
    }

    /// Does a request while signals are looked for.
    fn request<T: Send>(
        &self,
        py: Python<'_>,
        what: &'static str,
        work: impl FnOnce(&remote::Bucket, &mut remote::Watch<'_>) -> sonic::Result<T> + Send,
    ) -> PyResult<T> {
        watched_with(py, what, None, |report| work(self.get_ref()?, &mut |at: Progress| report(told(at))))
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            std::mem::forget(Arc::clone(&self.bucket)); // Its threads run in the process it was forked from.
        }
    }
}

#[pymethods]
impl Bucket {
    #[new]
    #[pyo3(signature = (url, *, endpoint=None, credentials=None, connections=8, timeout=60.0))]
    fn new(
        py: Python<'_>,
        url: Arg<String>,
        endpoint: Maybe<String>,
        credentials: Maybe<PathBuf>,
        #[pyo3(from_py_with = count)] connections: usize,
        timeout: f64,
    ) -> PyResult<Self> {
        let bucket = detached(py, "opening a bucket", || {
            let remote = options(endpoint, credentials, connections, None);
            let timeout = Some(seconds("timeout", timeout)?);
            remote::Bucket::open(&url.0, &BucketOptions { remote, timeout })
        })?;
        Ok(Self { bucket: Arc::new(bucket), process: std::process::id() })
    }

    /// The address.
    #[getter]
    fn url(&self) -> &str {
        self.bucket.url()
    }

    /// An object: its `ObjectInfo` and its bytes, all or those from `start` to before `end`, as far as there are any. Raises `NotFoundError` if
    /// there is none of that name, `LimitError` if they are more than `max_bytes`.
    #[pyo3(signature = (name, *, start=Arg(0), end=None, max_bytes=Arg(MOST)), text_signature = "(name, *, start=0, end=None, max_bytes=268435456)")]
    fn get<'py>(
        &self,
        py: Python<'py>,
        name: Arg<String>,
        start: Arg<u64>,
        end: Maybe<u64>,
        max_bytes: Arg<u64>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let end = end.map(|a| a.0);
        let range = (start.0 > 0 || end.is_some()).then(|| start.0..end.unwrap_or(u64::MAX));
        let (info, bytes) = self.request(py, "reading an object", |bucket, watch| {
            bucket.get(&name.0, range, max_bytes.0, watch)
        })?;
        PyTuple::new(py, [info.to_python(py)?, PyBytes::new(py, &bytes).into_any()])
    }

    /// What there is under a name: an `ObjectInfo`, None if nothing is.
    #[pyo3(signature = (name))]
    fn head<'py>(&self, py: Python<'py>, name: Arg<String>) -> PyResult<Option<Bound<'py, PyAny>>> {
        maybe(py, self.request(py, "looking for an object", |bucket, watch| bucket.head(&name.0, watch))?)
    }

    /// Writes an object in one step: its new tag. With `if_absent` only if there is none of that name, with `if_tag` only if it has
    /// this tag; raises `MismatchError` otherwise. An object that has these very bytes already meets both.
    #[pyo3(signature = (name, data, *, if_absent=false, if_tag=None))]
    fn put(
        &self,
        py: Python<'_>,
        name: Arg<String>,
        data: PyBackedBytes,
        if_absent: bool,
        if_tag: Maybe<String>,
    ) -> PyResult<String> {
        let condition = match (if_absent, if_tag) {
            (true, Some(_)) => return Err(invalid(py, "if_absent and if_tag exclude each other")),
            (true, None) => Condition::Absent,
            (false, Some(tag)) => Condition::Tag(tag.0),
            (false, None) => Condition::None,
        };
        self.request(py, "writing an object", |bucket, watch| bucket.put(&name.0, &data, &condition, watch))
    }

    /// Removes an object; one that is not there is removed already.
    #[pyo3(signature = (name))]
    fn delete(&self, py: Python<'_>, name: Arg<String>) -> PyResult<()> {
        self.request(py, "removing an object", |bucket, watch| bucket.delete(&name.0, watch))
    }

    /// The objects of a folder and of those below it, by name; of all without one: a list of `ObjectInfo`.
    #[pyo3(signature = (folder=Arg(String::new())), text_signature = "(folder='')")]
    fn list<'py>(&self, py: Python<'py>, folder: Arg<String>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        list(py, self.request(py, "listing objects", |bucket, watch| bucket.list(&folder.0, watch))?)
    }

    /// Copies an object of any size into a file, piece by piece: its bytes. The file is not whole after an error. Raises `NotFoundError` if
    /// there is no such object.
    #[pyo3(signature = (name, path))]
    fn download(&self, py: Python<'_>, name: Arg<String>, path: Arg<PathBuf>) -> PyResult<u64> {
        self.request(py, "fetching an object", |bucket, watch| bucket.download(&name.0, &path.0, watch))
    }

    fn __repr__(&self) -> String {
        format!("Bucket({:?})", self.bucket.url())
    }
}
