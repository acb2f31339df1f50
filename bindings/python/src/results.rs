//! Results of the library as the data classes of the package.
//!
//! A field of a result is written twice: in the list of its `results!` block, and in the data class of that name in
//! `python/sonic/_*results.py`, which documents it. Fields travel by name, so their order does not matter.

use crate::error::exception;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyTuple};
use sonic::faces::FaceId;
use sonic::people::PersonId;
use sonic::recordings::{AddStatus, Decision};
use sonic::{Error, PipelineId};
use std::path::PathBuf;
use std::time::Duration;

/// What can be a field of a result, or a result itself.
pub(crate) trait ToPython {
    /// The object that Python gets.
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>>;
}

/// Says how a type of the library becomes the data class of a name, field by field. A field is taken from the value's
/// field of the same name, or from the expression that follows it. The classes are those of `sonic`, or of the module
/// that `in` names.
macro_rules! results {
    (in $module:literal; $($class:ident from $type:ty as $row:ident { $($field:ident $(: $value:expr)?),* $(,)? })*) => {$(
        impl $crate::results::ToPython for $type {
            fn to_python<'py>(
                &self,
                py: pyo3::Python<'py>,
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::PyAny>> {
                use pyo3::types::PyDictMethods;
                static CLASS: pyo3::sync::PyOnceLock<pyo3::Py<pyo3::types::PyType>> =
                    pyo3::sync::PyOnceLock::new();
                let $row = self;
                let fields = pyo3::types::PyDict::new(py);
                $(
                    let value = $crate::results::field!($row $field $($value)?).to_python(py)?;
                    fields.set_item(pyo3::intern!(py, stringify!($field)), value)?;
                )*
                let class = CLASS.import(py, $module, stringify!($class))?;
                pyo3::types::PyAnyMethods::call(class.as_any(), (), Some(&fields))
            }
        }
    )*};
    ($class:ident from $($rest:tt)*) => { $crate::results::results! { in "sonic"; $class from $($rest)* } };
}

/// Where a field of a result comes from.
macro_rules! field {
    ($row:ident $field:ident) => {
        $row.$field
    };
    ($row:ident $field:ident $value:expr) => {
        $value
    };
}

pub(crate) use {field, results};

/// Results as a list.
pub(crate) fn list<'py>(
    py: Python<'py>,
    rows: impl IntoIterator<Item: ToPython>,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    rows.into_iter().map(|row| row.to_python(py)).collect()
}

/// A result, or None.
pub(crate) fn maybe<'py>(py: Python<'py>, row: Option<impl ToPython>) -> PyResult<Option<Bound<'py, PyAny>>> {
    row.map(|row| row.to_python(py)).transpose()
}

/// Types that pyo3 knows how to convert.
macro_rules! plain {
    ($($type:ty),*) => {$(
        impl ToPython for $type {
            fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                self.into_bound_py_any(py)
            }
        }
    )*};
}

plain!(bool, u16, u32, u64, i32, i64, usize, f32, f64, str, String);

impl<T: ToPython + ?Sized> ToPython for &T {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        (**self).to_python(py)
    }
}

impl<T: ToPython + ?Sized> ToPython for Box<T> {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        (**self).to_python(py)
    }
}

impl<T: ToPython> ToPython for Option<T> {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.as_ref().map_or_else(|| Ok(py.None().into_bound(py)), |value| value.to_python(py))
    }
}

/// A tuple: results cannot be changed.
impl<T: ToPython> ToPython for Vec<T> {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(PyTuple::new(py, list(py, self)?)?.into_any())
    }
}

impl ToPython for PathBuf {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.as_os_str().into_bound_py_any(py)
    }
}

impl ToPython for PipelineId {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.as_str().to_python(py)
    }
}

impl ToPython for FaceId {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.0.to_python(py)
    }
}

impl ToPython for PersonId {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.0.to_python(py)
    }
}

impl ToPython for Decision {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.name().to_python(py)
    }
}

impl ToPython for AddStatus {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.name().to_python(py)
    }
}

impl ToPython for Error {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(exception(py, self).into_value(py).into_bound(py).into_any())
    }
}

/// What JSON holds, by way of Python's own decoder.
impl ToPython for serde_json::Value {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if self.is_null() {
            return Ok(py.None().into_bound(py));
        }
        py.import("json")?.getattr("loads")?.call1((self.to_string(),))
    }
}

/// Milliseconds that stages took, by the stages' names.
pub(crate) struct Stages<const N: usize>(pub(crate) [(&'static str, Duration); N]);

impl<const N: usize> ToPython for Stages<N> {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let stages = self.0.map(|(name, time)| (name, time.as_secs_f64() * 1000.0));
        Ok(stages.into_py_dict(py)?.into_any())
    }
}
