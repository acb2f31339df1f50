//! The faces of a store: the photos of events, and who is seen in them.

use crate::adding::Adding;
use crate::analyzer::FaceAnalyzer;
use crate::argument::{Arg, count, expected, ids, json, paths as paths_of, time};
use crate::arrays::{array, vector};
use crate::error::{detached, invalid, raise};
use crate::face_arguments::{face_id as id_of, face_ids, face_of, faces_of};
use crate::face_results::KeptPhoto;
use crate::photos::EventPhotos;
use crate::picture::{MaxPixels, picture, side};
use crate::progress::counter;
use crate::results::{ToPython, list, maybe};
use crate::table::{AllPeople, Kind, Table};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use sonic::faces::{AddPhotosOptions, FaceId, FaceSearchOptions, NewPhoto, Photo};
use sonic::{Embedding, PipelineId, Store};
use std::path::PathBuf;

/// The faces of a store: `store.faces`. `len` counts them.
///
/// Photos belong to events, and have ids that are unique in their event. All embeddings of a store are of one pipeline,
/// that of the first: one of another is a `MismatchError`. Each call is one transaction: it happens as a whole or not at
/// all. Faces and people are named by numbers, which are never given again; where an id is taken, so is the row itself.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct Faces {
    store: Store,
}

impl Faces {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }
}

/// An argument that may be left out.
type Maybe<T> = Option<Arg<T>>;

#[pymethods]
impl Faces {
    /// Adds a photo, a path, bytes or a binary file object, with the faces that `analyzer` finds in it. An `AddedPhoto`.
    ///
    /// A photo that the event has, by its `photo_id` or without one by its bytes, is not decoded again. Without an id a
    /// file is named by its name; everything else needs one. Of each face a small JPEG of `thumbnail_size` pixels is kept,
    /// None keeps none. `metadata` is anything that JSON can hold. Raises `MismatchError` if the store's faces were embedded
    /// by another model, `InvalidArgumentError` if the event is archived, and what `decode_image` raises.
    #[pyo3(
        signature = (event, source, *, analyzer, photo_id=None, user_id=None, path=None, metadata=None,
                     thumbnail_size=Some(Arg(160)), max_pixels=MaxPixels::default()),
        text_signature = "($self, event, source, *, analyzer, photo_id=None, user_id=None, path=None, metadata=None, thumbnail_size=160, max_pixels=100000000)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    fn add_photo<'py>(
        &self,
        py: Python<'py>,
        event: Arg<String>,
        source: &Bound<'py, PyAny>,
        analyzer: &Bound<'py, PyAny>,
        photo_id: Maybe<String>,
        user_id: Maybe<String>,
        path: Maybe<String>,
        metadata: Option<&Bound<'py, PyAny>>,
        thumbnail_size: Maybe<u32>,
        max_pixels: MaxPixels,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (analyzer, picture) = (analyzer_of(analyzer)?, picture(source)?);
        let pixels = || {
            let message =
                "pixels are not kept: give a path or bytes, or the faces of `analyze` to `add_faces`";
            invalid(py, message)
        };
        let file = picture.source().ok_or_else(pixels)?;
        let photo = Photo {
            photo_id: photo_id.map(|a| a.0).unwrap_or_default(),
            event: event.0,
            user_id: user_id.map(|a| a.0),
            path: path.map(|a| a.0),
            metadata: json(metadata)?,
            ..Photo::default()
        };
        let options = AddPhotosOptions {
            thumbnail_size: thumbnail_size.map(|a| a.0),
            decode: max_pixels.options(),
            ..AddPhotosOptions::default()
        };
        let add = || sonic::faces::add_photo(&self.store, analyzer.get()?, file, photo, &options);
        detached(py, "adding a photo", || add().and_then(KeptPhoto::try_from))?.to_python(py)
    }

    /// Adds photos, and those in directories, to an event, with the faces that `analyzer` finds: the next are decoded, on
    /// `jobs` threads (0: as many as there are cores), while faces are looked for in these.
    ///
    /// Gives an iterator of `AddedPhotoFile`, each as soon as it is committed or has failed; one bad file does not stop the
    /// others, and a photo whose bytes are in the event is not decoded again. Leaving the loop, `close()` on the iterator
    /// and Ctrl-C end the work. `progress` is called with the number of files that are done and of all files.
    /// `thumbnail_size` is as in `add_photo`. Raises `MismatchError` if the store's faces were embedded by another model,
    /// `InvalidArgumentError` if the event is archived, `IoError` if another process is writing.
    #[pyo3(
        signature = (event, paths, *, analyzer, user_id=None, thumbnail_size=Some(Arg(160)), jobs=0, progress=None,
                     max_pixels=MaxPixels::default()),
        text_signature = "($self, event, paths, *, analyzer, user_id=None, thumbnail_size=160, jobs=0, progress=None, max_pixels=100000000)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    fn add_photos(
        &self,
        py: Python<'_>,
        event: Arg<String>,
        #[pyo3(from_py_with = paths_of)] paths: Vec<PathBuf>,
        analyzer: &Bound<'_, PyAny>,
        user_id: Maybe<String>,
        thumbnail_size: Maybe<u32>,
        #[pyo3(from_py_with = count)] jobs: usize,
        #[pyo3(from_py_with = counter)] progress: Option<Py<PyAny>>,
        max_pixels: MaxPixels,
    ) -> PyResult<Adding> {
        let analyzer = analyzer_of(analyzer)?.shared().map_err(|e| raise(py, e))?;
        let options = AddPhotosOptions {
            jobs,
            thumbnail_size: thumbnail_size.map(|a| a.0),
            user_id: user_id.map(|a| a.0),
            decode: max_pixels.options(),
        };
        Adding::photos((self.store.clone(), analyzer), event.0, paths, options, progress)
    }

    /// Keeps a photo whose faces were found before, an iterable of `Face`; none is fine: a photo without a face is kept
    /// too, so that it need not be analysed again.
    ///
    /// A photo of this id that the event has stays as it is, unless `replace` is true: then a new face that lies where an
    /// old one did keeps its id, its person and what the user said about it. `created_at_ms` 0 is now; `metadata` is
    /// anything that JSON can hold. Raises `InvalidArgumentError` if a number is not finite, an embedding is not a
    /// direction or the event is archived, `MismatchError` if an embedding is of another pipeline than the store's.
    #[pyo3(
        signature = (event, photo_id, faces, *, width=Arg(0), height=Arg(0), path=None, source_hash=None, user_id=None,
                     created_at_ms=0, metadata=None, replace=Arg(false)),
        text_signature = "($self, event, photo_id, faces, *, width=0, height=0, path=None, source_hash=None, user_id=None, created_at_ms=0, metadata=None, replace=False)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    fn add_faces<'py>(
        &self,
        py: Python<'py>,
        event: Arg<String>,
        photo_id: Arg<String>,
        faces: &Bound<'py, PyAny>,
        width: Arg<u32>,
        height: Arg<u32>,
        path: Maybe<String>,
        source_hash: Maybe<String>,
        user_id: Maybe<String>,
        #[pyo3(from_py_with = time)] created_at_ms: u64,
        metadata: Option<&Bound<'py, PyAny>>,
        replace: Arg<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let photo = Photo {
            photo_id: photo_id.0,
            event: event.0,
            width: width.0,
            height: height.0,
            path: path.map(|a| a.0),
            source_hash: source_hash.map(|a| a.0),
            user_id: user_id.map(|a| a.0),
            created_at_ms,
            metadata: json(metadata)?,
            ..Photo::default()
        };
        let new = NewPhoto { photo, faces: faces_of(faces)?, thumbnails: Vec::new() };
        let added = detached(py, "adding a photo", || {
            let faces = self.store.faces();
            if replace.0 {
                let was_there = faces.photo(&new.photo.event, &new.photo.photo_id)?.is_some();
                let status = if was_there { "replaced" } else { "added" };
                return Ok(KeptPhoto { status, photo: Box::new(faces.replace_photo(&new)?) });
            }
            faces.add_photo(&new).and_then(KeptPhoto::try_from)
        })?;
        added.to_python(py)
    }

    /// The photo of an event with this id; None if there is none.
    #[pyo3(signature = (event, photo_id))]
    fn photo<'py>(
        &self,
        py: Python<'py>,
        event: Arg<String>,
        photo_id: Arg<String>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        maybe(py, detached(py, "reading the store", || self.store.faces().photo(&event.0, &photo_id.0))?)
    }

    /// The photos of an event, in the order in which they were added; none if there is no such event.
    #[pyo3(signature = (event))]
    fn photos(&self, py: Python<'_>, event: Arg<String>) -> PyResult<EventPhotos> {
        EventPhotos::new(py, self.store.faces(), event.0)
    }

    /// The faces of a photo, in the order in which they were given. Raises `NotFoundError` if there is no such photo.
    #[pyo3(signature = (event, photo_id))]
    fn faces_of<'py>(
        &self,
        py: Python<'py>,
        event: Arg<String>,
        photo_id: Arg<String>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let read = || self.store.faces().faces_of(&event.0, &photo_id.0);
        list(py, detached(py, "reading the store", read)?)
    }

    /// The face with this id; None if there is none.
    #[pyo3(signature = (face_id))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = id_of)] face_id: FaceId,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        maybe(py, detached(py, "reading the store", || self.store.faces().get(face_id))?)
    }

    /// The embedding of a face: shape (dimensions,), float32, of unit length; None if there is no such face or its event was
    /// archived.
    #[pyo3(signature = (face_id))]
    fn embedding<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = id_of)] face_id: FaceId,
    ) -> PyResult<Option<Bound<'py, PyArray1<f32>>>> {
        let found = detached(py, "reading the store", || self.store.faces().embedding(face_id))?;
        found.map(|embedding| array(py, embedding.vector)).transpose()
    }

    /// A small JPEG of a face: the one that was kept with it, or else cut out of the photo's file, `size` pixels wide. None
    /// if there is neither.
    #[pyo3(signature = (face_id, size=160), text_signature = "($self, face_id, size=160)")]
    fn thumbnail<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = id_of)] face_id: FaceId,
        #[pyo3(from_py_with = count)] size: usize,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let side = side(py, size)?;
        let read = || sonic::faces::face_thumbnail(&self.store, face_id, side);
        let found = detached(py, "reading the store", read)?;
        Ok(found.map(|jpeg| PyBytes::new(py, &jpeg)))
    }

    /// The faces that look most alike, whoever they are of: a list of `SimilarFace`, the likest first.
    ///
    /// `face` is a `Face`, or an embedding of shape (dimensions,), which is taken for one of the store's pipeline. At most
    /// `limit` faces are given, of a cosine of at least `threshold`, of photos of `events` (all if it is empty), none whose
    /// id is in `exclude`. `threads` is how many share the work (0: as many as there are cores). Raises `NotFoundError` if
    /// there is no such event, `MismatchError` if the face is of another pipeline than the store's.
    #[pyo3(
        signature = (face, *, events=Vec::new(), threshold=Arg(0.4), limit=10, exclude=Vec::new(), threads=0),
        text_signature = "($self, face, *, events=(), threshold=0.4, limit=10, exclude=(), threads=0)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    fn search<'py>(
        &self,
        py: Python<'py>,
        face: &Bound<'py, PyAny>,
        #[pyo3(from_py_with = ids)] events: Vec<String>,
        threshold: Arg<f32>,
        #[pyo3(from_py_with = count)] limit: usize,
        #[pyo3(from_py_with = face_ids)] exclude: Vec<FaceId>,
        #[pyo3(from_py_with = count)] threads: usize,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let embedding = if face.hasattr("embedding")? {
            face_of(face)?.embedding
        } else {
            let vector = vector(face, "a sonic.Face, or an embedding of shape (dimensions,)")?;
            Embedding { pipeline: self.pipeline(py)?, vector }
        };
        let options = FaceSearchOptions { events, threshold: threshold.0, limit, exclude, threads };
        let found = detached(py, "searching", || self.store.faces().search(&embedding, &options))?;
        list(py, found)
    }

    /// Removes a photo with its faces and gives its row. People who are seen nowhere else go too, unless the user has
    /// decided something about them. Raises `NotFoundError` if there is no such photo.
    #[pyo3(signature = (event, photo_id))]
    fn remove_photo<'py>(
        &self,
        py: Python<'py>,
        event: Arg<String>,
        photo_id: Arg<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let remove = || self.store.faces().remove_photo(&event.0, &photo_id.0);
        detached(py, "removing", remove)?.to_python(py)
    }

    /// Every event with its counts, in the order in which they were made.
    fn events<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        list(py, detached(py, "reading the store", || self.store.faces().events())?)
    }

    /// The event of this name with its counts; None if there is none.
    #[pyo3(signature = (name))]
    fn event<'py>(&self, py: Python<'py>, name: Arg<String>) -> PyResult<Option<Bound<'py, PyAny>>> {
        maybe(py, detached(py, "reading the store", || self.store.faces().event(&name.0))?)
    }

    /// Removes an event: its photos, faces, people and tags. Counts of 0 mean that there was nothing. The bytes leave the
    /// file with `Store.compact`.
    #[pyo3(signature = (event))]
    fn remove_event<'py>(&self, py: Python<'py>, event: Arg<String>) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "removing", || self.store.faces().remove_event(&event.0))?.to_python(py)
    }

    /// Forgets a user's face, in every event: the people that were linked to the user, their faces with the
    /// embeddings, their tags, and the user's name on photos they brought. The photos stay, with the others on them.
    #[pyo3(signature = (user_id))]
    fn forget_user<'py>(&self, py: Python<'py>, user_id: Arg<String>) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "forgetting", || self.store.faces().forget_user(&user_id.0))?.to_python(py)
    }

    /// Removes the embeddings of an event; photos, faces and people stay as they are, and nothing can be clustered or
    /// searched there any more. Archiving twice is fine. Raises `NotFoundError` if there is no such event.
    #[pyo3(signature = (event))]
    fn archive<'py>(&self, py: Python<'py>, event: Arg<String>) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "archiving", || self.store.faces().archive(&event.0))?.to_python(py)
    }

    /// The photos, in all events, that show a user: a list of `Tag`, in order of event and photo.
    #[pyo3(signature = (user_id))]
    fn tags_of_user<'py>(&self, py: Python<'py>, user_id: Arg<String>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        list(py, detached(py, "reading the store", || self.store.faces().tags_of_user(&user_id.0))?)
    }

    /// The faces of an event, or of all, as a table for whatever reads Arrow (DuckDB, polars, pandas, pyarrow): a `Table` of
    /// `StoredFace`, in the order in which they were added; its column `embedding` holds the vectors. It has no rows if there
    /// is no such event.
    #[pyo3(signature = (event=None))]
    fn table(&self, py: Python<'_>, event: Maybe<String>) -> PyResult<Table> {
        Table::new(py, self.store.clone(), Kind::Faces(event.map(|a| a.0)))
    }

    /// The people of all events; those of one are `store.people(event)`.
    fn people(&self) -> AllPeople {
        AllPeople::new(self.store.clone())
    }

    /// Counts.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "reading the store", || self.store.faces().stats())?.to_python(py)
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        let stats = detached(py, "reading the store", || self.store.faces().stats())?;
        Ok(stats.faces as usize)
    }

    fn __bool__(&self) -> bool {
        true // Not whether there are any, which `len` says.
    }

    fn __repr__(&self) -> String {
        format!("Faces of {:?}", self.store.path().display().to_string())
    }
}

impl Faces {
    /// The pipeline of the store's faces; that of faces made by hand while there are none.
    fn pipeline(&self, py: Python<'_>) -> PyResult<PipelineId> {
        let stats = detached(py, "reading the store", || self.store.faces().stats())?;
        Ok(stats.pipeline.unwrap_or_else(|| PipelineId::new("custom")))
    }
}

fn analyzer_of<'a, 'py>(object: &'a Bound<'py, PyAny>) -> PyResult<&'a FaceAnalyzer> {
    object.cast::<FaceAnalyzer>().map(Bound::get).map_err(|_| expected("a FaceAnalyzer", object))
}
