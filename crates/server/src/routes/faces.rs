//! Events, photos and faces.

use super::{MAX_RESULTS, Page, found, limit_of, next_of};
use crate::app::App;
use crate::error::{Answer, Refusal};
use crate::extract::{Args, At};
use crate::progress::{json_of, value};
use crate::upload::{File, Upload};
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sonic::faces::{self, AddPhotosOptions, FaceId, FaceSearchOptions, Photo, StoredFace};
use sonic::lines::{AddedPhotoLine, FaceLine, ForgottenFacesLine, FoundFacesLine};
use sonic::vision::decode_with;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DetectArgs {
    #[serde(default)]
    embeddings: bool,
}

pub(crate) async fn detect(State(app): State<App>, Args(args): Args<DetectArgs>, upload: Upload) -> Answer {
    let (file, decode) = (upload.one()?, app.decode());
    let faces = app.heavy(move |opened| {
        let analyzer = opened.faces()?;
        let image = decode_with(file.bytes(), &decode)?;
        let mut faces = value(&analyzer.analyze(&image)?)?;
        if let (false, Value::Array(faces)) = (args.embeddings, &mut faces) {
            faces.iter_mut().filter_map(Value::as_object_mut).for_each(|face| drop(face.remove("embedding")));
        }
        Ok(json!({ "width": image.width(), "height": image.height(), "faces": faces }))
    });
    json_of(&faces.await?)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchArgs {
    event: Option<String>,
    limit: Option<usize>,
    threshold: Option<f32>,
}

pub(crate) async fn search(State(app): State<App>, Args(args): Args<SearchArgs>, upload: Upload) -> Answer {
    let (file, decode) = (upload.one()?, app.decode());
    let usual = FaceSearchOptions::default();
    let options = FaceSearchOptions {
        events: args.event.into_iter().collect(),
        limit: limit_of(args.limit, 10, MAX_RESULTS)?,
        threshold: args.threshold.unwrap_or(usual.threshold),
        ..usual
    };
    if !(-1.0..=1.0).contains(&options.threshold) {
        return Err(Refusal::invalid("the threshold is a cosine, -1 to 1"));
    }
    let line = app.heavy(move |opened| {
        let found = faces::search_within(&opened.store, opened.faces()?, file.bytes(), &options, &decode)?;
        value(&FoundFacesLine::new(file.name, Ok(&found)))
    });
    json_of(&line.await?)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddArgs {
    photo: Option<String>,
    user: Option<String>,
}

pub(crate) async fn add(
    State(app): State<App>,
    At(event): At<String>,
    Args(args): Args<AddArgs>,
    upload: Upload,
) -> Answer {
    let (file, decode) = (upload.one()?, app.decode());
    let photo = Photo {
        event,
        photo_id: args.photo.unwrap_or_else(|| name_of(&file)),
        user_id: args.user,
        ..Photo::default()
    };
    let options = AddPhotosOptions { decode, ..AddPhotosOptions::default() };
    let line = app.heavy(move |opened| {
        let added = faces::add_photo(&opened.store, opened.faces()?, file.bytes(), photo, &options)?;
        value(&AddedPhotoLine::new(file.name, &added))
    });
    json_of(&line.await?)
}

/// The id of a photo of which none was given: its name, or the hash of its bytes.
fn name_of(file: &File) -> String {
    match file.name.as_str() {
        "body" => Sha256::digest(file.bytes()).iter().map(|byte| format!("{byte:02x}")).collect(),
        name => name.to_owned(),
    }
}

pub(crate) async fn events(State(app): State<App>) -> Answer {
    let events = app.quick(|opened| opened.store.faces().events()).await?;
    json_of(&json!({ "events": value(&events)? }))
}

pub(crate) async fn event(State(app): State<App>, At(event): At<String>) -> Answer {
    let row =
        app.quick(move |opened| found(opened.store.faces().event(&event)?, || format!("event {event:?}")));
    json_of(&row.await?)
}

pub(crate) async fn remove_event(State(app): State<App>, At(event): At<String>) -> Answer {
    let forgotten = app.quick(move |opened| opened.store.faces().remove_event(&event)).await?;
    json_of(&ForgottenFacesLine::from(forgotten))
}

pub(crate) async fn archive(State(app): State<App>, At(event): At<String>) -> Answer {
    json_of(&app.quick(move |opened| opened.store.faces().archive(&event)).await?)
}

pub(crate) async fn photos(State(app): State<App>, At(event): At<String>, Args(page): Args<Page>) -> Answer {
    let (after, limit) = page.place()?;
    let page = app.quick(move |opened| opened.store.faces().photos(&event, after, limit)).await?;
    json_of(&json!({ "photos": value(&page.photos)?, "next": next_of(page.next) }))
}

pub(crate) async fn photo(State(app): State<App>, At((event, photo)): At<(String, String)>) -> Answer {
    let whole = app.quick(move |opened| {
        let faces = opened.store.faces();
        let row = found(faces.photo(&event, &photo)?, || format!("photo {photo:?} in the event {event:?}"))?;
        let members = faces.faces_of(&event, &photo)?;
        Ok(json!({ "photo": value(&row)?, "faces": lines(&members)? }))
    });
    json_of(&whole.await?)
}

pub(crate) async fn remove_photo(State(app): State<App>, At((event, photo)): At<(String, String)>) -> Answer {
    json_of(&app.quick(move |opened| opened.store.faces().remove_photo(&event, &photo)).await?)
}

pub(crate) async fn list(State(app): State<App>, At(event): At<String>, Args(page): Args<Page>) -> Answer {
    let (after, limit) = page.place()?;
    let page = app.quick(move |opened| {
        faces::check_events(&opened.store, std::slice::from_ref(&event))?;
        let page = opened.store.faces().page(&event, after, limit)?;
        Ok(json!({ "faces": lines(&page.faces)?, "next": next_of(page.next) }))
    });
    json_of(&page.await?)
}

/// Faces as JSON.
pub(super) fn lines(faces: &[StoredFace]) -> sonic::Result<Value> {
    value(&faces.iter().map(FaceLine::from).collect::<Vec<_>>())
}

pub(crate) async fn face(State(app): State<App>, At(face): At<u64>) -> Answer {
    let row =
        app.quick(move |opened| found(opened.store.faces().get(FaceId(face))?, || format!("face {face}")));
    json_of(&FaceLine::from(&row.await?))
}

pub(crate) async fn thumbnail(State(app): State<App>, At(face): At<u64>) -> Answer {
    let jpeg = app.quick(move |opened| {
        // What is in the store, never a file that a row names.
        found(opened.store.faces().thumbnail(FaceId(face))?, || format!("picture of the face {face}"))
    });
    let headers = [(header::CONTENT_TYPE, "image/jpeg"), (header::CACHE_CONTROL, "private, max-age=300")];
    Ok((headers, jpeg.await?).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignArgs {
    seconds: Option<u64>,
}

pub(crate) async fn sign(State(app): State<App>, At(face): At<u64>, Args(args): Args<SignArgs>) -> Answer {
    let url = app.auth.signer()?.sign(&format!("/v1/faces/{face}/thumbnail"), args.seconds.unwrap_or(3600));
    json_of(&json!({ "url": url }))
}
