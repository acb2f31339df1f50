//! People of an event: who is seen in its photos, found by clustering and corrected by the user.

mod cluster;
mod find;
mod groups;
mod options;
mod parts;
mod plan;
mod report;
#[cfg(test)]
mod touched;

use crate::album::forget::{self, ArchivedEvent, ForgottenFaces};
use crate::album::similarity::Vectors;
use crate::album::state::Album;
use crate::album::tags::{Tag, tags};
use crate::env::View;
use crate::forgotten;
use crate::ids::check_name;
use crate::rows::encode::damaged;
use crate::rows::event;
use crate::rows::face::{PhotoIds, StoredFace};
use crate::rows::id::{FaceId, PersonId};
use crate::rows::person::{Person, PersonStatus};
use crate::store::Store;
use find::album_person;
pub use options::{AssignTo, ClusterMethod, ClusterMode, ClusterOptions};
pub use report::{ClusterReport, ClusterSummary};
use serde::Serialize;
use sonic_core::{Error, ErrorKind, Result};
use std::ops::ControlFlow;

/// What merging two people came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MergedPeople {
    /// The person that all the faces are of now.
    pub person: Person,
    /// Faces that are unassigned now: another of the same photo is more like the person.
    pub unassigned: Vec<FaceId>,
}

/// The people of an event. Every call is one transaction: it happens as a whole or not at all.
///
/// What the user decides stays: a decision about a person holds the person, and the faces it has then, through every
/// clustering that follows. Two faces of one photo are never one person.
#[derive(Debug, Clone)]
pub struct People {
    pub(crate) store: Store,
    pub(crate) event: String,
}

impl Store {
    /// The people of an event; none if there is no such event.
    pub fn people(&self, event: &str) -> People {
        People { store: self.clone(), event: event.to_owned() }
    }
}

/// Clustering.
impl People {
    /// Finds out who is on the photos: clusters the faces, and gives each cluster the person it was before.
    ///
    /// It is one transaction, worked out beforehand on a snapshot, so that no writer waits meanwhile; if the event was
    /// changed before it is written, it is worked out again. Without faces, or with those of an archived event, nothing
    /// is changed.
    ///
    /// # Errors
    /// `InvalidArgument` if an option is out of its range; `Io` if another process is writing or the disk is full:
    /// nothing is changed then.
    pub fn cluster(&self, options: &ClusterOptions) -> Result<ClusterReport> {
        self.cluster_with(options, &mut |_| ControlFlow::Continue(()))
    }

    /// As [`cluster`](Self::cluster); `progress` is called with the part of the work that is done, 0 to 1, and may
    /// cancel it.
    ///
    /// # Errors
    /// As [`cluster`](Self::cluster); `Closed` if `progress` cancelled it: nothing is changed then.
    pub fn cluster_with(
        &self,
        options: &ClusterOptions,
        progress: &mut dyn FnMut(f32) -> ControlFlow<()>,
    ) -> Result<ClusterReport> {
        cluster::cluster(&self.store, &self.event, options, progress)
    }
}

/// Who there is.
impl People {
    /// Everybody but those who were merged into others, in the order in which they were found.
    ///
    /// # Errors
    /// `Malformed` if a row is damaged; `Closed` after the store was closed. Every method
    /// of the view that only reads has the same errors.
    pub fn list(&self) -> Result<Vec<Person>> {
        let album = self.album()?;
        let everybody = album.map_or_else(Vec::new, |album| album.everybody()).into_iter();
        Ok(everybody.filter(|person| person.status != PersonStatus::Merged).collect())
    }

    /// A person, one that was merged into another too.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn get(&self, person: PersonId) -> Result<Option<Person>> {
        let (event, number) = person.parts();
        self.store.read(|view| match event::number_of(view, &self.event)? {
            Some(own) if own == event => album_person(view, event, number),
            _ => Ok(None),
        })
    }

    /// The faces of a person, in the order in which they were added.
    ///
    /// # Errors
    /// `NotFound` if the event has no such person; `InvalidArgument` if it was merged into another.
    pub fn faces_of(&self, person: PersonId) -> Result<Vec<StoredFace>> {
        self.store.read(|view| {
            let event = event::number_of(view, &self.event)?.ok_or_else(|| self.no_event())?;
            let mut album = Album::open(view, event)?;
            if person.parts().0 == event {
                album.load_person(view, person.parts().1)?;
            }
            let number = album.person_number(person)?;
            stored_faces(&album, view, |of| of == Some(number))
        })
    }

    /// The unassigned faces, in the order in which they were added.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn unassigned(&self) -> Result<Vec<StoredFace>> {
        self.store.read(|view| match event::number_of(view, &self.event)? {
            Some(event) => stored_faces(&Album::load(view, event)?, view, |of| of.is_none()),
            None => Ok(Vec::new()),
        })
    }

    /// Which photos show which linked user, in order of photo and user.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn tags(&self) -> Result<Vec<Tag>> {
        self.store.read(|view| match event::number_of(view, &self.event)? {
            Some(event) => Ok(tags(view, event, &self.event)?.collect()),
            None => Ok(Vec::new()),
        })
    }
}

/// What the user decides.
impl People {
    /// Says which user a person is; anybody may be linked anew. Several people may be one user.
    ///
    /// # Errors
    /// `NotFound` if the event has no such person; `InvalidArgument` if it was merged into another, or a name is too
    /// long. Every decision about a person has the same errors.
    pub fn link(&self, person: PersonId, user_id: &str) -> Result<Person> {
        check_name("user id", user_id)?;
        self.decide(person, |album, _, number| {
            album.link(number, user_id);
            Ok(())
        })
    }

    /// Notes that somebody was invited to say that it is they.
    ///
    /// # Errors
    /// As [`link`](Self::link).
    pub fn invite(&self, person: PersonId, email: &str) -> Result<Person> {
        check_name("address", email)?;
        self.decide(person, |album, _, number| {
            album.invite(number, email);
            Ok(())
        })
    }

    /// Gives a person a name for people, or takes it away.
    ///
    /// # Errors
    /// As [`link`](Self::link).
    pub fn rename(&self, person: PersonId, name: Option<&str>) -> Result<Person> {
        name.map_or(Ok(()), |name| check_name("person's name", name))?;
        self.decide(person, |album, _, number| {
            album.confirm(number);
            if let Some(row) = album.person_mut(number) {
                row.name = name.map(str::to_owned);
            }
            Ok(())
        })
    }

    /// Says that it does not matter who it is. The person goes on gathering faces, so that they do not come back as
    /// somebody new.
    ///
    /// # Errors
    /// As [`link`](Self::link).
    pub fn ignore(&self, person: PersonId) -> Result<Person> {
        self.decide(person, |album, _, number| {
            album.set_status(number, PersonStatus::Ignored);
            Ok(())
        })
    }

    /// Takes back that a person is ignored: it is linked, invited or pending as it was before.
    ///
    /// # Errors
    /// As [`link`](Self::link).
    pub fn unignore(&self, person: PersonId) -> Result<Person> {
        self.decide(person, |album, _, number| {
            album.restore(number);
            Ok(())
        })
    }

    /// Says that two people are one: the faces of `from` are those of `into` from now on. Where a photo has both, the
    /// face that is less like the rest becomes unassigned.
    ///
    /// # Errors
    /// As [`link`](Self::link); `Mismatch` if they were said not to be the same, or are linked to different users.
    pub fn merge(&self, from: PersonId, into: PersonId) -> Result<MergedPeople> {
        self.change(|album, view| {
            let (from, into) = album.open_pair(view, from, into)?;
            let faces = [album.faces_of(from), album.faces_of(into)].concat();
            let vectors = Vectors::of_faces(view, album, &faces)?;
            let left_out = album.merge(from, into, &vectors)?;
            album.tidy();
            let person = album.person(into).ok_or_else(|| damaged("the row of a person"))?;
            let event = album.number;
            Ok(MergedPeople { person, unassigned: left_out.iter().map(|n| FaceId::new(event, *n)).collect() })
        })
    }

    /// Says that some faces of a person are somebody else, and gives that new person. The two are never one again.
    ///
    /// # Errors
    /// As [`link`](Self::link); `InvalidArgument` if a face is not the person's, or all of them are given; `Mismatch`
    /// if two are of one photo.
    pub fn split(&self, person: PersonId, faces: &[FaceId]) -> Result<Person> {
        self.change(|album, view| {
            let (number, faces) = (album.open_person(view, person)?, album.open_faces(view, faces)?);
            let new = album.split(number, &faces)?;
            album.tidy();
            album.person(new).ok_or_else(|| damaged("the row of a person"))
        })
    }

    /// Makes a person of faces, whoever they were of before.
    ///
    /// # Errors
    /// `InvalidArgument` if there are none; `NotFound` if the event has no such face; `Mismatch` if two are of one
    /// photo.
    pub fn create(&self, faces: &[FaceId]) -> Result<Person> {
        self.change(|album, view| {
            let faces = album.open_faces(view, faces)?;
            let new = album.create(&faces)?;
            album.tidy();
            album.person(new).ok_or_else(|| damaged("the row of a person"))
        })
    }

    /// Says that a face is of a person. A face of the same photo that clustering gave to the person is taken from it.
    ///
    /// # Errors
    /// As [`link`](Self::link); `NotFound` if the event has no such face; `Mismatch` if the person has another face of
    /// the same photo by decision.
    pub fn assign(&self, face: FaceId, person: PersonId) -> Result<Person> {
        self.decide(person, |album, view, number| {
            let face = album.open_face(view, face)?;
            album.assign(face, number)
        })
    }

    /// Says that a face is not of the person it is put to; it is unassigned then. Gives that person; `None` if the
    /// face was unassigned.
    ///
    /// # Errors
    /// `NotFound` if the event has no such face.
    pub fn unassign(&self, face: FaceId) -> Result<Option<Person>> {
        self.change(|album, view| {
            let face = album.open_face(view, face)?;
            let Some(person) = album.faces.get(&face).and_then(|face| face.person) else { return Ok(None) };
            album.not_person(face, person);
            album.tidy();
            Ok(album.person(person))
        })
    }

    /// Says that a face is not of a person, whether it is put there or not.
    ///
    /// # Errors
    /// As [`link`](Self::link); `NotFound` if the event has no such face.
    pub fn not_person(&self, face: FaceId, person: PersonId) -> Result<Person> {
        self.decide(person, |album, view, number| {
            let face = album.open_face(view, face)?;
            album.not_person(face, number);
            Ok(())
        })
    }

    /// Says that two people are not the same, so that they are never merged.
    ///
    /// # Errors
    /// As [`link`](Self::link).
    pub fn not_same(&self, a: PersonId, b: PersonId) -> Result<()> {
        self.change(|album, view| {
            let (a, b) = album.open_pair(view, a, b)?;
            album.not_same(a, b)
        })
    }

    /// Takes back that two people are not the same.
    ///
    /// # Errors
    /// As [`link`](Self::link).
    pub fn maybe_same(&self, a: PersonId, b: PersonId) -> Result<()> {
        self.change(|album, view| {
            let (a, b) = album.open_pair(view, a, b)?;
            album.forget_rule(a, b);
            Ok(())
        })
    }

    /// Makes a face stand for its person, or with `None` again the one of the greatest score.
    ///
    /// # Errors
    /// As [`link`](Self::link); `NotFound` if the event has no such face; `InvalidArgument` if it is not the person's.
    pub fn pin_representative(&self, person: PersonId, face: Option<FaceId>) -> Result<Person> {
        self.decide(person, |album, view, number| {
            let face = face.map(|face| album.open_face(view, face)).transpose()?;
            album.pin(number, face)
        })
    }
}

/// What is removed.
impl People {
    /// As [`Faces::forget_user`](crate::Faces::forget_user), in this event only.
    ///
    /// # Errors
    /// As [`Faces::forget_user`](crate::Faces::forget_user).
    pub fn forget_user(&self, user_id: &str) -> Result<ForgottenFaces> {
        check_name("user id", user_id)?;
        self.store.remove(|txn| {
            if let Some((number, _)) = event::find(txn.view(), &self.event)? {
                let who = forgotten::hash(txn, user_id)?;
                forgotten::keep(txn, &forgotten::Row::FacesOfUser { who, event: Some(number) })?;
            }
            forget::forget_user(txn, user_id, Some(&self.event))
        })
    }

    /// Removes a person, with those that were merged into it: all their faces with the embeddings, and their tags. The
    /// photos stay, with the others on them.
    ///
    /// # Errors
    /// `NotFound` if the event has no such person; `InvalidArgument` if it was merged into another.
    pub fn forget_person(&self, person: PersonId) -> Result<ForgottenFaces> {
        self.store.remove(|txn| {
            let gone = forget::forget_person(txn, &self.event, person)?;
            forgotten::keep(txn, &forgotten::Row::Person { person })?;
            Ok(gone)
        })
    }

    /// Removes the event, with its photos: as [`Faces::remove_event`](crate::Faces::remove_event).
    ///
    /// # Errors
    /// As [`Faces::remove_event`](crate::Faces::remove_event).
    pub fn remove(&self) -> Result<ForgottenFaces> {
        self.store.remove(|txn| forget::remove_event(txn, &self.event))
    }

    /// As [`Faces::archive`](crate::Faces::archive).
    ///
    /// # Errors
    /// As [`Faces::archive`](crate::Faces::archive).
    pub fn archive(&self) -> Result<ArchivedEvent> {
        self.store.remove(|txn| forget::archive(txn, &self.event))
    }
}

impl People {
    fn no_event(&self) -> Error {
        Error::new(ErrorKind::NotFound, format!("there is no event {:?} in the store", self.event))
    }

    /// The event as it is now; `None` if there is no such event.
    fn album(&self) -> Result<Option<Album>> {
        self.store.read(|view| match event::number_of(view, &self.event)? {
            Some(number) => Album::load(view, number).map(Some),
            None => Ok(None),
        })
    }

    /// Changes the event in one transaction; `work` loads what it is about.
    fn change<T>(&self, mut work: impl FnMut(&mut Album, View<'_>) -> Result<T>) -> Result<T> {
        self.store.write(|txn| {
            let number = event::number_of(txn.view(), &self.event)?.ok_or_else(|| self.no_event())?;
            let mut album = Album::open(txn.view(), number)?;
            let value = work(&mut album, txn.view())?;
            album.save(txn)?;
            Ok(value)
        })
    }

    /// Changes something about a person, and gives it as it is then.
    fn decide(
        &self,
        person: PersonId,
        mut work: impl FnMut(&mut Album, View<'_>, u32) -> Result<()>,
    ) -> Result<Person> {
        self.change(|album, view| {
            let number = album.open_person(view, person)?;
            work(album, view, number)?;
            album.tidy();
            album.person(number).ok_or_else(|| damaged("the row of a person"))
        })
    }
}

/// The faces of the album whose person `is` accepts.
fn stored_faces(album: &Album, view: View<'_>, is: impl Fn(Option<u32>) -> bool) -> Result<Vec<StoredFace>> {
    let mut photos = PhotoIds::new(view, album.number);
    let wanted = album.faces.iter().filter(|(_, face)| is(face.person));
    wanted
        .map(|(n, face)| Ok(face.public(album.number, &album.row.name, *n, photos.get(face.photo)?)))
        .collect()
}
