//! Where files to import lie: a path, or an address whose files are first brought here.

use super::{ImportEvent, ImportSummary, ValidatedFile, Validation};
use crate::{Error, ErrorKind, Result, Store};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Imports the fingerprints that CityWok left at `place`: a pickle, an LMDB environment, a folder of them, or its bucket.
///
/// # Errors
/// `Unsupported` if `place` is an address; else as [`sonic_import::import`].
pub fn import(
    store: &Store,
    place: impl AsRef<Path>,
    on_event: impl FnMut(ImportEvent) -> ControlFlow<()>,
) -> Result<ImportSummary> {
    sonic_import::import(store, &local(place.as_ref())?, on_event)
}

/// Compares what was imported with the files at `place` that it came from.
///
/// # Errors
/// `Unsupported` if `place` is an address; else as [`sonic_import::validate`].
pub fn validate(
    store: &Store,
    place: impl AsRef<Path>,
    on_file: impl FnMut(Option<ValidatedFile>) -> ControlFlow<()>,
) -> Result<Validation> {
    sonic_import::validate(store, &local(place.as_ref())?, on_file)
}

/// The local folder of a place. The one point at which the files of an address would be pulled.
fn local(place: &Path) -> Result<PathBuf> {
    match place.to_str().is_some_and(|text| text.contains("://")) {
        false => Ok(place.to_owned()),
        true => {
            let message =
                format!("{} is an address: copy its files to a folder, and import that", place.display());
            Err(Error::new(ErrorKind::Unsupported, message))
        }
    }
}
