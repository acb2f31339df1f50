//! Who is to be seen on which photo: it follows from the faces of people who are linked to users.

use super::state::Album;
use crate::env::View;
use crate::rows::id::{FaceId, PersonId};
use crate::rows::person::{PersonRow, PersonStatus};
use crate::rows::{face, person, photo};
use serde::Serialize;
use sonic_core::Result;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A photo that shows a user.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Tag {
    /// The event.
    pub event: String,
    /// Id of the photo.
    pub photo_id: String,
    /// The user.
    pub user_id: String,
    /// The person that is linked to the user.
    pub person_id: PersonId,
    /// The face.
    pub face_id: FaceId,
    /// Its box: left, top, right, bottom in pixels of the upright picture.
    pub bbox: [f32; 4],
}

/// Which photos of an event show which linked user, in order of photo and user.
pub(crate) fn tags(view: View<'_>, event: u32, name: &str) -> Result<impl Iterator<Item = Tag>> {
    let mut users = HashMap::new();
    for row in person::all(view, event)? {
        let (number, row) = row?;
        if let (PersonStatus::Linked, Some(user)) = (row.status, row.user_id) {
            users.insert(number, user);
        }
    }
    let mut tags = BTreeMap::new();
    for row in face::all(view, event)? {
        let (number, face) = row?;
        let Some((person, user)) = face.person.and_then(|p| Some((p, users.get(&p)?))) else { continue };
        let tag = tags.entry((face.photo, user.clone()));
        if let std::collections::btree_map::Entry::Vacant(place) = tag {
            place.insert(Tag {
                event: name.to_owned(),
                photo_id: photo::id_of(view, event, face.photo)?,
                user_id: user.clone(),
                person_id: PersonId::new(event, person),
                face_id: FaceId::new(event, number),
                bbox: face.bbox,
            });
        }
    }
    Ok(tags.into_values())
}

/// How many photos show a person, which is loaded, as the user it is linked to. As in [`tags`], a photo that shows a user
/// twice, as two people, is that of the first face.
pub(crate) fn tags_of(view: View<'_>, album: &Album, person: u32) -> Result<u64> {
    let user = |row: Option<&PersonRow>| {
        row.filter(|row| row.status == PersonStatus::Linked).and_then(|row| row.user_id.clone())
    };
    let Some(own) = user(album.people.get(&person)) else { return Ok(0) };
    let photos: BTreeSet<u32> = album.faces_of(person).iter().map(|face| album.faces[face].photo).collect();
    let mut count = 0;
    for photo in photos {
        let mut faces = photo::by_number(view, album.number, photo)?.unwrap_or_default().faces;
        faces.sort_unstable();
        for face in faces {
            let seen = face::by_number(view, album.number, face)?.and_then(|face| face.person);
            let Some(seen) = seen else { continue };
            let is_own = match seen == person {
                true => true,
                false => user(person::by_number(view, album.number, seen)?.as_ref()) == Some(own.clone()),
            };
            if is_own {
                count += u64::from(seen == person);
                break;
            }
        }
    }
    Ok(count)
}
