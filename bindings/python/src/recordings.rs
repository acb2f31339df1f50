//! The recordings of a store, as rows and as a table.

use crate::error::detached;
use crate::results;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use sonic::{Cursor, Recording};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Rows that are read at a time.
pub(crate) const PAGE: usize = 256;

/// The recordings of a store, in the order in which they were added.
///
/// Iterating reads the store a page at a time and gives `Recording`s; a recording that is added or removed meanwhile may
/// or may not be among them. As a table it implements the Arrow C stream interface, so that DuckDB, polars, pandas and
/// pyarrow query it directly.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct Recordings {
    store: sonic::Store,
}

impl Recordings {
    pub(crate) fn new(py: Python<'_>, store: sonic::Store) -> PyResult<Self> {
        detached(py, "reading the store", || store.count())?; // A closed store says so here.
        Ok(Self { store })
    }
}

#[pymethods]
impl Recordings {
    fn __iter__(&self) -> Rows {
        Rows { store: self.store.clone(), pages: Pages::default() }
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        detached(py, "reading the store", || self.store.count()).map(|count| count as usize)
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
        let stream = detached(py, "reading the store", || self.store.recordings_arrow())?;
        // The capsule points to what it holds: the struct of the interface.
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Recordings({} of {:?})", self.__len__(py)?, self.store.path().display().to_string()))
    }
}

/// Rows of a table: what was read and not yet taken, and where to go on.
pub(crate) struct Pages<T>(Mutex<(VecDeque<T>, Option<Cursor>)>);

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self(Mutex::new((VecDeque::new(), Some(Cursor::default()))))
    }
}

impl<T> Pages<T> {
    /// The next row; `read` gives the page after a place and the place after that page.
    pub(crate) fn next(
        &self,
        read: impl Fn(Cursor) -> sonic::Result<(Vec<T>, Option<Cursor>)>,
    ) -> sonic::Result<Option<T>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (rows, next) = &mut *state;
        while let (true, Some(cursor)) = (rows.is_empty(), *next) {
            let (page, after) = read(cursor)?;
            (*rows, *next) = (page.into(), after);
        }
        Ok(rows.pop_front())
    }
}

/// An iterator over recordings.
#[pyclass(frozen, module = "sonic._native")]
struct Rows {
    store: sonic::Store,
    pages: Pages<Recording>,
}

impl Rows {
    fn next(&self) -> sonic::Result<Option<Recording>> {
        self.pages.next(|after| {
            let page = self.store.recordings_after(after, PAGE)?;
            Ok((page.recordings, page.next))
        })
    }
}

#[pymethods]
impl Rows {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let row = detached(py, "reading the store", || self.next())?;
        row.map(|row| results::recording(py, &row)).transpose()
    }
}
