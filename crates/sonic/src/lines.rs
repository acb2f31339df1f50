//! What the command prints and the server answers: one JSON object a result, the same in both.

mod faces;
mod people;
mod recordings;
mod voices;

pub use faces::{AddedPhotoLine, FaceLine, FoundFacesLine, SimilarFaceLine};
pub use people::{ClusterLine, ForgottenFacesLine, MergedLine, PersonLine, WholePersonLine};
pub use recordings::{AddedLine, CompactLine, IdentifiedLine, RecordingLine};
pub use voices::{
    EnrolledLine, ForgottenVoicesLine, FoundVoice, IdentifiedVoiceLine, PersonVoiceLine, VerifiedVoiceLine,
};

use crate::Error;
use jiff::Timestamp;
use serde::Serialize;
use std::time::Duration;

/// An error as it stands in JSON.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// The name of its kind.
    pub kind: &'static str,
    /// What it says.
    pub message: String,
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        Self { kind: error.kind().name(), message: error.message().to_owned() }
    }
}

/// A duration as milliseconds with a fraction.
pub fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// A point in time, in milliseconds since 1970 UTC, by ISO 8601: `2026-01-31T23:59:59.123Z`.
pub fn iso_8601(ms: u64) -> String {
    format!("{}Z", utc(ms, "%Y-%m-%dT%H:%M:%S.%3f"))
}

/// Milliseconds since 1970 in a format; of what no calendar reaches, the last day.
pub fn utc(ms: u64, format: &str) -> String {
    let time = i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    time.unwrap_or(Timestamp::MAX).strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_become_dates() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_767_225_599_007, "2025-12-31T23:59:59.007Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (u64::MAX, "9999-12-30T22:00:00.999Z"),
        ] {
            assert_eq!(iso_8601(ms), text);
        }
    }
}
