//! Connections to Redis: as many as threads call at once, made anew when one breaks.

use crate::transport::EntryId;
use redis::{Cmd, Connection, Value};
use sonic_core::{Error, ErrorKind, Result};
use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Connections that are kept for later.
const KEPT: usize = 16;

pub(super) struct Client {
    client: redis::Client,
    timeout: Duration,
    free: Mutex<Vec<Connection>>,
}

impl Client {
    pub(super) fn new(url: &str, timeout: Duration) -> Result<Self> {
        let client = redis::Client::open(url).map_err(|error| {
            // Not what it says: that may have the password.
            Error::new(ErrorKind::InvalidArgument, "the address of Redis is none: redis://host:port/database")
                .with_source(error)
        })?;
        Ok(Self { client, timeout, free: Mutex::default() })
    }

    /// Runs a command.
    pub(super) fn call(&self, command: Cmd) -> Result<Value> {
        self.with(|connection| command.query(connection))
    }

    /// Runs a command whose answer is a list.
    pub(super) fn call_value(&self, command: Cmd) -> Result<Vec<Value>> {
        match self.call(command)? {
            Value::Array(values) | Value::Set(values) => Ok(values),
            Value::Map(pairs) => Ok(pairs.into_iter().flat_map(|(key, value)| [key, value]).collect()),
            Value::Nil => Ok(Vec::new()),
            _ => Err(unexpected()),
        }
    }

    /// Runs commands one behind the other, and waits once.
    pub(super) fn call_all(&self, commands: Vec<Cmd>) -> Result<()> {
        let mut pipe = redis::pipe();
        for command in commands {
            pipe.add_command(command);
        }
        self.with(|connection| pipe.query::<Vec<Value>>(connection)).map(drop)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Connection) -> redis::RedisResult<T>) -> Result<T> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match free {
            Some(connection) => connection,
            None => self.connect().map_err(failed)?,
        };
        let done = work(&mut connection);
        // One that broke, or whose answer may still come, is not used again.
        if done.as_ref().map_or_else(|error| error.code().is_some(), |_| true) {
            let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
            if free.len() < KEPT {
                free.push(connection);
            }
        } else {
            // The others were made before it broke.
            self.free.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        done.map_err(failed)
    }

    fn connect(&self) -> redis::RedisResult<Connection> {
        let connection = self.client.get_connection_with_timeout(self.timeout)?;
        connection.set_read_timeout(Some(self.timeout))?;
        connection.set_write_timeout(Some(self.timeout))?;
        Ok(connection)
    }
}

fn failed(error: redis::RedisError) -> Error {
    Error::new(ErrorKind::Io, format!("Redis: {error}")).with_source(error)
}

pub(super) fn unexpected() -> Error {
    Error::new(ErrorKind::Io, "Redis answered something unexpected")
}

pub(super) fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::BulkString(bytes) => Some(String::from_utf8_lossy(bytes)),
        Value::SimpleString(text) => Some(Cow::Borrowed(text)),
        _ => None,
    }
}

pub(super) fn integer(value: &Value) -> Result<u64> {
    match value {
        Value::Int(number) => u64::try_from(*number).map_err(|_| unexpected()),
        Value::Nil => Ok(0),
        other => text(other).and_then(|text| text.parse().ok()).ok_or_else(unexpected),
    }
}

/// The values of a list of `N`.
pub(super) fn array<const N: usize>(value: &Value) -> Option<&[Value; N]> {
    values(value).try_into().ok()
}

/// The values of a list; none of anything else.
pub(super) fn values(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        _ => &[],
    }
}

/// Id and fields of an entry of a stream.
pub(super) fn stream_row(value: &Value) -> Option<(EntryId, &[Value])> {
    let [id, fields] = array(value)?;
    Some((text(id)?.parse().ok()?, values(fields)))
}
