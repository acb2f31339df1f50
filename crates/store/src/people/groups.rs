//! Faces on their way to people: groups that grow, merge and fall apart while the rules hold.
//!
//! A group never has two faces of one photo, nor a face that the user has said is not its person.

use crate::album::similarity::Vectors;
use crate::album::state::Album;
use sonic_core::vector::{dot, normalise, scores};
use std::collections::{BTreeMap, HashSet};

/// Part of the smaller of two groups that may share photos with the other if the two are to be one person.
const MOST_SHARED: f32 = 0.25;

/// Faces of one person.
pub(super) struct Group {
    /// The person, if it was there before.
    pub person: Option<u32>,
    pub faces: Vec<u32>,
    photos: HashSet<u32>,
    /// Sum of the unit vectors.
    sum: Vec<f32>,
}

impl Group {
    /// The mean direction; zeros if there is none.
    pub(super) fn direction(&self) -> Vec<f32> {
        let mut direction = self.sum.clone();
        if !normalise(&mut direction) {
            direction.fill(0.0);
        }
        direction
    }
}

/// A face that may join a group.
#[derive(Clone, Copy)]
struct Candidate {
    similarity: f32,
    face: u32,
    group: usize,
}

/// All groups of an event.
pub(super) struct Groups<'a> {
    pub album: &'a Album,
    pub vectors: &'a Vectors,
    pub groups: Vec<Group>,
    /// The group of each face that has one.
    pub of: BTreeMap<u32, usize>,
}

impl<'a> Groups<'a> {
    pub(super) fn new(album: &'a Album, vectors: &'a Vectors) -> Self {
        Self { album, vectors, groups: Vec::new(), of: BTreeMap::new() }
    }

    pub(super) fn open(&mut self, person: Option<u32>) -> usize {
        let sum = vec![0.0; self.vectors.dimensions];
        self.groups.push(Group { person, faces: Vec::new(), photos: HashSet::new(), sum });
        self.groups.len() - 1
    }

    pub(super) fn vector(&self, face: u32) -> Option<&'a [f32]> {
        self.vectors.row_of.get(&face).map(|row| self.vectors.row(*row))
    }

    pub(super) fn may_join(&self, face: u32, group: usize) -> bool {
        let (seen, group) = (&self.album.faces[&face], &self.groups[group]);
        !group.photos.contains(&seen.photo) && !group.person.is_some_and(|p| seen.not.contains(&p))
    }

    /// Puts a face to a group, whatever the rules say.
    pub(super) fn put(&mut self, face: u32, group: usize) {
        let vector = self.vector(face);
        let to = &mut self.groups[group];
        to.faces.push(face);
        to.photos.insert(self.album.faces[&face].photo);
        to.sum.iter_mut().zip(vector.unwrap_or_default()).for_each(|(sum, x)| *sum += x);
        self.of.insert(face, group);
    }

    /// Makes the faces of a group unassigned.
    pub(super) fn dissolve(&mut self, group: usize) -> Vec<u32> {
        let faces = std::mem::take(&mut self.groups[group].faces);
        for face in &faces {
            self.of.remove(face);
        }
        self.groups[group].photos.clear();
        self.groups[group].sum.fill(0.0);
        faces
    }

    /// Takes those faces out of a group that are its person's no more.
    pub(super) fn obey(&mut self, group: usize) {
        let faces = self.dissolve(group);
        let allowed = |face: &u32| self.may_join(*face, group);
        let faces: Vec<u32> = faces.into_iter().filter(allowed).collect();
        faces.into_iter().for_each(|face| self.put(face, group));
    }

    /// Puts each face to the group whose direction it is most like, if that is `least` or more and the rules allow it,
    /// else to the next; the likest first. Directions stay what they are meanwhile. Gives the faces that are left.
    pub(super) fn attach(&mut self, faces: &[u32], to: &[usize], directions: &[f32], least: f32) -> Vec<u32> {
        let mut candidates = Vec::new();
        let mut out = vec![0.0; to.len()];
        for face in faces {
            let Some(vector) = self.vector(*face).filter(|_| !to.is_empty()) else { continue };
            scores(directions, vector, &mut out);
            let likes = to.iter().zip(&out).filter(|(_, s)| **s >= least);
            candidates.extend(likes.map(|(group, s)| Candidate {
                similarity: *s,
                face: *face,
                group: *group,
            }));
        }
        candidates.sort_by(|a, b| {
            b.similarity.total_cmp(&a.similarity).then((a.face, a.group).cmp(&(b.face, b.group)))
        });
        for c in candidates {
            if !self.of.contains_key(&c.face) && self.may_join(c.face, c.group) {
                self.put(c.face, c.group);
            }
        }
        faces.iter().copied().filter(|face| !self.of.contains_key(face)).collect()
    }

    /// The directions of groups, one after another.
    pub(super) fn directions(&self, groups: &[usize]) -> Vec<f32> {
        groups.iter().flat_map(|group| self.groups[*group].direction()).collect()
    }

    /// Makes new groups of faces that belong together: one, or more if photos have several of them. Gives the faces
    /// that are left, which are fewer than `least`.
    pub(super) fn gather(&mut self, faces: &[u32], least: usize) -> Vec<u32> {
        let mut left = faces.to_vec();
        while left.len() >= least.max(1) {
            let group = self.open(None);
            let mean = self.vectors.mean(&left);
            let mut order: Vec<(f32, u32)> =
                left.iter().map(|face| (self.vectors.similarity(*face, &mean), *face)).collect();
            order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            for (_, face) in order {
                if self.may_join(face, group) {
                    self.put(face, group);
                }
            }
            left.retain(|face| !self.of.contains_key(face));
            if self.groups[group].faces.len() < least {
                left.extend(self.dissolve(group));
                break;
            }
        }
        left
    }

    /// Merges new groups into others, new or not, whose directions are alike by `least` or more, the likest first.
    pub(super) fn merge_alike(&mut self, least: f32) {
        loop {
            let alive: Vec<usize> =
                (0..self.groups.len()).filter(|g| !self.groups[*g].faces.is_empty()).collect();
            let pairs = self.alike(&alive, least);
            let mut changed = HashSet::new();
            for (_, a, b) in pairs {
                if !changed.contains(&a) && !changed.contains(&b) && self.merge(a, b) {
                    changed.extend([a, b]);
                }
            }
            if changed.is_empty() {
                return;
            }
        }
    }

    /// Pairs of groups that are alike and of which one is new, the likest first.
    fn alike(&self, alive: &[usize], least: f32) -> Vec<(f32, usize, usize)> {
        let directions: Vec<Vec<f32>> = alive.iter().map(|g| self.groups[*g].direction()).collect();
        let is_old = |i: usize| self.groups[alive[i]].person.is_some();
        let mut pairs = Vec::new();
        for i in 0..alive.len() {
            for j in 0..i {
                if is_old(i) && is_old(j) {
                    continue;
                }
                let similarity = dot(&directions[i], &directions[j]);
                if similarity >= least {
                    pairs.push((similarity, alive[j], alive[i]));
                }
            }
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        pairs
    }

    /// Merges the smaller of two groups, or the one that is new, into the other, unless too many photos show both.
    fn merge(&mut self, a: usize, b: usize) -> bool {
        let order = |g: usize| (self.groups[g].person.is_some(), self.groups[g].faces.len());
        let (into, from) = if order(b) > order(a) { (b, a) } else { (a, b) };
        let smaller = self.groups[into].faces.len().min(self.groups[from].faces.len());
        let refused = self.groups[from].faces.iter().filter(|face| !self.may_join(**face, into)).count();
        if refused as f32 > MOST_SHARED * smaller as f32 {
            return false;
        }
        for face in self.dissolve(from) {
            if self.may_join(face, into) {
                self.put(face, into);
            }
        }
        true
    }
}
