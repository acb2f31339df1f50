//! Several voices in one sound, and sound files.

use crate::argument::{Arg, expected};
use crate::arrays::{array, as_array};
use crate::clip::samples_of;
use crate::error::{detached, invalid};
use numpy::{PyArray2, PyArrayMethods, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;
use sonic::sing::{self, Track, write_sound as write};
use std::path::PathBuf;

/// Mixes voices into one sound of two channels: a float32 array of shape (n, 2).
///
/// `tracks` are `sonic.sing.Track`. One of them that has solo silences all that have not, muted or not. A voice in the middle has 3 dB
/// less on both sides, so that moving it does not change how loud it is; a mix that is louder than 1 is made as much softer as it
/// needs. Raises `InvalidArgumentError` for a volume or place out of range.
#[pyfunction]
#[pyo3(signature = (tracks))]
pub(crate) fn mix<'py>(tracks: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArray2<f32>>> {
    let py = tracks.py();
    let rows = tracks.try_iter().map_err(|_| expected("an iterable of Track", tracks))?;
    let rows = rows.map(|row| track(&row?)).collect::<PyResult<Vec<_>>>()?;
    let mixed = detached(py, "mixing voices", || sing::mix(&rows))?;
    let moments = mixed.len() / 2;
    array(py, mixed)?.reshape([moments, 2])
}

fn track(object: &Bound<'_, PyAny>) -> PyResult<Track> {
    let Ok(samples) = object.getattr("samples") else { return Err(expected("a Track", object)) };
    let number = |name: &str| Ok::<f32, PyErr>(object.getattr(name)?.extract::<Arg<f32>>()?.0);
    let truth = |name: &str| Ok::<bool, PyErr>(object.getattr(name)?.extract::<Arg<bool>>()?.0);
    let track = Track::new(samples_of(&samples)?).with_volume(number("volume")?).with_pan(number("pan")?);
    Ok(track.with_mute(truth("mute")?).with_solo(truth("solo")?))
}

/// Writes a sound file, whose ending says its format: .wav, .flac or .opus.
///
/// `samples` is a float32 array of shape (n,) or (n, 2), -1 to 1; what is louder is cut. The file has its name when it is whole.
/// Raises `InvalidArgumentError` for a rate that cannot be, `UnsupportedError` for another ending, and `IoError` if it cannot be written.
#[pyfunction]
#[pyo3(signature = (path, samples, sample_rate))]
pub(crate) fn write_sound(
    py: Python<'_>,
    path: Arg<PathBuf>,
    samples: &Bound<'_, PyAny>,
    sample_rate: Arg<u32>,
) -> PyResult<()> {
    let is_wide = as_array(samples).is_some_and(|array| array.ndim() == 2);
    let (samples, channels) = match is_wide {
        false => (samples_of(samples)?, 1),
        true => {
            let wanted = "samples of shape (n, 2) are a C-contiguous float32 array";
            let array: PyReadonlyArray2<'_, f32> = samples.extract().map_err(|_| invalid(py, wanted))?;
            let (channels, values) = (array.shape()[1], array.as_slice().map_err(|_| invalid(py, wanted))?);
            (values.to_vec(), channels)
        }
    };
    detached(py, "writing a sound file", || write(&path.0, &samples, channels, sample_rate.0))
}
