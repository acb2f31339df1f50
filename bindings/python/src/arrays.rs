//! Arrays of numbers that Python gives.

use crate::argument::expected;
use crate::error::{invalid, raise};
use numpy::{
    Element, PyArray1, PyArrayDescrMethods, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArray,
    PyUntypedArrayMethods,
};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use sonic::{Error, ErrorKind};

/// NumPy. Nothing of the crate `numpy` may be called before this has succeeded: it would panic.
pub(crate) fn numpy(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static NUMPY: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let import = || {
        let module = py.import("numpy")?;
        numpy::get_array_module(py)?;
        Ok(module.unbind())
    };
    let missing = |cause: PyErr| {
        let message = "arrays need NumPy, which cannot be imported: install it with `pip install numpy`";
        let error = raise(py, Error::new(ErrorKind::Unsupported, message));
        error.set_cause(py, Some(cause));
        error
    };
    NUMPY.get_or_try_init(py, import).map(|module| module.bind(py)).map_err(missing)
}

/// Numbers as an array that owns them.
pub(crate) fn array<T: Element>(py: Python<'_>, values: Vec<T>) -> PyResult<Bound<'_, PyArray1<T>>> {
    numpy(py).map(|_| PyArray1::from_vec(py, values))
}

/// The object as an array, if it is one; without NumPy nothing is.
pub(crate) fn as_array<'a, 'py>(object: &'a Bound<'py, PyAny>) -> Option<&'a Bound<'py, PyUntypedArray>> {
    numpy(object.py()).ok()?;
    object.cast::<PyUntypedArray>().ok()
}

/// Rows of numbers, one after another.
pub(crate) struct Rows {
    pub(crate) values: Vec<f32>,
    pub(crate) dimensions: usize,
}

/// The rows of an array-like of shape (n, d), as float32. An empty list has no rows.
pub(crate) fn rows(object: &Bound<'_, PyAny>) -> PyResult<Rows> {
    let wanted = "numbers in an array of shape (n, d)";
    let array = numbers(object, wanted)?;
    match shape(&array)[..] {
        [0] => Ok(Rows { values: Vec::new(), dimensions: 1 }),
        [_, dimensions] => Ok(Rows { values: values(&array)?, dimensions }),
        ref other => {
            let message =
                format!("expected {wanted}, not of shape {other:?}: a single row is reshape(1, -1)");
            Err(invalid(object.py(), message))
        }
    }
}

/// The numbers of a one-dimensional array-like, as float32.
pub(crate) fn vector(object: &Bound<'_, PyAny>, wanted: &str) -> PyResult<Vec<f32>> {
    let array = numbers(object, wanted)?.call_method1("astype", ("float32",))?;
    let array: PyReadonlyArray1<'_, f32> = array.extract().map_err(|_| expected(wanted, object))?;
    Ok(array.as_array().iter().copied().collect())
}

/// The five points of a face: an array-like of shape (5, 2).
pub(crate) fn points(object: &Bound<'_, PyAny>) -> PyResult<[[f32; 2]; 5]> {
    let wanted = "five points (x, y) of a face: an array of shape (5, 2)";
    let array = numbers(object, wanted)?;
    let fits = shape(&array) == [5, 2];
    let values = if fits { values(&array)? } else { Vec::new() };
    let (pairs, _) = values.as_chunks::<2>();
    pairs.try_into().map_err(|_| expected(wanted, object))
}

/// An array-like as an array of real numbers.
pub(crate) fn numbers<'py>(object: &Bound<'py, PyAny>, wanted: &str) -> PyResult<Bound<'py, PyAny>> {
    let asarray = numpy(object.py())?.getattr("asarray")?;
    let array = asarray.call1((object,)).map_err(|_| expected(wanted, object))?;
    let kind = as_array(&array).ok_or_else(|| expected(wanted, object))?.dtype();
    if !b"fiub".contains(&kind.kind()) {
        return Err(invalid(object.py(), format!("expected {wanted}, not values of type {kind}")));
    }
    Ok(array)
}

/// The shape of an array.
pub(crate) fn shape(array: &Bound<'_, PyAny>) -> Vec<usize> {
    as_array(array).map_or_else(Vec::new, |array| array.shape().to_vec())
}

/// The numbers of a two-dimensional array, row after row. Those too large for float32 become infinite.
fn values(array: &Bound<'_, PyAny>) -> PyResult<Vec<f32>> {
    if let Ok(array) = array.extract::<PyReadonlyArray2<'_, f32>>() {
        let view = array.as_array();
        return Ok(view.as_slice().map_or_else(|| view.iter().copied().collect(), <[f32]>::to_vec));
    }
    let wide: PyReadonlyArray2<'_, f64> = array.call_method1("astype", ("float64",))?.extract()?;
    Ok(wide.as_array().iter().map(|x| *x as f32).collect())
}
