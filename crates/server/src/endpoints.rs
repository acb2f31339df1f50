//! What a route is, and the router of all of them.

mod list;

pub(crate) use list::endpoints;

use crate::app::App;
use crate::auth::Scope;
use crate::error::Refusal;
use crate::gate::gate;
use crate::observe::{observe, panicked};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// What a body holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    None,
    /// Sound, or a picture: as the body, or as a form.
    File(&'static str),
    /// An object, with its members as `name: type`; those that need not be there end with a question mark.
    Json(&'static [&'static str]),
}

/// A route without its handler.
#[derive(Debug)]
pub(crate) struct Meta {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    /// Its name in the document.
    pub(crate) id: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) scope: Scope,
    /// Names in the query, as `name: what it is`.
    pub(crate) query: &'static [&'static str],
    pub(crate) body: Body,
    /// Media type of the answer.
    pub(crate) gives: &'static str,
    /// It may take longer than others.
    pub(crate) is_long: bool,
    /// A signed URL will do.
    pub(crate) is_signable: bool,
    pub(crate) changes_store: bool,
}

/// A route.
pub(crate) struct Endpoint {
    pub(crate) meta: Meta,
    handler: MethodRouter<App>,
}

impl Endpoint {
    fn query(mut self, names: &'static [&'static str]) -> Self {
        self.meta.query = names;
        self
    }

    fn file(mut self, what: &'static str) -> Self {
        self.meta.body = Body::File(what);
        self
    }

    fn json(mut self, members: &'static [&'static str]) -> Self {
        self.meta.body = Body::Json(members);
        self
    }

    fn gives(mut self, media_type: &'static str) -> Self {
        self.meta.gives = media_type;
        self
    }

    fn long(mut self) -> Self {
        self.meta.is_long = true;
        self
    }

    fn signable(mut self) -> Self {
        self.meta.is_signable = true;
        self
    }

    /// It leaves the store as it is.
    fn beside_store(mut self) -> Self {
        self.meta.changes_store = false;
        self
    }
}

fn route<H, T>(
    method: Method,
    path: &'static str,
    (id, summary): (&'static str, &'static str),
    scope: Scope,
    handler: H,
) -> Endpoint
where
    H: Handler<T, App>,
    T: 'static,
{
    let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
    let meta = Meta {
        method,
        path,
        id,
        summary,
        scope,
        query: &[],
        body: Body::None,
        gives: "application/json",
        is_long: false,
        is_signable: false,
        changes_store: scope >= Scope::Write,
    };
    Endpoint { meta, handler: on(filter, handler) }
}

/// The router of all routes.
pub(crate) fn router(app: &App) -> Router {
    let mut router = Router::new();
    for Endpoint { meta, handler } in endpoints() {
        let path = meta.path;
        let gate = from_fn_with_state((app.clone(), Arc::new(meta)), gate);
        router = router.route(path, handler.route_layer(gate));
    }
    let most = app.settings.max_body_mb as usize * 1024 * 1024;
    router = router
        .fallback(|| async { Refusal::not_found("there is nothing at this address: see /openapi.json") })
        .method_not_allowed_fallback(|| async {
            let message = "this address has other methods: see /openapi.json";
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "unsupported", message)
        })
        .layer(DefaultBodyLimit::max(most))
        .layer(CatchPanicLayer::custom(panicked));
    if !app.settings.cors.is_empty() {
        router = router.layer(cors(&app.settings.cors));
    }
    router.layer(from_fn_with_state(app.clone(), observe)).with_state(app.clone())
}

fn cors(origins: &[String]) -> CorsLayer {
    let origins = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
}
