//! Arguments: what Python gives, as what the library takes.

use crate::error::{invalid, raise};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView, PyString};
use sonic::json::check_integers;
use sonic::{Error, ErrorKind, Source};
use std::io::{self, BufReader, Read};
use std::path::PathBuf;

/// Bytes that are read from a file object at a time.
const PIECE: usize = 1 << 18;

/// An argument whose wrong type or range is an `InvalidArgumentError`.
pub(crate) struct Arg<T>(pub(crate) T);

impl<'a, 'py, T: FromPyObject<'a, 'py>> FromPyObject<'a, 'py> for Arg<T> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        object.extract().map(Self).map_err(|e: T::Error| {
            let error: PyErr = e.into();
            let reason = error.value(object.py());
            invalid(object.py(), format!("the argument {} does not fit: {reason}", described(&object)))
        })
    }
}

/// An object as messages name it: shortened, with its type.
pub(crate) fn described(object: &Bound<'_, PyAny>) -> String {
    let text = object.repr().map_or_else(|_| "?".to_owned(), |r| r.to_string());
    let short: String = text.chars().take(60).collect();
    let kind = object.get_type().name().map_or_else(|_| "?".to_owned(), |n| n.to_string());
    format!("{short}{} ({kind})", if short.len() < text.len() { "..." } else { "" })
}

/// Where sound comes from: a path, the bytes of a file, or a binary file object.
pub(crate) struct Sound(pub(crate) Source);

impl FromPyObject<'_, '_> for Sound {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let py = object.py();
        if object.is_instance_of::<PyBytes>() || object.is_instance_of::<PyByteArray>() {
            return Ok(Self(Source::bytes(object.extract::<PyBackedBytes>()?)));
        }
        if object.is_instance_of::<PyMemoryView>() {
            let bytes = object.call_method0("tobytes")?;
            return Ok(Self(Source::bytes(bytes.extract::<PyBackedBytes>()?)));
        }
        if is_path(&object)? {
            return Ok(Self(Source::Path(object.extract::<PathBuf>()?)));
        }
        if !object.hasattr("read")? {
            let message = format!(
                "sound comes from a path, from bytes or from a binary file object, not from {}",
                described(&object)
            );
            return Err(invalid(py, message));
        }
        if object.is_instance(&py.import("io")?.getattr("TextIOBase")?)? {
            return Err(invalid(py, "the file is open as text: open it with mode \"rb\""));
        }
        let file = FileObject { object: object.to_owned().unbind() };
        Ok(Self(Source::reader(BufReader::with_capacity(PIECE, file))))
    }
}

/// A path; `Arg<PathBuf>` would take what `os.fspath` takes as well, but its message would not help.
pub(crate) fn is_path(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(object.is_instance_of::<PyString>() || object.hasattr("__fspath__")?)
}

/// The exception of an argument that is none of what is `wanted`.
pub(crate) fn expected(wanted: &str, object: &Bound<'_, PyAny>) -> PyErr {
    invalid(object.py(), format!("expected {wanted}, not {}", described(object)))
}

/// A number of things.
pub(crate) fn count(object: &Bound<'_, PyAny>) -> PyResult<usize> {
    object.extract().map_err(|_| expected("an integer of 0 or more", object))
}

/// A time of a row, in milliseconds since 1970 UTC; 0 is now.
pub(crate) fn time(object: &Bound<'_, PyAny>) -> PyResult<u64> {
    let wanted =
        "created_at_ms as an integer: milliseconds since 1970 UTC (earlier times are not kept), 0 for now";
    object.extract().map_err(|_| expected(wanted, object))
}

/// An iterable of ids, which a single text is not.
pub(crate) fn ids(object: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    let wanted = "an iterable of ids";
    if is_path(object)? { Err(expected(wanted, object)) } else { each(object, wanted) }
}

/// An iterable of things of one type.
pub(crate) fn each<T: for<'a, 'py> FromPyObject<'a, 'py>>(
    object: &Bound<'_, PyAny>,
    wanted: &str,
) -> PyResult<Vec<T>> {
    let items = object.try_iter().map_err(|_| expected(wanted, object))?;
    items.map(|item| Ok(item?.extract::<Arg<T>>()?.0)).collect()
}

/// One path, or an iterable of paths.
pub(crate) fn paths(object: &Bound<'_, PyAny>) -> PyResult<Vec<PathBuf>> {
    if is_path(object)? {
        Ok(vec![object.extract()?])
    } else {
        each(object, "a path or an iterable of paths")
    }
}

/// A word of a list, as what it means; `None` if none was given.
pub(crate) fn one_of<T, const N: usize>(
    word: Option<&Bound<'_, PyAny>>,
    known: [(&str, T); N],
) -> PyResult<Option<T>> {
    let Some(object) = word else { return Ok(None) };
    let names = known.each_ref().map(|(name, _)| format!("{name:?}")).join(" or ");
    let given: Option<String> = object.extract().ok();
    let found = known.into_iter().find(|(name, _)| given.as_deref() == Some(name));
    found.map(|(_, value)| Some(value)).ok_or_else(|| expected(&names, object))
}

/// What JSON can hold, by way of Python's own encoder.
pub(crate) fn json(object: Option<&Bound<'_, PyAny>>) -> PyResult<serde_json::Value> {
    let Some(object) = object else { return Ok(serde_json::Value::Null) };
    let py = object.py();
    let options = pyo3::types::IntoPyDict::into_py_dict([("allow_nan", false)], py)?;
    let cannot = |e: PyErr| {
        let message = format!("metadata is anything that JSON can hold: {}", e.value(py));
        invalid(py, message)
    };
    let text = py.import("json")?.getattr("dumps")?.call((object,), Some(&options)).map_err(cannot)?;
    let text: String = text.extract()?;
    check_integers(&text).map_err(|e| raise(py, e.context("metadata")))?;
    serde_json::from_str(&text)
        .map_err(|e| raise(py, Error::new(ErrorKind::InvalidArgument, "metadata is not JSON").with_source(e)))
}

/// A Python file object; each read takes Python's lock.
struct FileObject {
    object: Py<PyAny>,
}

impl Read for FileObject {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Python::attach(|py| {
            py.check_signals()?;
            let piece = self.object.call_method1(py, "read", (buffer.len(),))?;
            let piece: PyBackedBytes = piece.extract(py).map_err(|_| {
                let kind = described(piece.bind(py));
                invalid(py, format!("the file object's read() gave {kind} instead of bytes"))
            })?;
            let count = piece.len();
            let room = buffer
                .get_mut(..count)
                .ok_or_else(|| invalid(py, "the file object's read(n) gave more than n bytes"))?;
            room.copy_from_slice(&piece);
            Ok(count)
        })
        .map_err(|e: PyErr| io::Error::other(e))
    }
}
