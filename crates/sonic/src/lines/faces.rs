//! Photos and faces as JSON.

use super::{Problem, milliseconds};
use crate::Error;
use crate::faces::{AddedPhoto, AddedPhotoFile, FaceId, FoundFaces, SimilarFace, StoredFace};
use crate::path_text;
use crate::people::PersonId;
use serde::Serialize;
use std::time::Duration;

/// A face of a store: the fields of the library, some of them under another name too.
#[derive(Debug, Serialize)]
pub struct FaceLine<'a> {
    #[serde(flatten)]
    row: &'a StoredFace,
    #[serde(rename = "face")]
    id: FaceId,
    photo: &'a str,
    person: Option<PersonId>,
}

impl<'a> From<&'a StoredFace> for FaceLine<'a> {
    fn from(face: &'a StoredFace) -> Self {
        Self { row: face, id: face.face_id, photo: &face.photo_id, person: face.person_id }
    }
}

/// The faces that look like those of a picture.
#[derive(Debug, Serialize)]
pub struct FoundFacesLine<'a> {
    query: String,
    faces: Vec<QueryLine<'a>>,
    elapsed_ms: ElapsedLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Problem>,
}

#[derive(Debug, Serialize)]
struct QueryLine<'a> {
    bbox: [f32; 4],
    score: f32,
    matches: Vec<SimilarFaceLine<'a>>,
}

/// A face that looks alike.
#[derive(Debug, Serialize)]
pub struct SimilarFaceLine<'a> {
    #[serde(flatten)]
    face: FaceLine<'a>,
    similarity: f32,
}

#[derive(Debug, Serialize)]
struct ElapsedLine {
    decode: f64,
    analyze: f64,
    search: f64,
}

impl<'a> FoundFacesLine<'a> {
    /// The line of a picture that is called `query`.
    pub fn new(query: String, answer: Result<&'a FoundFaces, Problem>) -> Self {
        let found = answer.as_ref().ok().copied();
        let time = |of: fn(&FoundFaces) -> Duration| found.map_or(0.0, |found| milliseconds(of(found)));
        let faces = found.map_or(&[][..], |found| &found.faces);
        let query_line = |(face, matches): &'a (crate::faces::Face, Vec<SimilarFace>)| QueryLine {
            bbox: face.bbox,
            score: face.score,
            matches: matches.iter().map(SimilarFaceLine::from).collect(),
        };
        Self {
            query,
            faces: faces.iter().map(query_line).collect(),
            elapsed_ms: ElapsedLine {
                decode: time(|f| f.decode),
                analyze: time(|f| f.analyze),
                search: time(|f| f.search),
            },
            error: answer.err(),
        }
    }
}

impl<'a> From<&'a SimilarFace> for SimilarFaceLine<'a> {
    fn from(found: &'a SimilarFace) -> Self {
        Self { face: (&found.face).into(), similarity: found.similarity }
    }
}

/// What became of a photo that was to be added.
#[derive(Debug, Serialize)]
pub struct AddedPhotoLine {
    path: String,
    status: &'static str,
    photo: Option<String>,
    faces: u32,
    width: u32,
    height: u32,
    error: Option<Problem>,
}

impl AddedPhotoLine {
    /// The line of a photo's file.
    pub fn of_file(photo: &AddedPhotoFile, problem: impl Fn(&Error) -> Problem) -> Self {
        Self {
            path: path_text(&photo.path),
            status: photo.status.name(),
            photo: photo.photo_id.clone(),
            faces: photo.faces,
            width: photo.width,
            height: photo.height,
            error: photo.error.as_ref().map(problem),
        }
    }

    /// The line of what came under the name `path` and has been taken.
    pub fn new(path: String, added: &AddedPhoto) -> Self {
        let status = if added.is_new() { "added" } else { "duplicate" };
        let row = match added {
            AddedPhoto::New(row) | AddedPhoto::Known(row) => Some(row),
            _ => None,
        };
        Self {
            path,
            status,
            photo: row.map(|row| row.photo_id.clone()),
            faces: row.map_or(0, |row| row.faces),
            width: row.map_or(0, |row| row.width),
            height: row.map_or(0, |row| row.height),
            error: None,
        }
    }
}
