//! Whether the service is well, and what a meeting has so far.

use crate::app::App;
use crate::gate::{Caller, Service};
use crate::names::{self, Source};
use crate::refusal::Refusal;
use crate::socket::told_json;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use sonic_server::host::resident_bytes;
use std::time::Duration;

/// Captions of an answer.
const PAGE: usize = 500;

pub(crate) async fn health() -> Json<Value> {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

pub(crate) async fn ready(State(app): State<App>) -> Result<Response, Refusal> {
    if *app.stopping.borrow() {
        return Err(Refusal::later(Duration::from_secs(1), "the service is stopping"));
    }
    app.blocking(|app| {
        let queue = app.pipeline()?.transport.stats()?;
        Ok(Json(json!({ "status": "ready", "waiting": queue.waiting })).into_response())
    })
    .await
}

pub(crate) async fn metrics(State(app): State<App>, _: Service) -> Result<Response, Refusal> {
    let text = app
        .blocking(|app| {
            if let Ok(pipeline) = app.pipeline() {
                pipeline.measure(&app.metrics);
            }
            app.metrics.resident.set(resident_bytes().unwrap_or_default());
            let failed =
                |_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "the numbers could not be written");
            app.metrics.text().map_err(failed)
        })
        .await?;
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, media_type)], text).into_response())
}

#[derive(Debug, Deserialize)]
pub(crate) struct After {
    #[serde(default)]
    after: String,
    #[serde(default)]
    source: Source,
}

/// The captions of a meeting from a place on, as WebSockets get them; `place` of the last is where the next page begins.
pub(crate) async fn segments(
    State(app): State<App>,
    _: Caller,
    Path(meeting): Path<String>,
    after: Result<Query<After>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    let Query(After { after, source }) = after?;
    // A connection without a meeting is one by itself, so that every name of a connection is one here.
    names::meeting(Some(&meeting), source, &meeting)
        .or_else(|_| names::connection(&meeting).map(str::to_owned))?;
    app.blocking(move |app| {
        let found = app.pipeline()?.transport.results(&meeting, &after, PAGE)?;
        Ok(Json(json!({ "segments": found.iter().map(told_json).collect::<Vec<_>>() })))
    })
    .await
}
