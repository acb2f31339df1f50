//! `sonic export`: the tables of a store as files.

use crate::output::{Output, bytes};
use crate::{Common, Failure, Outcome};
use serde::Serialize;
use sonic::{Access, Store};
use std::path::{Path, PathBuf};

/// Write the tables of a store, recordings, voices, faces and people, as files that other programs read.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) common: Common,
    /// The folder for recordings.parquet, voices.parquet, faces.parquet and people.parquet, which take the place of older
    /// ones; it is created.
    #[arg(long, value_name = "DIR", required = true)]
    parquet: PathBuf,
}

#[derive(Serialize)]
struct Line {
    path: String,
    file_bytes: u64,
}

impl Export {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let store = self.common.open(Access::ReadOnly)?;
        for path in export(&store, &self.parquet)? {
            let file_bytes = path.metadata().map_or(0, |m| m.len());
            match output.is_json() {
                true => output.object(&Line { path: path.to_string_lossy().into_owned(), file_bytes })?,
                false => output.line(format_args!("{} ({})", path.display(), bytes(file_bytes)))?,
            }
        }
        Ok(Outcome::AllFine)
    }
}

#[cfg(feature = "parquet")]
fn export(store: &Store, folder: &Path) -> sonic::Result<Vec<PathBuf>> {
    store.export_parquet(folder)
}

#[cfg(not(feature = "parquet"))]
fn export(_: &Store, _: &Path) -> sonic::Result<Vec<PathBuf>> {
    let message = "this build of sonic writes no Parquet files: build it with the feature `parquet`";
    Err(sonic::Error::new(sonic::ErrorKind::Unsupported, message))
}
