//! The photos and the faces of an event, as rows.

use crate::error::detached;
use crate::face_results as results;
use crate::recordings::{PAGE, Pages};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use sonic::{Event, FaceRow, Faces, Photo};

/// The photos of an event, in the order in which they were added. `len` counts them.
///
/// Iterating reads the store a page at a time and gives `Photo`s; one that is added or removed meanwhile may or may not be
/// among them.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct EventPhotos {
    faces: Faces,
    event: String,
}

/// The faces of an event, in the order in which they were added. `len` counts them.
///
/// Iterating reads the store a page at a time and gives `StoredFace`s; one that is added or removed meanwhile may or may
/// not be among them.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct EventFaces {
    faces: Faces,
    event: String,
}

/// An event with its counts; `None` if there is none. A closed store says so.
fn counts(py: Python<'_>, faces: &Faces, event: &str) -> PyResult<Option<Event>> {
    detached(py, "reading the store", || faces.event(event))
}

impl EventPhotos {
    pub(crate) fn new(py: Python<'_>, faces: Faces, event: String) -> PyResult<Self> {
        counts(py, &faces, &event)?;
        Ok(Self { faces, event })
    }
}

impl EventFaces {
    pub(crate) fn new(py: Python<'_>, faces: Faces, event: String) -> PyResult<Self> {
        counts(py, &faces, &event)?;
        Ok(Self { faces, event })
    }
}

#[pymethods]
impl EventPhotos {
    fn __iter__(&self) -> PhotoRows {
        PhotoRows { faces: self.faces.clone(), event: self.event.clone(), pages: Pages::default() }
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(counts(py, &self.faces, &self.event)?.map_or(0, |event| event.photos as usize))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("EventPhotos({} of {:?})", self.__len__(py)?, self.event))
    }
}

#[pymethods]
impl EventFaces {
    fn __iter__(&self) -> FaceRows {
        FaceRows { faces: self.faces.clone(), event: self.event.clone(), pages: Pages::default() }
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(counts(py, &self.faces, &self.event)?.map_or(0, |event| event.faces as usize))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("EventFaces({} of {:?})", self.__len__(py)?, self.event))
    }
}

/// The faces, or the people, of all events as a table: it implements the Arrow C stream interface, so that DuckDB, polars,
/// pandas and pyarrow query it directly. `len` counts the rows.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct FaceTable {
    faces: Faces,
    of_people: bool,
}

impl FaceTable {
    pub(crate) fn new(py: Python<'_>, faces: Faces, of_people: bool) -> PyResult<Self> {
        detached(py, "reading the store", || faces.stats())?; // A closed store says so here.
        Ok(Self { faces, of_people })
    }
}

#[pymethods]
impl FaceTable {
    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        let stats = detached(py, "reading the store", || self.faces.stats())?;
        Ok(if self.of_people { stats.people as usize } else { stats.faces as usize })
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
        let read = || if self.of_people { self.faces.people_arrow() } else { self.faces.arrow() };
        let stream = detached(py, "reading the store", read)?;
        // The capsule points to what it holds: the struct of the interface.
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let what = if self.of_people { "people" } else { "faces" };
        Ok(format!("FaceTable({} {what})", self.__len__(py)?))
    }
}

/// An iterator over photos.
#[pyclass(frozen, module = "sonic._native")]
struct PhotoRows {
    faces: Faces,
    event: String,
    pages: Pages<Photo>,
}

/// An iterator over faces.
#[pyclass(frozen, module = "sonic._native")]
struct FaceRows {
    faces: Faces,
    event: String,
    pages: Pages<FaceRow>,
}

#[pymethods]
impl PhotoRows {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let read = |after| {
            let page = self.faces.photos(&self.event, after, PAGE)?;
            Ok((page.photos, page.next))
        };
        let row = detached(py, "reading the store", || self.pages.next(read))?;
        row.map(|row| results::photo(py, &row)).transpose()
    }
}

#[pymethods]
impl FaceRows {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let read = |after| {
            let page = self.faces.page(&self.event, after, PAGE)?;
            Ok((page.faces, page.next))
        };
        let row = detached(py, "reading the store", || self.pages.next(read))?;
        row.map(|row| results::stored(py, &row)).transpose()
    }
}
