//! API keys.

use crate::app::App;
use crate::auth::{Key, NewKey};
use crate::error::Answer;
use crate::extract::{At, Given};
use crate::progress::{json_of, value};
use crate::work::quick;
use axum::extract::State;
use serde_json::json;

pub(crate) async fn list(State(app): State<App>) -> Answer {
    let keys: Vec<Key> = app.auth.keys()?.list();
    json_of(&json!({ "keys": value(&keys)? }))
}

pub(crate) async fn add(State(app): State<App>, Given(new): Given<NewKey>) -> Answer {
    app.auth.keys()?;
    let (key, token) = quick(move || match app.auth.keys() {
        Ok(keys) => keys.add(&new),
        Err(refusal) => Err(sonic::Error::new(sonic::ErrorKind::NotFound, refusal.message)),
    })
    .await?;
    json_of(&json!({ "key": value(&key)?, "token": token }))
}

pub(crate) async fn revoke(State(app): State<App>, At(id): At<String>) -> Answer {
    let key = quick(move || match app.auth.keys() {
        Ok(keys) => keys.revoke(&id),
        Err(refusal) => Err(sonic::Error::new(sonic::ErrorKind::NotFound, refusal.message)),
    });
    json_of(&key.await?)
}
