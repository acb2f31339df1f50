//! A service that is asked over HTTP: the only file that knows `ureq`.

use super::breaker::{Breaker, Leave, Refused};
use super::multipart::Form;
use crate::recognizer::malformed;
use serde::Serialize;
use serde_json::Value;
use sonic_core::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use ureq::Agent;

/// How a service is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceOptions {
    /// A connection is waited for so long, in milliseconds.
    pub connect_timeout_ms: u64,
    /// An answer is waited for so long, tries together, in milliseconds.
    pub timeout_ms: u64,
    /// How often it is tried, 1 to 10. What the service refuses for good is not tried again.
    pub attempts: u32,
    /// The pause before the second try, in milliseconds; twice as long before each further one, and a third more or less by
    /// chance.
    pub backoff_ms: u64,
    /// After so many failures in a row the service is left alone ...
    pub breaker_failures: u32,
    /// ... for so long, in milliseconds; then one call tries whether it is back.
    pub breaker_pause_ms: u64,
    /// Calls at once; further ones wait.
    pub concurrency: usize,
    /// An answer has so many bytes at most.
    pub most_answer_bytes: u64,
}

impl Default for ServiceOptions {
    fn default() -> Self {
        Self {
            connect_timeout_ms: 3_000,
            timeout_ms: 20_000,
            attempts: 3,
            backoff_ms: 250,
            breaker_failures: 5,
            breaker_pause_ms: 10_000,
            concurrency: 4,
            most_answer_bytes: 4 << 20,
        }
    }
}

/// How calls of a service ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct ServiceStats {
    /// Tries that were answered.
    pub answered: u64,
    /// Tries that were not: no connection, no answer in time, an error of the service, an answer that is none.
    pub failed: u64,
    /// Tries after the first of a call.
    pub retried: u64,
    /// Calls that were refused because the service had failed too often or too many asked at once.
    pub refused: u64,
}

/// A service and how it fared.
#[derive(Debug)]
pub(super) struct Service {
    url: String,
    token: Option<String>,
    options: ServiceOptions,
    agent: Agent,
    breaker: Breaker,
    counts: [AtomicU64; 4],
}

const ANSWERED: usize = 0;
const FAILED: usize = 1;
const RETRIED: usize = 2;
const REFUSED: usize = 3;

/// Why a try failed.
struct Failure {
    error: Error,
    /// Another try may do better.
    again: bool,
    /// The service does not work, rather than not like what it was asked.
    is_broken: bool,
}

impl Service {
    pub(super) fn new(url: &str, token: Option<&str>, options: &ServiceOptions) -> Result<Self> {
        check(url, token, options)?;
        let agent: Agent = Agent::config_builder()
            .timeout_connect(Some(Duration::from_millis(options.connect_timeout_ms)))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections_per_host(options.concurrency)
            .user_agent(concat!("sonic/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        let pause = Duration::from_millis(options.breaker_pause_ms);
        Ok(Self {
            url: url.to_owned(),
            token: token.map(str::to_owned),
            agent,
            breaker: Breaker::new(options.breaker_failures, pause, options.concurrency),
            options: options.clone(),
            counts: Default::default(),
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn stats(&self) -> ServiceStats {
        let [answered, failed, retried, refused] = self.counts.each_ref().map(|c| c.load(Ordering::Relaxed));
        ServiceStats { answered, failed, retried, refused }
    }

    /// Sends a form; `read` makes the result of the JSON that comes back.
    pub(super) fn post<T>(&self, form: Form, read: impl Fn(&Value) -> Result<T>) -> Result<T> {
        let (kind, body) = form.finish();
        let deadline = Instant::now() + Duration::from_millis(self.options.timeout_ms);
        let leave = self.breaker.enter(deadline).map_err(|refused| self.refuse(refused))?;
        for attempt in 1.. {
            let failure = match self.attempt(&kind, &body, deadline, &read, &leave) {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let pause = self.pause(attempt);
            let is_time = Instant::now() + pause < deadline;
            if !failure.again || attempt >= self.options.attempts || !is_time {
                return Err(failure.error.context(format_args!("asking {}", self.url)));
            }
            self.count(RETRIED);
            std::thread::sleep(pause);
        }
        Err(Error::new(ErrorKind::Internal, "a call ended without an answer"))
    }

    fn attempt<T>(
        &self,
        kind: &str,
        body: &[u8],
        deadline: Instant,
        read: impl Fn(&Value) -> Result<T>,
        leave: &Leave<'_>,
    ) -> std::result::Result<T, Failure> {
        let answer = self.send(kind, body, deadline).and_then(|json| {
            let again = |error| Failure { error, again: true, is_broken: true };
            read(&json).map_err(again)
        });
        leave.told(answer.as_ref().err().is_none_or(|failure| !failure.is_broken));
        self.count(if answer.is_ok() { ANSWERED } else { FAILED });
        answer
    }

    fn send(&self, kind: &str, body: &[u8], deadline: Instant) -> std::result::Result<Value, Failure> {
        let broken = |error| Failure { error, again: true, is_broken: true };
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        let request = self.agent.post(&self.url).config().timeout_global(Some(left)).build();
        let request = request.header("content-type", kind).header("accept", "application/json");
        let request = match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        let io = |error: ureq::Error| broken(Error::new(ErrorKind::Io, error.to_string()));
        let response = request.send(body).map_err(io)?;
        let status = response.status().as_u16();
        let most = self.options.most_answer_bytes;
        let bytes = response.into_body().into_with_config().limit(most).read_to_vec();
        match status {
            200..=299 => {
                let bytes = bytes.map_err(io)?;
                serde_json::from_slice(&bytes).map_err(|error| broken(malformed(error)))
            }
            _ => Err(refusal(status, &bytes.unwrap_or_default())),
        }
    }

    /// The pause before the try after this one.
    fn pause(&self, attempt: u32) -> Duration {
        let longest = self.options.backoff_ms.saturating_mul(1 << (attempt - 1).min(10));
        // By chance, so that those who failed together do not come back together.
        let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let third = longest / 3;
        Duration::from_millis(longest - third + u64::from(clock.subsec_nanos()) % (2 * third + 1))
    }

    fn refuse(&self, refused: Refused) -> Error {
        self.count(REFUSED);
        match refused {
            Refused::Open(wait) => {
                Error::busy(wait, format!("{} failed too often: it is left alone", self.url))
            }
            Refused::Full => {
                let wait = Duration::from_millis(self.options.timeout_ms);
                Error::busy(wait, format!("too many calls of {} wait for an answer", self.url))
            }
        }
    }

    fn count(&self, what: usize) {
        self.counts[what].fetch_add(1, Ordering::Relaxed);
    }
}

/// What a status other than success means.
fn refusal(status: u16, body: &[u8]) -> Failure {
    let said = String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned();
    let message = format!("the service answered with status {status}: {said}");
    let (kind, again, is_broken) = match status {
        408 | 429 | 500..=599 => (ErrorKind::Io, true, true),
        401 | 403 => (ErrorKind::InvalidArgument, false, true),
        404 | 410 => (ErrorKind::NotFound, false, true),
        413 => (ErrorKind::Limit, false, false),
        _ => (ErrorKind::InvalidArgument, false, false),
    };
    Failure { error: Error::new(kind, message), again, is_broken }
}

fn check(url: &str, token: Option<&str>, options: &ServiceOptions) -> Result<()> {
    if !(url.starts_with("http://") || url.starts_with("https://"))
        || url.bytes().any(|b| b <= b' ' || b == 127)
    {
        return Err(crate::invalid(format!("{url:?} is no address that begins with http:// or https://")));
    }
    if token.is_some_and(|token| !token.bytes().all(|byte| (b'!'..=b'~').contains(&byte))) {
        return Err(crate::invalid("a token is made of visible ASCII characters"));
    }
    let is_right = (1..=3_600_000).contains(&options.timeout_ms)
        && options.connect_timeout_ms > 0
        && (1..=10).contains(&options.attempts)
        && options.backoff_ms <= 60_000
        && options.breaker_failures > 0
        && (1..=1_024).contains(&options.concurrency)
        && options.most_answer_bytes > 0;
    match is_right {
        true => Ok(()),
        false => Err(crate::invalid(
            "timeouts, failures and sizes are at least 1, attempts 1 to 10, backoff_ms at most 60000, concurrency 1 to 1024",
        )),
    }
}
