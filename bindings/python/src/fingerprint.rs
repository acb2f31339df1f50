//! Fingerprints: of a clip, of a source, of a stream as it comes.

use crate::argument::{Arg, Sound};
use crate::arrays::array;
use crate::clip::Clip;
use crate::error::detached;
use crate::exclusive::Exclusive;
use numpy::{PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use sonic::audio::decode::{DecodeOptions, Decoder};
use sonic::audio::fingerprint::{Fingerprinter as RustFingerprinter, SAMPLE_RATE};
use sonic::audio::resample;
use sonic::recordings::Landmark;
use sonic::{Result, Source};
use std::sync::Arc;

/// What a recording is recognised by: its landmarks, the salient peaks of its spectrogram, and a texture to check
/// guesses against. Made by `fingerprint`.
#[pyclass(frozen, eq, module = "sonic")]
#[derive(PartialEq)]
pub(crate) struct Fingerprint {
    pub(crate) fingerprint: Arc<sonic::Fingerprint>,
}

#[pymethods]
impl Fingerprint {
    /// The landmarks in order of time: shape (n, 3), uint32; columns frame (of 256 samples at 11,025 Hz), frequency
    /// (in eighths of a bin of a 1024-point transform) and salience.
    #[getter]
    fn landmarks<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<u32>>> {
        table(py, &self.fingerprint.landmarks)
    }

    /// Length in milliseconds.
    #[getter]
    fn duration_ms(&self) -> u64 {
        self.fingerprint.duration_ms
    }

    /// Length in frames.
    #[getter]
    fn frames(&self) -> u32 {
        self.fingerprint.frames
    }

    /// The algorithm and version that made it; a store holds fingerprints of one pipeline.
    #[getter]
    fn pipeline(&self) -> &str {
        self.fingerprint.pipeline.as_str()
    }

    fn __len__(&self) -> usize {
        self.fingerprint.landmarks.len()
    }

    fn __hash__(&self) -> isize {
        self.fingerprint.landmarks.len() as isize ^ self.fingerprint.duration_ms as isize
    }

    fn __repr__(&self) -> String {
        let f = &self.fingerprint;
        format!("Fingerprint({} landmarks, {:.3} s)", f.landmarks.len(), f.duration_ms as f64 / 1000.0)
    }
}

impl From<sonic::Fingerprint> for Fingerprint {
    fn from(fingerprint: sonic::Fingerprint) -> Self {
        Self { fingerprint: Arc::new(fingerprint) }
    }
}

/// Landmarks as rows of an array.
pub(crate) fn table<'py>(py: Python<'py>, landmarks: &[Landmark]) -> PyResult<Bound<'py, PyArray2<u32>>> {
    let row = |l: &Landmark| [l.frame, u32::from(l.frequency), u32::from(l.salience)];
    let cells: Vec<u32> = landmarks.iter().flat_map(row).collect();
    array(py, cells)?.reshape([landmarks.len(), 3])
}

/// Fingerprints a `Clip`, or anything that `decode` takes, which is then decoded block by block.
///
/// A fingerprint to query with has a texture of 20 kB a second; with `texture=False` it has none and can only be added
/// to a store. Raises `InvalidArgumentError` if a sample is not finite, and what `decode` raises.
#[pyfunction]
#[pyo3(signature = (source, *, texture=Arg(true)), text_signature = "(source, *, texture=True)")]
pub(crate) fn fingerprint(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    texture: Arg<bool>,
) -> PyResult<Fingerprint> {
    let fingerprinter = if texture.0 { RustFingerprinter::with_texture() } else { RustFingerprinter::new() };
    if let Ok(clip) = source.cast::<Clip>() {
        let clip = Arc::clone(&clip.get().clip);
        return detached(py, "fingerprinting", || of_clip(fingerprinter, &clip)).map(Into::into);
    }
    let source: Sound = source.extract()?;
    detached(py, "fingerprinting", || of_source(fingerprinter, source.0)).map(Into::into)
}

fn of_clip(mut fingerprinter: RustFingerprinter, clip: &sonic::Clip) -> Result<sonic::Fingerprint> {
    match clip.sample_rate {
        SAMPLE_RATE => fingerprinter.push(&clip.samples)?,
        _ => fingerprinter.push(&resample(clip, SAMPLE_RATE)?.samples)?,
    }
    Ok(fingerprinter.finish())
}

fn of_source(mut fingerprinter: RustFingerprinter, source: Source) -> Result<sonic::Fingerprint> {
    let mut decoder = Decoder::open(source, &DecodeOptions::at(SAMPLE_RATE))?;
    while let Some(block) = decoder.next_block()? {
        fingerprinter.push(block)?;
    }
    Ok(fingerprinter.finish())
}

/// Fingerprints sound as it comes: push blocks of 11,025 Hz mono float32 samples, then `finish`.
///
/// However the sound is cut into blocks, the fingerprint is that of the whole.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct Fingerprinter {
    /// Taken by `finish`.
    fingerprinter: Exclusive<RustFingerprinter>,
}

#[pymethods]
impl Fingerprinter {
    #[new]
    fn new() -> Self {
        Self { fingerprinter: Exclusive::new("fingerprinter", RustFingerprinter::with_texture()) }
    }

    /// Samples per second of what is pushed: 11,025.
    #[classattr]
    const SAMPLE_RATE: u32 = SAMPLE_RATE;

    /// Takes the next samples: one-dimensional, C-contiguous, float32, finite.
    #[pyo3(signature = (samples))]
    fn push(&self, py: Python<'_>, samples: &Bound<'_, PyAny>) -> PyResult<()> {
        let samples = crate::clip::samples_of(samples)?;
        detached(py, "fingerprinting", || self.fingerprinter.with(|f| f.push(&samples)))
    }

    /// The fingerprint since the last `take`, or since the start, as a piece for `Recordings.query`; the sound goes on.
    fn take(&self, py: Python<'_>) -> PyResult<Fingerprint> {
        Ok(detached(py, "fingerprinting", || self.fingerprinter.with(|f| Ok(f.take())))?.into())
    }

    /// Ends the sound and gives its fingerprint; pushing afterwards raises `ClosedError`.
    fn finish(&self, py: Python<'_>) -> PyResult<Fingerprint> {
        let taken =
            detached(py, "fingerprinting", || self.fingerprinter.take().map(RustFingerprinter::finish))?;
        Ok(taken.into())
    }
}
