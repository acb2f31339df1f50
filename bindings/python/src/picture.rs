//! Pictures: files, bytes and arrays of pixels.

use crate::argument::{Arg, count, described, expected, is_path};
use crate::arrays::{self, as_array, numpy, points, shape};
use crate::error::{detached, invalid};
use numpy::ndarray::{Axis, Slice};
use numpy::{PyArray3, PyArrayMethods, PyReadonlyArray2, PyReadonlyArray3, PyUntypedArrayMethods};
use pyo3::exceptions::{PyException, PyMemoryError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView};
use sonic::Image;
use sonic::vision::{self, DecodeOptions, ImageSource, decode_with};
use std::borrow::Cow;
use std::path::PathBuf;

/// What messages call a picture.
const WANTED: &str = "a picture: a path, bytes, a binary file object or a uint8 array of shape (h, w, 3)";
/// Modes of PIL pictures of one channel of 16 bits.
const WIDE_MODES: [&str; 4] = ["I;16", "I;16L", "I;16B", "I;16N"];

/// Most pixels of a picture that is decoded.
#[derive(Clone, Copy)]
pub(crate) struct MaxPixels(u64);

impl Default for MaxPixels {
    fn default() -> Self {
        Self(DecodeOptions::default().max_pixels)
    }
}

impl MaxPixels {
    /// What decoding may cost.
    pub(crate) fn options(self) -> DecodeOptions {
        DecodeOptions::within(self.0)
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for MaxPixels {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        object.extract().map(Self).map_err(|_| expected("max_pixels as an integer of 0 or more", &object))
    }
}

/// Where a picture comes from.
pub(crate) enum Picture {
    Path(PathBuf),
    Bytes(PyBackedBytes),
    Pixels(Image),
}

impl Picture {
    /// The picture, decoded if need be.
    pub(crate) fn image(&self, max_pixels: MaxPixels) -> sonic::Result<Cow<'_, Image>> {
        let options = max_pixels.options();
        match self {
            Self::Pixels(image) => Ok(Cow::Borrowed(image)),
            Self::Path(path) => decode_with(path, &options).map(Cow::Owned),
            Self::Bytes(bytes) => decode_with(&bytes[..], &options).map(Cow::Owned),
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
    let asarray = numpy(py)?.getattr("asarray")?;
    let mode: Option<String> = object.getattr("mode").ok().and_then(|mode| mode.extract().ok());
    let mode = mode.filter(|_| object.hasattr("convert").unwrap_or(false));
    let converted = mode.as_deref().map_or_else(|| Ok(object.clone()), |mode| converted(object, mode))?;
    let array = asarray.call1((converted,)).map_err(|e| unreadable(py, e))?;
    let is_wide = mode.is_some_and(|mode| WIDE_MODES.contains(&mode.as_str()));
    let array = if is_wide { narrow(&array)? } else { array };
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

/// A picture of PIL in a mode whose array is pixels as they are meant here, or of 16 bits.
fn converted<'py>(object: &Bound<'py, PyAny>, mode: &str) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    let steps: &[&str] = match mode {
        "L" | "RGB" | "RGBA" | "RGBX" => &[],
        mode if WIDE_MODES.contains(&mode) => &[],
        "1" | "P" | "PA" | "LA" | "CMYK" | "YCbCr" | "HSV" => &["RGB"],
        "La" => &["LA", "RGB"],
        "RGBa" => &["RGBA", "RGB"],
        _ => {
            let message = format!(
                "a picture in PIL's mode {mode:?} does not say which of its values is white: scale them to 0 to 255 \
                 and give mode \"L\" or \"RGB\", or a uint8 array"
            );
            return Err(invalid(py, message));
        }
    };
    let convert = |picture: Bound<'py, PyAny>, mode: &&str| picture.call_method1("convert", (*mode,));
    steps.iter().try_fold(object.clone(), convert).map_err(|e| unreadable(py, e))
}

/// Grey levels of 16 bits as levels of 8, rounded.
fn narrow<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let native = array.call_method1("astype", ("uint16",))?;
    let levels: PyReadonlyArray2<'_, u16> = native.extract().map_err(|_| expected(WANTED, array))?;
    let view = levels.as_array();
    let narrow = view.iter().map(|level| ((u32::from(*level) + 128) / 257) as u8).collect();
    Ok(arrays::array(array.py(), narrow)?.reshape([view.nrows(), view.ncols()])?.into_any())
}

/// What went wrong inside of the object that was given, as an error of ours; what is no ordinary exception stays.
fn unreadable(py: Python<'_>, error: PyErr) -> PyErr {
    if !error.is_instance_of::<PyException>(py) || error.is_instance_of::<PyMemoryError>(py) {
        return error;
    }
    let refused = invalid(py, format!("the picture that was given cannot be read: {}", error.value(py)));
    refused.set_cause(py, Some(error));
    refused
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
    let kind = as_array(array).map_or_else(|| "?".to_owned(), |a| a.dtype().to_string());
    let advice = match shape {
        [3, _, _] => ": the planes come last, transpose(1, 2, 0)",
        _ if kind == "uint16" => ": of values from 0 to 65535 make (x // 257).astype(\"uint8\")",
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
    arrays::array(py, image.into_pixels())?.reshape(shape)
}

/// A picture as pixels: shape (h, w, 3), uint8, RGB, upright by its EXIF orientation.
///
/// `source` is a path, bytes, a binary file object or an array. JPEG, PNG, WebP, GIF (the first frame), BMP and TIFF are
/// known by their bytes; transparency is dropped. Raises `NotFoundError`, `MalformedError` if it is damaged or no picture,
/// `UnsupportedError` for other kinds, `LimitError` if it has more than `max_pixels`. Of a JPEG that ends early the rest
/// is grey.
#[pyfunction]
#[pyo3(
    signature = (source, *, max_pixels=MaxPixels::default()),
    text_signature = "(source, *, max_pixels=100000000)"
)]
pub(crate) fn decode_image<'py>(
    source: &Bound<'py, PyAny>,
    max_pixels: MaxPixels,
) -> PyResult<Bound<'py, PyArray3<u8>>> {
    let (py, picture) = (source.py(), picture(source)?);
    let decoded = || picture.image(max_pixels).map(Cow::into_owned);
    array(py, detached(py, "decoding", decoded)?)
}

/// The face with these five points, upright in `size` x `size` pixels as embedders see it: uint8, RGB. What lies outside
/// of the picture is black.
#[pyfunction]
#[pyo3(
    signature = (source, landmarks, size=112, *, max_pixels=MaxPixels::default()),
    text_signature = "(source, landmarks, size=112, *, max_pixels=100000000)"
)]
pub(crate) fn align<'py>(
    source: &Bound<'py, PyAny>,
    landmarks: &Bound<'py, PyAny>,
    #[pyo3(from_py_with = count)] size: usize,
    max_pixels: MaxPixels,
) -> PyResult<Bound<'py, PyArray3<u8>>> {
    let (py, picture, landmarks) = (source.py(), picture(source)?, points(landmarks)?);
    let size = side(py, size)?;
    let aligned = || vision::aligned(&*picture.image(max_pixels)?, &landmarks, size);
    array(py, detached(py, "aligning", aligned)?)
}

/// The face with this box (x1, y1, x2, y2) and what is around it, `size` x `size` pixels, to be looked at: uint8, RGB.
#[pyfunction]
#[pyo3(
    signature = (source, bbox, size=160, *, max_pixels=MaxPixels::default()),
    text_signature = "(source, bbox, size=160, *, max_pixels=100000000)"
)]
pub(crate) fn thumbnail<'py>(
    source: &Bound<'py, PyAny>,
    bbox: Arg<[f32; 4]>,
    #[pyo3(from_py_with = count)] size: usize,
    max_pixels: MaxPixels,
) -> PyResult<Bound<'py, PyArray3<u8>>> {
    let (py, picture) = (source.py(), picture(source)?);
    let size = side(py, size)?;
    let cut = || vision::thumbnail(&*picture.image(max_pixels)?, bbox.0, size);
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
