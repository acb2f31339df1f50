//! What is removed: photos, users, events, embeddings.

use super::state::Album;
use super::tags::{tags, tags_of};
use crate::env::{Table, WriteTxn};
use crate::rows::event;
use crate::rows::id::PersonId;
use crate::rows::photo::{self, Photo};
use crate::vectors::{self, Set};
use serde::Serialize;
use sonic_core::Result;
use std::collections::BTreeSet;
use std::ops::AddAssign;

/// What was removed of faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct ForgottenFaces {
    /// Faces, with their embeddings.
    pub faces: u64,
    /// People.
    pub people: u64,
    /// Photos that showed a linked person, each counted once for each person.
    pub tags: u64,
    /// Photos that were removed; when a user is forgotten, photos that no longer say who brought them.
    pub photos: u64,
}

impl AddAssign for ForgottenFaces {
    fn add_assign(&mut self, other: Self) {
        self.faces += other.faces;
        self.people += other.people;
        self.tags += other.tags;
        self.photos += other.photos;
    }
}

/// What archiving removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct ArchivedEvent {
    /// Embeddings that were removed just now.
    pub embeddings: u64,
    /// Faces that stay.
    pub faces: u64,
    /// Photos that stay.
    pub photos: u64,
    /// People that stay, without those who were merged into others.
    pub people: u64,
}

pub(crate) fn remove_photo(txn: &mut WriteTxn<'_>, event: &str, id: &str) -> Result<Photo> {
    let (event, number, row) = photo::get(txn.view(), event, id)?;
    let mut album = Album::open(txn.view(), event)?;
    row.faces.iter().try_for_each(|face| album.load_face(txn.view(), *face))?;
    row.faces.iter().for_each(|face| album.remove_face(*face));
    album.row.photos = album.row.photos.saturating_sub(1);
    album.tidy();
    album.save(txn)?;
    photo::remove(txn, event, number, &row)?;
    Ok(row.photo)
}

pub(crate) fn remove_event(txn: &mut WriteTxn<'_>, name: &str) -> Result<ForgottenFaces> {
    let Some((number, row)) = event::find(txn.view(), name)? else { return Ok(ForgottenFaces::default()) };
    let prefix = number.to_be_bytes();
    let forgotten = ForgottenFaces {
        faces: row.faces,
        people: row.people,
        tags: tags(txn.view(), number, name)?.count() as u64,
        photos: row.photos,
    };
    for table in [
        Table::Faces,
        Table::FacePeople,
        Table::Photos,
        Table::PhotoKeys,
        Table::PersonLinks,
        Table::Thumbnails,
    ] {
        txn.delete_prefix(table, &prefix)?;
    }
    vectors::clear(txn, Set::of_event(number))?;
    event::remove(txn, number, &row)?;
    Ok(forgotten)
}

/// Forgets a user in one event, or in all.
pub(crate) fn forget_user(
    txn: &mut WriteTxn<'_>,
    user_id: &str,
    only: Option<&str>,
) -> Result<ForgottenFaces> {
    let mut forgotten = ForgottenFaces::default();
    for (number, row) in event::all(txn.view())? {
        if only.is_none_or(|name| name == row.name) {
            forgotten += forget_user_in(txn, number, &row.name, user_id)?;
        }
    }
    Ok(forgotten)
}

fn forget_user_in(txn: &mut WriteTxn<'_>, event: u32, name: &str, user_id: &str) -> Result<ForgottenFaces> {
    let tagged = tags(txn.view(), event, name)?.filter(|tag| tag.user_id == user_id).count();
    let album = Album::load(txn.view(), event)?;
    let persons = album.of_user(user_id);
    let forgotten = forget_people(txn, album, persons)?;
    Ok(ForgottenFaces { tags: tagged as u64, photos: forget_uploader(txn, event, user_id)?, ..forgotten })
}

/// Forgets a person, with those that were merged into it.
pub(crate) fn forget_person(txn: &mut WriteTxn<'_>, event: &str, who: PersonId) -> Result<ForgottenFaces> {
    let (number, _) = event::get(txn.view(), event)?;
    let mut album = Album::open(txn.view(), number)?;
    let person = album.open_person(txn.view(), who)?;
    let tagged = tags_of(txn.view(), &album, person)?;
    let persons = album.with_merged(BTreeSet::from([person]));
    let forgotten = forget_people(txn, album, persons)?;
    Ok(ForgottenFaces { tags: tagged, ..forgotten })
}

/// Removes people with all their faces; tags and photos are not counted.
fn forget_people(txn: &mut WriteTxn<'_>, mut album: Album, persons: BTreeSet<u32>) -> Result<ForgottenFaces> {
    let people = persons.iter().filter(|p| !album.is_merged(**p)).count() as u64;
    let is_theirs = |person: Option<u32>| person.is_some_and(|p| persons.contains(&p));
    let gone: Vec<u32> =
        album.faces.iter().filter(|(_, face)| is_theirs(face.person)).map(|(n, _)| *n).collect();
    if !persons.is_empty() {
        remove_from_photos(txn, album.number, &album, &gone)?;
        gone.iter().for_each(|face| album.remove_face(*face));
        persons.iter().for_each(|person| album.remove_person(*person));
        album.tidy();
        album.save(txn)?;
    }
    Ok(ForgottenFaces { faces: gone.len() as u64, people, ..ForgottenFaces::default() })
}

/// Takes faces out of the rows of their photos.
fn remove_from_photos(txn: &mut WriteTxn<'_>, event: u32, album: &Album, faces: &[u32]) -> Result<()> {
    let photos: BTreeSet<u32> = faces.iter().filter_map(|f| Some(album.faces.get(f)?.photo)).collect();
    for number in photos {
        if let Some(mut row) = photo::by_number(txn.view(), event, number)? {
            row.faces.retain(|face| !faces.contains(face));
            photo::write(txn, event, number, &mut row)?;
        }
    }
    Ok(())
}

/// Takes the user's name from the photos they brought; gives how many there were.
fn forget_uploader(txn: &mut WriteTxn<'_>, event: u32, user_id: &str) -> Result<u64> {
    let is_theirs = |photo: &Photo| photo.user_id.as_deref() == Some(user_id);
    let rows: Vec<_> = photo::all(txn.view(), event)?
        .filter(|row| row.as_ref().map_or(true, |(_, row)| is_theirs(&row.photo)))
        .collect::<Result<_>>()?;
    let count = rows.len() as u64;
    for (number, mut row) in rows {
        row.photo.user_id = None;
        photo::write(txn, event, number, &mut row)?;
    }
    Ok(count)
}

pub(crate) fn archive(txn: &mut WriteTxn<'_>, name: &str) -> Result<ArchivedEvent> {
    let (number, _) = event::get(txn.view(), name)?;
    let mut album = Album::load(txn.view(), number)?;
    let with_embedding: Vec<u32> =
        album.faces.iter().filter(|(_, face)| face.dimensions > 0).map(|(n, _)| *n).collect();
    vectors::clear(txn, Set::of_event(number))?;
    for face in &with_embedding {
        if let Some(face) = album.face_mut(*face) {
            face.dimensions = 0;
        }
    }
    album.row.archived = true;
    album.save(txn)?;
    Ok(ArchivedEvent {
        embeddings: with_embedding.len() as u64,
        faces: album.row.faces,
        photos: album.row.photos,
        people: album.row.people,
    })
}
