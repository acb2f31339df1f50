//! Users and their tokens: in Redis where the original keeps them, otherwise in a file. Tokens are kept as their hashes.

mod file;
mod in_redis;

use crate::refusal::Refusal;
use crate::settings::Settings;
use axum::http::StatusCode;
use file::InFile;
use in_redis::InRedis;
use sha2::{Digest, Sha256};
use sonic::Result;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// For so long what Redis said counts; a disabled user is one everywhere after that.
const CACHED: Duration = Duration::from_secs(5);
/// Tokens that are remembered, also those that are not known.
const MOST_CACHED: usize = 50_000;
/// Longest token and name of a user, in bytes.
const MOST_BYTES: usize = 512;

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) is_enabled: bool,
}

/// All users.
pub(crate) struct Users {
    kept: Kept,
    cached: Mutex<HashMap<String, (Instant, Option<User>)>>,
}

enum Kept {
    File(InFile),
    Redis(InRedis),
}

impl Users {
    /// # Errors
    /// What is wrong with the file, or the address of Redis.
    pub(crate) fn open(settings: &Settings) -> Result<Self> {
        let kept = match &settings.redis {
            Some(url) => Kept::Redis(InRedis::new(url, settings.redis_admin_db)?),
            None => Kept::File(InFile::open(&settings.data.join("users.json"))?),
        };
        Ok(Self { kept, cached: Mutex::default() })
    }

    /// Whose token it is, if it is one.
    ///
    /// # Errors
    /// `Io` if Redis does not say.
    pub(crate) fn find(&self, token: &str) -> Result<Option<User>> {
        if token.is_empty() || token.len() > MOST_BYTES {
            return Ok(None);
        }
        let hash = hash(token);
        let kept = match &self.kept {
            Kept::File(file) => return Ok(file.find(&hash)),
            Kept::Redis(redis) => redis,
        };
        if let Some((_, user)) = self.cached().get(&hash).filter(|(at, _)| at.elapsed() < CACHED) {
            return Ok(user.clone());
        }
        let user = kept.find(&hash, token)?;
        let mut cached = self.cached();
        if cached.len() >= MOST_CACHED {
            cached.clear();
        }
        cached.insert(hash, (Instant::now(), user.clone()));
        Ok(user)
    }

    /// Gives a user a token.
    ///
    /// # Errors
    /// 400 if another user has it, 422 if it cannot be one.
    pub(crate) fn add(&self, token: &str, user: &User) -> std::result::Result<(), Refusal> {
        let is_right =
            |text: &str| (1..=MOST_BYTES).contains(&text.len()) && !text.chars().any(char::is_control);
        if !is_right(token) || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Refusal::wrong(
                &["body", "token"],
                format!("a token has 1 to {MOST_BYTES} visible ASCII characters"),
            ));
        }
        if !is_right(&user.id) {
            return Err(Refusal::wrong(
                &["body", "user_id"],
                format!("a user's id has 1 to {MOST_BYTES} bytes, in one line"),
            ));
        }
        let hash = hash(token);
        let other = match &self.kept {
            Kept::File(file) => file.add(&hash, user)?,
            Kept::Redis(redis) => redis.add(&hash, token, user)?,
        };
        self.forget_cached();
        match other {
            false => Ok(()),
            true => Err(Refusal::new(StatusCode::BAD_REQUEST, "the token is another user's already")),
        }
    }

    /// Enables or disables a user.
    ///
    /// # Errors
    /// `Io` if that cannot be kept.
    pub(crate) fn set_status(&self, user: &User) -> Result<()> {
        match &self.kept {
            Kept::File(file) => file.set_status(user)?,
            Kept::Redis(redis) => redis.set_status(user)?,
        }
        self.forget_cached();
        Ok(())
    }

    /// Forgets what was looked up; nothing that is kept.
    pub(crate) fn forget_cached(&self) {
        self.cached().clear();
    }

    fn cached(&self) -> MutexGuard<'_, HashMap<String, (Instant, Option<User>)>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash(token: &str) -> String {
    Sha256::digest(token).iter().fold("sha256:".to_owned(), |hash, byte| format!("{hash}{byte:02x}"))
}
