//! Before every handler: who is it, and are they not too many; around it: an id, a line in the log, numbers.

use crate::app::App;
use crate::refusal::Refusal;
use crate::users::User;
use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use sonic_server::host::{REQUEST_ID, request_id};
use std::any::Any;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Instant;
use subtle::ConstantTimeEq;
use tracing::Instrument;

/// Refused tokens a second that an address may send.
const REFUSED_PER_SECOND: u32 = 10;
/// Who comes without a token where none is needed.
const LOCAL: &str = "local";
/// Who comes with the token of those who administer.
const SERVICE: &str = "service";

/// A user who proved who they are.
pub(crate) struct Caller(pub(crate) User);

/// As [`Caller`], where the token of those who administer will do as well.
pub(crate) struct Anyone(pub(crate) User);

/// Somebody who may administer.
pub(crate) struct Service;

impl FromRequestParts<App> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let token = token(parts)?;
        admit(app, token, address(parts)).await.map(Self)
    }
}

impl FromRequestParts<App> for Anyone {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let token = token(parts)?;
        if !app.settings.is_open() && token.as_deref().is_some_and(|token| is_service(app, token)) {
            return Ok(Self(User { id: SERVICE.to_owned(), is_enabled: true }));
        }
        admit(app, token, address(parts)).await.map(Self)
    }
}

impl FromRequestParts<App> for Service {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        if app.settings.is_open() {
            return Ok(Self);
        }
        let refusal = match bearer(&parts.headers)? {
            Some(token) if is_service(app, &token) => return Ok(Self),
            Some(_) => Refusal::unauthorized("Invalid service token"),
            None => Refusal::unauthorized("Not authenticated"),
        };
        Err(count_refused(app, address(parts), refusal))
    }
}

/// Whose token it is, if they may come now.
///
/// # Errors
/// 401 without a token, or with one that is not known; 403 of a user who is disabled; 429 of one who comes too often.
pub(crate) async fn admit(app: &App, token: Option<String>, from: IpAddr) -> Result<User, Refusal> {
    let user = match token {
        Some(token) => find(app, token).await?,
        None => None,
    };
    let user = match user {
        Some(user) => user,
        None if app.settings.is_open() => User { id: LOCAL.to_owned(), is_enabled: true },
        None => return Err(count_refused(app, from, Refusal::unauthorized("Invalid token"))),
    };
    if !user.is_enabled {
        return Err(count_refused(app, from, Refusal::disabled()));
    }
    match app.rates.wait(&user.id, app.settings.limits.rate) {
        Some(wait) => Err(Refusal::too_often(wait)),
        None => Ok(user),
    }
}

/// Whose token it is.
///
/// # Errors
/// 503 if that cannot be looked up.
pub(crate) async fn find(app: &App, token: String) -> Result<Option<User>, Refusal> {
    match app.settings.redis {
        Some(_) => app.blocking(move |app| Ok(app.users.find(&token)?)).await,
        None => Ok(app.users.find(&token)?),
    }
}

fn count_refused(app: &App, from: IpAddr, refusal: Refusal) -> Refusal {
    app.rates.wait(&format!("refused {from}"), REFUSED_PER_SECOND).map_or(refusal, Refusal::too_often)
}

fn is_service(app: &App, token: &str) -> bool {
    let own = app.settings.service_token.as_deref().unwrap_or_default();
    !own.is_empty() && bool::from(Sha256::digest(own).ct_eq(&Sha256::digest(token)))
}

/// The token of a request: of its header, or of its query, as the original takes it too.
fn token(parts: &Parts) -> Result<Option<String>, Refusal> {
    let header = bearer(&parts.headers)?;
    let query = parts.uri.query().unwrap_or_default();
    let named = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "token");
    Ok(header.or_else(|| named.map(|(_, token)| token.into_owned())))
}

/// The token of a header.
///
/// # Errors
/// 401 if there are several, or something else.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| values.next().is_none()).and_then(|text| text.split_once(' '));
    match text {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim().to_owned())),
        _ => Err(Refusal::unauthorized("Invalid authentication credentials")),
    }
}

fn address(parts: &Parts) -> IpAddr {
    let connected = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    connected.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip())
}

/// The address of somebody who opens a WebSocket.
pub(crate) struct From(pub(crate) IpAddr);

impl FromRequestParts<App> for From {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Refusal> {
        Ok(Self(address(parts)))
    }
}

/// Around every request.
pub(crate) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = matched.unwrap_or_else(|| "none".to_owned());
    // Neither query nor body: they hold names, and tokens.
    let span = tracing::info_span!("request", id, method = %method, route);
    let start = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let (took, status) = (start.elapsed(), response.status().as_u16());
    app.metrics.requests.answered(&route, method.as_str(), status, took);
    span.in_scope(|| tracing::debug!(status, ms = took.as_secs_f64() * 1e3, "answered"));
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The answer of a handler that panicked, which is a bug.
#[expect(clippy::needless_pass_by_value, reason = "what catches panics gives them away")]
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let said = panic.downcast_ref::<&str>().map(|said| (*said).to_owned());
    let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!(said, "a handler panicked");
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "a bug: please report it").into_response()
}
