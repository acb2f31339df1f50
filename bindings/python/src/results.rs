//! Results of the library as the data classes of the package.

use crate::error::raise;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict, PyTuple};
use sonic::{AddStatus, Decision, Elapsed};

/// Makes an instance of a data class from its fields, in the order of their declaration.
macro_rules! result {
    ($py:expr, $name:literal, $fields:expr) => {{
        static CLASS: pyo3::sync::PyOnceLock<Py<pyo3::types::PyType>> = pyo3::sync::PyOnceLock::new();
        CLASS.import($py, "sonic", $name)?.call1($fields)
    }};
}

pub(crate) use result;

pub(crate) fn answer(py: Python<'_>, found: sonic::Identified) -> PyResult<Bound<'_, PyAny>> {
    let answer = found.answer;
    let decision = match answer.decision {
        Decision::Match => "match",
        Decision::Unknown => "unknown",
    };
    let matches = answer.matches.iter().map(|m| matched(py, m)).collect::<PyResult<Vec<_>>>()?;
    let fields = (
        decision,
        PyTuple::new(py, matches)?,
        found.duration_ms,
        found.truncated,
        answer.postings_read,
        answer.postings_skipped,
        answer.scales_tried,
        elapsed_ms(py, found.elapsed)?,
    );
    result!(py, "Answer", fields)
}

fn elapsed_ms(py: Python<'_>, elapsed: Elapsed) -> PyResult<Bound<'_, PyDict>> {
    let stages =
        [("decode", elapsed.decode), ("fingerprint", elapsed.fingerprint), ("search", elapsed.search)];
    stages.map(|(name, time)| (name, time.as_secs_f64() * 1000.0)).into_py_dict(py)
}

fn matched<'py>(py: Python<'py>, m: &sonic::Match) -> PyResult<Bound<'py, PyAny>> {
    let fields = (
        &m.id,
        m.offset_ms,
        m.score,
        m.aligned,
        m.probability,
        m.time_scale,
        m.pitch_semitones,
        m.query_start_ms,
        m.query_end_ms,
    );
    result!(py, "Match", fields)
}

pub(crate) fn recording<'py>(py: Python<'py>, row: &sonic::Recording) -> PyResult<Bound<'py, PyAny>> {
    let fields = [
        (&row.id).into_pyobject(py)?.into_any(),
        row.title.as_ref().into_pyobject(py)?.into_any(),
        (&row.source).into_pyobject(py)?.into_any(),
        (&row.source_hash).into_pyobject(py)?.into_any(),
        row.duration_ms.into_pyobject(py)?.into_any(),
        row.landmarks.into_pyobject(py)?.into_any(),
        row.frames.into_pyobject(py)?.into_any(),
        row.truncated.into_pyobject(py)?.to_owned().into_any(),
        (&row.format.codec).into_pyobject(py)?.into_any(),
        row.format.sample_rate.into_pyobject(py)?.into_any(),
        row.format.channels.into_pyobject(py)?.into_any(),
        row.user.as_ref().into_pyobject(py)?.into_any(),
        row.mode.as_ref().into_pyobject(py)?.into_any(),
        row.created_at_ms.into_pyobject(py)?.into_any(),
        metadata(py, &row.metadata)?,
    ];
    result!(py, "Recording", PyTuple::new(py, fields)?)
}

/// What JSON holds, by way of Python's own decoder.
pub(crate) fn metadata<'py>(py: Python<'py>, value: &serde_json::Value) -> PyResult<Bound<'py, PyAny>> {
    if value.is_null() {
        return Ok(py.None().into_bound(py));
    }
    py.import("json")?.getattr("loads")?.call1((value.to_string(),))
}

pub(crate) fn added<'py>(
    py: Python<'py>,
    status: &str,
    row: &sonic::Recording,
) -> PyResult<Bound<'py, PyAny>> {
    result!(py, "Added", (status, &row.id, recording(py, row)?))
}

pub(crate) fn added_file(py: Python<'_>, file: sonic::AddedFile) -> PyResult<Bound<'_, PyAny>> {
    let status = match file.status {
        AddStatus::Added => "added",
        AddStatus::Duplicate => "duplicate",
        AddStatus::Failed => "failed",
    };
    let error = file.error.map(|e| raise(py, e).into_value(py));
    let fields = (
        file.path.into_os_string(),
        status,
        file.id,
        file.duration_ms,
        file.landmarks,
        file.truncated,
        error,
    );
    result!(py, "AddedFile", fields)
}

pub(crate) fn stats(py: Python<'_>, stats: sonic::Stats) -> PyResult<Bound<'_, PyAny>> {
    let fields = (
        stats.recordings,
        stats.duration_ms,
        stats.landmarks,
        stats.postings,
        stats.postings_bytes,
        stats.segments,
        stats.file_bytes,
        stats.format_version,
        stats.pipeline.as_ref().map(|p| p.as_str()),
    );
    result!(py, "Stats", fields)
}
