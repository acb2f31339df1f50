//! Jobs that the server does itself, and news of their ends.
//!
//! Every worker takes a job for a while, and says now and then that it goes on. When the server ends, it gives its jobs back;
//! when it dies, their leases end, and the next one goes on.

mod callback;
mod kinds;

pub(crate) use callback::ended;
pub(crate) use kinds::check;

use crate::app::App;
use serde_json::Value;
use sonic::store::{Job, JobState};
use sonic::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a job is taken for at once.
const LEASE: Duration = Duration::from_secs(30);
/// How often somebody looks for work.
const LOOK: Duration = Duration::from_millis(250);
/// How often jobs that ended long ago are removed.
const CLEAN: Duration = Duration::from_secs(3600);
/// The queue of news of ends.
pub(crate) const CALLBACKS: &str = "callbacks";

/// Starts the workers, unless the store is only read.
pub(crate) fn start(app: &App) {
    if app.settings.only_reads() {
        return;
    }
    if app.settings.callbacks {
        let app = app.clone();
        tokio::spawn(async move {
            if let Err(error) = blocking(&app, callback::missed).await {
                tracing::warn!(%error, "ends of jobs could not be told");
            }
        });
    }
    if app.settings.keep_jobs_days > 0 {
        tokio::spawn(clean(app.clone()));
    }
    let workers = (0..app.settings.job_workers).map(|number| {
        let name = format!("server {}, worker {number}", std::process::id());
        tokio::spawn(work(app.clone(), name))
    });
    app.workers.lock().unwrap_or_else(PoisonError::into_inner).extend(workers);
}

async fn work(app: App, name: String) {
    let mut stopping = app.stopping.subscribe();
    loop {
        let is_idle = match take(&app, &name).await {
            Ok(Some(job)) => {
                run(&app, job).await;
                false
            }
            Ok(None) => true,
            Err(error) => {
                tracing::warn!(%error, "jobs cannot be taken");
                true
            }
        };
        if *stopping.borrow() {
            return;
        }
        if is_idle {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                _ = stopping.wait_for(|stopping| *stopping) => return,
            }
        }
    }
}

/// A job of one of the queues that the server knows.
async fn take(app: &App, name: &str) -> Result<Option<Job>> {
    // Who follows another instance leaves the work to it.
    if app.opened().is_ok_and(|opened| !opened.is_writing()) {
        return Ok(None);
    }
    let name = name.to_owned();
    let callbacks = app.settings.callbacks;
    blocking(app, move |jobs| {
        let queues = kinds::QUEUES.into_iter().chain(callbacks.then_some(CALLBACKS));
        for queue in queues {
            if let Some(job) = jobs.lease(queue, &name, LEASE.as_millis() as u64)? {
                return Ok(Some(job));
            }
        }
        Ok(None)
    })
    .await
}

/// Removes jobs that ended long ago, now and then.
async fn clean(app: App) {
    let kept = Duration::from_secs(app.settings.keep_jobs_days * 24 * 60 * 60);
    let mut stopping = app.stopping.subscribe();
    loop {
        // Who follows another instance leaves it to that.
        if app.opened().is_ok_and(|opened| opened.is_writing()) {
            match remove_ended(&app, kept).await {
                Ok(removed) if removed > 0 => {
                    tracing::info!(removed, "jobs that ended long ago were removed")
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "jobs that ended long ago cannot be removed"),
            }
        }
        tokio::select! {
            () = tokio::time::sleep(CLEAN) => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}

/// Removes jobs whose end is longer ago than `kept`; gives how many.
async fn remove_ended(app: &App, kept: Duration) -> Result<u64> {
    let before = SystemTime::now().checked_sub(kept).and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let before_ms = before.map_or(0, |time| time.as_millis() as u64);
    blocking(app, move |jobs| jobs.remove_ended(before_ms)).await
}

/// Does something with the jobs of the store.
async fn blocking<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&sonic::store::Jobs) -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = app.quick(move |opened| work(&opened.store.jobs())).await;
    done.map_err(|refusal| Error::new(ErrorKind::Io, refusal.message))
}

/// A job under way: what was said last of how far it is, and whether it is to end.
#[derive(Default)]
struct Running {
    progress: Mutex<Option<Value>>,
    lost: AtomicBool,
}

async fn run(app: &App, job: Job) {
    if job.state == JobState::Failed {
        settle(app, job).await;
        return;
    }
    let running = Arc::new(Running::default());
    let beat = tokio::spawn(beat(app.clone(), (job.id, job.attempts), running.clone()));
    let done = match job.queue.as_str() {
        CALLBACKS => callback::deliver(app, &job).await,
        _ => kinds::run(app, &job, &running).await,
    };
    beat.abort();
    let (id, attempt) = (job.id, job.attempts);
    let given_back = *app.stopping.borrow() && done.as_ref().is_err_and(|e| e.kind() == ErrorKind::Closed);
    let ended = blocking(app, move |jobs| match done {
        Ok(result) => jobs.complete(id, attempt, result),
        Err(_) if given_back => jobs.release(id, attempt),
        Err(error) => jobs.fail(id, attempt, &error.to_string(), is_in_vain(&error)),
    });
    match ended.await {
        Ok(job) => settle(app, job).await,
        // It was called off, or somebody else has it: what came of it is theirs to say.
        Err(error) => tracing::info!(%error, job = id, "a job was lost"),
    }
}

/// True if another attempt would end in the same way.
fn is_in_vain(error: &Error) -> bool {
    use ErrorKind::{InvalidArgument, Mismatch, NotFound, Unsupported};
    matches!(error.kind(), InvalidArgument | Mismatch | NotFound | Unsupported)
}

async fn settle(app: &App, job: Job) {
    app.metrics.job(&job.queue, job.state.name());
    tracing::info!(job = job.id, queue = job.queue, state = job.state.name(), "job");
    let waiting = app.settings.callbacks;
    let told = blocking(app, move |jobs| if waiting { ended(jobs, &job) } else { Ok(()) });
    if let Err(error) = told.await {
        tracing::warn!(%error, "the end of a job could not be told");
    }
}

/// Says that a job goes on, until this is aborted; notes if it is not ours any more.
async fn beat(app: App, (id, attempt): (u32, u32), running: Arc<Running>) {
    loop {
        tokio::time::sleep(LEASE / 10).await;
        let progress = running.progress.lock().unwrap_or_else(PoisonError::into_inner).take();
        let extended =
            blocking(&app, move |jobs| jobs.extend(id, attempt, LEASE.as_millis() as u64, progress)).await;
        if extended.is_err() {
            running.lost.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use sonic::store::NewJob;

    #[tokio::test]
    async fn jobs_are_kept_for_a_while_after_their_end() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        let arguments = ["sonic-server", "--faces", "off", "--store"].map(Into::into);
        let settings =
            Settings::parse_from_environment(arguments.into_iter().chain([store.into_os_string()])).unwrap();
        let app = App::new(settings).unwrap();
        app.open().unwrap();
        let queue = || NewJob { queue: "work".to_owned(), ..NewJob::default() };
        let add = |app: &App| app.opened().unwrap().store.jobs().add(&queue()).unwrap().into_job().id;
        let (ended, waits) = (add(&app), add(&app));
        app.opened().unwrap().store.jobs().cancel(ended).unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert_eq!(remove_ended(&app, Duration::from_secs(3600)).await.unwrap(), 0);
        assert_eq!(remove_ended(&app, Duration::ZERO).await.unwrap(), 1);
        let jobs = app.opened().unwrap().store.jobs();
        assert!(jobs.get(ended).unwrap().is_none() && jobs.get(waits).unwrap().is_some());
    }
}
