//! What is removed: photos, users, events, embeddings.

use super::event;
use super::id::PersonId;
use super::photo::{self, Photo};
use crate::env::{Table, WriteTxn};
use crate::people::{self, Album};
use crate::voices::vectors::{self, Set};
use sonic_core::Result;
use std::collections::BTreeSet;
use std::ops::AddAssign;

/// What was purged: the counts of Memoria's `purge_face_data_for_user`, and the photos.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PurgedFaces {
    /// Faces, with their embeddings.
    pub deleted_faces: u64,
    /// People.
    pub deleted_persons: u64,
    /// Photos that showed a linked person, each counted once for each person.
    pub deleted_tags: u64,
    /// Photos that were removed; when a user is purged, photos that no longer say who brought them.
    pub photos: u64,
}

impl AddAssign for PurgedFaces {
    fn add_assign(&mut self, other: Self) {
        self.deleted_faces += other.deleted_faces;
        self.deleted_persons += other.deleted_persons;
        self.deleted_tags += other.deleted_tags;
        self.photos += other.photos;
    }
}

/// What archiving removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Archived {
    /// Embeddings that were removed just now.
    pub embeddings: u64,
    /// Faces that stay.
    pub faces: u64,
    /// Photos that stay.
    pub photos: u64,
    /// People that stay, without those who were merged into others.
    pub people: u64,
}

pub(super) fn remove_photo(txn: &mut WriteTxn<'_>, event: &str, id: &str) -> Result<Photo> {
    let (event, number, row) = photo::get(txn.view(), event, id)?;
    let mut album = Album::load(txn.view(), event)?;
    row.faces.iter().for_each(|face| album.remove_face(*face));
    album.tidy();
    album.save(txn)?;
    photo::remove(txn, event, number, &row)?;
    Ok(row.photo)
}

pub(super) fn purge_event(txn: &mut WriteTxn<'_>, name: &str) -> Result<PurgedFaces> {
    let Some((number, row)) = event::find(txn.view(), name)? else { return Ok(PurgedFaces::default()) };
    let prefix = number.to_be_bytes();
    let view = txn.view();
    let purged = PurgedFaces {
        deleted_faces: view.prefix(Table::Faces, &prefix)?.count() as u64,
        deleted_persons: people::count(view, number)?,
        deleted_tags: people::tags(view, number, name)?.count() as u64,
        photos: view.prefix(Table::Photos, &prefix)?.count() as u64,
    };
    for table in [Table::Faces, Table::FacePeople, Table::Photos, Table::PhotoKeys] {
        txn.delete_prefix(table, &prefix)?;
    }
    vectors::clear(txn, Set::of_event(number))?;
    event::remove(txn, number, &row)?;
    Ok(purged)
}

/// Purges a user in one event, or in all.
pub(crate) fn purge_user(txn: &mut WriteTxn<'_>, user: &str, only: Option<&str>) -> Result<PurgedFaces> {
    let mut purged = PurgedFaces::default();
    for (number, row) in event::all(txn.view())? {
        if only.is_none_or(|name| name == row.name) {
            purged += purge_user_in(txn, number, &row.name, user)?;
        }
    }
    Ok(purged)
}

fn purge_user_in(txn: &mut WriteTxn<'_>, event: u32, name: &str, user: &str) -> Result<PurgedFaces> {
    let tags = people::tags(txn.view(), event, name)?.filter(|tag| tag.user == user).count();
    let album = Album::load(txn.view(), event)?;
    let persons = album.of_user(user);
    let purged = purge_people(txn, album, persons)?;
    Ok(PurgedFaces { deleted_tags: tags as u64, photos: forget_bringer(txn, event, user)?, ..purged })
}

/// Purges a person, with those that were merged into it.
pub(crate) fn purge_person(txn: &mut WriteTxn<'_>, event: &str, person: PersonId) -> Result<PurgedFaces> {
    let (number, row) = event::get(txn.view(), event)?;
    let tags = people::tags(txn.view(), number, &row.name)?.filter(|tag| tag.person == person).count();
    let album = Album::load(txn.view(), number)?;
    let persons = album.with_merged(BTreeSet::from([album.person_number(person)?]));
    let purged = purge_people(txn, album, persons)?;
    Ok(PurgedFaces { deleted_tags: tags as u64, ..purged })
}

/// Removes people with all their faces; tags and photos are not counted.
fn purge_people(txn: &mut WriteTxn<'_>, mut album: Album, persons: BTreeSet<u32>) -> Result<PurgedFaces> {
    let deleted_persons = persons.iter().filter(|p| !album.is_merged(**p)).count() as u64;
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
    Ok(PurgedFaces { deleted_faces: gone.len() as u64, deleted_persons, ..PurgedFaces::default() })
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
fn forget_bringer(txn: &mut WriteTxn<'_>, event: u32, user: &str) -> Result<u64> {
    let is_theirs = |photo: &Photo| photo.user.as_deref() == Some(user);
    let rows: Vec<_> = photo::all(txn.view(), event)?
        .filter(|row| row.as_ref().map_or(true, |(_, row)| is_theirs(&row.photo)))
        .collect::<Result<_>>()?;
    let count = rows.len() as u64;
    for (number, mut row) in rows {
        row.photo.user = None;
        photo::write(txn, event, number, &mut row)?;
    }
    Ok(count)
}

pub(super) fn archive(txn: &mut WriteTxn<'_>, name: &str) -> Result<Archived> {
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
    Ok(Archived {
        embeddings: with_embedding.len() as u64,
        faces: album.faces.len() as u64,
        photos: txn.view().prefix(Table::Photos, &number.to_be_bytes())?.count() as u64,
        people: people::count(txn.view(), number)?,
    })
}
