//! Errors of the library as Python exceptions.

use pyo3::exceptions::{PyException, PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use sonic::{Error, ErrorKind};
use std::error::Error as StdError;
use std::io;

/// Runs `work` without holding Python's lock; errors and panics become exceptions.
pub(crate) fn detached<T: Send>(
    py: Python<'_>,
    what: &'static str,
    work: impl FnOnce() -> sonic::Result<T> + Send,
) -> PyResult<T> {
    py.detach(|| sonic::guard::guard(ErrorKind::Internal, what, work)).map_err(|e| raise(py, e))
}

/// The exception of an error. What Python itself raised on the way, if it is not an ordinary exception, goes on as it is.
pub(crate) fn raise(py: Python<'_>, error: Error) -> PyErr {
    exception(py, &error)
}

/// As `raise`, of an error that is kept.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    let cause = cause(py, error);
    if let Some(cause) = &cause
        && !cause.is_instance_of::<PyException>(py)
    {
        return cause.clone_ref(py); // KeyboardInterrupt, from a file object's `read`.
    }
    let seconds = error.retry_after().map(|wait| wait.as_secs_f64());
    let exception = class(py, error.kind()).and_then(|class| match seconds {
        Some(seconds) => class.call1((error.message(), seconds)),
        None => class.call1((error.message(),)),
    });
    let exception = exception.map_or_else(|e| e, PyErr::from_value);
    exception.set_cause(py, cause);
    exception
}

/// The exception of an argument that the call does not take.
pub(crate) fn invalid(py: Python<'_>, message: impl Into<String>) -> PyErr {
    raise(py, Error::new(ErrorKind::InvalidArgument, message.into()))
}

fn class<'py>(py: Python<'py>, kind: ErrorKind) -> PyResult<&'py Bound<'py, PyType>> {
    static CLASSES: [PyOnceLock<Py<PyType>>; 12] = [const { PyOnceLock::new() }; 12];
    let name = match kind {
        ErrorKind::InvalidArgument => "InvalidArgumentError",
        ErrorKind::NotFound => "NotFoundError",
        ErrorKind::Malformed => "MalformedError",
        ErrorKind::Unsupported => "UnsupportedError",
        ErrorKind::Limit => "LimitError",
        ErrorKind::Mismatch => "MismatchError",
        ErrorKind::Io => "IoError",
        ErrorKind::Model => "ModelError",
        ErrorKind::Closed => "ClosedError",
        ErrorKind::Internal => "InternalError",
        ErrorKind::Busy => "BusyError",
    };
    CLASSES[kind as usize].import(py, "sonic._errors", name)
}

/// The cause that the library gives: an exception as it was raised, an error of the system, or its text.
fn cause(py: Python<'_>, error: &Error) -> Option<PyErr> {
    let mut source = error.source()?;
    let first = sonic::readable(source.to_string());
    loop {
        if let Some(raised) = source.downcast_ref::<PyErr>() {
            return Some(raised.clone_ref(py));
        }
        if let Some(error) = source.downcast_ref::<io::Error>() {
            if let Some(raised) = error.get_ref().and_then(|inner| inner.downcast_ref::<PyErr>()) {
                return Some(raised.clone_ref(py));
            }
            if let Some(code) = error.raw_os_error() {
                return Some(PyOSError::new_err((code, error.to_string())));
            }
        }
        match source.source() {
            Some(next) => source = next,
            None => return Some(PyRuntimeError::new_err(first)),
        }
    }
}
