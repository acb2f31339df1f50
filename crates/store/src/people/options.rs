//! How people are found.

use sonic_core::{Error, ErrorKind, Result};

/// How clusters are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ClusterMethod {
    /// HDBSCAN: clusters of any density.
    #[default]
    Hdbscan,
    /// DBSCAN: clusters of one density.
    Dbscan,
}

/// Which faces a clustering may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ClusterMode {
    /// All but those that a decision of the user holds: what was clustered with little to go by gets better as photos
    /// come, and a cluster keeps the person it has most faces of.
    #[default]
    Full,
    /// Only unassigned faces: nothing that was there changes but that it grows.
    Incremental,
}

/// What of a person a face is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AssignTo {
    /// The mean direction of the person's faces.
    #[default]
    Mean,
    /// The face that stands for the person.
    Representative,
}

/// How people are found. The defaults were chosen on photographs of 30 people and 30 others who are seen once, with two
/// embedders.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterOptions {
    /// Which faces may move.
    pub mode: ClusterMode,
    /// How clusters are found.
    pub method: ClusterMethod,
    /// Cosine from which on a face is of a person who is there, 0.6.
    pub assign_similarity: f32,
    /// What of the person it is compared with.
    pub assign_to: AssignTo,
    /// Faces that HDBSCAN takes for a cluster, at least 2.
    pub min_cluster_size: usize,
    /// Faces near a face, itself included, within which its density is taken, at least 1.
    pub min_samples: usize,
    /// For HDBSCAN the distance (1 less the cosine) within which clusters are not parted, for DBSCAN that of
    /// neighbours.
    pub epsilon: f64,
    /// Cosine with the mean of the others below which a face is left out of its cluster; -1 leaves none out.
    pub min_similarity: f32,
    /// Cosine from which on faces that clustering leaves over are one person, or join the one they are most like.
    /// `None` leaves them over, and looks at no face of a person that is there while clustering.
    pub gather_similarity: Option<f32>,
    /// Score from which on a face takes part in clusters, 0 to 1. Others can still be assigned to people.
    pub min_quality: f32,
    /// Shorter side of the box in pixels from which on a face takes part in clusters: what is smaller is alike mostly
    /// by being small. This and `min_sharpness` apply to faces whose quality was measured.
    pub min_size: f32,
    /// Sharpness from which on a face takes part in clusters.
    pub min_sharpness: f32,
    /// Score from which on a face that is like no other is a person too; `None`: never.
    pub single_quality: Option<f32>,
    /// The most threads that may work at once; 0 for as many as there are cores.
    pub threads: usize,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self {
            mode: ClusterMode::Full,
            method: ClusterMethod::Hdbscan,
            assign_similarity: 0.6,
            assign_to: AssignTo::Mean,
            min_cluster_size: 2,
            min_samples: 3,
            epsilon: 0.5,
            min_similarity: 0.4,
            gather_similarity: Some(0.5),
            min_quality: 0.5,
            min_size: 24.0,
            min_sharpness: 5.0,
            single_quality: None,
            threads: 0,
        }
    }
}

impl ClusterOptions {
    /// DBSCAN at fixed similarities: people that are there gather the faces whose cosine with their representative is
    /// 0.6 or more, the rest is clustered by DBSCAN within a cosine distance of 0.5. What the user has decided stays
    /// all the same, and two faces of one photo are not one person.
    pub fn dbscan() -> Self {
        Self {
            mode: ClusterMode::Incremental,
            method: ClusterMethod::Dbscan,
            assign_to: AssignTo::Representative,
            min_cluster_size: 3,
            min_samples: 2,
            min_similarity: -1.0,
            gather_similarity: None,
            min_quality: 0.7,
            min_size: 0.0,
            min_sharpness: 0.0,
            ..Self::default()
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        let invalid = |what: &str| Err(Error::new(ErrorKind::InvalidArgument, what));
        let similarities =
            [self.assign_similarity, self.min_similarity, self.gather_similarity.unwrap_or(0.0)];
        if !similarities.iter().all(|s| (-1.0..=1.0).contains(s)) {
            return invalid("assign_similarity, min_similarity and gather_similarity are cosines, -1 to 1");
        }
        let qualities = [self.min_quality, self.single_quality.unwrap_or(0.0)];
        if !qualities.iter().all(|q| (0.0..=1.0).contains(q)) {
            return invalid("min_quality and single_quality are scores, 0 to 1");
        }
        if !(self.min_size >= 0.0 && self.min_sharpness >= 0.0) {
            return invalid("min_size and min_sharpness are 0 or more");
        }
        if self.min_cluster_size < 2 || self.min_samples == 0 {
            return invalid("min_cluster_size is at least 2 and min_samples at least 1");
        }
        if !(0.0..=2.0).contains(&self.epsilon)
            || (self.epsilon == 0.0 && self.method == ClusterMethod::Dbscan)
        {
            return invalid("epsilon is a cosine distance of 0 to 2, above 0 for DBSCAN");
        }
        Ok(())
    }
}
