//! What the tests of the server share: a server of their own, and whoever talks to it.

use reqwest::Method;
use serde_json::Value;
use sonic_server::{Server, Settings};
use sonic_testing::media::{Pcm, wav};
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// A token of an admin.
pub(crate) const ADMIN: &str = "admin-admin-admin-admin";
/// A token of who may look.
pub(crate) const READER: &str = "reader-reader-reader";

/// What was answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The result of what must have gone well.
    pub(crate) fn good(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }

    /// The kind of what must have been refused with this status.
    pub(crate) fn refused(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text());
        let error = &self.json()["error"];
        assert!(error["message"].is_string(), "{}", self.text());
        error["kind"].as_str().unwrap().to_owned()
    }
}

/// A server in this process, with a folder that goes with it.
pub(crate) struct Running {
    server: Option<Server>,
    pub(crate) url: String,
    pub(crate) folder: TempDir,
    client: reqwest::Client,
}

/// Settings as a command line gives them.
pub(crate) fn settings(folder: &Path, more: &[&str]) -> Settings {
    let tokens = format!("admin:{ADMIN},read:{READER}");
    let store = folder.join("store");
    let mut arguments: Vec<OsString> =
        ["sonic-server", "--listen", "127.0.0.1:0", "--log", "error"].map(Into::into).into();
    arguments.extend(["--tokens".into(), tokens.into(), "--store".into(), store.into_os_string()]);
    arguments.extend(more.iter().map(OsString::from));
    if !more.contains(&"--faces") {
        arguments.extend(["--faces", "off"].map(Into::into));
    }
    Settings::parse_from_environment(arguments).unwrap_or_else(|e| panic!("{e}"))
}

pub(crate) fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

impl Running {
    pub(crate) async fn start(more: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), more).await
    }

    pub(crate) async fn start_in(folder: TempDir, more: &[&str]) -> Self {
        let mut server = Server::start(settings(folder.path(), more)).await.unwrap();
        server.ready().await.unwrap();
        let url = format!("http://{}", server.address());
        Self { server: Some(server), url, folder, client: client() }
    }

    /// Ends the server; gives the folder.
    pub(crate) async fn stop(mut self) -> TempDir {
        self.server.take().unwrap().stop().await;
        self.folder
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Reply {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).body(body);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Reply { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, Some(ADMIN), &[], Vec::new()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, Some(ADMIN), &[], Vec::new()).await
    }

    /// Sends a file.
    pub(crate) async fn post(&self, path: &str, body: Vec<u8>) -> Reply {
        self.send(Method::POST, path, Some(ADMIN), &[], body).await
    }

    pub(crate) async fn json(&self, method: Method, path: &str, body: &Value) -> Reply {
        let headers = [("content-type", "application/json")];
        self.send(method, path, Some(ADMIN), &headers, body.to_string().into_bytes()).await
    }

    /// Sends files in a form.
    pub(crate) async fn form(&self, path: &str, files: &[(&str, Vec<u8>)]) -> Reply {
        let mut body = Vec::new();
        for (name, bytes) in files {
            let head =
                format!("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
            body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
        }
        body.extend(b"--x--\r\n");
        let headers = [("content-type", "multipart/form-data; boundary=x")];
        self.send(Method::POST, path, Some(ADMIN), &headers, body).await
    }
}

/// A server in a process of its own, and where it listens.
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) url: String,
    log: Arc<Mutex<Vec<Value>>>,
}

impl Process {
    /// Starts one, with these settings more, and waits until it logs `message`: `listening`, or `ready` after that.
    pub(crate) fn start(folder: &Path, more: &[&str], message: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sonic-server"))
            .args(["--listen", "127.0.0.1:0", "--faces", "off", "--tokens"])
            .arg(format!("admin:{ADMIN}"))
            .arg("--store")
            .arg(folder.join("store"))
            .args(more)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut url = String::new();
        for line in &mut lines {
            let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
            if let Some(address) = line["address"].as_str() {
                url = format!("http://{address}");
            }
            if line["message"] == message {
                break;
            }
        }
        // What it logs is read until it ends.
        let log = Arc::new(Mutex::new(Vec::new()));
        let kept = log.clone();
        std::thread::spawn(move || {
            let lines = lines.map_while(Result::ok).filter_map(|line| serde_json::from_str(&line).ok());
            lines.for_each(|line| kept.lock().unwrap().push(line));
        });
        assert!(!url.is_empty());
        Self { child, url, log }
    }

    /// What it has logged since it was started.
    pub(crate) fn logged(&self) -> Vec<Value> {
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A recording of the demo.
pub(crate) fn demo(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../examples/demo/media/{name}.opus"))
}

/// Seconds of a recording of the demo, as a WAV.
pub(crate) fn clip(name: &str, start: usize, seconds: usize) -> Vec<u8> {
    let clip = sonic::decode(demo(name)).unwrap();
    let rate = clip.sample_rate as usize;
    wav(Pcm::Integer(16), clip.sample_rate, 1, &clip.samples[start * rate..(start + seconds) * rate])
}

/// The bytes of a recording of the demo.
pub(crate) fn recording(name: &str) -> Vec<u8> {
    std::fs::read(demo(name)).unwrap()
}
