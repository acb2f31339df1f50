//! `sonic add`: index files.

use crate::output::{self, Output};
use crate::{Common, Failure, Outcome};
use indicatif::{ProgressBar, ProgressStyle};
use sonic::lines::AddedLine;
use sonic::recordings::{self, AddEvent, AddOptions, AddSummary, AddedFile, IdFrom};
use sonic::{Access, path_text};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Add recordings: files, or directories with all media files in them.
///
/// A file whose bytes are in the store already is passed over, so an interrupted run is resumed by repeating it. The
/// id of a recording is the file's name without its extension, unless --id or --id-from says otherwise. What holds
/// nothing to be recognised by is not added.
#[derive(Debug, clap::Args)]
pub(crate) struct Add {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Files decoded at once [default: as many as there are cores].
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// The recording's id, if one file is added.
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// What ids are made of: the names of files without extension, or their paths as they are named here.
    #[arg(long, value_name = "WHAT", default_value = "stem", conflicts_with = "id")]
    id_from: Naming,
    /// What stands in front of ids that are made of files.
    #[arg(long, value_name = "TEXT", default_value = "", conflicts_with = "id")]
    id_prefix: String,
    /// Let a file whose bytes changed take the place of the recording that has its id.
    #[arg(long)]
    replace: bool,
    /// Keep recordings that hold nothing to be recognised by: silence, or no sound at all.
    #[arg(long)]
    keep_silent: bool,
    /// The sound track to take, from 0 on [default: the one that a file calls its default].
    #[arg(long, value_name = "N")]
    track: Option<u32>,
    /// Media files, and directories of them.
    #[arg(required = true, value_name = "FILE_OR_DIR")]
    paths: Vec<PathBuf>,
}

/// What ids are made of.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Naming {
    Stem,
    Path,
}

impl Add {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        self.check_id()?;
        let store = self.common.open(Access::Create)?;
        let interrupted = interruption();
        let options = self.options();
        let mut report =
            Report { output, bar: None, duration_ms: 0, problem: None, passed_over: PassedOver::default() };
        let start = Instant::now();
        let summary = recordings::add_files(&store, &self.paths, &options, |event| {
            report.event(event);
            go_on(!interrupted.load(Ordering::Relaxed) && report.problem.is_none())
        })?;
        report.close(summary, start)?;
        Ok(outcome(summary, &interrupted))
    }

    fn options(&self) -> AddOptions {
        AddOptions {
            jobs: self.jobs.map_or(0, NonZeroUsize::get),
            id: self.id.clone(),
            id_from: match self.id_from {
                Naming::Stem => IdFrom::Stem,
                Naming::Path => IdFrom::Path,
            },
            id_prefix: self.id_prefix.clone(),
            replace: self.replace,
            keep_silent: self.keep_silent,
            track: self.track,
        }
    }

    /// An id names one recording.
    fn check_id(&self) -> Result<(), Failure> {
        let files = if self.id.is_some() { recordings::files_in(&self.paths).len() } else { 1 };
        match files {
            1 => Ok(()),
            n => Err(Failure::Usage(format!("--id can be given for one file, not for {n}"))),
        }
    }
}

/// Whether the library is to go on.
pub(crate) fn go_on(wanted: bool) -> ControlFlow<()> {
    if wanted { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

/// How adding files ended.
pub(crate) fn outcome(summary: AddSummary, interrupted: &AtomicBool) -> Outcome {
    match summary.failed + summary.silent {
        _ if interrupted.load(Ordering::Relaxed) => Outcome::Interrupted,
        0 => Outcome::AllFine,
        _ => Outcome::SomeFailed,
    }
}

/// The last line about files that were added, of which `what` were.
pub(crate) fn summary_line(summary: AddSummary, what: &str, start: Instant) -> String {
    let AddSummary { added, duplicates, failed, silent, replaced, cancelled, .. } = summary;
    let silent = if silent > 0 { format!("{silent} silent, ") } else { String::new() };
    let replaced = if replaced > 0 { format!("{replaced} replaced, ") } else { String::new() };
    let stopped = if cancelled { "; stopped, repeat the command to go on" } else { "" };
    let seconds = start.elapsed().as_secs_f64();
    format!(
        "{added} added ({what}), {replaced}{duplicates} already there, {silent}{failed} failed, in {seconds:.1} s{stopped}"
    )
}

/// What folders hold that was not taken.
#[derive(Default)]
pub(crate) struct PassedOver(Vec<String>);

impl PassedOver {
    /// Most of them that are named.
    const NAMED: usize = 8;

    pub(crate) fn push(&mut self, path: &Path) {
        self.0.push(path_text(path.file_name().unwrap_or(path.as_os_str())));
    }

    /// Says how many there are, and names them.
    pub(crate) fn tell(&self) {
        let names = self.0[..self.0.len().min(Self::NAMED)].join(", ");
        let more = self.0.len().saturating_sub(Self::NAMED);
        let more = if more > 0 { format!(" and {more} more; --json names all") } else { String::new() };
        if !self.0.is_empty() {
            let entries = if self.0.len() == 1 { "entry" } else { "entries" };
            output::complain(format_args!("note: {} {entries} passed over: {names}{more}", self.0.len()));
        }
    }
}

/// A flag that Ctrl-C sets. Where the system gives no such news, Ctrl-C ends the process, which loses nothing that was
/// reported.
pub(crate) fn interruption() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let set = flag.clone();
    let _ = ctrlc::set_handler(move || set.store(true, Ordering::Relaxed));
    flag
}

/// Reports files as they are decided.
struct Report<'a> {
    output: &'a mut Output,
    bar: Option<ProgressBar>,
    duration_ms: u64,
    problem: Option<sonic::Error>,
    passed_over: PassedOver,
}

impl Report<'_> {
    fn event(&mut self, event: AddEvent) {
        let written = match event {
            AddEvent::Found(count) if !self.output.is_json() => {
                self.bar = Some(bar(count));
                Ok(())
            }
            AddEvent::File(file) | AddEvent::PassedOver(file) if self.output.is_json() => {
                self.output.object(&AddedLine::from(&file))
            }
            AddEvent::PassedOver(file) => {
                self.passed_over.push(&file.path);
                Ok(())
            }
            AddEvent::File(file) => {
                self.show(&file);
                Ok(())
            }
            _ => Ok(()),
        };
        self.problem = self.problem.take().or(written.err());
    }

    fn show(&mut self, file: &AddedFile) {
        self.duration_ms += file.duration_ms;
        let Some(bar) = &self.bar else { return };
        let path = file.path.display();
        match &file.error {
            // A message of the library names the file wherever it is about one.
            Some(error) => bar.suspend(|| {
                output::complain(format_args!("{}: {error}", file.status.name()));
            }),
            None if file.truncated => bar.suspend(|| {
                output::complain(format_args!("note: {path} ends early; what it holds was added"));
            }),
            None => {}
        }
        if file.damaged_ms > 0 && file.error.is_none() {
            bar.suspend(|| {
                let damaged = output::clock(file.damaged_ms as i64, 3);
                output::complain(format_args!("note: {path} is damaged: {damaged} of it is missing"));
            });
        }
        bar.set_message(output::printable(file.id.as_deref().unwrap_or_default()).into_owned());
        bar.inc(1);
    }

    fn close(self, summary: AddSummary, start: Instant) -> Result<(), Failure> {
        if let Some(problem) = self.problem {
            return Err(problem.into());
        }
        let Some(bar) = self.bar else { return Ok(()) };
        bar.finish_and_clear();
        self.passed_over.tell();
        let sound = format!("{} of sound", output::clock(self.duration_ms as i64, 0));
        Ok(self.output.line(summary_line(summary, &sound, start))?)
    }
}

/// The progress of so many files.
pub(crate) fn bar(count: usize) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:30} {pos}/{len} files  {elapsed} (about {eta} left)  {msg}");
    let bar = ProgressBar::new(count as u64);
    style.map(|style| bar.set_style(style)).ok();
    bar
}
