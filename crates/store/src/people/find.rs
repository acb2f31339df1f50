//! A person by id alone, which names the event too.

use crate::album::state::Album;
use crate::env::View;
use crate::rows::event;
use crate::rows::id::PersonId;
use crate::rows::person::Person;
use crate::store::Store;
use sonic_core::Result;

impl Store {
    /// A person of whatever event, one that was merged into another too.
    ///
    /// # Errors
    /// `Malformed` if a row is damaged; `Closed` after the store was closed.
    pub fn person(&self, person: PersonId) -> Result<Option<Person>> {
        let (event, number) = person.parts();
        self.read(|view| match event::by_number(view, event)? {
            Some(_) => album_person(view, event, number),
            None => Ok(None),
        })
    }
}

/// A person of an event that there is, one that was merged into another too.
pub(super) fn album_person(view: View<'_>, event: u32, number: u32) -> Result<Option<Person>> {
    let mut album = Album::open(view, event)?;
    album.load_person(view, number)?;
    Ok(album.person(number))
}
