//! The `person_links` table: a secondary index by person, so that what concerns one person is found without reading the
//! whole event. It follows from the rows of faces and people, which write it.
//!
//! ```text
//! event u32 | person u32 | kind u8 | number u32, big-endian -> nothing
//! ```

use super::encode::damaged;
use crate::env::{Table, View, WriteTxn};
use sonic_core::Result;
use std::collections::BTreeSet;

/// What a number of a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A face of the person.
    Face = 0,
    /// A face that is not the person, as the user said.
    NotFace = 1,
    /// A person that was merged into the person.
    Merged = 2,
}

/// A person, and what a number in its event is to it.
pub(crate) type Link = (u32, Kind, u32);

/// Numbers of what is so linked to a person, in order.
pub(crate) fn of(view: View<'_>, event: u32, person: u32, kind: Kind) -> Result<Vec<u32>> {
    let prefix = [&event.to_be_bytes()[..], &person.to_be_bytes(), &[kind as u8]].concat();
    view.prefix(Table::PersonLinks, &prefix)?
        .map(|row| {
            let number = row?.0.get(prefix.len()..).and_then(|bytes| bytes.try_into().ok());
            number.map(u32::from_be_bytes).ok_or_else(|| damaged("the index of a person"))
        })
        .collect()
}

/// Makes the links of a row those in `new`; before, they were those in `old`.
pub(super) fn change(
    txn: &mut WriteTxn<'_>,
    event: u32,
    old: &BTreeSet<Link>,
    new: &BTreeSet<Link>,
) -> Result<()> {
    old.difference(new).try_for_each(|link| txn.delete(Table::PersonLinks, &key(event, *link)).map(drop))?;
    new.difference(old).try_for_each(|link| txn.put(Table::PersonLinks, &key(event, *link), &[]))
}

/// True if the index of an event has these links and no other.
pub(crate) fn are(view: View<'_>, event: u32, links: &BTreeSet<Link>) -> Result<bool> {
    let mut found = 0;
    for row in view.prefix(Table::PersonLinks, &event.to_be_bytes())? {
        found += usize::from(row?.1.is_empty());
    }
    for link in links {
        if view.get(Table::PersonLinks, &key(event, *link))?.is_none() {
            return Ok(false);
        }
    }
    Ok(found == links.len())
}

fn key(event: u32, (person, kind, number): Link) -> Vec<u8> {
    [&event.to_be_bytes()[..], &person.to_be_bytes(), &[kind as u8], &number.to_be_bytes()].concat()
}
