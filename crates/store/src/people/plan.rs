//! Who is who: what a clustering is going to change.
//!
//! 1. People that are there keep the faces that may not move.
//! 2. Faces that are like one of these people are theirs.
//! 3. All faces are clustered. A cluster of several people falls apart, what stands out in one leaves it; the rest joins
//!    the person whose faces are in the cluster too, or is a new group.
//! 4. Groups that are alike become one, faces that are left over become groups or join one.
//! 5. A new group is the person it shares most faces with, if that person is not taken by now.
//!
//! Steps 1, 2 and 5 make ids stable, 3 and 4 make the outcome depend on the faces and not on the order of their coming.
//! How much 4 gives was measured: HDBSCAN alone parts what is one person and joins people who are seen once.

use super::groups::Groups;
use super::options::{AssignTo, ClusterMethod, ClusterMode, ClusterOptions};
use super::parts::{self, Progress};
use crate::album::similarity::Vectors;
use crate::album::state::Album;
use sonic_core::cluster::{DbscanOptions, HdbscanOptions, Metric, dbscan_with, hdbscan_with};
use sonic_core::vector::{dot, normalise};
use sonic_core::{Error, ErrorKind, Result};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

/// Faces that make a person, unless one is seen well enough.
const PERSON: usize = 2;

/// What is to become of an event.
pub(super) struct Plan {
    /// The faces of each person that was there, and of those to be made.
    groups: Vec<(Option<u32>, Vec<u32>)>,
    /// Faces that may move.
    free: BTreeSet<u32>,
    /// Faces that were unassigned.
    pub was_unassigned: Vec<u32>,
}

impl Plan {
    pub(super) fn new(
        album: &Album,
        vectors: &Vectors,
        options: &ClusterOptions,
        progress: &mut dyn FnMut(f32) -> ControlFlow<()>,
    ) -> Result<Self> {
        let mut planner = Planner::new(album, vectors, options);
        planner.assign_to_existing();
        let labels = planner.labels(progress)?;
        planner.sort_clusters(&labels, progress)?;
        planner.gather_leftovers(progress)?;
        planner.name_groups();
        let was_unassigned =
            album.faces.iter().filter(|(_, f)| f.person.is_none()).map(|(n, _)| *n).collect();
        let groups = planner.groups.groups.into_iter().filter(|g| g.person.is_some() || !g.faces.is_empty());
        let plan = Self {
            groups: groups.map(|g| (g.person, g.faces)).collect(),
            free: planner.free,
            was_unassigned,
        };
        if progress(1.0).is_break() {
            return Err(Error::new(ErrorKind::Closed, "the clustering was cancelled: nothing was changed"));
        }
        Ok(plan)
    }

    /// Changes the event, which is as it was when the plan was made.
    pub(super) fn carry_out(&self, album: &mut Album) -> Result<()> {
        let mut now: BTreeMap<u32, u32> = BTreeMap::new();
        for (person, faces) in &self.groups {
            let person = match person {
                Some(person) => *person,
                None => album.new_person()?,
            };
            now.extend(faces.iter().map(|face| (*face, person)));
        }
        for face in &self.free {
            let person = now.get(face).copied();
            let was = album.faces.get(face).and_then(|seen| seen.person);
            if person != was
                && let Some(seen) = album.face_mut(*face)
            {
                seen.person = person;
                for touched in [was, person].into_iter().flatten() {
                    album.person_mut(touched);
                }
            }
        }
        Ok(())
    }
}

struct Planner<'a> {
    groups: Groups<'a>,
    options: &'a ClusterOptions,
    /// Faces with an embedding that may move.
    free: BTreeSet<u32>,
}

impl<'a> Planner<'a> {
    fn new(album: &'a Album, vectors: &'a Vectors, options: &'a ClusterOptions) -> Self {
        let mut groups = Groups::new(album, vectors);
        let (mut free, mut existing) = (BTreeSet::new(), HashMap::new());
        for (number, face) in &album.faces {
            let may_move = options.mode == ClusterMode::Full && !face.held;
            let stays = face.person.filter(|_| !may_move || !vectors.row_of.contains_key(number));
            match stays {
                Some(person) => {
                    let group = *existing.entry(person).or_insert_with(|| groups.open(Some(person)));
                    groups.put(*number, group);
                }
                None if vectors.row_of.contains_key(number) => drop(free.insert(*number)),
                None => {}
            }
        }
        Self { groups, options, free }
    }

    /// Faces that may move and have no group yet.
    fn loose(&self) -> Vec<u32> {
        self.free.iter().copied().filter(|face| !self.groups.of.contains_key(face)).collect()
    }

    fn is_good(&self, face: u32) -> bool {
        let (seen, options) = (&self.groups.album.faces[&face], self.options);
        seen.score >= options.min_quality
            && seen.measured().is_none_or(|(size, sharpness)| {
                size >= options.min_size && sharpness >= options.min_sharpness
            })
    }

    fn assign_to_existing(&mut self) {
        let existing: Vec<usize> = (0..self.groups.groups.len()).collect();
        let directions = match self.options.assign_to {
            AssignTo::Mean => self.groups.directions(&existing),
            AssignTo::Representative => existing.iter().flat_map(|g| self.representative(*g)).collect(),
        };
        self.groups.attach(&self.loose(), &existing, &directions, self.options.assign_similarity);
    }

    /// The vector of the face that stands for a group; zeros if it has none.
    fn representative(&self, group: usize) -> Vec<f32> {
        let (album, group) = (self.groups.album, &self.groups.groups[group]);
        let pinned = group.person.and_then(|p| album.people.get(&p)?.pinned);
        let face = pinned.or_else(|| album.best(&group.faces));
        let vector = face.and_then(|face| self.groups.vector(face));
        vector.map_or_else(|| vec![0.0; self.groups.vectors.dimensions], <[f32]>::to_vec)
    }

    /// The clusters that faces are in, by label; faces that have a group already are among them, unless
    /// `gather_similarity` is `None`.
    fn labels(&self, progress: &mut dyn FnMut(f32) -> ControlFlow<()>) -> Result<BTreeMap<u32, i32>> {
        let with_known = self.options.gather_similarity.is_some();
        let takes_part = |face: &u32| match self.groups.of.get(face) {
            Some(_) => with_known,
            None => self.is_good(*face),
        };
        let faces: Vec<u32> = self.groups.vectors.row_of.keys().copied().filter(takes_part).collect();
        if progress(0.0).is_break() {
            return Err(Error::new(ErrorKind::Closed, "the clustering was cancelled: nothing was changed"));
        }
        if faces.iter().all(|face| self.groups.of.contains_key(face)) {
            return Ok(BTreeMap::new());
        }
        let labels = self.labels_of(&faces, progress)?;
        Ok(faces.into_iter().zip(labels).filter(|(_, label)| *label >= 0).collect())
    }

    fn labels_of(&self, faces: &[u32], progress: &mut dyn FnMut(f32) -> ControlFlow<()>) -> Result<Vec<i32>> {
        let (options, vectors) = (self.options, self.groups.vectors);
        if faces.len() < options.min_cluster_size {
            return Ok(vec![-1; faces.len()]);
        }
        let rows: Vec<f32> = faces.iter().filter_map(|f| self.groups.vector(*f)).flatten().copied().collect();
        let metric = Metric::Cosine;
        match options.method {
            ClusterMethod::Dbscan => {
                let (epsilon, min_samples) = (options.epsilon, options.min_samples);
                let options = DbscanOptions { epsilon, min_samples, metric, threads: options.threads };
                dbscan_with(&rows, vectors.dimensions, &options, progress)
            }
            // HDBSCAN does not look whether all are one.
            ClusterMethod::Hdbscan if self.is_one(faces) => Ok(vec![0; faces.len()]),
            ClusterMethod::Hdbscan => {
                let options = HdbscanOptions {
                    min_cluster_size: options.min_cluster_size,
                    min_samples: Some(options.min_samples),
                    metric,
                    epsilon: options.epsilon,
                    threads: options.threads,
                    ..HdbscanOptions::default()
                };
                hdbscan_with(&rows, vectors.dimensions, &options, progress).map(|clusters| clusters.labels)
            }
        }
    }

    fn is_one(&self, faces: &[u32]) -> bool {
        self.options.min_similarity > 0.0 && self.standing_out(faces).is_empty()
    }

    /// The faces that are less like the mean of the others than they must be.
    fn standing_out(&self, faces: &[u32]) -> BTreeSet<u32> {
        let mut sum = vec![0.0f32; self.groups.vectors.dimensions];
        for vector in faces.iter().filter_map(|face| self.groups.vector(*face)) {
            sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += x);
        }
        let stands_out = |face: &u32| {
            let Some(vector) = self.groups.vector(*face) else { return true };
            let mut rest: Vec<f32> = sum.iter().zip(vector).map(|(sum, x)| sum - x).collect();
            normalise(&mut rest) && dot(&rest, vector) < self.options.min_similarity
        };
        faces.iter().copied().filter(stands_out).collect()
    }

    /// Makes groups of clusters, or lets them join those they share faces with.
    fn sort_clusters(&mut self, labels: &BTreeMap<u32, i32>, progress: &mut Progress<'_>) -> Result<()> {
        let mut clusters: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
        for (face, label) in labels {
            clusters.entry(*label).or_default().push(*face);
        }
        for faces in clusters.into_values() {
            for part in parts::parts(self.groups.vectors, &faces, self.options, progress)? {
                self.sort_cluster(&part);
            }
        }
        Ok(())
    }

    fn sort_cluster(&mut self, faces: &[u32]) {
        let out = self.standing_out(faces);
        let known: BTreeSet<usize> = faces.iter().filter_map(|f| self.groups.of.get(f).copied()).collect();
        let known: Vec<usize> = known.into_iter().collect();
        let is_loose = |face: &u32| !self.groups.of.contains_key(face) && !out.contains(face);
        let loose: Vec<u32> = faces.iter().copied().filter(is_loose).collect();
        let directions = self.groups.directions(&known);
        let rest = self.groups.attach(&loose, &known, &directions, self.options.min_similarity);
        self.groups.gather(&rest, PERSON);
    }

    fn gather_leftovers(&mut self, progress: &mut Progress<'_>) -> Result<()> {
        if let Some(least) = self.options.gather_similarity {
            self.groups_of_leftovers(least, progress)?;
            self.groups.merge_alike(self.options.assign_similarity);
            let all: Vec<usize> =
                (0..self.groups.groups.len()).filter(|g| !self.groups.groups[*g].faces.is_empty()).collect();
            let directions = self.groups.directions(&all);
            self.groups.attach(&self.loose(), &all, &directions, least);
        }
        if let Some(least) = self.options.single_quality {
            for face in self.loose() {
                if self.is_good(face) && self.groups.album.faces[&face].score >= least {
                    self.groups.gather(&[face], 1);
                }
            }
        }
        Ok(())
    }

    /// Leftovers that are as like each other as they would have to be like a person are one.
    fn groups_of_leftovers(&mut self, least: f32, progress: &mut Progress<'_>) -> Result<()> {
        let loose: Vec<u32> = self.loose().into_iter().filter(|face| self.is_good(*face)).collect();
        for faces in parts::components(self.groups.vectors, &loose, least, self.options.threads, progress)? {
            let out = self.standing_out(&faces);
            let faces: Vec<u32> = faces.into_iter().filter(|face| !out.contains(face)).collect();
            self.groups.gather(&faces, PERSON);
        }
        Ok(())
    }

    /// Gives each new group the person it shares most faces with, of those that have no group; the rest are sorted by
    /// size, to be new people in that order.
    fn name_groups(&mut self) {
        let album = self.groups.album;
        let mut taken: BTreeSet<u32> = self.groups.groups.iter().filter_map(|g| g.person).collect();
        let mut shared: BTreeMap<(u32, usize), usize> = BTreeMap::new();
        for (face, group) in &self.groups.of {
            let was = album.faces[face].person.filter(|p| !taken.contains(p));
            if let (Some(person), None) = (was, self.groups.groups[*group].person) {
                *shared.entry((person, *group)).or_default() += 1;
            }
        }
        let mut shared: Vec<_> = shared.into_iter().collect();
        shared.sort_by_key(|((person, group), count)| (std::cmp::Reverse(*count), *person, *group));
        for ((person, group), _) in shared {
            if self.groups.groups[group].person.is_none() && taken.insert(person) {
                self.groups.groups[group].person = Some(person);
                self.groups.obey(group);
            }
        }
        let order =
            |g: &super::groups::Group| (std::cmp::Reverse(g.faces.len()), g.faces.iter().min().copied());
        self.groups.groups.sort_by_key(order);
    }
}
