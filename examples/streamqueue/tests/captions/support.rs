//! What the tests share: the program, Redis, whoever talks to them, and real slices.

use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use sonic_testing::Need;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// The token of those who administer, and that of a user.
pub(crate) const SERVICE: &str = "service-service-service";
pub(crate) const ANN: &str = "ann-ann-ann-ann-ann";
pub(crate) const MEETING: &str = "abc-defg-hij";

/// The program, until it is dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) url: String,
    pub(crate) log: Arc<Mutex<String>>,
    client: reqwest::Client,
}

impl Running {
    /// Starts it with a folder and these variables, and waits until it is ready.
    pub(crate) fn start(role: &str, data: &Path, variables: &[(&str, &str)]) -> Self {
        let started = Self::spawn(role, data, variables);
        started.unwrap_or_else(|log| panic!("it did not start: {log}"))
    }

    /// As [`start`](Self::start); what it said if it ended.
    pub(crate) fn spawn(role: &str, data: &Path, variables: &[(&str, &str)]) -> Result<Self, String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_streamqueue"));
        command.arg(role).env_clear().env("DATA_DIR", data).env("PORT", "0").env("API_HOST", "127.0.0.1");
        for name in ["PATH", "ORT_DYLIB_PATH", "HOME"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(variables.iter().copied()).stderr(Stdio::piped()).stdin(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let (mut address, mut said) = (None, String::new());
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line).unwrap() == 0 {
                let _ = child.wait();
                return Err(said);
            }
            said.push_str(&line);
            let json: Value = serde_json::from_str(&line).unwrap_or_default();
            match json["message"].as_str() {
                Some("listening") => address = json["address"].as_str().map(str::to_owned),
                Some("ready") => break,
                _ => (),
            }
        }
        let log = Arc::new(Mutex::new(said));
        let more = log.clone();
        std::thread::spawn(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|count| count > 0) {
                more.lock().unwrap().push_str(&std::mem::take(&mut line));
            }
        });
        Ok(Self { child, url: format!("http://{}", address.unwrap()), log, client: client() })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: impl Into<reqwest::Body>,
    ) -> Reply {
        let request = self.client.request(method, format!("{}{path}", self.url)).body(body);
        let request = token.into_iter().fold(request, |request, token| request.bearer_auth(token));
        Reply::of(request).await
    }

    pub(crate) async fn json(&self, method: Method, path: &str, token: Option<&str>, body: &Value) -> Reply {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = request.header("content-type", "application/json").body(body.to_string());
        let request = token.into_iter().fold(request, |request, token| request.bearer_auth(token));
        Reply::of(request).await
    }

    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> Reply {
        self.send(Method::GET, path, token, "").await
    }

    /// Gives a user a token.
    pub(crate) async fn user(&self, token: &str, id: &str) {
        let body = json!({ "token": token, "user_id": id, "enable_status": true });
        self.json(Method::POST, "/api/v1/users/add-token", Some(SERVICE), &body).await.is(200);
    }

    /// A socket that has said hello.
    pub(crate) async fn socket(&self, hello: &Value) -> Socket {
        let mut socket = self.bare_socket().await;
        socket.say(hello).await;
        let welcome = socket.next().await.unwrap();
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        socket
    }

    pub(crate) async fn bare_socket(&self) -> Socket {
        let url = format!("{}/api/v1/ws", self.url.replace("http", "ws"));
        Socket(tokio_tungstenite::connect_async(url).await.unwrap().0)
    }

    /// The last revision of each caption of a meeting, by id.
    pub(crate) async fn captions(&self, meeting: &str, token: Option<&str>) -> Vec<Value> {
        let (mut all, mut after) = (std::collections::BTreeMap::new(), String::new());
        loop {
            let path = format!("/api/v1/meetings/{meeting}/segments?after={after}");
            let reply = self.get(&path, token).await;
            if reply.status == 503 {
                // As it says: later.
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
            let page = reply.is(200);
            let page = page["segments"].as_array().unwrap().clone();
            let Some(last) = page.last() else { break };
            last["place"].as_str().unwrap().clone_into(&mut after);
            for segment in page {
                all.insert(segment["id"].as_str().unwrap().to_owned(), segment);
            }
        }
        all.into_values().collect()
    }

    /// Ends it as a platform does, and waits; gives its exit status.
    pub(crate) fn stop(mut self) -> Option<i32> {
        self.signal("TERM");
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("it does not end: {}", self.log.lock().unwrap());
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(crate) fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// What was answered.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.text().await.unwrap() }
    }

    /// The JSON of what must have this status.
    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// A client of the WebSocket.
pub(crate) struct Socket(pub(crate) WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub(crate) async fn say(&mut self, message: &Value) {
        self.0.send(Message::Text(message.to_string().into())).await.unwrap();
    }

    /// Sends a slice; false if the socket has gone.
    pub(crate) async fn slice(&mut self, header: &Value, bytes: &[u8]) -> bool {
        self.0.send(Message::Binary(frame(header, bytes).into())).await.is_ok()
    }

    /// The next message in JSON; the code if it was closed, 1006 if it broke off.
    pub(crate) async fn next(&mut self) -> Result<Value, u16> {
        loop {
            let next =
                tokio::time::timeout(Duration::from_secs(20), self.0.next()).await.expect("nothing came");
            match next {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => return Err(frame.map_or(1005, |frame| frame.code.into())),
                Some(Ok(_)) => (),
                Some(Err(_)) | None => return Err(1006),
            }
        }
    }

    /// The next message that is of a type.
    pub(crate) async fn next_of(&mut self, kind: &str) -> Result<Value, u16> {
        loop {
            let message = self.next().await?;
            if message["type"] == kind {
                return Ok(message);
            }
        }
    }
}

pub(crate) fn frame(header: &Value, bytes: &[u8]) -> Vec<u8> {
    let header = header.to_string();
    let mut all = (header.len() as u32).to_le_bytes().to_vec();
    all.extend_from_slice(header.as_bytes());
    all.extend_from_slice(bytes);
    all
}

pub(crate) fn hello(connection: &str) -> Value {
    json!({ "type": "hello", "token": ANN, "connection_id": connection, "meeting_id": MEETING })
}

pub(crate) fn now_ms() -> f64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64() * 1e3
}

/// The slices of a real recording, in order.
pub(crate) fn slices(name: &str) -> Option<Vec<Vec<u8>>> {
    let folder = sonic_testing::assets("live/slices")?.join(name);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "webm" || ending == "ogg"));
    files.sort();
    Some(files.iter().map(|file| std::fs::read(file).unwrap()).collect())
}

/// Redis that writes everything down before it answers, as it is to be set; killed and started again at one place.
pub(crate) struct Redis {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Redis {
    /// `None`, and a reason printed, where there is none.
    pub(crate) fn start() -> Option<Self> {
        if Command::new("redis-server").arg("--version").stdout(Stdio::null()).status().is_err() {
            sonic_testing::skip(Need::Redis, "there is no redis-server");
            return None;
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let child = Self::spawn(port, folder.path());
        Some(Self { child, port, folder })
    }

    fn spawn(port: u16, folder: &Path) -> Child {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
        command.args(["--port", &port.to_string(), "--dir"]).arg(folder).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while lines.read_line(&mut line).unwrap() > 0 && !line.contains("Ready to accept") {
            line.clear();
        }
        std::thread::spawn(move || std::io::copy(&mut lines.take(u64::MAX), &mut std::io::sink()));
        child
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Kills it, and starts it after a while.
    pub(crate) fn again(&mut self, after: Duration) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        std::thread::sleep(after);
        self.child = Self::spawn(self.port, self.folder.path());
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
