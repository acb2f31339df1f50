//! What is sent to be recognised or kept: one file as the body, or several as a form. It stays in memory.

use crate::app::App;
use crate::error::Refusal;
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, StatusCode, header};
use sonic::Source;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::OwnedSemaphorePermit;

/// Most files of a form.
const MAX_FILES: usize = 16;
/// Longest name of a file that is kept of it, in characters.
const MAX_NAME: usize = 200;

/// The files of a request.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) files: Vec<File>,
}

/// A file in memory. What it takes of the memory for uploads is given back with the last clone.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// Its name without folders; `body` if it came without.
    pub(crate) name: String,
    bytes: Bytes,
    _room: Arc<OwnedSemaphorePermit>,
}

impl FromRequest<App> for Upload {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let most = app.settings.max_body_mb as usize * 1024 * 1024;
        let room = Arc::new(room(request.headers(), most, app)?);
        let limit = Duration::from_secs(app.settings.body_s);
        let is_form = is_form(request.headers());
        let files = async {
            match is_form {
                true => form(request, app, &room).await,
                false => {
                    let bytes = Bytes::from_request(request, app).await;
                    let bytes = bytes.map_err(|e| broken(e.status(), e.body_text()))?;
                    Ok(vec![File { name: "body".to_owned(), bytes, _room: room.clone() }])
                }
            }
        };
        let late = |_| {
            let message = format!("the body did not come within {} seconds", limit.as_secs());
            Refusal::new(StatusCode::REQUEST_TIMEOUT, "timeout", message)
        };
        let files = tokio::time::timeout(limit, files).await.map_err(late)??;
        match files.iter().any(|file| file.bytes.is_empty()) || files.is_empty() {
            true => Err(Refusal::invalid("the body is empty: send a file")),
            false => Ok(Self { files }),
        }
    }
}

impl Upload {
    /// The only file.
    ///
    /// # Errors
    /// 400 if there are more.
    pub(crate) fn one(mut self) -> Result<File, Refusal> {
        match (self.files.pop(), self.files.len()) {
            (Some(file), 0) => Ok(file),
            (_, more) => Err(Refusal::invalid(format!("send one file, not {}", more + 1))),
        }
    }
}

impl File {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What a decoder reads, until the deadline: a few bytes may stand for days of silence.
    pub(crate) fn source(&self, deadline: Instant) -> Source {
        Source::reader(Reading { file: self.clone(), position: 0, deadline })
    }
}

struct Reading {
    file: File,
    position: usize,
    deadline: Instant,
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if Instant::now() >= self.deadline {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "it takes too long to decode"));
        }
        // Little at a time, so that the deadline is looked at often: each kibibyte may stand for many minutes.
        let most = buffer.len().min(1024);
        let count = (&self.file.bytes[self.position..]).read(&mut buffer[..most])?;
        self.position += count;
        Ok(count)
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.get(..19).is_some_and(|start| start.eq_ignore_ascii_case("multipart/form-data"))
}

/// Room for a body, as long as it says or as long as it may be.
fn room(headers: &HeaderMap, most: usize, app: &App) -> Result<OwnedSemaphorePermit, Refusal> {
    let said =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let length = said.unwrap_or(most);
    if length > most {
        return Err(Refusal::too_large(format!("a body has up to {} MiB", most >> 20)));
    }
    let kibibytes = length.div_ceil(1024).max(1) as u32;
    let room = app.uploads.clone().try_acquire_many_owned(kibibytes);
    room.map_err(|_| Refusal::overloaded("too many bodies are in memory already"))
}

fn broken(status: StatusCode, message: String) -> Refusal {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::too_large(message),
        _ => Refusal::invalid(message),
    }
}

async fn form(request: Request, app: &App, room: &Arc<OwnedSemaphorePermit>) -> Result<Vec<File>, Refusal> {
    let form = Multipart::from_request(request, app).await;
    let mut form = form.map_err(|e| broken(e.status(), e.body_text()))?;
    let mut files = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|e| broken(e.status(), e.body_text()))? {
        if files.len() == MAX_FILES {
            return Err(Refusal::invalid(format!("a form has up to {MAX_FILES} files")));
        }
        let name = base_name(field.file_name().or(field.name()).unwrap_or("body"));
        let bytes = field.bytes().await.map_err(|e| broken(e.status(), e.body_text()))?;
        files.push(File { name, bytes, _room: room.clone() });
    }
    Ok(files)
}

/// The last part of a path, of characters that can be seen.
fn base_name(path: &str) -> String {
    let last = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let seen: String = last.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    match seen.trim_matches(['.', ' ']) {
        "" => "body".to_owned(),
        _ => seen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path() {
        for (path, name) in [
            ("clip.mp3", "clip.mp3"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\x\\a.wav", "a.wav"),
            ("a\r\nSet-Cookie: b", "aSet-Cookie: b"),
            ("..", "body"),
            ("folder/", "body"),
            ("", "body"),
        ] {
            assert_eq!(base_name(path), name);
        }
        assert_eq!(base_name(&"x".repeat(5000)).len(), MAX_NAME);
    }
}
