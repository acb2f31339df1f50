//! Faces, people and their ids as Python gives them.

use crate::argument::{Arg, expected};
use crate::arrays::{points, vector};
use pyo3::prelude::*;
use sonic::faces::{Face, FaceId, FaceQuality};
use sonic::people::PersonId;
use sonic::{Embedding, PipelineId};

/// A `Face` that Python gives.
pub(crate) fn face_of(object: &Bound<'_, PyAny>) -> PyResult<Face> {
    let field = |name: &str| object.getattr(name).map_err(|_| expected("a sonic.Face", object));
    let seen = field("quality")?;
    let number = |name: &str| -> PyResult<f32> { Ok(seen.getattr(name)?.extract::<Arg<f32>>()?.0) };
    Ok(Face {
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
            vector: vector(&field("embedding")?, "an embedding: numbers in an array of shape (dimensions,)")?,
        },
    })
}

/// Faces that Python gives: an iterable of `Face`.
pub(crate) fn faces_of(object: &Bound<'_, PyAny>) -> PyResult<Vec<Face>> {
    let items = object.try_iter().map_err(|_| expected("an iterable of sonic.Face", object))?;
    items.map(|item| face_of(&item?)).collect()
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
