//! Decoded sound.

#![expect(unsafe_code, reason = "an array over memory of another object cannot be made otherwise")]

use crate::argument::{Arg, Sound, described};
use crate::arrays::{as_array, numpy};
use crate::error::{detached, invalid};
use numpy::ndarray::ArrayView1;
use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1, PyUntypedArrayMethods};
use pyo3::prelude::*;
use sonic::audio::DecodeOptions;
use std::sync::Arc;

/// Sound as mono samples: float32, nominally from -1 to 1.
///
/// Made by `decode`, or from a one-dimensional C-contiguous float32 array, which is copied.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct Clip {
    pub(crate) clip: Arc<sonic::Clip>,
}

#[pymethods]
impl Clip {
    #[new]
    #[pyo3(signature = (samples, sample_rate))]
    fn new(samples: &Bound<'_, PyAny>, sample_rate: Arg<u32>) -> PyResult<Self> {
        if sample_rate.0 == 0 {
            return Err(invalid(samples.py(), "a clip's sample rate is at least 1 Hz, not 0"));
        }
        let samples = samples_of(samples)?;
        let clip = sonic::Clip::new(samples, sample_rate.0);
        Ok(Self { clip: Arc::new(clip) })
    }

    /// The samples: a read-only view of the clip's own memory, shape (n,), float32. Copy it to change it.
    #[getter]
    fn samples(slf: Bound<'_, Self>) -> PyResult<Bound<'_, PyArray1<f32>>> {
        numpy(slf.py())?;
        let view = ArrayView1::from(slf.get().clip.samples.as_slice());
        // SAFETY: the array keeps this object, which is frozen and owns the memory.
        let array = unsafe { PyArray1::borrow_from_array(&view, slf.clone().into_any()) };
        drop(array.try_readwrite().map_err(PyErr::from)?.make_nonwriteable());
        Ok(array)
    }

    /// Samples per second.
    #[getter]
    fn sample_rate(&self) -> u32 {
        self.clip.sample_rate
    }

    /// True if the source ended early.
    #[getter]
    fn truncated(&self) -> bool {
        self.clip.truncated
    }

    /// How much of the source's sound could not be decoded, in milliseconds; it is left out of the samples.
    #[getter]
    fn damaged_ms(&self) -> u64 {
        self.clip.damaged_ms
    }

    /// Length in milliseconds.
    #[getter]
    fn duration_ms(&self) -> u64 {
        self.clip.samples.len() as u64 * 1000 / u64::from(self.clip.sample_rate)
    }

    /// The same sound at `sample_rate` samples per second, 1 to 768,000.
    #[pyo3(signature = (sample_rate))]
    fn resample(&self, py: Python<'_>, sample_rate: Arg<u32>) -> PyResult<Self> {
        let clip = detached(py, "resampling", || sonic::audio::resample(&self.clip, sample_rate.0))?;
        Ok(Self { clip: Arc::new(clip) })
    }

    fn __len__(&self) -> usize {
        self.clip.samples.len()
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| self.clip == other.get().clip)
    }

    fn __hash__(&self) -> isize {
        self.clip.samples.len() as isize ^ self.clip.sample_rate as isize
    }

    fn __repr__(&self) -> String {
        let (n, rate) = (self.clip.samples.len(), self.clip.sample_rate);
        let truncated = if self.clip.truncated { ", truncated" } else { "" };
        format!("Clip({n} samples at {rate} Hz, {:.3} s{truncated})", n as f64 / f64::from(rate))
    }
}

/// Copies the samples out of an array, which another thread may write at any time.
pub(crate) fn samples_of(object: &Bound<'_, PyAny>) -> PyResult<Vec<f32>> {
    let py = object.py();
    let wanted = "samples are a one-dimensional, C-contiguous float32 array";
    let Some(array) = as_array(object) else {
        return Err(invalid(py, format!("{wanted}, not {}", described(object))));
    };
    let is = format!("{wanted}, not {} of shape {:?}", array.dtype(), array.shape());
    if array.ndim() == 1 && !array.is_c_contiguous() {
        return Err(invalid(py, format!("{is} with gaps: use numpy.ascontiguousarray(samples)")));
    }
    let samples: PyReadonlyArray1<'_, f32> =
        object.extract().map_err(|_| invalid(py, format!("{is}: convert it first")))?;
    Ok(samples.as_slice()?.to_vec())
}

/// Decodes a path, the bytes of a file, or a binary file object to mono.
///
/// With `sample_rate` (1 to 768,000 Hz) the sound is resampled, with None it keeps the rate of the source. `track` is the
/// number of a sound track, from 0 on; with None it is the one that the file calls its default, or the first that can be
/// decoded. Raises `UnsupportedError` for formats that sonic cannot read, `MalformedError` if nothing can be decoded,
/// `LimitError` beyond 2^30 samples and for headers beyond what is read. A file that ends early gives what it holds, with
/// `truncated` set; what is damaged in it is left out, see `damaged_ms`.
#[pyfunction]
#[pyo3(signature = (source, *, sample_rate=None, track=None))]
pub(crate) fn decode(
    py: Python<'_>,
    source: Sound,
    sample_rate: Option<Arg<u32>>,
    track: Option<Arg<u32>>,
) -> PyResult<Clip> {
    let options =
        DecodeOptions { sample_rate: sample_rate.map(|rate| rate.0), track: track.map(|track| track.0) };
    let clip = detached(py, "decoding", || sonic::audio::decode_with(source.0, &options))?;
    Ok(Clip { clip: Arc::new(clip) })
}
