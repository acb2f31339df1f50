//! Long work without Python's lock: now and then it reports how far it is, and looks whether Ctrl-C was pressed.

use crate::argument::expected;
use crate::error::raise;
use pyo3::call::PyCallArgs;
use pyo3::prelude::*;
use sonic::ErrorKind;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// How often Python is called.
const PATIENCE: Duration = Duration::from_millis(50);

/// What Python is called with, and what it raised.
struct Watch<'a> {
    progress: Option<&'a Py<PyAny>>,
    /// When it was last called.
    called: Option<Instant>,
    raised: Option<PyErr>,
}

impl Watch<'_> {
    fn report(&mut self, arguments: impl for<'py> PyCallArgs<'py>) -> ControlFlow<()> {
        if self.raised.is_none() && self.called.is_none_or(|called| called.elapsed() >= PATIENCE) {
            self.raised = Python::attach(|py| self.call(py, arguments)).err();
            self.called = Some(Instant::now());
        }
        if self.raised.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn call<'py>(&self, py: Python<'py>, arguments: impl PyCallArgs<'py>) -> PyResult<()> {
        py.check_signals()?;
        self.progress.map_or(Ok(()), |progress| progress.call1(py, arguments).map(drop))
    }
}

/// How work reports how far it is; it is cancelled by `Break`.
pub(crate) type Report<'a, A> = dyn FnMut(A) -> ControlFlow<()> + 'a;

/// Runs `work` without holding Python's lock. `progress` is called with what it reports, now and then; what that raises,
/// and Ctrl-C, cancel the work and are raised here.
pub(crate) fn watched_with<T: Send, A: for<'py> PyCallArgs<'py>>(
    py: Python<'_>,
    what: &'static str,
    progress: Option<&Py<PyAny>>,
    work: impl FnOnce(&mut Report<'_, A>) -> sonic::Result<T> + Send,
) -> PyResult<T> {
    let mut watch = Watch { progress, called: None, raised: None };
    let report = &mut watch;
    let done = py.detach(|| {
        sonic::guard::guard(ErrorKind::Internal, what, || work(&mut |arguments| report.report(arguments)))
    });
    match watch.raised.take() {
        Some(raised) => Err(raised),
        None => done.map_err(|e| raise(py, e)),
    }
}

/// As `watched_with`, of work that reports the part that is done, 0 to 1; at the end `progress` is called with 1.
pub(crate) fn watched<T: Send>(
    py: Python<'_>,
    what: &'static str,
    progress: Option<&Py<PyAny>>,
    work: impl FnOnce(&mut Report<'_, f32>) -> sonic::Result<T> + Send,
) -> PyResult<T> {
    let done = watched_with(py, what, progress, |report| work(&mut |part| report((part,))))?;
    let watch = Watch { progress, called: None, raised: None };
    watch.call(py, (1.0,)).map(|()| done)
}

/// That a callable was given, if anything was.
pub(crate) fn counter(object: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
    match object {
        object if object.is_none() => Ok(None),
        object if object.is_callable() => Ok(Some(object.clone().unbind())),
        object => Err(expected("a callable that takes the number of items done and of all", object)),
    }
}

/// A callable that takes the part that is done, or None.
pub(crate) fn callback(object: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
    match object {
        object if object.is_none() => Ok(None),
        object if object.is_callable() => Ok(Some(object.clone().unbind())),
        object => Err(expected("a callable that takes the part that is done, 0 to 1", object)),
    }
}
