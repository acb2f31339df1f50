//! Results about faces and people.

use crate::arrays::{Vector, array};
use crate::results::{ToPython, results};
use numpy::PyArrayMethods;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use sonic::faces::{
    AddedPhoto, AddedPhotoFile, ArchivedEvent, Event, Face, FaceQuality, FaceStats, ForgottenFaces, Photo,
    SimilarFace, StoredFace,
};
use sonic::people::{ClusterReport, ClusterSummary, MergedPeople, Person, PersonStatus, Tag};
use sonic::store::Forgotten;
use sonic::vision::Detection;
use sonic::{Error, ErrorKind};

/// What became of a photo that was given alone.
pub(crate) struct KeptPhoto {
    pub(crate) status: &'static str,
    pub(crate) photo: Box<Photo>,
}

impl TryFrom<AddedPhoto> for KeptPhoto {
    type Error = Error;

    fn try_from(added: AddedPhoto) -> Result<Self, Error> {
        match added {
            AddedPhoto::New(photo) => Ok(Self { status: "added", photo }),
            AddedPhoto::Known(photo) => Ok(Self { status: "duplicate", photo }),
            _ => Err(Error::new(ErrorKind::Internal, "a photo was neither kept nor known")),
        }
    }
}

results! {
    FaceQuality from FaceQuality as quality { size, sharpness, yaw, pitch, roll, brightness, clipped }

    Detection from Detection as found { bbox, score, landmarks }

    Face from Face as face {
        bbox,
        score,
        landmarks,
        embedding: Vector(&face.embedding.vector),
        quality,
        pipeline: face.embedding.pipeline,
    }

    StoredFace from StoredFace as row {
        face_id,
        event,
        photo_id,
        bbox,
        score,
        landmarks,
        quality,
        embedding_dimensions,
        person_id,
        confirmed,
    }

    SimilarFace from SimilarFace as found { face, similarity }

    Photo from Photo as row {
        photo_id,
        event,
        width,
        height,
        path,
        source_hash,
        user_id,
        created_at_ms,
        faces,
        metadata,
    }

    AddedPhoto from KeptPhoto as added { status, photo }

    AddedPhotoFile from AddedPhotoFile as file {
        path,
        status,
        photo_id,
        faces,
        width,
        height,
        truncated,
        error,
    }

    Event from Event as event { name, photos, faces, people, archived, created_at_ms }

    FaceStats from FaceStats as stats { events, photos, faces, people, pipeline, dimensions }

    ForgottenFaces from ForgottenFaces as gone { faces, people, tags, photos }

    ArchivedEvent from ArchivedEvent as gone { embeddings, faces, photos, people }

    Forgotten from Forgotten as gone { voices, faces }

    Person from Person as row {
        person_id,
        event,
        label,
        status,
        user_id,
        name,
        invitation_email,
        invited_at_ms,
        merged_into,
        faces,
        photos,
        avg_quality,
        min_quality,
        max_quality,
        representative_face_id,
        pinned,
        confirmed,
        not_same,
        created_at_ms,
        updated_at_ms,
    }

    MergedPeople from MergedPeople as merged { person, unassigned }

    ClusterSummary from ClusterSummary as summary {
        person_id,
        label,
        face_count,
        representative_face_id,
        avg_quality,
        is_new,
    }

    ClusterReport from ClusterReport as report {
        event,
        total_faces,
        preserved_clusters,
        assigned_to_existing,
        new_clusters_created,
        removed_clusters,
        unassigned_faces,
        clusters,
        elapsed_ms,
    }

    Tag from Tag as tag {
        event,
        photo_id,
        user_id,
        person_id,
        face_id,
        bbox,
    }
}

impl ToPython for PersonStatus {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.name().to_python(py)
    }
}

/// A box as a tuple.
impl ToPython for [f32; 4] {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(PyTuple::new(py, self)?.into_any())
    }
}

/// Five points as an array of shape (5, 2).
impl ToPython for [[f32; 2]; 5] {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(array(py, self.as_flattened().to_vec())?.reshape([5, 2])?.into_any())
    }
}
