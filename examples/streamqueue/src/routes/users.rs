//! Routes of those who administer.

use crate::app::App;
use crate::gate::Service;
use crate::refusal::Refusal;
use crate::users::User;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use serde::Deserialize;
use serde_json::{Value, json};

/// Most users whose status is set at once.
const MOST: usize = 10_000;

#[derive(Debug, Deserialize)]
pub(crate) struct NewToken {
    token: String,
    user_id: String,
    enable_status: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct NewToolToken {
    token: String,
    user_id: String,
    enable: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Status {
    user_id: String,
    enable_status: bool,
}

type Given<T> = Result<Json<T>, JsonRejection>;

pub(crate) async fn add_token(
    State(app): State<App>,
    _: Service,
    given: Given<NewToken>,
) -> Result<Json<Value>, Refusal> {
    let Json(NewToken { token, user_id, enable_status }) = given?;
    let user = User { id: user_id, is_enabled: enable_status };
    app.blocking(move |app| {
        app.users.add(&token, &user)?;
        Ok(Json(json!({ "user_id": user.id, "enabled": user.is_enabled })))
    })
    .await
}

pub(crate) async fn tools_add_token(
    State(app): State<App>,
    _: Service,
    given: Given<NewToolToken>,
) -> Result<Json<Value>, Refusal> {
    let Json(NewToolToken { token, user_id, enable }) = given?;
    app.blocking(move |app| {
        app.users.add(&token, &User { id: user_id, is_enabled: enable })?;
        Ok(Json(json!({ "message": "Token added successfully" })))
    })
    .await
}

pub(crate) async fn set_status(
    State(app): State<App>,
    _: Service,
    given: Given<Vec<Status>>,
) -> Result<Json<Value>, Refusal> {
    let Json(all) = given?;
    if all.len() > MOST {
        return Err(Refusal::wrong(&["body"], format!("up to {MOST} users")));
    }
    app.blocking(move |app| {
        let mut answer = Vec::new();
        for Status { user_id, enable_status } in all {
            let user = User { id: user_id, is_enabled: enable_status };
            app.users.set_status(&user)?;
            answer.push(json!({ "user_id": user.id, "enabled": user.is_enabled }));
        }
        Ok(Json(Value::Array(answer)))
    })
    .await
}

/// The original empties the database, with all that waits in it. Here nothing that was taken is ever dropped.
pub(crate) async fn flush_cache(State(app): State<App>, _: Service) -> Json<Value> {
    app.users.forget_cached();
    Json(json!({ "message": "cache flushed successfully" }))
}

/// The original removes all tokens. Here those that were looked up are looked up anew.
pub(crate) async fn flush_admin_cache(State(app): State<App>, _: Service) -> Json<Value> {
    app.users.forget_cached();
    Json(json!({ "message": "admin cache flushed successfully" }))
}
