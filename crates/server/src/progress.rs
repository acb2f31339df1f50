//! Long work: its result at the end, or, for who accepts `text/event-stream`, events on the way.

use crate::app::{App, Opened};
use crate::error::{Answer, Refusal};
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_core::Stream;
use serde::Serialize;
use serde_json::{Value, json};
use sonic::{Error, ErrorKind, Result};
use std::convert::Infallible;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// What long work tells how far it has come; it is to end if nobody listens any more, or the server ends.
pub(crate) type Tell<'a> = &'a mut dyn FnMut(Value) -> ControlFlow<()>;

/// Events as they come.
struct Events(mpsc::Receiver<Event>);

impl Stream for Events {
    type Item = std::result::Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|event| event.map(Ok))
    }
}

/// True if events are wanted.
pub(crate) fn wants_events(headers: &HeaderMap) -> bool {
    let accept = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accept.flat_map(|value| value.split(',')).any(|kind| kind.trim().starts_with("text/event-stream"))
}

/// The answer to a request for long work, which gives JSON.
pub(crate) async fn answer(
    app: &App,
    headers: &HeaderMap,
    work: impl FnOnce(&Opened, Tell<'_>) -> Result<Value> + Send + 'static,
) -> Answer {
    let stopping = app.stopping.subscribe();
    let goes_on = move || match *stopping.borrow() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    if !wants_events(headers) {
        let result = app.heavy(move |opened| work(opened, &mut |_| goes_on())).await?;
        return Ok(axum::Json(result).into_response());
    }
    let (send, receive) = mpsc::channel(16);
    let (app, last) = (app.clone(), send.clone());
    tokio::spawn(async move {
        let mut tell = move |progress: Value| {
            // News that nobody has taken yet are not waited for.
            match send.try_send(event("progress", &progress)) {
                Err(mpsc::error::TrySendError::Closed(_)) => ControlFlow::Break(()),
                _ => goes_on(),
            }
        };
        let done = app.heavy(move |opened| work(opened, &mut tell)).await;
        let event = match done {
            Ok(result) => event("result", &result),
            Err(refusal) => event("error", &refusal.json()),
        };
        let _ = last.send(event).await;
    });
    Ok(stream(receive))
}

/// The answer that gives events as they come.
pub(crate) fn stream(events: mpsc::Receiver<Event>) -> Response {
    Sse::new(Events(events)).keep_alive(KeepAlive::default()).into_response()
}

/// An event of a name, with JSON.
pub(crate) fn event(name: &str, data: &Value) -> Event {
    Event::default().event(name).data(data.to_string())
}

/// How much of something is done.
pub(crate) fn share(done: u64, total: u64) -> Value {
    json!({ "done": done, "total": total })
}

/// A result as JSON, in the digits that the command prints: through text, for a number of 32 bits would get those of one of 64.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn value(result: &impl Serialize) -> Result<Value> {
    let json = serde_json::to_string(result).and_then(|text| serde_json::from_str(&text));
    json.map_err(|e| Error::new(ErrorKind::Internal, "cannot write JSON").with_source(e))
}

/// A result as an answer.
pub(crate) fn json_of(result: &impl Serialize) -> Answer {
    let text = serde_json::to_vec(result).map_err(|_| Refusal::internal("cannot write JSON"))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}
