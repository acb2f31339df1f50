//! Arrays of numbers that Python gives.

use crate::argument::expected;
use crate::error::invalid;
use numpy::{PyArrayDescrMethods, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;

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
    let asarray = object.py().import("numpy")?.getattr("asarray")?;
    let array = asarray.call1((object,)).map_err(|_| expected(wanted, object))?;
    let kind = array.cast::<PyUntypedArray>().map_err(|_| expected(wanted, object))?.dtype();
    if !b"fiub".contains(&kind.kind()) {
        return Err(invalid(object.py(), format!("expected {wanted}, not values of type {kind}")));
    }
    Ok(array)
}

/// The shape of an array.
pub(crate) fn shape(array: &Bound<'_, PyAny>) -> Vec<usize> {
    array.cast::<PyUntypedArray>().map_or_else(|_| Vec::new(), |array| array.shape().to_vec())
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
