//! The `face_people` table: one row a person of an event. Numbers of faces are counted when a row is read.

use super::encode::{json, key, number_in, parse};
use super::id::{FaceId, PersonId};
use super::links::{self, Kind, Link};
use crate::env::{Table, View, WriteTxn};
use serde::{Deserialize, Serialize};
use sonic_core::Result;
use std::collections::BTreeSet;

/// What became of a person of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PersonStatus {
    /// Found by clustering, or made by hand; it is not known yet who it is.
    #[default]
    Pending,
    /// It is a user.
    Linked,
    /// Somebody was invited to say that it is they.
    Invited,
    /// It does not matter who it is.
    Ignored,
    /// Its faces are those of another person now.
    Merged,
}

impl PersonStatus {
    /// The status as it is written in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Linked => "linked",
            Self::Invited => "invited",
            Self::Ignored => "ignored",
            Self::Merged => "merged",
        }
    }
}

/// Somebody who is seen in the photos of an event.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Person {
    /// Its name, for as long as the store lives.
    pub person_id: PersonId,
    /// The event.
    pub event: String,
    /// Number in the event, from 0 on, never given again.
    pub label: u32,
    /// What became of it.
    pub status: PersonStatus,
    /// The user it is linked to.
    pub user_id: Option<String>,
    /// A name for people.
    pub name: Option<String>,
    /// Where the invitation went.
    pub invitation_email: Option<String>,
    /// When it was invited, in milliseconds since 1970 UTC.
    pub invited_at_ms: Option<u64>,
    /// Whose its faces are now, if it was merged.
    pub merged_into: Option<PersonId>,
    /// Faces.
    pub faces: u32,
    /// Photos.
    pub photos: u32,
    /// Mean score of its faces' detection, 0 to 1; 0 without a face.
    pub avg_quality: f32,
    /// Least score of its faces' detection; 0 without a face.
    pub min_quality: f32,
    /// Greatest score of its faces' detection; 0 without a face.
    pub max_quality: f32,
    /// The face that stands for it: the one that the user pinned, else that of the greatest score.
    pub representative_face_id: Option<FaceId>,
    /// True if the user pinned the representative.
    pub pinned: bool,
    /// True if the user has decided something about it: clustering never removes it then.
    pub confirmed: bool,
    /// People that it is not, as the user said.
    pub not_same: Vec<PersonId>,
    /// When it was made, in milliseconds since 1970 UTC.
    pub created_at_ms: u64,
    /// When a decision or a clustering last changed it.
    pub updated_at_ms: u64,
}

/// A person as it is kept.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PersonRow {
    pub status: PersonStatus,
    pub user_id: Option<String>,
    pub name: Option<String>,
    pub invitation_email: Option<String>,
    pub invited_at_ms: Option<u64>,
    pub merged_into: Option<u32>,
    pub pinned: Option<u32>,
    /// The user has decided something about it.
    pub decided: bool,
    pub not_same: Vec<u32>,
    pub created_at_ms: u64,
    pub updated_at_ms: u64,
}

impl PersonRow {
    pub(crate) fn is_merged(&self) -> bool {
        self.status == PersonStatus::Merged
    }

    /// What the index of people has of the person of this number.
    pub(crate) fn links(&self, number: u32) -> BTreeSet<Link> {
        self.merged_into.map(|into| (into, Kind::Merged, number)).into_iter().collect()
    }
}

pub(crate) fn by_number(view: View<'_>, event: u32, number: u32) -> Result<Option<PersonRow>> {
    let row = view.get(Table::FacePeople, &key(event, number))?;
    row.map(|value| parse(value, "the row of a person")).transpose()
}

/// Writes a person, or removes it if it is `None`; gives the row that was there.
pub(crate) fn write(
    txn: &mut WriteTxn<'_>,
    event: u32,
    number: u32,
    person: Option<&PersonRow>,
) -> Result<Option<PersonRow>> {
    let old = by_number(txn.view(), event, number)?;
    let links = |row: Option<&PersonRow>| row.map(|row| row.links(number)).unwrap_or_default();
    links::change(txn, event, &links(old.as_ref()), &links(person))?;
    match person {
        Some(person) => txn.put(Table::FacePeople, &key(event, number), &json(person, "a person")?)?,
        None => drop(txn.delete(Table::FacePeople, &key(event, number))?),
    }
    Ok(old)
}

/// Every person of an event with its number, in the order in which they were made.
pub(crate) fn all(view: View<'_>, event: u32) -> Result<impl Iterator<Item = Result<(u32, PersonRow)>>> {
    Ok(view.prefix(Table::FacePeople, &event.to_be_bytes())?.map(|row| {
        let (at, value) = row?;
        Ok((number_in(at, "the number of a person")?, parse(value, "the row of a person")?))
    }))
}
