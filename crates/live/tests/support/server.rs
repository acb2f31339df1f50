//! A server on loopback that does as it is told: it answers, hangs, lies, dies.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    /// Answers with a status and a body.
    Answer(u16, String),
    /// Takes the request and says nothing for so long, then closes.
    Hang(Duration),
    /// Closes the connection in the middle of its answer.
    Die,
    /// Promises a body and sends a little of it every so often, without end.
    Drip,
    /// Sends a body without end as fast as it can.
    Flood,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) seen: Arc<Mutex<Vec<Seen>>>,
}

/// A server that does one deed after the other, and the last of them for ever.
pub(crate) fn serve(deeds: Vec<Deed>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/audio", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (all, deeds) = (seen.clone(), Arc::new(Mutex::new(deeds)));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (all, deeds) = (all.clone(), deeds.clone());
            std::thread::spawn(move || answer(stream.unwrap(), &all, &deeds));
        }
    });
    Server { url, seen }
}

fn answer(mut stream: TcpStream, all: &Mutex<Vec<Seen>>, deeds: &Mutex<Vec<Deed>>) -> Option<()> {
    loop {
        let seen = request(&mut stream)?;
        all.lock().unwrap().push(seen);
        let deed = {
            let mut deeds = deeds.lock().unwrap();
            if deeds.len() > 1 { deeds.remove(0) } else { deeds[0].clone() }
        };
        match deed {
            Deed::Answer(status, body) => {
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} said\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
                );
                stream.write_all(format!("{head}{body}").as_bytes()).ok()?;
            }
            Deed::Hang(time) => {
                std::thread::sleep(time);
                return None;
            }
            Deed::Die => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"segm").ok()?;
                return None;
            }
            Deed::Drip => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").ok()?;
                loop {
                    stream.write_all(b" ").ok()?;
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
            Deed::Flood => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").ok()?;
                loop {
                    stream.write_all(format!("1000\r\n{}\r\n", " ".repeat(0x1000)).as_bytes()).ok()?;
                }
            }
        }
    }
}

fn request(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let mut part = [0; 8_192];
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        let count = stream.read(&mut part).ok().filter(|count| *count > 0)?;
        bytes.extend(&part[..count]);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length: usize =
        head.lines().find_map(|line| line.strip_prefix("content-length: "))?.trim().parse().ok()?;
    while bytes.len() < end + length {
        let count = stream.read(&mut part).ok().filter(|count| *count > 0)?;
        bytes.extend(&part[..count]);
    }
    Some(Seen { head, body: bytes[end..].to_vec() })
}
