//! The people of an event as a page to look at.

mod html;

use super::{Person, PersonStatus};
use crate::faces::{Crops, Event, StoredFace};
use crate::{Error, ErrorKind, Result, Store};
use html::{Row, page};
use std::cmp::Reverse;

/// How a page of people is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportOptions {
    /// Most faces shown of a person, and of the unassigned ones; of the rest the number is given.
    pub max_faces: usize,
    /// The side in pixels of a face that has no thumbnail in the store and is cut out of the photo's file, 1 to 4096.
    pub thumbnail_size: u32,
    /// What the page says about when it was made; nothing if it is `None`.
    pub date: Option<String>,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self { max_faces: 60, thumbnail_size: 160, date: None }
    }
}

/// A contact sheet of the people of an event, as one HTML page without scripts that loads nothing: a row a person, who
/// has the most faces first and who is ignored last, then the unassigned faces. Of a person the face that
/// stands for it comes first, the others in order of their score.
///
/// A face is shown by its thumbnail in the store, or else cut out of the file that the photo's `path` names, if it is
/// there and has the size of the photo.
///
/// # Errors
/// `NotFound` if there is no such event; `InvalidArgument` if an option is out of its range; `Closed` after the store
/// was closed.
pub fn report(store: &Store, event: &str, options: &ReportOptions) -> Result<String> {
    if options.max_faces == 0 || !(1..=4096).contains(&options.thumbnail_size) {
        let message = "a report shows at least one face of a person, of 1 to 4096 pixels";
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    let found = store.faces().event(event)?;
    let found = found.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, format!("there is no event {event:?} in the store: add photos first"))
    })?;
    let people = store.people(event);
    let mut persons = people.list()?;
    persons.sort_by_key(|p| (p.status == PersonStatus::Ignored, Reverse(p.faces), p.label));
    let mut rows = Vec::with_capacity(persons.len() + 1);
    for person in &persons {
        // A person may be gone since the list was made.
        let faces = match people.faces_of(person.person_id) {
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::InvalidArgument) => continue,
            faces => faces?,
        };
        rows.push(html::row(&row(store, Some(person), faces, options)?));
    }
    let unassigned = people.unassigned()?;
    if !unassigned.is_empty() {
        rows.push(html::row(&row(store, None, unassigned, options)?));
    }
    Ok(page(&summary(&found, &persons), options.date.as_deref(), &rows))
}

/// What stands on top of a page.
struct Summary<'a> {
    event: &'a Event,
    people: usize,
    unassigned: u64,
}

fn summary<'a>(event: &'a Event, persons: &[Person]) -> Summary<'a> {
    let named: u64 = persons.iter().map(|person| u64::from(person.faces)).sum();
    Summary { event, people: persons.len(), unassigned: event.faces.saturating_sub(named) }
}

/// The faces of a person that are shown, with their pictures.
fn row<'a>(
    store: &Store,
    person: Option<&'a Person>,
    mut faces: Vec<StoredFace>,
    options: &ReportOptions,
) -> Result<Row<'a>> {
    let representative = person.and_then(|person| person.representative_face_id);
    faces.sort_by(|a, b| {
        let first = |face: &StoredFace| Some(face.face_id) != representative;
        first(a).cmp(&first(b)).then(b.score.total_cmp(&a.score)).then(a.face_id.cmp(&b.face_id))
    });
    let hidden = faces.len().saturating_sub(options.max_faces);
    faces.truncate(options.max_faces);
    let pictures = Crops::load(store, &faces, options.thumbnail_size)?;
    Ok(Row { person, representative, faces, pictures, hidden })
}
