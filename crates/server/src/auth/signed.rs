//! Signed URLs: for a while, whoever has one may look, as a page does that shows a picture.

use crate::error::Refusal;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac::{self, HMAC_SHA256, Key};
use std::time::SystemTime;

/// The longest that a URL is good for: a week.
pub(crate) const MAX_SECONDS: u64 = 7 * 24 * 3600;

/// What signs URLs, and looks at signatures.
pub(crate) struct Signed(Key);

fn now_s() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.as_secs())
}

/// What is signed.
fn text(path: &str, expires: u64) -> String {
    format!("GET\n{path}\n{expires}")
}

impl Signed {
    pub(super) fn new(secret: &[u8]) -> Self {
        Self(Key::new(HMAC_SHA256, secret))
    }

    /// The path with what makes it good for so many seconds.
    pub(crate) fn sign(&self, path: &str, seconds: u64) -> String {
        let expires = now_s() + seconds.min(MAX_SECONDS);
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, text(path, expires).as_bytes()));
        format!("{path}?expires={expires}&signature={signature}")
    }

    /// Whether the query of a URL is a signature of its path; `None` if it is no signature at all.
    pub(super) fn check(&self, path: &str, query: &str) -> Option<Result<(), Refusal>> {
        let (expires, signature) = query.strip_prefix("expires=")?.split_once("&signature=")?;
        let refused = || Refusal::forbidden("the URL is not as it was signed, or too old");
        let good = || {
            let expires: u64 = expires.parse().ok()?;
            let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
            // Compared in the same time wherever they differ.
            hmac::verify(&self.0, text(path, expires).as_bytes(), &signature).ok()?;
            (expires > now_s()).then_some(())
        };
        Some(good().ok_or_else(refused))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_good_as_it_was_signed_for_a_while() {
        let signed = Signed::new(&[7; 32]);
        let url = signed.sign("/v1/faces/1/thumbnail", 60);
        let (path, query) = url.split_once('?').unwrap();
        assert!(signed.check(path, query).unwrap().is_ok());
        assert!(signed.check("/v1/faces/2/thumbnail", query).unwrap().is_err());
        let later = query.replacen("expires=1", "expires=9", 1);
        assert!(signed.check(path, &later).unwrap().is_err());
        assert!(signed.check(path, &format!("{query}x")).unwrap().is_err());
        assert!(Signed::new(&[8; 32]).check(path, query).unwrap().is_err());
        let old = signed.sign(path, 0);
        assert!(signed.check(path, old.split_once('?').unwrap().1).unwrap().is_err());
        assert!(signed.check(path, "limit=3").is_none());
    }
}
