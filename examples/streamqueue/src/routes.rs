//! The routes: those of the original's code, those of its README, and ours.

mod extension;
mod page;
mod readme;
mod service;
mod users;

pub(crate) use extension::{Slice, check, take, take_activity};

use crate::app::App;
use crate::gate::{observe, panicked};
use crate::refusal::Refusal;
use crate::{settings::Role, socket};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post, put};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// The header by which programs name a connection.
pub(crate) const SESSION_ID: HeaderName = HeaderName::from_static("x-session-id");

/// The router of a role: a worker answers for its health only.
pub(crate) fn router(app: &App) -> Router {
    let mut router = Router::new()
        .route("/health", get(service::health))
        .route("/ready", get(service::ready))
        .route("/metrics", get(service::metrics));
    if app.settings.role != Role::Worker {
        router = router.nest("/api", api()).merge(page::pages());
    }
    router = router
        .fallback(|| async { Refusal::new(StatusCode::NOT_FOUND, "Not Found") })
        .method_not_allowed_fallback(|| async {
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
        })
        .layer(DefaultBodyLimit::max(app.settings.limits.slice_bytes))
        .layer(CatchPanicLayer::custom(panicked));
    if !app.settings.origins.is_empty() {
        router = router.layer(cors(&app.settings.origins));
    }
    router.layer(from_fn_with_state(app.clone(), observe)).with_state(app.clone())
}

fn api() -> Router<App> {
    Router::new()
        .route("/v1/extension/check-token", get(extension::check_token))
        .route("/v1/extension/audio", put(extension::audio))
        .route("/v1/extension/speakers", put(extension::speakers))
        .route("/v1/users/add-token", post(users::add_token))
        .route("/v1/users/set-status", post(users::set_status))
        .route("/v1/tools/add-token", post(users::tools_add_token))
        .route("/v1/tools/flush-cache", post(users::flush_cache))
        .route("/v1/tools/flush-admin-cache", post(users::flush_admin_cache))
        .route("/v1/ws", get(socket::open))
        .route("/v1/meetings/{meeting}/segments", get(service::segments))
        .route("/audio/stream", post(readme::stream))
        .route("/speaker", post(readme::speaker))
}

fn cors(origins: &[String]) -> CorsLayer {
    let origins = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::PUT])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, SESSION_ID])
}
