//! Who is seen in photos, and what is decided about it.

use super::{found, shown};
use crate::app::{App, Opened};
use crate::error::{Answer, Refusal};
use crate::extract::{Args, At, Given};
use crate::progress::{self, json_of, share, value};
use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Deserializer};
use serde_json::json;
use sonic::faces::{FaceId, check_events};
use sonic::lines::{ClusterLine, ForgottenFacesLine, MergedLine, PersonLine, WholePersonLine};
use sonic::people::{self, ClusterMode, ClusterOptions, People, PersonId, ReportOptions};

/// The people of the event that somebody belongs to.
fn people_of(opened: &Opened, person: u64) -> sonic::Result<(People, PersonId)> {
    let id = PersonId(person);
    let row = found(opened.store.person(id)?, || format!("person {person} in the store"))?;
    Ok((opened.store.people(&row.event), id))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ClusterArgs {
    method: Option<String>,
    mode: Option<String>,
    epsilon: Option<f64>,
    min_cluster_size: Option<usize>,
}

impl ClusterArgs {
    pub(crate) fn options(&self) -> sonic::Result<ClusterOptions> {
        let invalid = |message| Err(sonic::Error::new(sonic::ErrorKind::InvalidArgument, message));
        let base = match self.method.as_deref() {
            None | Some("hdbscan") => ClusterOptions::default(),
            Some("dbscan") => ClusterOptions::dbscan(),
            Some(other) => return invalid(format!("a method is hdbscan or dbscan, not {other:?}")),
        };
        let mode = match self.mode.as_deref() {
            None => base.mode,
            Some("full") => ClusterMode::Full,
            Some("incremental") => ClusterMode::Incremental,
            Some(other) => return invalid(format!("a mode is full or incremental, not {other:?}")),
        };
        Ok(ClusterOptions {
            mode,
            epsilon: self.epsilon.unwrap_or(base.epsilon),
            min_cluster_size: self.min_cluster_size.unwrap_or(base.min_cluster_size),
            ..base
        })
    }
}

pub(crate) async fn cluster(
    State(app): State<App>,
    At(event): At<String>,
    Args(args): Args<ClusterArgs>,
    headers: HeaderMap,
) -> Answer {
    let options = args.options()?;
    progress::answer(&app, &headers, move |opened, tell| {
        let report = opened
            .store
            .people(&event)
            .cluster_with(&options, &mut |done| tell(share((f64::from(done) * 1000.0) as u64, 1000)))?;
        value(&ClusterLine::from(&report))
    })
    .await
}

pub(crate) async fn list(State(app): State<App>, At(event): At<String>) -> Answer {
    let people = app.quick(move |opened| {
        check_events(&opened.store, std::slice::from_ref(&event))?;
        let people = opened.store.people(&event).list()?;
        value(&people.iter().map(PersonLine::from).collect::<Vec<_>>())
    });
    json_of(&json!({ "people": people.await? }))
}

pub(crate) async fn report(State(app): State<App>, At(event): At<String>) -> Answer {
    let page = app.heavy(move |opened| people::report(&opened.store, &event, &ReportOptions::default()));
    Ok(shown("text/html; charset=utf-8", page.await?))
}

pub(crate) async fn get(State(app): State<App>, At(person): At<u64>) -> Answer {
    let line = app.quick(move |opened| {
        let (people, id) = people_of(opened, person)?;
        let row = found(people.get(id)?, || format!("person {person} in the store"))?;
        value(&WholePersonLine::new(&row, &people.faces_of(id)?))
    });
    json_of(&line.await?)
}

/// What is there although it may be null.
fn some<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Changes {
    /// Null takes the name away.
    #[serde(default, deserialize_with = "some")]
    name: Option<Option<String>>,
    user: Option<String>,
    ignored: Option<bool>,
}

pub(crate) async fn change(
    State(app): State<App>,
    At(person): At<u64>,
    Given(changes): Given<Changes>,
) -> Answer {
    if changes.name.is_none() && changes.user.is_none() && changes.ignored.is_none() {
        return Err(Refusal::invalid("say what changes: name, user or ignored"));
    }
    let line = app.quick(move |opened| {
        let (people, id) = people_of(opened, person)?;
        if let Some(name) = &changes.name {
            people.rename(id, name.as_deref())?;
        }
        if let Some(user) = &changes.user {
            people.link(id, user)?;
        }
        match changes.ignored {
            Some(true) => drop(people.ignore(id)?),
            Some(false) => drop(people.unignore(id)?),
            None => {}
        }
        let row = found(people.get(id)?, || format!("person {person} in the store"))?;
        value(&PersonLine::from(&row))
    });
    json_of(&line.await?)
}

pub(crate) async fn forget(State(app): State<App>, At(person): At<u64>) -> Answer {
    let forgotten = app.quick(move |opened| {
        let (people, id) = people_of(opened, person)?;
        people.forget_person(id)
    });
    json_of(&ForgottenFacesLine::from(forgotten.await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Into {
    into: u64,
}

pub(crate) async fn merge(
    State(app): State<App>,
    At(person): At<u64>,
    Given(Into { into }): Given<Into>,
) -> Answer {
    let line = app.quick(move |opened| {
        let (people, id) = people_of(opened, person)?;
        value(&MergedLine::from(&people.merge(id, PersonId(into))?))
    });
    json_of(&line.await?)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    faces: Vec<u64>,
}

pub(crate) async fn split(
    State(app): State<App>,
    At(person): At<u64>,
    Given(Which { faces }): Given<Which>,
) -> Answer {
    let line = app.quick(move |opened| {
        let (people, id) = people_of(opened, person)?;
        let faces: Vec<FaceId> = faces.into_iter().map(FaceId).collect();
        value(&PersonLine::from(&people.split(id, &faces)?))
    });
    json_of(&line.await?)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Other {
    other: u64,
}

pub(crate) async fn not_same(
    State(app): State<App>,
    At(person): At<u64>,
    Given(Other { other }): Given<Other>,
) -> Answer {
    let line = app.quick(move |opened| {
        let (people, id) = people_of(opened, person)?;
        people.not_same(id, PersonId(other))?;
        let row = found(people.get(id)?, || format!("person {person} in the store"))?;
        value(&PersonLine::from(&row))
    });
    json_of(&line.await?)
}

pub(crate) async fn maybe_same(State(app): State<App>, At((person, other)): At<(u64, u64)>) -> Answer {
    let line = app.quick(move |opened| {
        let (people, id) = people_of(opened, person)?;
        people.maybe_same(id, PersonId(other))?;
        let row = found(people.get(id)?, || format!("person {person} in the store"))?;
        value(&PersonLine::from(&row))
    });
    json_of(&line.await?)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Whose {
    person: u64,
}

pub(crate) async fn assign(
    State(app): State<App>,
    At(face): At<u64>,
    Given(Whose { person }): Given<Whose>,
) -> Answer {
    let line = app.quick(move |opened| {
        let (people, id) = people_of(opened, person)?;
        value(&PersonLine::from(&people.assign(FaceId(face), id)?))
    });
    json_of(&line.await?)
}

pub(crate) async fn unassign(State(app): State<App>, At(face): At<u64>) -> Answer {
    let line = app.quick(move |opened| {
        let id = FaceId(face);
        let row = found(opened.store.faces().get(id)?, || format!("face {face}"))?;
        let was = opened.store.people(&row.event).unassign(id)?;
        value(&was.as_ref().map(PersonLine::from))
    });
    json_of(&json!({ "was": line.await? }))
}

pub(crate) async fn forget_user(State(app): State<App>, At(user): At<String>) -> Answer {
    json_of(&app.quick(move |opened| opened.store.forget(&user)).await?)
}
