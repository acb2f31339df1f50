//! Users in Redis, in the hashes of the original. Tokens that it left in the clear are found, new ones are kept as hashes.

use super::User;
use crate::redis_link::RedisLink;
use sonic::Result;

const TOKENS: &str = "token_user_map";
const STATUS: &str = "user_enable_status_map";

pub(super) struct InRedis(RedisLink);

impl InRedis {
    pub(super) fn new(url: &str, database: u32) -> Result<Self> {
        RedisLink::new(url, Some(database)).map(Self)
    }

    pub(super) fn find(&self, hash: &str, token: &str) -> Result<Option<User>> {
        let found: Vec<Option<String>> =
            self.0.run(|c| redis::cmd("HMGET").arg(TOKENS).arg(&[hash, token]).query(c))?;
        let Some(id) = found.into_iter().flatten().next() else { return Ok(None) };
        let status: Option<String> = self.0.run(|c| redis::cmd("HGET").arg(STATUS).arg(&id).query(c))?;
        Ok(Some(User { id, is_enabled: status.as_deref() == Some("1") }))
    }

    /// True if another user has the token.
    pub(super) fn add(&self, hash: &str, token: &str, user: &User) -> Result<bool> {
        if self.find(hash, token)?.is_some_and(|found| found.id != user.id) {
            return Ok(true);
        }
        self.0.run(|c| {
            let mut both = redis::pipe();
            both.atomic().hset(TOKENS, hash, &user.id).hset(STATUS, &user.id, digit(user)).exec(c)
        })?;
        Ok(false)
    }

    pub(super) fn set_status(&self, user: &User) -> Result<()> {
        self.0.run(|c| redis::cmd("HSET").arg(STATUS).arg(&user.id).arg(digit(user)).exec(c))
    }
}

fn digit(user: &User) -> &'static str {
    if user.is_enabled { "1" } else { "0" }
}
