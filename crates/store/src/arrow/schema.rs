//! The columns of every table that leaves the store, as Arrow stream and as Parquet file alike.
//!
#![doc = include_str!("columns.md")]

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::sync::Arc;

/// The zone of every instant.
pub(super) const ZONE: &str = "UTC";

pub(super) fn recordings() -> SchemaRef {
    table(vec![
        text("id"),
        text("title").with_nullable(true),
        text("source").with_nullable(true),
        text("source_hash").with_nullable(true),
        int64("duration_ms"),
        Field::new("landmarks", DataType::UInt32, false),
        Field::new("frames", DataType::UInt32, false),
        flag("truncated"),
        int64("damaged_ms"),
        text("codec"),
        Field::new("sample_rate", DataType::UInt32, false),
        Field::new("channels", DataType::UInt16, false),
        text("user_id").with_nullable(true),
        text("mode").with_nullable(true),
        instant("created_at"),
        text("metadata").with_nullable(true),
    ])
}

/// `dimensions` is the length of the embeddings; 0 while there are none.
pub(super) fn voices(dimensions: u32) -> SchemaRef {
    table(vec![
        text("recording_id"),
        text("user_id").with_nullable(true),
        text("filename").with_nullable(true),
        text("file_path").with_nullable(true),
        int64("duration_ms"),
        int64("file_size_bytes"),
        int32("sample_rate"),
        text("audio_format").with_nullable(true),
        instant("created_at"),
        instant("updated_at"),
        text("mode").with_nullable(true),
        text("status").with_nullable(true),
        floats("embedding", dimensions).with_nullable(true),
        int32("embedding_dimensions"),
        text("voiceprint_id").with_nullable(true),
        float("similarity_score").with_nullable(true),
        text("matched_user_id").with_nullable(true),
        text("metadata").with_nullable(true),
    ])
}

/// `dimensions` is the length of the embeddings; 0 while there are none.
pub(super) fn faces(dimensions: u32) -> SchemaRef {
    let mut fields = vec![
        text("event"),
        text("photo_id"),
        int64("face_id"),
        int64("person_id").with_nullable(true),
        flag("confirmed"),
    ];
    fields.extend(["x1", "y1", "x2", "y2", "score"].map(float));
    fields.push(floats("landmarks", 10));
    fields.extend(["size", "sharpness", "yaw", "pitch", "roll", "brightness", "clipped"].map(float));
    fields.push(floats("embedding", dimensions).with_nullable(true));
    table(fields)
}

pub(super) fn people() -> SchemaRef {
    table(vec![
        text("event"),
        int64("person_id"),
        int32("label"),
        text("status"),
        text("user_id").with_nullable(true),
        text("name").with_nullable(true),
        text("invitation_email").with_nullable(true),
        instant("invited_at").with_nullable(true),
        int64("merged_into").with_nullable(true),
        int32("faces"),
        int32("photos"),
        float("avg_quality"),
        float("min_quality"),
        float("max_quality"),
        int64("representative_face_id").with_nullable(true),
        flag("pinned"),
        flag("confirmed"),
        instant("created_at"),
        instant("updated_at"),
    ])
}

fn table(fields: Vec<Field>) -> SchemaRef {
    Arc::new(Schema::new(fields))
}

fn text(name: &str) -> Field {
    Field::new(name, DataType::Utf8, false)
}

fn flag(name: &str) -> Field {
    Field::new(name, DataType::Boolean, false)
}

fn float(name: &str) -> Field {
    Field::new(name, DataType::Float32, false)
}

/// A count that SQL knows as INTEGER.
fn int32(name: &str) -> Field {
    Field::new(name, DataType::Int32, false)
}

fn int64(name: &str) -> Field {
    Field::new(name, DataType::Int64, false)
}

/// Milliseconds since 1970.
fn instant(name: &str) -> Field {
    Field::new(name, DataType::Timestamp(TimeUnit::Millisecond, Some(ZONE.into())), false)
}

/// Lists of `length` numbers; of any length if that is 0.
fn floats(name: &str, length: u32) -> Field {
    let item = Arc::new(Field::new_list_field(DataType::Float32, true));
    let lists = match length {
        0 => DataType::List(item),
        n => DataType::FixedSizeList(item, n as i32),
    };
    Field::new(name, lists, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_columns_are_those_of_the_tables() {
        let documented = include_str!("columns.md");
        for (name, schema) in
            [("recordings", recordings()), ("voices", voices(3)), ("faces", faces(3)), ("people", people())]
        {
            let row = documented.lines().find(|line| line.starts_with(&format!("| {name} |"))).unwrap();
            let columns: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
            let fields: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
            assert_eq!(columns, fields, "{name}");
        }
    }

    #[test]
    fn every_instant_is_in_utc() {
        for schema in [recordings(), voices(0), faces(0), people()] {
            for field in schema.fields().iter().filter(|field| field.name().ends_with("_at")) {
                let utc = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
                assert_eq!(*field.data_type(), utc, "{}", field.name());
            }
        }
    }
}
