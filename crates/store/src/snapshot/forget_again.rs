//! Forgetting, in a snapshot from before, whom the store has forgotten since.

use super::rows::Rows;
use crate::album::forget as faces;
use crate::env::{Author, Change, Table, View, WriteTxn};
use crate::forgotten::{Later, Row};
use crate::rows::{event, person, photo};
use crate::store::Store;
use crate::{transcripts, voices};
use sonic_core::{ErrorKind, Result};
use std::collections::BTreeSet;

/// Forgets in `store`, a snapshot from before, whom a later one has forgotten: `chunks` are all that this one has of the
/// tables [`FORGET_TABLES`], each with the name of its table. Gives how many had not been forgotten yet.
///
/// # Errors
/// `Malformed` if a row is damaged; `Io` if the system refuses: nothing is forgotten then.
pub fn forget_again(store: &Store, chunks: &[(String, Vec<u8>)]) -> Result<u64> {
    let mut later = Later::default();
    for (table, chunk) in chunks {
        if let Some(table) = Table::named(table) {
            Rows::of(chunk).try_for_each(|(key, sealed)| later.take(table, key, sealed))?;
        }
    }
    store.writable()?.write_as(Author::Keeper, Change::Removal, |txn| {
        let rows = later.take_over(txn)?;
        let names = names(txn.view())?;
        rows.iter().try_for_each(|row| forget(txn, &later, &names, row))?;
        Ok(rows.len() as u64)
    })
}

/// The tables that [`forget_again`] needs.
pub const FORGET_TABLES: [&str; 2] = ["forgotten", "meta"];

fn forget(txn: &mut WriteTxn<'_>, later: &Later, names: &BTreeSet<String>, row: &Row) -> Result<()> {
    let (who, event) = match row {
        Row::Person { person } => return forget_person(txn, *person),
        Row::FacesOfUser { who, event } => (who, *event),
        Row::User { who } | Row::VoicesOfUser { who } | Row::Voiceprint { who } => (who, None),
    };
    let Some(name) = names.iter().find(|name| later.is(name, who)) else { return Ok(()) };
    if matches!(row, Row::User { .. }) {
        voices::forget_everywhere(txn, name)?;
        transcripts::forget_user(txn, name)?;
    }
    match row {
        Row::VoicesOfUser { .. } => voices::forget_user(txn, name).map(drop),
        Row::Voiceprint { .. } => voices::forget_voiceprint(txn, name).map(drop),
        _ => {
            let event = event.map(|number| event_name(txn.view(), number)).transpose()?.flatten();
            faces::forget_user(txn, name, event.as_deref()).map(drop)
        }
    }
}

fn event_name(view: View<'_>, number: u32) -> Result<Option<String>> {
    Ok(event::by_number(view, number)?.map(|row| row.name))
}

fn forget_person(txn: &mut WriteTxn<'_>, who: crate::PersonId) -> Result<()> {
    let Some(event) = event_name(txn.view(), who.parts().0)? else { return Ok(()) };
    match faces::forget_person(txn, &event, who) {
        // The person was not there yet, or was merged into another, who goes by a row of their own.
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::InvalidArgument) => Ok(()),
        forgotten => forgotten.map(drop),
    }
}

/// Every name that a user or a voiceprint has in the store.
fn names(view: View<'_>) -> Result<BTreeSet<String>> {
    let mut names = voices::names(view)?;
    names.extend(transcripts::names(view)?);
    for (event, _) in event::all(view)? {
        for row in photo::all(view, event)? {
            names.extend(row?.1.photo.user_id);
        }
        for row in person::all(view, event)? {
            names.extend(row?.1.user_id);
        }
    }
    Ok(names)
}
