//! Results about faces as the data classes of the package, and faces as Python gives them.

use crate::argument::{Arg, expected};
use crate::arrays::{points, vector};
use crate::error::raise;
use crate::results::{metadata, result};
use crate::voice_results;
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use sonic::{AddStatus, Embedding, FaceId, FaceQuality, FaceRow, PersonId, PipelineId};

/// Five points as an array of shape (5, 2).
fn landmarks<'py>(py: Python<'py>, points: &[[f32; 2]; 5]) -> PyResult<Bound<'py, PyArray2<f32>>> {
    use numpy::PyArrayMethods;
    PyArray1::from_slice(py, points.as_flattened()).reshape([5, 2])
}

fn bbox<'py>(py: Python<'py>, bbox: &[f32; 4]) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, bbox)
}

fn quality<'py>(py: Python<'py>, q: &FaceQuality) -> PyResult<Bound<'py, PyAny>> {
    let fields = (q.size, q.sharpness, q.yaw, q.pitch, q.roll, q.brightness, q.clipped);
    result!(py, "FaceQuality", fields)
}

pub(crate) fn detection<'py>(py: Python<'py>, found: &sonic::Detection) -> PyResult<Bound<'py, PyAny>> {
    result!(py, "Detection", (bbox(py, &found.bbox)?, found.score, landmarks(py, &found.landmarks)?))
}

pub(crate) fn face(py: Python<'_>, face: sonic::Face) -> PyResult<Bound<'_, PyAny>> {
    let fields = (
        bbox(py, &face.bbox)?,
        face.score,
        landmarks(py, &face.landmarks)?,
        PyArray1::from_vec(py, face.embedding.vector),
        quality(py, &face.quality)?,
        face.embedding.pipeline.as_str(),
    );
    result!(py, "Face", fields)
}

/// A `Face` that Python gives.
pub(crate) fn face_of(object: &Bound<'_, PyAny>) -> PyResult<sonic::Face> {
    let field = |name: &str| object.getattr(name).map_err(|_| expected("a sonic.Face", object));
    let seen = field("quality")?;
    let number = |name: &str| -> PyResult<f32> { Ok(seen.getattr(name)?.extract::<Arg<f32>>()?.0) };
    Ok(sonic::Face {
        bbox: field("bbox")?.extract::<Arg<[f32; 4]>>()?.0,
        score: field("score")?.extract::<Arg<f32>>()?.0,
        landmarks: points(&field("landmarks")?)?,
        quality: FaceQuality {
            size: number("size")?,
            sharpness: number("sharpness")?,
            yaw: number("yaw")?,
            pitch: number("pitch")?,
            roll: number("roll")?,
            brightness: number("brightness")?,
            clipped: number("clipped")?,
        },
        embedding: Embedding {
            pipeline: PipelineId::new(field("pipeline")?.extract::<Arg<String>>()?.0),
            vector: vector(&field("embedding")?, "an embedding: numbers in an array of shape (dims,)")?,
        },
    })
}

/// Faces that Python gives: an iterable of `Face`.
pub(crate) fn faces_of(object: &Bound<'_, PyAny>) -> PyResult<Vec<sonic::Face>> {
    let items = object.try_iter().map_err(|_| expected("an iterable of sonic.Face", object))?;
    items.map(|item| face_of(&item?)).collect()
}

pub(crate) fn stored<'py>(py: Python<'py>, row: &FaceRow) -> PyResult<Bound<'py, PyAny>> {
    let fields = (
        row.id.0,
        &row.event,
        &row.photo,
        bbox(py, &row.bbox)?,
        row.score,
        landmarks(py, &row.landmarks)?,
        quality(py, &row.quality)?,
        row.embedding_dimensions,
        row.person.map(|person| person.0),
        row.confirmed,
    );
    result!(py, "StoredFace", fields)
}

pub(crate) fn stored_all<'py>(py: Python<'py>, rows: &[FaceRow]) -> PyResult<Vec<Bound<'py, PyAny>>> {
    rows.iter().map(|row| stored(py, row)).collect()
}

pub(crate) fn similar<'py>(py: Python<'py>, found: &sonic::SimilarFace) -> PyResult<Bound<'py, PyAny>> {
    result!(py, "SimilarFace", (stored(py, &found.face)?, found.similarity))
}

pub(crate) fn photo<'py>(py: Python<'py>, row: &sonic::Photo) -> PyResult<Bound<'py, PyAny>> {
    let fields = (
        &row.id,
        &row.event,
        row.width,
        row.height,
        row.path.as_deref(),
        row.source_hash.as_deref(),
        row.user.as_deref(),
        row.created_at_ms,
        row.faces,
        metadata(py, &row.metadata)?,
    );
    result!(py, "Photo", fields)
}

pub(crate) fn added<'py>(py: Python<'py>, status: &str, row: &sonic::Photo) -> PyResult<Bound<'py, PyAny>> {
    result!(py, "AddedPhoto", (status, photo(py, row)?))
}

pub(crate) fn added_file(py: Python<'_>, photo: sonic::AddedPhoto) -> PyResult<Bound<'_, PyAny>> {
    let status = match photo.status {
        AddStatus::Added => "added",
        AddStatus::Duplicate => "duplicate",
        AddStatus::Failed => "failed",
    };
    let error = photo.error.map(|e| raise(py, e).into_value(py));
    let fields = (
        photo.path.into_os_string(),
        status,
        photo.photo,
        photo.faces,
        photo.width,
        photo.height,
        photo.truncated,
        error,
    );
    result!(py, "AddedPhotoFile", fields)
}

pub(crate) fn event(py: Python<'_>, event: sonic::Event) -> PyResult<Bound<'_, PyAny>> {
    let fields = (event.name, event.photos, event.faces, event.people, event.archived, event.created_at_ms);
    result!(py, "Event", fields)
}

pub(crate) fn stats(py: Python<'_>, stats: sonic::FaceStats) -> PyResult<Bound<'_, PyAny>> {
    let pipeline = stats.pipeline.as_ref().map(|p| p.as_str());
    let fields = (stats.events, stats.photos, stats.faces, stats.people, pipeline, stats.dimensions);
    result!(py, "FaceStats", fields)
}

pub(crate) fn purged(py: Python<'_>, gone: sonic::PurgedFaces) -> PyResult<Bound<'_, PyAny>> {
    let fields = (gone.deleted_faces, gone.deleted_persons, gone.deleted_tags, gone.photos);
    result!(py, "PurgedFaces", fields)
}

pub(crate) fn archived(py: Python<'_>, gone: sonic::Archived) -> PyResult<Bound<'_, PyAny>> {
    result!(py, "ArchivedEvent", (gone.embeddings, gone.faces, gone.photos, gone.people))
}

pub(crate) fn forgotten(py: Python<'_>, gone: sonic::ForgetReport) -> PyResult<Bound<'_, PyAny>> {
    let fields = (voice_results::forgotten(py, gone.voices)?, purged(py, gone.faces)?);
    result!(py, "ForgottenUser", fields)
}

pub(crate) fn person(py: Python<'_>, row: sonic::Person) -> PyResult<Bound<'_, PyAny>> {
    let fields = [
        row.id.0.into_pyobject(py)?.into_any(),
        row.event.into_pyobject(py)?.into_any(),
        row.label.into_pyobject(py)?.into_any(),
        row.status.name().into_pyobject(py)?.into_any(),
        row.user.into_pyobject(py)?.into_any(),
        row.name.into_pyobject(py)?.into_any(),
        row.invitation_email.into_pyobject(py)?.into_any(),
        row.invited_at_ms.into_pyobject(py)?.into_any(),
        row.merged_into.map(|p| p.0).into_pyobject(py)?.into_any(),
        row.faces.into_pyobject(py)?.into_any(),
        row.photos.into_pyobject(py)?.into_any(),
        row.avg_quality.into_pyobject(py)?.into_any(),
        row.min_quality.into_pyobject(py)?.into_any(),
        row.max_quality.into_pyobject(py)?.into_any(),
        row.representative.map(|f| f.0).into_pyobject(py)?.into_any(),
        row.pinned.into_pyobject(py)?.to_owned().into_any(),
        row.confirmed.into_pyobject(py)?.to_owned().into_any(),
        PyTuple::new(py, row.not_same.iter().map(|p| p.0))?.into_any(),
        row.created_at_ms.into_pyobject(py)?.into_any(),
        row.updated_at_ms.into_pyobject(py)?.into_any(),
    ];
    result!(py, "Person", PyTuple::new(py, fields)?)
}

pub(crate) fn merged(py: Python<'_>, merged: sonic::MergedPeople) -> PyResult<Bound<'_, PyAny>> {
    let left_out = PyTuple::new(py, merged.left_out.iter().map(|face| face.0))?;
    result!(py, "MergedPeople", (person(py, merged.person)?, left_out))
}

pub(crate) fn report<'py>(py: Python<'py>, report: &sonic::ClusterReport) -> PyResult<Bound<'py, PyAny>> {
    let summaries = report.clusters.iter().map(|c| {
        let face = c.representative_face_id.map(|face| face.0);
        let fields = (c.person.0, c.cluster_label, c.face_count, face, c.avg_quality, c.is_new);
        result!(py, "ClusterSummary", fields)
    });
    let fields = (
        &report.event,
        report.total_faces,
        report.preserved_clusters,
        report.assigned_to_existing,
        report.new_clusters_created,
        report.removed_clusters,
        report.noise_faces,
        PyTuple::new(py, summaries.collect::<PyResult<Vec<_>>>()?)?,
        report.processing_time_seconds,
        metadata(py, &report.reply())?,
    );
    result!(py, "ClusterReport", fields)
}

pub(crate) fn tag(py: Python<'_>, tag: sonic::Tag) -> PyResult<Bound<'_, PyAny>> {
    let fields = (tag.event, tag.photo, tag.user, tag.person.0, tag.face.0, bbox(py, &tag.bbox)?);
    result!(py, "Tag", fields)
}

/// The id of a face: a number, or a face of a store.
pub(crate) fn face_id(object: &Bound<'_, PyAny>) -> PyResult<FaceId> {
    id(object, "face_id", "the id of a face").map(FaceId)
}

/// The id of a person: a number, or a `Person`.
pub(crate) fn person_id(object: &Bound<'_, PyAny>) -> PyResult<PersonId> {
    id(object, "person_id", "the id of a person").map(PersonId)
}

/// Ids of faces: an iterable of what `face_id` takes.
pub(crate) fn face_ids(object: &Bound<'_, PyAny>) -> PyResult<Vec<FaceId>> {
    let items = object.try_iter().map_err(|_| expected("an iterable of ids of faces", object))?;
    items.map(|item| face_id(&item?)).collect()
}

fn id(object: &Bound<'_, PyAny>, field: &str, wanted: &str) -> PyResult<u64> {
    let number = object.getattr(field);
    number.as_ref().unwrap_or(object).extract().map_err(|_| expected(wanted, object))
}
