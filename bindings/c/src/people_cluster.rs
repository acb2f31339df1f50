//! Who is on the photos of an event?

use crate::convert::{Out, Sized32, Strings, free, options, reserved, text, threads};
use crate::error::{call, invalid, sonic_status};
use crate::store::{sonic_store, store_of};
use sonic::{AssignTo, ClusterMethod, ClusterMode, ClusterOptions, ClusterReport, Result};
use std::ffi::c_char;

/// Which faces a clustering may move.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_people_mode {
    /// That of the preset.
    SONIC_PEOPLE_MODE_DEFAULT = 0,
    /// All but those that a decision of the user holds.
    SONIC_PEOPLE_MODE_FULL = 1,
    /// Only those that are nobody's.
    SONIC_PEOPLE_MODE_INCREMENTAL = 2,
}

/// How people are found. A field that is 0 is that of the preset; its values are for the default preset.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_people_options {
    /// sizeof(sonic_people_options)
    pub size: u32,
    /// The most threads that may work at once; 0 is as many as the machine has cores.
    pub threads: u32,
    /// Not 0 for the preset "memoria", as the worker of that service does it: DBSCAN of the faces that are nobody's.
    pub memoria: u32,
    /// A sonic_people_mode.
    pub mode: i32,
    /// 1 for HDBSCAN, the default; 2 for DBSCAN.
    pub method: i32,
    /// What of a person a face is compared with: 1 for the mean of the person's faces, the default; 2 for the face that
    /// stands for the person.
    pub assign_to: i32,
    /// Faces that HDBSCAN takes for a cluster, at least 2.
    pub min_cluster_size: u32,
    /// Faces near a face, itself included, within which its density is taken; 3.
    pub min_samples: u32,
    /// For HDBSCAN the distance (1 less the cosine) within which clusters are not parted, for DBSCAN that of neighbours;
    /// 0.5. A number below 0 is 0.
    pub epsilon: f64,
    /// Cosine from which on a face is of a person who is there; 0.6.
    pub assign_similarity: f32,
    /// Cosine with the mean of the others below which a face is left out of its cluster; 0.4. -1 leaves none out.
    pub min_similarity: f32,
    /// Cosine from which on faces that clustering leaves over are one person, or join the one they are most like; 0.5.
    /// A number below 0 leaves them over.
    pub gather_similarity: f32,
    /// Score from which on a face takes part in clusters; 0.5. A number below 0 is 0.
    pub min_quality: f32,
    /// Shorter side of the box in pixels from which on a face takes part in clusters; 24. A number below 0 is 0. This and
    /// the next are asked of faces whose quality was measured, that is, whose size is not 0.
    pub min_size: f32,
    /// Sharpness from which on a face takes part in clusters; 5. A number below 0 is 0.
    pub min_sharpness: f32,
    /// Score from which on a face that is like no other is a person too; never. A number below 0 is never.
    pub single_quality: f32,
    /// 0.
    pub reserved: u32,
}

// SAFETY: eight words of 32 bits, one of 64, eight of 32.
unsafe impl Sized32 for sonic_people_options {
    const LEAST: usize = size_of::<Self>();
}

impl sonic_people_options {
    fn to_options(self) -> Result<ClusterOptions> {
        reserved(self.reserved)?;
        let base = if self.memoria == 0 { ClusterOptions::default() } else { ClusterOptions::memoria() };
        let given = |value: u32, base: usize| if value == 0 { base } else { value as usize };
        let number = |value: f32, base: f32| if value == 0.0 { base } else { value };
        // A number below 0 is 0, and what is no number stays that.
        let from_0 = |value: f32, base: f32| if value < 0.0 { 0.0 } else { number(value, base) };
        let or_never = |value: f32, base: Option<f32>| match value {
            0.0 => base,
            value if value < 0.0 => None,
            value => Some(value),
        };
        Ok(ClusterOptions {
            mode: choice("mode", self.mode, [base.mode, ClusterMode::Full, ClusterMode::Incremental])?,
            method: choice(
                "method",
                self.method,
                [base.method, ClusterMethod::Hdbscan, ClusterMethod::Dbscan],
            )?,
            assign_to: choice(
                "assign_to",
                self.assign_to,
                [base.assign_to, AssignTo::Mean, AssignTo::Representative],
            )?,
            assign_similarity: number(self.assign_similarity, base.assign_similarity),
            min_cluster_size: given(self.min_cluster_size, base.min_cluster_size),
            min_samples: given(self.min_samples, base.min_samples),
            epsilon: match self.epsilon {
                0.0 => base.epsilon,
                below if below < 0.0 => 0.0,
                given => given,
            },
            min_similarity: number(self.min_similarity, base.min_similarity),
            gather_similarity: or_never(self.gather_similarity, base.gather_similarity),
            min_quality: from_0(self.min_quality, base.min_quality),
            min_size: from_0(self.min_size, base.min_size),
            min_sharpness: from_0(self.min_sharpness, base.min_sharpness),
            single_quality: or_never(self.single_quality, base.single_quality),
            threads: threads(self.threads)?,
        })
    }
}

fn choice<T>(name: &str, number: i32, of: [T; 3]) -> Result<T> {
    let place = usize::try_from(number).ok();
    place
        .and_then(|place| of.into_iter().nth(place))
        .ok_or_else(|| invalid(format!("options.{name} is {number}, which means nothing")))
}

/// A person, as a clustering reports it. This layout never changes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_people_cluster_row {
    /// The person.
    pub person: u64,
    /// The face that stands for it; 0 if there is none.
    pub representative: u64,
    /// Its number in the event.
    pub label: u32,
    /// Its faces.
    pub faces: u32,
    /// Mean score of its faces' detection, 0 to 1.
    pub avg_quality: f32,
    /// 1 if it was made just now, else 0.
    pub is_new: u32,
}

/// What a clustering came to. Read it through a pointer that the library gave: later versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_people_report {
    /// The event.
    pub event: *const c_char,
    /// Everybody with a face, in order of label; `cluster_len` of them.
    pub clusters: *const sonic_people_cluster_row,
    /// How many `clusters` has.
    pub cluster_len: usize,
    /// How long it took.
    pub processing_time_seconds: f64,
    /// Faces of the event.
    pub total_faces: u32,
    /// People that were there before and are there still.
    pub preserved_clusters: u32,
    /// Faces that were nobody's before and are now of somebody who was there.
    pub assigned_to_existing: u32,
    /// New people.
    pub new_clusters_created: u32,
    /// People that are gone: nobody had decided anything about them, and their faces are of others now.
    pub removed_clusters: u32,
    /// Faces that are nobody's.
    pub noise_faces: u32,
}

/// A report with what it points to. The struct comes first: C's pointer to it is the pointer to all.
#[repr(C)]
struct Whole {
    report: sonic_people_report,
    _clusters: Box<[sonic_people_cluster_row]>,
    _strings: Strings,
}

impl Whole {
    fn new(of: &ClusterReport) -> Self {
        let mut strings = Strings::default();
        let clusters = of.clusters.iter().map(|one| sonic_people_cluster_row {
            person: one.person.0,
            representative: one.representative_face_id.map_or(0, |face| face.0),
            label: one.cluster_label,
            faces: one.face_count,
            avg_quality: one.avg_quality,
            is_new: one.is_new.into(),
        });
        let clusters: Box<[_]> = clusters.collect();
        let report = sonic_people_report {
            event: strings.keep(&of.event),
            clusters: clusters.as_ptr(),
            cluster_len: clusters.len(),
            processing_time_seconds: of.processing_time_seconds,
            total_faces: of.total_faces,
            preserved_clusters: of.preserved_clusters,
            assigned_to_existing: of.assigned_to_existing,
            new_clusters_created: of.new_clusters_created,
            removed_clusters: of.removed_clusters,
            noise_faces: of.noise_faces,
        };
        Self { report, _clusters: clusters, _strings: strings }
    }
}

/// Finds out who is on the photos of an event: clusters the faces, and gives each cluster the person it was before. What
/// the user has decided stays, and two faces of one photo are never one person. It happens as a whole or not at all. An
/// event without faces, or that was archived, is left as it is. `report` may be NULL.
///
/// Errors: INVALID_ARGUMENT if an option is out of its range; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_cluster(
    store: *const sonic_store,
    event: *const c_char,
    options: *const sonic_people_options,
    report: *mut *mut sonic_people_report,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, event) = unsafe { (store_of(store)?, text(event, "event")?) };
        // SAFETY: as above.
        let options = unsafe { self::options(options, "options") }?;
        let found = store.people(event).cluster(&options.to_options()?)?;
        // SAFETY: as above.
        let out = unsafe { Out::new(report.cast::<*mut Whole>(), "report") };
        out.map_or(Ok(()), |out| out.give(Whole::new(&found)))
    })
}

/// Frees a report; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_report_free(report: *mut sonic_people_report) {
    // SAFETY: the caller keeps the rules of the header; what it holds is the first field of a `Whole`.
    unsafe { free(report.cast::<Whole>()) }
}
