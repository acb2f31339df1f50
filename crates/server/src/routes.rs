//! Handlers: a request becomes one call of the library, its result JSON.

pub(crate) mod admin;
pub(crate) mod faces;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod people;
pub(crate) mod recordings;
pub(crate) mod service;
pub(crate) mod voices;

use crate::error::Refusal;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use sonic::store::Cursor;
use sonic::{Error, ErrorKind};

/// Most rows of a page, and how many it has if nothing is said.
const MAX_PAGE: usize = 1000;
const PAGE: usize = 100;
/// Most results of a search.
const MAX_RESULTS: usize = 1000;

/// Which page of a list is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    #[serde(default)]
    after: u32,
    limit: Option<usize>,
}

impl Page {
    fn place(&self) -> Result<(Cursor, usize), Refusal> {
        Ok((Cursor(self.after), limit_of(self.limit, PAGE, MAX_PAGE)?))
    }
}

/// How many results are wanted.
fn limit_of(wanted: Option<usize>, usual: usize, most: usize) -> Result<usize, Refusal> {
    match wanted.unwrap_or(usual) {
        limit if (1..=most).contains(&limit) => Ok(limit),
        limit => Err(Refusal::invalid(format!("the limit is 1 to {most}, not {limit}"))),
    }
}

/// Where the next page begins, as JSON.
fn next_of(next: Option<Cursor>) -> Option<u32> {
    next.map(|Cursor(number)| number)
}

/// What there is, or an error that there is no such thing.
fn found<T>(thing: Option<T>, what: impl FnOnce() -> String) -> sonic::Result<T> {
    thing.ok_or_else(|| Error::new(ErrorKind::NotFound, format!("there is no {}", what())))
}

/// A document that browsers show: it loads nothing and runs nothing.
fn shown(media_type: &'static str, body: impl Into<axum::body::Body>) -> Response {
    let policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox";
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
    ];
    (headers, body.into()).into_response()
}
