//! `sonic models`: which models there are, fetching them, verifying them.

use crate::add::interruption;
use crate::output::{self, Output, Problem, bytes};
use crate::{Failure, Outcome};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use sonic::ErrorKind;
use sonic::model::Manifest;
use sonic::models::{PullOptions, PullProgress, Pulled, PulledFile, Registry, RegistryEntry, Verified};
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
    task: &'a str,
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
    files: Vec<FileLine<'a>>,
}

#[derive(Serialize)]
struct FileLine<'a> {
    name: &'a str,
    path: String,
    bytes: Option<u64>,
    sha256: Option<&'a str>,
    url: Option<&'a str>,
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

impl<'a> PullLine<'a> {
    fn new(id: &'a str, status: &'static str) -> Self {
        Self { id, status, path: None, source: None, sha256: None, verified: false, error: None }
    }
}

impl Models {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let folder = self.models.clone().map_or_else(Registry::default_folder, Ok)?;
        let registry = sonic::models::registry(folder).commercial_only(self.commercial_only);
        match &self.command {
            Command::List => self.list(&registry, output),
            Command::Pull(pull) => pull.run(&registry, output),
            Command::Verify(verify) => verify.run(&registry, output),
        }
    }

    fn list(&self, registry: &Registry, output: &mut Output) -> Result<Outcome, Failure> {
        let mut all = registry.list()?;
        all.retain(|entry| entry.manifest.commercial || !self.commercial_only);
        let width = all.iter().map(|l| l.manifest.id.chars().count()).max().unwrap_or(0).max(2);
        if !output.is_json() {
            let (id, task, here) = ("ID", "TASK", "HERE");
            output.line(format_args!("{id:width$}  {task:17}  {here:>8}  LICENCE"))?;
        }
        for entry in &all {
            match output.is_json() {
                true => output.object(&list_line(entry))?,
                false => output.line(row(entry, width))?,
            }
        }
        if !output.is_json() {
            output.line(format_args!("The folder of model files is {}", registry.folder().display()))?;
        }
        Ok(Outcome::AllFine)
    }
}

fn list_line(entry: &RegistryEntry) -> ListLine<'_> {
    let manifest = &entry.manifest;
    let only = manifest.only_file();
    ListLine {
        id: &manifest.id,
        task: &manifest.task,
        installed: entry.is_installed(),
        path: entry.path().map(|path| path.to_string_lossy().into_owned()),
        bytes: entry.bytes(),
        licence: &manifest.licence,
        commercial: manifest.commercial,
        sha256: only.and_then(|file| file.sha256.as_deref()),
        dimensions: manifest.dimensions,
        url: only.and_then(|file| file.url.as_deref()),
        source: &manifest.source,
        note: &manifest.note,
        files: file_lines(entry),
    }
}

fn file_lines(entry: &RegistryEntry) -> Vec<FileLine<'_>> {
    let lines = entry.files.iter().map(|file| {
        let known = entry.manifest.files.get(&file.name);
        FileLine {
            name: &file.name,
            path: file.path.to_string_lossy().into_owned(),
            bytes: file.bytes,
            sha256: known.and_then(|known| known.sha256.as_deref()),
            url: known.and_then(|known| known.url.as_deref()),
        }
    });
    lines.collect()
}

fn row(entry: &RegistryEntry, width: usize) -> String {
    let here = match (entry.path(), entry.bytes()) {
        (None, _) => "built in".to_owned(),
        (_, Some(count)) => bytes(count),
        (_, None) => "no".to_owned(),
    };
    let forbidden = if entry.manifest.commercial { "" } else { " (not for commercial use)" };
    let Manifest { id, task, licence, .. } = &entry.manifest;
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
    match pulled {
        Ok(pulled) if output.is_json() && pulled.files.is_empty() => {
            output.object(&PullLine { verified: true, ..PullLine::new(name, "built_in") })?
        }
        Ok(pulled) if output.is_json() => {
            for file in pulled.files {
                let status = if file.source.is_some() { "pulled" } else { "present" };
                output.object(&PullLine {
                    path: Some(file.path.to_string_lossy().into_owned()),
                    source: file.source,
                    sha256: Some(file.sha256),
                    verified: file.verified,
                    ..PullLine::new(name, status)
                })?;
            }
        }
        Err(error) if output.is_json() => output
            .object(&PullLine { error: Some(Problem::from(&error)), ..PullLine::new(name, "failed") })?,
        Ok(pulled) if pulled.files.is_empty() => {
            output.line(format_args!("{name} is built into sonic"))?;
        }
        Ok(pulled) => {
            for file in &pulled.files {
                output.line(pulled_text(name, file))?;
            }
        }
        Err(error) => output::complain(format_args!("failed: {error}")),
    }
    Ok(fine)
}

fn pulled_text(name: &str, pulled: &PulledFile) -> String {
    let what = if pulled.source.is_some() { "pulled to" } else { "is there already:" };
    let hash = match pulled.verified {
        true => String::new(),
        false => format!("; not verified, its SHA-256 is {}", pulled.sha256),
    };
    format!("{name} {what} {}{hash}", pulled.path.display())
}

impl Verify {
    fn run(&self, registry: &Registry, output: &mut Output) -> Result<Outcome, Failure> {
        let mut names = self.names.clone();
        if names.is_empty() {
            let here = registry.list()?.into_iter().filter(|entry| entry.bytes().is_some());
            names.extend(here.map(|entry| entry.manifest.id));
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
