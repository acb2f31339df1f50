//! Who is asking, and what they may: bearer tokens, API keys, JSON web tokens, signed URLs. Nothing else of the server knows
//! of any of them.

mod jwt;
mod keys;
mod ring_provider;
mod signed;
mod tokens;

pub(crate) use keys::{Key, NewKey};
pub(crate) use signed::Signed;
pub(crate) use tokens::check_token;

use crate::error::Refusal;
use crate::outbound::Outbound;
use crate::settings::Settings;
use axum::http::{HeaderMap, Uri, header};
use jwt::Jwt;
use keys::Keys;
use serde::{Deserialize, Serialize};
use sonic::Result;
use std::sync::Arc;
use tokens::Tokens;

/// What somebody may do; each may what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    /// What needs no proof: health and the document.
    Public,
    /// Recognise and look.
    Read,
    /// Add, change, remove, forget.
    Write,
    /// Administer: keys, compaction, snapshots.
    Admin,
}

impl Scope {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Read, Self::Write, Self::Admin].into_iter().find(|scope| scope.name() == name)
    }
}

/// Somebody who proved who they are.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// What logs and limits know them by; no secret.
    pub(crate) name: String,
    pub(crate) scope: Scope,
    /// Requests a second, if they have a limit of their own.
    pub(crate) rate: Option<u32>,
}

/// All ways to prove who one is.
pub(crate) struct Auth {
    open: bool,
    tokens: Tokens,
    keys: Option<Keys>,
    jwt: Option<Jwt>,
    signed: Option<Signed>,
}

impl Auth {
    /// # Errors
    /// What is wrong with a file or a setting.
    pub(crate) fn new(settings: &Settings, outbound: &Arc<Outbound>) -> Result<Self> {
        Ok(Self {
            open: settings.is_open(),
            tokens: Tokens::new(&settings.tokens),
            keys: settings.keys.as_ref().map(|path| Keys::open(path)).transpose()?,
            jwt: settings.jwks.as_ref().map(|jwks| Jwt::new(jwks, settings, outbound)).transpose()?,
            signed: settings.url_secret.as_ref().map(|secret| Signed::new(secret.as_bytes())),
        })
    }

    /// Who sent these headers.
    ///
    /// # Errors
    /// 401 if they prove nothing.
    pub(crate) async fn caller(&self, headers: &HeaderMap) -> std::result::Result<Caller, Refusal> {
        let Some(proof) = proof(headers)? else {
            return match self.open {
                true => Ok(Caller { name: "anybody".to_owned(), scope: Scope::Admin, rate: None }),
                false => Err(Refusal::unauthorized("send a token: Authorization: Bearer ...")),
            };
        };
        if let Some(caller) = self.tokens.find(proof) {
            return Ok(caller);
        }
        if let (Some(keys), true) = (&self.keys, keys::is_key(proof)) {
            return keys.find(proof).ok_or_else(refused);
        }
        match &self.jwt {
            Some(jwt) if proof.bytes().filter(|byte| *byte == b'.').count() == 2 => jwt.find(proof).await,
            _ => Err(refused()),
        }
    }

    /// Who has a signed URL, of a route that takes them; `None` if this is none.
    ///
    /// # Errors
    /// 403 if it is not as it was signed, or too old.
    pub(crate) fn signed(&self, uri: &Uri) -> Option<std::result::Result<Caller, Refusal>> {
        let found = self.signed.as_ref()?.check(uri.path(), uri.query()?)?;
        let caller = Caller { name: "signed URL".to_owned(), scope: Scope::Read, rate: None };
        Some(found.map(|()| caller))
    }

    /// What signs URLs.
    ///
    /// # Errors
    /// 404 if there is no secret.
    pub(crate) fn signer(&self) -> std::result::Result<&Signed, Refusal> {
        self.signed
            .as_ref()
            .ok_or_else(|| Refusal::not_found("URLs are not signed here: set SONIC_SERVER_URL_SECRET"))
    }

    /// The keys.
    ///
    /// # Errors
    /// 404 if there are none.
    pub(crate) fn keys(&self) -> std::result::Result<&Keys, Refusal> {
        self.keys
            .as_ref()
            .ok_or_else(|| Refusal::not_found("API keys are not kept here: set SONIC_SERVER_KEYS"))
    }

    /// Writes when keys were used last.
    pub(crate) fn save(&self) {
        self.keys.iter().for_each(Keys::save_uses);
    }
}

/// One message for whatever is wrong with a proof.
fn refused() -> Refusal {
    Refusal::unauthorized("the token is not known here, or not valid any more")
}

/// The token of a request.
fn proof(headers: &HeaderMap) -> std::result::Result<Option<&str>, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(refused());
    }
    let text = value.to_str().map_err(|_| refused())?;
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        _ => Err(refused()),
    }
}
