//! API keys: made here, shown once, kept as hashes in a file.
//!
//! A key is `sonic_ID_SECRET`. The file has the SHA-256 of the secret: of 32 random bytes nobody finds out more, so no slow
//! hash is needed. When a key was used last is written once a minute at most, and when the server ends.

use super::{Caller, Scope};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sonic::{Error, ErrorKind, Result};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use subtle::ConstantTimeEq;

const PREFIX: &str = "sonic_";
/// How long uses are remembered before they are written.
const SAVE_EVERY: Duration = Duration::from_secs(60);
/// Most keys.
const MAX_KEYS: usize = 10_000;

/// A key as it is kept and shown: all but its secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) scope: Scope,
    /// Requests a second, if not as many as everybody.
    #[serde(default)]
    pub(crate) rate: Option<u32>,
    pub(crate) created_at_ms: u64,
    #[serde(default)]
    pub(crate) expires_at_ms: Option<u64>,
    #[serde(default)]
    pub(crate) last_used_at_ms: Option<u64>,
    #[serde(default)]
    pub(crate) revoked_at_ms: Option<u64>,
    /// SHA-256 of the secret, in base64; never shown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    hash: String,
}

/// A key that is to be made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    name: String,
    scope: Scope,
    #[serde(default)]
    rate: Option<u32>,
    #[serde(default)]
    expires_in_s: Option<u64>,
}

/// The keys of a file.
pub(crate) struct Keys {
    path: PathBuf,
    kept: Mutex<Kept>,
}

struct Kept {
    keys: Vec<Key>,
    /// When uses were written last, and whether there are new ones.
    saved: Instant,
    used: bool,
}

/// True if a token looks like one of these.
pub(super) fn is_key(token: &str) -> bool {
    token.starts_with(PREFIX)
}

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_or(0, |now| now.as_millis() as u64)
}

fn hash(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret))
}

/// Random bytes as text.
fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|e| Error::new(ErrorKind::Io, format!("the system gives no random bytes: {e}")))?;
    Ok(bytes)
}

impl Keys {
    /// # Errors
    /// `Malformed` if the file is none of keys; `Io` if it cannot be read.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let keys = match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| {
                Error::new(ErrorKind::Malformed, format!("{} holds no keys: {e}", path.display()))
            })?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(Error::io(format!("cannot read {}", path.display()), e)),
        };
        let kept = Mutex::new(Kept { keys, saved: Instant::now(), used: false });
        Ok(Self { path: path.to_owned(), kept })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose key it is.
    pub(super) fn find(&self, token: &str) -> Option<Caller> {
        let (id, secret) = token.strip_prefix(PREFIX)?.split_once('_')?;
        let (given, now) = (hash(secret), now_ms());
        let mut kept = self.kept();
        let key = kept.keys.iter_mut().find(|key| key.id == id)?;
        let same = bool::from(key.hash.as_bytes().ct_eq(given.as_bytes()));
        if !same || key.revoked_at_ms.is_some() || key.expires_at_ms.is_some_and(|at| at <= now) {
            return None;
        }
        key.last_used_at_ms = Some(now);
        let caller =
            Caller { name: format!("key {} ({})", key.id, key.name), scope: key.scope, rate: key.rate };
        kept.used = true;
        if kept.saved.elapsed() >= SAVE_EVERY {
            kept.saved = Instant::now();
            kept.used = false;
            // What was used when is no reason to refuse anybody.
            let _ = self.write(&kept.keys);
        }
        Some(caller)
    }

    /// The keys, without what could be used.
    pub(crate) fn list(&self) -> Vec<Key> {
        self.kept().keys.iter().map(|key| Key { hash: String::new(), ..key.clone() }).collect()
    }

    /// Makes a key; gives it and what to send, which nobody sees again.
    ///
    /// # Errors
    /// `InvalidArgument` for a name of no or more than 200 bytes; `Limit` if there are too many keys; `Io` if they cannot be
    /// written.
    pub(crate) fn add(&self, new: &NewKey) -> Result<(Key, String)> {
        if !(1..=200).contains(&new.name.len()) || new.scope == Scope::Public || new.rate == Some(0) {
            let message =
                "a key has a name of 1 to 200 bytes, the scope read, write or admin, and a rate above 0";
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let id: String = random::<6>()?.iter().map(|byte| format!("{byte:02x}")).collect();
        let secret = URL_SAFE_NO_PAD.encode(random::<32>()?);
        let now = now_ms();
        let key = Key {
            id: id.clone(),
            name: new.name.clone(),
            scope: new.scope,
            rate: new.rate,
            created_at_ms: now,
            expires_at_ms: new.expires_in_s.map(|seconds| now.saturating_add(seconds.saturating_mul(1000))),
            last_used_at_ms: None,
            revoked_at_ms: None,
            hash: hash(&secret),
        };
        let mut kept = self.kept();
        if kept.keys.len() >= MAX_KEYS {
            return Err(Error::new(
                ErrorKind::Limit,
                format!("there are {MAX_KEYS} keys, which is the most"),
            ));
        }
        let mut keys = kept.keys.clone();
        keys.push(key.clone());
        self.write(&keys)?;
        kept.keys = keys;
        Ok((Key { hash: String::new(), ..key }, format!("{PREFIX}{id}_{secret}")))
    }

    /// Revokes a key, which is refused from now on.
    ///
    /// # Errors
    /// `NotFound` if there is none of this id; `Io` if keys cannot be written.
    pub(crate) fn revoke(&self, id: &str) -> Result<Key> {
        let mut kept = self.kept();
        let mut keys = kept.keys.clone();
        let key = keys.iter_mut().find(|key| key.id == id);
        let key = key.ok_or_else(|| Error::new(ErrorKind::NotFound, format!("there is no key {id:?}")))?;
        key.revoked_at_ms = key.revoked_at_ms.or(Some(now_ms()));
        let shown = Key { hash: String::new(), ..key.clone() };
        self.write(&keys)?;
        kept.keys = keys;
        Ok(shown)
    }

    pub(super) fn save_uses(&self) {
        let mut kept = self.kept();
        if std::mem::take(&mut kept.used) {
            let _ = self.write(&kept.keys);
        }
    }

    /// Writes all keys beside the file, readable for its owner only, and puts them in its place.
    fn write(&self, keys: &[Key]) -> Result<()> {
        let failed = |e| Error::io(format!("cannot write {}", self.path.display()), e);
        let json = serde_json::to_vec_pretty(keys)
            .map_err(|e| Error::new(ErrorKind::Internal, "cannot write keys as JSON").with_source(e))?;
        let beside = self.path.with_extension("new");
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside).map_err(failed)?;
        file.write_all(&json).and_then(|()| file.sync_all()).map_err(failed)?;
        std::fs::rename(&beside, &self.path).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(scope: Scope, expires_in_s: Option<u64>) -> NewKey {
        NewKey { name: "host".to_owned(), scope, rate: Some(3), expires_in_s }
    }

    #[test]
    fn a_key_works_until_it_is_revoked_or_expires() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        let keys = Keys::open(&path).unwrap();
        let (key, token) = keys.add(&new(Scope::Write, None)).unwrap();
        let (_, expired) = keys.add(&new(Scope::Write, Some(0))).unwrap();
        let caller = keys.find(&token).unwrap();
        assert_eq!((caller.scope, caller.rate), (Scope::Write, Some(3)));
        assert!(keys.list()[0].last_used_at_ms.is_some());
        assert!(keys.find(&expired).is_none());
        for wrong in [
            "sonic_",
            "sonic__",
            &token[..token.len() - 1],
            &format!("{token}x"),
            &format!("sonic_{}_", key.id),
        ] {
            assert!(keys.find(wrong).is_none(), "{wrong}");
        }
        keys.save_uses();
        let kept = std::fs::read_to_string(&path).unwrap();
        // The secret may have underscores of its own.
        let secret = token.splitn(3, '_').nth(2).unwrap();
        assert!(!kept.contains(secret) && kept.contains("last_used_at_ms"));
        assert!(!serde_json::to_string(&keys.list()).unwrap().contains("hash"));
        let again = Keys::open(&path).unwrap();
        assert!(again.find(&token).is_some());
        again.revoke(&key.id).unwrap();
        assert!(again.find(&token).is_none());
        assert!(Keys::open(&path).unwrap().find(&token).is_none());
        assert_eq!(again.revoke("none").unwrap_err().kind(), ErrorKind::NotFound);
    }
}
