//! The table of voices.

#![cfg_attr(test, expect(unsafe_code, reason = "the test takes a stream by address, as other languages do"))]

use super::{ArrowStream, BATCH, Batches, batch, instants, integers, json, lists, schema, strings};
use crate::ids::Cursor;
use crate::voices::{Voices, WithEmbedding};
use arrow_array::{Float32Array, Int64Array, RecordBatch};
use arrow_schema::SchemaRef;
use sonic_core::Result;
use std::sync::Arc;

impl Voices {
    /// Every voice, in the order in which they were recorded, as an Arrow table with the columns of
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
        let dimensions = self.stats()?.dimensions;
        let (voices, schema) = (self.clone(), schema::voices(dimensions));
        let mut cursor = Some(Cursor::default());
        Ok(Batches::new(schema.clone(), move || {
            let Some(after) = cursor else { return Ok(None) };
            let (rows, next) = voices.page_with_embeddings(after, BATCH)?;
            cursor = next;
            (!rows.is_empty()).then(|| columns(&schema, dimensions, &rows)).transpose()
        }))
    }
}

fn columns(schema: &SchemaRef, dimensions: u32, rows: &[WithEmbedding]) -> Result<RecordBatch> {
    let voices = || rows.iter().map(|(voice, _)| voice);
    batch(
        schema,
        vec![
            strings(voices().map(|v| Some(&v.recording_id))),
            strings(voices().map(|v| v.user_id.as_ref())),
            strings(voices().map(|v| v.filename.as_ref())),
            strings(voices().map(|v| v.file_path.as_ref())),
            Arc::new(Int64Array::from_iter_values(voices().map(|v| v.duration_ms as i64))),
            Arc::new(Int64Array::from_iter_values(voices().map(|v| v.file_size_bytes as i64))),
            integers(voices().map(|v| v.sample_rate)),
            strings(voices().map(|v| v.audio_format.as_ref())),
            instants(voices().map(|v| Some(v.created_at_ms))),
            instants(voices().map(|v| Some(v.updated_at_ms))),
            strings(voices().map(|v| v.mode.as_ref())),
            strings(voices().map(|v| v.status.as_ref())),
            lists(dimensions as usize, rows.iter().map(|(_, vector)| vector.as_ref())),
            integers(voices().map(|v| v.embedding_dimensions)),
            strings(voices().map(|v| v.voiceprint_id.as_ref())),
            Arc::new(Float32Array::from_iter(voices().map(|v| v.similarity_score))),
            strings(voices().map(|v| v.matched_user_id.as_ref())),
            strings(voices().map(|v| json(&v.metadata))),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NewVoice, Store, StoreOptions, Voice};
    use arrow_array::cast::AsArray;
    use arrow_array::ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream};
    use arrow_array::types::{Float32Type, Int32Type, TimestampMillisecondType};
    use arrow_array::{Array, RecordBatchReader};
    use arrow_schema::DataType;
    use sonic_core::{Embedding, PipelineId};

    fn reader(stream: ArrowStream) -> ArrowArrayStreamReader {
        let mut place = FFI_ArrowArrayStream::empty();
        // SAFETY: `place` is such a struct, and empty.
        unsafe { stream.write_to((&raw mut place).cast()) };
        ArrowArrayStreamReader::try_new(place).unwrap()
    }

    #[test]
    fn every_voice_comes_out_with_its_embedding() {
        let path = std::env::temp_dir().join(format!("sonic-arrow-voices-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        let store = Store::open(&path, StoreOptions::default()).unwrap();
        let voices = store.voices();
        let mut empty = reader(voices.table().unwrap());
        assert!(matches!(
            empty.schema().field_with_name("embedding").unwrap().data_type(),
            DataType::List(_)
        ));
        assert!(empty.next().is_none());
        let new = |n: u32| NewVoice {
            voice: Voice {
                recording_id: format!("r{n}"),
                mode: n.is_multiple_of(2).then(|| "test".to_owned()),
                duration_ms: u64::from(n),
                sample_rate: 16_000 + n,
                created_at_ms: 1_767_225_600_000 + u64::from(n),
                similarity_score: n.is_multiple_of(3).then_some(0.5),
                metadata: serde_json::json!({ "n": n }),
                ..Voice::default()
            },
            embedding: (!n.is_multiple_of(5))
                .then(|| Embedding { pipeline: PipelineId::new("arrow"), vector: vec![n as f32, 1.0, 2.0] }),
            ..NewVoice::default()
        };
        voices.record_all(&(0..5_000).map(new).collect::<Vec<_>>()).unwrap();
        let batches: Vec<RecordBatch> = reader(voices.table().unwrap()).map(|b| b.unwrap()).collect();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [4096, 904]);
        let batch = &batches[1];
        let column = |name: &str| batch.column_by_name(name).unwrap();
        for i in [0, 1, 500, 903] {
            let n = 4_096 + i as u32;
            let want = new(n).voice;
            assert_eq!(column("recording_id").as_string::<i32>().value(i), want.recording_id);
            assert_eq!(column("mode").is_null(i), want.mode.is_none());
            assert_eq!(column("sample_rate").as_primitive::<Int32Type>().value(i), 16_000 + n as i32);
            assert_eq!(column("similarity_score").is_null(i), want.similarity_score.is_none());
            let created = column("created_at").as_primitive::<TimestampMillisecondType>().value(i);
            assert_eq!(created as u64, want.created_at_ms);
            assert_eq!(column("metadata").as_string::<i32>().value(i), format!("{{\"n\":{n}}}"));
            let list = column("embedding").as_fixed_size_list();
            assert_eq!(list.is_null(i), n.is_multiple_of(5));
            if !list.is_null(i) {
                let kept = voices.embedding(&want.recording_id).unwrap().unwrap().vector;
                assert_eq!(list.value(i).as_primitive::<Float32Type>().values().to_vec(), kept);
            }
        }
        std::fs::remove_dir_all(&path).unwrap();
    }
}
