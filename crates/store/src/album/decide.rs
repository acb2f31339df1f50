//! What the user decides about people. A decision holds the faces of the people it is about where they are then: no
//! clustering moves them, and none removes the person.

use super::similarity::Vectors;
use super::state::Album;
use crate::env::View;
use crate::meta;
use crate::rows::id::{FaceId, PersonId};
use crate::rows::person::PersonStatus;
use sonic_core::{Error, ErrorKind, Result};
use std::collections::BTreeMap;

impl Album {
    /// Holds a person as it is.
    pub(crate) fn confirm(&mut self, person: u32) {
        if let Some(row) = self.person_mut(person) {
            row.decided = true;
        }
        for face in self.faces_of(person) {
            if let Some(face) = self.face_mut(face) {
                face.held = true;
            }
        }
    }

    /// Puts a face to a person, held there.
    fn hold(&mut self, face: u32, person: u32) {
        if let Some(face) = self.face_mut(face) {
            (face.person, face.held) = (Some(person), true);
            face.not.retain(|n| *n != person);
        }
    }

    /// Takes a face from its person and says that it is not that person.
    fn reject(&mut self, face: u32, person: u32) {
        if let Some(face) = self.face_mut(face) {
            if face.person == Some(person) {
                (face.person, face.held) = (None, false);
            }
            if !face.not.contains(&person) {
                face.not.push(person);
            }
        }
    }

    pub(crate) fn set_status(&mut self, person: u32, status: PersonStatus) {
        self.confirm(person);
        if let Some(row) = self.person_mut(person) {
            row.status = status;
        }
    }

    pub(crate) fn link(&mut self, person: u32, user_id: &str) {
        self.set_status(person, PersonStatus::Linked);
        if let Some(row) = self.person_mut(person) {
            row.user_id = Some(user_id.to_owned());
        }
    }

    pub(crate) fn invite(&mut self, person: u32, email: &str) {
        self.set_status(person, PersonStatus::Invited);
        if let Some(row) = self.person_mut(person) {
            row.invitation_email = Some(email.to_owned());
            row.invited_at_ms = Some(meta::now_ms());
        }
    }

    /// As before it was ignored: linked, invited or pending.
    pub(crate) fn restore(&mut self, person: u32) {
        self.confirm(person);
        if let Some(row) = self.person_mut(person) {
            row.status = match (&row.user_id, &row.invitation_email) {
                (Some(_), _) => PersonStatus::Linked,
                (None, Some(_)) => PersonStatus::Invited,
                (None, None) => PersonStatus::Pending,
            };
        }
    }

    /// Makes the faces of `from` those of `into`. Where both are in one photo, the face that is less like the others
    /// is left out; gives those.
    pub(crate) fn merge(&mut self, from: u32, into: u32, vectors: &Vectors) -> Result<Vec<u32>> {
        self.check_merge(from, into)?;
        for face in self.faces_of(from) {
            self.hold(face, into);
        }
        self.confirm(into);
        self.hand_over_rules(from, into);
        let row = self.people.get(&from).cloned().unwrap_or_default();
        if let Some(person) = self.person_mut(into) {
            person.user_id = person.user_id.take().or(row.user_id);
            person.name = person.name.take().or(row.name);
            person.invitation_email = person.invitation_email.take().or(row.invitation_email);
            person.invited_at_ms = person.invited_at_ms.or(row.invited_at_ms);
            person.pinned = person.pinned.or(row.pinned);
            if person.status == PersonStatus::Pending && row.status == PersonStatus::Invited {
                person.status = row.status;
            }
            if person.user_id.is_some() && person.status != PersonStatus::Ignored {
                person.status = PersonStatus::Linked;
            }
        }
        if let Some(person) = self.person_mut(from) {
            (person.status, person.merged_into, person.pinned) = (PersonStatus::Merged, Some(into), None);
            (person.user_id, person.not_same) = (None, Vec::new());
        }
        Ok(self.one_each_photo(into, vectors))
    }

    fn check_merge(&self, from: u32, into: u32) -> Result<()> {
        let (Some(a), Some(b)) = (self.people.get(&from), self.people.get(&into)) else { return Ok(()) };
        if from == into {
            return Err(Error::new(ErrorKind::InvalidArgument, "a person cannot be merged into itself"));
        }
        if a.not_same.contains(&into) {
            let message = "the two people were said not to be the same: say that they may be first";
            return Err(Error::new(ErrorKind::Mismatch, message));
        }
        if a.user_id.is_some() && b.user_id.is_some() && a.user_id != b.user_id {
            let message = format!(
                "the two people are linked to different users, {:?} and {:?}: link one anew first",
                a.user_id.as_deref().unwrap_or_default(),
                b.user_id.as_deref().unwrap_or_default()
            );
            return Err(Error::new(ErrorKind::Mismatch, message));
        }
        Ok(())
    }

    /// What is not `from` is not `into` either.
    fn hand_over_rules(&mut self, from: u32, into: u32) {
        let others = self.people.get(&from).map_or_else(Vec::new, |p| p.not_same.clone());
        for other in others {
            self.forget_rule(from, other);
            self.keep_apart(into, other);
        }
        let named: Vec<u32> =
            self.faces.iter().filter(|(_, f)| f.not.contains(&from)).map(|(n, _)| *n).collect();
        for face in named {
            if let Some(face) = self.face_mut(face) {
                face.not.retain(|n| *n != from);
                if face.person != Some(into) && !face.not.contains(&into) {
                    face.not.push(into);
                }
            }
        }
    }

    /// Leaves one face of each photo to a person; gives those that are left out.
    fn one_each_photo(&mut self, person: u32, vectors: &Vectors) -> Vec<u32> {
        let faces = self.faces_of(person);
        let mut of_photo: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for face in &faces {
            of_photo.entry(self.faces[face].photo).or_default().push(*face);
        }
        let alone: Vec<u32> = of_photo.values().filter(|f| f.len() == 1).map(|f| f[0]).collect();
        let rest = vectors.mean(if alone.is_empty() { &faces } else { &alone });
        let mut left_out = Vec::new();
        for mut same in of_photo.into_values().filter(|faces| faces.len() > 1) {
            let order = |n: &u32| (vectors.similarity(*n, &rest), self.faces[n].score);
            same.sort_by(|a, b| {
                let (a, b) = (order(a), order(b));
                b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1))
            });
            left_out.extend(same.into_iter().skip(1));
        }
        left_out.iter().for_each(|face| self.reject(*face, person));
        left_out
    }

    /// Makes a new person of some faces of another, who is not the same.
    pub(crate) fn split(&mut self, person: u32, faces: &[u32]) -> Result<u32> {
        if faces.is_empty() || faces.iter().any(|n| self.faces[n].person != Some(person)) {
            let message = "splitting takes faces, all of that person";
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        if self.faces_of(person).iter().all(|n| faces.contains(n)) {
            let message = "splitting leaves the person a face at least: give fewer";
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let new = self.new_person()?;
        self.move_to(faces, new)?;
        self.confirm(person);
        self.keep_apart(person, new);
        Ok(new)
    }

    /// Makes a new person of faces, whoever they are of.
    pub(crate) fn create(&mut self, faces: &[u32]) -> Result<u32> {
        if faces.is_empty() {
            return Err(Error::new(ErrorKind::InvalidArgument, "a person has a face at least: give some"));
        }
        let new = self.new_person()?;
        self.move_to(faces, new)?;
        self.confirm(new);
        Ok(new)
    }

    fn move_to(&mut self, faces: &[u32], person: u32) -> Result<()> {
        let mut photos = BTreeMap::new();
        for face in faces {
            if photos.insert(self.faces[face].photo, *face).is_some_and(|other| other != *face) {
                return Err(one_photo());
            }
        }
        faces.iter().for_each(|face| self.hold(*face, person));
        Ok(())
    }

    /// Puts a face to a person; a face of the same photo that clustering put there goes.
    pub(crate) fn assign(&mut self, face: u32, person: u32) -> Result<()> {
        let photo = self.faces[&face].photo;
        let same_photo = |n: &u32| *n != face && self.faces[n].photo == photo;
        let rivals: Vec<u32> = self.faces_of(person).into_iter().filter(same_photo).collect();
        if rivals.iter().any(|n| self.faces[n].held) {
            return Err(one_photo());
        }
        rivals.into_iter().for_each(|rival| self.reject(rival, person));
        self.hold(face, person);
        self.confirm(person);
        Ok(())
    }

    /// Says that a face is not a person, and takes it from it.
    pub(crate) fn not_person(&mut self, face: u32, person: u32) {
        self.reject(face, person);
        self.confirm(person);
    }

    /// Says that two people are not the same.
    pub(crate) fn not_same(&mut self, a: u32, b: u32) -> Result<()> {
        if a == b {
            return Err(Error::new(ErrorKind::InvalidArgument, "a person is the same as itself"));
        }
        self.keep_apart(a, b);
        self.confirm(a);
        self.confirm(b);
        Ok(())
    }

    fn keep_apart(&mut self, a: u32, b: u32) {
        for (one, other) in [(a, b), (b, a)] {
            if let Some(row) = self.person_mut(one)
                && !row.not_same.contains(&other)
            {
                row.not_same.push(other);
            }
        }
    }

    /// Takes back that two people are not the same.
    pub(crate) fn forget_rule(&mut self, a: u32, b: u32) {
        for (one, other) in [(a, b), (b, a)] {
            if let Some(row) = self.person_mut(one) {
                row.not_same.retain(|n| *n != other);
            }
        }
    }

    pub(crate) fn pin(&mut self, person: u32, face: Option<u32>) -> Result<()> {
        if face.is_some_and(|n| self.faces[&n].person != Some(person)) {
            let message = "the representative is one of the person's faces: assign it first";
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        self.confirm(person);
        if let Some(row) = self.person_mut(person) {
            row.pinned = face;
        }
        Ok(())
    }

    pub(crate) fn open_faces(&mut self, view: View<'_>, faces: &[FaceId]) -> Result<Vec<u32>> {
        faces.iter().map(|face| self.open_face(view, *face)).collect()
    }

    pub(crate) fn open_pair(&mut self, view: View<'_>, a: PersonId, b: PersonId) -> Result<(u32, u32)> {
        Ok((self.open_person(view, a)?, self.open_person(view, b)?))
    }
}

fn one_photo() -> Error {
    let message = "two faces of one photo cannot be one person: take the other from the person first";
    Error::new(ErrorKind::Mismatch, message)
}
