//! The embeddings of an event in memory.

use super::state::Album;
use crate::env::View;
use crate::rows::encode::damaged;
use crate::space::{self, FACES};
use crate::vectors::{self, Set};
use sonic_core::Result;
use sonic_core::vector::{dot, normalise};
use std::collections::BTreeMap;

/// The unit vectors of faces, one after another in order of face number.
pub(crate) struct Vectors {
    pub(crate) rows: Vec<f32>,
    pub(crate) dimensions: usize,
    /// Face number to row.
    pub(crate) row_of: BTreeMap<u32, usize>,
}

impl Vectors {
    /// Those of all faces of an event that have one.
    pub(crate) fn load(view: View<'_>, album: &Album) -> Result<Self> {
        let dimensions = space::of_store(view, FACES)?.map_or(0, |s| s.dimensions);
        let mut all = Self { rows: Vec::new(), dimensions, row_of: BTreeMap::new() };
        if dimensions > 0 {
            for (number, vector) in
                vectors::sample(view, Set::of_event(album.number), dimensions, usize::MAX)?
            {
                if !album.faces.contains_key(&number) {
                    return Err(damaged("an embedding without its face"));
                }
                all.row_of.insert(number, all.row_of.len());
                all.rows.extend(vector);
            }
        }
        if all.row_of.is_empty() {
            all.dimensions = 0;
        }
        Ok(all)
    }

    /// Those of faces of an event that have one.
    pub(crate) fn of_faces(view: View<'_>, album: &Album, faces: &[u32]) -> Result<Self> {
        let dimensions = space::of_store(view, FACES)?.map_or(0, |s| s.dimensions);
        let mut all = Self { rows: Vec::new(), dimensions, row_of: BTreeMap::new() };
        for number in faces.iter().filter(|n| album.faces.get(n).is_some_and(|face| face.dimensions > 0)) {
            if let Some(vector) = vectors::get(view, Set::of_event(album.number), *number, dimensions)? {
                all.row_of.insert(*number, all.row_of.len());
                all.rows.extend(vector);
            }
        }
        if all.row_of.is_empty() {
            all.dimensions = 0;
        }
        Ok(all)
    }

    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.rows[row * self.dimensions..(row + 1) * self.dimensions]
    }

    pub(crate) fn of_face(&self, face: u32) -> Option<&[f32]> {
        self.row_of.get(&face).map(|row| self.row(*row))
    }

    /// The mean direction of faces; zeros if there is none.
    pub(crate) fn mean(&self, faces: &[u32]) -> Vec<f32> {
        let mut mean = vec![0.0; self.dimensions];
        for vector in faces.iter().filter_map(|face| self.of_face(*face)) {
            mean.iter_mut().zip(vector).for_each(|(m, x)| *m += x);
        }
        if !normalise(&mut mean) {
            mean.fill(0.0);
        }
        mean
    }

    /// Cosine of a face and a direction; -1 if the face has no embedding.
    pub(crate) fn similarity(&self, face: u32, direction: &[f32]) -> f32 {
        self.of_face(face).map_or(-1.0, |vector| dot(vector, direction))
    }
}
