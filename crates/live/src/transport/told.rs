//! What became known, on its way to whoever waits for it.

use super::Origin;
use serde::{Deserialize, Serialize};
use sonic_core::Segment;
use sonic_store::StoredSegment;

/// A segment that is new or changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Its place among what is told of its meeting: who comes again gives the last one.
    #[serde(default)]
    pub place: String,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
    /// When the connection's sound began, in milliseconds since 1970 UTC: the segment's times count from there.
    pub started_at_ms: u64,
    /// The segment.
    pub segment: Segment,
}

impl Told {
    /// What was stored.
    pub(crate) fn of(stored: StoredSegment) -> Self {
        Self {
            place: stored.change.to_string(),
            origin: Origin {
                connection: stored.connection,
                meeting: stored.meeting,
                user_id: stored.user_id,
                source: stored.source,
            },
            started_at_ms: stored.started_at_ms,
            segment: stored.segment,
        }
    }
}
