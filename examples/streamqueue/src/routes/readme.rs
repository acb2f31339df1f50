//! The routes that the original's README and its deployment plan name.

use super::SESSION_ID;
use super::extension::{Slice, take, take_activity, whole};
use crate::app::App;
use crate::gate::Anyone;
use crate::names::{self, Source};
use crate::refusal::Refusal;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use sonic::live::transport::Origin;

/// What a program may say besides the header.
#[derive(Debug, Deserialize)]
pub(crate) struct Said {
    i: Option<u64>,
    #[serde(default)]
    source: Source,
    meeting_id: Option<String>,
    ts: Option<String>,
}

/// A body of sound: the slice number `i` of a connection, or a whole recording, which is slice 0 of its own.
pub(crate) async fn stream(
    State(app): State<App>,
    Anyone(user): Anyone,
    headers: HeaderMap,
    said: Result<Query<Said>, QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let (Query(said), bytes) = (said?, whole(body)?);
    let named = session(&headers)?;
    if named.is_some() && said.i.is_none() {
        let message = "slices of a session are numbered from 0: say i; or leave X-Session-ID out, to send a whole recording";
        return Err(Refusal::wrong(&["query", "i"], message));
    }
    // The same recording sent again is the same connection.
    let connection = named.unwrap_or_else(|| recording(&bytes));
    let is_whole = said.i.is_none();
    let origin = origin(&user.id, connection.clone(), said.meeting_id.as_deref(), said.source)?;
    let sent_ms = names::time_ms(said.ts.as_deref())?;
    take(&app, Slice { origin: origin.clone(), index: said.i.unwrap_or(0), bytes, sent_ms, way: "http" })
        .await?;
    if is_whole {
        app.blocking(move |app| Ok(app.pipeline()?.intake()?.end(&origin)?)).await?;
    }
    Ok(Json(json!({ "message": "Chunk received", "connection_id": connection })).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Update {
    Bare(Vec<(String, String)>),
    Named { speakers: Vec<(String, String)> },
}

/// An update of the microphones.
pub(crate) async fn speaker(
    State(app): State<App>,
    Anyone(user): Anyone,
    headers: HeaderMap,
    said: Result<Query<Said>, QueryRejection>,
    body: Result<Json<Update>, JsonRejection>,
) -> Result<Response, Refusal> {
    let (Query(said), Json(update)) = (said?, body?);
    let connection =
        session(&headers)?.ok_or_else(|| Refusal::wrong(&["header", "x-session-id"], "Field required"))?;
    let origin = origin(&user.id, connection, said.meeting_id.as_deref(), said.source)?;
    let (Update::Bare(activity) | Update::Named { speakers: activity }) = update;
    take_activity(&app, origin, names::time_ms(said.ts.as_deref())?, activity).await?;
    Ok((StatusCode::CREATED, Json(json!({ "message": "Speaker created" }))).into_response())
}

fn session(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get(SESSION_ID) else { return Ok(None) };
    let said = value.to_str().unwrap_or_default();
    names::connection(said).map(|said| Some(said.to_owned()))
}

fn origin(user: &str, connection: String, meeting: Option<&str>, source: Source) -> Result<Origin, Refusal> {
    let meeting = names::meeting(meeting, source, &connection)?;
    Ok(Origin { connection, meeting, user_id: Some(user.to_owned()), source: Some(source.name().to_owned()) })
}

fn recording(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .take(16)
        .fold("recording-".to_owned(), |name, byte| format!("{name}{byte:02x}"))
}
