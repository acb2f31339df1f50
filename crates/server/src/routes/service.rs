//! Whether the server is well.

use crate::app::App;
use crate::error::{Answer, Refusal};
use crate::metrics::resident_bytes;
use crate::openapi;
use crate::progress::json_of;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::json;

pub(crate) async fn health() -> Answer {
    json_of(&json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

pub(crate) async fn ready(State(app): State<App>) -> Answer {
    if *app.stopping.borrow() {
        return Err(Refusal::overloaded("the server is stopping"));
    }
    let (stats, writing) = app.quick(|opened| Ok((opened.store.stats()?, opened.is_writing()))).await?;
    json_of(&json!({
        "status": "ready",
        "writing": writing,
        "snapshot": stats.snapshot,
        "follow_error": stats.follow_error
    }))
}

pub(crate) async fn document() -> Answer {
    json_of(&openapi::document())
}

pub(crate) async fn metrics(State(app): State<App>) -> Answer {
    let metrics = &app.metrics;
    let (computing, waiting) = app.work.load();
    metrics.computing.set(computing as i64);
    metrics.waiting.set(waiting as i64);
    metrics.resident.set(resident_bytes().unwrap_or_default());
    // While the store is not open there are no numbers of it.
    if let Ok(stats) = app.quick(|opened| opened.store.stats()).await {
        metrics.recordings.set(stats.recordings as i64);
        metrics.file_bytes.set(stats.file_bytes as i64);
        metrics.follow_failing.set(i64::from(stats.follow_error.is_some()));
    }
    let text = metrics.text().map_err(|_| Refusal::internal("the numbers could not be written"))?;
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, media_type)], text).into_response())
}
