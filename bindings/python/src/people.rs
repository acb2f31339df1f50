//! The people of an event: who is seen in its photos.

use crate::argument::{Arg, count, expected, one_of};
use crate::error::detached;
use crate::face_arguments::{face_id, face_ids, person_id};
use crate::progress::{Report, callback, watched};
use crate::results::{ToPython, list, maybe};
use crate::table::PeopleTable;
use pyo3::prelude::*;
use sonic::faces::FaceId;
use sonic::people::{AssignTo, ClusterMethod, ClusterMode, ClusterOptions, Person, PersonId, ReportOptions};
use sonic::{Result, Store};

/// The people of an event: `store.people(event)`. `len` counts them, iterating gives them, without those who were merged
/// into others.
///
/// What the user decides stays: a decision about a person holds the person, and the faces it has then, through every
/// clustering that follows. Two faces of one photo are never one person. Each call is one transaction. A person is named
/// by its id or its row, and so is a face; `NotFoundError` is raised if the event has none of that id, and
/// `InvalidArgumentError` if the person was merged into another.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct People {
    store: Store,
    event: String,
}

impl People {
    pub(crate) fn new(store: Store, event: String) -> Self {
        Self { store, event }
    }

    fn people(&self) -> sonic::people::People {
        self.store.people(&self.event)
    }

    /// Changes something about a person, and gives it as it is then.
    fn decide<'py>(
        &self,
        py: Python<'py>,
        work: impl FnOnce(sonic::people::People) -> Result<Person> + Send,
    ) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "changing a person", || work(self.people()))?.to_python(py)
    }
}

/// An argument that may be left out.
type Maybe<T> = Option<Arg<T>>;

#[pymethods]
impl People {
    /// Finds out who is on the photos: clusters the faces, and gives each cluster the person it was before. A
    /// `ClusterReport`.
    ///
    /// Options that are None are those of the `preset`: "default", or "dbscan" (DBSCAN of the
    /// unassigned faces). `mode` is "full" (all faces may move but those that a decision holds) or "incremental"
    /// (only unassigned ones), `method` "hdbscan" or "dbscan". From a cosine of `assign_similarity` on a face
    /// is of a person who is there, compared with the "mean" of the person's faces or its "representative"
    /// (`assign_to`). `min_cluster_size`, `min_samples` and `epsilon` (a cosine distance) are those of the method. A
    /// face less like the others of its cluster than `min_similarity` is left out; faces left over are one person, or
    /// join the one they are most like, from `gather_similarity` on (False: never). Faces of a score below
    /// `min_quality`, smaller than `min_size` pixels or of a lower sharpness than `min_sharpness` take no part in
    /// clusters; from `single_quality` on a face that is like no other is a person too (False: never). `progress` is
    /// called with the part that is done, 0 to 1; what it raises before 1, and Ctrl-C, end the work, and nothing is
    /// changed then.
    #[pyo3(signature = (*, preset=None, mode=None, method=None, assign_similarity=None, assign_to=None,
                        min_cluster_size=None, min_samples=None, epsilon=None, min_similarity=None,
                        gather_similarity=None, min_quality=None, min_size=None, min_sharpness=None,
                        single_quality=None, threads=0, progress=None),
        text_signature = "($self, *, preset='default', mode=None, method=None, assign_similarity=None, assign_to=None, min_cluster_size=None, min_samples=None, epsilon=None, min_similarity=None, gather_similarity=None, min_quality=None, min_size=None, min_sharpness=None, single_quality=None, threads=0, progress=None)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    fn cluster<'py>(
        &self,
        py: Python<'py>,
        preset: Option<&Bound<'py, PyAny>>,
        mode: Option<&Bound<'py, PyAny>>,
        method: Option<&Bound<'py, PyAny>>,
        assign_similarity: Maybe<f32>,
        assign_to: Option<&Bound<'py, PyAny>>,
        min_cluster_size: Maybe<usize>,
        min_samples: Maybe<usize>,
        epsilon: Maybe<f64>,
        min_similarity: Maybe<f32>,
        gather_similarity: Option<&Bound<'py, PyAny>>,
        min_quality: Maybe<f32>,
        min_size: Maybe<f32>,
        min_sharpness: Maybe<f32>,
        single_quality: Option<&Bound<'py, PyAny>>,
        #[pyo3(from_py_with = count)] threads: usize,
        #[pyo3(from_py_with = callback)] progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let presets = [("default", ClusterOptions::default()), ("dbscan", ClusterOptions::dbscan())];
        let base = one_of(preset, presets)?.unwrap_or_default();
        let modes = [("full", ClusterMode::Full), ("incremental", ClusterMode::Incremental)];
        let methods = [("hdbscan", ClusterMethod::Hdbscan), ("dbscan", ClusterMethod::Dbscan)];
        let ends = [("mean", AssignTo::Mean), ("representative", AssignTo::Representative)];
        let options = ClusterOptions {
            mode: one_of(mode, modes)?.unwrap_or(base.mode),
            method: one_of(method, methods)?.unwrap_or(base.method),
            assign_similarity: assign_similarity.map_or(base.assign_similarity, |a| a.0),
            assign_to: one_of(assign_to, ends)?.unwrap_or(base.assign_to),
            min_cluster_size: min_cluster_size.map_or(base.min_cluster_size, |a| a.0),
            min_samples: min_samples.map_or(base.min_samples, |a| a.0),
            epsilon: epsilon.map_or(base.epsilon, |a| a.0),
            min_similarity: min_similarity.map_or(base.min_similarity, |a| a.0),
            gather_similarity: or_never(gather_similarity, base.gather_similarity)?,
            min_quality: min_quality.map_or(base.min_quality, |a| a.0),
            min_size: min_size.map_or(base.min_size, |a| a.0),
            min_sharpness: min_sharpness.map_or(base.min_sharpness, |a| a.0),
            single_quality: or_never(single_quality, base.single_quality)?,
            threads,
        };
        let work = |report: &mut Report<'_, f32>| self.people().cluster_with(&options, report);
        watched(py, "clustering", progress.as_ref(), work)?.to_python(py)
    }

    /// Everybody but those who were merged into others, in the order in which they were found.
    fn list<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        list(py, detached(py, "reading the store", || self.people().list())?)
    }

    /// The person with this id, one that was merged into another too; None if there is none.
    #[pyo3(signature = (person_id))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = self::person_id)] person_id: PersonId,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        maybe(py, detached(py, "reading the store", || self.people().get(person_id))?)
    }

    /// The faces of a person, in the order in which they were added: a list of `StoredFace`.
    #[pyo3(signature = (person))]
    fn faces_of<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = person_id)] person: PersonId,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        list(py, detached(py, "reading the store", || self.people().faces_of(person))?)
    }

    /// The unassigned faces, in the order in which they were added: a list of `StoredFace`.
    fn unassigned<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        list(py, detached(py, "reading the store", || self.people().unassigned())?)
    }

    /// Which photos show which linked user: a list of `Tag`, in order of photo and user.
    fn tags<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        list(py, detached(py, "reading the store", || self.people().tags())?)
    }

    /// Says which user a person is; anybody may be linked anew, and several people may be one user.
    #[pyo3(signature = (person, user_id))]
    fn link<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = person_id)] person: PersonId,
        user_id: Arg<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.decide(py, |people| people.link(person, &user_id.0))
    }

    /// Notes that somebody was invited to say that it is they.
    #[pyo3(signature = (person, email))]
    fn invite<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = person_id)] person: PersonId,
        email: Arg<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.decide(py, |people| people.invite(person, &email.0))
    }

    /// Gives a person a name for people, or with None takes it away.
    #[pyo3(signature = (person, name))]
    fn rename<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = person_id)] person: PersonId,
        name: Maybe<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.decide(py, |people| people.rename(person, name.as_ref().map(|a| a.0.as_str())))
    }

    /// Says that who it is does not matter. The person goes on gathering faces, so that they do not come back as
    /// somebody new.
    #[pyo3(signature = (person))]
    fn ignore<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = person_id)] person: PersonId,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.decide(py, |people| people.ignore(person))
    }

    /// Takes back that a person is ignored: it is linked, invited or pending as it was before.
    #[pyo3(signature = (person))]
    fn unignore<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = person_id)] person: PersonId,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.decide(py, |people| people.unignore(person))
    }

    /// Says that two people are one: the faces of `person` are those of `into` from now on. Where a photo has both, the
    /// face that is less like the rest is unassigned. A `MergedPeople`. Raises `MismatchError` if they were said not to
    /// be the same, or are linked to different users.
    #[pyo3(signature = (person, into))]
    fn merge<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = person_id)] person: PersonId,
        #[pyo3(from_py_with = person_id)] into: PersonId,
    ) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "merging", || self.people().merge(person, into))?.to_python(py)
    }

    /// Says that some faces of a person are somebody else, and gives that new person. The two are never one again.
    #[pyo3(signature = (person, faces))]
    fn split<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = person_id)] person: PersonId,
        #[pyo3(from_py_with = face_ids)] faces: Vec<FaceId>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.decide(py, |people| people.split(person, &faces))
    }

    /// Makes a person of faces, whoever they were of before.
    #[pyo3(signature = (faces))]
    fn create<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = face_ids)] faces: Vec<FaceId>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.decide(py, |people| people.create(&faces))
    }

    /// Says that a face is of a person. A face of the same photo that clustering gave to the person is taken from it.
    /// Raises `MismatchError` if the person has another face of the same photo by decision.
    #[pyo3(signature = (face, person))]
    fn assign<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = face_id)] face: FaceId,
        #[pyo3(from_py_with = person_id)] person: PersonId,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.decide(py, |people| people.assign(face, person))
    }

    /// Says that a face is not of the person it is put to; it is unassigned then. Gives that person; None if the face was
    /// unassigned before.
    #[pyo3(signature = (face))]
    fn unassign<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = face_id)] face: FaceId,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        maybe(py, detached(py, "changing a person", || self.people().unassign(face))?)
    }

    /// Says that a face is not of a person, whether it is put there or not.
    #[pyo3(signature = (face, person))]
    fn not_person<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = face_id)] face: FaceId,
        #[pyo3(from_py_with = person_id)] person: PersonId,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.decide(py, |people| people.not_person(face, person))
    }

    /// Says that two people are not the same, so that they are never merged.
    #[pyo3(signature = (a, b))]
    fn not_same(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = person_id)] a: PersonId,
        #[pyo3(from_py_with = person_id)] b: PersonId,
    ) -> PyResult<()> {
        detached(py, "changing a person", || self.people().not_same(a, b))
    }

    /// Takes back that two people are not the same.
    #[pyo3(signature = (a, b))]
    fn maybe_same(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = person_id)] a: PersonId,
        #[pyo3(from_py_with = person_id)] b: PersonId,
    ) -> PyResult<()> {
        detached(py, "changing a person", || self.people().maybe_same(a, b))
    }

    /// Makes a face stand for its person, or with None again the one of the greatest score.
    #[pyo3(signature = (person, face))]
    fn pin_representative<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = person_id)] person: PersonId,
        face: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let face = face.map(face_id).transpose()?;
        self.decide(py, |people| people.pin_representative(person, face))
    }

    /// The people as one HTML page to look at, without scripts, that loads nothing: a row a person, then the unassigned
    /// faces, at most `max_faces` of each. `date` is what it says about when it was made. Raises `NotFoundError` if there
    /// is no such event.
    #[pyo3(
        signature = (*, max_faces=Arg(60), thumbnail_size=Arg(160), date=None),
        text_signature = "($self, *, max_faces=60, thumbnail_size=160, date=None)"
    )]
    fn report(
        &self,
        py: Python<'_>,
        max_faces: Arg<usize>,
        thumbnail_size: Arg<u32>,
        date: Maybe<String>,
    ) -> PyResult<String> {
        let (max_faces, thumbnail_size) = (max_faces.0, thumbnail_size.0);
        let options = ReportOptions { max_faces, thumbnail_size, date: date.map(|a| a.0) };
        detached(py, "making a report", || sonic::people::report(&self.store, &self.event, &options))
    }

    /// Forgets a person, with those that were merged into it: all their faces with the embeddings, and their tags. The
    /// photos stay, with the others on them.
    #[pyo3(signature = (person))]
    fn forget_person<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = person_id)] person: PersonId,
    ) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "forgetting", || self.people().forget_person(person))?.to_python(py)
    }

    /// As `Faces.forget_user`, in this event only.
    #[pyo3(signature = (user_id))]
    fn forget_user<'py>(&self, py: Python<'py>, user_id: Arg<String>) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "forgetting", || self.people().forget_user(&user_id.0))?.to_python(py)
    }

    /// As `Faces.remove_event`.
    fn remove<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "removing", || self.people().remove())?.to_python(py)
    }

    /// As `Faces.archive`.
    fn archive<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "archiving", || self.people().archive())?.to_python(py)
    }

    /// The people as a table for whatever reads Arrow (DuckDB, polars, pandas, pyarrow): a `PeopleTable`.
    fn table(&self, py: Python<'_>) -> PyResult<PeopleTable> {
        PeopleTable::new(py, self.store.clone(), Some(self.event.clone()))
    }

    /// The event.
    #[getter]
    fn event(&self) -> &str {
        &self.event
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.list(py)?.into_pyobject(py)?.call_method0("__iter__")
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        let event = detached(py, "reading the store", || self.store.faces().event(&self.event))?;
        Ok(event.map_or(0, |event| event.people as usize))
    }

    fn __bool__(&self) -> bool {
        true // Not whether there is anybody, which `len` says.
    }

    fn __repr__(&self) -> String {
        format!("People of {:?}", self.event)
    }
}

/// A number, or False for never; what the preset says if nothing was given.
fn or_never(object: Option<&Bound<'_, PyAny>>, preset: Option<f32>) -> PyResult<Option<f32>> {
    match object {
        None => Ok(preset),
        Some(object) => match object.extract::<bool>() {
            Ok(false) => Ok(None),
            Ok(true) => Err(expected("a number, or False", object)),
            Err(_) => object.extract().map(Some).map_err(|_| expected("a number, or False", object)),
        },
    }
}
