//! Whether the faces and the people of a store are sound.

use crate::album::state::Album;
use crate::env::{Table, View};
use crate::rows::event::{self, EventRow};
use crate::rows::{links, photo};
use crate::space::{self, FACES};
use crate::vectors::{self, Set};
use sonic_core::Result;
use std::collections::{BTreeMap, HashSet};

/// Reports everything that is wrong with the faces and the people.
pub(crate) fn check(view: View<'_>, report: &mut impl FnMut(String)) -> Result<()> {
    let dimensions = match space::of_store(view, FACES) {
        Ok(space) => space.map_or(0, |s| s.dimensions),
        Err(e) => {
            report(e.to_string());
            return Ok(());
        }
    };
    let events = match event::all(view) {
        Ok(events) => events,
        Err(e) => {
            report(e.to_string());
            return Ok(());
        }
    };
    check_orphans(view, &events.iter().map(|(number, _)| *number).collect(), report)?;
    for (number, row) in events {
        if event::number_of(view, &row.name).ok().flatten() != Some(number) {
            report(format!("the name {:?} does not lead to its event", row.name));
        }
        if let Err(e) = check_event(view, number, &row, dimensions, report) {
            report(e.context(format!("the event {:?}", row.name)).to_string());
        }
    }
    Ok(())
}

/// Rows of events that there are not.
fn check_orphans(view: View<'_>, known: &HashSet<u32>, report: &mut impl FnMut(String)) -> Result<()> {
    if view.len(Table::EventNames)? != known.len() as u64 {
        report("the names of the events do not fit their rows".to_owned());
    }
    let tables = [
        Table::Photos,
        Table::PhotoKeys,
        Table::Faces,
        Table::FacePeople,
        Table::FaceVectors,
        Table::PersonLinks,
        Table::Thumbnails,
    ];
    for table in tables {
        let mut orphans = HashSet::new();
        for row in view.rows(table)? {
            let first = row?.0.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
            let event = if table == Table::FaceVectors { Set::event_of(first) } else { first };
            if !known.contains(&event) && orphans.insert(event) {
                report(format!("there are {table:?} of event {event}, which is missing"));
            }
        }
    }
    Ok(())
}

fn check_event(
    view: View<'_>,
    number: u32,
    row: &EventRow,
    dimensions: usize,
    report: &mut impl FnMut(String),
) -> Result<()> {
    let album = Album::load(view, number)?;
    let mut of_photos: BTreeMap<u32, u32> = BTreeMap::new();
    let mut photos = 0;
    for photo in photo::all(view, number)? {
        let (photo_number, photo) = photo?;
        photos += 1;
        of_photos.extend(photo.faces.iter().map(|face| (*face, photo_number)));
        if photo::number_of_id(view, number, &photo.photo.photo_id)? != Some(photo_number) {
            report(format!("the id {:?} does not lead to its photo", photo.photo.photo_id));
        }
        if photo_number > row.next_photo {
            report(format!("the event {:?} would give the number of a photo again", row.name));
        }
    }
    check_faces(view, &album, &of_photos, dimensions, report);
    check_people(&album, report);
    let people = album.people.values().filter(|person| !person.is_merged()).count() as u64;
    if (row.photos, row.faces, row.people) != (photos, album.faces.len() as u64, people) {
        report(format!("the counts of the event {:?} do not fit its rows", row.name));
    }
    let faces = album.faces.iter().flat_map(|(n, face)| face.links(*n));
    let links = faces.chain(album.people.iter().flat_map(|(n, person)| person.links(*n))).collect();
    if !links::are(view, number, &links)? {
        report(format!("the index of the people of {:?} does not fit their rows", row.name));
    }
    Ok(())
}

fn check_faces(
    view: View<'_>,
    album: &Album,
    of_photos: &BTreeMap<u32, u32>,
    dimensions: usize,
    report: &mut impl FnMut(String),
) {
    let mut seen = HashSet::new();
    for (number, face) in &album.faces {
        if of_photos.get(number) != Some(&face.photo) || *number > album.row.next_face {
            report(format!("face {number} of the event {:?} is not that of a photo", album.row.name));
        }
        let vector = vectors::get(view, Set::of_event(album.number), *number, dimensions);
        let has_vector = dimensions > 0 && vector.is_ok_and(|vector| vector.is_some());
        if has_vector != (face.dimensions > 0) {
            report(format!("the embedding of face {number} of {:?} is missing or too many", album.row.name));
        }
        let Some(person) = face.person else { continue };
        if !album.people.contains_key(&person) || album.is_merged(person) || face.not.contains(&person) {
            report(format!("face {number} of {:?} is of a person it cannot be of", album.row.name));
        }
        if !seen.insert((face.photo, person)) {
            report(format!("two faces of one photo of {:?} are one person", album.row.name));
        }
    }
    let with_vector = album.faces.values().filter(|face| face.dimensions > 0).count();
    let set = Set::of_event(album.number);
    if dimensions > 0 && vectors::count(view, set, dimensions).is_ok_and(|count| count != with_vector) {
        report(format!("{:?} has embeddings without faces, or the reverse", album.row.name));
    }
    if of_photos.keys().any(|face| !album.faces.contains_key(face)) {
        report(format!("a photo of {:?} has lost a face", album.row.name));
    }
}

fn check_people(album: &Album, report: &mut impl FnMut(String)) {
    for (number, person) in &album.people {
        let others = person.not_same.iter().chain(&person.merged_into);
        if others.clone().any(|other| !album.people.contains_key(other)) || *number > album.row.next_person {
            report(format!("a rule of person {number} of {:?} leads nowhere", album.row.name));
        }
        let is_theirs = |face: u32| album.faces.get(&face).is_some_and(|f| f.person == Some(*number));
        if person.pinned.is_some_and(|face| !is_theirs(face)) {
            report(format!("the pinned face of person {number} of {:?} is not theirs", album.row.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::env::{Change, Table};
    use crate::shared::Shared;
    use crate::{ClusterOptions, NewPhoto, Photo, Store, StoreOptions};
    use sonic_core::{Embedding, ErrorKind, Face, FaceQuality, PipelineId};

    fn last_row(shared: &Shared, table: Table) -> (Vec<u8>, Vec<u8>) {
        let env = shared.env().unwrap();
        let txn = env.read().unwrap();
        let (key, value) = txn.view().rows(table).unwrap().last().unwrap().unwrap();
        (key.to_vec(), value.to_vec())
    }

    fn photo(n: u8) -> NewPhoto {
        let quality = FaceQuality { size: 90.0, sharpness: 20.0, brightness: 0.5, ..FaceQuality::default() };
        let embedding = Embedding { pipeline: PipelineId::new("damage"), vector: vec![9.0, f32::from(n)] };
        let face = Face { bbox: [0.0; 4], score: 0.9, landmarks: [[0.0; 2]; 5], quality, embedding };
        let photo = Photo { photo_id: n.to_string(), event: "event".to_owned(), ..Photo::default() };
        NewPhoto { photo, faces: vec![face], thumbnails: Vec::new() }
    }

    /// Every table damaged in turn: what needs it says so, the check finds it, and nothing panics.
    #[test]
    fn damaged_rows_are_errors_and_found() {
        let path = std::env::temp_dir().join(format!("sonic-damaged-faces-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        let store = Store::open(&path, StoreOptions::default()).unwrap();
        let (faces, people) = (store.faces(), store.people("event"));
        (0..3).for_each(|n| drop(faces.add_photo(&photo(n)).unwrap()));
        people.cluster(&ClusterOptions::default()).unwrap();
        let row = faces.faces_of("event", "2").unwrap().remove(0);
        assert!(store.check().unwrap().is_empty() && row.person_id.is_some());
        let shared = store.shared().unwrap();
        let tables = [
            Table::Events,
            Table::EventNames,
            Table::Photos,
            Table::PhotoKeys,
            Table::Faces,
            Table::FaceVectors,
            Table::FacePeople,
            Table::PersonLinks,
        ];
        for table in tables {
            let (key, value) = last_row(&shared, table);
            shared.write(Change::Addition, |txn| txn.put(table, &key, b"damaged")).unwrap();
            assert!(!store.check().unwrap().is_empty(), "{table:?}");
            // The value of an index is of no use, so that only the check looks at it.
            let kind = match table {
                Table::PersonLinks => ErrorKind::Malformed,
                Table::Photos | Table::PhotoKeys => faces.photo("event", "2").unwrap_err().kind(),
                Table::FaceVectors => faces.embedding(row.face_id).unwrap_err().kind(),
                _ => people.cluster(&ClusterOptions::default()).unwrap_err().kind(),
            };
            assert_eq!(kind, ErrorKind::Malformed, "{table:?}");
            shared.write(Change::Addition, |txn| txn.delete(table, &key)).unwrap();
            assert!(!store.check().unwrap().is_empty(), "{table:?}, missing");
            drop((people.list(), faces.page("event", Default::default(), 9), people.tags()));
            shared.write(Change::Addition, |txn| txn.put(table, &key, &value)).unwrap();
        }
        assert!(store.check().unwrap().is_empty());
        std::fs::remove_dir_all(&path).unwrap();
    }
}
