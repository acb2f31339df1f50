//! What the processes do that are killed: an API that takes slices over TCP, and a worker.

use super::{options, parts};
use sonic_core::Result;
use sonic_live::transport::{
    FolderSink, Intake, IntakeOptions, Origin, RedisOptions, RedisTransport, SliceSink, Transport,
};
use sonic_live::{Deliver, Delivery, Worker, WorkerOptions};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const ROLE: &str = "SONIC_TEST_ROLE";

/// Where everything is.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) redis: String,
    pub(crate) api: u16,
}

impl Place {
    pub(crate) fn transport(&self) -> Arc<dyn Transport> {
        let options = RedisOptions {
            url: self.redis.clone(),
            timeout: Duration::from_secs(2),
            ..RedisOptions::default()
        };
        loop {
            match RedisTransport::open(&options) {
                Ok(transport) => return Arc::new(transport),
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    pub(crate) fn sink(&self) -> Arc<dyn SliceSink> {
        Arc::new(FolderSink::new(self.folder.join("slices")).unwrap())
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    pub(crate) fn delivered(&self) -> PathBuf {
        self.folder.join("delivered")
    }

    /// Starts a process of a role: this program again.
    pub(crate) fn start(&self, role: &str) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["role", "--exact", "--nocapture"]).env(ROLE, role);
        command.env("SONIC_TEST_FOLDER", &self.folder).env("SONIC_TEST_REDIS", &self.redis);
        command.env("SONIC_TEST_API", self.api.to_string());
        let log =
            File::options().append(true).create(true).open(self.folder.join(format!("{role}.log"))).unwrap();
        // It ends when nobody holds the other end.
        command.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
        command.spawn().unwrap()
    }
}

/// Does what this process is for; nothing if that is a test.
pub(crate) fn role() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let get = |name: &str| std::env::var(name).unwrap();
    let place = Place {
        folder: get("SONIC_TEST_FOLDER").into(),
        redis: get("SONIC_TEST_REDIS"),
        api: get("SONIC_TEST_API").parse().unwrap(),
    };
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::abort();
    });
    match &role[..] {
        "api" => api(&place),
        "worker" => work(&place),
        other => panic!("{other} is no role"),
    }
}

/// A slice on its way: connection, index and bytes. No bytes end the sound.
pub(crate) fn send(
    stream: &mut TcpStream,
    origin: &Origin,
    index: u64,
    bytes: &[u8],
    sent_ms: f64,
) -> std::io::Result<bool> {
    let origin = serde_json::to_vec(origin)?;
    let mut message = Vec::with_capacity(bytes.len() + origin.len() + 24);
    message.extend((origin.len() as u32).to_le_bytes());
    message.extend((bytes.len() as u32).to_le_bytes());
    message.extend(index.to_le_bytes());
    message.extend(sent_ms.to_le_bytes());
    message.extend(origin);
    message.extend(bytes);
    stream.write_all(&message)?;
    let mut answer = [0];
    stream.read_exact(&mut answer)?;
    Ok(answer[0] == 1)
}

fn receive(stream: &mut TcpStream) -> std::io::Result<(Origin, u64, Vec<u8>, f64)> {
    let mut head = [0; 24];
    stream.read_exact(&mut head)?;
    let number = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().unwrap()) as usize;
    let mut origin = vec![0; number(0)];
    let mut bytes = vec![0; number(4)];
    stream.read_exact(&mut origin)?;
    stream.read_exact(&mut bytes)?;
    let index = u64::from_le_bytes(head[8..16].try_into().unwrap());
    let sent = f64::from_le_bytes(head[16..24].try_into().unwrap());
    Ok((serde_json::from_slice(&origin)?, index, bytes, sent))
}

fn api(place: &Place) {
    let options = IntakeOptions { timeout: Duration::from_secs(3), ..IntakeOptions::default() };
    let intake = Intake::new(place.transport(), place.sink(), &options).unwrap();
    let listener = TcpListener::bind(("127.0.0.1", place.api)).unwrap();
    for stream in listener.incoming() {
        let (mut stream, intake) = (stream.unwrap(), intake.clone());
        std::thread::spawn(move || {
            while let Ok((origin, index, bytes, sent_ms)) = receive(&mut stream) {
                let taken = match bytes.is_empty() {
                    true => intake.end(&origin),
                    false => intake.slice(&origin, index, &bytes, Some(sent_ms)),
                };
                if stream.write_all(&[u8::from(taken.is_ok())]).is_err() {
                    return;
                }
            }
        });
    }
}

/// Writes down what is delivered, a line each.
struct Lines(Mutex<File>);

impl Deliver for Lines {
    fn deliver(&self, delivery: &Delivery) -> Result<()> {
        let line = format!("{}\n", serde_json::to_string(delivery).unwrap());
        self.0
            .lock()
            .unwrap()
            .write_all(line.as_bytes())
            .map_err(|e| sonic_core::Error::io("cannot write", e))
    }
}

fn work(place: &Place) {
    let store = super::open(&place.store());
    let file = OpenOptions::new().append(true).create(true).open(place.delivered()).unwrap();
    let parts = parts(&store, &place.transport(), &place.sink(), Some(Arc::new(Lines(Mutex::new(file)))));
    let options = WorkerOptions { attempts: 1_000, idle: Duration::from_secs(600), ..options() };
    let worker = Worker::start(parts, &options).unwrap();
    loop {
        std::thread::sleep(Duration::from_secs(1));
        println!("{:?}", worker.stats());
    }
}

/// What was delivered, in order.
pub(crate) fn delivered(path: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    // A process that is killed may leave half a line.
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}
