//! The tables of faces and of the people seen in photos.

use super::{ArrowStream, BATCH, Batches, batch, integers, strings, text_field, time_field, times};
use crate::env::{Table, View};
use crate::faces::event;
use crate::faces::face::{self, FaceRow};
use crate::faces::photo::number_in;
use crate::faces::{Faces, StoredFace, id, space};
use crate::people::{Album, Person};
use crate::voices::damaged;
use crate::voices::vectors::{self, Set};
use arrow_array::builder::{FixedSizeListBuilder, Float32Builder, ListBuilder};
use arrow_array::{ArrayRef, BooleanArray, Float32Array, Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use sonic_core::Result;
use std::sync::Arc;

/// A face with its embedding, if it has one.
type WithEmbedding = (StoredFace, Option<Vec<f32>>);

impl Faces {
    /// Every face, in order of event, as an Arrow table with the columns `event_id`, `media_id`, `face_id`,
    /// `face_person_id`, `confirmed`, `x1`, `y1`, `x2`, `y2` (pixels), `quality_score`, `landmarks` (ten numbers: x and
    /// y of five points), `size`, `sharpness`, `yaw`, `pitch`, `roll`, `brightness`, `clipped` and `embedding` (a list
    /// of float32, of fixed size once the store has one; null after an event was archived).
    ///
    /// It is read 4096 rows at a time; rows that are removed meanwhile are left out.
    ///
    /// # Errors
    /// `Closed` after the store was closed.
    pub fn table(&self) -> Result<ArrowStream> {
        self.batches().map(ArrowStream::new)
    }

    /// Everybody seen in photos, in order of event, as an Arrow table with the columns `event_id`, `person_id`,
    /// `cluster_label`, `status`, `linked_user_id`, `name`, `invitation_email`, `merged_into_id`, `face_count`,
    /// `photo_count`, `avg_quality`, `min_quality`, `max_quality`, `representative_face_id`, `pinned`, `created_at` and
    /// `updated_at` (milliseconds, UTC). It is read an event at a time.
    ///
    /// # Errors
    /// As [`arrow`](Self::arrow).
    pub fn people_arrow(&self) -> Result<ArrowStream> {
        self.people_batches().map(ArrowStream::new)
    }

    pub(super) fn batches(&self) -> Result<Batches> {
        let dimensions = self.stats()?.dimensions;
        let (faces, schema) = (self.clone(), face_schema(dimensions));
        let mut after = Some([0; 8]);
        Ok(Batches::new(schema.clone(), move || {
            let Some(start) = after else { return Ok(None) };
            let (rows, next) = faces.read(|view| page(view, &start))?;
            after = next;
            (!rows.is_empty()).then(|| face_columns(&schema, dimensions as usize, &rows)).transpose()
        }))
    }

    pub(super) fn people_batches(&self) -> Result<Batches> {
        let (faces, schema) = (self.clone(), people_schema());
        let mut after = Some(0);
        Ok(Batches::new(schema.clone(), move || {
            while let Some(event) = after {
                let people = faces.read(|view| people_after(view, event))?;
                after = people.as_ref().map(|(event, _)| *event);
                if let Some((_, people)) = people.filter(|(_, people)| !people.is_empty()) {
                    return people_columns(&schema, &people).map(Some);
                }
            }
            Ok(None)
        }))
    }
}

/// Faces after a key, and the key to go on after.
fn page(view: View<'_>, after: &[u8; 8]) -> Result<(Vec<WithEmbedding>, Option<[u8; 8]>)> {
    let dimensions = space::of_store(view)?.map_or(0, |s| s.dimensions);
    let (mut out, mut last, mut name) = (Vec::new(), None, (0, String::new()));
    for row in view.after(Table::Faces, after)?.take(BATCH) {
        let (key, value) = row?;
        let event = key.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
        let event = event.ok_or_else(|| damaged("the number of a face"))?;
        let number = number_in(key, "the number of a face")?;
        if name.0 != event {
            name = (event, event::by_number(view, event)?.unwrap_or_default().name);
        }
        let seen: FaceRow = event::parse(value, "the row of a face")?;
        let vector = match seen.dimensions {
            0 => None,
            _ => vectors::get(view, Set::of_event(event), number, dimensions)?,
        };
        out.push((face::named(view, event, &name.1, number, &seen)?, vector));
        last = Some(id::key(event, number));
    }
    Ok((out, last))
}

/// The people of the first event after `event`, with its number.
fn people_after(view: View<'_>, event: u32) -> Result<Option<(u32, Vec<Person>)>> {
    let next = event::all(view)?.into_iter().map(|(number, _)| number).find(|number| *number > event);
    next.map(|number| Ok((number, Album::load(view, number)?.everybody()))).transpose()
}

fn float(name: &str) -> Field {
    Field::new(name, DataType::Float32, false)
}

fn list_of(dimensions: usize) -> DataType {
    let item = Arc::new(Field::new_list_field(DataType::Float32, true));
    match dimensions {
        0 => DataType::List(item),
        n => DataType::FixedSizeList(item, n as i32),
    }
}

fn face_schema(dimensions: u32) -> SchemaRef {
    let mut fields = vec![
        text_field("event_id", false),
        text_field("media_id", false),
        Field::new("face_id", DataType::Int64, false),
        Field::new("face_person_id", DataType::Int64, true),
        Field::new("confirmed", DataType::Boolean, false),
    ];
    fields.extend(["x1", "y1", "x2", "y2", "quality_score"].map(float));
    fields.push(Field::new("landmarks", list_of(10), false));
    fields.extend(["size", "sharpness", "yaw", "pitch", "roll", "brightness", "clipped"].map(float));
    fields.push(Field::new("embedding", list_of(dimensions as usize), true));
    Arc::new(Schema::new(fields))
}

fn face_columns(schema: &SchemaRef, dimensions: usize, rows: &[WithEmbedding]) -> Result<RecordBatch> {
    let faces = || rows.iter().map(|(face, _)| face);
    let floats = |value: &dyn Fn(&StoredFace) -> f32| -> ArrayRef {
        Arc::new(Float32Array::from_iter_values(faces().map(value)))
    };
    let points: Vec<Vec<f32>> = faces().map(|f| f.landmarks.as_flattened().to_vec()).collect();
    batch(
        schema,
        vec![
            strings(faces().map(|f| Some(&f.event))),
            strings(faces().map(|f| Some(&f.photo_id))),
            Arc::new(Int64Array::from_iter_values(faces().map(|f| f.face_id.0 as i64))),
            Arc::new(Int64Array::from_iter(faces().map(|f| f.person_id.map(|p| p.0 as i64)))),
            Arc::new(BooleanArray::from_iter(faces().map(|f| Some(f.confirmed)))),
            floats(&|f| f.bbox[0]),
            floats(&|f| f.bbox[1]),
            floats(&|f| f.bbox[2]),
            floats(&|f| f.bbox[3]),
            floats(&|f| f.score),
            lists(10, points.iter().map(Some)),
            floats(&|f| f.quality.size),
            floats(&|f| f.quality.sharpness),
            floats(&|f| f.quality.yaw),
            floats(&|f| f.quality.pitch),
            floats(&|f| f.quality.roll),
            floats(&|f| f.quality.brightness),
            floats(&|f| f.quality.clipped),
            lists(dimensions, rows.iter().map(|(_, vector)| vector.as_ref())),
        ],
    )
}

/// Lists of numbers, all of one length; null where there is none of that length.
fn lists<'a>(length: usize, rows: impl Iterator<Item = Option<&'a Vec<f32>>>) -> ArrayRef {
    let rows = rows.map(|row| row.filter(|row| row.len() == length));
    if length == 0 {
        let mut lists = ListBuilder::new(Float32Builder::new());
        rows.for_each(|_| lists.append(false));
        return Arc::new(lists.finish());
    }
    let mut lists = FixedSizeListBuilder::new(Float32Builder::new(), length as i32);
    for row in rows {
        match row {
            Some(row) => lists.values().append_slice(row),
            None => lists.values().append_nulls(length),
        }
        lists.append(row.is_some());
    }
    Arc::new(lists.finish())
}

fn people_schema() -> SchemaRef {
    let count = |name: &str| Field::new(name, DataType::Int32, false);
    let id = |name: &str, optional| Field::new(name, DataType::Int64, optional);
    Arc::new(Schema::new(vec![
        text_field("event_id", false),
        id("person_id", false),
        count("cluster_label"),
        text_field("status", false),
        text_field("linked_user_id", true),
        text_field("name", true),
        text_field("invitation_email", true),
        id("merged_into_id", true),
        count("face_count"),
        count("photo_count"),
        float("avg_quality"),
        float("min_quality"),
        float("max_quality"),
        id("representative_face_id", true),
        Field::new("pinned", DataType::Boolean, false),
        time_field("created_at", None),
        time_field("updated_at", None),
    ]))
}

fn people_columns(schema: &SchemaRef, people: &[Person]) -> Result<RecordBatch> {
    let floats = |value: &dyn Fn(&Person) -> f32| -> ArrayRef {
        Arc::new(Float32Array::from_iter_values(people.iter().map(value)))
    };
    let ids = |value: &dyn Fn(&Person) -> Option<u64>| -> ArrayRef {
        Arc::new(Int64Array::from_iter(people.iter().map(|p| value(p).map(|id| id as i64))))
    };
    batch(
        schema,
        vec![
            strings(people.iter().map(|p| Some(&p.event))),
            ids(&|p| Some(p.person_id.0)),
            integers(people.iter().map(|p| p.label)),
            strings(people.iter().map(|p| Some(p.status.name()))),
            strings(people.iter().map(|p| p.user_id.as_ref())),
            strings(people.iter().map(|p| p.name.as_ref())),
            strings(people.iter().map(|p| p.invitation_email.as_ref())),
            ids(&|p| p.merged_into.map(|id| id.0)),
            integers(people.iter().map(|p| p.faces)),
            integers(people.iter().map(|p| p.photos)),
            floats(&|p| p.avg_quality),
            floats(&|p| p.min_quality),
            floats(&|p| p.max_quality),
            ids(&|p| p.representative_face_id.map(|id| id.0)),
            Arc::new(BooleanArray::from_iter(people.iter().map(|p| Some(p.pinned)))),
            Arc::new(times(people.iter().map(|p| p.created_at_ms))),
            Arc::new(times(people.iter().map(|p| p.updated_at_ms))),
        ],
    )
}
