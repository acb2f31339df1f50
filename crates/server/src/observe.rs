//! Around every request: its id, a line in the log, numbers, and headers that every answer has.

use crate::app::App;
use crate::error::Refusal;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::time::Instant;
use tracing::Instrument;

/// The header of it.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest id that is taken over.
const MAX_ID: usize = 64;

pub(crate) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = id(request.headers());
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = matched.unwrap_or_else(|| "none".to_owned());
    // Neither query nor body, which may hold names: a log is no place for them.
    let span = tracing::info_span!("request", id, method = %method, route, caller = tracing::field::Empty);
    let start = Instant::now();
    app.metrics.in_flight.inc();
    let mut response = next.run(request).instrument(span.clone()).await;
    app.metrics.in_flight.dec();
    let (took, status) = (start.elapsed(), response.status().as_u16());
    app.metrics.requests.answered(&route, method.as_str(), status, took);
    span.in_scope(|| tracing::info!(status, ms = took.as_secs_f64() * 1e3, "answered"));
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The id that a request has, if it is one, or a new one.
pub fn id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let is_one = |id: &&str| {
        (1..=MAX_ID).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    given.filter(is_one).map_or_else(new_id, str::to_owned)
}

fn new_id() -> String {
    let mut bytes = [0_u8; 12];
    // An id is no secret: without random bytes all are zero.
    let _ = getrandom::fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The answer of a handler that panicked, which is a bug.
#[expect(clippy::needless_pass_by_value, reason = "what catches panics gives them away")]
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let said = panic.downcast_ref::<&str>().map(|said| (*said).to_owned());
    let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!(said, "a handler panicked");
    Refusal::internal("a bug in sonic: please report it").into_response()
}
