//! An event in memory: decisions and clusterings change it, and what they changed is written in one transaction.

use crate::env::{View, WriteTxn};
use crate::meta;
use crate::rows::encode::damaged;
use crate::rows::event::{self, EventRow};
use crate::rows::face::{self, KeptFace};
use crate::rows::id::{FaceId, PersonId};
use crate::rows::links::{self, Kind};
use crate::rows::person::{self, Person, PersonRow, PersonStatus};
use sonic_core::{Error, ErrorKind, Result};
use std::collections::{BTreeMap, BTreeSet, HashSet, btree_map};

/// The faces and the people of an event: all of them, or those that a decision is about.
pub(crate) struct Album {
    pub number: u32,
    pub row: EventRow,
    pub faces: BTreeMap<u32, KeptFace>,
    pub people: BTreeMap<u32, PersonRow>,
    /// The people all of whose faces are here. Of others, a rule of theirs is.
    complete: BTreeSet<u32>,
    /// The people with whom everything is here that removing them or merging them changes.
    changeable: BTreeSet<u32>,
    changed_faces: BTreeSet<u32>,
    changed_people: BTreeSet<u32>,
}

impl Album {
    /// The event without its faces and people: those that are needed are loaded, before anything is changed.
    pub(crate) fn open(view: View<'_>, number: u32) -> Result<Self> {
        Ok(Self {
            number,
            row: event::by_number(view, number)?.ok_or_else(|| damaged("the row of an event"))?,
            faces: BTreeMap::new(),
            people: BTreeMap::new(),
            complete: BTreeSet::new(),
            changeable: BTreeSet::new(),
            changed_faces: BTreeSet::new(),
            changed_people: BTreeSet::new(),
        })
    }

    /// The event with everybody.
    pub(crate) fn load(view: View<'_>, number: u32) -> Result<Self> {
        let mut album = Self::open(view, number)?;
        album.faces = face::all(view, number)?.collect::<Result<_>>()?;
        album.people = person::all(view, number)?.collect::<Result<_>>()?;
        album.complete = album.people.keys().copied().collect();
        album.changeable = album.complete.clone();
        Ok(album)
    }

    /// Loads a person, if there is one, with its faces.
    pub(crate) fn load_person(&mut self, view: View<'_>, person: u32) -> Result<()> {
        if self.complete.contains(&person) || !self.load_person_row(view, person)? {
            return Ok(());
        }
        self.complete.insert(person);
        for face in links::of(view, self.number, person, Kind::Face)? {
            self.load_face_row(view, face)?;
        }
        Ok(())
    }

    /// Loads a person, if there is one, with its faces and its rules, and all that was merged into it.
    pub(crate) fn load_to_change(&mut self, view: View<'_>, person: u32) -> Result<()> {
        let mut next = vec![person];
        while let Some(person) = next.pop() {
            if !self.changeable.insert(person) {
                continue;
            }
            self.load_person(view, person)?;
            for face in links::of(view, self.number, person, Kind::NotFace)? {
                self.load_face_row(view, face)?;
            }
            let others = self.people.get(&person).map_or_else(Vec::new, |row| row.not_same.clone());
            for other in others {
                self.load_person_row(view, other)?;
            }
            next.extend(links::of(view, self.number, person, Kind::Merged)?);
        }
        Ok(())
    }

    /// Loads a face, if there is one, with the person that it is of.
    pub(crate) fn load_face(&mut self, view: View<'_>, number: u32) -> Result<()> {
        let Some(face) = face::by_number(view, self.number, number)? else { return Ok(()) };
        let person = face.person;
        self.faces.entry(number).or_insert(face);
        person.map_or(Ok(()), |person| self.load_to_change(view, person))
    }

    /// True if there is such a person.
    fn load_person_row(&mut self, view: View<'_>, person: u32) -> Result<bool> {
        if let btree_map::Entry::Vacant(place) = self.people.entry(person)
            && let Some(row) = person::by_number(view, self.number, person)?
        {
            place.insert(row);
        }
        Ok(self.people.contains_key(&person))
    }

    /// Loads a face that an index leads to.
    fn load_face_row(&mut self, view: View<'_>, number: u32) -> Result<()> {
        if let btree_map::Entry::Vacant(place) = self.faces.entry(number) {
            let row = face::by_number(view, self.number, number)?;
            place.insert(row.ok_or_else(|| damaged("the index of a person"))?);
        }
        Ok(())
    }

    /// The number of a person that was not merged, loaded to be changed.
    ///
    /// # Errors
    /// As [`person_number`](Self::person_number).
    pub(crate) fn open_person(&mut self, view: View<'_>, person: PersonId) -> Result<u32> {
        let (event, number) = person.parts();
        if event == self.number {
            self.load_to_change(view, number)?;
        }
        self.person_number(person)
    }

    /// The number of a face, loaded with its person to be changed.
    ///
    /// # Errors
    /// As [`face_number`](Self::face_number).
    pub(crate) fn open_face(&mut self, view: View<'_>, face: FaceId) -> Result<u32> {
        let (event, number) = face.parts();
        if event == self.number {
            self.load_face(view, number)?;
        }
        self.face_number(face)
    }

    /// Writes what was changed.
    pub(crate) fn save(&mut self, txn: &mut WriteTxn<'_>) -> Result<()> {
        for number in std::mem::take(&mut self.changed_faces) {
            match self.faces.get(&number) {
                Some(face) => drop(face::write(txn, self.number, number, face)?),
                None => self.row.lose_face(face::remove(txn, self.number, number)?),
            }
        }
        for number in std::mem::take(&mut self.changed_people) {
            let now = self.people.get(&number);
            let was = person::write(txn, self.number, number, now)?;
            let count = |row: Option<&PersonRow>| u64::from(row.is_some_and(|row| !row.is_merged()));
            self.row.people = (self.row.people + count(now)).saturating_sub(count(was.as_ref()));
        }
        event::save(txn, self.number, &mut self.row)
    }

    /// A face, to be changed.
    pub(crate) fn face_mut(&mut self, number: u32) -> Option<&mut KeptFace> {
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
        self.complete.insert(number);
        self.changeable.insert(number);
        self.changed_people.insert(number);
        Ok(number)
    }

    pub(crate) fn remove_face(&mut self, number: u32) {
        self.faces.remove(&number);
        self.changed_faces.insert(number);
    }

    /// Removes a person, which is loaded to be changed, and every rule that names it; its faces are unassigned then.
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
        let is_named = |face: &KeptFace| face.person == Some(number) || face.not.contains(&number);
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

    /// The people here all of whose faces are here too.
    fn complete(&self) -> impl Iterator<Item = (u32, &PersonRow)> {
        self.complete.iter().filter_map(|n| Some((*n, self.people.get(n)?)))
    }

    /// Removes people without a decision who have no faces left, and pins of faces that are not theirs: of those who are
    /// here with all their faces. Nothing was changed of others.
    pub(crate) fn tidy(&mut self) {
        let seen: HashSet<u32> = self.faces.values().filter_map(|face| face.person).collect();
        let is_empty = |(n, p): &(u32, &PersonRow)| !p.decided && !p.is_merged() && !seen.contains(n);
        let empty: Vec<u32> = self.complete().filter(is_empty).map(|(n, _)| n).collect();
        empty.into_iter().for_each(|n| self.remove_person(n));
        let is_loose = |(n, p): (u32, &PersonRow)| {
            let holds = self.faces.get(&p.pinned?).is_some_and(|face| face.person == Some(n));
            (!holds).then_some(n)
        };
        let loose: Vec<u32> = self.complete().filter_map(is_loose).collect();
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
        let seen: Vec<&KeptFace> = faces.iter().filter_map(|n| self.faces.get(n)).collect();
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
        let order = |(n, a): &(u32, &KeptFace), (m, b): &(u32, &KeptFace)| {
            a.score.total_cmp(&b.score).then(a.size().total_cmp(&b.size())).then(m.cmp(n))
        };
        seen.max_by(order).map(|(n, _)| n)
    }
}
