//! Tokens that are settings.

use super::{Caller, Scope};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Shortest token, in bytes.
const MIN_BYTES: usize = 16;

/// The scope and the token of a setting.
fn parts(setting: &str) -> Option<(Scope, &str)> {
    let (scope, token) = setting.split_once(':')?;
    Some((Scope::named(scope)?, token))
}

/// That a setting is a token with its scope.
pub(crate) fn check_token(setting: &str) -> Result<(), String> {
    match parts(setting) {
        Some((_, token)) if token.len() >= MIN_BYTES && token.bytes().all(|b| b.is_ascii_graphic()) => Ok(()),
        Some(_) => Err(format!("a token has {MIN_BYTES} or more visible ASCII characters")),
        None => Err("a token is written as SCOPE:TOKEN, with the scope read, write or admin".to_owned()),
    }
}

/// Tokens as their hashes.
pub(super) struct Tokens(Vec<([u8; 32], Caller)>);

impl Tokens {
    pub(super) fn new(settings: &[String]) -> Self {
        let tokens = settings.iter().enumerate().filter_map(|(number, setting)| {
            let (scope, token) = parts(setting)?;
            let name = format!("token {} ({})", number + 1, scope.name());
            Some((Sha256::digest(token).into(), Caller { name, scope, rate: None }))
        });
        Self(tokens.collect())
    }

    /// Whose token it is. All are compared, each in the same time.
    pub(super) fn find(&self, token: &str) -> Option<Caller> {
        let hash: [u8; 32] = Sha256::digest(token).into();
        let mut found = None;
        for (own, caller) in &self.0 {
            if bool::from(own.ct_eq(&hash)) {
                found = Some(caller);
            }
        }
        found.cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_its_scope() {
        let tokens = Tokens::new(&["read:aaaaaaaaaaaaaaaa".to_owned(), "admin:bbbbbbbbbbbbbbbb".to_owned()]);
        assert_eq!(tokens.find("aaaaaaaaaaaaaaaa").map(|c| c.scope), Some(Scope::Read));
        assert_eq!(tokens.find("bbbbbbbbbbbbbbbb").map(|c| c.scope), Some(Scope::Admin));
        for wrong in ["", "aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaa", "read:aaaaaaaaaaaaaaaa"] {
            assert!(tokens.find(wrong).is_none(), "{wrong}");
        }
        assert!(check_token("write:tiny").is_err() && check_token("0123456789abcdef0123").is_err());
    }
}
