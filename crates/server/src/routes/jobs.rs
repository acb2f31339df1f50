//! Jobs: to have work done by the server, and by workers of one's own.

use super::{found, limit_of, next_of};
use crate::app::App;
use crate::error::{Answer, Refusal};
use crate::extract::{Args, At, Given};
use crate::jobs::{CALLBACKS, check, ended};
use crate::progress::{event, json_of, stream, value};
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use sonic::store::{Cursor, Job, JobState, Jobs, NewJob};
use std::time::Duration;
use tokio::sync::mpsc;

/// How often a job is looked at that somebody watches.
const LOOK: Duration = Duration::from_millis(500);
/// Longest lease.
const MAX_LEASE_MS: u64 = 24 * 3_600_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListArgs {
    queue: Option<String>,
    state: Option<JobState>,
    #[serde(default)]
    after: u32,
    limit: Option<usize>,
}

pub(crate) async fn list(State(app): State<App>, Args(args): Args<ListArgs>) -> Answer {
    let limit = limit_of(args.limit, 100, 1000)?;
    let page = app.quick(move |opened| {
        opened.store.jobs().page(args.queue.as_deref(), args.state, Cursor(args.after), limit)
    });
    let page = page.await?;
    json_of(&json!({ "jobs": value(&page.jobs)?, "next": next_of(page.next) }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    queue: String,
    key: Option<String>,
    #[serde(default)]
    payload: Value,
    callback: Option<String>,
    max_attempts: Option<u32>,
    backoff_ms: Option<u64>,
    #[serde(default)]
    delay_ms: u64,
}

pub(crate) async fn add(State(app): State<App>, Given(new): Given<New>) -> Answer {
    let mut payload = match new.payload {
        Value::Null => json!({}),
        payload @ Value::Object(_) => payload,
        _ => return Err(Refusal::invalid("a payload is an object")),
    };
    check(&app, &new.queue, &payload)?;
    if let Some(members) = payload.as_object_mut() {
        // Where it is told is said beside the payload, and looked at.
        members.remove("callback");
        if let Some(address) = new.callback {
            if !app.settings.callbacks {
                return Err(Refusal::invalid("no news are sent from here: set SONIC_SERVER_CALLBACKS"));
            }
            app.outbound.check(&address).map_err(|why| Refusal::invalid(format!("callback: {why}")))?;
            members.insert("callback".to_owned(), Value::String(address));
        }
    }
    let usual = NewJob::default();
    let new = NewJob {
        queue: new.queue,
        key: new.key,
        payload,
        max_attempts: new.max_attempts.unwrap_or(usual.max_attempts).min(100),
        backoff_ms: new.backoff_ms.unwrap_or(usual.backoff_ms),
        delay_ms: new.delay_ms,
    };
    json_of(&app.quick(move |opened| opened.store.jobs().add(&new)).await?.into_job())
}

pub(crate) async fn get(State(app): State<App>, At(id): At<u32>) -> Answer {
    json_of(&one(&app, id).await?)
}

async fn one(app: &App, id: u32) -> Result<Job, Refusal> {
    app.quick(move |opened| found(opened.store.jobs().get(id)?, || format!("job {id} in the store"))).await
}

pub(crate) async fn events(State(app): State<App>, At(id): At<u32>) -> Answer {
    let mut job = one(&app, id).await?;
    let (send, receive) = mpsc::channel(4);
    tokio::spawn(async move {
        let mut stopping = app.stopping.subscribe();
        let mut told = None;
        loop {
            if told.as_ref() != Some(&job) {
                let Ok(json) = value(&job) else { return };
                if send.send(event("job", &json)).await.is_err() {
                    return;
                }
            }
            if job.state.is_final() || *stopping.borrow() {
                return;
            }
            told = Some(job);
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = send.closed() => return,
                _ = stopping.wait_for(|stopping| *stopping) => return,
            }
            job = match one(&app, id).await {
                Ok(job) => job,
                Err(_) => return,
            };
        }
    });
    Ok(stream(receive))
}

/// Changes a job, and tells its end to whoever waits for that.
async fn change(app: &App, work: impl FnOnce(&Jobs) -> sonic::Result<Job> + Send + 'static) -> Answer {
    let callbacks = app.settings.callbacks;
    let job = app.quick(move |opened| {
        let jobs = opened.store.jobs();
        let job = work(&jobs)?;
        if callbacks {
            ended(&jobs, &job)?;
        }
        Ok(job)
    });
    json_of(&job.await?)
}

pub(crate) async fn cancel(State(app): State<App>, At(id): At<u32>) -> Answer {
    change(&app, move |jobs| jobs.cancel(id)).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lease {
    queue: String,
    worker: String,
    lease_ms: u64,
}

pub(crate) async fn lease(State(app): State<App>, Given(wanted): Given<Lease>) -> Answer {
    if wanted.queue == CALLBACKS {
        return Err(Refusal::invalid("the queue callbacks is the server's own"));
    }
    let callbacks = app.settings.callbacks;
    let job = app.quick(move |opened| {
        let jobs = opened.store.jobs();
        // One that has failed by this is told, and the next one looked for.
        loop {
            let lease_ms = wanted.lease_ms.clamp(1, MAX_LEASE_MS);
            match jobs.lease(&wanted.queue, &wanted.worker, lease_ms)? {
                Some(job) if job.state == JobState::Failed => {
                    if callbacks {
                        ended(&jobs, &job)?;
                    }
                }
                job => return Ok(job),
            }
        }
    });
    json_of(&json!({ "job": value(&job.await?)? }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Extend {
    attempt: u32,
    lease_ms: u64,
    progress: Option<Value>,
}

pub(crate) async fn extend(State(app): State<App>, At(id): At<u32>, Given(said): Given<Extend>) -> Answer {
    let lease_ms = said.lease_ms.clamp(1, MAX_LEASE_MS);
    change(&app, move |jobs| jobs.extend(id, said.attempt, lease_ms, said.progress)).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Complete {
    attempt: u32,
    #[serde(default)]
    result: Value,
}

pub(crate) async fn complete(
    State(app): State<App>,
    At(id): At<u32>,
    Given(said): Given<Complete>,
) -> Answer {
    change(&app, move |jobs| jobs.complete(id, said.attempt, said.result)).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fail {
    attempt: u32,
    error: String,
    #[serde(default)]
    in_vain: bool,
}

pub(crate) async fn fail(State(app): State<App>, At(id): At<u32>, Given(said): Given<Fail>) -> Answer {
    change(&app, move |jobs| jobs.fail(id, said.attempt, &said.error, said.in_vain)).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Release {
    attempt: u32,
}

pub(crate) async fn release(State(app): State<App>, At(id): At<u32>, Given(said): Given<Release>) -> Answer {
    change(&app, move |jobs| jobs.release(id, said.attempt)).await
}
