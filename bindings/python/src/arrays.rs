//! Arrays of numbers that Python gives.

use crate::argument::expected;
use crate::error::{invalid, raise};
use crate::results::ToPython;
use numpy::{
    Element, PyArray1, PyArrayDescrMethods, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArray,
    PyUntypedArrayMethods,
};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyInt};
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

/// Numbers as an array that has a copy of them.
pub(crate) struct Vector<'a>(pub(crate) &'a [f32]);

impl ToPython for Vector<'_> {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(array(py, self.0.to_vec())?.into_any())
    }
}

/// The object as an array, if it is one; without NumPy nothing is.
pub(crate) fn as_array<'a, 'py>(object: &'a Bound<'py, PyAny>) -> Option<&'a Bound<'py, PyUntypedArray>> {
    numpy(object.py()).ok()?;
    object.cast::<PyUntypedArray>().ok()
}

/// Rows of numbers, one after another.
pub(crate) struct Rows {
    pub(crate) values: Values,
    pub(crate) dimensions: usize,
}

/// Numbers in the precision that holds them.
pub(crate) enum Values {
    Singles(Vec<f32>),
    Doubles(Vec<f64>),
}

/// Whole numbers up to this are exact in double precision: 2^53.
const LARGEST_WHOLE: f64 = (1u64 << 53) as f64;
/// What rows are made of.
const TABLE: &str = "numbers in an array of shape (n, d)";

/// The rows of an array-like of shape (n, d), exactly: as float32 if that holds all numbers of its type, else as float64.
/// An empty list has no rows.
pub(crate) fn rows(object: &Bound<'_, PyAny>) -> PyResult<Rows> {
    let py = object.py();
    if object.hasattr("tocsr")? {
        let message =
            "sparse data was given, but rows must be dense: x.toarray() makes an array of a sparse matrix";
        return Err(invalid(py, message));
    }
    let asarray = numpy(py)?.getattr("asarray")?;
    let array = asarray.call1((object,)).map_err(|_| expected(TABLE, object))?;
    let array = real(object, array)?;
    match shape(&array)[..] {
        [0] => Ok(Rows { values: Values::Singles(Vec::new()), dimensions: 1 }),
        [_, dimensions] => Ok(Rows { values: exact(&array)?, dimensions }),
        ref other => {
            let message = format!(
                "expected {TABLE}, not of shape {other:?}. Reshape your data: a row is reshape(1, -1)"
            );
            Err(invalid(py, message))
        }
    }
}

/// An array as one of real numbers. Objects are converted one by one; what a table has no value for is not a number.
fn real<'py>(object: &Bound<'py, PyAny>, array: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    let kind = array.cast::<PyUntypedArray>().map_err(|_| expected(TABLE, object))?.dtype();
    match kind.kind() {
        b'f' | b'i' | b'u' | b'b' => Ok(array),
        b'c' => Err(invalid(py, "Complex data not supported: give the real and imaginary parts as columns")),
        b'O' => {
            let converted = numbers_of_objects(object, &array).map_err(|e| {
                invalid(py, format!("expected {TABLE}, not objects that are none: {}", e.value(py)))
            })?;
            whole(&array, &converted)?;
            Ok(converted)
        }
        _ => Err(invalid(py, format!("expected {TABLE}, not values of type {kind}"))),
    }
}

/// The float64 array of an array of objects. Tables of pandas know themselves what they have no value for.
fn numbers_of_objects<'py>(
    object: &Bound<'py, PyAny>,
    array: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let keywords = PyDict::new(object.py());
    keywords.set_item("dtype", "float64")?;
    keywords.set_item("na_value", f64::NAN)?;
    let table = object.hasattr("columns")? && object.hasattr("to_numpy")?;
    match table.then(|| object.call_method("to_numpy", (), Some(&keywords))) {
        Some(Ok(converted)) => Ok(converted),
        _ => array.call_method1("astype", ("float64",)),
    }
}

/// That no whole number was rounded.
fn whole(array: &Bound<'_, PyAny>, converted: &Bound<'_, PyAny>) -> PyResult<()> {
    let large =
        numpy(array.py())?.getattr("abs")?.call1((converted,))?.call_method1("__gt__", (LARGEST_WHOLE,))?;
    if !large.call_method0("any")?.is_truthy()? {
        return Ok(());
    }
    let (before, after) = (array.get_item(&large)?, converted.get_item(&large)?);
    for (before, after) in
        before.call_method0("tolist")?.try_iter()?.zip(after.call_method0("tolist")?.try_iter()?)
    {
        let (before, after) = (before?, after?);
        if before.is_instance_of::<PyInt>() && !before.eq(&after)? {
            let message = format!(
                "the whole number {before} is not exact in float64, as those within 2**53 are: subtract an offset first"
            );
            return Err(invalid(array.py(), message));
        }
    }
    Ok(())
}

/// The numbers of a two-dimensional array, row after row, none of them rounded.
fn exact(array: &Bound<'_, PyAny>) -> PyResult<Values> {
    let kind = array.cast::<PyUntypedArray>()?.dtype();
    let bytes = kind.itemsize();
    // float32 holds float16 and whole numbers of 16 bits.
    if bytes <= if kind.kind() == b'f' { 4 } else { 2 } {
        return values(array).map(Values::Singles);
    }
    let wide = array.call_method1("astype", ("float64",))?;
    if kind.kind() != b'f' && bytes > 4 {
        whole(array, &wide)?;
    }
    let wide: PyReadonlyArray2<'_, f64> = wide.extract()?;
    let view = wide.as_array();
    Ok(Values::Doubles(view.as_slice().map_or_else(|| view.iter().copied().collect(), <[f64]>::to_vec)))
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
