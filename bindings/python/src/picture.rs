//! Pictures: files, bytes and arrays of pixels.

use crate::argument::{Arg, count, described, expected, is_path};
use crate::arrays::{points, shape};
use crate::error::{detached, invalid};
use numpy::ndarray::{Axis, Slice};
use numpy::{
    PyArray1, PyArray3, PyArrayMethods, PyReadonlyArray2, PyReadonlyArray3, PyUntypedArray,
    PyUntypedArrayMethods,
};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView};
use sonic::Image;
use sonic::vision::{self, DecodeOptions, ImageSource, decode_with};
use std::borrow::Cow;
use std::path::PathBuf;

/// What messages call a picture.
const WANTED: &str = "a picture: a path, bytes, a binary file object or a uint8 array of shape (h, w, 3)";
/// Modes of PIL pictures whose arrays are pixels as they are meant here.
const PIL_MODES: [&str; 3] = ["L", "RGB", "RGBA"];

/// Where a picture comes from.
pub(crate) enum Picture {
    Path(PathBuf),
    Bytes(PyBackedBytes),
    Pixels(Image),
}

impl Picture {
    /// The picture, decoded if need be.
    pub(crate) fn image(&self) -> sonic::Result<Cow<'_, Image>> {
        self.image_within(&DecodeOptions::default())
    }

    /// The picture, if it is to be decoded.
    pub(crate) fn decoded(&self) -> sonic::Result<Option<Image>> {
        match self {
            Self::Pixels(_) => Ok(None),
            Self::Path(_) | Self::Bytes(_) => self.image().map(Cow::into_owned).map(Some),
        }
    }

    fn image_within(&self, options: &DecodeOptions) -> sonic::Result<Cow<'_, Image>> {
        match self {
            Self::Pixels(image) => Ok(Cow::Borrowed(image)),
            Self::Path(path) => decode_with(path, options).map(Cow::Owned),
            Self::Bytes(bytes) => decode_with(&bytes[..], options).map(Cow::Owned),
        }
    }

    /// The file, if it is one.
    pub(crate) fn source(&self) -> Option<ImageSource<'_>> {
        match self {
            Self::Path(path) => Some(ImageSource::Path(path)),
            Self::Bytes(bytes) => Some(ImageSource::Bytes(bytes)),
            Self::Pixels(_) => None,
        }
    }
}

/// What Python gives as a picture.
pub(crate) fn picture(object: &Bound<'_, PyAny>) -> PyResult<Picture> {
    if object.is_instance_of::<PyBytes>() || object.is_instance_of::<PyByteArray>() {
        return Ok(Picture::Bytes(object.extract()?));
    }
    if is_path(object)? {
        return Ok(Picture::Path(object.extract()?));
    }
    if object.is_instance_of::<PyMemoryView>() {
        return Ok(Picture::Bytes(object.call_method0("tobytes")?.extract()?));
    }
    if object.hasattr("__array_interface__")? || object.hasattr("__array__")? {
        return pixels(object).map(Picture::Pixels);
    }
    if object.hasattr("read")? {
        let bytes = object.call_method0("read")?;
        let text =
            || invalid(object.py(), "the file object's read() gave no bytes: open it with mode \"rb\"");
        return Ok(Picture::Bytes(bytes.extract().map_err(|_| text())?));
    }
    Err(expected(WANTED, object))
}

/// The pixels of an array, or of what can be one, such as a picture of PIL.
fn pixels(object: &Bound<'_, PyAny>) -> PyResult<Image> {
    let py = object.py();
    let mode: Option<String> = object.getattr("mode").ok().and_then(|mode| mode.extract().ok());
    let is_pil = object.hasattr("convert")? && mode.is_some();
    let plain = mode.is_some_and(|mode| PIL_MODES.contains(&mode.as_str()));
    let converted = if is_pil && !plain { object.call_method1("convert", ("RGB",))? } else { object.clone() };
    let array = py.import("numpy")?.getattr("asarray")?.call1((converted,))?;
    let shape = shape(&array);
    let bytes = match shape[..] {
        [_, _] => array.extract::<PyReadonlyArray2<'_, u8>>().ok().map(|array| grey(&array)),
        [_, _, 1 | 3 | 4] => array.extract::<PyReadonlyArray3<'_, u8>>().ok().map(|array| colour(&array)),
        _ => None,
    };
    let bytes = bytes.ok_or_else(|| unfit(&array, &shape))?;
    let side = |length: usize| u32::try_from(length).map_err(|_| unfit(&array, &shape));
    Image::new(side(shape[1])?, side(shape[0])?, bytes).map_err(|e| crate::error::raise(py, e))
}

fn grey(array: &PyReadonlyArray2<'_, u8>) -> Vec<u8> {
    array.as_array().iter().flat_map(|value| [*value; 3]).collect()
}

/// Red, green and blue; what is opaque is not looked at.
fn colour(array: &PyReadonlyArray3<'_, u8>) -> Vec<u8> {
    let view = array.as_array();
    match (view.shape(), view.as_slice()) {
        ([_, _, 1], _) => view.iter().flat_map(|value| [*value; 3]).collect(),
        ([_, _, 3], Some(bytes)) => bytes.to_vec(),
        _ => view.slice_axis(Axis(2), Slice::from(..3)).iter().copied().collect(),
    }
}

/// The exception of an array that is no picture.
fn unfit(array: &Bound<'_, PyAny>, shape: &[usize]) -> PyErr {
    let kind = array.cast::<PyUntypedArray>().map_or_else(|_| "?".to_owned(), |a| a.dtype().to_string());
    let advice = match shape {
        [3, _, _] => ": the planes come last, transpose(1, 2, 0)",
        _ if kind.starts_with("float") => ": of values from 0 to 1 make (255 * x).astype(\"uint8\")",
        _ => "",
    };
    let message = format!(
        "a picture is a uint8 array of shape (h, w, 3), RGB, or (h, w) or (h, w, 4), not {kind} of shape {shape:?}{advice}"
    );
    invalid(array.py(), message)
}

/// The pixels of a picture as an array that owns them.
pub(crate) fn array(py: Python<'_>, image: Image) -> PyResult<Bound<'_, PyArray3<u8>>> {
    let shape = [image.height() as usize, image.width() as usize, 3];
    PyArray1::from_vec(py, image.into_pixels()).reshape(shape)
}

/// A picture as pixels: shape (h, w, 3), uint8, RGB, upright by its EXIF orientation.
///
/// `source` is a path, bytes, a binary file object or an array. JPEG, PNG, WebP, GIF (the first frame), BMP and TIFF are
/// known by their bytes; transparency is dropped. Raises `NotFoundError`, `MalformedError` if it is damaged or no picture,
/// `UnsupportedError` for other kinds, `LimitError` if it has more than `max_pixels`. Of a JPEG that ends early the rest
/// is grey.
#[pyfunction]
#[pyo3(
    signature = (source, *, max_pixels=Arg(DecodeOptions::default().max_pixels)),
    text_signature = "(source, *, max_pixels=100000000)"
)]
pub(crate) fn decode_image<'py>(
    source: &Bound<'py, PyAny>,
    max_pixels: Arg<u64>,
) -> PyResult<Bound<'py, PyArray3<u8>>> {
    let (py, picture) = (source.py(), picture(source)?);
    let options = DecodeOptions { max_pixels: max_pixels.0, ..DecodeOptions::default() };
    let decoded = || picture.image_within(&options).map(Cow::into_owned);
    array(py, detached(py, "decoding", decoded)?)
}

/// The face with these five points, upright in `size` x `size` pixels as embedders see it: uint8, RGB. What lies outside
/// of the picture is black.
#[pyfunction]
#[pyo3(signature = (source, landmarks, size=112), text_signature = "(source, landmarks, size=112)")]
pub(crate) fn align<'py>(
    source: &Bound<'py, PyAny>,
    landmarks: &Bound<'py, PyAny>,
    #[pyo3(from_py_with = count)] size: usize,
) -> PyResult<Bound<'py, PyArray3<u8>>> {
    let (py, picture, landmarks) = (source.py(), picture(source)?, points(landmarks)?);
    let size = side(py, size)?;
    let aligned = || vision::aligned(&*picture.image()?, &landmarks, size);
    array(py, detached(py, "aligning", aligned)?)
}

/// The face with this box (x1, y1, x2, y2) and what is around it, `size` x `size` pixels, to be looked at: uint8, RGB.
#[pyfunction]
#[pyo3(signature = (source, bbox, size=160), text_signature = "(source, bbox, size=160)")]
pub(crate) fn thumbnail<'py>(
    source: &Bound<'py, PyAny>,
    bbox: Arg<[f32; 4]>,
    #[pyo3(from_py_with = count)] size: usize,
) -> PyResult<Bound<'py, PyArray3<u8>>> {
    let (py, picture) = (source.py(), picture(source)?);
    let size = side(py, size)?;
    let cut = || vision::thumbnail(&*picture.image()?, bbox.0, size);
    array(py, detached(py, "cutting out", cut)?)
}

/// A side in pixels.
pub(crate) fn side(py: Python<'_>, size: usize) -> PyResult<u32> {
    let side = u32::try_from(size).ok().filter(|side| (1..=4096).contains(side));
    side.ok_or_else(|| invalid(py, format!("size is 1 to 4096 pixels, not {size}")))
}

/// Pictures: an iterable of them.
pub(crate) fn pictures<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let wanted = "an iterable of pictures";
    if is_path(object)? || object.is_instance_of::<PyBytes>() {
        return Err(invalid(object.py(), format!("expected {wanted}, not one: {}", described(object))));
    }
    object.try_iter().map(Bound::into_any).map_err(|_| expected(wanted, object))
}
