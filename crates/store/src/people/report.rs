//! What a clustering came to.

use super::plan::Plan;
use crate::album::state::Album;
use crate::rows::id::{FaceId, PersonId};
use serde::Serialize;
use std::collections::BTreeSet;

/// What [`People::cluster`](crate::People::cluster) came to.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct ClusterReport {
    /// The event.
    pub event: String,
    /// Faces of the event.
    pub total_faces: u32,
    /// People that were there before and are there still.
    pub preserved_clusters: u32,
    /// Faces that were unassigned before and are now of somebody who was there.
    pub assigned_to_existing: u32,
    /// New people.
    pub new_clusters_created: u32,
    /// People that are gone: no decision held them, and their faces are of others now.
    pub removed_clusters: u32,
    /// Faces that are unassigned.
    pub unassigned_faces: u32,
    /// Everybody with a face, in order of label.
    pub clusters: Vec<ClusterSummary>,
    /// How long it took, in milliseconds.
    pub elapsed_ms: f64,
}

/// A person, as a clustering reports it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ClusterSummary {
    /// The person.
    pub person_id: PersonId,
    /// Its number in the event.
    pub label: u32,
    /// Its faces.
    pub face_count: u32,
    /// The face that stands for it.
    pub representative_face_id: Option<FaceId>,
    /// Mean score of its faces' detection, 0 to 1.
    pub avg_quality: f32,
    /// True if it was made just now.
    pub is_new: bool,
}

impl ClusterReport {
    /// The report on an event as it is after `plan` was carried out; `before` are the people there were.
    pub(super) fn new(album: &Album, plan: &Plan, before: &BTreeSet<u32>) -> Self {
        let everybody = album.everybody();
        let here = everybody.iter().filter(|p| p.merged_into.is_none());
        let was = |id: PersonId| before.contains(&id.parts().1);
        let (old, new): (Vec<_>, Vec<_>) = here.partition(|p| was(p.person_id));
        let joined = plan.was_unassigned.iter().filter(|face| {
            album.faces.get(face).and_then(|face| face.person).is_some_and(|p| before.contains(&p))
        });
        let clusters = everybody.iter().filter(|p| p.faces > 0).map(|p| ClusterSummary {
            person_id: p.person_id,
            label: p.label,
            face_count: p.faces,
            representative_face_id: p.representative_face_id,
            avg_quality: p.avg_quality,
            is_new: !was(p.person_id),
        });
        Self {
            event: album.row.name.clone(),
            total_faces: album.faces.len() as u32,
            preserved_clusters: old.len() as u32,
            assigned_to_existing: joined.count() as u32,
            new_clusters_created: new.len() as u32,
            removed_clusters: (before.len() - old.len()) as u32,
            unassigned_faces: album.faces.values().filter(|face| face.person.is_none()).count() as u32,
            clusters: clusters.collect(),
            elapsed_ms: 0.0,
        }
    }
}
