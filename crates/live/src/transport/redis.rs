//! A transport through Redis Streams: for as many processes on as many machines as there are.
//!
//! ```text
//! P:work             sorted set: connections by the time from which on somebody (else) may follow them
//! P:c:CONNECTION     hash: epoch, worker, claims, failures, error; note and state of its session, if they are shared
//! P:s:CONNECTION     stream: what came; one group, whose only consumer is the worker that follows the connection
//! P:k:CONNECTION     hash: keys of what came, so that what is sent twice is one
//! P:r:MEETING        stream: what became known
//! P:p:MEETING        hash: the number of what was told last, by connection, so that nothing is told twice
//! P:news             stream: meetings in which something became known
//! P:dead             stream: dead letters
//! ```
//!
//! Who follows a connection holds it in `P:work` until a time that is renewed, and has an epoch that every later holder exceeds:
//! reading, acknowledging and giving back are scripts that look at it first. Streams are trimmed behind the oldest entry that
//! is not acknowledged, and never by length. All keys have the prefix `P`, whose braces keep them together in a cluster.

mod client;
mod scripts;

use super::local::millis;
use super::{Claim, DeadEntry, Delivered, Entry, EntryId, Progress, QueueStats, Told, Transport, Watch};
use client::{Client, array, integer, text};
use redis::Value;
use sonic_core::{Error, ErrorKind, Result};
use std::fmt;
use std::time::Duration;

/// How Redis is used.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisOptions {
    /// Where it is: `redis://[user:password@]host:port/database`.
    pub url: String,
    /// What all keys begin with.
    pub prefix: String,
    /// How long a command may take.
    pub timeout: Duration,
    /// True to carry what sessions remember, so that a worker with another store can take over.
    pub share_state: bool,
    /// How long what became known can be read again.
    pub keep_results: Duration,
    /// How long a connection is remembered on which nothing comes any more.
    pub keep_connections: Duration,
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self {
            url: "redis://127.0.0.1:6379/0".to_owned(),
            prefix: "{sonic}".to_owned(),
            timeout: Duration::from_secs(5),
            share_state: true,
            keep_results: Duration::from_secs(86_400),
            keep_connections: Duration::from_secs(86_400),
        }
    }
}

impl fmt::Debug for RedisOptions {
    /// Without the password that the address may have.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOptions").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// A transport through Redis Streams; Redis 6.2 or later.
pub struct RedisTransport {
    client: Client,
    options: RedisOptions,
    warnings: Vec<String>,
}

impl RedisTransport {
    /// Connects to Redis and looks how it keeps what it is given.
    ///
    /// # Errors
    /// `InvalidArgument` if the address or an option is none; `Io` if Redis cannot be reached.
    pub fn open(options: &RedisOptions) -> Result<Self> {
        if options.timeout < Duration::from_millis(10) || options.prefix.is_empty() {
            return Err(crate::invalid("the timeout is 10 ms or more, and the prefix is not empty"));
        }
        let client = Client::new(&options.url, options.timeout)?;
        client.call(redis::cmd("PING").clone())?;
        let warnings = warnings(&client);
        Ok(Self { client, options: options.clone(), warnings })
    }

    fn key(&self, kind: &str, name: &str) -> String {
        format!("{}:{kind}:{name}", self.options.prefix)
    }

    /// Runs a script whose first arguments are the prefix, the connection and the epoch of a claim.
    fn run(&self, script: &str, claim: &Claim, add: impl FnOnce(&mut redis::Cmd)) -> Result<Value> {
        let mut command = self.script(script, &claim.connection);
        command.arg(claim.epoch);
        add(&mut command);
        let answer = self.client.call(command)?;
        if text(&answer).is_some_and(|answer| answer == "lost") {
            let message = format!("connection {:?} is followed by somebody else since", claim.connection);
            return Err(Error::new(ErrorKind::Mismatch, message));
        }
        Ok(answer)
    }

    fn script(&self, script: &str, connection: &str) -> redis::Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(script).arg(1).arg(self.key("c", connection)).arg(&self.options.prefix).arg(connection);
        command
    }

    fn stream_length(&self, name: &str) -> Result<u64> {
        let mut command = redis::cmd("XLEN");
        command.arg(format!("{}:{name}", self.options.prefix));
        integer(&self.client.call(command)?)
    }
}

impl Transport for RedisTransport {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn append(&self, entries: &[Entry]) -> Result<()> {
        let mut commands = Vec::with_capacity(entries.len());
        for entry in entries {
            let mut command = self.script(scripts::APPEND, &entry.origin.connection);
            command.arg(entry.key()).arg(entry.to_json()?);
            commands.push(command);
        }
        self.client.call_all(commands)
    }

    fn claim(&self, worker: &str, lease: Duration) -> Result<Option<Claim>> {
        let mut command = redis::cmd("EVAL");
        command.arg(scripts::CLAIM).arg(1).arg(format!("{}:work", self.options.prefix));
        command.arg(&self.options.prefix).arg(worker).arg(millis(lease));
        let answer = self.client.call(command)?;
        let Some([connection, epoch, claims, failures, note, state]) = array(&answer) else {
            return Ok(None);
        };
        let name = text(connection).ok_or_else(client::unexpected)?.into_owned();
        let note = text(note).and_then(|note| serde_json::from_str(&note).ok());
        let shared = match (note, state) {
            (Some(note), Value::BulkString(state)) => Some((note, state.clone())),
            _ => None,
        };
        let number = |value| integer(value).map(|number| number as u32);
        Ok(Some(Claim {
            connection: name,
            epoch: integer(epoch)?,
            claims: number(claims)?,
            failures: number(failures)?,
            shared,
            number: 0,
        }))
    }

    fn advance(&self, claim: &mut Claim, epoch: u64) -> Result<()> {
        if epoch > claim.epoch {
            self.run(scripts::ADVANCE, claim, |command| {
                command.arg(epoch);
            })?;
            claim.epoch = epoch;
        }
        Ok(())
    }

    fn renew(&self, claims: &[&Claim], lease: Duration) -> Result<Vec<String>> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let mut command = redis::cmd("EVAL");
        command.arg(scripts::RENEW).arg(1).arg(format!("{}:work", self.options.prefix));
        command.arg(&self.options.prefix).arg(millis(lease));
        for claim in claims {
            command.arg(&claim.connection).arg(claim.epoch);
        }
        let answer = self.client.call_value(command)?;
        let lost = answer.iter().filter_map(|value| text(value).map(|name| name.into_owned()));
        Ok(lost.collect())
    }

    fn read(
        &self,
        claims: &[(&Claim, EntryId)],
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<Vec<Delivered>>> {
        if claims.is_empty() {
            std::thread::sleep(wait);
            return Ok(Vec::new());
        }
        let read = self.read_once(claims, limit)?;
        if wait.is_zero() || read.iter().any(|entries| !entries.is_empty()) {
            return Ok(read);
        }
        // A script cannot wait, and only a script reads what nobody else has claimed meanwhile.
        std::thread::sleep(wait);
        self.read_once(claims, limit)
    }

    fn acknowledge(&self, claim: &Claim, entries: &[EntryId], progress: Progress<'_>) -> Result<()> {
        let options = &self.options;
        let told: Vec<(u64, &str, String)> = progress
            .told
            .iter()
            .map(|(number, told)| {
                let json = serde_json::to_string(told)
                    .map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
                Ok((*number, &told.origin.meeting[..], json))
            })
            .collect::<Result<_>>()?;
        self.run(scripts::ACKNOWLEDGE, claim, |command| {
            match options.share_state {
                true => command.arg(progress.note.to_string()).arg(progress.state),
                false => command.arg("").arg(""),
            };
            command.arg(millis(options.keep_results)).arg(told.len());
            for (number, meeting, json) in &told {
                command.arg(*number).arg(*meeting).arg(json);
            }
            for entry in entries {
                command.arg(entry.to_string());
            }
        })
        .map(drop)
    }

    fn release(&self, claim: &Claim) -> Result<()> {
        let keep = millis(self.options.keep_connections);
        self.run(scripts::RELEASE, claim, |command| {
            command.arg(keep);
        })
        .map(drop)
    }

    fn postpone(&self, claim: &Claim, error: &str, wait: Duration, is_failure: bool) -> Result<()> {
        self.run(scripts::POSTPONE, claim, |command| {
            command.arg(error).arg(millis(wait)).arg(u8::from(is_failure));
        })
        .map(drop)
    }

    fn bury(&self, claim: &Claim, entry: EntryId, error: &str) -> Result<()> {
        self.run(scripts::BURY, claim, |command| {
            command.arg(entry.to_string()).arg(error);
        })
        .map(drop)
    }

    fn results(&self, meeting: &str, after: &str, limit: usize) -> Result<Vec<Told>> {
        let after: EntryId = if after.is_empty() { EntryId::default() } else { after.parse()? };
        let mut command = redis::cmd("XRANGE");
        command.arg(self.key("r", meeting)).arg(format!("({after}")).arg("+").arg("COUNT").arg(limit);
        let answer = self.client.call_value(command)?;
        let told = answer.iter().filter_map(|row| {
            let (id, fields) = client::stream_row(row)?;
            let mut told: Told = serde_json::from_str(&text(fields.get(1)?)?).ok()?;
            told.place = id.to_string();
            Some(told)
        });
        Ok(told.collect())
    }

    fn watch(&self) -> Result<Box<dyn Watch>> {
        let client = Client::new(&self.options.url, self.options.timeout)?;
        Ok(Box::new(RedisWatch {
            client,
            key: format!("{}:news", self.options.prefix),
            last: "$".to_owned(),
        }))
    }

    fn stats(&self) -> Result<QueueStats> {
        let mut command = redis::cmd("EVAL");
        command.arg(scripts::STATS).arg(1).arg(format!("{}:work", self.options.prefix));
        let answer = self.client.call_value(command.arg(&self.options.prefix).clone())?;
        let mut stats = QueueStats::default();
        if let [connections, waiting] = &answer[..] {
            (stats.connections, stats.waiting) = (integer(connections)?, integer(waiting)?);
        }
        stats.dead = self.stream_length("dead")?;
        Ok(stats)
    }

    fn dead(&self, limit: usize) -> Result<Vec<DeadEntry>> {
        let mut command = redis::cmd("XRANGE");
        command.arg(format!("{}:dead", self.options.prefix)).arg("-").arg("+").arg("COUNT").arg(limit);
        let answer = self.client.call_value(command)?;
        let dead = |row: &Value| {
            let (id, fields) = client::stream_row(row)?;
            let field = |place: usize| Some(text(fields.get(place)?)?.into_owned());
            let mut dead = DeadEntry::default();
            (dead.connection, dead.entry, dead.error) = (field(1)?, field(5)?, field(7)?);
            dead.number = field(3)?.parse::<EntryId>().ok()?.major;
            dead.at_ms = id.major;
            Some(dead)
        };
        Ok(answer.iter().filter_map(dead).collect())
    }

    fn sweep(&self, _: Duration) -> Result<()> {
        // Keys expire by themselves.
        Ok(())
    }

    fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }
}

impl RedisTransport {
    fn read_once(&self, claims: &[(&Claim, EntryId)], limit: usize) -> Result<Vec<Vec<Delivered>>> {
        let mut command = redis::cmd("EVAL");
        command.arg(scripts::READ).arg(1).arg(format!("{}:work", self.options.prefix));
        command.arg(&self.options.prefix).arg(limit);
        for (claim, after) in claims {
            command.arg(&claim.connection).arg(claim.epoch).arg(after.to_string());
        }
        let answer = self.client.call_value(command)?;
        let rows = |value: &Value| -> Vec<Delivered> {
            let rows = client::values(value).iter().filter_map(client::stream_row);
            rows.map(|(id, fields)| {
                let entry = match fields.get(1) {
                    Some(Value::BulkString(bytes)) => Entry::read(bytes),
                    _ => Err("the entry is empty".to_owned()),
                };
                Delivered { id, entry }
            })
            .collect()
        };
        let mut read: Vec<Vec<Delivered>> = answer.iter().map(rows).collect();
        read.resize_with(claims.len(), Vec::new);
        Ok(read)
    }
}

/// What may be lost as Redis is set up.
fn warnings(client: &Client) -> Vec<String> {
    let mut warnings = Vec::new();
    for (name, wanted) in
        [("appendonly", "yes"), ("appendfsync", "always"), ("maxmemory-policy", "noeviction")]
    {
        let answer = client.call_value(redis::cmd("CONFIG").arg("GET").arg(name).clone());
        let found = answer.ok().and_then(|answer| text(answer.get(1)?).map(|value| value.into_owned()));
        match found {
            Some(found) if found == wanted => {}
            Some(found) => warnings.push(format!(
                "Redis has {name} {found}: with {name} {wanted} nothing is lost that was accepted"
            )),
            None => warnings.push(format!(
                "Redis does not say what {name} is: nothing is lost that was accepted if it is {wanted}"
            )),
        }
    }
    warnings
}

impl fmt::Debug for RedisTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisTransport").field("options", &self.options).finish_non_exhaustive()
    }
}

/// Waits for news on a connection of its own.
struct RedisWatch {
    client: Client,
    key: String,
    last: String,
}

impl Watch for RedisWatch {
    fn changed(&mut self, wait: Duration) -> Result<Option<Vec<String>>> {
        let mut command = redis::cmd("XREAD");
        command.arg("COUNT").arg(1000).arg("BLOCK").arg(millis(wait).max(1));
        command.arg("STREAMS").arg(&self.key).arg(&self.last);
        let answer = self.client.call(command)?;
        let is_first = self.last == "$";
        let mut meetings = Vec::new();
        for stream in client::values(&answer) {
            let rows = array::<2>(stream).map_or(&[][..], |[_, rows]| client::values(rows));
            for (id, fields) in rows.iter().filter_map(client::stream_row) {
                self.last = id.to_string();
                meetings.extend(fields.get(1).and_then(text).map(|name| name.into_owned()));
            }
        }
        // What came before the first look is not known, and from now on nothing is missed.
        if is_first && meetings.is_empty() {
            self.last = self.newest()?;
        }
        Ok(if is_first { None } else { Some(meetings) })
    }
}

impl RedisWatch {
    fn newest(&self) -> Result<String> {
        let mut command = redis::cmd("XREVRANGE");
        command.arg(&self.key).arg("+").arg("-").arg("COUNT").arg(1);
        let answer = self.client.call_value(command)?;
        let newest = answer.first().and_then(client::stream_row).map(|(id, _)| id);
        Ok(newest.unwrap_or_default().to_string())
    }
}
