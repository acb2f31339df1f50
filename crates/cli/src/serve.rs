//! `sonic serve`: the server that lies beside the command.

use crate::{Failure, Outcome};
use sonic::{Error, ErrorKind};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The name of the server's binary.
const SERVER: &str = if cfg!(windows) { "sonic-server.exe" } else { "sonic-server" };

/// Serve a store over HTTP, with the `sonic-server` that lies beside this command.
#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// The store: a directory, created if it does not exist.
    #[arg(long, value_name = "DIR", env = "SONIC_STORE")]
    store: PathBuf,
    /// The address to listen at [default: 127.0.0.1:8080, or the port PORT].
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// What else the server is told, after --; `sonic serve --store DIR -- --help` lists it.
    #[arg(last = true, value_name = "SETTING")]
    settings: Vec<OsString>,
}

impl Serve {
    pub(crate) fn run(&self) -> Result<Outcome, Failure> {
        let own = std::env::current_exe().map_err(|e| Error::io("cannot tell where this command lies", e))?;
        let server = beside(&own)?;
        let mut command = Command::new(&server);
        command.arg("--store").arg(&self.store);
        if let Some(listen) = &self.listen {
            command.args(["--listen", listen]);
        }
        command.args(&self.settings);
        become_it(command, &server)
    }
}

fn beside(own: &Path) -> sonic::Result<PathBuf> {
    // A link to the command is not where the server lies.
    let own = own.canonicalize().unwrap_or_else(|_| own.to_owned());
    let server = own.with_file_name(SERVER);
    if server.is_file() {
        return Ok(server);
    }
    let message = format!(
        "there is no {SERVER} beside {}: build it with `cargo build --release --package sonic-media-server` and put it there",
        own.display()
    );
    Err(Error::new(ErrorKind::NotFound, message))
}

/// The server takes the place of this process, so that signals reach it.
#[cfg(unix)]
fn become_it(mut command: Command, server: &Path) -> Result<Outcome, Failure> {
    let error = std::os::unix::process::CommandExt::exec(&mut command);
    Err(Error::io(format!("cannot run {}", server.display()), error).into())
}

#[cfg(not(unix))]
fn become_it(mut command: Command, server: &Path) -> Result<Outcome, Failure> {
    let status = command.status().map_err(|e| Error::io(format!("cannot run {}", server.display()), e))?;
    Ok(if status.success() { Outcome::AllFine } else { Outcome::SomeFailed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_not_there_is_named_with_how_to_get_it() {
        let error = beside(Path::new("nowhere/sonic")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.message().contains("--package sonic-media-server"), "{error}");
    }
}
