//! Results about voices as the data classes of the package.

use crate::results::{metadata, result};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict, PyTuple};
use sonic::audio::quality::{Reason, VoiceQuality};
use sonic::{Decision, Recorded};
use std::time::Duration;

pub(crate) fn span(py: Python<'_>, (start_ms, end_ms): (u64, u64)) -> PyResult<Bound<'_, PyAny>> {
    result!(py, "Span", (start_ms, end_ms))
}

pub(crate) fn quality<'py>(
    py: Python<'py>,
    quality: &VoiceQuality,
    reasons: &[Reason],
) -> PyResult<Bound<'py, PyAny>> {
    let fields = (
        quality.duration_ms,
        quality.speech_ms,
        quality.snr_db,
        quality.clipping,
        quality.level_dbfs,
        quality.peak,
        PyTuple::new(py, reasons.iter().map(Reason::to_string))?,
    );
    result!(py, "VoiceQuality", fields)
}

pub(crate) fn voice<'py>(py: Python<'py>, row: &sonic::Voice) -> PyResult<Bound<'py, PyAny>> {
    let fields = [
        (&row.recording_id).into_pyobject(py)?.into_any(),
        row.user_id.as_ref().into_pyobject(py)?.into_any(),
        row.filename.as_ref().into_pyobject(py)?.into_any(),
        row.file_path.as_ref().into_pyobject(py)?.into_any(),
        row.duration_seconds.into_pyobject(py)?.into_any(),
        row.file_size_bytes.into_pyobject(py)?.into_any(),
        row.sample_rate.into_pyobject(py)?.into_any(),
        row.audio_format.as_ref().into_pyobject(py)?.into_any(),
        row.created_at_ms.into_pyobject(py)?.into_any(),
        row.updated_at_ms.into_pyobject(py)?.into_any(),
        row.mode.as_ref().into_pyobject(py)?.into_any(),
        row.status.as_ref().into_pyobject(py)?.into_any(),
        row.embedding_dimensions.into_pyobject(py)?.into_any(),
        row.voiceprint_id.as_ref().into_pyobject(py)?.into_any(),
        row.similarity_score.into_pyobject(py)?.into_any(),
        row.matched_user_id.as_ref().into_pyobject(py)?.into_any(),
        metadata(py, &row.metadata)?,
    ];
    result!(py, "Voice", PyTuple::new(py, fields)?)
}

pub(crate) fn voices<'py>(py: Python<'py>, rows: &[sonic::Voice]) -> PyResult<Vec<Bound<'py, PyAny>>> {
    rows.iter().map(|row| voice(py, row)).collect()
}

pub(crate) fn recorded<'py>(py: Python<'py>, recorded: &Recorded) -> PyResult<Bound<'py, PyAny>> {
    let (status, row) = match recorded {
        Recorded::New(row) => ("added", row),
        Recorded::Known(row) => ("duplicate", row),
    };
    result!(py, "RecordedVoice", (status, voice(py, row)?))
}

pub(crate) fn voiceprint(py: Python<'_>, print: sonic::Voiceprint) -> PyResult<Bound<'_, PyAny>> {
    let samples = print.samples.into_iter().map(|sample| {
        let fields = (sample.recording_id, sample.created_at_ms, sample.removed_at_ms, sample.agreement);
        result!(py, "VoiceSample", fields)
    });
    let fields = (
        print.voiceprint_id,
        print.person,
        print.user_id,
        print.created_at_ms,
        print.updated_at_ms,
        print.min_samples,
        PyTuple::new(py, samples.collect::<PyResult<Vec<_>>>()?)?,
    );
    result!(py, "Voiceprint", fields)
}

pub(crate) fn enrolled(py: Python<'_>, enrolled: sonic::Enrolled) -> PyResult<Bound<'_, PyAny>> {
    let fields = (
        enrolled.status.name(),
        enrolled.sample_count,
        enrolled.added,
        enrolled.known,
        enrolled.left_out,
        voiceprint(py, enrolled.voiceprint)?,
    );
    result!(py, "Enrolled", fields)
}

fn matched(py: Python<'_>, found: sonic::VoiceMatch) -> PyResult<Bound<'_, PyAny>> {
    let fields = (
        found.person,
        found.score,
        found.normalized,
        found.probability,
        found.sample_count,
        found.enrolled,
        found.voiceprint_id,
        found.user_id,
    );
    result!(py, "VoiceMatch", fields)
}

fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Match => "match",
        Decision::Unknown => "unknown",
    }
}

pub(crate) fn answer(py: Python<'_>, found: sonic::IdentifiedVoice) -> PyResult<Bound<'_, PyAny>> {
    let (answer, heard) = (found.answer, found.heard);
    let matches = answer.matches.into_iter().map(|m| matched(py, m)).collect::<PyResult<Vec<_>>>()?;
    let fields = (
        decision(answer.decision),
        PyTuple::new(py, matches)?,
        answer.compared,
        answer.cohort,
        answer.calibrated,
        quality(py, &heard.quality, &heard.reasons)?,
        elapsed_ms(py, [("decode", heard.decode), ("embed", heard.embed), ("search", found.search)])?,
    );
    result!(py, "VoiceAnswer", fields)
}

fn elapsed_ms<'py>(py: Python<'py>, stages: [(&str, Duration); 3]) -> PyResult<Bound<'py, PyDict>> {
    stages.map(|(name, time)| (name, time.as_secs_f64() * 1000.0)).into_py_dict(py)
}

pub(crate) fn verification(py: Python<'_>, found: sonic::Verification) -> PyResult<Bound<'_, PyAny>> {
    let fields = (decision(found.decision), matched(py, found.claim)?, found.calibrated);
    result!(py, "Verification", fields)
}

pub(crate) fn similar(py: Python<'_>, found: sonic::SimilarVoice) -> PyResult<Bound<'_, PyAny>> {
    result!(py, "SimilarVoice", (voice(py, &found.voice)?, found.similarity))
}

pub(crate) fn forgotten(py: Python<'_>, gone: sonic::Forgotten) -> PyResult<Bound<'_, PyAny>> {
    result!(py, "Forgotten", (gone.voiceprints, gone.recordings, gone.speakers))
}

pub(crate) fn observed(py: Python<'_>, heard: sonic::Observed) -> PyResult<Bound<'_, PyAny>> {
    result!(py, "Observed", (heard.speaker, heard.score, heard.is_new, heard.stored))
}

pub(crate) fn speaker(py: Python<'_>, speaker: sonic::Speaker) -> PyResult<Bound<'_, PyAny>> {
    result!(py, "Speaker", (speaker.speaker, speaker.embeddings))
}

pub(crate) fn stats(py: Python<'_>, stats: sonic::VoiceStats) -> PyResult<Bound<'_, PyAny>> {
    let pipeline = stats.pipeline.as_ref().map(|p| p.as_str());
    let fields = (stats.recordings, stats.people, stats.cohort, pipeline, stats.dimensions);
    result!(py, "VoiceStats", fields)
}

pub(crate) fn calibration(py: Python<'_>, fitted: sonic::Calibration) -> PyResult<Bound<'_, PyAny>> {
    result!(py, "Calibration", (fitted.slope, fitted.offset, fitted.trials))
}
