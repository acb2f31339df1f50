//! The promises of the server, each a file, in one binary: linking takes longer than testing.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod auth;
mod document;
mod jobs;
#[cfg(unix)]
mod kill;
mod limits;
mod log;
mod media;
mod recordings;
mod support;
