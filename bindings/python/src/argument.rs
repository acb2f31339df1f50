//! Arguments: what Python gives, as what the library takes.

use crate::error::invalid;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView, PyString};
use sonic::Source;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;

/// Bytes that are asked of a file object at a time.
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
