//! Recordings.

use super::{MAX_RESULTS, Page, found, limit_of, next_of, shown};
use crate::app::App;
use crate::error::{Answer, Refusal};
use crate::extract::{Args, At};
use crate::progress::{json_of, value};
use crate::upload::{File, Upload};
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use sonic::lines::{AddedLine, IdentifiedLine, RecordingLine};
use sonic::recordings::{self, AddOptions, IdentifyOptions, Recording};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentifyArgs {
    limit: Option<usize>,
    track: Option<u32>,
}

pub(crate) async fn identify(
    State(app): State<App>,
    Args(args): Args<IdentifyArgs>,
    upload: Upload,
) -> Answer {
    let (file, deadline) = (upload.one()?, app.deadline());
    let options =
        IdentifyOptions { limit: limit_of(args.limit, 5, MAX_RESULTS)?, ..IdentifyOptions::default() };
    let line = app.decoding(deadline, move |opened| {
        let source = file.source(deadline).with_track(args.track);
        let identified = sonic::identify(&opened.store, source, &options)?;
        value(&IdentifiedLine::new(file.name, Ok(&identified)))
    });
    json_of(&line.await?)
}

pub(crate) async fn explain(State(app): State<App>, upload: Upload) -> Answer {
    let (file, deadline) = (upload.one()?, app.deadline());
    let picture = app.decoding(deadline, move |opened| {
        // It is decoded for each of the two: its sound may be too long to be kept.
        let options = IdentifyOptions { limit: 1, ..IdentifyOptions::default() };
        let identified = sonic::identify(&opened.store, file.source(deadline), &options)?;
        let best = identified.answer.matches.first();
        let best = found(best, || "recording that resembles the clip".to_owned())?;
        Ok(recordings::render(&recordings::explain(&opened.store, file.source(deadline), best)?))
    });
    Ok(shown("image/svg+xml", picture.await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddArgs {
    id: Option<String>,
    title: Option<String>,
    user: Option<String>,
    mode: Option<String>,
    source: Option<String>,
    #[serde(default)]
    replace: bool,
    #[serde(default)]
    keep_silent: bool,
    track: Option<u32>,
}

pub(crate) async fn add(State(app): State<App>, Args(args): Args<AddArgs>, upload: Upload) -> Answer {
    let (file, deadline) = (upload.one()?, app.deadline());
    let options =
        AddOptions { replace: args.replace, keep_silent: args.keep_silent, ..AddOptions::default() };
    let track = args.track;
    let row = row(args, &file)?;
    let line = app.decoding(deadline, move |opened| {
        let source = file.source(deadline).with_track(track);
        let added = recordings::add_with(&opened.store, source, row, &options)?;
        match added {
            recordings::Added::Refused(error) => Err(error),
            added => value(&AddedLine::new(file.name, &added)),
        }
    });
    json_of(&line.await?)
}

/// The row of a recording that is to be added. What is known again by its bytes is so by their SHA-256: of another hash
/// somebody could make two files.
fn row(args: AddArgs, file: &File) -> Result<Recording, Refusal> {
    let stem = file.name.rsplit_once('.').map_or(&*file.name, |(stem, _)| stem);
    let is_named = file.name != "body";
    let id = args.id.or_else(|| is_named.then(|| stem.to_owned()));
    let id = id.ok_or_else(|| Refusal::invalid("give the id of the recording: ?id="))?;
    let hash = Sha256::digest(file.bytes());
    Ok(Recording {
        id,
        title: args.title,
        user_id: args.user,
        mode: args.mode,
        source: args.source.or_else(|| Some(file.name.clone())),
        source_hash: Some(format!("sha256:{}", hash.iter().map(|b| format!("{b:02x}")).collect::<String>())),
        ..Recording::default()
    })
}

pub(crate) async fn list(State(app): State<App>, Args(page): Args<Page>) -> Answer {
    let (after, limit) = page.place()?;
    let page = app.quick(move |opened| opened.store.recordings().page(after, limit)).await?;
    let rows: Vec<RecordingLine<'_>> = page.recordings.iter().map(RecordingLine::from).collect();
    json_of(&json!({ "recordings": value(&rows)?, "next": next_of(page.next) }))
}

pub(crate) async fn get(State(app): State<App>, At(id): At<String>) -> Answer {
    let row =
        app.quick(move |opened| found(opened.store.recordings().get(&id)?, || format!("recording {id:?}")));
    json_of(&RecordingLine::from(&row.await?))
}

pub(crate) async fn remove(State(app): State<App>, At(id): At<String>) -> Answer {
    let row = app.quick(move |opened| opened.store.recordings().remove(&id)).await?;
    json_of(&RecordingLine::from(&row))
}

pub(crate) async fn landmarks(State(app): State<App>, At(id): At<String>) -> Answer {
    let landmarks = app.quick(move |opened| opened.store.recordings().landmarks(&id)).await?;
    let rows = landmarks
        .iter()
        .map(|l| json!({ "frame": l.frame, "frequency": l.frequency, "salience": l.salience }));
    json_of(&json!({ "landmarks": rows.collect::<Vec<_>>() }))
}

pub(crate) async fn imported(State(app): State<App>) -> Answer {
    let rows = app.quick(|opened| opened.store.imported().list()).await?;
    json_of(&json!({ "imported": value(&rows)? }))
}

pub(crate) async fn remove_imported(State(app): State<App>, At(id): At<String>) -> Answer {
    json_of(&app.quick(move |opened| opened.store.imported().remove(&id)).await?)
}
