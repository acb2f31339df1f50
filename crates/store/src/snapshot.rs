//! Snapshots: what a store holds, cut into chunks that have a name of their own by their bytes, and a [`Manifest`] that says
//! which chunks make which tables. Nothing here knows a network: `sonic_remote` carries chunks to object storage and back.
//!
//! # A chunk
//!
//! ```text
//! key length u16 | value length u32 | key | value, with the checksum that ends it in the store
//! ```
//!
//! again and again, little-endian, rows of one table in order of key. Where a chunk ends depends on the keys near its end
//! only, so that a change of a row changes one chunk: LMDB's own file would change behind the first insertion, as its pages
//! name each other by number, and its free pages hold what was removed. On arrival rows are written sorted, and the file is
//! as compact as [`Store::compact`](crate::Store::compact) would make it, of whatever page size the machine has.

mod cut;
mod export;
mod forget_again;
mod local;
mod manifest;
mod origin;
mod receive;
mod rows;

pub use export::{Exported, Summary, export};
pub use forget_again::{FORGET_TABLES, forget_again};
pub use local::LocalChunks;
pub use manifest::{Chunk, JournalPosition, MANIFEST_FORMAT, Manifest, Pipelines, TableChunks};
pub(crate) use origin::number;
pub use origin::{Origin, begin_push, finish_push, following_failed, origin};
pub use receive::{Receiver, Wanted};
pub use rows::MAX_CHUNK_BYTES;
