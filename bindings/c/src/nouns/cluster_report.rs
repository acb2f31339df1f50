//! What a clustering of people came to.

use crate::convert::{Strings, free};
use sonic::people::ClusterReport;
use std::ffi::c_char;

/// A person, as a clustering reports it. This layout never changes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_cluster_summary {
    /// The person.
    pub person_id: u64,
    /// The face that stands for it; 0 if there is none.
    pub representative_face_id: u64,
    /// Its number in the event.
    pub label: u32,
    /// Its faces.
    pub face_count: u32,
    /// Mean score of its faces' detection, 0 to 1.
    pub avg_quality: f32,
    /// 1 if it was made just now, else 0.
    pub is_new: u32,
}

/// What a clustering came to. Read it through a pointer that the library gave: later versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_cluster_report {
    /// The event.
    pub event: *const c_char,
    /// Everybody with a face, in order of label; `cluster_len` of them.
    pub clusters: *const sonic_cluster_summary,
    /// How many `clusters` has.
    pub cluster_len: usize,
    /// How long it took, in milliseconds.
    pub elapsed_ms: f64,
    /// Faces of the event.
    pub total_faces: u32,
    /// People that were there before and are there still.
    pub preserved_clusters: u32,
    /// Faces that were unassigned before and are now of somebody who was there.
    pub assigned_to_existing: u32,
    /// New people.
    pub new_clusters_created: u32,
    /// People that are gone: nobody had decided anything about them, and their faces are of others now.
    pub removed_clusters: u32,
    /// Unassigned faces.
    pub unassigned_faces: u32,
}

/// A report with what it points to. The struct comes first: C's pointer to it is the pointer to all.
#[repr(C)]
pub(crate) struct Whole {
    report: sonic_cluster_report,
    _clusters: Box<[sonic_cluster_summary]>,
    _strings: Strings,
}

impl Whole {
    pub(crate) fn new(of: &ClusterReport) -> Self {
        let mut strings = Strings::default();
        let clusters = of.clusters.iter().map(|one| sonic_cluster_summary {
            person_id: one.person_id.0,
            representative_face_id: one.representative_face_id.map_or(0, |face| face.0),
            label: one.label,
            face_count: one.face_count,
            avg_quality: one.avg_quality,
            is_new: one.is_new.into(),
        });
        let clusters: Box<[_]> = clusters.collect();
        let report = sonic_cluster_report {
            event: strings.keep(&of.event),
            clusters: clusters.as_ptr(),
            cluster_len: clusters.len(),
            elapsed_ms: of.elapsed_ms,
            total_faces: of.total_faces,
            preserved_clusters: of.preserved_clusters,
            assigned_to_existing: of.assigned_to_existing,
            new_clusters_created: of.new_clusters_created,
            removed_clusters: of.removed_clusters,
            unassigned_faces: of.unassigned_faces,
        };
        Self { report, _clusters: clusters, _strings: strings }
    }
}

/// Frees a report; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_cluster_report_free(report: *mut sonic_cluster_report) {
    // SAFETY: the caller keeps the rules of the header; what it holds is the first field of a `Whole`.
    unsafe { free(report.cast::<Whole>()) }
}
