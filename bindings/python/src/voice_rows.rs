//! The voice recordings of a store, as rows and as a table.

use crate::error::detached;
use crate::recordings::{PAGE, Pages};
use crate::voice_results;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use sonic::Voice;

/// The voice recordings of a store, in the order in which they were added.
///
/// Iterating reads the store a page at a time and gives `Voice`s; one that is added or removed meanwhile may or may not
/// be among them. As a table it implements the Arrow C stream interface, so that DuckDB, polars, pandas and pyarrow
/// query it directly; its column `embedding` holds the vectors.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct VoiceRecordings {
    voices: sonic::Voices,
}

impl VoiceRecordings {
    pub(crate) fn new(py: Python<'_>, voices: sonic::Voices) -> PyResult<Self> {
        detached(py, "reading the store", || voices.stats())?; // A closed store says so here.
        Ok(Self { voices })
    }
}

#[pymethods]
impl VoiceRecordings {
    fn __iter__(&self) -> VoiceRows {
        VoiceRows { voices: self.voices.clone(), pages: Pages::default() }
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        detached(py, "reading the store", || self.voices.stats()).map(|stats| stats.recordings as usize)
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
        let stream = detached(py, "reading the store", || self.voices.arrow())?;
        // The capsule points to what it holds: the struct of the interface.
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("VoiceRecordings({})", self.__len__(py)?))
    }
}

/// An iterator over voice recordings.
#[pyclass(frozen, module = "sonic._native")]
struct VoiceRows {
    voices: sonic::Voices,
    pages: Pages<Voice>,
}

impl VoiceRows {
    fn next(&self) -> sonic::Result<Option<Voice>> {
        self.pages.next(|after| {
            let page = self.voices.page(after, PAGE)?;
            Ok((page.voices, page.next))
        })
    }
}

#[pymethods]
impl VoiceRows {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let row = detached(py, "reading the store", || self.next())?;
        row.map(|row| voice_results::voice(py, &row)).transpose()
    }
}
