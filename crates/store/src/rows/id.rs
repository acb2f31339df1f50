//! Names of faces and people: an event and a number in it, neither ever given twice.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Names a face for as long as the store lives; never given again, even after the face was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaceId(pub u64);

/// Names a person of an event for as long as the store lives, whatever is clustered; never given again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonId(pub u64);

impl FaceId {
    pub(crate) fn new(event: u32, number: u32) -> Self {
        Self(joined(event, number))
    }

    /// Event and number.
    pub(crate) fn parts(self) -> (u32, u32) {
        ((self.0 >> 32) as u32, self.0 as u32)
    }
}

impl PersonId {
    pub(crate) fn new(event: u32, number: u32) -> Self {
        Self(joined(event, number))
    }

    /// Event and number.
    pub(crate) fn parts(self) -> (u32, u32) {
        ((self.0 >> 32) as u32, self.0 as u32)
    }
}

impl fmt::Display for FaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn joined(event: u32, number: u32) -> u64 {
    u64::from(event) << 32 | u64::from(number)
}
