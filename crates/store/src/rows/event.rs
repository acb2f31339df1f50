//! The `events` and `event_names` tables: what photos belong to.
//!
//! ```text
//! events:      number u32, big-endian -> row
//! event_names: name                   -> number u32, little-endian
//! ```

use super::encode::{damaged, indexed, json, parse};
use crate::env::{Table, View, WriteTxn};
use crate::ids::check_name;
use crate::meta;
use serde::{Deserialize, Serialize};
use sonic_core::{Error, ErrorKind, Result};

/// An event as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct EventRow {
    pub name: String,
    pub next_photo: u32,
    pub next_face: u32,
    pub next_person: u32,
    /// Photos, faces and people that there are, without the people who were merged into others.
    pub photos: u64,
    pub faces: u64,
    pub people: u64,
    /// Grows with every change of the event's photos, faces and people.
    pub revision: u64,
    pub archived: bool,
    pub created_at_ms: u64,
}

impl EventRow {
    /// Counts a face less, if one `was` there.
    pub(crate) fn lose_face(&mut self, was: bool) {
        self.faces = self.faces.saturating_sub(u64::from(was));
    }
}

pub(crate) fn number_of(view: View<'_>, name: &str) -> Result<Option<u32>> {
    if check_name("event", name).is_err() {
        return Ok(None);
    }
    let Some(value) = view.get(Table::EventNames, name.as_bytes())? else { return Ok(None) };
    indexed(value, "the number of an event").map(Some)
}

pub(crate) fn by_number(view: View<'_>, number: u32) -> Result<Option<EventRow>> {
    view.get(Table::Events, &number.to_be_bytes())?
        .map(|value| parse(value, "the row of an event"))
        .transpose()
}

/// The event of a name with its number; `None` if there is none.
pub(crate) fn find(view: View<'_>, name: &str) -> Result<Option<(u32, EventRow)>> {
    let Some(number) = number_of(view, name)? else { return Ok(None) };
    let row = by_number(view, number)?.ok_or_else(|| damaged("the name of an event"))?;
    Ok(Some((number, row)))
}

/// # Errors
/// `NotFound` if there is no such event.
pub(crate) fn get(view: View<'_>, name: &str) -> Result<(u32, EventRow)> {
    find(view, name)?.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, format!("there is no event {name:?} in the store: add a photo first"))
    })
}

/// The event of a name, made if there is none.
pub(crate) fn open(txn: &mut WriteTxn<'_>, name: &str) -> Result<(u32, EventRow)> {
    if let Some(found) = find(txn.view(), name)? {
        return Ok(found);
    }
    let number = meta::new_number(txn, meta::NEXT_EVENT)?;
    let row = EventRow { name: name.to_owned(), created_at_ms: meta::now_ms(), ..EventRow::default() };
    write_with_name(txn, number, &row)?;
    Ok((number, row))
}

/// Writes a row and what leads to it.
pub(crate) fn write_with_name(txn: &mut WriteTxn<'_>, number: u32, row: &EventRow) -> Result<()> {
    txn.put(Table::EventNames, row.name.as_bytes(), &number.to_le_bytes())?;
    write(txn, number, row)
}

/// Writes the row of an event that was changed.
pub(crate) fn save(txn: &mut WriteTxn<'_>, number: u32, row: &mut EventRow) -> Result<()> {
    row.revision += 1;
    write(txn, number, row)
}

fn write(txn: &mut WriteTxn<'_>, number: u32, row: &EventRow) -> Result<()> {
    txn.put(Table::Events, &number.to_be_bytes(), &json(row, "an event")?)
}

pub(crate) fn remove(txn: &mut WriteTxn<'_>, number: u32, row: &EventRow) -> Result<()> {
    txn.delete(Table::EventNames, row.name.as_bytes())?;
    txn.delete(Table::Events, &number.to_be_bytes()).map(drop)
}

/// Every event with its number, in the order in which they were made.
pub(crate) fn all(view: View<'_>) -> Result<Vec<(u32, EventRow)>> {
    let rows = view.rows(Table::Events)?;
    rows.map(|row| {
        let (key, value) = row?;
        Ok((number_of_key(key)?, parse(value, "the row of an event")?))
    })
    .collect()
}

/// The number of the first event from `number` on.
#[cfg(feature = "arrow")]
pub(crate) fn first_from(view: View<'_>, number: u32) -> Result<Option<u32>> {
    // Numbers begin with 1.
    let mut rows = view.after(Table::Events, &number.saturating_sub(1).to_be_bytes())?;
    rows.next().map(|row| number_of_key(row?.0)).transpose()
}

fn number_of_key(key: &[u8]) -> Result<u32> {
    key.try_into().map(u32::from_be_bytes).map_err(|_| damaged("the number of an event"))
}

/// The number that follows the last given of a counter.
pub(crate) fn next(counter: &mut u32) -> Result<u32> {
    *counter = counter
        .checked_add(1)
        .ok_or_else(|| Error::new(ErrorKind::Limit, "the event has no numbers left: use another"))?;
    Ok(*counter)
}
