//! Long work without Python's lock: now and then it reports how far it is, and looks whether Ctrl-C was pressed.

use crate::argument::expected;
use crate::error::raise;
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
    fn report(&mut self, part: f32) -> ControlFlow<()> {
        if self.raised.is_none() && self.called.is_none_or(|called| called.elapsed() >= PATIENCE) {
            self.raised = Python::attach(|py| self.call(py, part)).err();
            self.called = Some(Instant::now());
        }
        if self.raised.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn call(&self, py: Python<'_>, part: f32) -> PyResult<()> {
        py.check_signals()?;
        self.progress.map_or(Ok(()), |progress| progress.call1(py, (part,)).map(drop))
    }
}

/// How work reports the part that is done, 0 to 1; it is cancelled by `Break`.
pub(crate) type Report<'a> = dyn FnMut(f32) -> ControlFlow<()> + 'a;

/// Runs `work` without holding Python's lock. `progress` is called with the part that is done, now and then and at the
/// end; what it raises, and Ctrl-C, end the work and are raised here.
pub(crate) fn watched<T: Send>(
    py: Python<'_>,
    what: &'static str,
    progress: Option<&Py<PyAny>>,
    work: impl FnOnce(&mut Report<'_>) -> sonic::Result<T> + Send,
) -> PyResult<T> {
    let mut watch = Watch { progress, called: None, raised: None };
    let done =
        py.detach(|| sonic::guard::guard(ErrorKind::Internal, what, || work(&mut |part| watch.report(part))));
    if let Some(raised) = watch.raised.take() {
        return Err(raised);
    }
    let done = done.map_err(|e| raise(py, e))?;
    watch.call(py, 1.0).map(|()| done)
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
