//! Voices.

use super::{MAX_RESULTS, Page, found, limit_of, next_of};
use crate::app::App;
use crate::error::{Answer, Refusal};
use crate::extract::{Args, At};
use crate::progress::{json_of, value};
use crate::upload::Upload;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use sonic::lines::{
    EnrolledLine, ForgottenVoicesLine, FoundVoice, IdentifiedVoiceLine, PersonVoiceLine, VerifiedVoiceLine,
};
use sonic::voices::{self, EnrollOptions, QualityGate, VoiceIdentifyOptions, VoiceSource};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentifyArgs {
    limit: Option<usize>,
}

pub(crate) async fn identify(
    State(app): State<App>,
    Args(args): Args<IdentifyArgs>,
    upload: Upload,
) -> Answer {
    let (file, deadline) = (upload.one()?, app.deadline());
    let options = VoiceIdentifyOptions {
        limit: limit_of(args.limit, 5, MAX_RESULTS)?,
        ..VoiceIdentifyOptions::default()
    };
    let line = app.decoding(deadline, move |opened| {
        let answer = voices::identify(&opened.store, &opened.voice, file.source(deadline), &options)?;
        value(&IdentifiedVoiceLine::new(file.name, Ok(&FoundVoice::from(answer))))
    });
    json_of(&line.await?)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifyArgs {
    person: String,
}

pub(crate) async fn verify(State(app): State<App>, Args(args): Args<VerifyArgs>, upload: Upload) -> Answer {
    let (file, deadline) = (upload.one()?, app.deadline());
    let line = app.decoding(deadline, move |opened| {
        let (source, options) = (file.source(deadline), VoiceIdentifyOptions::default());
        let answer = voices::verify(&opened.store, &opened.voice, &args.person, source, &options)?;
        value(&VerifiedVoiceLine::new(file.name, &args.person, Ok(&FoundVoice::from(answer))))
    });
    json_of(&line.await?)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnrollArgs {
    person: String,
    user: Option<String>,
    gate: Option<String>,
}

pub(crate) async fn enroll(State(app): State<App>, Args(args): Args<EnrollArgs>, upload: Upload) -> Answer {
    let gate = match args.gate.as_deref() {
        None | Some("default") => QualityGate::default(),
        Some("short_utterance") => QualityGate::short_utterance(),
        Some("none") => QualityGate::none(),
        Some(other) => {
            let message = format!("a gate is default, short_utterance or none, not {other:?}");
            return Err(Refusal::invalid(message));
        }
    };
    let deadline = app.deadline();
    let lines = app.decoding(deadline, move |opened| {
        let sources = upload.files.iter().map(|file| VoiceSource::from(file.source(deadline))).collect();
        let samples = voices::analyze_voices(&opened.voice, sources, &gate);
        let qualities: Vec<_> = samples.iter().map(|s| s.as_ref().ok().map(|s| s.quality)).collect();
        let options = EnrollOptions { user_id: args.user.clone(), ..EnrollOptions::default() };
        let usable = voices::enroll_usable(&opened.store, &opened.voice, &args.person, samples, &options)?;
        let similar = usable.enrolled.as_ref().and_then(|enrolled| enrolled.similar_to.as_ref());
        let each = upload.files.iter().zip(&usable.samples).zip(&usable.statuses).zip(&qualities);
        let lines = each.map(|(((file, sample), status), quality)| {
            let found = (*status, quality.as_ref());
            value(&EnrolledLine::new(file.name.clone(), &args.person, sample, found, similar))
        });
        lines.collect::<sonic::Result<Vec<Value>>>()
    });
    json_of(&json!({ "samples": lines.await? }))
}

pub(crate) async fn list(State(app): State<App>, Args(page): Args<Page>) -> Answer {
    let (after, limit) = page.place()?;
    let page = app.quick(move |opened| opened.store.voices().page(after, limit)).await?;
    json_of(&json!({ "voices": value(&page.voices)?, "next": next_of(page.next) }))
}

pub(crate) async fn remove(State(app): State<App>, At(id): At<String>) -> Answer {
    json_of(&app.quick(move |opened| opened.store.voices().remove(&id)).await?)
}

pub(crate) async fn people(State(app): State<App>) -> Answer {
    let people = app.quick(|opened| opened.store.voices().people()).await?;
    let rows: Vec<PersonVoiceLine<'_>> = people.iter().map(PersonVoiceLine::from).collect();
    json_of(&json!({ "people": value(&rows)? }))
}

pub(crate) async fn person(State(app): State<App>, At(person): At<String>) -> Answer {
    let print = app.quick(move |opened| {
        found(opened.store.voices().person(&person)?, || format!("person {person:?} who is enrolled"))
    });
    json_of(&print.await?)
}

pub(crate) async fn forget(State(app): State<App>, At(person): At<String>) -> Answer {
    let line = app.quick(move |opened| {
        let forgotten = opened.store.voices().forget(&person)?;
        value(&ForgottenVoicesLine { person: &person, forgotten })
    });
    json_of(&line.await?)
}

pub(crate) async fn remove_sample(State(app): State<App>, At((person, id)): At<(String, String)>) -> Answer {
    json_of(&app.quick(move |opened| opened.store.voices().remove_sample(&person, &id)).await?)
}
