//! The hand-off of final segments: one POST each, as the original sends them, with absolute times and a key by which an
//! engine knows one that comes again.

use crate::names::{now_ms, written};
use crate::presence::Presence;
use serde_json::{Value, json};
use sonic::live::{Deliver, Delivery};
use sonic::{Error, ErrorKind, Result};
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;

const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(30);

/// An engine.
pub(crate) struct Engine {
    address: String,
    token: Option<String>,
    agent: Agent,
    presence: Arc<Presence>,
}

impl Engine {
    pub(crate) fn new(address: &str, token: Option<&str>, presence: Arc<Presence>) -> Self {
        let agent = Agent::config_builder()
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(ANSWER))
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("streamqueue/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Self { address: address.to_owned(), token: token.map(str::to_owned), agent, presence }
    }
}

impl Deliver for Engine {
    fn deliver(&self, delivery: &Delivery) -> Result<()> {
        // A stretch in which nothing was understood, or that was taken back, is nothing to an engine.
        if delivery.segment.text.is_empty() {
            return Ok(());
        }
        let source = delivery.origin.source.as_deref().unwrap_or("google_meet");
        let address =
            format!("{}/api/transcripts/segments/{source}/{}", self.address, delivery.origin.meeting);
        let (from_ms, to_ms) = span(delivery);
        let mut present = self.presence.users(&delivery.origin.meeting, from_ms, to_ms);
        if let Some(user) = delivery.origin.user_id.as_ref().filter(|user| !present.contains(user)) {
            present.push(user.clone());
        }
        let body = serde_json::to_vec(&body(delivery, &present))
            .map_err(|e| Error::new(ErrorKind::Internal, e.to_string()))?;
        let request = self.agent.post(&address).header("content-type", "application/json");
        let request = request.header("idempotency-key", &delivery.key);
        let request = match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        let failed = |e: ureq::Error| Error::new(ErrorKind::Io, format!("the engine does not answer: {e}"));
        let status = request.send(&body[..]).map_err(failed)?.status().as_u16();
        answered(status)
    }
}

/// What a status means: what the engine refuses for good is not sent again.
fn answered(status: u16) -> Result<()> {
    let kind = match status {
        200..=299 => return Ok(()),
        400 | 413 | 415 | 422 => ErrorKind::InvalidArgument,
        _ => ErrorKind::Io,
    };
    Err(Error::new(kind, format!("the engine answered with status {status}")))
}

fn span(delivery: &Delivery) -> (f64, f64) {
    let from = delivery.started_at_ms as f64;
    (from + delivery.segment.start_ms as f64, from + delivery.segment.end_ms as f64)
}

/// A segment as the original's engine takes it, in a list of one. Times of words are seconds from its beginning.
fn body(delivery: &Delivery, present: &[String]) -> Value {
    let segment = &delivery.segment;
    let (from_ms, to_ms) = span(delivery);
    let seconds = |at_ms: u64| at_ms.saturating_sub(segment.start_ms) as f64 / 1e3;
    let words: Vec<Value> = segment
        .words
        .iter()
        .map(|word| json!({ "word": word.text, "start": seconds(word.start_ms), "end": seconds(word.end_ms), "confidence": word.confidence }))
        .collect();
    let now = written(now_ms());
    json!([{
        "segment_id": segment.id,
        "revision": segment.revision,
        "meeting_id": delivery.origin.meeting,
        "content": segment.text,
        "start_timestamp": written(from_ms),
        "end_timestamp": written(to_ms),
        "speaker": segment.speaker,
        "confidence": segment.confidence,
        "words": words,
        "server_timestamp": now,
        "transcription_timestamp": now,
        "present_user_ids": present,
        "partially_present_user_ids": [],
    }])
}
