//! A server of static files, and a proxy that spoils what passes.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A server of the files of a folder, on loopback.
pub(crate) struct StaticServer {
    port: u16,
    sent: Arc<AtomicU64>,
}

impl StaticServer {
    pub(crate) fn start(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let sent = Arc::new(AtomicU64::new(0));
        let (folder, count) = (folder.to_owned(), sent.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (folder, count) = (folder.clone(), count.clone());
                std::thread::spawn(move || serve(&stream, &folder, &count));
            }
        });
        Self { port, sent }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Bytes of bodies that were sent so far.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

/// Answers requests until the client hangs up.
fn serve(stream: &TcpStream, folder: &Path, count: &AtomicU64) -> Option<()> {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream);
    loop {
        let head = read_head(&mut reader)?;
        let mut words = head.split(' ');
        let (method, path) = (words.next()?, words.next()?);
        let file: PathBuf = folder.join(path.trim_start_matches('/'));
        let Ok(bytes) = fs::read(&file) else {
            (&mut &*stream).write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").ok()?;
            continue;
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nLast-Modified: Mon, 30 Nov 2026 04:00:00 GMT\r\n\r\n",
            bytes.len()
        );
        (&mut &*stream).write_all(head.as_bytes()).ok()?;
        if method == "GET" {
            (&mut &*stream).write_all(&bytes).ok()?;
            count.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        }
    }
}

/// The lines up to an empty one.
fn read_head(reader: &mut impl BufRead) -> Option<String> {
    let mut head = String::new();
    while reader.read_line(&mut head).ok()? > 0 {
        if head.ends_with("\r\n\r\n") {
            return Some(head);
        }
    }
    None
}

/// What the proxy does to one answer in `every`, or to all requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection is cut before the answer, after the request was passed on.
    Cut,
    /// The body ends early.
    Truncated,
    /// A byte of the body is another.
    Corrupted,
    /// 503, without asking the server.
    Unavailable,
    /// Everything takes longer.
    Slow,
    /// The clock of the server is hours off, in heads and in lists.
    ClockSkew,
}

/// A proxy before a server, on loopback.
pub(crate) struct Proxy {
    port: u16,
    requests: Arc<AtomicU64>,
}

impl Proxy {
    /// A proxy before the server at `port`, which does `fault` to one request in `every`, from the first of those on.
    pub(crate) fn start(port: u16, fault: Fault, every: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let requests = Arc::new(AtomicU64::new(0));
        let count = requests.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let count = count.clone();
                std::thread::spawn(move || pass(&stream, port, fault, every, &count));
            }
        });
        Self { port: own, requests }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

/// Passes requests on, one connection to the server each, so that every answer ends with it.
fn pass(client: &TcpStream, port: u16, fault: Fault, every: u64, count: &AtomicU64) -> Option<()> {
    let mut reader = BufReader::new(client);
    loop {
        let head = read_head(&mut reader)?;
        let mut body = vec![0; content_length(&head)];
        reader.read_exact(&mut body).ok()?;
        let is_hit = (count.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(every);
        if is_hit && fault == Fault::Unavailable {
            let answer = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = (&mut &*client).write_all(answer);
            return None;
        }
        if is_hit && fault == Fault::Slow {
            std::thread::sleep(Duration::from_millis(150));
        }
        let (mut answer_head, mut answer) = forward(port, &head, &body)?;
        if fault == Fault::ClockSkew {
            answer_head = five_hours_off(&answer_head);
            answer = String::from_utf8(answer)
                .map_or_else(|e| e.into_bytes(), |body| five_hours_off(&body).into());
        }
        if is_hit && fault == Fault::Cut {
            let _ = client.shutdown(Shutdown::Both);
            return None;
        }
        let whole = answer.len();
        if is_hit && fault == Fault::Truncated {
            answer.truncate(whole / 2);
        }
        if is_hit && fault == Fault::Corrupted && head.starts_with("GET") && !head.contains("list-type") {
            answer.iter_mut().skip(whole / 2).take(1).for_each(|byte| *byte ^= 0x20);
        }
        (&mut &*client).write_all(answer_head.as_bytes()).ok()?;
        (&mut &*client).write_all(&answer).ok()?;
        if answer.len() < whole {
            let _ = client.shutdown(Shutdown::Both);
            return None;
        }
    }
}

/// Every time of day in a text, `05:` before minutes and seconds, five hours later; the day stays.
fn five_hours_off(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for at in 0..bytes.len().saturating_sub(8) {
        let is_time = [0, 1, 3, 4, 6, 7].iter().all(|n| bytes[at + n].is_ascii_digit());
        if is_time && bytes[at + 2] == b':' && bytes[at + 5] == b':' {
            let hour = ((bytes[at] - b'0') * 10 + bytes[at + 1] - b'0' + 5) % 24;
            (bytes[at], bytes[at + 1]) = (b'0' + hour / 10, b'0' + hour % 10);
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn content_length(head: &str) -> usize {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    let mut lengths = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    lengths.next().and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0)
}

/// The head and the body of the server's answer. The host of the request stays: it is signed.
fn forward(port: u16, head: &str, body: &[u8]) -> Option<(String, Vec<u8>)> {
    let server = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let head = head.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    (&mut &server).write_all(head.as_bytes()).ok()?;
    (&mut &server).write_all(body).ok()?;
    let mut reader = BufReader::new(&server);
    loop {
        let answer = read_head(&mut reader)?;
        if answer.starts_with("HTTP/1.1 100") {
            continue;
        }
        let mut rest = Vec::new();
        if !head.starts_with("HEAD") {
            reader.read_to_end(&mut rest).ok()?;
        }
        let answer = answer.replace("Connection: close\r\n", "").replace("connection: close\r\n", "");
        if answer.to_ascii_lowercase().contains("transfer-encoding: chunked") {
            // What is chunked ends by its own last chunk.
            return Some((answer, rest));
        }
        return Some((answer, rest));
    }
}
