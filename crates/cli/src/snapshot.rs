//! `sonic snapshot`: a store in object storage.

use crate::add::interruption;
use crate::output::{Output, Problem, bytes, plural, to_the_second};
use crate::{Failure, Outcome};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use sonic::remote::{self, Progress, PruneOptions, Pruned, RemoteOptions};
use sonic::{Access, ErrorKind, Store, StoreOptions};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Keep snapshots of a store in object storage, and make a store of them.
///
/// URL is s3://bucket/prefix, az://container/prefix, gs://bucket/prefix or file:///folder; to pull, also https://host/prefix.
/// Keys come from the environment (AWS_ACCESS_KEY_ID, AZURE_STORAGE_ACCOUNT_KEY, ...) or a file.
#[derive(Debug, clap::Args)]
pub(crate) struct Snapshot {
    #[command(subcommand)]
    command: Command,
    /// Print one JSON object a line instead of text for people.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// A server in the place of the usual one: that of R2, MinIO, an emulator.
    #[arg(long, value_name = "URL", global = true)]
    endpoint: Option<String>,
    /// A file with keys and settings, one NAME=value a line.
    #[arg(long, value_name = "FILE", env = "SONIC_CREDENTIALS", global = true)]
    credentials: Option<PathBuf>,
    /// Requests at the same time.
    #[arg(long, value_name = "N", default_value_t = RemoteOptions::default().connections, global = true)]
    connections: usize,
    /// Send or receive at most so many bytes a second.
    #[arg(long, value_name = "N", global = true)]
    bytes_per_second: Option<u64>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make what a store holds the current snapshot; only what changed is sent.
    Push(Push),
    /// Make a store the current snapshot; only what it lacks is received.
    Pull(Pull),
    /// List the snapshots that there are, the current one first.
    List(List),
    /// Remove all but the newest snapshots, and what none of those needs.
    Prune(Prune),
    /// Make a snapshot from before the current one again, under a new number.
    Rollback(Rollback),
}

#[derive(Debug, clap::Args)]
struct Push {
    /// The store: a directory.
    #[arg(long, value_name = "DIR", env = "SONIC_STORE")]
    store: PathBuf,
    /// Where snapshots are.
    #[arg(value_name = "URL")]
    url: String,
}

#[derive(Debug, clap::Args)]
struct Pull {
    /// The store: a directory, made if it does not exist.
    #[arg(long, value_name = "DIR", env = "SONIC_STORE")]
    store: PathBuf,
    /// Where snapshots are.
    #[arg(value_name = "URL")]
    url: String,
}

#[derive(Debug, clap::Args)]
struct List {
    /// Where snapshots are.
    #[arg(value_name = "URL")]
    url: String,
}

#[derive(Debug, clap::Args)]
struct Prune {
    /// Keep so many snapshots.
    #[arg(long, value_name = "N", default_value_t = 1)]
    keep: usize,
    /// Keep what is younger than this, and snapshots that were current until then.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    grace: u64,
    /// Where snapshots are.
    #[arg(value_name = "URL")]
    url: String,
}

#[derive(Debug, clap::Args)]
struct Rollback {
    /// The number of the snapshot [default: the one before the current].
    #[arg(long, value_name = "N")]
    to: Option<u64>,
    /// Where snapshots are.
    #[arg(value_name = "URL")]
    url: String,
}

#[derive(Serialize)]
struct FailedLine {
    status: &'static str,
    /// Bytes of the store that were done; the next call finds them.
    bytes: u64,
    error: Problem,
}

/// A call under way: its bar, and whether it goes on.
struct Watch {
    interrupted: Arc<AtomicBool>,
    bar: Option<ProgressBar>,
    last: Progress,
}

impl Snapshot {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let mut watch = Watch::new(output);
        let done = match &self.command {
            Command::Push(push) => push.run(&self.options(), &mut watch, output),
            Command::Pull(pull) => pull.run(&self.options(), &mut watch, output),
            Command::List(list) => list.run(&self.options(), output),
            Command::Prune(prune) => prune.run(&self.options(), &mut watch, output),
            Command::Rollback(rollback) => rollback.run(&self.options(), &mut watch, output),
        };
        watch.bar.iter().for_each(ProgressBar::finish_and_clear);
        match done {
            Ok(()) => Ok(Outcome::AllFine),
            Err(e) if e.kind() == ErrorKind::InvalidArgument => Err(Failure::Usage(e.message().to_owned())),
            Err(e) => watch.fail(&e, output),
        }
    }

    fn options(&self) -> RemoteOptions {
        RemoteOptions {
            endpoint: self.endpoint.clone(),
            credentials: self.credentials.clone(),
            connections: self.connections,
            bytes_per_second: self.bytes_per_second,
        }
    }
}

impl Watch {
    fn new(output: &Output) -> Self {
        let style = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes}  {bytes_per_sec}");
        let bar = (!output.is_json()).then(|| ProgressBar::new(0));
        if let (Some(bar), Ok(style)) = (&bar, style) {
            bar.set_style(style);
        }
        Self { interrupted: interruption(), bar, last: Progress::default() }
    }

    fn see(&mut self, progress: Progress) -> ControlFlow<()> {
        self.last = progress;
        if let Some(bar) = &self.bar {
            bar.set_length(progress.total_bytes);
            bar.set_position(progress.bytes);
        }
        match self.interrupted.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    /// Tells what was done until it failed.
    fn fail(&self, error: &sonic::Error, output: &mut Output) -> Result<Outcome, Failure> {
        let interrupted = error.kind() == ErrorKind::Closed && self.interrupted.load(Ordering::Relaxed);
        if output.is_json() {
            let status = if interrupted { "interrupted" } else { "failed" };
            output.object(&FailedLine { status, bytes: self.last.bytes, error: Problem::from(error) })?;
        } else {
            let Progress { bytes: done, total_bytes } = self.last;
            let done = format!("{} of {} were done", bytes(done), bytes(total_bytes));
            crate::output::complain(format_args!("failed: {error}; {done}"));
        }
        Ok(if interrupted { Outcome::Interrupted } else { Outcome::SomeFailed })
    }
}

impl Push {
    fn run(&self, options: &RemoteOptions, watch: &mut Watch, output: &mut Output) -> sonic::Result<()> {
        let store =
            Store::open(&self.store, StoreOptions { access: Access::ReadWrite, ..StoreOptions::default() })?;
        let pushed = remote::push(&store, &self.url, options, |progress| watch.see(progress))?;
        let snapshot = &pushed.snapshot;
        match (output.is_json(), pushed.published) {
            (true, _) => output.object(&pushed),
            (false, false) => output.line(format_args!("the store is snapshot {} already", snapshot.version)),
            (false, true) => {
                let sent = bytes(pushed.sent_bytes);
                output.line(format_args!(
                    "snapshot {} of {}, {sent} sent",
                    snapshot.version,
                    bytes(snapshot.bytes)
                ))
            }
        }
    }
}

impl Pull {
    fn run(&self, options: &RemoteOptions, watch: &mut Watch, output: &mut Output) -> sonic::Result<()> {
        let pulled = remote::pull(&self.store, &self.url, options, |progress| watch.see(progress))?;
        let snapshot = &pulled.snapshot;
        match (output.is_json(), pulled.changed) {
            (true, _) => output.object(&pulled),
            (false, false) => output.line(format_args!("the store is snapshot {} already", snapshot.version)),
            (false, true) => {
                let received = bytes(pulled.received_bytes);
                let size = bytes(snapshot.bytes);
                output.line(format_args!("snapshot {} of {size}, {received} received", snapshot.version))
            }
        }
    }
}

impl List {
    fn run(&self, options: &RemoteOptions, output: &mut Output) -> sonic::Result<()> {
        for snapshot in remote::list(&self.url, options)? {
            if output.is_json() {
                output.object(&snapshot)?;
                continue;
            }
            let restores = snapshot.restores.map_or(String::new(), |to| format!(", brings back {to}"));
            output.line(format_args!(
                "{:>8}  {}  {:>10}, {:>10} compressed{restores}",
                snapshot.version,
                to_the_second(snapshot.created_at_ms),
                bytes(snapshot.bytes),
                bytes(snapshot.packed_bytes)
            ))?;
        }
        Ok(())
    }
}

impl Prune {
    fn run(&self, options: &RemoteOptions, watch: &mut Watch, output: &mut Output) -> sonic::Result<()> {
        let prune = PruneOptions { keep: self.keep, grace: Duration::from_secs(self.grace) };
        let pruned = remote::prune(&self.url, options, &prune, |progress| watch.see(progress))?;
        if output.is_json() {
            return output.object(&pruned);
        }
        let Pruned { removed_snapshots, removed_chunks, removed_bytes, kept, .. } = pruned;
        output.line(format_args!(
            "removed {} and {}, {}; {} left",
            plural(removed_snapshots, "snapshot"),
            plural(removed_chunks, "chunk"),
            bytes(removed_bytes),
            plural(kept.len() as u64, "snapshot")
        ))
    }
}

impl Rollback {
    fn run(&self, options: &RemoteOptions, watch: &mut Watch, output: &mut Output) -> sonic::Result<()> {
        let snapshot = remote::rollback(&self.url, options, self.to, |progress| watch.see(progress))?;
        if output.is_json() {
            return output.object(&snapshot);
        }
        let restored = snapshot.restores.unwrap_or_default();
        output.line(format_args!("snapshot {} is snapshot {restored} again", snapshot.version))
    }
}
