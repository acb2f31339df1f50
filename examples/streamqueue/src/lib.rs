//! Live captions of meetings: slices of browsers' recorders come in over HTTP and WebSockets, who said what goes out.
//!
//! A process takes slices (`api`), makes captions of them (`worker`), or does both (`serve`). A slice that was answered for
//! is on a disk and in a queue; what became of it is stored before the queue forgets it.

mod app;
mod engine;
mod gate;
mod metrics;
mod names;
mod pipeline;
mod presence;
mod recognizers;
mod redis_link;
mod refusal;
mod routes;
mod settings;
mod socket;
mod start;
mod users;

pub use settings::{Limits, Recognizer, Role, Settings, VARIABLES, Variable, help};
pub use start::{Service, run};
