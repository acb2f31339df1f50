//! Object stores that tests start on loopback and end again: moto for S3, Azurite for Azure.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sonic_testing::Need;

/// A server that ends with the test.
pub(crate) struct Service {
    child: Child,
    pub(crate) port: u16,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn start(need: Need, program: &Path, arguments: &[&str]) -> Option<Service> {
    if !program.exists() {
        sonic_testing::skip(
            need,
            format_args!("{} is not there: `make services` installs it", program.display()),
        );
        return None;
    }
    let port = free_port();
    let with_port = arguments.iter().map(|argument| argument.replace("PORT", &port.to_string()));
    let mut command = Command::new(program);
    command.args(with_port).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let service = Service { child: command.spawn().unwrap(), port };
    let begin = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begin.elapsed() < Duration::from_secs(120), "{} does not answer", program.display());
        std::thread::sleep(Duration::from_millis(50));
    }
    Some(service)
}

/// S3, with a bucket `bucket`; `None` and a reason if moto is not there.
pub(crate) fn s3() -> Option<Service> {
    let program = root().join(".venv/bin/moto_server");
    let service = start(Need::Moto, &program, &["-H", "127.0.0.1", "-p", "PORT"])?;
    request(
        service.port,
        "PUT /bucket HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
    Some(service)
}

/// A file of credentials for the S3 server at `port`.
pub(crate) fn s3_credentials(folder: &Path, port: u16) -> PathBuf {
    let file = folder.join(format!("s3-{port}"));
    let text = format!(
        "# For moto.\nAWS_ENDPOINT_URL=http://127.0.0.1:{port}\nAWS_ACCESS_KEY_ID=KEYNAME\n\
         AWS_SECRET_ACCESS_KEY=THE-SECRET\nAWS_REGION=us-east-1\n"
    );
    std::fs::write(&file, text).unwrap();
    file
}

/// Azure's blobs, with a container `container`; `None` and a reason if Azurite is not there.
pub(crate) fn azure() -> Option<Service> {
    let program = root().join(".services/node_modules/.bin/azurite-blob");
    let arguments = [
        "--blobHost",
        "127.0.0.1",
        "--blobPort",
        "PORT",
        "--inMemoryPersistence",
        "--skipApiVersionCheck",
        "--disableTelemetry",
        "--silent",
    ];
    start(Need::Azurite, &program, &arguments)
}

/// The published name and key of every emulator of Azure.
pub(crate) const AZURE_ACCOUNT: &str = "devstoreaccount1";
pub(crate) const AZURE_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// A file of credentials for the Azure server at `port`.
pub(crate) fn azure_credentials(folder: &Path, port: u16) -> PathBuf {
    let file = folder.join(format!("azure-{port}"));
    let text = format!(
        "AZURE_STORAGE_ACCOUNT_NAME={AZURE_ACCOUNT}\nAZURE_STORAGE_ACCOUNT_KEY={AZURE_KEY}\n\
         AZURE_STORAGE_ENDPOINT=http://127.0.0.1:{port}/{AZURE_ACCOUNT}\n"
    );
    std::fs::write(&file, text).unwrap();
    file
}

/// Sends a request and gives the status line.
pub(crate) fn request(port: u16, text: &str) -> String {
    use std::io::{Read, Write};
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer.lines().next().unwrap_or_default().to_owned()
}
