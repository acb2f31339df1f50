//! The tables of faces and of the people seen in photos.

use super::{ArrowStream, BATCH, Batches, batch, instants, integers, lists, schema, strings};
use crate::album::state::Album;
use crate::env::{Table, View};
use crate::faces::Faces;
use crate::people::People;
use crate::rows::encode::{damaged, key, number_in, parse};
use crate::rows::event;
use crate::rows::face::{KeptFace, PhotoIds, StoredFace};
use crate::rows::person::Person;
use crate::space::{self, FACES};
use crate::store::Store;
use crate::vectors::{self, Set};
use arrow_array::{ArrayRef, BooleanArray, Float32Array, Int64Array, RecordBatch};
use arrow_schema::SchemaRef;
use sonic_core::Result;
use std::ops::Range;
use std::sync::Arc;

/// A face with its embedding, if it has one.
type WithEmbedding = (StoredFace, Option<Vec<f32>>);

impl Faces {
    /// Every face of an event, or of all events in their order, as an Arrow table with the columns of
    /// [`ArrowStream`].
    ///
    /// It is read 4096 rows at a time; rows that are removed meanwhile are left out.
    ///
    /// # Errors
    /// `Closed` after the store was closed.
    pub fn table(&self, event: Option<&str>) -> Result<ArrowStream> {
        self.batches(event).map(ArrowStream::new)
    }

    pub(super) fn batches(&self, event: Option<&str>) -> Result<Batches> {
        let dimensions = self.stats()?.dimensions;
        let only = event.map(|name| self.store.read(|view| event::number_of(view, name))).transpose()?;
        let (store, schema) = (self.store.clone(), schema::faces(dimensions));
        // There are no faces of an event that there is not.
        let mut after = match only {
            Some(event) => event.map(|event| key(event, 0)),
            None => Some([0; 8]),
        };
        Ok(Batches::new(schema.clone(), move || {
            let Some(start) = after else { return Ok(None) };
            let (rows, next) = store.read(|view| page(view, &start, only.flatten()))?;
            after = next;
            (!rows.is_empty()).then(|| face_columns(&schema, dimensions as usize, &rows)).transpose()
        }))
    }
}

impl Faces {
    /// The people of all events.
    pub fn people(&self) -> AllPeople {
        AllPeople { store: self.store.clone() }
    }
}

/// The people seen in the photos of all events; those of one event are [`Store::people`](crate::Store::people).
#[derive(Debug, Clone)]
pub struct AllPeople {
    store: Store,
}

impl People {
    /// Everybody of the event, those who were merged into others too, as an Arrow table with the columns of
    /// [`ArrowStream`].
    ///
    /// # Errors
    /// `Closed` after the store was closed.
    pub fn table(&self) -> Result<ArrowStream> {
        let event = self.store.read(|view| event::number_of(view, &self.event))?;
        let events = event.map_or(0..0, |event| event..event.saturating_add(1));
        people_batches(&self.store, events).map(ArrowStream::new)
    }
}

impl AllPeople {
    /// Everybody seen in photos, in order of event, those who were merged into others too, as an Arrow table with the
    /// columns of [`ArrowStream`]. It is read an event at a time.
    ///
    /// # Errors
    /// `Closed` after the store was closed.
    pub fn table(&self) -> Result<ArrowStream> {
        self.batches().map(ArrowStream::new)
    }

    pub(super) fn batches(&self) -> Result<Batches> {
        people_batches(&self.store, 0..u32::MAX)
    }
}

/// The people of the events whose numbers lie in the range.
fn people_batches(store: &Store, mut events: Range<u32>) -> Result<Batches> {
    store.check_open()?;
    let (store, schema) = (store.clone(), schema::people());
    Ok(Batches::new(schema.clone(), move || {
        while let Some((event, people)) = store.read(|view| people_of_next(view, &events))? {
            events.start = event.saturating_add(1);
            if !people.is_empty() {
                return people_columns(&schema, &people).map(Some);
            }
        }
        Ok(None)
    }))
}

/// Faces after a key, of one event or of all, and the key to go on after.
fn page(view: View<'_>, after: &[u8; 8], only: Option<u32>) -> Result<(Vec<WithEmbedding>, Option<[u8; 8]>)> {
    let dimensions = space::of_store(view, FACES)?.map_or(0, |s| s.dimensions);
    let (mut out, mut last, mut name) = (Vec::new(), None, (0, String::new()));
    let mut photos = PhotoIds::new(view, 0);
    for row in view.after(Table::Faces, after)?.take(BATCH) {
        let (at, value) = row?;
        let event = at.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
        let event = event.ok_or_else(|| damaged("the number of a face"))?;
        if only.is_some_and(|only| only != event) {
            break;
        }
        let number = number_in(at, "the number of a face")?;
        if name.0 != event {
            name = (event, event::by_number(view, event)?.unwrap_or_default().name);
            photos = PhotoIds::new(view, event);
        }
        let seen: KeptFace = parse(value, "the row of a face")?;
        let vector = match seen.dimensions {
            0 => None,
            _ => vectors::get(view, Set::of_event(event), number, dimensions)?,
        };
        out.push((seen.public(event, &name.1, number, photos.get(seen.photo)?), vector));
        last = Some(key(event, number));
    }
    Ok((out, last))
}

/// The people of the first event in the range, with its number.
fn people_of_next(view: View<'_>, events: &Range<u32>) -> Result<Option<(u32, Vec<Person>)>> {
    let next = event::first_from(view, events.start)?.filter(|number| *number < events.end);
    next.map(|number| Ok((number, Album::load(view, number)?.everybody()))).transpose()
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

fn people_columns(schema: &SchemaRef, people: &[Person]) -> Result<RecordBatch> {
    let floats = |value: &dyn Fn(&Person) -> f32| -> ArrayRef {
        Arc::new(Float32Array::from_iter_values(people.iter().map(value)))
    };
    let flags = |value: &dyn Fn(&Person) -> bool| -> ArrayRef {
        Arc::new(BooleanArray::from_iter(people.iter().map(|p| Some(value(p)))))
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
            instants(people.iter().map(|p| p.invited_at_ms)),
            ids(&|p| p.merged_into.map(|id| id.0)),
            integers(people.iter().map(|p| p.faces)),
            integers(people.iter().map(|p| p.photos)),
            floats(&|p| p.avg_quality),
            floats(&|p| p.min_quality),
            floats(&|p| p.max_quality),
            ids(&|p| p.representative_face_id.map(|id| id.0)),
            flags(&|p| p.pinned),
            flags(&|p| p.confirmed),
            instants(people.iter().map(|p| Some(p.created_at_ms))),
            instants(people.iter().map(|p| Some(p.updated_at_ms))),
        ],
    )
}
