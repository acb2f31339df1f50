//! News of the end of a job, sent to the address that was given with it. Sending is a job too: it is tried again, outlives a
//! restart, and shows what became of it.
//!
//! The body is `{"job": ...}`. With a secret it is signed: `x-sonic-signature: t=SECONDS,v1=HEX`, the HMAC-SHA256 of
//! `SECONDS.BODY`. Whoever gets it compares the time too, so that nobody can send old news again.

use crate::app::App;
use crate::progress::value;
use ring::hmac::{self, HMAC_SHA256, Key};
use serde_json::{Value, json};
use sonic::store::{Cursor, Job, Jobs, NewJob};
use sonic::{Error, ErrorKind, Result};
use std::time::SystemTime;

/// Where in a payload the address is.
pub(crate) const ADDRESS: &str = "callback";
/// Jobs that are looked at together.
const PAGE: usize = 1_000;
/// How often news are sent: for about two hours.
const ATTEMPTS: u32 = 10;

/// If a job has ended, and somebody waits for that, adds the job of telling them.
///
/// # Errors
/// As [`Jobs::add`].
pub(crate) fn ended(jobs: &Jobs, job: &Job) -> Result<()> {
    let Some(address) = job.payload.get(ADDRESS).and_then(Value::as_str) else { return Ok(()) };
    if !job.state.is_final() || job.queue == super::CALLBACKS {
        return Ok(());
    }
    let new = NewJob {
        queue: super::CALLBACKS.to_owned(),
        key: Some(format!("job {}", job.id)),
        payload: json!({ "address": address, "job": job.id }),
        max_attempts: ATTEMPTS,
        backoff_ms: 15_000,
        ..NewJob::default()
    };
    jobs.add(&new).map(drop)
}

/// Adds what is not told yet: a server that died between the end of a job and the news of it. What was told is known by its key.
///
/// # Errors
/// As [`Jobs::add`].
pub(super) fn missed(jobs: &Jobs) -> Result<()> {
    let mut after = Cursor::default();
    loop {
        let page = jobs.page(None, None, after, PAGE)?;
        page.jobs.iter().try_for_each(|job| ended(jobs, job))?;
        let Some(next) = page.next else { return Ok(()) };
        after = next;
    }
}

/// Sends news.
pub(super) async fn deliver(app: &App, job: &Job) -> Result<Value> {
    let invalid = || Error::new(ErrorKind::InvalidArgument, "the payload names no job and no address");
    let address = job.payload["address"].as_str().ok_or_else(invalid)?.to_owned();
    let id = job.payload["job"].as_u64().and_then(|id| u32::try_from(id).ok()).ok_or_else(invalid)?;
    let told = super::blocking(app, move |jobs| {
        let missing = || Error::new(ErrorKind::NotFound, format!("job {id} is not there any more"));
        jobs.get(id)?.ok_or_else(missing)
    })
    .await?;
    let body = json!({ "job": value(&told)? }).to_string();
    let mut headers = Vec::new();
    if let Some(secret) = &app.settings.callback_secret {
        let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.as_secs());
        headers.push(("x-sonic-signature", signature(secret, seconds, &body)));
    }
    if let Some(token) = &app.settings.callback_token {
        headers.push(("authorization", format!("Bearer {token}")));
    }
    let sent = app.outbound.post(&address, headers, body).await;
    sent.map(|()| json!({ "told": id })).map_err(|why| Error::new(ErrorKind::Io, why))
}

fn signature(secret: &str, seconds: u64, body: &str) -> String {
    let tag = hmac::sign(&Key::new(HMAC_SHA256, secret.as_bytes()), format!("{seconds}.{body}").as_bytes());
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={hex}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_signature_is_that_of_any_other_hmac() {
        // echo -n '1700000000.{}' | openssl dgst -sha256 -hmac secret
        let expected = "t=1700000000,v1=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163";
        assert_eq!(super::signature("secret", 1_700_000_000, "{}"), expected);
    }
}
