//! The `face_people` table: one row a person of an event. Numbers of faces are counted when a row is read.

use super::encode::{json, key, number_in, parse};
use super::id::{FaceId, PersonId};
use crate::env::{Table, View, WriteTxn};
use serde::{Deserialize, Serialize};
use sonic_core::Result;

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
#[derive(Debug, Clone, PartialEq)]
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
}

pub(crate) fn write(txn: &mut WriteTxn<'_>, event: u32, number: u32, person: &PersonRow) -> Result<()> {
    txn.put(Table::FacePeople, &key(event, number), &json(person, "a person")?)
}

pub(crate) fn remove(txn: &mut WriteTxn<'_>, event: u32, number: u32) -> Result<()> {
    txn.delete(Table::FacePeople, &key(event, number)).map(drop)
}

/// Every person of an event with its number, in the order in which they were made.
pub(crate) fn all(view: View<'_>, event: u32) -> Result<impl Iterator<Item = Result<(u32, PersonRow)>>> {
    Ok(view.prefix(Table::FacePeople, &event.to_be_bytes())?.map(|row| {
        let (at, value) = row?;
        Ok((number_in(at, "the number of a person")?, parse(value, "the row of a person")?))
    }))
}

/// People of an event, without those who were merged into others.
pub(crate) fn count(view: View<'_>, event: u32) -> Result<u64> {
    let mut count = 0;
    for row in all(view, event)? {
        count += u64::from(!row?.1.is_merged());
    }
    Ok(count)
}
