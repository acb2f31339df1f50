//! `sonic import`: what other systems left behind.

mod undo;
mod validate;

use crate::add::{go_on, interruption};
use crate::output::{self, Output, Problem, plural};
use crate::{Common, Failure, Outcome};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use sonic::imported::{self, ImportEvent, ImportStatus, ImportSummary, ImportedFile, Warnings};
use sonic::{Access, path_text};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Import recordings of which only another system's fingerprints are left, compare and remove what was imported.
///
/// They are found by `identify` beside the others, but less surely: not if the clip is 5 % faster or slower. Adding them
/// again with their sound, under the same ids, takes their imported hashes away and is the better way where the sound is at
/// hand.
#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(name = "citywok")]
    CityWok(Fingerprints),
    Validate(validate::Validate),
    Undo(undo::Undo),
}

/// Import the fingerprints of CityWok: pickles, LMDB environments, or its bucket.
///
/// Each file is one transaction. What was imported before is passed over, so an interrupted run is resumed by repeating it.
/// Nothing in a file is run or believed: one that is damaged or of another version is refused, and the others imported.
#[derive(Debug, clap::Args)]
struct Fingerprints {
    #[command(flatten)]
    common: Common,
    /// A `.pkl`, a `season_NN.lmdb`, a folder of them, or a folder with `fingerprints` and `checksums` as the bucket has them;
    /// or the address of a bucket (s3://, az://, gs://, file://), which is copied to a temporary folder first.
    #[arg(value_name = "PATH|URL")]
    place: PathBuf,
}

#[derive(Serialize)]
struct Line<'a> {
    path: String,
    status: &'static str,
    season: Option<u32>,
    recordings: u64,
    left_out: u64,
    hashes: u64,
    entries: u64,
    warnings: &'a Warnings,
    error: Option<Problem>,
}

impl Import {
    pub(crate) fn json(&self) -> bool {
        match &self.command {
            Command::CityWok(fingerprints) => fingerprints.common.json,
            Command::Validate(validate) => validate.common.json,
            Command::Undo(undo) => undo.common.json,
        }
    }

    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        match &self.command {
            Command::CityWok(fingerprints) => fingerprints.run(output),
            Command::Validate(validate) => validate.run(output),
            Command::Undo(undo) => undo.run(output),
        }
    }
}

impl Fingerprints {
    fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let store = self.common.open(Access::Create)?;
        let (interrupted, start) = (interruption(), Instant::now());
        let mut report = Report { output, bar: None, problem: None };
        let summary = imported::import(&store, &self.place, |event| {
            report.event(event);
            go_on(!interrupted.load(Ordering::Relaxed) && report.problem.is_none())
        })?;
        report.close(summary, start)?;
        Ok(ended(summary.failed, &interrupted))
    }
}

/// How work on files ended, of which some failed.
fn ended(failed: u64, interrupted: &AtomicBool) -> Outcome {
    match failed {
        _ if interrupted.load(Ordering::Relaxed) => Outcome::Interrupted,
        0 => Outcome::AllFine,
        _ => Outcome::SomeFailed,
    }
}

/// Reports files as they are decided.
struct Report<'a> {
    output: &'a mut Output,
    bar: Option<ProgressBar>,
    problem: Option<sonic::Error>,
}

impl Report<'_> {
    fn event(&mut self, event: ImportEvent) {
        let written = match event {
            ImportEvent::Found(_) if !self.output.is_json() => {
                self.bar = Some(bar());
                Ok(())
            }
            ImportEvent::Reading { path, bytes, total } => {
                self.show(&path, bytes, total);
                Ok(())
            }
            ImportEvent::Writing(path) => {
                self.tell(format!("writing {}", name(&path)));
                Ok(())
            }
            ImportEvent::File(file) if self.output.is_json() => self.output.object(&line(&file)),
            ImportEvent::File(file) => self.line(&file),
            _ => Ok(()),
        };
        self.problem = self.problem.take().or(written.err());
    }

    fn show(&mut self, path: &Path, bytes: u64, total: Option<u64>) {
        let share = total.map(|total| format!(" ({} %)", 100 * bytes / total.max(1)));
        let share = share.unwrap_or_else(|| format!(" ({})", output::bytes(bytes)));
        self.tell(format!("reading {}{share}", name(path)));
    }

    fn tell(&self, text: String) {
        if let Some(bar) = &self.bar {
            bar.set_message(output::printable(&text).into_owned());
            bar.tick();
        }
    }

    fn line(&mut self, file: &ImportedFile) -> sonic::Result<()> {
        let Some(bar) = &self.bar else { return Ok(()) };
        let path = file.path.display();
        bar.suspend(|| {
            warn(&file.path, &file.warnings);
            if let Some(error) = &file.error {
                output::complain(format_args!("failed: {}", output::said(error)));
            }
            match file.status {
                ImportStatus::Imported => self.output.line(format_args!(
                    "{path}: {}, {} entries{}",
                    plural(file.recordings, "recording"),
                    file.entries,
                    left_out(file.left_out)
                )),
                ImportStatus::Duplicate => self.output.line(format_args!("{path}: imported before")),
                _ => Ok(()),
            }
        })
    }

    fn close(self, summary: ImportSummary, start: Instant) -> Result<(), Failure> {
        if let Some(problem) = self.problem {
            return Err(problem.into());
        }
        let Some(bar) = self.bar else { return Ok(()) };
        bar.finish_and_clear();
        let ImportSummary { imported, duplicates, failed, recordings, cancelled, .. } = summary;
        let stopped = if cancelled { "; stopped, repeat the command to go on" } else { "" };
        let seconds = start.elapsed().as_secs_f64();
        Ok(self.output.line(format_args!(
            "{} of {}, {duplicates} imported before, {failed} failed, in {seconds:.1} s{stopped}",
            plural(recordings, "recording"),
            plural(imported, "file")
        ))?)
    }
}

fn left_out(recordings: u64) -> String {
    match recordings {
        0 => String::new(),
        more => format!(", {more} left out that the store has with their sound"),
    }
}

/// Says what is odd about a file.
fn warn(path: &Path, warnings: &Warnings) {
    for (warning, count) in warnings {
        output::complain(format_args!("note: {}: {} ({count})", path.display(), warning.message()));
    }
}

fn line(file: &ImportedFile) -> Line<'_> {
    Line {
        path: path_text(&file.path),
        status: file.status.name(),
        season: file.season,
        recordings: file.recordings,
        left_out: file.left_out,
        hashes: file.hashes,
        entries: file.entries,
        warnings: &file.warnings,
        error: file.error.as_ref().map(Problem::from),
    }
}

fn name(path: &Path) -> String {
    path_text(path.file_name().unwrap_or(path.as_os_str()))
}

/// What is being done, as nobody knows before how much it is.
fn bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    ProgressStyle::with_template("{spinner} {elapsed}  {msg}").map(|style| bar.set_style(style)).ok();
    bar
}
