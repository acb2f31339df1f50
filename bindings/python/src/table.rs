//! Rows of a store: one after another, and as a table.

use crate::error::detached;
use crate::results::ToPython;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use sonic::faces::StoredFace;
use sonic::store::{ArrowStream, Cursor};
use sonic::{Result, Store};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Rows that are read at a time.
const PAGE: usize = 256;

/// Rows after a place, and the place after them.
type Page<T> = (Vec<T>, Option<Cursor>);

/// A row of any kind, on its way to Python.
type Row = Box<dyn ToPython + Send>;

/// An iterator over rows.
#[pyclass(frozen, module = "sonic._native")]
pub(crate) struct Rows(Mutex<Box<dyn Iterator<Item = Result<Row>> + Send>>);

impl Rows {
    /// The rows of what is read in pages: `read` gives those after a place, and the place after them.
    pub(crate) fn paged<T: ToPython + Send + 'static>(
        mut read: impl FnMut(Cursor, usize) -> Result<Page<T>> + Send + 'static,
    ) -> Self {
        let (mut page, mut next) = (Vec::new().into_iter(), Some(Cursor::default()));
        let rows = std::iter::from_fn(move || {
            loop {
                if let Some(row) = page.next() {
                    return Some(Ok(Box::new(row) as Row));
                }
                match read(next?, PAGE) {
                    Ok((rows, after)) => (page, next) = (rows.into_iter(), after),
                    Err(error) => return Some(Err(error)),
                }
            }
        });
        Self(Mutex::new(Box::new(rows)))
    }

    /// The recordings of a store.
    pub(crate) fn recordings(store: Store) -> Self {
        Self::paged(move |after, limit| {
            let page = store.recordings().page(after, limit)?;
            Ok((page.recordings, page.next))
        })
    }

    /// The rows of an event, or of one event after another.
    fn of_events<T: ToPython + Send + 'static>(
        store: Store,
        event: Option<String>,
        read: fn(&Store, &str, Cursor, usize) -> Result<Page<T>>,
    ) -> Self {
        let mut events: Option<VecDeque<String>> = event.map(|event| [event].into());
        Self::paged(move |after, limit| {
            let events = match &mut events {
                Some(events) => events,
                none => none.insert(store.faces().events()?.into_iter().map(|event| event.name).collect()),
            };
            let Some(event) = events.front() else { return Ok((Vec::new(), None)) };
            let (rows, next) = read(&store, event, after, limit)?;
            if next.is_none() {
                events.pop_front();
            }
            Ok((rows, next.or_else(|| (!events.is_empty()).then(Cursor::default))))
        })
    }
}

/// Faces of an event after a place, and the place after them.
fn faces_page(store: &Store, event: &str, after: Cursor, limit: usize) -> Result<Page<StoredFace>> {
    let page = store.faces().page(event, after, limit)?;
    Ok((page.faces, page.next))
}

#[pymethods]
impl Rows {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let next = || self.0.lock().unwrap_or_else(PoisonError::into_inner).next().transpose();
        crate::results::maybe(py, detached(py, "reading the store", next)?)
    }
}

/// What the rows of a table are.
#[derive(Clone)]
pub(crate) enum Kind {
    Recordings,
    Voices,
    /// Of one event, or of all.
    Faces(Option<String>),
}

/// Rows of a store as a table: it implements the Arrow C stream interface, so that DuckDB, polars, pandas and pyarrow query
/// it directly. Each column is named as the attribute of the row, but for times, which are timestamps in UTC.
///
/// Iterating reads the store a page at a time and gives the rows themselves, in the order in which they were added; one
/// that is added or removed meanwhile may or may not be among them. `len` counts the rows.
#[pyclass(frozen, generic, module = "sonic")]
pub(crate) struct Table {
    store: Store,
    kind: Kind,
}

impl Table {
    /// A table of a store that is open.
    pub(crate) fn new(py: Python<'_>, store: Store, kind: Kind) -> PyResult<Self> {
        detached(py, "reading the store", || store.check_open())?;
        Ok(Self { store, kind })
    }

    fn len(&self) -> Result<usize> {
        let (store, faces) = (&self.store, self.store.faces());
        let len = match &self.kind {
            Kind::Recordings => store.recordings().len()?,
            Kind::Voices => store.voices().stats()?.recordings,
            Kind::Faces(None) => faces.stats()?.faces,
            Kind::Faces(Some(event)) => faces.event(event)?.map_or(0, |event| event.faces),
        };
        Ok(len as usize)
    }

    fn rows(&self) -> Rows {
        let store = self.store.clone();
        match self.kind.clone() {
            Kind::Recordings => Rows::recordings(store),
            Kind::Voices => Rows::paged(move |after, limit| {
                let page = store.voices().page(after, limit)?;
                Ok((page.voices, page.next))
            }),
            Kind::Faces(event) => Rows::of_events(store, event, faces_page),
        }
    }

    fn arrow(&self) -> Result<ArrowStream> {
        match &self.kind {
            Kind::Recordings => self.store.recordings().table(),
            Kind::Voices => self.store.voices().table(),
            Kind::Faces(event) => self.store.faces().table(event.as_deref()),
        }
    }
}

#[pymethods]
impl Table {
    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        detached(py, "reading the store", || self.len())
    }

    fn __iter__(&self) -> Rows {
        self.rows()
    }

    /// The table as an Arrow C stream, for whatever reads such a capsule. `requested_schema` is not followed, as the
    /// interface allows.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        capsule(py, || self.arrow())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let what = match self.kind {
            Kind::Recordings => "recordings",
            Kind::Voices => "voices",
            Kind::Faces(_) => "faces",
        };
        Ok(format!("Table({} {what})", self.__len__(py)?))
    }
}

/// An Arrow stream as the capsule of the interface.
fn capsule<'py>(
    py: Python<'py>,
    read: impl FnOnce() -> Result<ArrowStream> + Send,
) -> PyResult<Bound<'py, PyCapsule>> {
    let stream = detached(py, "reading the store", read)?;
    // The capsule points to what it holds: the struct of the interface.
    PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
}

/// The people of an event, or of all, those who were merged into others too, as a table: it implements the Arrow C stream
/// interface, so that DuckDB, polars, pandas and pyarrow query it directly. Each column is named as the attribute of
/// `Person`, but for times, which are timestamps in UTC. The rows themselves are what `store.people(event)` gives.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct PeopleTable {
    store: Store,
    event: Option<String>,
}

impl PeopleTable {
    /// The table of a store that is open.
    pub(crate) fn new(py: Python<'_>, store: Store, event: Option<String>) -> PyResult<Self> {
        detached(py, "reading the store", || store.check_open())?;
        Ok(Self { store, event })
    }
}

#[pymethods]
impl PeopleTable {
    /// The table as an Arrow C stream, for whatever reads such a capsule. `requested_schema` is not followed, as the
    /// interface allows.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        capsule(py, || match &self.event {
            Some(event) => self.store.people(event).table(),
            None => self.store.faces().people().table(),
        })
    }

    fn __repr__(&self) -> String {
        let event = self.event.as_ref().map_or_else(|| "all events".to_owned(), |event| format!("{event:?}"));
        format!("PeopleTable(of {event})")
    }
}

/// The people of all events: `store.faces.people()`. Those of one are `store.people(event)`.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct AllPeople {
    store: Store,
}

impl AllPeople {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }
}

#[pymethods]
impl AllPeople {
    /// The people of all events as a table for whatever reads Arrow (DuckDB, polars, pandas, pyarrow): a `PeopleTable`.
    fn table(&self, py: Python<'_>) -> PyResult<PeopleTable> {
        PeopleTable::new(py, self.store.clone(), None)
    }

    fn __repr__(&self) -> String {
        format!("AllPeople of {:?}", self.store.path().display().to_string())
    }
}
