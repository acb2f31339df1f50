//! The table of recordings.

#![cfg_attr(test, expect(unsafe_code, reason = "the test takes a stream by address, as other languages do"))]

use super::{ArrowStream, BATCH, Batches, batch, instants, json, schema, strings};
use crate::ids::Cursor;
use crate::recordings::{Recording, Recordings};
use arrow_array::{BooleanArray, Int64Array, RecordBatch, UInt16Array, UInt32Array};
use arrow_schema::SchemaRef;
use sonic_core::Result;
use std::sync::Arc;

impl Recordings {
    /// Every recording, in the order in which they were added, as an Arrow table with the columns of
    /// [`ArrowStream`].
    ///
    /// It is read 4096 rows at a time; rows that are removed meanwhile are left out, new ones come at the end.
    ///
    /// # Errors
    /// `Closed` after the store was closed.
    pub fn table(&self) -> Result<ArrowStream> {
        self.batches().map(ArrowStream::new)
    }

    pub(super) fn batches(&self) -> Result<Batches> {
        self.len()?;
        let (recordings, schema) = (self.clone(), schema::recordings());
        let mut cursor = Some(Cursor::default());
        Ok(Batches::new(schema.clone(), move || {
            let Some(after) = cursor else { return Ok(None) };
            let page = recordings.page(after, BATCH)?;
            cursor = page.next;
            (!page.recordings.is_empty()).then(|| columns(&schema, &page.recordings)).transpose()
        }))
    }
}

fn columns(schema: &SchemaRef, rows: &[Recording]) -> Result<RecordBatch> {
    batch(
        schema,
        vec![
            strings(rows.iter().map(|r| Some(&r.id))),
            strings(rows.iter().map(|r| r.title.as_ref())),
            strings(rows.iter().map(|r| r.source.as_ref())),
            strings(rows.iter().map(|r| r.source_hash.as_ref())),
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|r| r.duration_ms as i64))),
            Arc::new(UInt32Array::from_iter_values(rows.iter().map(|r| r.landmarks))),
            Arc::new(UInt32Array::from_iter_values(rows.iter().map(|r| r.frames))),
            Arc::new(BooleanArray::from_iter(rows.iter().map(|r| Some(r.truncated)))),
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|r| r.damaged_ms as i64))),
            strings(rows.iter().map(|r| Some(&r.format.codec))),
            Arc::new(UInt32Array::from_iter_values(rows.iter().map(|r| r.format.sample_rate))),
            Arc::new(UInt16Array::from_iter_values(rows.iter().map(|r| r.format.channels))),
            strings(rows.iter().map(|r| r.user_id.as_ref())),
            strings(rows.iter().map(|r| r.mode.as_ref())),
            instants(rows.iter().map(|r| Some(r.created_at_ms))),
            strings(rows.iter().map(|r| json(&r.metadata))),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, NewRecording, Store, StoreOptions};
    use arrow_array::RecordBatchReader;
    use arrow_array::cast::AsArray;
    use arrow_array::ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream};
    use arrow_array::types::{Int64Type, TimestampMillisecondType, UInt16Type, UInt32Type};
    use sonic_core::{Error, ErrorKind, Fingerprint, PipelineId};
    use std::path::PathBuf;

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("sonic-arrow-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        path
    }

    /// As a consumer in another language takes it: by address.
    fn reader(stream: ArrowStream) -> ArrowArrayStreamReader {
        let mut place = FFI_ArrowArrayStream::empty();
        // SAFETY: `place` is such a struct, and empty.
        unsafe { stream.write_to((&raw mut place).cast()) };
        ArrowArrayStreamReader::try_new(place).unwrap()
    }

    fn add(store: &Store, numbers: std::ops::Range<u32>) {
        let rows = numbers.map(|n| {
            let some = |text: &str| n.is_multiple_of(3).then(|| format!("{text} {n}"));
            let recording = Recording {
                id: format!("id {n}"),
                title: some("title"),
                source: Some(format!("{n}.ogg")),
                source_hash: some("hash"),
                truncated: n.is_multiple_of(7),
                damaged_ms: u64::from(n % 5),
                format: Format {
                    codec: "opus".to_owned(),
                    sample_rate: 48_000 + n,
                    channels: (n % 3) as u16,
                },
                user_id: some("user"),
                mode: some("mode"),
                created_at_ms: 1_767_225_600_000 + u64::from(n),
                metadata: some("x").map_or(serde_json::Value::Null, |x| serde_json::json!({"key": [x, n]})),
                ..Recording::default()
            };
            let pipeline = PipelineId::new("arrow");
            let duration_ms = u64::from(n) << 20;
            let fingerprint =
                Fingerprint { pipeline, duration_ms, frames: 10, landmarks: Vec::new(), texture: None };
            NewRecording { recording, fingerprint }
        });
        store.add(rows.collect()).unwrap();
    }

    /// The rows of a batch, column by column.
    fn rows(batch: &RecordBatch) -> Vec<Recording> {
        let text = |name: &str, i: usize| {
            let column = batch.column_by_name(name).unwrap().as_string::<i32>();
            column.iter().nth(i).unwrap().map(str::to_owned)
        };
        let column = |name: &str| batch.column_by_name(name).unwrap();
        let row = |i: usize| Recording {
            id: text("id", i).unwrap(),
            title: text("title", i),
            source: text("source", i),
            source_hash: text("source_hash", i),
            duration_ms: column("duration_ms").as_primitive::<Int64Type>().value(i) as u64,
            landmarks: column("landmarks").as_primitive::<UInt32Type>().value(i),
            frames: column("frames").as_primitive::<UInt32Type>().value(i),
            truncated: column("truncated").as_boolean().value(i),
            damaged_ms: column("damaged_ms").as_primitive::<Int64Type>().value(i) as u64,
            format: Format {
                codec: text("codec", i).unwrap(),
                sample_rate: column("sample_rate").as_primitive::<UInt32Type>().value(i),
                channels: column("channels").as_primitive::<UInt16Type>().value(i),
            },
            user_id: text("user_id", i),
            mode: text("mode", i),
            created_at_ms: column("created_at").as_primitive::<TimestampMillisecondType>().value(i) as u64,
            metadata: text("metadata", i).map_or(serde_json::Value::Null, |t| t.parse().unwrap()),
        };
        (0..batch.num_rows()).map(row).collect()
    }

    #[test]
    fn what_comes_out_is_what_recordings_gives() {
        let path = folder("rows");
        let store = Store::open(&path, StoreOptions::default()).unwrap();
        let mut empty = reader(store.recordings().table().unwrap());
        assert_eq!(empty.schema(), schema::recordings());
        assert!(empty.next().is_none());
        add(&store, 0..10_000);
        let batches: Vec<RecordBatch> =
            reader(store.recordings().table().unwrap()).map(|batch| batch.unwrap()).collect();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [4096, 4096, 1808]);
        // Every 500th row: `nth` above takes its time.
        let want: Vec<Recording> = store.recordings().iter().collect::<Result<_>>().unwrap();
        for (batch, want) in batches.iter().zip(want.chunks(BATCH)) {
            for i in (0..batch.num_rows()).step_by(500) {
                assert_eq!(
                    rows(&batch.slice(i, 3.min(batch.num_rows() - i))),
                    want[i..want.len().min(i + 3)]
                );
            }
        }
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn a_store_closed_half_way_is_an_error_of_the_stream() {
        let path = folder("closed");
        let store = Store::open(&path, StoreOptions::default()).unwrap();
        add(&store, 0..5_000);
        let mut reader = reader(store.recordings().table().unwrap());
        assert_eq!(reader.next().unwrap().unwrap().num_rows(), BATCH);
        store.close();
        let error = reader.next().unwrap().unwrap_err();
        assert!(error.to_string().contains("closed: open it again"), "{error}");
        assert!(reader.next().is_none());
        assert_eq!(store.recordings().table().unwrap_err().kind(), ErrorKind::Closed);
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn errors_with_zeros_and_panics_stay_inside() {
        let mut failing = reader(ArrowStream::new(Batches::new(schema::recordings(), || {
            Err(Error::new(ErrorKind::Malformed, "a\0b"))
        })));
        assert!(failing.next().unwrap().unwrap_err().to_string().contains("a\\u0000b"));
        let mut panicking = reader(ArrowStream::new(Batches::new(schema::recordings(), || panic!("ouch"))));
        assert!(panicking.next().unwrap().unwrap_err().to_string().contains("ouch"));
        assert!(panicking.next().is_none());
    }

    #[test]
    fn pages_survive_removals() {
        let path = folder("pages");
        let store = Store::open(&path, StoreOptions::default()).unwrap();
        add(&store, 0..10);
        let first = store.recordings().page(Cursor::default(), 4).unwrap();
        for id in ["id 1", "id 3", "id 4", "id 9"] {
            store.recordings().remove(id).unwrap();
        }
        add(&store, 20..21);
        let second = store.recordings().page(first.next.unwrap(), 4).unwrap();
        let third = store.recordings().page(second.next.unwrap(), 4).unwrap();
        let ids =
            |page: &crate::RecordingPage| page.recordings.iter().map(|r| r.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&first), ["id 0", "id 1", "id 2", "id 3"]);
        assert_eq!(ids(&second), ["id 5", "id 6", "id 7", "id 8"]);
        assert_eq!((ids(&third), third.next), (vec!["id 20".to_owned()], None));
        assert_eq!(store.recordings().len().unwrap(), 7);
        assert_eq!(store.recordings().page(Cursor(99), 4).unwrap().recordings, []);
        let error = store.recordings().page(Cursor::default(), 0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        std::fs::remove_dir_all(&path).unwrap();
    }
}
