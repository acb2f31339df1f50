//! People of photos as JSON.

use super::{FaceLine, iso_8601};
use crate::faces::{FaceId, ForgottenFaces, StoredFace};
use crate::people::{ClusterReport, ClusterSummary, MergedPeople, Person, PersonId};
use serde::Serialize;
use serde_json::{Map, Value};

/// A person: the fields of the library, some of them under another name too.
#[derive(Debug, Serialize)]
pub struct PersonLine<'a> {
    #[serde(flatten)]
    row: &'a Person,
    #[serde(rename = "person")]
    id: PersonId,
    user: Option<&'a str>,
    confidence: &'static str,
    representative: Option<FaceId>,
    created_at: String,
    updated_at: String,
}

impl<'a> From<&'a Person> for PersonLine<'a> {
    fn from(person: &'a Person) -> Self {
        Self {
            row: person,
            id: person.person_id,
            user: person.user_id.as_deref(),
            confidence: if person.faces >= 2 { "high" } else { "medium" },
            representative: person.representative_face_id,
            created_at: iso_8601(person.created_at_ms),
            updated_at: iso_8601(person.updated_at_ms),
        }
    }
}

/// A person with all faces.
#[derive(Debug, Serialize)]
pub struct WholePersonLine<'a> {
    #[serde(flatten)]
    person: PersonLine<'a>,
    members: Vec<FaceLine<'a>>,
}

impl<'a> WholePersonLine<'a> {
    /// The line of a person with these faces.
    pub fn new(person: &'a Person, faces: &'a [StoredFace]) -> Self {
        Self { person: person.into(), members: faces.iter().map(FaceLine::from).collect() }
    }
}

/// Two people who became one.
#[derive(Debug, Serialize)]
pub struct MergedLine<'a> {
    #[serde(flatten)]
    person: PersonLine<'a>,
    left_out: &'a [FaceId],
    unassigned: &'a [FaceId],
}

impl<'a> From<&'a MergedPeople> for MergedLine<'a> {
    fn from(merged: &'a MergedPeople) -> Self {
        let (person, unassigned) = ((&merged.person).into(), &merged.unassigned[..]);
        Self { person, left_out: unassigned, unassigned }
    }
}

/// What went with faces that were forgotten.
#[derive(Debug, Serialize)]
pub struct ForgottenFacesLine {
    #[serde(flatten)]
    forgotten: ForgottenFaces,
    deleted_faces: u64,
    deleted_persons: u64,
    deleted_tags: u64,
}

impl From<ForgottenFaces> for ForgottenFacesLine {
    fn from(forgotten: ForgottenFaces) -> Self {
        let ForgottenFaces { faces, people, tags, .. } = forgotten;
        Self { forgotten, deleted_faces: faces, deleted_persons: people, deleted_tags: tags }
    }
}

/// What clustering came to: the numbers of the library, some of them under another name too.
#[derive(Debug, Serialize)]
pub struct ClusterLine<'a> {
    /// All but the clusters.
    #[serde(flatten)]
    report: Map<String, Value>,
    clusters: Vec<OneClusterLine<'a>>,
    event_id: &'a str,
    clusters_created: u32,
    noise_faces: u32,
    processing_time_seconds: f64,
    status: &'static str,
}

#[derive(Debug, Serialize)]
struct OneClusterLine<'a> {
    #[serde(flatten)]
    summary: &'a ClusterSummary,
    cluster_label: u32,
}

impl<'a> From<&'a ClusterReport> for ClusterLine<'a> {
    fn from(report: &'a ClusterReport) -> Self {
        let mut rest = match serde_json::to_value(report) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        rest.remove("clusters");
        let cluster = |summary: &'a ClusterSummary| OneClusterLine { summary, cluster_label: summary.label };
        Self {
            report: rest,
            clusters: report.clusters.iter().map(cluster).collect(),
            event_id: &report.event,
            clusters_created: report.new_clusters_created,
            noise_faces: report.unassigned_faces,
            processing_time_seconds: report.elapsed_ms / 1e3,
            status: "completed",
        }
    }
}
