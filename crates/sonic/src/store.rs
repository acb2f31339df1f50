//! What concerns a store as a whole, or all that it holds.

#[cfg(feature = "arrow")]
pub use sonic_store::ArrowStream;
pub use sonic_store::{
    Access, AddedJob, Cursor, FORMAT_VERSION, Forgotten, Job, JobPage, JobState, Jobs, MAX_QUEUE_BYTES,
    NewJob, Problem, Salvaged, Stats, Store, StoreOptions, Verify,
};
