//! The kinds of jobs that the server does: what long requests do, without anybody waiting.

use super::Running;
use crate::app::App;
use crate::progress::{share, value};
use crate::routes::admin::{compact_store, push_store};
use crate::routes::people::ClusterArgs;
use serde::Deserialize;
use serde_json::Value;
use sonic::lines::ClusterLine;
use sonic::store::Job;
use sonic::{Error, ErrorKind, Result};
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

/// Queues of jobs that the server does. Those of other names are for workers of yours.
pub(super) const QUEUES: [&str; 3] = ["cluster", "compact", "snapshot"];

/// What is in the payload of a job of the queue `cluster`: the event, and what the route takes.
#[derive(Deserialize)]
struct Cluster {
    event: String,
    #[serde(default)]
    options: ClusterArgs,
}

fn cluster(payload: &Value) -> Result<Cluster> {
    serde_json::from_value(payload.clone()).map_err(|e| {
        let message = format!(
            "the payload of a job of the queue cluster is {{\"event\": ..., \"options\": {{...}}}}: {e}"
        );
        Error::new(ErrorKind::InvalidArgument, message)
    })
}

/// That a job can be done, as far as it shows.
///
/// # Errors
/// `InvalidArgument` if it cannot.
pub(crate) fn check(app: &App, queue: &str, payload: &Value) -> Result<()> {
    match queue {
        "cluster" => cluster(payload)?.options.options().map(drop),
        "snapshot" if app.settings.pushes_to().is_none() => {
            let message =
                "there is no place for snapshots: set SONIC_SERVER_SNAPSHOTS or SONIC_SERVER_BUCKET";
            Err(Error::new(ErrorKind::InvalidArgument, message))
        }
        super::CALLBACKS => {
            Err(Error::new(ErrorKind::InvalidArgument, "the queue callbacks is the server's own"))
        }
        _ => Ok(()),
    }
}

pub(super) async fn run(app: &App, job: &Job, running: &Arc<Running>) -> Result<Value> {
    let (job, running) = (job.clone(), running.clone());
    let (stopping, url) = (app.stopping.subscribe(), app.settings.pushes_to().cloned());
    let done = app.heavy(move |opened| {
        let mut tell = |progress: Value| {
            *running.progress.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
            match running.lost.load(Ordering::Relaxed) || *stopping.borrow() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        // What is wrong with it is what the job says, not the work.
        Ok(match job.queue.as_str() {
            "cluster" => cluster(&job.payload).and_then(|wanted| {
                let people = opened.store.people(&wanted.event);
                let report = people.cluster_with(&wanted.options.options()?, &mut |done| {
                    tell(share((f64::from(done) * 1000.0) as u64, 1000))
                })?;
                value(&ClusterLine::from(&report))
            }),
            "compact" => compact_store(&opened.store),
            "snapshot" => {
                let missing = || Error::new(ErrorKind::InvalidArgument, "there is no place for snapshots");
                url.as_deref().ok_or_else(missing).and_then(|url| push_store(opened, url, &mut tell))
            }
            queue => Err(Error::new(ErrorKind::Internal, format!("nobody does jobs of the queue {queue:?}"))),
        })
    });
    // The server may be overloaded: then the job waits.
    done.await.map_err(|refusal| Error::new(ErrorKind::Io, refusal.message))?
}
