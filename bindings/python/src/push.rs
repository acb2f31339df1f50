//! Sound out of the slices of a browser's recorder, as they come.

use crate::argument::{Arg, expected};
use crate::arrays::Vector;
use crate::error::detached;
use crate::exclusive::Exclusive;
use crate::results::{ToPython, list, results};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use sonic::audio::decode::push::{self, PushCounts, PushOptions};

/// Decodes the slices that a browser's MediaRecorder gives, of one connection, as they come: WebM, fragmented MP4, Ogg Opus,
/// and MP3, ADTS and WAV.
///
/// Gives mono float32 samples at `sample_rate`, 1,000 to 768,000 a second, each chunk with its place in time: what is lost is a
/// gap, and what survives keeps its place. A slice waits for those before it until `window` later ones have come. A time of
/// the container that is ahead of the packets by more than `gap_threshold_ms` is a gap. Slices of more than `max_slice_bytes`,
/// by default 16 MiB, are refused. Raises `InvalidArgumentError` for options out of range.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct PushDecoder {
    decoder: Exclusive<Box<push::PushDecoder>>,
    sample_rate: u32,
}

#[pymethods]
impl PushDecoder {
    #[new]
    #[pyo3(
        signature = (
            sample_rate=Arg(16_000), *, window=Arg(3), gap_threshold_ms=Arg(100.0), max_slice_bytes=Arg(16 << 20)
        ),
        text_signature = "(sample_rate=16000, *, window=3, gap_threshold_ms=100.0, max_slice_bytes=16777216)"
    )]
    fn new(
        py: Python<'_>,
        sample_rate: Arg<u32>,
        window: Arg<u64>,
        gap_threshold_ms: Arg<f64>,
        max_slice_bytes: Arg<usize>,
    ) -> PyResult<Self> {
        let options = PushOptions {
            window: window.0,
            gap_threshold_ms: gap_threshold_ms.0,
            max_slice_bytes: max_slice_bytes.0,
            ..PushOptions::default()
        };
        let made = detached(py, "opening a decoder", || push::PushDecoder::new(sample_rate.0, &options))?;
        Ok(Self { decoder: Exclusive::new("decoder", Box::new(made)), sample_rate: sample_rate.0 })
    }

    /// Samples per second of the chunks.
    #[getter]
    fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Takes the slice number `index`, counted from 0 as the browser does, and gives the sound that is known by it: a list of
    /// `Chunk`, often empty.
    ///
    /// `sent_ms` is when it was sent, by the clock of the sender from anywhere: by it the next recorder on the connection
    /// finds its place. Raises `LimitError` for a slice that is too large and `InvalidArgumentError` for an index that cannot be, as
    /// if it had not come; once for each recording, `UnsupportedError` for slices without sound that can be decoded and
    /// `MalformedError` if its header is damaged or never came. What was decoded comes with the next call then.
    #[pyo3(signature = (index, data, *, sent_ms=None))]
    fn push<'py>(
        &self,
        index: Arg<u64>,
        data: &Bound<'py, PyAny>,
        sent_ms: Option<f64>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let (py, bytes) = (data.py(), bytes_of(data)?);
        let chunks = detached(py, "decoding a slice", || {
            self.decoder.with(|decoder| match sent_ms {
                Some(sent_ms) => decoder.push_at(index.0, &bytes, sent_ms),
                None => decoder.push(index.0, &bytes),
            })
        })?;
        list(py, chunks)
    }

    /// Gives the rest: slices that wait for others are read, packets that wait for their time are placed. Raises what `push`
    /// raises.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let chunks = detached(py, "decoding a slice", || self.decoder.with(|decoder| decoder.finish()))?;
        list(py, chunks)
    }

    /// The gaps so far, in order: a list of (start_ms, end_ms), from when to when nothing of the sound came. The last 4,096 are
    /// kept.
    #[getter]
    fn gaps(&self, py: Python<'_>) -> PyResult<Vec<(f64, f64)>> {
        detached(py, "looking for gaps", || self.decoder.with(|decoder| Ok(decoder.gaps())))
    }

    /// What became of the slices so far: a `PushCounts`.
    #[getter]
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "counting slices", || self.decoder.with(|decoder| Ok(decoder.counts())))?.to_python(py)
    }
}

/// The bytes of anything that has a buffer.
pub(crate) fn bytes_of(data: &Bound<'_, PyAny>) -> PyResult<PyBackedBytes> {
    if let Ok(bytes) = data.extract() {
        return Ok(bytes);
    }
    let view = data.py().get_type::<pyo3::types::PyMemoryView>();
    match view.call1((data,)) {
        Ok(view) => view.call_method0("tobytes")?.extract().map_err(Into::into),
        Err(_) => Err(expected("bytes", data)),
    }
}

results! {
    Chunk from push::Chunk as chunk { start_ms, samples: Vector(&chunk.samples) }

    PushCounts from PushCounts as counts {
        slices, repeated, late, lost, conflicting, restarts, sessions, headers_assumed, holes, placed_by_order,
        unreadable_bytes, damaged_packets, errors,
    }
}
