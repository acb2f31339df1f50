//! The store as a whole.

use crate::app::{App, Opened};
use crate::error::{Answer, Refusal};
use crate::progress::{self, json_of, share, value};
use crate::work::quick;
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::{Value, json};
use sonic::Store;
use sonic::lines::CompactLine;
use sonic::models::{Registry, RegistryEntry};
use sonic::remote::{self, RemoteOptions};

pub(crate) async fn stats(State(app): State<App>) -> Answer {
    let stats = app.quick(|opened| {
        let store = &opened.store;
        let mut stats = value(&store.stats()?)?;
        if let Value::Object(stats) = &mut stats {
            stats.insert("voices".to_owned(), value(&store.voices().stats()?)?);
            stats.insert("faces".to_owned(), value(&store.faces().stats()?)?);
        }
        Ok(stats)
    });
    json_of(&stats.await?)
}

pub(crate) async fn models() -> Answer {
    let models = quick(|| {
        let entries = sonic::models::registry(Registry::default_folder()?).list()?;
        Ok(entries.iter().map(model).collect::<Vec<_>>())
    });
    json_of(&json!({ "models": models.await? }))
}

/// A model without where its files lie on this machine.
fn model(entry: &RegistryEntry) -> Value {
    let manifest = &entry.manifest;
    json!({
        "id": manifest.id,
        "task": manifest.task,
        "installed": entry.is_installed(),
        "bytes": entry.bytes(),
        "licence": manifest.licence,
        "commercial": manifest.commercial,
        "dimensions": manifest.dimensions,
    })
}

pub(crate) async fn check(State(app): State<App>) -> Answer {
    let problems = app.heavy(|opened| opened.store.check()).await?;
    let problems: Vec<String> = problems.into_iter().map(|problem| problem.message).collect();
    json_of(&json!({ "problems": problems }))
}

/// Gives space back; how much there was and is.
pub(crate) fn compact_store(store: &Store) -> sonic::Result<Value> {
    let file_bytes_before = store.stats()?.file_bytes;
    store.compact()?;
    value(&CompactLine { file_bytes_before, file_bytes: store.stats()?.file_bytes })
}

pub(crate) async fn compact(State(app): State<App>) -> Answer {
    json_of(&app.heavy(|opened| compact_store(&opened.store)).await?)
}

/// Where snapshots are.
fn bucket(app: &App) -> Result<String, Refusal> {
    let missing = || {
        Refusal::not_found(
            "there is no place for snapshots: set SONIC_SERVER_SNAPSHOTS or SONIC_SERVER_BUCKET",
        )
    };
    app.settings.pushes_to().or(app.settings.follow.as_ref()).cloned().ok_or_else(missing)
}

pub(crate) async fn snapshots(State(app): State<App>) -> Answer {
    let url = bucket(&app)?;
    let snapshots = quick(move || remote::list(&url, &RemoteOptions::default())).await?;
    json_of(&json!({ "snapshots": value(&snapshots)? }))
}

pub(crate) async fn push(State(app): State<App>, headers: HeaderMap) -> Answer {
    let url = bucket(&app)?;
    progress::answer(&app, &headers, move |opened, tell| push_store(opened, &url, tell)).await
}

/// Makes the store the current snapshot.
pub(crate) fn push_store(opened: &Opened, url: &str, tell: progress::Tell<'_>) -> sonic::Result<Value> {
    let told = |done: remote::Progress| tell(share(done.bytes, done.total_bytes));
    value(&match opened.writer() {
        Some(writer) => writer.push(told)?,
        None => remote::push(&opened.store, url, &RemoteOptions::default(), told)?,
    })
}
