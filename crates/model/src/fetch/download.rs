//! Bytes from an address: the only file that knows `ureq`.

use sonic_core::{Error, ErrorKind, Result};
use std::io::Read;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;
use ureq::Agent;

/// A server that is silent for this long is given up.
const SILENCE: Duration = Duration::from_secs(60);
const CHUNK_BYTES: usize = 1 << 16;

/// News of a download.
enum News {
    /// The server answered, with this length if it said one.
    Length(Option<u64>),
    /// The next bytes.
    Chunk(Vec<u8>),
    /// Why there are no more.
    Failed(Error),
}

/// What comes from an address. The waiting is done by another thread, so that it can be cancelled.
pub(super) struct Download {
    news: Receiver<News>,
    /// Number of bytes that there should be, once the server has said so.
    pub(super) length: Option<u64>,
}

/// What a download has given.
pub(super) enum Step {
    /// The next bytes.
    Bytes(Vec<u8>),
    /// Nothing new within the time that was given.
    Nothing,
    /// All is there.
    End,
}

impl Download {
    /// Asks for `url`; redirects are followed, but none from https to http.
    pub(super) fn start(url: &str) -> Result<Self> {
        let (sender, news) = sync_channel(8);
        let url = url.to_owned();
        let work = move || {
            if let Err(error) = download(&url, &|n| sender.send(n).is_ok()) {
                let _ = sender.send(News::Failed(error)); // Nobody listens if the work was cancelled.
            }
        };
        let spawned = std::thread::Builder::new().name("sonic-download".to_owned()).spawn(work);
        spawned.map_err(|e| Error::io("cannot start a thread", e))?;
        Ok(Self { news, length: None })
    }

    /// Waits for news, but not longer than `patience`.
    ///
    /// # Errors
    /// `NotFound` if the server does not have it; `Io` if it cannot be reached, refuses or falls silent.
    pub(super) fn next(&mut self, patience: Duration) -> Result<Step> {
        match self.news.recv_timeout(patience) {
            Ok(News::Chunk(bytes)) => Ok(Step::Bytes(bytes)),
            Ok(News::Failed(error)) => Err(error),
            Ok(News::Length(length)) => {
                self.length = length;
                Ok(Step::Nothing)
            }
            Err(RecvTimeoutError::Timeout) => Ok(Step::Nothing),
            Err(RecvTimeoutError::Disconnected) => Ok(Step::End),
        }
    }
}

/// Sends what comes from `url` to `tell`, until that does not listen any more.
fn download(url: &str, tell: &dyn Fn(News) -> bool) -> Result<()> {
    let agent: Agent = Agent::config_builder()
        .https_only(url.starts_with("https://"))
        .timeout_connect(Some(SILENCE))
        .timeout_recv_response(Some(SILENCE))
        .timeout_per_read(Some(SILENCE))
        .user_agent(concat!("sonic/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let response = agent.get(url).call().map_err(refused)?;
    let body = response.into_body();
    if !tell(News::Length(body.content_length())) {
        return Ok(());
    }
    let mut reader = body.into_reader();
    loop {
        let mut chunk = vec![0; CHUNK_BYTES];
        match reader.read(&mut chunk).map_err(|e| Error::new(ErrorKind::Io, e.to_string()))? {
            0 => return Ok(()),
            n => chunk.truncate(n),
        }
        if !tell(News::Chunk(chunk)) {
            return Ok(());
        }
    }
}

fn refused(error: ureq::Error) -> Error {
    match error {
        ureq::Error::StatusCode(status @ (404 | 410)) => {
            Error::new(ErrorKind::NotFound, format!("the server does not have it (status {status})"))
        }
        ureq::Error::StatusCode(status) => {
            Error::new(ErrorKind::Io, format!("the server answered with status {status}"))
        }
        error => Error::new(ErrorKind::Io, error.to_string()),
    }
}
