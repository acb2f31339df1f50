//! JSON web tokens, RS256 and ES256, of an issuer whose public keys are in a file or at an address.

use super::{Caller, Scope, refused, ring_provider};
use crate::error::Refusal;
use crate::outbound::Outbound;
use crate::settings::Settings;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use sonic::{Error, ErrorKind, Result};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, RwLock};

/// How old fetched keys may be.
const FRESH: Duration = Duration::from_secs(600);
/// How long after a fetch the next one may be, whatever unknown keys are named.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of a set of keys.
const MAX_BYTES: usize = 1 << 20;

/// Where public keys are.
enum Place {
    File,
    Url(String, Arc<Outbound>),
}

/// What looks at JSON web tokens.
pub(super) struct Jwt {
    place: Place,
    /// The keys, and when they were fetched.
    keys: RwLock<(JwkSet, Option<Instant>)>,
    fetching: Mutex<()>,
    audience: String,
    issuer: String,
    leeway_s: u64,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    /// Words with spaces between them, of which `sonic:read`, `sonic:write` and `sonic:admin` mean something here.
    #[serde(default)]
    scope: String,
}

impl Jwt {
    /// # Errors
    /// `Malformed` if the file holds no keys; `InvalidArgument` for an address that is not to be connected to.
    pub(super) fn new(jwks: &str, settings: &Settings, outbound: &Arc<Outbound>) -> Result<Self> {
        ring_provider::install();
        let (place, keys) = if jwks.contains("://") {
            outbound
                .check(jwks)
                .map_err(|e| Error::new(ErrorKind::InvalidArgument, format!("--jwks: {e}")))?;
            (Place::Url(jwks.to_owned(), outbound.clone()), JwkSet { keys: Vec::new() })
        } else {
            let bytes = std::fs::read(jwks).map_err(|e| Error::io(format!("cannot read {jwks}"), e))?;
            let keys = serde_json::from_slice(&bytes).map_err(|e| {
                Error::new(ErrorKind::Malformed, format!("{jwks} holds no JSON web keys: {e}"))
            })?;
            (Place::File, keys)
        };
        Ok(Self {
            place,
            keys: RwLock::new((keys, None)),
            fetching: Mutex::new(()),
            audience: settings.jwt_audience.clone().unwrap_or_default(),
            issuer: settings.jwt_issuer.clone().unwrap_or_default(),
            leeway_s: settings.jwt_leeway_s,
        })
    }

    /// Whose token it is.
    pub(super) async fn find(&self, token: &str) -> std::result::Result<Caller, Refusal> {
        let header = decode_header(token).map_err(|_| refused())?;
        let algorithm = header.alg;
        // Never what the token says by itself: a public key as the secret of an HMAC is an old trick.
        if !matches!(algorithm, Algorithm::RS256 | Algorithm::ES256) {
            return Err(refused());
        }
        let jwk = self.key(header.kid.as_deref()).await.ok_or_else(refused)?;
        let key = DecodingKey::from_jwk(&jwk).map_err(|_| refused())?;
        let mut validation = Validation::new(algorithm);
        validation.leeway = self.leeway_s;
        validation.validate_nbf = true;
        validation.set_audience(&[&self.audience]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        let claims = decode::<Claims>(token, &key, &validation).map_err(|_| refused())?.claims;
        let scopes = claims.scope.split(' ').filter_map(|word| Scope::named(word.strip_prefix("sonic:")?));
        let scope = scopes.max().ok_or_else(|| {
            Refusal::forbidden("the token has none of the scopes sonic:read, sonic:write, sonic:admin")
        })?;
        Ok(Caller { name: format!("subject {}", sonic::readable(claims.sub)), scope, rate: None })
    }

    /// The key of an id, and whether it, or that there is none, is known well enough.
    async fn look(&self, id: Option<&str>, fresh: Duration) -> (Option<Jwk>, bool) {
        let kept = self.keys.read().await;
        let (found, age) = (find_key(&kept.0, id), kept.1.map(|at| at.elapsed()));
        let limit = if found.is_some() { fresh } else { PATIENCE };
        (found, age.is_some_and(|age| age < limit))
    }

    /// The key of an id; without an id the only one.
    async fn key(&self, id: Option<&str>) -> Option<Jwk> {
        let (found, is_fresh) = self.look(id, FRESH).await;
        let Place::Url(url, outbound) = &self.place else { return found };
        if is_fresh {
            return found;
        }
        // While somebody fetches, those whose key is there go on with it, and the others wait.
        let _fetching = match (&found, self.fetching.try_lock()) {
            (_, Ok(fetching)) => fetching,
            (Some(_), Err(_)) => return found,
            (None, Err(_)) => self.fetching.lock().await,
        };
        if let (found, true) = self.look(id, PATIENCE).await {
            return found;
        }
        let fetched = outbound.get(url, MAX_BYTES).await;
        let mut kept = self.keys.write().await;
        kept.1 = Some(Instant::now());
        match fetched.and_then(|bytes| serde_json::from_slice(&bytes).map_err(|e| e.to_string())) {
            Ok(keys) => kept.0 = keys,
            // Those that are there stay good.
            Err(error) => tracing::warn!(error, "public keys could not be fetched"),
        }
        find_key(&kept.0, id)
    }
}

fn find_key(keys: &JwkSet, id: Option<&str>) -> Option<Jwk> {
    match id {
        Some(id) => keys.find(id).cloned(),
        None if keys.keys.len() == 1 => keys.keys.first().cloned(),
        None => None,
    }
}
