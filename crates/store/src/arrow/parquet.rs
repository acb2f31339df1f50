//! Tables as Parquet files.

use super::Batches;
use crate::Store;
use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::Compression;
use ::parquet::file::properties::WriterProperties;
use arrow_array::RecordBatchReader;
use sonic_core::{Error, ErrorKind, Result};
use std::fs::File;
use std::path::{Path, PathBuf};

impl Store {
    /// Writes the tables into the folder `directory`, made if it does not exist, as `recordings.parquet` and
    /// `voices.parquet`, and gives the paths of the files.
    ///
    /// The columns are those of [`recordings_arrow`](Self::recordings_arrow) and [`Voices::arrow`](crate::Voices::arrow),
    /// compressed with Snappy, which every reader of Parquet knows. A file takes the place of an older one only when it
    /// is complete.
    ///
    /// # Errors
    /// `Io` if the files cannot be written; `Malformed` if a row is damaged; `Closed` after [`close`](Self::close).
    pub fn export_parquet(&self, directory: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
        let directory = directory.as_ref();
        std::fs::create_dir_all(directory)
            .map_err(|e| Error::io(format!("cannot create {}", directory.display()), e))?;
        let tables = [("recordings", self.recordings_batches()?), ("voices", self.voices().batches()?)];
        tables.into_iter().map(|(name, batches)| write(directory, name, batches)).collect()
    }
}

fn write(directory: &Path, name: &str, batches: Batches) -> Result<PathBuf> {
    let (path, part) =
        (directory.join(format!("{name}.parquet")), directory.join(format!("{name}.parquet.part")));
    let written = write_file(&part, batches).and_then(|()| {
        std::fs::rename(&part, &path).map_err(|e| Error::io(format!("cannot write {}", path.display()), e))
    });
    written.inspect_err(|_| drop(std::fs::remove_file(&part))).map(|()| path)
}

fn write_file(path: &Path, batches: Batches) -> Result<()> {
    let fail = |e: ::parquet::errors::ParquetError| {
        Error::new(ErrorKind::Io, format!("cannot write {}: {e}", path.display())).with_source(e)
    };
    let file = File::create(path).map_err(|e| Error::io(format!("cannot write {}", path.display()), e))?;
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = ArrowWriter::try_new(file, batches.schema(), Some(properties)).map_err(fail)?;
    for batch in batches {
        let batch = batch
            .map_err(|e| Error::new(ErrorKind::Malformed, format!("cannot export: {e}")).with_source(e))?;
        writer.write(&batch).map_err(fail)?;
    }
    let file = writer.into_inner().map_err(fail)?;
    file.sync_all().map_err(|e| Error::io(format!("cannot write {}", path.display()), e))
}
