//! A photo enters the store with all its faces, or not at all.

use crate::album::state::Album;
use crate::env::WriteTxn;
use crate::meta;
use crate::rows::event::{self, EventRow};
use crate::rows::face::{self, KeptFace};
use crate::rows::photo::{self, NewPhoto, Photo, PhotoRow};
use crate::rows::thumbnail;
use crate::space::{self, FACES, Space, unit};
use crate::vectors::{self, Set};
use sonic_core::{Error, ErrorKind, Result};

/// Part of two boxes that they share from which on they are of the same face.
const SAME_PLACE: f32 = 0.5;

/// What became of a [`NewPhoto`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AddedPhoto {
    /// It is in the store now.
    New(Box<Photo>),
    /// A photo of its id is in the event already; this is its row, unchanged.
    Known(Box<Photo>),
}

impl AddedPhoto {
    /// True if the photo was not in the event before.
    pub fn is_new(&self) -> bool {
        matches!(self, Self::New(_))
    }

    /// The row of the photo in the store.
    pub fn into_photo(self) -> Photo {
        let (Self::New(photo) | Self::Known(photo)) = self;
        *photo
    }
}

/// A photo that was checked before the transaction.
pub(super) struct Prepared<'a> {
    new: &'a NewPhoto,
    /// The unit vector of each face.
    vectors: Vec<(Space, Vec<f32>)>,
}

impl<'a> Prepared<'a> {
    pub(super) fn new(new: &'a NewPhoto) -> Result<Self> {
        let checked = new.check().and_then(|()| meta::check_time(new.photo.created_at_ms));
        let vectors = checked.and_then(|()| {
            new.faces
                .iter()
                .map(|f| Ok((Space::of(&f.embedding), unit(&f.embedding)?)))
                .collect::<Result<_>>()
        });
        let vectors =
            vectors.map_err(|e| e.context(format!("cannot add the photo {:?}", new.photo.photo_id)))?;
        Ok(Self { new, vectors })
    }

    fn thumbnail(&self, face: usize) -> &[u8] {
        self.new.thumbnails.get(face).map_or(&[], Vec::as_slice)
    }
}

pub(super) fn add(txn: &mut WriteTxn<'_>, new: &Prepared<'_>) -> Result<AddedPhoto> {
    let (event, mut row) = open(txn, &new.new.photo)?;
    if let Some((_, known)) = photo::find(txn.view(), event, &new.new.photo.photo_id)? {
        return Ok(AddedPhoto::Known(Box::new(known.photo)));
    }
    let number = event::next(&mut row.next_photo)?;
    let mut added = PhotoRow { photo: with_time(&new.new.photo), faces: Vec::new() };
    for index in 0..new.vectors.len() {
        let face = event::next(&mut row.next_face)?;
        let seen = KeptFace::new(number, &new.new.faces[index]);
        put_face(txn, event, face, &seen, &new.vectors[index])?;
        thumbnail::write(txn, event, face, new.thumbnail(index))?;
        added.faces.push(face);
    }
    photo::write(txn, event, number, &mut added)?;
    row.photos += 1;
    row.faces += added.faces.len() as u64;
    event::save(txn, event, &mut row)?;
    Ok(AddedPhoto::New(Box::new(added.photo)))
}

/// The event of a photo, made if there is none.
fn open(txn: &mut WriteTxn<'_>, photo: &Photo) -> Result<(u32, EventRow)> {
    let (event, row) = event::open(txn, &photo.event)?;
    if row.archived {
        let message = format!("the event {:?} is archived: add the photo to another", row.name);
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    Ok((event, row))
}

fn with_time(photo: &Photo) -> Photo {
    let created_at_ms = if photo.created_at_ms == 0 { meta::now_ms() } else { photo.created_at_ms };
    Photo { created_at_ms, ..photo.clone() }
}

fn put_face(
    txn: &mut WriteTxn<'_>,
    event: u32,
    number: u32,
    seen: &KeptFace,
    (space, vector): &(Space, Vec<f32>),
) -> Result<()> {
    space::claim(txn, FACES, space)?;
    vectors::put(txn, Set::of_event(event), number, vector)?;
    face::write(txn, event, number, seen).map(drop)
}

/// Puts a photo in the place of the one of its id.
pub(super) fn replace(txn: &mut WriteTxn<'_>, new: &Prepared<'_>) -> Result<Photo> {
    let (event, _) = open(txn, &new.new.photo)?;
    let Some((number, old)) = photo::find(txn.view(), event, &new.new.photo.photo_id)? else {
        return Ok(add(txn, new)?.into_photo());
    };
    let mut album = Album::open(txn.view(), event)?;
    old.faces.iter().try_for_each(|face| album.load_face(txn.view(), *face))?;
    let mut left: Vec<(u32, KeptFace)> =
        old.faces.iter().filter_map(|n| Some((*n, album.faces.remove(n)?))).collect();
    for (face, _) in &left {
        album.row.lose_face(face::remove(txn, event, *face)?);
    }
    photo::remove(txn, event, number, &old)?;
    let mut row = PhotoRow { photo: with_time(&new.new.photo), faces: Vec::new() };
    if new.new.photo.created_at_ms == 0 {
        row.photo.created_at_ms = old.photo.created_at_ms;
    }
    for (index, (given, vector)) in new.new.faces.iter().zip(&new.vectors).enumerate() {
        let seen = KeptFace::new(number, given);
        let (face, seen) = match take_same_place(&mut left, &given.bbox) {
            Some((n, was)) => (n, KeptFace { person: was.person, held: was.held, not: was.not, ..seen }),
            None => (event::next(&mut album.row.next_face)?, seen),
        };
        put_face(txn, event, face, &seen, vector)?;
        thumbnail::write(txn, event, face, new.thumbnail(index))?;
        album.row.faces += 1;
        album.faces.insert(face, seen);
        row.faces.push(face);
    }
    photo::write(txn, event, number, &mut row)?;
    album.tidy();
    album.save(txn)?;
    Ok(row.photo)
}

/// Takes the old face that lies where the box does, if one does.
fn take_same_place(left: &mut Vec<(u32, KeptFace)>, bbox: &[f32; 4]) -> Option<(u32, KeptFace)> {
    let shared: Vec<f32> = left.iter().map(|(_, old)| shared_part(&old.bbox, bbox)).collect();
    let best = (0..shared.len()).max_by(|a, b| shared[*a].total_cmp(&shared[*b]))?;
    (shared[best] >= SAME_PLACE).then(|| left.remove(best))
}

/// Intersection over union of two boxes.
fn shared_part(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    let area = |b: &[f32; 4]| (b[2] - b[0]).max(0.0) * (b[3] - b[1]).max(0.0);
    let both = area(&[a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]);
    let either = area(a) + area(b) - both;
    if either > 0.0 { both / either } else { 0.0 }
}
