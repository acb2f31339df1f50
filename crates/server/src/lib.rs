//! sonic over HTTP: the routes of recordings, voices, faces, people and jobs, and who may use them.
//!
//! A handler turns a request into one call of the library and its result into JSON, the same that the `sonic` command prints.
//! What routes there are, what they take and who may use them is one list, `endpoints`, of which the router and the
//! OpenAPI document are made. Uploads stay in memory, and nothing is written to disk for a request that changes nothing.

mod app;
mod auth;
mod endpoints;
mod error;
mod extract;
mod gate;
mod jobs;
mod metrics;
mod observe;
mod openapi;
mod outbound;
mod progress;
mod rates;
mod requests;
mod routes;
mod serve;
mod settings;
mod start;
mod upload;
mod work;

/// What a server of other routes takes from this one: connections, logs, limits, numbers of requests, and when to end.
pub mod host {
    pub use crate::metrics::resident_bytes;
    pub use crate::observe::{REQUEST_ID, id as request_id};
    pub use crate::rates::Rates;
    pub use crate::requests::{Requests, histogram};
    pub use crate::serve::{Serving, serve};
    pub use crate::start::{log, told_to_stop};
}

pub use settings::Settings;
pub use start::{Server, run};
