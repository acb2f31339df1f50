//! People: who is who in the photos of an event.
//!
//! The view [`People`], which [`Store::people`](crate::Store::people) gives, groups faces into people and keeps what was
//! decided about them.

#[cfg(all(feature = "vision", feature = "report"))]
mod report;

#[cfg(all(feature = "vision", feature = "report"))]
pub use report::{ReportOptions, report};
#[cfg(feature = "arrow")]
pub use sonic_store::AllPeople;
pub use sonic_store::{
    AssignTo, ClusterMethod, ClusterMode, ClusterOptions, ClusterReport, ClusterSummary, ForgottenFaces,
    MAX_NAME_BYTES, MergedPeople, People, Person, PersonId, PersonStatus, Tag,
};
