//! The photos of an event, as rows.

use crate::error::detached;
use crate::table::Rows;
use pyo3::prelude::*;
use sonic::faces::Faces;

/// The photos of an event, in the order in which they were added. `len` counts them.
///
/// Iterating reads the store a page at a time and gives `Photo`s; one that is added or removed meanwhile may or may not be
/// among them.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct EventPhotos {
    faces: Faces,
    event: String,
}

impl EventPhotos {
    /// The photos of a store that is open.
    pub(crate) fn new(py: Python<'_>, faces: Faces, event: String) -> PyResult<Self> {
        let photos = Self { faces, event };
        photos.__len__(py)?; // A closed store says so here.
        Ok(photos)
    }
}

#[pymethods]
impl EventPhotos {
    fn __iter__(&self) -> Rows {
        let (faces, event) = (self.faces.clone(), self.event.clone());
        Rows::paged(move |after, limit| {
            let page = faces.photos(&event, after, limit)?;
            Ok((page.photos, page.next))
        })
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        let event = detached(py, "reading the store", || self.faces.event(&self.event))?;
        Ok(event.map_or(0, |event| event.photos as usize))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("EventPhotos({} of {:?})", self.__len__(py)?, self.event))
    }
}
