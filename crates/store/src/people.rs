//! People of an event: who is seen in its photos, found by clustering and corrected by the user.

mod album;
mod cluster;
mod decide;
mod find;
mod groups;
mod parts;
mod plan;
mod report;
mod row;
mod similarity;

use crate::Store;
use crate::env::View;
use crate::faces::face::{self, StoredFace};
use crate::faces::{
    ArchivedEvent, FaceId, Faces, ForgottenFaces, PersonId, event, forget_person, forget_user, photo,
};
use crate::voices::{check_name, damaged};
pub(crate) use album::Album;
pub use cluster::{AssignTo, ClusterMethod, ClusterMode, ClusterOptions};
pub use report::{ClusterReport, ClusterSummary};
pub(crate) use row::count;
pub use row::{Person, PersonStatus, Tag};
use similarity::Vectors;
use sonic_core::{Error, ErrorKind, Result};
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

/// What merging two people came to.
#[derive(Debug, Clone, PartialEq)]
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
    pub(crate) faces: Faces,
    pub(crate) event: String,
}

impl Store {
    /// The people of an event; none if there is no such event.
    pub fn people(&self, event: &str) -> People {
        People { faces: self.faces(), event: event.to_owned() }
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
        cluster::cluster(&self.faces, &self.event, options, progress)
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
        Ok(self.album()?.filter(|album| album.number == event).and_then(|album| album.person(number)))
    }

    /// The faces of a person, in the order in which they were added.
    ///
    /// # Errors
    /// `NotFound` if the event has no such person; `InvalidArgument` if it was merged into another.
    pub fn faces_of(&self, person: PersonId) -> Result<Vec<StoredFace>> {
        let Some((album, photos)) = self.album_and_photos()? else { return Err(self.no_event()) };
        let number = album.person_number(person)?;
        Ok(rows(&album, &photos, |of| of == Some(number)))
    }

    /// The unassigned faces, in the order in which they were added.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn unassigned(&self) -> Result<Vec<StoredFace>> {
        let album = self.album_and_photos()?;
        Ok(album.map_or_else(Vec::new, |(album, photos)| rows(&album, &photos, |of| of.is_none())))
    }

    /// Which photos show which linked user, in order of photo and user.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn tags(&self) -> Result<Vec<Tag>> {
        self.faces.read(|view| match event::number_of(view, &self.event)? {
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
        self.decide(person, |album, number| {
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
        self.decide(person, |album, number| {
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
        self.decide(person, |album, number| {
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
        self.decide(person, |album, number| {
            album.set_status(number, PersonStatus::Ignored);
            Ok(())
        })
    }

    /// Takes back that a person is ignored: it is linked, invited or pending as it was before.
    ///
    /// # Errors
    /// As [`link`](Self::link).
    pub fn unignore(&self, person: PersonId) -> Result<Person> {
        self.decide(person, |album, number| {
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
            let (from, into) = album.pair(from, into)?;
            let vectors = Vectors::load(view, album)?;
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
        self.change(|album, _| {
            let (number, faces) = (album.person_number(person)?, album.face_numbers(faces)?);
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
        self.change(|album, _| {
            let faces = album.face_numbers(faces)?;
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
        self.decide(person, |album, number| {
            let face = album.face_number(face)?;
            album.assign(face, number)
        })
    }

    /// Says that a face is not of the person it is put to; it is unassigned then. Gives that person; `None` if the
    /// face was unassigned.
    ///
    /// # Errors
    /// `NotFound` if the event has no such face.
    pub fn unassign(&self, face: FaceId) -> Result<Option<Person>> {
        self.change(|album, _| {
            let face = album.face_number(face)?;
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
        self.decide(person, |album, number| {
            let face = album.face_number(face)?;
            album.not_person(face, number);
            Ok(())
        })
    }

    /// Says that two people are not the same, so that they are never merged.
    ///
    /// # Errors
    /// As [`link`](Self::link).
    pub fn not_same(&self, a: PersonId, b: PersonId) -> Result<()> {
        self.change(|album, _| {
            let (a, b) = album.pair(a, b)?;
            album.not_same(a, b)
        })
    }

    /// Takes back that two people are not the same.
    ///
    /// # Errors
    /// As [`link`](Self::link).
    pub fn maybe_same(&self, a: PersonId, b: PersonId) -> Result<()> {
        self.change(|album, _| {
            let (a, b) = album.pair(a, b)?;
            album.forget_rule(a, b);
            Ok(())
        })
    }

    /// Makes a face stand for its person, or with `None` again the one of the greatest score.
    ///
    /// # Errors
    /// As [`link`](Self::link); `NotFound` if the event has no such face; `InvalidArgument` if it is not the person's.
    pub fn pin_representative(&self, person: PersonId, face: Option<FaceId>) -> Result<Person> {
        self.decide(person, |album, number| {
            let face = face.map(|face| album.face_number(face)).transpose()?;
            album.pin(number, face)
        })
    }
}

/// What is removed.
impl People {
    /// As [`Faces::forget_user`], in this event only.
    ///
    /// # Errors
    /// As [`Faces::forget_user`].
    pub fn forget_user(&self, user_id: &str) -> Result<ForgottenFaces> {
        check_name("user id", user_id)?;
        self.faces.write(|txn| forget_user(txn, user_id, Some(&self.event)))
    }

    /// Removes a person, with those that were merged into it: all their faces with the embeddings, and their tags. The
    /// photos stay, with the others on them.
    ///
    /// # Errors
    /// `NotFound` if the event has no such person; `InvalidArgument` if it was merged into another.
    pub fn forget_person(&self, person: PersonId) -> Result<ForgottenFaces> {
        self.faces.write(|txn| forget_person(txn, &self.event, person))
    }

    /// Removes the event, with its photos: as [`Faces::remove_event`].
    ///
    /// # Errors
    /// As [`Faces::remove_event`].
    pub fn remove(&self) -> Result<ForgottenFaces> {
        self.faces.remove_event(&self.event)
    }

    /// As [`Faces::archive`].
    ///
    /// # Errors
    /// As [`Faces::archive`].
    pub fn archive(&self) -> Result<ArchivedEvent> {
        self.faces.archive(&self.event)
    }
}

impl People {
    fn no_event(&self) -> Error {
        Error::new(ErrorKind::NotFound, format!("there is no event {:?} in the store", self.event))
    }

    /// The event as it is now; `None` if there is no such event.
    fn album(&self) -> Result<Option<Album>> {
        self.faces.read(|view| match event::number_of(view, &self.event)? {
            Some(number) => Album::load(view, number).map(Some),
            None => Ok(None),
        })
    }

    /// As [`album`](Self::album), with the ids of the photos.
    fn album_and_photos(&self) -> Result<Option<(Album, HashMap<u32, String>)>> {
        self.faces.read(|view| {
            let Some(number) = event::number_of(view, &self.event)? else { return Ok(None) };
            let photos = photo::all(view, number)?.map(|row| row.map(|(n, row)| (n, row.photo.photo_id)));
            Ok(Some((Album::load(view, number)?, photos.collect::<Result<_>>()?)))
        })
    }

    /// Changes the event in one transaction.
    fn change<T>(&self, mut work: impl FnMut(&mut Album, View<'_>) -> Result<T>) -> Result<T> {
        self.faces.write(|txn| {
            let number = event::number_of(txn.view(), &self.event)?.ok_or_else(|| self.no_event())?;
            let mut album = Album::load(txn.view(), number)?;
            let value = work(&mut album, txn.view())?;
            album.save(txn)?;
            Ok(value)
        })
    }

    /// Changes something about a person, and gives it as it is then.
    fn decide(
        &self,
        person: PersonId,
        mut work: impl FnMut(&mut Album, u32) -> Result<()>,
    ) -> Result<Person> {
        self.change(|album, _| {
            let number = album.person_number(person)?;
            work(album, number)?;
            album.tidy();
            album.person(number).ok_or_else(|| damaged("the row of a person"))
        })
    }
}

/// The faces of the album whose person `is` accepts.
fn rows(album: &Album, photos: &HashMap<u32, String>, is: impl Fn(Option<u32>) -> bool) -> Vec<StoredFace> {
    let wanted = album.faces.iter().filter(|(_, face)| is(face.person));
    let photo = |number: u32| photos.get(&number).map_or("", String::as_str);
    wanted.map(|(n, face)| face.public(album.number, &album.row.name, *n, photo(face.photo))).collect()
}

/// Which photos of an event show which linked user, in order of photo and user.
pub(crate) fn tags(view: View<'_>, event: u32, name: &str) -> Result<impl Iterator<Item = Tag>> {
    let mut users = HashMap::new();
    for row in row::all(view, event)? {
        let (number, person) = row?;
        if let (PersonStatus::Linked, Some(user)) = (person.status, person.user_id) {
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
