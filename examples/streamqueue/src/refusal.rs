//! What is answered when something is refused: as the original does it, a `detail`.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sonic::{Error, ErrorKind};
use std::time::Duration;

/// Why a request is not answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    detail: Value,
    pub(crate) retry_after: Option<Duration>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: Value::String(sonic::readable(detail.into())), retry_after: None }
    }

    pub(crate) fn unauthorized(detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    /// A user who is disabled. The word is the original's.
    pub(crate) fn disabled() -> Self {
        Self::new(StatusCode::FORBIDDEN, "Forbitten")
    }

    pub(crate) fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// A part of a request that is not what it must be, as the original's framework says it.
    pub(crate) fn wrong(place: &[&str], message: impl Into<String>) -> Self {
        let detail = json!([{ "type": "value_error", "loc": place, "msg": sonic::readable(message.into()) }]);
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, detail, retry_after: None }
    }

    pub(crate) fn later(wait: Duration, detail: impl Into<String>) -> Self {
        Self { retry_after: Some(wait), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail) }
    }

    pub(crate) fn too_often(wait: Duration) -> Self {
        let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "too many requests a second");
        Self { retry_after: Some(wait), ..refusal }
    }

    /// True if the same may be taken later.
    pub(crate) fn is_passing(&self) -> bool {
        self.retry_after.is_some() || self.status.is_server_error()
    }

    /// What is wrong, in words.
    pub(crate) fn text(&self) -> String {
        self.detail
            .as_str()
            .map_or_else(|| self.detail[0]["msg"].as_str().unwrap_or_default().to_owned(), str::to_owned)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let message = error.message();
        match error.kind() {
            ErrorKind::InvalidArgument | ErrorKind::Malformed => Self::unprocessable(message),
            ErrorKind::Limit => Self::new(StatusCode::PAYLOAD_TOO_LARGE, message),
            ErrorKind::NotFound => Self::new(StatusCode::NOT_FOUND, message),
            ErrorKind::Busy | ErrorKind::Closed | ErrorKind::Io => {
                Self::later(error.retry_after().unwrap_or(Duration::from_secs(1)), message)
            }
            _ => Self::new(StatusCode::INTERNAL_SERVER_ERROR, message),
        }
    }
}

impl From<QueryRejection> for Refusal {
    fn from(rejection: QueryRejection) -> Self {
        Self::wrong(&["query"], rejection.body_text())
    }
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(StatusCode::PAYLOAD_TOO_LARGE, rejection.body_text()),
            _ => Self::wrong(&["body"], rejection.body_text()),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(json!({ "detail": self.detail }))).into_response();
        let headers = response.headers_mut();
        if let Some(wait) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs_f64().ceil().max(1.0) as u64));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.status.is_server_error() {
            tracing::warn!(status = self.status.as_u16(), detail = %self.detail, "failed");
        }
        response
    }
}
