//! Which models there are, where their files are, and how they get there: what `sonic.models` consists of.

use crate::argument::Arg;
use crate::embedder::model_name;
use crate::error::detached;
use crate::progress::{counter, watched_with};
use crate::results::{ToPython, list, results};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use sonic::model::{Manifest, Model};
use sonic::models::{
    PullOptions, PullProgress, Pulled, PulledFile, Registry, RegistryEntry, RegistryFile, Verified,
};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// An argument that may be left out.
type Maybe<T> = Option<Arg<T>>;

/// A model of a registry, with its files as the manifest knows them.
struct Entry(RegistryEntry);

/// A file of a model of a registry.
struct EntryFile<'a> {
    manifest: &'a Manifest,
    file: &'a RegistryFile,
}

results! { in "sonic.models";
    RegistryFile from EntryFile<'_> as entry {
        name: entry.file.name,
        path: entry.file.path,
        bytes: entry.file.bytes,
        sha256: entry.manifest.files.get(&entry.file.name).and_then(|file| file.sha256.as_ref()),
        url: entry.manifest.files.get(&entry.file.name).and_then(|file| file.url.as_ref()),
    }

    RegistryEntry from Entry as entry {
        id: entry.0.manifest.id,
        task: entry.0.manifest.task,
        built_in: entry.0.built_in,
        installed: entry.0.is_installed(),
        licence: entry.0.manifest.licence,
        commercial: entry.0.manifest.commercial,
        dimensions: entry.0.manifest.dimensions,
        source: entry.0.manifest.source,
        note: entry.0.manifest.note,
        files: entry.files(),
    }

    Model from Model as model {
        id: model.manifest.id,
        task: model.manifest.task,
        dimensions: model.manifest.dimensions,
        files,
    }

    PulledFile from PulledFile as file { name, path, source, sha256, verified }

    Pulled from Pulled as pulled { files }

    Verified from Verified as verified {
        status: match verified {
            Verified::BuiltIn => "built_in",
            Verified::Good => "good",
            Verified::Unknown(_) => "unknown",
            Verified::Wrong(_) => "wrong",
            Verified::Missing => "missing",
        },
        sha256: match verified {
            Verified::Unknown(hash) | Verified::Wrong(hash) => Some(hash),
            _ => None,
        },
    }
}

impl Entry {
    fn files(&self) -> Vec<EntryFile<'_>> {
        self.0.files.iter().map(|file| EntryFile { manifest: &self.0.manifest, file }).collect()
    }
}

/// Paths by the names of files.
impl ToPython for BTreeMap<String, PathBuf> {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let files = PyDict::new(py);
        for (name, path) in self {
            files.set_item(name, path.to_python(py)?)?;
        }
        Ok(files.into_any())
    }
}

/// The registry of a folder, or of the default one.
fn registry(folder: Maybe<PathBuf>, commercial_only: bool) -> sonic::Result<Registry> {
    let folder = folder.map_or_else(Registry::default_folder, |folder| Ok(folder.0))?;
    Ok(sonic::models::registry(folder).commercial_only(commercial_only))
}

/// All models in order of id: those that came with sonic, and those with a manifest in the folder. A list of
/// `RegistryEntry`.
///
/// `folder` is where model files are; None is `SONIC_MODELS`, or else `sonic/models` in the folder for the user's data.
/// Raises `ModelError` if a manifest in the folder is wrong.
#[pyfunction]
#[pyo3(signature = (*, folder=None))]
pub(crate) fn list_models(py: Python<'_>, folder: Maybe<PathBuf>) -> PyResult<Vec<Bound<'_, PyAny>>> {
    let entries = detached(py, "listing the models", || registry(folder, false)?.list())?;
    list(py, entries.into_iter().map(Entry))
}

/// The files of a model: its id, or the path of a manifest or of an ONNX file. Nothing is fetched. A `Model`.
///
/// With `commercial_only` models whose licence forbids commercial use are refused. Raises `NotFoundError` if there is no
/// such model, `ModelError` if a file of it is not there or its licence is refused.
#[pyfunction]
#[pyo3(
    signature = (model, *, folder=None, commercial_only=Arg(false)),
    text_signature = "(model, *, folder=None, commercial_only=False)"
)]
pub(crate) fn resolve_model<'py>(
    py: Python<'py>,
    model: &Bound<'py, PyAny>,
    folder: Maybe<PathBuf>,
    commercial_only: Arg<bool>,
) -> PyResult<Bound<'py, PyAny>> {
    let name = model_name(model)?;
    let find = || registry(folder, commercial_only.0)?.resolve(&name);
    detached(py, "looking for the model", find)?.to_python(py)
}

/// Brings the files of a model into the folder, unless they are there and right, and gives where they are: a `Pulled`.
/// Nothing else in sonic fetches anything.
///
/// A file gets its name only when all of it is there and has the hash of the manifest; `accept_unverified` takes files of
/// which no hash is known. `mirror` is the address of a folder with model files, `offline` a folder with them: then no
/// other place is used. `progress` is called with the bytes of the present file that have come and all of them, None if
/// that is not known; what it raises, and Ctrl-C, cancel the pull. Raises `NotFoundError` if there is no such model,
/// `ModelError` if its licence is refused (`commercial_only`) or it cannot be verified, `MismatchError` for a wrong hash.
#[pyfunction]
#[pyo3(
    signature = (model, *, folder=None, commercial_only=Arg(false), accept_unverified=Arg(false), mirror=None,
                 offline=None, progress=None),
    text_signature = "(model, *, folder=None, commercial_only=False, accept_unverified=False, mirror=None, offline=None, progress=None)"
)]
#[expect(clippy::too_many_arguments, reason = "they are keywords")]
pub(crate) fn pull_model<'py>(
    py: Python<'py>,
    model: &Bound<'py, PyAny>,
    folder: Maybe<PathBuf>,
    commercial_only: Arg<bool>,
    accept_unverified: Arg<bool>,
    mirror: Maybe<String>,
    offline: Maybe<PathBuf>,
    #[pyo3(from_py_with = counter)] progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let name = model_name(model)?;
    let options = PullOptions {
        accept_unverified: accept_unverified.0,
        mirror: mirror.map(|a| a.0),
        offline: offline.map(|a| a.0),
    };
    let pulled = watched_with(py, "pulling a model", progress.as_ref(), |report| {
        let on_progress = |progress: PullProgress<'_>| report((progress.bytes, progress.total));
        registry(folder, commercial_only.0)?.pull(&name, &options, on_progress)
    })?;
    pulled.to_python(py)
}

/// Compares the files of a model with the hashes that they should have: a `Verified`, the worst of what is known about
/// them. Raises `NotFoundError` if there is no such model.
#[pyfunction]
#[pyo3(signature = (model, *, folder=None))]
pub(crate) fn verify_model<'py>(
    py: Python<'py>,
    model: &Bound<'py, PyAny>,
    folder: Maybe<PathBuf>,
) -> PyResult<Bound<'py, PyAny>> {
    let name = model_name(model)?;
    detached(py, "verifying the model", || registry(folder, false)?.verify(&name))?.to_python(py)
}
