//! Redis's server, started and ended by the test.

use sonic_live::transport::RedisOptions;
use sonic_testing::{Need, skip};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A free port of this machine.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A server that keeps its data in a folder, and dies with this.
pub(crate) struct Redis {
    pub(crate) port: u16,
    folder: PathBuf,
    fsync: &'static str,
    child: Option<Child>,
}

impl Redis {
    /// A server in `folder`; `None`, and a reason printed, if there is no program.
    pub(crate) fn start(folder: &Path, fsync: &'static str) -> Option<Self> {
        if Command::new("redis-server").arg("--version").stdout(Stdio::null()).status().is_err() {
            skip(Need::Redis, "redis-server is not there: apt-get install redis-server");
            return None;
        }
        std::fs::create_dir_all(folder).unwrap();
        let mut redis = Self { port: free_port(), folder: folder.to_owned(), fsync, child: None };
        redis.again();
        Some(redis)
    }

    /// Starts it again with what it kept.
    pub(crate) fn again(&mut self) {
        let port = self.port.to_string();
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &port, "--dir"]).arg(&self.folder);
        command.args(["--appendonly", "yes", "--appendfsync", self.fsync, "--save", ""]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.child = Some(child.unwrap());
        super::wait_for("Redis answers", Duration::from_secs(20), || {
            TcpStream::connect(("127.0.0.1", self.port)).is_ok()
        });
    }

    /// Ends it as a power failure does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub(crate) fn options(&self) -> RedisOptions {
        RedisOptions {
            url: format!("redis://127.0.0.1:{}/0", self.port),
            timeout: Duration::from_secs(2),
            ..RedisOptions::default()
        }
    }

    /// Runs a command.
    pub(crate) fn command(&self, arguments: &[&str]) -> String {
        let port = self.port.to_string();
        let ran = Command::new("redis-cli").args(["-p", &port]).args(arguments).output().unwrap();
        String::from_utf8_lossy(&ran.stdout).trim().to_owned()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
