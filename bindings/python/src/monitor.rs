//! What plays on a stream, and queries that come piece by piece.

use crate::argument::{Arg, Sound, described, expected};
use crate::error::{detached, invalid};
use crate::exclusive::Exclusive;
use crate::fingerprint::Fingerprint;
use crate::push::bytes_of;
use crate::results::{ToPython, list, results};
use pyo3::prelude::*;
use pyo3::types::PyIterator;
use sonic::audio::decode::push::{PushOptions, RawPcm};
use sonic::audio::fingerprint::SAMPLE_RATE;
use sonic::recordings::{self, Airing, Identified, MonitorOptions, RecordingQuery as RustQuery};
use sonic::{Result, Store};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// How a stream is monitored, as Python gives it.
pub(crate) struct Settings {
    pub(crate) sample_rate: Option<u32>,
    pub(crate) threads: usize,
    pub(crate) exclude: Vec<String>,
    pub(crate) window: u64,
    pub(crate) gap_threshold_ms: f64,
}

impl Settings {
    fn to_options(&self) -> MonitorOptions {
        let raw = self.sample_rate.map(|sample_rate| RawPcm { sample_rate, channels: 1, float: true });
        let Self { window, gap_threshold_ms, .. } = *self;
        let slices = PushOptions { window, gap_threshold_ms, raw, ..PushOptions::default() };
        MonitorOptions { slices, threads: self.threads, exclude: self.exclude.clone() }
    }
}

/// What plays in `stream`; without one, what slices are pushed to.
pub(crate) fn monitor<'py>(
    py: Python<'py>,
    store: &Store,
    stream: Option<&Bound<'py, PyAny>>,
    settings: &Settings,
) -> PyResult<Bound<'py, PyAny>> {
    let options = settings.to_options();
    let Some(stream) = stream else {
        let made = detached(py, "opening a monitor", || recordings::Monitor::new(store, &options))?;
        return Ok(Bound::new(py, Monitor { monitor: Exclusive::new("monitor", Box::new(made)) })?.into_any());
    };
    let from = match stream.extract::<Sound>() {
        Ok(Sound(source)) => {
            if settings.sample_rate.is_some() {
                return Err(invalid(
                    py,
                    "sample_rate is of slices without a header, not of a file".to_owned(),
                ));
            }
            let made = detached(py, "opening a stream", || recordings::monitor(store, source, &options))?;
            From::Source(Exclusive::new("stream", Box::new(made)))
        }
        Err(error) => {
            let Ok(slices) = stream.try_iter() else { return Err(error) };
            let made = detached(py, "opening a monitor", || recordings::Monitor::new(store, &options))?;
            From::Slices(slices.unbind(), Exclusive::new("monitor", Box::new(made)), Mutex::new(Some(0)))
        }
    };
    Ok(Bound::new(py, Airings { from, waiting: Mutex::default() })?.into_any())
}

/// Follows a stream: slices go in, what plays comes out. Made by `Recordings.monitor`.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct Monitor {
    monitor: Exclusive<Box<recordings::Monitor>>,
}

#[pymethods]
impl Monitor {
    /// Samples per second that `push_samples` takes: 11,025.
    #[classattr]
    const SAMPLE_RATE: u32 = SAMPLE_RATE;

    /// Takes the slice number `index` of the stream, counted from 0, and gives what became known: a list of `Airing`, often
    /// empty. `sent_ms` is when it was sent, by the clock of the sender. Raises what `PushDecoder.push` raises, after which the
    /// stream goes on.
    #[pyo3(signature = (index, data, *, sent_ms=None))]
    fn push<'py>(
        &self,
        index: Arg<u64>,
        data: &Bound<'py, PyAny>,
        sent_ms: Option<f64>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let (py, bytes) = (data.py(), bytes_of(data)?);
        self.airings(py, |monitor| match sent_ms {
            Some(sent_ms) => monitor.push_at(index.0, &bytes, sent_ms),
            None => monitor.push(index.0, &bytes),
        })
    }

    /// Takes mono float32 samples, `SAMPLE_RATE` a second, of which the first lies `start_ms` milliseconds after the first of
    /// the stream, in the place of slices; gives what became known. What is missing before it is a gap.
    fn push_samples<'py>(
        &self,
        start_ms: Arg<f64>,
        samples: &Bound<'py, PyAny>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let sound = crate::clip::samples_of(samples)?;
        self.airings(samples.py(), |monitor| monitor.push_samples(start_ms.0, &sound))
    }

    /// Ends the stream, and what plays; gives the rest.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.airings(py, recordings::Monitor::finish)
    }

    /// Where the sound so far ends, in milliseconds.
    #[getter]
    fn end_ms(&self, py: Python<'_>) -> PyResult<u64> {
        detached(py, "following a stream", || self.monitor.with(|monitor| Ok(monitor.end_ms())))
    }

    /// From when to when sound is missing in the slices: a list of (start_ms, end_ms).
    #[getter]
    fn gaps(&self, py: Python<'_>) -> PyResult<Vec<(f64, f64)>> {
        detached(py, "looking for gaps", || self.monitor.with(|monitor| Ok(monitor.gaps())))
    }

    /// What became of the slices so far: a `PushCounts`.
    #[getter]
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "counting slices", || self.monitor.with(|monitor| Ok(monitor.counts())))?.to_python(py)
    }
}

impl Monitor {
    fn airings<'py>(
        &self,
        py: Python<'py>,
        work: impl FnOnce(&mut recordings::Monitor) -> Result<Vec<Airing>> + Send,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        list(py, detached(py, "following a stream", || self.monitor.with(|monitor| work(monitor)))?)
    }
}

/// What plays in a stream: an `Airing` when it is recognised and once more when it ended. Made by `Recordings.monitor`.
#[pyclass(frozen, generic, module = "sonic")]
pub(crate) struct Airings {
    from: From,
    waiting: Mutex<VecDeque<Airing>>,
}

enum From {
    Source(Exclusive<Box<recordings::Airings>>),
    /// With the index of the next slice; none after the end.
    Slices(Py<PyIterator>, Exclusive<Box<recordings::Monitor>>, Mutex<Option<u64>>),
}

#[pymethods]
impl Airings {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        loop {
            let next = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            if let Some(airing) = next {
                return airing.to_python(py).map(Some);
            }
            py.check_signals()?;
            let Some(airings) = self.from.next(py)? else { return Ok(None) };
            self.waiting.lock().unwrap_or_else(PoisonError::into_inner).extend(airings);
        }
    }
}

impl From {
    /// What became known by the next piece of the stream; `None` at its end.
    fn next(&self, py: Python<'_>) -> PyResult<Option<Vec<Airing>>> {
        match self {
            Self::Source(airings) => {
                detached(py, "following a stream", || airings.with(|airings| airings.next_block()))
            }
            Self::Slices(slices, monitor, index) => {
                let place = || index.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(at) = *place() else { return Ok(None) };
                let Some(slice) = slices.clone_ref(py).into_bound(py).next().transpose()? else {
                    *place() = None;
                    return detached(py, "following a stream", || monitor.with(|m| m.finish())).map(Some);
                };
                let bytes = bytes_of(&slice).map_err(|_| expected("slices that are bytes", &slice))?;
                *place() = Some(at + 1);
                detached(py, "following a stream", || monitor.with(|m| m.push(at, &bytes))).map(Some)
            }
        }
    }
}

/// A query whose clip comes piece by piece: one too long for memory, or of a stream. Made by `Recordings.query`.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct RecordingQuery {
    /// With the length of the pieces in milliseconds.
    query: Exclusive<(RustQuery, u64)>,
}

impl RecordingQuery {
    pub(crate) fn new(query: RustQuery) -> Self {
        Self { query: Exclusive::new("query", (query, 0)) }
    }
}

#[pymethods]
impl RecordingQuery {
    /// Searches for the next piece of the clip, which begins where the last one ended: a `Fingerprint` with texture, of 10 s
    /// or more if there is as much. Raises `InvalidArgumentError` if it has no texture and `MismatchError` if it is of
    /// another pipeline than the store.
    fn push(&self, py: Python<'_>, piece: &Bound<'_, PyAny>) -> PyResult<()> {
        let Ok(piece) = piece.cast::<Fingerprint>() else {
            return Err(invalid(py, format!("expected a Fingerprint, not {}", described(piece))));
        };
        let fingerprint = &piece.get().fingerprint;
        detached(py, "identifying", || {
            self.query.with(|(query, duration_ms)| {
                query.push(fingerprint)?;
                *duration_ms += fingerprint.duration_ms;
                Ok(())
            })
        })
    }

    /// The answer to all pieces, as `Recordings.identify` gives it; the query has ended then.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "identifying", || {
            let (query, duration_ms) = self.query.take()?;
            Ok(Identified::untimed(query.finish()?, duration_ms))
        })?
        .to_python(py)
    }
}

results! {
    Airing from Airing as airing {
        number, id, title, start_ms, end_ms, ended, offset_ms, time_scale, pitch_semitones, score, probability,
    }
}
