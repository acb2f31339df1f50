//! Recordings of a store that were imported without their sound.

use crate::argument::Arg;
use crate::error::detached;
use crate::progress::{counter, watched_with};
use crate::results::{ToPython, list, results};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyAny};
use sonic::Store;
use sonic::imported::{
    self, ImportEvent, ImportStatus, ImportedFile, ImportedRecording, ValidatedFile, Warnings,
};
use std::path::PathBuf;

results! {
    ImportedFile from ImportedFile as file {
        path,
        status,
        season,
        recordings,
        left_out,
        hashes,
        entries,
        warnings,
        error,
    }

    ValidatedFile from ValidatedFile as file {
        path,
        fine: file.is_fine(),
        season,
        hashes,
        unknown,
        compared,
        different,
        missing,
        with_sound,
        warnings,
        error,
    }

    ImportedRecording from ImportedRecording as row {
        id,
        season,
        source,
        entries,
        frames,
        duration_ms,
        created_at_ms,
    }
}

impl ToPython for ImportStatus {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.name().to_python(py)
    }
}

impl ToPython for Warnings {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let named = self.iter().map(|(warning, count)| (warning.name(), *count));
        Ok(named.into_py_dict(py)?.into_any())
    }
}

/// The recordings of a store of which only another system's fingerprints were imported: `store.imported`. `len` counts
/// them. `identify` finds them beside the others, and `Match.imported` says so.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct Imported {
    store: Store,
}

impl Imported {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }
}

#[pymethods]
impl Imported {
    /// Imports the fingerprints that CityWok left at `place`, a pickle, an LMDB environment, a folder of them, or a folder
    /// with `fingerprints` and `checksums` as its bucket has them, and says what became of each file.
    ///
    /// Each file is one transaction; what was imported before is passed over, and what is wrong with a file is in its
    /// `error` and does not end the others. Recordings that the store has with their sound are left out. `progress` is
    /// called with the number of bytes of a file that were read and, if that is known, of all its bytes. Raises
    /// `NotFoundError` if there is no season at `place`, `IoError` if another process is writing.
    #[pyo3(signature = (place, *, progress=None))]
    fn add<'py>(
        &self,
        py: Python<'py>,
        place: Arg<PathBuf>,
        #[pyo3(from_py_with = counter)] progress: Option<Py<PyAny>>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let (files, cancelled) = watched_with(py, "importing", progress.as_ref(), |report| {
            let mut files = Vec::new();
            let summary = imported::import(&self.store, &place.0, |event| match event {
                ImportEvent::Reading { bytes, total, .. } => report((bytes, total)),
                ImportEvent::File(file) => {
                    files.push(file);
                    std::ops::ControlFlow::Continue(())
                }
                _ => std::ops::ControlFlow::Continue(()),
            })?;
            Ok((files, summary.cancelled))
        })?;
        if cancelled { Err(PyKeyboardInterrupt::new_err(())) } else { list(py, files) }
    }

    /// Compares the files at `place` with what was imported of them: 1,000 hashes of each by the frames at which every
    /// recording has them, and all by whether there is such a hash. `progress` is called with the number of files that were
    /// compared, and None.
    #[pyo3(signature = (place, *, progress=None))]
    fn validate<'py>(
        &self,
        py: Python<'py>,
        place: Arg<PathBuf>,
        #[pyo3(from_py_with = counter)] progress: Option<Py<PyAny>>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let (files, cancelled) = watched_with(py, "validating", progress.as_ref(), |report| {
            let mut files = Vec::new();
            let validation = imported::validate(&self.store, &place.0, |file| {
                files.extend(file);
                report((files.len(), None::<u64>))
            })?;
            Ok((files, validation.cancelled))
        })?;
        if cancelled { Err(PyKeyboardInterrupt::new_err(())) } else { list(py, files) }
    }

    /// Every imported recording, in the order in which they came.
    fn list<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        list(py, detached(py, "reading the store", || self.store.imported().list())?)
    }

    /// Removes what was imported of the recording with this id and gives its row. Raises `NotFoundError` if there is none.
    #[pyo3(signature = (id))]
    fn remove<'py>(&self, py: Python<'py>, id: Arg<String>) -> PyResult<Bound<'py, PyAny>> {
        detached(py, "removing", || self.store.imported().remove(&id.0))?.to_python(py)
    }

    /// Removes all that was imported, and says of how many recordings.
    fn clear(&self, py: Python<'_>) -> PyResult<u64> {
        detached(py, "removing", || self.store.imported().clear())
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        detached(py, "reading the store", || self.store.imported().len()).map(|len| len as usize)
    }

    fn __bool__(&self) -> bool {
        true // Not whether there are any, which `len` says.
    }

    fn __repr__(&self) -> String {
        format!("Imported of {:?}", self.store.path().display().to_string())
    }
}
