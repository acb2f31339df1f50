//! Routes of the browser extension.

use crate::app::App;
use crate::gate::Caller;
use crate::names::{self, Source};
use crate::refusal::Refusal;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use sonic::live::transport::Origin;
use std::time::Instant;

/// Most participants of an update of the microphones, and the longest of their names and bits, in bytes.
const MOST_PEOPLE: usize = 1_000;
const MOST_NAME: usize = 512;
const MOST_BITS: usize = 4_096;

/// What is known about a slice.
#[derive(Debug)]
pub(crate) struct Slice {
    pub(crate) origin: Origin,
    pub(crate) index: u64,
    pub(crate) bytes: Bytes,
    /// By the sender's clock, in milliseconds since 1970.
    pub(crate) sent_ms: f64,
    /// How it came.
    pub(crate) way: &'static str,
}

/// Names in the query of the extension's routes.
#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    connection_id: String,
    #[serde(default)]
    source: Source,
    meeting_id: Option<String>,
    ts: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Numbered {
    i: u64,
}

impl Named {
    pub(crate) fn origin(&self, user: &str) -> Result<Origin, Refusal> {
        let connection = names::connection(&self.connection_id)?.to_owned();
        let meeting = names::meeting(self.meeting_id.as_deref(), self.source, &connection)?;
        Ok(Origin {
            connection,
            meeting,
            user_id: Some(user.to_owned()),
            source: Some(self.source.name().to_owned()),
        })
    }
}

pub(crate) async fn check_token(Caller(user): Caller) -> Response {
    Json(json!({ "is_valid": !user.id.is_empty() })).into_response()
}

pub(crate) async fn audio(
    State(app): State<App>,
    Caller(user): Caller,
    numbered: Result<Query<Numbered>, QueryRejection>,
    named: Result<Query<Named>, QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let (Query(Numbered { i }), Query(named)) = (numbered?, named?);
    let origin = named.origin(&user.id)?;
    let (sent_ms, bytes) = (names::time_ms(named.ts.as_deref())?, whole(body)?);
    let connection = origin.connection.clone();
    take(&app, Slice { origin, index: i, bytes, sent_ms, way: "http" }).await?;
    Ok(Json(json!({ "message": "Chunk received", "connection_id": connection })).into_response())
}

pub(crate) async fn speakers(
    State(app): State<App>,
    Caller(user): Caller,
    named: Result<Query<Named>, QueryRejection>,
    body: Result<Json<Vec<(String, String)>>, JsonRejection>,
) -> Result<Response, Refusal> {
    let (Query(named), Json(activity)) = (named?, body?);
    let origin = named.origin(&user.id)?;
    let sent_ms = names::time_ms(named.ts.as_deref())?;
    take_activity(&app, origin, sent_ms, activity).await?;
    Ok((StatusCode::CREATED, Json(json!({ "message": "Speaker created" }))).into_response())
}

/// The bytes of a body, all of them.
///
/// # Errors
/// 413 if there are too many, 400 if the sender broke off.
pub(crate) fn whole(body: Result<Bytes, BytesRejection>) -> Result<Bytes, Refusal> {
    body.map_err(|rejection| Refusal::new(rejection.status(), rejection.body_text()))
}

/// Takes a slice: when this returns it is on the disk and in the queue.
///
/// # Errors
/// Why it is not, with how long to wait where it may be taken later.
pub(crate) async fn take(app: &App, slice: Slice) -> Result<(), Refusal> {
    let start = Instant::now();
    let (length, way) = (slice.bytes.len(), slice.way);
    let room = app.room(length)?;
    let taken = app
        .blocking(move |app| {
            let _room = room;
            let Slice { origin, index, bytes, sent_ms, .. } = slice;
            app.pipeline()?.intake()?.slice(&origin, index, &bytes, Some(sent_ms))?;
            let user = origin.user_id.as_deref().unwrap_or_default();
            app.presence.seen(&origin.meeting, &origin.connection, user, sent_ms);
            Ok(())
        })
        .await;
    match &taken {
        Ok(()) => app.metrics.stored(way, length, start.elapsed()),
        Err(_) => app.metrics.refused(),
    }
    taken
}

/// Takes an update of the microphones.
///
/// # Errors
/// 422 if it is none.
pub(crate) async fn take_activity(
    app: &App,
    origin: Origin,
    sent_ms: f64,
    activity: Vec<(String, String)>,
) -> Result<(), Refusal> {
    check(&activity)?;
    app.blocking(move |app| Ok(app.pipeline()?.intake()?.activity(&origin, sent_ms, &activity)?)).await
}

/// That something is an update of the microphones.
///
/// # Errors
/// 422 if it is none.
pub(crate) fn check(activity: &[(String, String)]) -> Result<(), Refusal> {
    let is_right = |(name, bits): &(String, String)| {
        name.len() <= MOST_NAME
            && bits.len() <= MOST_BITS
            && bits.bytes().all(|bit| matches!(bit, b'0' | b'1'))
    };
    match activity.len() <= MOST_PEOPLE && activity.iter().all(is_right) {
        true => Ok(()),
        false => Err(Refusal::wrong(
            &["body"],
            format!("up to {MOST_PEOPLE} pairs of a name and up to {MOST_BITS} digits 0 and 1"),
        )),
    }
}
