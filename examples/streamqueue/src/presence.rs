//! Who is present in a meeting when, for the hand-off: users of connections, in Redis where processes share it.

use crate::names;
use crate::redis_link::RedisLink;
use redis::Connection;
use sonic::Result;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What is longer ago is forgotten.
const KEPT: Duration = Duration::from_secs(86_400);
/// A connection is written down as often at most.
const OFTEN: Duration = Duration::from_secs(2);
/// Connections that are remembered.
const MOST: usize = 100_000;

#[derive(Debug, Clone)]
struct Present {
    user: String,
    meeting: String,
    from_ms: f64,
    to_ms: f64,
    written: Option<Instant>,
}

/// Who is present.
#[derive(Default)]
pub(crate) struct Presence {
    connections: Mutex<HashMap<String, Present>>,
    redis: Option<RedisLink>,
}

impl Presence {
    /// # Errors
    /// `InvalidArgument` if the address of Redis is none.
    pub(crate) fn new(redis: Option<&str>) -> Result<Self> {
        let redis = redis.map(|url| RedisLink::new(url, None)).transpose()?;
        Ok(Self { redis, ..Self::default() })
    }

    /// A connection was there at this time. With Redis it is written down there now and then, as the original does.
    pub(crate) fn seen(&self, meeting: &str, connection: &str, user: &str, at_ms: f64) {
        let written = {
            let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
            if connections.len() >= MOST && !connections.contains_key(connection) {
                let oldest = names::now_ms() - KEPT.as_secs_f64() * 1e3;
                connections.retain(|_, present| present.to_ms > oldest);
            }
            let present = connections.entry(connection.to_owned()).or_insert_with(|| Present {
                user: user.to_owned(),
                meeting: meeting.to_owned(),
                from_ms: at_ms,
                to_ms: at_ms,
                written: None,
            });
            present.from_ms = present.from_ms.min(at_ms);
            present.to_ms = present.to_ms.max(at_ms);
            let is_due = self.redis.is_some() && present.written.is_none_or(|at| at.elapsed() > OFTEN);
            is_due.then(|| {
                present.written = Some(Instant::now());
                present.clone()
            })
        };
        if let (Some(present), Some(redis)) = (written, &self.redis) {
            // It is a hint for who was there: without it a segment still has the user who spoke.
            let _ = redis.run(|redis| write(redis, connection, &present));
        }
    }

    /// Users of the connections of a meeting that overlap with a stretch.
    pub(crate) fn users(&self, meeting: &str, from_ms: f64, to_ms: f64) -> Vec<String> {
        let known = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<Present> =
            known.values().filter(|present| present.meeting == meeting).cloned().collect();
        drop(known);
        if let Some(redis) = &self.redis {
            all.extend(redis.run(|redis| read(redis, meeting)).unwrap_or_default());
        }
        let is_there = |present: &Present| present.from_ms <= to_ms && present.to_ms >= from_ms;
        let mut users: Vec<String> = all.into_iter().filter(is_there).map(|present| present.user).collect();
        users.sort();
        users.dedup();
        users
    }
}

fn write(redis: &mut Connection, connection: &str, present: &Present) -> redis::RedisResult<()> {
    let (key, meeting) =
        (format!("connection:{connection}"), format!("meeting:{}:connections", present.meeting));
    let kept = KEPT.as_secs() as i64;
    let mut all = redis::pipe();
    all.hset_nx(&key, "start_timestamp", names::written(present.from_ms))
        .hset(&key, "end_timestamp", names::written(present.to_ms))
        .hset(&key, "user_id", &present.user)
        .expire(&key, kept)
        .sadd(&meeting, connection)
        .expire(&meeting, kept);
    all.exec(redis)
}

fn read(redis: &mut Connection, meeting: &str) -> redis::RedisResult<Vec<Present>> {
    let connections: Vec<String> =
        redis::cmd("SMEMBERS").arg(format!("meeting:{meeting}:connections")).query(redis)?;
    let mut all = Vec::new();
    for connection in connections {
        let names = ["start_timestamp", "end_timestamp", "user_id"];
        let found: Vec<Option<String>> =
            redis::cmd("HMGET").arg(format!("connection:{connection}")).arg(&names).query(redis)?;
        let [Some(from), Some(to), Some(user)] = &found[..] else { continue };
        let (Some(from_ms), Some(to_ms)) = (names::iso(from), names::iso(to)) else { continue };
        all.push(Present { user: user.clone(), meeting: meeting.to_owned(), from_ms, to_ms, written: None });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_present_where_their_connections_overlap() {
        let presence = Presence::default();
        presence.seen("m", "c1", "ann", 1_000.0);
        presence.seen("m", "c1", "ann", 9_000.0);
        presence.seen("m", "c2", "bob", 5_000.0);
        presence.seen("m", "c3", "ann", 6_000.0);
        presence.seen("other", "c4", "eve", 6_000.0);
        assert_eq!(presence.users("m", 4_000.0, 7_000.0), ["ann", "bob"]);
        assert_eq!(presence.users("m", 1_000.0, 2_000.0), ["ann"]);
        assert!(presence.users("m", 9_500.0, 9_900.0).is_empty());
    }
}
