//! The `faces` table: one row a face; its embedding lies with those of its event.

use super::encode::{damaged, json, key, number_in, parse};
use super::id::{FaceId, PersonId};
use super::links::{self, Kind, Link};
use super::{event, photo, thumbnail};
use crate::env::{Table, View, WriteTxn};
use crate::ids::Cursor;
use crate::vectors::{self, Set};
use serde::{Deserialize, Serialize};
use sonic_core::{Face, FaceQuality, Result};
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

/// A face of a photo in the store.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StoredFace {
    /// Its name.
    pub face_id: FaceId,
    /// The event of its photo.
    pub event: String,
    /// Id of its photo.
    pub photo_id: String,
    /// Left, top, right, bottom in pixels of the upright picture.
    pub bbox: [f32; 4],
    /// What the detector gave for it, 0 to 1.
    pub score: f32,
    /// Five points as (x, y): the eye at the viewer's left, the other eye, the nose, the corner of the mouth at the
    /// viewer's left, the other corner.
    pub landmarks: [[f32; 2]; 5],
    /// How well it can be seen.
    pub quality: FaceQuality,
    /// Numbers of its embedding; 0 after its event was archived.
    pub embedding_dimensions: u32,
    /// Who it is; `None` while it is unassigned.
    pub person_id: Option<PersonId>,
    /// True if a decision of the user holds it where it is; clustering does not move it then.
    pub confirmed: bool,
}

/// Some faces of an event in the order in which they were added.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FacePage {
    /// The faces.
    pub faces: Vec<StoredFace>,
    /// Where to go on; `None` when there were no more.
    pub next: Option<Cursor>,
}

/// A face as it is kept.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct KeptFace {
    /// Number of its photo.
    pub photo: u32,
    pub bbox: [f32; 4],
    pub score: f32,
    pub landmarks: [[f32; 2]; 5],
    /// Size, sharpness, yaw, pitch, roll, brightness, clipped.
    pub quality: [f32; 7],
    /// Numbers of its embedding, 0 if it has none.
    pub dimensions: u32,
    pub person: Option<u32>,
    /// A decision holds it with its person.
    pub held: bool,
    /// People that it is not, as the user said.
    pub not: Vec<u32>,
}

impl KeptFace {
    /// Size and sharpness; `None` if the face's quality was not measured.
    pub(crate) fn measured(&self) -> Option<(f32, f32)> {
        let [size, sharpness, ..] = self.quality;
        (size > 0.0).then_some((size, sharpness))
    }

    pub(crate) fn new(photo: u32, face: &Face) -> Self {
        let q = &face.quality;
        Self {
            photo,
            bbox: face.bbox,
            score: face.score,
            landmarks: face.landmarks,
            quality: [q.size, q.sharpness, q.yaw, q.pitch, q.roll, q.brightness, q.clipped],
            dimensions: face.embedding.vector.len() as u32,
            ..Self::default()
        }
    }

    /// What the index of people has of the face of this number.
    pub(crate) fn links(&self, number: u32) -> BTreeSet<Link> {
        let person = self.person.map(|person| (person, Kind::Face, number));
        person.into_iter().chain(self.not.iter().map(|person| (*person, Kind::NotFace, number))).collect()
    }

    /// The shorter side of the box.
    pub(crate) fn size(&self) -> f32 {
        self.quality[0]
    }

    pub(crate) fn public(&self, event: u32, event_name: &str, number: u32, photo: &str) -> StoredFace {
        let [size, sharpness, yaw, pitch, roll, brightness, clipped] = self.quality;
        StoredFace {
            face_id: FaceId::new(event, number),
            event: event_name.to_owned(),
            photo_id: photo.to_owned(),
            bbox: self.bbox,
            score: self.score,
            landmarks: self.landmarks,
            quality: FaceQuality { size, sharpness, yaw, pitch, roll, brightness, clipped },
            embedding_dimensions: self.dimensions,
            person_id: self.person.map(|person| PersonId::new(event, person)),
            confirmed: self.held,
        }
    }
}

pub(crate) fn by_number(view: View<'_>, event: u32, number: u32) -> Result<Option<KeptFace>> {
    let row = view.get(Table::Faces, &key(event, number))?;
    row.map(|value| parse(value, "the row of a face")).transpose()
}

/// Writes a face; true if there was none of the number.
pub(crate) fn write(txn: &mut WriteTxn<'_>, event: u32, number: u32, face: &KeptFace) -> Result<bool> {
    let old = by_number(txn.view(), event, number)?;
    let was = old.as_ref().map(|old| old.links(number)).unwrap_or_default();
    links::change(txn, event, &was, &face.links(number))?;
    txn.put(Table::Faces, &key(event, number), &json(face, "a face")?)?;
    Ok(old.is_none())
}

/// Removes a face with its embedding and its thumbnail; true if there was one.
pub(crate) fn remove(txn: &mut WriteTxn<'_>, event: u32, number: u32) -> Result<bool> {
    let Some(face) = by_number(txn.view(), event, number)? else { return Ok(false) };
    links::change(txn, event, &face.links(number), &BTreeSet::new())?;
    txn.delete(Table::Faces, &key(event, number))?;
    thumbnail::remove(txn, event, number)?;
    vectors::remove(txn, Set::of_event(event), number, face.dimensions as usize)?;
    Ok(true)
}

/// Every face of an event with its number, in the order in which they were added.
pub(crate) fn all(view: View<'_>, event: u32) -> Result<impl Iterator<Item = Result<(u32, KeptFace)>>> {
    Ok(view.prefix(Table::Faces, &event.to_be_bytes())?.map(|row| {
        let (at, value) = row?;
        Ok((number_in(at, "the number of a face")?, parse(value, "the row of a face")?))
    }))
}

/// The ids of photos of an event, each read once.
pub(crate) struct PhotoIds<'t> {
    view: View<'t>,
    event: u32,
    known: HashMap<u32, String>,
}

impl<'t> PhotoIds<'t> {
    pub(crate) fn new(view: View<'t>, event: u32) -> Self {
        Self { view, event, known: HashMap::new() }
    }

    /// The id of a photo that has faces.
    pub(crate) fn get(&mut self, photo: u32) -> Result<&str> {
        match self.known.entry(photo) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => Ok(place.insert(photo::id_of(self.view, self.event, photo)?)),
        }
    }
}

/// A face as callers see it; `None` if there is none.
pub(crate) fn public(view: View<'_>, event: u32, number: u32) -> Result<Option<StoredFace>> {
    let Some(face) = by_number(view, event, number)? else { return Ok(None) };
    let row = event::by_number(view, event)?.ok_or_else(|| damaged("the event of a face"))?;
    Ok(Some(face.public(event, &row.name, number, &photo::id_of(view, event, face.photo)?)))
}

/// At most `limit` faces of an event after `cursor`.
pub(crate) fn page(
    view: View<'_>,
    event: u32,
    name: &str,
    Cursor(after): Cursor,
    limit: usize,
) -> Result<FacePage> {
    let (mut faces, mut last, mut more) = (Vec::new(), after, false);
    let mut photos = PhotoIds::new(view, event);
    for row in view.after(Table::Faces, &key(event, after))? {
        let (at, value) = row?;
        if !at.starts_with(&event.to_be_bytes()) {
            break;
        }
        if faces.len() == limit {
            more = true;
            break;
        }
        last = number_in(at, "the number of a face")?;
        let face: KeptFace = parse(value, "the row of a face")?;
        faces.push(face.public(event, name, last, photos.get(face.photo)?));
    }
    Ok(FacePage { faces, next: more.then_some(Cursor(last)) })
}
