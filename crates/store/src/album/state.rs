//! An event in memory: decisions and clusterings change it, and what they changed is written in one transaction.

use crate::env::{View, WriteTxn};
use crate::meta;
use crate::rows::encode::damaged;
use crate::rows::event::{self, EventRow};
use crate::rows::face::{self, FaceRow};
use crate::rows::id::{FaceId, PersonId};
use crate::rows::person::{self, Person, PersonRow, PersonStatus};
use sonic_core::{Error, ErrorKind, Result};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The faces and the people of an event.
pub(crate) struct Album {
    pub number: u32,
    pub row: EventRow,
    pub faces: BTreeMap<u32, FaceRow>,
    pub people: BTreeMap<u32, PersonRow>,
    changed_faces: BTreeSet<u32>,
    changed_people: BTreeSet<u32>,
}

impl Album {
    pub(crate) fn load(view: View<'_>, number: u32) -> Result<Self> {
        let row = event::by_number(view, number)?.ok_or_else(|| damaged("the row of an event"))?;
        Ok(Self {
            number,
            row,
            faces: face::all(view, number)?.collect::<Result<_>>()?,
            people: person::all(view, number)?.collect::<Result<_>>()?,
            changed_faces: BTreeSet::new(),
            changed_people: BTreeSet::new(),
        })
    }

    /// Writes what was changed.
    pub(crate) fn save(&mut self, txn: &mut WriteTxn<'_>) -> Result<()> {
        for number in std::mem::take(&mut self.changed_faces) {
            match self.faces.get(&number) {
                Some(face) => face::write(txn, self.number, number, face)?,
                None => face::remove(txn, self.number, number)?,
            }
        }
        for number in std::mem::take(&mut self.changed_people) {
            match self.people.get(&number) {
                Some(row) => person::write(txn, self.number, number, row)?,
                None => person::remove(txn, self.number, number)?,
            }
        }
        event::save(txn, self.number, &mut self.row)
    }

    /// A face, to be changed.
    pub(crate) fn face_mut(&mut self, number: u32) -> Option<&mut FaceRow> {
        let face = self.faces.get_mut(&number)?;
        self.changed_faces.insert(number);
        Some(face)
    }

    /// A person, to be changed.
    pub(crate) fn person_mut(&mut self, number: u32) -> Option<&mut PersonRow> {
        let person = self.people.get_mut(&number)?;
        self.changed_people.insert(number);
        person.updated_at_ms = meta::now_ms();
        Some(person)
    }

    /// # Errors
    /// `NotFound` if the event has no such face.
    pub(crate) fn face_number(&self, face: FaceId) -> Result<u32> {
        let (event, number) = face.parts();
        if event != self.number || !self.faces.contains_key(&number) {
            let message = format!("there is no face {face} in the event {:?}", self.row.name);
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        Ok(number)
    }

    /// The number of a person that was not merged.
    ///
    /// # Errors
    /// `NotFound` if the event has no such person; `InvalidArgument` if it was merged into another.
    pub(crate) fn person_number(&self, person: PersonId) -> Result<u32> {
        let (event, number) = person.parts();
        match self.people.get(&number).filter(|_| event == self.number) {
            Some(PersonRow { status: PersonStatus::Merged, merged_into, .. }) => {
                let into =
                    merged_into.map_or_else(String::new, |n| format!(" {}", PersonId::new(self.number, n)));
                let message = format!("the person {person} was merged into another: use{into} instead");
                Err(Error::new(ErrorKind::InvalidArgument, message))
            }
            Some(_) => Ok(number),
            None => {
                let message = format!("there is no person {person} in the event {:?}", self.row.name);
                Err(Error::new(ErrorKind::NotFound, message))
            }
        }
    }

    /// Makes a person without faces.
    pub(crate) fn new_person(&mut self) -> Result<u32> {
        let number = event::next(&mut self.row.next_person)?;
        let now = meta::now_ms();
        let row = PersonRow { created_at_ms: now, updated_at_ms: now, ..PersonRow::default() };
        self.people.insert(number, row);
        self.changed_people.insert(number);
        Ok(number)
    }

    pub(crate) fn remove_face(&mut self, number: u32) {
        self.faces.remove(&number);
        self.changed_faces.insert(number);
    }

    /// Removes a person and every rule that names it; its faces are unassigned then.
    pub(crate) fn remove_person(&mut self, number: u32) {
        self.people.remove(&number);
        self.changed_people.insert(number);
        let named: Vec<u32> =
            self.people.iter().filter(|(_, p)| p.not_same.contains(&number)).map(|(n, _)| *n).collect();
        for other in named {
            if let Some(person) = self.person_mut(other) {
                person.not_same.retain(|n| *n != number);
            }
        }
        let is_named = |face: &FaceRow| face.person == Some(number) || face.not.contains(&number);
        let named: Vec<u32> = self.faces.iter().filter(|(_, f)| is_named(f)).map(|(n, _)| *n).collect();
        for face in named {
            if let Some(face) = self.face_mut(face) {
                if face.person == Some(number) {
                    (face.person, face.held) = (None, false);
                }
                face.not.retain(|n| *n != number);
            }
        }
    }

    /// Removes people without a decision who have no faces left, and pins of faces that are not theirs.
    pub(crate) fn tidy(&mut self) {
        let seen: HashSet<u32> = self.faces.values().filter_map(|face| face.person).collect();
        let empty: Vec<u32> = self
            .people
            .iter()
            .filter(|(n, p)| !p.decided && !p.is_merged() && !seen.contains(n))
            .map(|(n, _)| *n)
            .collect();
        empty.into_iter().for_each(|n| self.remove_person(n));
        let is_loose = |(n, p): (&u32, &PersonRow)| {
            let pinned = p.pinned?;
            let holds = self.faces.get(&pinned).is_some_and(|face| face.person == Some(*n));
            (!holds).then_some(*n)
        };
        let loose: Vec<u32> = self.people.iter().filter_map(is_loose).collect();
        for number in loose {
            if let Some(person) = self.person_mut(number) {
                person.pinned = None;
            }
        }
    }

    pub(crate) fn is_merged(&self, person: u32) -> bool {
        self.people.get(&person).is_some_and(PersonRow::is_merged)
    }

    /// The people that are linked to a user, and those who were merged into them.
    pub(crate) fn of_user(&self, user_id: &str) -> BTreeSet<u32> {
        let linked = |p: &PersonRow| !p.is_merged() && p.user_id.as_deref() == Some(user_id);
        self.with_merged(self.people.iter().filter(|(_, p)| linked(p)).map(|(n, _)| *n).collect())
    }

    /// People, with those that were merged into them.
    pub(crate) fn with_merged(&self, mut found: BTreeSet<u32>) -> BTreeSet<u32> {
        loop {
            let more = |p: &PersonRow| p.merged_into.is_some_and(|into| found.contains(&into));
            let merged: Vec<u32> =
                self.people.iter().filter(|(n, p)| more(p) && !found.contains(n)).map(|(n, _)| *n).collect();
            if merged.is_empty() {
                return found;
            }
            found.extend(merged);
        }
    }

    /// Numbers of a person's faces.
    pub(crate) fn faces_of(&self, person: u32) -> Vec<u32> {
        self.faces.iter().filter(|(_, face)| face.person == Some(person)).map(|(n, _)| *n).collect()
    }

    /// Everybody, in the order in which they were made, with counts.
    pub(crate) fn everybody(&self) -> Vec<Person> {
        let mut faces: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (number, face) in &self.faces {
            if let Some(person) = face.person {
                faces.entry(person).or_default().push(*number);
            }
        }
        let none = Vec::new();
        let each = self.people.iter();
        each.map(|(n, row)| self.public(*n, row, faces.get(n).unwrap_or(&none))).collect()
    }

    /// A person as callers see it.
    pub(crate) fn person(&self, number: u32) -> Option<Person> {
        let row = self.people.get(&number)?;
        Some(self.public(number, row, &self.faces_of(number)))
    }

    fn public(&self, number: u32, row: &PersonRow, faces: &[u32]) -> Person {
        let seen: Vec<&FaceRow> = faces.iter().filter_map(|n| self.faces.get(n)).collect();
        let scores = || seen.iter().map(|face| face.score);
        let person = |number: u32| PersonId::new(self.number, number);
        let photos: HashSet<u32> = seen.iter().map(|face| face.photo).collect();
        let representative = row.pinned.or_else(|| self.best(faces));
        Person {
            person_id: person(number),
            event: self.row.name.clone(),
            label: number.saturating_sub(1),
            status: row.status,
            user_id: row.user_id.clone(),
            name: row.name.clone(),
            invitation_email: row.invitation_email.clone(),
            invited_at_ms: row.invited_at_ms,
            merged_into: row.merged_into.map(person),
            faces: seen.len() as u32,
            photos: photos.len() as u32,
            avg_quality: scores().sum::<f32>() / seen.len().max(1) as f32,
            min_quality: scores().reduce(f32::min).unwrap_or(0.0),
            max_quality: scores().reduce(f32::max).unwrap_or(0.0),
            representative_face_id: representative.map(|face| FaceId::new(self.number, face)),
            pinned: row.pinned.is_some(),
            confirmed: row.decided,
            not_same: row.not_same.iter().map(|n| person(*n)).collect(),
            created_at_ms: row.created_at_ms,
            updated_at_ms: row.updated_at_ms,
        }
    }

    /// The face of the greatest score; of equal ones the largest, then the first.
    pub(crate) fn best(&self, faces: &[u32]) -> Option<u32> {
        let seen = faces.iter().filter_map(|n| Some((*n, self.faces.get(n)?)));
        let order = |(n, a): &(u32, &FaceRow), (m, b): &(u32, &FaceRow)| {
            a.score.total_cmp(&b.score).then(a.size().total_cmp(&b.size())).then(m.cmp(n))
        };
        seen.max_by(order).map(|(n, _)| n)
    }
}
