//! The `photos` table: one row a photo, with or without faces, so that none is fetched and looked at twice; and the
//! `photo_keys` table, all keys of which begin with the event:
//!
//! ```text
//! id                 -> number of the photo, little-endian
//! 0 | h | hash       -> number of the photo with bytes of this hash
//! ```

use super::encode::{damaged, indexed, json, key, number_in, parse};
use super::{event, thumbnail};
use crate::env::{Table, View, WriteTxn};
use crate::ids::{Cursor, MAX_ID_BYTES, check_id, check_name};
use serde::{Deserialize, Serialize};
use sonic_core::{Error, ErrorKind, Face, Result};

const MAX_HASH_BYTES: usize = 128;

/// A photo.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Photo {
    /// Its name, unique in its event, 1 to [`MAX_ID_BYTES`](crate::MAX_ID_BYTES) bytes.
    pub photo_id: String,
    /// The event that it belongs to, up to [`MAX_NAME_BYTES`](crate::MAX_NAME_BYTES) bytes.
    pub event: String,
    /// Width in pixels of the upright picture; 0 if it is not known.
    pub width: u32,
    /// Height in pixels of the upright picture; 0 if it is not known.
    pub height: u32,
    /// Where the picture is kept: a path or an address.
    pub path: Option<String>,
    /// Hash of the picture's bytes.
    pub source_hash: Option<String>,
    /// The user who brought it.
    pub user_id: Option<String>,
    /// When it was added, in milliseconds since 1970 UTC; now if it is 0.
    pub created_at_ms: u64,
    /// Faces kept of it; filled in by the store.
    pub faces: u32,
    /// Whatever else the caller wants to keep.
    pub metadata: serde_json::Value,
}

impl Photo {
    /// A box as parts of the picture: left, top, width and height, 0 to 1, what reaches beyond the
    /// picture cut off; `None` if the size of the picture is not known.
    pub fn relative_box(&self, bbox: [f32; 4]) -> Option<[f32; 4]> {
        let part = |x: f32, length: u32| (x / length as f32).clamp(0.0, 1.0);
        (self.width > 0 && self.height > 0).then(|| {
            let (left, top) = (part(bbox[0], self.width), part(bbox[1], self.height));
            let (right, bottom) = (part(bbox[2], self.width), part(bbox[3], self.height));
            [left, top, right - left, bottom - top]
        })
    }

    fn check(&self) -> Result<()> {
        check_id("photo", &self.photo_id)?;
        check_name("event", &self.event)?;
        self.user_id.as_ref().map_or(Ok(()), |user| check_name("user id", user))
    }
}

/// A photo to keep, with the faces that were found in it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewPhoto {
    /// Its row.
    pub photo: Photo,
    /// The faces, all with embeddings of one pipeline; none is fine.
    pub faces: Vec<Face>,
    /// A small JPEG of each face, to be shown when the picture is gone; or none at all.
    pub thumbnails: Vec<Vec<u8>>,
}

impl NewPhoto {
    pub(crate) fn check(&self) -> Result<()> {
        self.photo.check()?;
        thumbnail::check(&self.thumbnails, self.faces.len())?;
        self.faces.iter().try_for_each(check_face)
    }
}

fn check_face(face: &Face) -> Result<()> {
    let q = &face.quality;
    let numbers = [q.size, q.sharpness, q.yaw, q.pitch, q.roll, q.brightness, q.clipped];
    let all = numbers.iter().chain(&face.bbox).chain(face.landmarks.as_flattened());
    let [left, top, right, bottom] = face.bbox;
    if all.chain([&face.score]).any(|x| !x.is_finite()) || left > right || top > bottom {
        let message = "the numbers of a face are finite, and its box is left, top, right, bottom";
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    if !(0.0..=1.0).contains(&face.score) {
        let message = format!("the score of a face is 0 to 1, not {}", face.score);
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    Ok(())
}

/// Some photos of an event in the order in which they were added.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PhotoPage {
    /// The photos.
    pub photos: Vec<Photo>,
    /// Where to go on; `None` when there were no more.
    pub next: Option<Cursor>,
}

/// A photo as it is kept.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PhotoRow {
    pub photo: Photo,
    /// Numbers of its faces.
    pub faces: Vec<u32>,
}

pub(crate) fn number_of_id(view: View<'_>, event: u32, id: &str) -> Result<Option<u32>> {
    if id.is_empty() || id.len() > MAX_ID_BYTES {
        return Ok(None);
    }
    let Some(value) = view.get(Table::PhotoKeys, &id_key(event, id))? else { return Ok(None) };
    indexed(value, "the number of a photo").map(Some)
}

pub(crate) fn by_number(view: View<'_>, event: u32, number: u32) -> Result<Option<PhotoRow>> {
    view.get(Table::Photos, &key(event, number))?.map(|value| parse(value, "the row of a photo")).transpose()
}

/// The id of a photo that has faces.
pub(crate) fn id_of(view: View<'_>, event: u32, number: u32) -> Result<String> {
    let row = by_number(view, event, number)?;
    row.map(|row| row.photo.photo_id).ok_or_else(|| damaged("the photo of a face"))
}

/// The photo of an event named `id`, with its number.
pub(crate) fn find(view: View<'_>, event: u32, id: &str) -> Result<Option<(u32, PhotoRow)>> {
    let Some(number) = number_of_id(view, event, id)? else { return Ok(None) };
    let row = by_number(view, event, number)?.ok_or_else(|| damaged("the id of a photo"))?;
    Ok(Some((number, row)))
}

/// A photo of an event whose bytes have this hash.
pub(crate) fn of_source(view: View<'_>, event: u32, hash: &str) -> Result<Option<PhotoRow>> {
    let Some(key) = hash_key(event, Some(hash)) else { return Ok(None) };
    let Some(value) = view.get(Table::PhotoKeys, &key)? else { return Ok(None) };
    by_number(view, event, indexed(value, "the number of a photo")?)
}

/// The photo named `id` of the event named so, with the numbers of both.
pub(crate) fn get(view: View<'_>, event: &str, id: &str) -> Result<(u32, u32, PhotoRow)> {
    let (event_number, _) = event::get(view, event)?;
    let (number, row) = find(view, event_number, id)?.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, format!("there is no photo {id:?} in the event {event:?}"))
    })?;
    Ok((event_number, number, row))
}

pub(crate) fn write(txn: &mut WriteTxn<'_>, event: u32, number: u32, row: &mut PhotoRow) -> Result<()> {
    row.photo.faces = row.faces.len() as u32;
    txn.put(Table::PhotoKeys, &id_key(event, &row.photo.photo_id), &number.to_le_bytes())?;
    if let Some(key) = hash_key(event, row.photo.source_hash.as_deref()) {
        txn.put(Table::PhotoKeys, &key, &number.to_le_bytes())?;
    }
    txn.put(Table::Photos, &key(event, number), &json(row, "a photo")?)
}

pub(crate) fn remove(txn: &mut WriteTxn<'_>, event: u32, number: u32, row: &PhotoRow) -> Result<()> {
    txn.delete(Table::PhotoKeys, &id_key(event, &row.photo.photo_id))?;
    if let Some(key) = hash_key(event, row.photo.source_hash.as_deref())
        && txn.view().get(Table::PhotoKeys, &key)? == Some(&number.to_le_bytes())
    {
        txn.delete(Table::PhotoKeys, &key)?;
    }
    txn.delete(Table::Photos, &key(event, number)).map(drop)
}

/// Every photo of an event with its number, in the order in which they were added.
pub(crate) fn all(view: View<'_>, event: u32) -> Result<impl Iterator<Item = Result<(u32, PhotoRow)>>> {
    Ok(view.prefix(Table::Photos, &event.to_be_bytes())?.map(|row| {
        let (at, value) = row?;
        Ok((number_in(at, "the number of a photo")?, parse(value, "the row of a photo")?))
    }))
}

/// At most `limit` photos of an event after `cursor`.
pub(crate) fn page(view: View<'_>, event: u32, Cursor(after): Cursor, limit: usize) -> Result<PhotoPage> {
    let (mut photos, mut last, mut more) = (Vec::new(), after, false);
    for row in view.after(Table::Photos, &key(event, after))? {
        let (at, value) = row?;
        if !at.starts_with(&event.to_be_bytes()) {
            break;
        }
        if photos.len() == limit {
            more = true;
            break;
        }
        let row: PhotoRow = parse(value, "the row of a photo")?;
        photos.push(row.photo);
        last = number_in(at, "the number of a photo")?;
    }
    Ok(PhotoPage { photos, next: more.then_some(Cursor(last)) })
}

/// Key of a photo's bytes; a hash that is too long for a key is not looked for.
fn hash_key(event: u32, hash: Option<&str>) -> Option<Vec<u8>> {
    let hash = hash.filter(|hash| (1..=MAX_HASH_BYTES).contains(&hash.len()))?;
    // No photo's id has a zero byte.
    Some([&event.to_be_bytes()[..], b"\0h", hash.as_bytes()].concat())
}

fn id_key(event: u32, id: &str) -> Vec<u8> {
    [&event.to_be_bytes()[..], id.as_bytes()].concat()
}
