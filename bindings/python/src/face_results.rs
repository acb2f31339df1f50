//! Results about faces and people.

use crate::recording_results::known;
use crate::results::{ToPython, results};
use numpy::{PyArray1, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use sonic::{
    AddedPhoto as AddedPhotoFile, Archived, ClusterReport, ClusterSummary, Detection, Event, Face,
    FaceQuality, FaceRow, FaceStats, ForgetReport, MergedPeople, Person, PersonStatus, Photo, PhotoAdded,
    PurgedFaces, SimilarFace, Tag,
};

/// What became of a photo that was given alone.
pub(crate) struct AddedPhoto {
    pub(crate) status: &'static str,
    pub(crate) photo: Box<Photo>,
}

impl From<PhotoAdded> for AddedPhoto {
    fn from(added: PhotoAdded) -> Self {
        match added {
            PhotoAdded::New(photo) => Self { status: "added", photo },
            PhotoAdded::Known(photo) => Self { status: "duplicate", photo },
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

    StoredFace from FaceRow as row {
        face_id: row.id,
        event,
        photo_id: row.photo,
        bbox,
        score,
        landmarks,
        quality,
        embedding_dimensions,
        person_id: row.person,
        confirmed,
    }

    SimilarFace from SimilarFace as found { face, similarity }

    Photo from Photo as row {
        photo_id: row.id,
        event,
        width,
        height,
        path,
        source_hash,
        user_id: row.user,
        created_at_ms,
        faces,
        metadata,
    }

    AddedPhoto from AddedPhoto as added { status, photo }

    AddedPhotoFile from AddedPhotoFile as file {
        path,
        status,
        photo_id: known(&file.photo),
        faces,
        width,
        height,
        truncated,
        error,
    }

    Event from Event as event { name, photos, faces, people, archived, created_at_ms }

    FaceStats from FaceStats as stats { events, photos, faces, people, pipeline, dimensions }

    ForgottenFaces from PurgedFaces as gone {
        faces: gone.deleted_faces,
        people: gone.deleted_persons,
        tags: gone.deleted_tags,
        photos,
    }

    ArchivedEvent from Archived as gone { embeddings, faces, photos, people }

    Forgotten from ForgetReport as gone { voices, faces }

    Person from Person as row {
        person_id: row.id,
        event,
        label,
        status,
        user_id: row.user,
        name,
        invitation_email,
        invited_at_ms,
        merged_into,
        faces,
        photos,
        avg_quality,
        min_quality,
        max_quality,
        representative_face_id: row.representative,
        pinned,
        confirmed,
        not_same,
        created_at_ms,
        updated_at_ms,
    }

    MergedPeople from MergedPeople as merged { person, unassigned: merged.left_out }

    ClusterSummary from ClusterSummary as summary {
        person_id: summary.person,
        label: summary.cluster_label,
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
        unassigned_faces: report.noise_faces,
        clusters,
        elapsed_ms: report.processing_time_seconds * 1000.0,
    }

    Tag from Tag as tag {
        event,
        photo_id: tag.photo,
        user_id: tag.user,
        person_id: tag.person,
        face_id: tag.face,
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
        Ok(PyArray1::from_slice(py, self.as_flattened()).reshape([5, 2])?.into_any())
    }
}

/// An embedding as an array.
struct Vector<'a>(&'a [f32]);

impl ToPython for Vector<'_> {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(PyArray1::from_slice(py, self.0).into_any())
    }
}
