//! Tables as Parquet files.

use super::Batches;
use crate::store::Store;
use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::Compression;
use ::parquet::file::properties::WriterProperties;
use arrow_array::RecordBatchReader;
use sonic_core::{Error, ErrorKind, Result};
use std::fs::File;
use std::path::{Path, PathBuf};

impl Store {
    /// Writes the tables into the folder `directory`, made if it does not exist, as `recordings.parquet`,
    /// `voices.parquet`, `faces.parquet` and `people.parquet`, and gives the paths of the files.
    ///
    /// The columns are those of [`Recordings::table`](crate::Recordings::table), [`Voices::table`](crate::Voices::table),
    /// [`Faces::table`](crate::Faces::table) and [`AllPeople::table`](crate::AllPeople::table), compressed with
    /// Snappy, which every reader of Parquet knows. A file takes the place of an older one only when it
    /// is complete.
    ///
    /// # Errors
    /// `Io` if the files cannot be written; `Malformed` if a row is damaged; `Closed` after [`close`](Self::close).
    pub fn export_parquet(&self, directory: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
        let directory = directory.as_ref();
        std::fs::create_dir_all(directory)
            .map_err(|e| Error::io(format!("cannot create {}", directory.display()), e))?;
        let tables = [
            ("recordings", self.recordings().batches()?),
            ("voices", self.voices().batches()?),
            ("faces", self.faces().batches(None)?),
            ("people", self.faces().people().batches()?),
        ];
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FaceId, NewPhoto, NewRecording, NewVoice, Photo, Recording, StoreOptions, Voice};
    use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use arrow_array::RecordBatch;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int32Type;
    use sonic_core::{Embedding, Face, FaceQuality, Fingerprint, PipelineId};

    fn read(path: &Path) -> Vec<RecordBatch> {
        let file = File::open(path).unwrap();
        let reader =
            ParquetRecordBatchReaderBuilder::try_new(file).unwrap().with_batch_size(4096).build().unwrap();
        reader.map(|batch| batch.unwrap()).collect()
    }

    /// Two faces of a linked person and one unassigned, in two events.
    fn add_faces(store: &Store) {
        let quality = FaceQuality { size: 90.0, sharpness: 20.0, brightness: 0.5, ..FaceQuality::default() };
        let face = |n: u8| Face {
            bbox: [f32::from(n), 0.0, 20.0, 30.0],
            score: 0.75,
            landmarks: [[f32::from(n), 1.0]; 5],
            quality,
            embedding: Embedding { pipeline: PipelineId::new("parquet"), vector: vec![f32::from(n), 1.0] },
        };
        for (event, n) in [("a", 1), ("b", 2), ("b", 3)] {
            let photo = Photo { photo_id: n.to_string(), event: event.to_owned(), ..Photo::default() };
            store
                .faces()
                .add_photo(&NewPhoto { photo, faces: vec![face(n)], thumbnails: Vec::new() })
                .unwrap();
        }
        let people = store.people("b");
        let faces: Vec<FaceId> = people.unassigned().unwrap().iter().map(|face| face.face_id).collect();
        let person = people.create(&faces).unwrap();
        people.link(person.person_id, "Ada").unwrap();
    }

    #[test]
    fn the_files_hold_what_the_streams_give() {
        let path = std::env::temp_dir().join(format!("sonic-parquet-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        let store = Store::open(path.join("store"), StoreOptions::default()).unwrap();
        let target = path.join("out");
        // Empty tables are files too.
        let files = store.export_parquet(&target).unwrap();
        let names = ["recordings", "voices", "faces", "people"];
        assert_eq!(files, names.map(|name| target.join(format!("{name}.parquet"))));
        assert!(files.iter().all(|file| read(file).is_empty()));
        let recordings = (0..5_000u32).map(|n| NewRecording {
            recording: Recording { id: format!("r{n}"), created_at_ms: 1, ..Recording::default() },
            fingerprint: Fingerprint {
                pipeline: PipelineId::new("parquet"),
                duration_ms: u64::from(n),
                frames: 10,
                landmarks: Vec::new(),
                texture: None,
            },
        });
        store.add(recordings.collect()).unwrap();
        let voice = |n: u8| NewVoice {
            voice: Voice { recording_id: format!("v{n}"), mode: Some("test".to_owned()), ..Voice::default() },
            embedding: (n > 0)
                .then(|| Embedding { pipeline: PipelineId::new("parquet"), vector: vec![f32::from(n), 1.0] }),
            ..NewVoice::default()
        };
        store.voices().record_all(&(0..9).map(voice).collect::<Vec<_>>()).unwrap();
        add_faces(&store);
        store.export_parquet(&target).unwrap();
        let streams = [
            store.recordings().batches().unwrap(),
            store.voices().batches().unwrap(),
            store.faces().batches(None).unwrap(),
            store.faces().people().batches().unwrap(),
        ];
        for (file, batches) in files.iter().zip(streams) {
            let want: Vec<RecordBatch> = batches.map(|batch| batch.unwrap()).collect();
            assert_eq!(read(file), want);
        }
        let ids = read(&files[0])[1].column(0).as_string::<i32>().value(903).to_owned();
        assert_eq!(ids, "r4999");
        let people = &read(&files[3])[0];
        assert_eq!(people.column_by_name("faces").unwrap().as_primitive::<Int32Type>().value(0), 2);
        assert_eq!(people.column_by_name("user_id").unwrap().as_string::<i32>().value(0), "Ada");
        assert_eq!(std::fs::read_dir(&target).unwrap().count(), 4, "nothing half written is left");
        store.close();
        assert_eq!(store.export_parquet(&target).unwrap_err().kind(), ErrorKind::Closed);
        assert!(!read(&files[0]).is_empty(), "the older files stay");
        std::fs::remove_dir_all(&path).unwrap();
    }
}
