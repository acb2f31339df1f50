//! Snapshots of sonic stores in object storage: what lets a container without a disk of its own serve a store.
//!
//! A store is [pushed](push) as chunks that are named by their bytes, a manifest that names the chunks, and a numbered pointer
//! that names the manifest; the pointer with the largest number is the current snapshot. Pushing again sends only chunks that
//! changed. [`pull`] brings the current snapshot into a directory, [`follow`] keeps an open store at it, and whoever reads
//! meanwhile turns to the new rows with the next call. A [`Writer`] keeps a store in the bucket while it is written to: one
//! instance at a time writes, and what was answered is kept though the disk is gone. A [`Bucket`] keeps whatever else a
//! service has, as single objects that are written under conditions.
//!
//! | address | what |
//! |---|---|
//! | `s3://bucket/prefix` | S3 and what speaks its language (R2, MinIO): [`RemoteOptions::endpoint`] or `AWS_ENDPOINT_URL` |
//! | `az://container/prefix` | Azure Blob Storage |
//! | `gs://bucket/prefix` | Google Cloud Storage: written for it, never tested with it |
//! | `file:///folder` | a folder |
//! | `https://host/prefix` | a server of static files, of a folder that was pushed to: to pull and follow only |
//!
//! Keys come from the environment (`AWS_ACCESS_KEY_ID`, `AZURE_STORAGE_ACCOUNT_KEY`, ... as the `object_store` crate names them)
//! or from [a file](RemoteOptions::credentials), never from an address, and are in no message.
//!
//! ```
//! use sonic_remote::{RemoteOptions, pull, push};
//! use sonic_store::{Store, StoreOptions};
//! use std::ops::ControlFlow;
//!
//! # let folder = std::env::temp_dir().join(format!("sonic-doc-remote-{}", std::process::id()));
//! # std::fs::create_dir_all(folder.join("bucket")).ok();
//! let url = format!("file://{}", folder.join("bucket").display());
//! let store = Store::open(folder.join("writer"), StoreOptions::default())?;
//! let options = RemoteOptions::default();
//! let pushed = push(&store, &url, &options, |_| ControlFlow::Continue(()))?;
//! assert_eq!(pushed.snapshot.version, 1);
//! let pulled = pull(&folder.join("reader"), &url, &options, |_| ControlFlow::Continue(()))?;
//! assert_eq!(pulled.snapshot.version, 1);
//! # store.close();
//! # std::fs::remove_dir_all(&folder).ok();
//! # Ok::<(), sonic_core::Error>(())
//! ```
//!
//! # In the bucket
//!
//! ```text
//! pointers/000123.json   number, manifest and counts of a snapshot; created if absent, never changed nor removed
//! manifests/SHA256       the manifest: JSON, compressed by zstd, named by the hash of the JSON
//! chunks/SHA256          a chunk, compressed by zstd, named by the hash of its bytes
//! journal/000000000123   what was written, who took the lease, what was published, in one order; created if absent
//! leases/000000000123    what the holder of lease 123 writes again and again, and nobody else
//! ```

mod address;
mod bucket;
mod copy;
mod error;
mod follow;
mod job;
mod journal;
mod lease;
mod list;
mod objects;
mod options;
mod outbox;
mod pack;
mod pointer;
mod prune;
mod pull;
mod push;
mod rollback;
mod throttle;
mod upload;
mod writer;

pub use copy::copy;
pub use follow::{FollowOptions, Follower, follow};
pub use list::list;
pub use objects::{Bucket, BucketOptions, Condition, ObjectInfo, Watch};
pub use options::{Progress, RemoteOptions};
pub use pointer::Snapshot;
pub use prune::{PruneOptions, Pruned, prune};
pub use pull::{Pulled, pull, pull_into};
pub use push::{Pushed, push};
pub use rollback::rollback;
pub use sonic_store::snapshot::JournalPosition;
pub use writer::{Durable, Writer, WriterOptions};
