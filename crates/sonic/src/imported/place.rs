//! Where files to import lie: a path, or an address whose files are first copied here.

use super::{ImportEvent, ImportSummary, ValidatedFile, Validation};
use crate::{Error, ErrorKind, Result, Store};
use sonic_import::Place;
use std::ops::ControlFlow;
use std::path::Path;

/// Imports the fingerprints that CityWok left at `place`: a pickle, an LMDB environment, a folder of them, or its bucket; a
/// path, or with the feature `remote` the address of one in object storage (see the module of that name), of which everything
/// that may be read is first copied to a temporary folder.
///
/// # Errors
/// Those of [`sonic_import::import`]; for an address those of copying too, and `Unsupported` without the feature.
pub fn import(
    store: &Store,
    place: impl AsRef<Path>,
    mut on_event: impl FnMut(ImportEvent) -> ControlFlow<()>,
) -> Result<ImportSummary> {
    let place = place.as_ref();
    let Some(url) = address(place) else { return sonic_import::import(store, place, on_event) };
    store.check_open()?;
    let tell = |bytes, total| on_event(ImportEvent::Reading { path: url.into(), bytes, total: Some(total) });
    let copy = match copied(url, tell) {
        Err(e) if e.kind() == ErrorKind::Closed => {
            let mut nothing = ImportSummary::default();
            nothing.cancelled = true;
            return Ok(nothing);
        }
        copy => copy?,
    };
    sonic_import::import(store, Place { path: copy.path(), name: place }, on_event)
}

/// Compares what was imported with the files at `place` that it came from; see [`import`] for what that may be.
///
/// # Errors
/// Those of [`sonic_import::validate`]; for an address those of copying too, and `Unsupported` without the feature.
pub fn validate(
    store: &Store,
    place: impl AsRef<Path>,
    mut on_file: impl FnMut(Option<ValidatedFile>) -> ControlFlow<()>,
) -> Result<Validation> {
    let place = place.as_ref();
    let Some(url) = address(place) else { return sonic_import::validate(store, place, on_file) };
    let copy = match copied(url, |_, _| on_file(None)) {
        Err(e) if e.kind() == ErrorKind::Closed => {
            let mut nothing = Validation::default();
            nothing.cancelled = true;
            return Ok(nothing);
        }
        copy => copy?,
    };
    sonic_import::validate(store, Place { path: copy.path(), name: place }, on_file)
}

/// The place as an address, if it is one.
fn address(place: &Path) -> Option<&str> {
    place.to_str().filter(|text| text.contains("://"))
}

/// The files of an address in a folder that goes when this goes; `tell` hears of bytes copied and of all.
#[cfg(feature = "remote")]
fn copied(url: &str, mut tell: impl FnMut(u64, u64) -> ControlFlow<()>) -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir().map_err(|e| Error::io("cannot make a temporary folder", e))?;
    let tell = |progress: crate::remote::Progress| tell(progress.bytes, progress.total_bytes);
    let options = crate::remote::RemoteOptions::default();
    crate::remote::copy(url, folder.path(), sonic_import::is_wanted, &options, tell)?;
    Ok(folder)
}

#[cfg(not(feature = "remote"))]
fn copied(url: &str, _tell: impl FnMut(u64, u64) -> ControlFlow<()>) -> Result<tempfile::TempDir> {
    let message =
        format!("{url} is an address, and this build has no object storage: copy its files to a folder");
    Err(Error::new(ErrorKind::Unsupported, message))
}
