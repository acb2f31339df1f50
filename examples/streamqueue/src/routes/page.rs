//! The page, which is in the binary.

use crate::app::App;
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// It loads from here only, and talks to here only.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

macro_rules! files {
    ($($path:literal $file:literal $kind:literal;)+) => {
        pub(super) fn pages() -> Router<App> {
            Router::new()$(.route($path, get(|| async { shown($kind, include_str!(concat!("../../page/", $file))) })))+
        }
    };
}

files! {
    "/" "index.html" "text/html; charset=utf-8";
    "/page/page.css" "page.css" "text/css; charset=utf-8";
    "/page/page.js" "page.js" "text/javascript; charset=utf-8";
    "/page/captions.js" "captions.js" "text/javascript; charset=utf-8";
    "/page/kept.js" "kept.js" "text/javascript; charset=utf-8";
    "/page/link.js" "link.js" "text/javascript; charset=utf-8";
    "/page/recorder.js" "recorder.js" "text/javascript; charset=utf-8";
    "/page/icon.svg" "icon.svg" "image/svg+xml";
}

fn shown(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::HeaderName::from_static("permissions-policy"), "microphone=(self)"),
    ];
    (headers, text).into_response()
}
