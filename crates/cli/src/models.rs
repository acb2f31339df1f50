//! `sonic models`: which models there are, fetching them, verifying them.

use crate::add::interruption;
use crate::output::{self, Output, Problem, bytes};
use crate::{Failure, Outcome};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use sonic::ErrorKind;
use sonic::models::{Listed, PullOptions, PullProgress, Pulled, Registry, Verified};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// List, fetch and verify models. Nothing is ever fetched unless `pull` is asked to.
#[derive(Debug, clap::Args)]
pub(crate) struct Models {
    #[command(subcommand)]
    command: Command,
    /// Print one JSON object a line instead of text for people.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The folder with model files [default: sonic/models in the folder for your data].
    #[arg(long, value_name = "DIR", env = "SONIC_MODELS", global = true)]
    models: Option<PathBuf>,
    /// Leave out, and refuse, models whose licence forbids commercial use.
    #[arg(long, global = true)]
    commercial_only: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the models that are known, and whether their files are here.
    List,
    /// Fetch model files; each is verified before it gets its name.
    Pull(Pull),
    /// Compare model files with the hashes that they should have.
    Verify(Verify),
}

#[derive(Debug, clap::Args)]
struct Pull {
    /// Take files that cannot be verified because no hash of them is known.
    #[arg(long)]
    accept_unverified: bool,
    /// Fetch from this address of a folder with model files, and from nowhere else.
    #[arg(long, value_name = "URL", conflicts_with = "offline")]
    mirror: Option<String>,
    /// Take files, or the archives they are published in, from this folder; ask no server.
    #[arg(long, value_name = "DIR")]
    offline: Option<PathBuf>,
    /// Ids of models, or paths of manifests.
    #[arg(required = true, value_name = "MODEL")]
    names: Vec<String>,
}

#[derive(Debug, clap::Args)]
struct Verify {
    /// Ids of models, or paths of manifests [default: all whose files are here].
    #[arg(value_name = "MODEL")]
    names: Vec<String>,
}

#[derive(Serialize)]
struct ListLine<'a> {
    id: &'a str,
    task: &'static str,
    installed: bool,
    path: Option<String>,
    bytes: Option<u64>,
    licence: &'a str,
    commercial: bool,
    sha256: Option<&'a str>,
    dimensions: Option<usize>,
    url: Option<&'a str>,
    source: &'a str,
    note: &'a str,
}

#[derive(Serialize)]
struct PullLine<'a> {
    id: &'a str,
    status: &'static str,
    path: Option<String>,
    source: Option<String>,
    sha256: Option<String>,
    verified: bool,
    error: Option<Problem>,
}

#[derive(Serialize)]
struct VerifyLine<'a> {
    id: &'a str,
    status: &'static str,
    sha256: Option<String>,
    error: Option<Problem>,
}

impl Models {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let folder = self.models.clone().map_or_else(Registry::default_folder, Ok)?;
        let registry = Registry::new(folder).commercial_only(self.commercial_only);
        match &self.command {
            Command::List => self.list(&registry, output),
            Command::Pull(pull) => pull.run(&registry, output),
            Command::Verify(verify) => verify.run(&registry, output),
        }
    }

    fn list(&self, registry: &Registry, output: &mut Output) -> Result<Outcome, Failure> {
        let mut all = registry.list()?;
        all.retain(|listed| listed.manifest.commercial || !self.commercial_only);
        let width = all.iter().map(|l| l.manifest.id.chars().count()).max().unwrap_or(0).max(2);
        if !output.is_json() {
            let (id, task, here) = ("ID", "TASK", "HERE");
            output.line(format_args!("{id:width$}  {task:17}  {here:>8}  LICENCE"))?;
        }
        for listed in &all {
            match output.is_json() {
                true => output.object(&list_line(listed))?,
                false => output.line(row(listed, width))?,
            }
        }
        if !output.is_json() {
            output.line(format_args!("The folder of model files is {}", registry.folder().display()))?;
        }
        Ok(Outcome::AllFine)
    }
}

fn list_line(listed: &Listed) -> ListLine<'_> {
    let manifest = &listed.manifest;
    ListLine {
        id: &manifest.id,
        task: manifest.task.name(),
        installed: is_here(listed),
        path: listed.path.as_ref().map(|path| path.to_string_lossy().into_owned()),
        bytes: listed.bytes,
        licence: &manifest.licence,
        commercial: manifest.commercial,
        sha256: manifest.sha256.as_deref(),
        dimensions: manifest.dimensions,
        url: manifest.url.as_deref(),
        source: &manifest.source,
        note: &manifest.note,
    }
}

fn is_here(listed: &Listed) -> bool {
    listed.path.is_none() || listed.bytes.is_some()
}

fn row(listed: &Listed, width: usize) -> String {
    let here = match (&listed.path, listed.bytes) {
        (None, _) => "built in".to_owned(),
        (_, Some(count)) => bytes(count),
        (_, None) => "no".to_owned(),
    };
    let forbidden = if listed.manifest.commercial { "" } else { " (not for commercial use)" };
    let (id, task, licence) = (&listed.manifest.id, listed.manifest.task.name(), &listed.manifest.licence);
    format!("{id:width$}  {task:17}  {here:>8}  {licence}{forbidden}")
}

impl Pull {
    fn run(&self, registry: &Registry, output: &mut Output) -> Result<Outcome, Failure> {
        let interrupted = interruption();
        let mut outcome = Outcome::AllFine;
        for name in &self.names {
            let bar = (!output.is_json()).then(bar);
            let pulled = registry.pull(name, &self.options(), |progress| {
                bar.iter().for_each(|bar| show(bar, name, progress));
                match interrupted.load(Ordering::Relaxed) {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            });
            bar.iter().for_each(ProgressBar::finish_and_clear);
            let closed = pulled.as_ref().is_err_and(|e| e.kind() == ErrorKind::Closed);
            if !tell_pulled(name, pulled, output)? {
                outcome = Outcome::SomeFailed;
            }
            if closed {
                return Ok(Outcome::Interrupted);
            }
        }
        Ok(outcome)
    }

    fn options(&self) -> PullOptions {
        PullOptions {
            accept_unverified: self.accept_unverified,
            mirror: self.mirror.clone(),
            offline: self.offline.clone(),
        }
    }
}

/// One line about a model that was pulled; false if it failed.
fn tell_pulled(name: &str, pulled: sonic::Result<Pulled>, output: &mut Output) -> Result<bool, Failure> {
    let fine = pulled.is_ok();
    let path = |pulled: &Pulled| pulled.path.as_ref().map(|path| path.to_string_lossy().into_owned());
    match pulled {
        Ok(pulled) if output.is_json() => output.object(&PullLine {
            id: name,
            status: match (&pulled.path, &pulled.source) {
                (None, _) => "built_in",
                (_, None) => "present",
                (_, Some(_)) => "pulled",
            },
            path: path(&pulled),
            sha256: Some(pulled.sha256).filter(|hash| !hash.is_empty()),
            verified: pulled.verified,
            source: pulled.source,
            error: None,
        })?,
        Err(error) if output.is_json() => output.object(&PullLine {
            id: name,
            status: "failed",
            path: None,
            source: None,
            sha256: None,
            verified: false,
            error: Some(Problem::from(&error)),
        })?,
        Ok(pulled) => output.line(pulled_text(name, &pulled))?,
        Err(error) => output::complain(format_args!("failed: {error}")),
    }
    Ok(fine)
}

fn pulled_text(name: &str, pulled: &Pulled) -> String {
    let Some(path) = &pulled.path else { return format!("{name} is built into sonic") };
    let what = if pulled.source.is_some() { "pulled to" } else { "is there already:" };
    let hash = match pulled.verified {
        true => String::new(),
        false => format!("; not verified, its SHA-256 is {}", pulled.sha256),
    };
    format!("{name} {what} {}{hash}", path.display())
}

impl Verify {
    fn run(&self, registry: &Registry, output: &mut Output) -> Result<Outcome, Failure> {
        let mut names = self.names.clone();
        if names.is_empty() {
            let here = registry.list()?.into_iter().filter(|l| l.bytes.is_some());
            names.extend(here.map(|listed| listed.manifest.id));
        }
        let mut outcome = Outcome::AllFine;
        for name in &names {
            if !tell_verified(name, registry.verify(name), output)? {
                outcome = Outcome::SomeFailed;
            }
        }
        Ok(outcome)
    }
}

/// One line about a file; false if it is not as it should be.
fn tell_verified(
    name: &str,
    verified: sonic::Result<Verified>,
    output: &mut Output,
) -> Result<bool, Failure> {
    let (status, sha256, text) = match &verified {
        Ok(Verified::Good) => ("good", None, "is as published".to_owned()),
        Ok(Verified::BuiltIn) => ("built_in", None, "is built into sonic".to_owned()),
        Ok(Verified::Unknown(hash)) => {
            ("unknown", Some(hash), format!("has no known hash; its SHA-256 is {hash}"))
        }
        Ok(Verified::Wrong(hash)) => {
            ("wrong", Some(hash), format!("IS NOT AS PUBLISHED; its SHA-256 is {hash}"))
        }
        Ok(Verified::Missing) => ("missing", None, "is not here".to_owned()),
        Err(error) => ("failed", None, format!("cannot be verified: {error}")),
    };
    if output.is_json() {
        let error = verified.as_ref().err().map(Problem::from);
        output.object(&VerifyLine { id: name, status, sha256: sha256.cloned(), error })?;
    } else {
        output.line(format_args!("{name} {text}"))?;
    }
    Ok(matches!(status, "good" | "built_in" | "unknown"))
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes}  {bytes_per_sec}  {msg}");
    let bar = ProgressBar::new(0);
    style.map(|style| bar.set_style(style)).ok();
    bar
}

fn show(bar: &ProgressBar, name: &str, progress: PullProgress<'_>) {
    bar.set_length(progress.total.unwrap_or(progress.bytes));
    bar.set_position(progress.bytes);
    bar.set_message(format!("{name} from {}", progress.source));
}
