//! A connection to Redis that is made when it is needed, and anew after it failed.

use redis::{Client, Connection, RedisResult};
use sonic::{Error, ErrorKind, Result};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(3);

pub(crate) struct RedisLink {
    client: Client,
    connection: Mutex<Option<Connection>>,
}

impl RedisLink {
    /// Redis at this address, a database of it if that is said.
    ///
    /// # Errors
    /// `InvalidArgument` if it is no address.
    pub(crate) fn new(url: &str, database: Option<u32>) -> Result<Self> {
        let wrong = |e: String| Error::new(ErrorKind::InvalidArgument, format!("the address of Redis: {e}"));
        let mut url = url::Url::parse(url).map_err(|e| wrong(e.to_string()))?;
        if let (Some(database), "redis") = (database, url.scheme()) {
            url.set_path(&database.to_string());
        }
        let client = Client::open(url.as_str()).map_err(|e| wrong(e.to_string()))?;
        Ok(Self { client, connection: Mutex::new(None) })
    }

    /// Runs a command; once more on a new connection if it fails.
    ///
    /// # Errors
    /// `Io` if Redis does not answer.
    pub(crate) fn run<T>(&self, command: impl Fn(&mut Connection) -> RedisResult<T>) -> Result<T> {
        let mut held = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = held.as_mut()
            && let Ok(answer) = command(connection)
        {
            return Ok(answer);
        }
        *held = None;
        let failed = |e: redis::RedisError| Error::new(ErrorKind::Io, format!("Redis does not answer: {e}"));
        let mut connection = self.client.get_connection_with_timeout(TIMEOUT).map_err(failed)?;
        connection.set_read_timeout(Some(TIMEOUT)).map_err(failed)?;
        connection.set_write_timeout(Some(TIMEOUT)).map_err(failed)?;
        let answer = command(&mut connection).map_err(failed)?;
        *held = Some(connection);
        Ok(answer)
    }
}
