//! What concerns a store as a whole, or all that it holds.

#[cfg(feature = "arrow")]
pub use sonic_store::ArrowStream;
pub use sonic_store::{
    Access, Cursor, FORMAT_VERSION, Forgotten, Problem, Salvaged, Stats, Store, StoreOptions, Verify,
};
