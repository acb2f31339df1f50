//! Events of a store that was saved from damage: what lost its other half goes, and all that follows from the rows of photos,
//! faces and people is made anew.

use crate::env::{Table, View, WriteTxn};
use crate::meta;
use crate::rows::event::{self, EventRow};
use crate::rows::face::{self, KeptFace};
use crate::rows::person::{self, PersonRow};
use crate::rows::photo::{self, PhotoRow};
use crate::space::{self, FACES};
use crate::store::Store;
use crate::vectors::{self, Set};
use sonic_core::Result;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Mends the events; gives how many photos and how many faces there are.
pub(crate) fn mend(store: &Store) -> Result<(u64, u64)> {
    let dimensions = store.read(|view| space::of_store(view, FACES))?.map_or(0, |space| space.dimensions);
    if dimensions == 0 {
        // Nothing says what they could be compared with.
        store.write(|txn| txn.clear(Table::FaceVectors))?;
    }
    let events = store.read(events)?;
    let (mut photos, mut faces) = (0, 0);
    for event in &events {
        let counts = store.write(|txn| match Remains::read(txn.view(), *event, dimensions)? {
            Some(mut remains) => {
                remains.mend();
                remains.write(txn, dimensions)
            }
            None => remove(txn, *event).map(|()| (0, 0)),
        })?;
        (photos, faces) = (photos + counts.0, faces + counts.1);
    }
    let last = events.last().copied().unwrap_or(0);
    store.write(|txn| meta::number_from(txn, meta::NEXT_EVENT, last))?;
    Ok((photos, faces))
}

/// The numbers of the events of which there is anything.
fn events(view: View<'_>) -> Result<BTreeSet<u32>> {
    let mut events = BTreeSet::new();
    let tables = [
        Table::Events,
        Table::Photos,
        Table::Faces,
        Table::FacePeople,
        Table::FaceVectors,
        Table::Thumbnails,
    ];
    for table in tables {
        for row in view.rows(table)? {
            let first = row?.0.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
            events.insert(if table == Table::FaceVectors { Set::event_of(first) } else { first });
        }
    }
    Ok(events)
}

/// Removes what is left of an event that has lost its name.
fn remove(txn: &mut WriteTxn<'_>, event: u32) -> Result<()> {
    for table in [Table::Events, Table::Photos, Table::Faces, Table::FacePeople, Table::Thumbnails] {
        txn.delete_prefix(table, &event.to_be_bytes())?;
    }
    vectors::clear(txn, Set::of_event(event))
}

/// What is left of an event.
struct Remains {
    number: u32,
    row: EventRow,
    photos: BTreeMap<u32, PhotoRow>,
    faces: BTreeMap<u32, KeptFace>,
    people: BTreeMap<u32, PersonRow>,
}

impl Remains {
    /// `None` if nothing says what the event is called.
    fn read(view: View<'_>, number: u32, dimensions: usize) -> Result<Option<Self>> {
        let photos: BTreeMap<u32, PhotoRow> = photo::all(view, number)?.collect::<Result<_>>()?;
        let from_photo = photos.values().next().map(|first| EventRow {
            name: first.photo.event.clone(),
            created_at_ms: first.photo.created_at_ms,
            ..EventRow::default()
        });
        let Some(row) = event::by_number(view, number)?.or(from_photo) else { return Ok(None) };
        let mut faces: BTreeMap<u32, KeptFace> = face::all(view, number)?.collect::<Result<_>>()?;
        for (face, row) in &mut faces {
            if !vectors::contains(view, Set::of_event(number), *face, dimensions) {
                row.dimensions = 0;
            }
        }
        let people = person::all(view, number)?.collect::<Result<_>>()?;
        Ok(Some(Self { number, row, photos, faces, people }))
    }

    fn mend(&mut self) {
        let Self { row, photos, faces, people, .. } = self;
        let last = |numbers: Option<(&u32, _)>| numbers.map_or(0, |(number, _)| *number);
        row.next_photo = row.next_photo.max(last(photos.last_key_value().map(|(n, _)| (n, ()))));
        row.next_face = row.next_face.max(last(faces.last_key_value().map(|(n, _)| (n, ()))));
        row.next_person = row.next_person.max(last(people.last_key_value().map(|(n, _)| (n, ()))));
        faces.retain(|n, face| photos.get(&face.photo).is_some_and(|photo| photo.faces.contains(n)));
        photos.values_mut().for_each(|photo| photo.faces.retain(|face| faces.contains_key(face)));
        self.mend_people();
        self.row.photos = self.photos.len() as u64;
        self.row.faces = self.faces.len() as u64;
        self.row.people = self.people.values().filter(|person| !person.is_merged()).count() as u64;
    }

    fn mend_people(&mut self) {
        let Self { faces, people, .. } = self;
        let mut seen = HashSet::new();
        for face in faces.values_mut() {
            let mut is_theirs = |person: u32| {
                people.get(&person).is_some_and(|row| !row.is_merged()) && seen.insert((face.photo, person))
            };
            if face.person.is_some_and(|person| !is_theirs(person)) {
                (face.person, face.held) = (None, false);
            }
        }
        // Of those without a face, the ones that are decided about stay, and the ones that others were merged into.
        let shown: HashSet<u32> = faces.values().filter_map(|face| face.person).collect();
        loop {
            let into: HashSet<u32> = people.values().filter_map(|row| row.merged_into).collect();
            let is_needed = |n: &u32, row: &PersonRow| match row.merged_into {
                Some(into) => people.contains_key(&into),
                None => !row.is_merged() && (row.decided || shown.contains(n) || into.contains(n)),
            };
            let gone: Vec<u32> =
                people.iter().filter(|(n, row)| !is_needed(n, row)).map(|(n, _)| *n).collect();
            if gone.is_empty() {
                break;
            }
            gone.iter().for_each(|n| drop(people.remove(n)));
        }
        let known: HashSet<u32> = people.keys().copied().collect();
        for (n, row) in people {
            row.not_same.retain(|other| known.contains(other));
            row.pinned =
                row.pinned.filter(|face| faces.get(face).is_some_and(|face| face.person == Some(*n)));
        }
        faces.values_mut().for_each(|face| face.not.retain(|other| known.contains(other)));
    }

    /// Writes all of it in the place of what was there; gives its photos and faces.
    fn write(mut self, txn: &mut WriteTxn<'_>, dimensions: usize) -> Result<(u64, u64)> {
        for table in [Table::Photos, Table::Faces, Table::FacePeople] {
            txn.delete_prefix(table, &self.number.to_be_bytes())?;
        }
        event::write_with_name(txn, self.number, &self.row)?;
        for (number, photo) in &mut self.photos {
            photo::write(txn, self.number, *number, photo)?;
        }
        for (number, face) in &self.faces {
            face::write(txn, self.number, *number, face)?;
        }
        for (number, row) in &self.people {
            person::write(txn, self.number, *number, Some(row))?;
        }
        let has_vector = |face: u32| self.faces.get(&face).is_some_and(|face| face.dimensions > 0);
        vectors::retain(txn, Set::of_event(self.number), dimensions, has_vector)?;
        let prefix = self.number.to_be_bytes();
        let thumbnails: Vec<Vec<u8>> = txn
            .view()
            .prefix(Table::Thumbnails, &prefix)?
            .map(|row| Ok(row?.0.to_vec()))
            .collect::<Result<_>>()?;
        for key in thumbnails {
            let face = key.last_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
            if !self.faces.contains_key(&face) {
                txn.delete(Table::Thumbnails, &key)?;
            }
        }
        Ok((self.row.photos, self.row.faces))
    }
}
