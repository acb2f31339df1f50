//! The command line, and the processes that the bench starts of itself.

use crate::Anyhow;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A part of the evaluation that runs in its own process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Synthesize,
    Widen,
    Decode,
    Add,
    Fill,
    Ask,
    Stream,
    Peer,
}

const PHASES: [(&str, Phase); 8] = [
    ("synthesize", Phase::Synthesize),
    ("widen", Phase::Widen),
    ("decode", Phase::Decode),
    ("add", Phase::Add),
    ("fill", Phase::Fill),
    ("ask", Phase::Ask),
    ("stream", Phase::Stream),
    ("peer", Phase::Peer),
];

/// What was asked for on the command line.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub folders: Vec<PathBuf>,
    pub peer: bool,
    pub any: bool,
    pub wide: bool,
    pub test: bool,
    pub limit: usize,
    /// Hours up to which the store is filled before clips are searched for.
    pub fill: f64,
    pub threads: usize,
    pub jobs: usize,
    pub json: Option<PathBuf>,
    pub calibrate: Option<PathBuf>,
    /// Set in a child process: what it does, and where it may write.
    pub phase: Option<(Phase, PathBuf)>,
}

impl Options {
    pub(crate) fn parse() -> Anyhow<Self> {
        let mut options = Self { limit: usize::MAX, threads: 1, ..Self::default() };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "--bench" => {} // Added by cargo.
                "--peer" => options.peer = true,
                "--any" => options.any = true,
                "--wide" => options.wide = true,
                "--test" => options.test = true,
                "--limit" => options.limit = value()?.parse()?,
                "--fill" => options.fill = value()?.parse()?,
                "--threads" => options.threads = value()?.parse()?,
                "--jobs" => options.jobs = value()?.parse()?,
                "--json" => options.json = Some(value()?.into()),
                "--calibrate" => options.calibrate = Some(value()?.into()),
                "--phase" => options.phase = Some((phase(&value()?)?, value()?.into())),
                other if other.starts_with('-') => return Err(format!("unknown option {other}").into()),
                folder => options.folders.push(folder.into()),
            }
        }
        Ok(options)
    }

    /// Runs a phase in a process of its own and gives what it found.
    pub(crate) fn run_child(&self, phase: Phase, folder: &Path, work: &Path) -> Anyhow<Value> {
        let name = PHASES.iter().find(|p| p.1 == phase).map_or("", |p| p.0);
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(folder).arg("--phase").arg(name).arg(work);
        command.args(["--limit", &self.limit.to_string()]);
        command.args(["--threads", &self.threads.to_string(), "--jobs", &self.jobs.to_string()]);
        command.args(["--fill", &self.fill.to_string()]);
        if self.any {
            command.arg("--any");
        }
        let output = command.stderr(std::process::Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err(format!("the phase {name} failed: {}", output.status).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

fn phase(name: &str) -> Result<Phase, String> {
    let found = PHASES.iter().find(|p| p.0 == name);
    found.map(|p| p.1).ok_or_else(|| format!("there is no phase {name}"))
}
