//! Faces: the photos of events, and everybody who is seen in them.

mod add;
mod check;
mod mend;
mod search;

use crate::album::forget::{self, ArchivedEvent, ForgottenFaces};
use crate::album::tags::{Tag, tags};
use crate::env::Table;
#[cfg(any(test, feature = "fuzzing"))]
use crate::env::WriteTxn;
use crate::forgotten;
use crate::ids::{Cursor, check_name};
use crate::rows::event::{self, EventRow};
use crate::rows::face::{self, FacePage, StoredFace};
use crate::rows::id::FaceId;
use crate::rows::photo::{self, NewPhoto, Photo, PhotoPage};
use crate::rows::thumbnail;
use crate::space::{self, FACES};
use crate::store::Store;
use crate::vectors::{self, Set};
pub use add::AddedPhoto;
pub(crate) use check::check;
pub(crate) use mend::mend;
pub use search::{FaceSearchOptions, SimilarFace};
use serde::Serialize;
use sonic_core::{Embedding, Error, ErrorKind, PipelineId, Result};

/// An event with its counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Photos.
    pub photos: u64,
    /// Faces.
    pub faces: u64,
    /// People, without those who were merged into others.
    pub people: u64,
    /// True if its embeddings were removed.
    pub archived: bool,
    /// When its first photo was added, in milliseconds since 1970 UTC.
    pub created_at_ms: u64,
}

/// Counts of the faces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FaceStats {
    /// Events.
    pub events: u64,
    /// Photos.
    pub photos: u64,
    /// Faces.
    pub faces: u64,
    /// People, those who were merged into others included.
    pub people: u64,
    /// What made the embeddings; `None` while there are none.
    pub pipeline: Option<PipelineId>,
    /// Numbers of an embedding; 0 while there are none.
    pub dimensions: u32,
}

/// The faces of a store. Every call is one transaction: it happens as a whole or not at all.
///
/// All embeddings of a store are of one pipeline, that of the first; one of another is a `Mismatch` error wherever it
/// is given.
///
/// ```
/// use sonic_store::{FaceSearchOptions, NewPhoto, Photo, Store, StoreOptions};
/// use sonic_core::{Embedding, Face, FaceQuality, PipelineId};
///
/// # let directory = std::env::temp_dir().join(format!("sonic-doc-faces-{}", std::process::id()));
/// let store = Store::open(&directory, StoreOptions::default())?;
/// let face = Face {
///     bbox: [40.0, 30.0, 120.0, 130.0],
///     score: 0.9,
///     landmarks: [[60.0, 70.0], [100.0, 70.0], [80.0, 90.0], [65.0, 110.0], [95.0, 110.0]],
///     quality: FaceQuality {
///         size: 80.0, sharpness: 20.0, yaw: 0.0, pitch: 0.0, roll: 0.0, brightness: 0.5, clipped: 0.0,
///     },
///     embedding: Embedding { pipeline: PipelineId::new("a-face-model"), vector: vec![0.6, 0.8] },
/// };
/// let photo = Photo { photo_id: "1.jpg".to_owned(), event: "wedding".to_owned(), ..Photo::default() };
/// store.faces().add_photo(&NewPhoto { photo, faces: vec![face.clone()], thumbnails: vec![] })?;
/// let found = store.faces().search(&face.embedding, &FaceSearchOptions::default())?;
/// assert_eq!(found[0].face.photo_id, "1.jpg");
/// # store.close();
/// # std::fs::remove_dir_all(&directory).ok();
/// # Ok::<(), sonic_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Faces {
    pub(crate) store: Store,
}

impl Store {
    /// The faces of this store. A store that was made before there were faces has none, until the first photo is
    /// added.
    pub fn faces(&self) -> Faces {
        Faces { store: self.clone() }
    }
}

/// Photos.
impl Faces {
    /// Keeps a photo with its faces, unless one of its id is in the event: then that one stays as it is, whatever is
    /// given. A photo without a face is kept too, so that it is not analysed again.
    ///
    /// # Errors
    /// `InvalidArgument` if a number is not finite, an embedding is not a direction, a name is too long, or the event
    /// is archived; `Mismatch` if an embedding is of another pipeline than the store's. Nothing is added then.
    pub fn add_photo(&self, new: &NewPhoto) -> Result<AddedPhoto> {
        let mut added = self.add_photos(std::slice::from_ref(new))?;
        added.pop().ok_or_else(|| Error::new(ErrorKind::Internal, "a photo was not added"))
    }

    /// As [`add_photo`](Self::add_photo), of many in one transaction: all of them or, after an error, none.
    ///
    /// # Errors
    /// As [`add_photo`](Self::add_photo).
    pub fn add_photos(&self, new: &[NewPhoto]) -> Result<Vec<AddedPhoto>> {
        let prepared = new.iter().map(add::Prepared::new).collect::<Result<Vec<_>>>()?;
        self.store.write(|txn| prepared.iter().map(|new| add::add(txn, new)).collect())
    }

    /// As [`add_photo`](Self::add_photo), but a photo of the same id gives way. A new face that lies where an old one
    /// did keeps its name, its person and what the user said about it.
    ///
    /// # Errors
    /// As [`add_photo`](Self::add_photo).
    pub fn replace_photo(&self, new: &NewPhoto) -> Result<Photo> {
        let prepared = add::Prepared::new(new)?;
        self.store.write(|txn| add::replace(txn, &prepared))
    }

    /// The photo of an event named `id`.
    ///
    /// # Errors
    /// `Malformed` if its row is damaged; `Closed` after the store was closed. Every method
    /// of the view that only reads has the same errors.
    pub fn photo(&self, event: &str, id: &str) -> Result<Option<Photo>> {
        self.store.read(|view| {
            let Some(event) = event::number_of(view, event)? else { return Ok(None) };
            Ok(photo::find(view, event, id)?.map(|(_, row)| row.photo))
        })
    }

    /// A photo of an event whose `source_hash` is `hash`.
    ///
    /// # Errors
    /// As [`photo`](Self::photo).
    pub fn photo_of_source(&self, event: &str, hash: &str) -> Result<Option<Photo>> {
        self.store.read(|view| {
            let Some(event) = event::number_of(view, event)? else { return Ok(None) };
            Ok(photo::of_source(view, event, hash)?.map(|row| row.photo))
        })
    }

    /// At most `limit` photos of an event that were added after the place `after`, and the place to go on from.
    ///
    /// # Errors
    /// `InvalidArgument` if `limit` is 0; else as [`photo`](Self::photo).
    pub fn photos(&self, event: &str, after: Cursor, limit: usize) -> Result<PhotoPage> {
        check_limit(limit)?;
        self.store.read(|view| match event::number_of(view, event)? {
            Some(event) => photo::page(view, event, after, limit),
            None => Ok(PhotoPage { photos: Vec::new(), next: None }),
        })
    }

    /// The faces of a photo, in the order in which they were given.
    ///
    /// # Errors
    /// `NotFound` if there is no such event or photo.
    pub fn faces_of(&self, event: &str, photo: &str) -> Result<Vec<StoredFace>> {
        self.store.read(|view| {
            let (number, _, row) = photo::get(view, event, photo)?;
            let faces = row.faces.iter().map(|face| Ok(Some((*face, face::by_number(view, number, *face)?))));
            let faces = faces.map(|face: Result<_>| {
                Ok(face?.and_then(|(n, face)| Some(face?.public(number, event, n, photo))))
            });
            faces.filter_map(Result::transpose).collect()
        })
    }

    /// Removes a photo with its faces and gives its row. People who are seen nowhere else go too, unless the user has
    /// decided something about them.
    ///
    /// # Errors
    /// `NotFound` if there is no such event or photo.
    pub fn remove_photo(&self, event: &str, id: &str) -> Result<Photo> {
        self.store.remove(|txn| forget::remove_photo(txn, event, id))
    }
}

/// Faces.
impl Faces {
    /// A face.
    ///
    /// # Errors
    /// As [`photo`](Self::photo).
    pub fn get(&self, id: FaceId) -> Result<Option<StoredFace>> {
        let (event, number) = id.parts();
        self.store.read(|view| face::public(view, event, number))
    }

    /// The embedding of a face; `None` if there is no such face or its event was archived.
    ///
    /// # Errors
    /// As [`photo`](Self::photo).
    pub fn embedding(&self, id: FaceId) -> Result<Option<Embedding>> {
        let (event, number) = id.parts();
        self.store.read(|view| {
            let Some(space) = space::of_store(view, FACES)? else { return Ok(None) };
            let vector = vectors::get(view, Set::of_event(event), number, space.dimensions)?;
            Ok(vector.map(|vector| Embedding { pipeline: space.pipeline(), vector }))
        })
    }

    /// The JPEG that was given for a face; `None` if there is no such face or none was given.
    ///
    /// # Errors
    /// As [`photo`](Self::photo).
    pub fn thumbnail(&self, id: FaceId) -> Result<Option<Vec<u8>>> {
        let (event, number) = id.parts();
        self.store.read(|view| thumbnail::get(view, event, number))
    }

    /// At most `limit` faces of an event that were added after the place `after`, and the place to go on from.
    ///
    /// # Errors
    /// `InvalidArgument` if `limit` is 0; else as [`photo`](Self::photo).
    pub fn page(&self, event: &str, after: Cursor, limit: usize) -> Result<FacePage> {
        check_limit(limit)?;
        self.store.read(|view| match event::number_of(view, event)? {
            Some(number) => face::page(view, number, event, after, limit),
            None => Ok(FacePage { faces: Vec::new(), next: None }),
        })
    }

    /// The faces that look most alike, whoever they are of, the likest first.
    ///
    /// # Errors
    /// `Mismatch` if the embedding is of another pipeline than the store's; `InvalidArgument` if it is no direction;
    /// `NotFound` if an event of the options does not exist.
    pub fn search(&self, embedding: &Embedding, options: &FaceSearchOptions) -> Result<Vec<SimilarFace>> {
        self.store.search(|view| search::search(view, embedding, options))
    }
}

/// Events.
impl Faces {
    /// Every event, in the order in which they were made, with counts.
    ///
    /// # Errors
    /// As [`photo`](Self::photo).
    pub fn events(&self) -> Result<Vec<Event>> {
        self.store.read(|view| Ok(event::all(view)?.into_iter().map(|(_, row)| row.into()).collect()))
    }

    /// An event with counts.
    ///
    /// # Errors
    /// As [`photo`](Self::photo).
    pub fn event(&self, name: &str) -> Result<Option<Event>> {
        self.store.read(|view| Ok(event::find(view, name)?.map(|(_, row)| row.into())))
    }

    /// Removes an event: its photos, faces, people and tags. Counts of 0 mean that there was nothing.
    ///
    /// # Errors
    /// `Io` if another process is writing or the disk is full: nothing is removed then.
    pub fn remove_event(&self, event: &str) -> Result<ForgottenFaces> {
        self.store.remove(|txn| forget::remove_event(txn, event))
    }

    /// Removes what identifies a user's face, in every event: the people that were linked to the user, all their faces with
    /// the embeddings, their tags, and the name of the user on photos they brought. The photos stay, with the others
    /// on them. Counts of 0 mean that there was nothing.
    ///
    /// # Errors
    /// As [`remove_event`](Self::remove_event).
    pub fn forget_user(&self, user_id: &str) -> Result<ForgottenFaces> {
        check_name("user id", user_id)?;
        self.store.remove(|txn| {
            let who = forgotten::hash(txn, user_id)?;
            forgotten::keep(txn, &forgotten::Row::FacesOfUser { who, event: None })?;
            forget::forget_user(txn, user_id, None)
        })
    }

    /// Removes the embeddings of an event; photos, faces and people stay as they are, and nothing can be clustered or
    /// searched there any more. Archiving twice is fine.
    ///
    /// # Errors
    /// `NotFound` if there is no such event.
    pub fn archive(&self, event: &str) -> Result<ArchivedEvent> {
        self.store.remove(|txn| forget::archive(txn, event))
    }

    /// The photos, in all events, that show a user, in order of event and photo.
    ///
    /// # Errors
    /// As [`photo`](Self::photo).
    pub fn tags_of_user(&self, user_id: &str) -> Result<Vec<Tag>> {
        self.store.read(|view| {
            let mut found = Vec::new();
            for (number, row) in event::all(view)? {
                found.extend(tags(view, number, &row.name)?.filter(|tag| tag.user_id == user_id));
            }
            Ok(found)
        })
    }

    /// Counts, in the same short time at any size.
    ///
    /// # Errors
    /// As [`photo`](Self::photo).
    pub fn stats(&self) -> Result<FaceStats> {
        self.store.read(|view| {
            let space = space::of_store(view, FACES)?;
            Ok(FaceStats {
                events: view.len(Table::Events)?,
                photos: view.len(Table::Photos)?,
                faces: view.len(Table::Faces)?,
                people: view.len(Table::FacePeople)?,
                dimensions: space.as_ref().map_or(0, |s| s.dimensions as u32),
                pipeline: space.map(|s| s.pipeline()),
            })
        })
    }
}

impl From<EventRow> for Event {
    fn from(row: EventRow) -> Self {
        let EventRow { name, photos, faces, people, archived, created_at_ms, .. } = row;
        Self { name, photos, faces, people, archived, created_at_ms }
    }
}

fn check_limit(limit: usize) -> Result<()> {
    if limit == 0 {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            "a page has at least one row: give a larger limit",
        ));
    }
    Ok(())
}

/// Changes photos in every way, for the fuzz target: any answer is right but a panic.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn fuzzing(txn: &mut WriteTxn<'_>, new: &NewPhoto) {
    if let Ok(prepared) = add::Prepared::new(new) {
        drop(add::replace(txn, &prepared));
    }
    drop(forget::remove_photo(txn, "event", "3"));
    drop(forget::forget_user(txn, "Ada", None));
    drop(forget::archive(txn, "event"));
    drop(forget::remove_event(txn, "event"));
}
