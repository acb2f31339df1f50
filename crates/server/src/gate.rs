//! What every route does before its handler: who is it, may they, are they not too many, and is it over in time.

use crate::app::App;
use crate::auth::{Caller, Scope};
use crate::endpoints::Meta;
use crate::error::Refusal;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Refused tokens a second that an address may send.
const REFUSED_PER_SECOND: u32 = 10;

pub(crate) async fn gate(
    State((app, meta)): State<(App, Arc<Meta>)>,
    mut request: Request,
    next: Next,
) -> Response {
    let from = address(&request);
    let caller = match admit(&app, &meta, (request.uri(), request.headers()), from).await {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into_response(),
    };
    tracing::Span::current().record("caller", &caller.name);
    request.extensions_mut().insert(caller);
    if meta.is_long {
        return next.run(request).await;
    }
    // Sound is not decoded beyond the limit; what ends a little later gets its answer still.
    let limit = Duration::from_secs(app.settings.request_s + app.settings.body_s);
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal::timeout(format!("it took more than {} seconds", limit.as_secs())).into_response(),
    }
}

fn address(request: &Request) -> IpAddr {
    let connected = request.extensions().get::<ConnectInfo<SocketAddr>>();
    connected.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip())
}

async fn admit(
    app: &App,
    meta: &Meta,
    (uri, headers): (&Uri, &HeaderMap),
    from: IpAddr,
) -> Result<Caller, Refusal> {
    if meta.scope == Scope::Public {
        let name = format!("address {from}");
        app.rates.count(&name, app.settings.rate)?;
        return Ok(Caller { name, scope: Scope::Public, rate: None });
    }
    let caller = match meta.is_signable.then(|| app.auth.signed(uri)).flatten() {
        Some(signed) => signed,
        None => app.auth.caller(headers).await,
    };
    let caller = match caller {
        Ok(caller) => caller,
        Err(refusal) => {
            app.rates.count(&format!("refused {from}"), REFUSED_PER_SECOND)?;
            return Err(refusal);
        }
    };
    if caller.scope < meta.scope {
        let (may, must) = (caller.scope.name(), meta.scope.name());
        return Err(Refusal::forbidden(format!("the token is of the scope {may}, this takes {must}")));
    }
    let rate = caller.rate.unwrap_or(app.settings.rate);
    app.rates.count(&caller.name, rate)?;
    if meta.changes_store && app.settings.only_reads() {
        return Err(Refusal::forbidden("this server changes nothing in its store"));
    }
    Ok(caller)
}
