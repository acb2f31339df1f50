//! How people are found.

use crate::error::{call, sonic_status};
use crate::nouns::clustering::sonic_cluster_method;
use crate::options::{Options, Sized32, choice, fill, given, init, threads};
use sonic::Result;
use sonic::people::{AssignTo, ClusterMethod, ClusterMode, ClusterOptions};

/// Which faces a clustering may move.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_cluster_mode {
    /// All but those that a decision of the user holds.
    SONIC_CLUSTER_MODE_FULL = 0,
    /// Only those that are unassigned.
    SONIC_CLUSTER_MODE_INCREMENTAL = 1,
}

/// What of a person a face is compared with.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_assign_to {
    /// The mean of the person's faces.
    SONIC_ASSIGN_TO_MEAN = 0,
    /// The face that stands for the person.
    SONIC_ASSIGN_TO_REPRESENTATIVE = 1,
}

/// Values of sonic_people_cluster_options that belong together.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_cluster_preset {
    /// HDBSCAN of all faces: the defaults.
    SONIC_CLUSTER_PRESET_DEFAULT = 0,
    /// DBSCAN of the unassigned faces, which people who are there gather first by their representative.
    SONIC_CLUSTER_PRESET_DBSCAN = 1,
}

/// How people are found.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_people_cluster_options {
    /// sizeof(sonic_people_cluster_options)
    pub size: u32,
    /// The most threads that may work at once; 0 is as many as the machine has cores.
    pub threads: u32,
    /// A sonic_cluster_mode.
    pub mode: i32,
    /// A sonic_cluster_method.
    pub method: i32,
    /// A sonic_assign_to.
    pub assign_to: i32,
    /// Faces that HDBSCAN takes for a cluster, at least 2.
    pub min_cluster_size: u32,
    /// Faces near a face, itself included, within which its density is taken, at least 1.
    pub min_samples: u32,
    /// Not 0 if `gather_similarity` counts; otherwise the faces it is about are left over.
    pub has_gather_similarity: u32,
    /// For HDBSCAN the distance (1 less the cosine) within which clusters are not parted, for DBSCAN that of neighbours.
    pub epsilon: f64,
    /// Cosine from which on a face is of a person who is there.
    pub assign_similarity: f32,
    /// Cosine with the mean of the others below which a face is left out of its cluster; -1 leaves none out.
    pub min_similarity: f32,
    /// Cosine from which on faces that clustering leaves over are one person, or join the one they are most like.
    pub gather_similarity: f32,
    /// Score from which on a face takes part in clusters, 0 to 1.
    pub min_quality: f32,
    /// Shorter side of the box in pixels from which on a face takes part in clusters. This and the next are looked at for
    /// faces whose quality was measured, that is, whose size is not 0.
    pub min_size: f32,
    /// Sharpness from which on a face takes part in clusters.
    pub min_sharpness: f32,
    /// Not 0 if `single_quality` counts; otherwise a face that is like no other is never a person.
    pub has_single_quality: u32,
    /// Score from which on a face that is like no other is a person too.
    pub single_quality: f32,
}

// SAFETY: eight words of 32 bits, one of 64, eight of 32.
unsafe impl Sized32 for sonic_people_cluster_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_people_cluster_options {
    fn defaults() -> Self {
        Self::of(&ClusterOptions::default())
    }
}

impl sonic_people_cluster_options {
    fn of(of: &ClusterOptions) -> Self {
        Self {
            size: size_of::<Self>() as u32,
            threads: of.threads as u32,
            mode: match of.mode {
                ClusterMode::Full => sonic_cluster_mode::SONIC_CLUSTER_MODE_FULL,
                ClusterMode::Incremental => sonic_cluster_mode::SONIC_CLUSTER_MODE_INCREMENTAL,
            } as i32,
            method: match of.method {
                ClusterMethod::Hdbscan => sonic_cluster_method::SONIC_CLUSTER_HDBSCAN,
                ClusterMethod::Dbscan => sonic_cluster_method::SONIC_CLUSTER_DBSCAN,
            } as i32,
            assign_to: match of.assign_to {
                AssignTo::Mean => sonic_assign_to::SONIC_ASSIGN_TO_MEAN,
                AssignTo::Representative => sonic_assign_to::SONIC_ASSIGN_TO_REPRESENTATIVE,
            } as i32,
            min_cluster_size: of.min_cluster_size as u32,
            min_samples: of.min_samples as u32,
            has_gather_similarity: of.gather_similarity.is_some().into(),
            epsilon: of.epsilon,
            assign_similarity: of.assign_similarity,
            min_similarity: of.min_similarity,
            gather_similarity: of.gather_similarity.unwrap_or(0.0),
            min_quality: of.min_quality,
            min_size: of.min_size,
            min_sharpness: of.min_sharpness,
            has_single_quality: of.single_quality.is_some().into(),
            single_quality: of.single_quality.unwrap_or(0.0),
        }
    }

    pub(crate) fn to_options(self) -> Result<ClusterOptions> {
        let modes = [ClusterMode::Full, ClusterMode::Incremental];
        let methods = [ClusterMethod::Hdbscan, ClusterMethod::Dbscan];
        let compared = [AssignTo::Mean, AssignTo::Representative];
        Ok(ClusterOptions {
            mode: choice("mode", "sonic_cluster_mode", self.mode, &modes)?,
            method: choice("method", "sonic_cluster_method", self.method, &methods)?,
            assign_to: choice("assign_to", "sonic_assign_to", self.assign_to, &compared)?,
            assign_similarity: self.assign_similarity,
            min_cluster_size: self.min_cluster_size as usize,
            min_samples: self.min_samples as usize,
            epsilon: self.epsilon,
            min_similarity: self.min_similarity,
            gather_similarity: given(self.has_gather_similarity, self.gather_similarity),
            min_quality: self.min_quality,
            min_size: self.min_size,
            min_sharpness: self.min_sharpness,
            single_quality: given(self.has_single_quality, self.single_quality),
            threads: threads(self.threads)?,
        })
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_cluster_options_init(
    options: *mut sonic_people_cluster_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// Sets all of `options`, which was initialised before, to the values of a preset, a sonic_cluster_preset; they can be
/// changed then.
///
/// Errors: INVALID_ARGUMENT if there is no such preset, or `size` was not set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_cluster_options_preset(
    options: *mut sonic_people_cluster_options,
    preset: i32,
) -> sonic_status {
    call(|| {
        let presets = [ClusterOptions::default, ClusterOptions::dbscan];
        let values = choice("preset", "sonic_cluster_preset", preset, &presets)?();
        // SAFETY: the caller keeps the rules of the header.
        unsafe { fill(options, "options", || Ok(sonic_people_cluster_options::of(&values))) }
    })
}
