//! `sonic faces add`: photos into an event.

use super::Models;
use crate::add::{bar, interruption};
use crate::output::{self, Output, Problem, plural};
use crate::{Common, Failure, Outcome, name};
use indicatif::ProgressBar;
use serde::Serialize;
use sonic::{Access, AddPhotoEvent, AddPhotosOptions, AddStatus, AddSummary, AddedPhotoFile};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Add photos to an event: files, or folders with all pictures in them.
///
/// A photo whose bytes are in the event already is passed over, so an interrupted run is resumed by repeating it. The
/// id of a photo is the name of its file.
#[derive(Debug, clap::Args)]
pub(crate) struct Add {
    #[command(flatten)]
    pub(crate) common: Common,
    /// What the photos belong to: an evening, a journey, an album.
    #[arg(long, value_name = "NAME", value_parser = name)]
    event: String,
    /// The user who brings the photos.
    #[arg(long, value_name = "ID", value_parser = name)]
    user: Option<String>,
    /// Photos decoded at once [default: as many as there are cores].
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    models: Models,
    /// Pictures, and folders of them.
    #[arg(required = true, value_name = "FILE_OR_FOLDER")]
    paths: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Line<'a> {
    path: String,
    status: &'static str,
    photo: Option<&'a str>,
    faces: u32,
    width: u32,
    height: u32,
    error: Option<Problem>,
}

impl Add {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        // First the models: without them no store is made.
        let analyzer = self.models.load()?;
        let store = self.common.open(Access::Create)?;
        let options = AddPhotosOptions {
            jobs: self.jobs.map_or(0, NonZeroUsize::get),
            user: self.user.clone(),
            ..AddPhotosOptions::default()
        };
        let interrupted = interruption();
        let mut report = Report { output, bar: None, faces: 0, problem: None };
        let start = Instant::now();
        let summary = sonic::add_photos(&store, &analyzer, &self.event, &self.paths, &options, |event| {
            report.hear(event);
            match interrupted.load(Ordering::Relaxed) || report.problem.is_some() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })?;
        report.close(summary, start)?;
        Ok(match summary {
            _ if interrupted.load(Ordering::Relaxed) => Outcome::Interrupted,
            AddSummary { failed: 0, .. } => Outcome::AllFine,
            _ => Outcome::SomeFailed,
        })
    }
}

/// Tells about photos as they are decided.
struct Report<'a> {
    output: &'a mut Output,
    bar: Option<ProgressBar>,
    faces: u64,
    problem: Option<sonic::Error>,
}

impl Report<'_> {
    fn hear(&mut self, event: AddPhotoEvent) {
        let told = match event {
            AddPhotoEvent::Found(count) if !self.output.is_json() => {
                self.bar = Some(bar(count));
                Ok(())
            }
            AddPhotoEvent::Photo(photo) if self.output.is_json() => self.output.object(&line(&photo)),
            AddPhotoEvent::Photo(photo) => {
                self.show(&photo);
                Ok(())
            }
            _ => Ok(()),
        };
        self.problem = self.problem.take().or(told.err());
    }

    fn show(&mut self, photo: &AddedPhotoFile) {
        if photo.status == AddStatus::Added {
            self.faces += u64::from(photo.faces);
        }
        let Some(bar) = &self.bar else { return };
        let path = photo.path.display();
        match &photo.error {
            // A message of the library names the file wherever it is about one.
            Some(error) => bar.suspend(|| output::complain(format_args!("failed: {error}"))),
            None if photo.truncated => bar.suspend(|| {
                output::complain(format_args!("note: {path} ends early; what it shows was added"));
            }),
            None => {}
        }
        bar.set_message(photo.photo.clone());
        bar.inc(1);
    }

    fn close(self, summary: AddSummary, start: Instant) -> Result<(), Failure> {
        if let Some(problem) = self.problem {
            return Err(problem.into());
        }
        let Some(bar) = self.bar else { return Ok(()) };
        bar.finish_and_clear();
        let AddSummary { added, duplicates, failed, cancelled } = summary;
        let stopped = if cancelled { "; stopped, repeat the command to go on" } else { "" };
        self.output.line(format_args!(
            "{added} added ({}), {duplicates} already there, {failed} failed, in {:.1} s{stopped}",
            plural(self.faces, "face"),
            start.elapsed().as_secs_f64(),
        ))?;
        Ok(())
    }
}

fn line(photo: &AddedPhotoFile) -> Line<'_> {
    Line {
        path: photo.path.to_string_lossy().into_owned(),
        status: match photo.status {
            AddStatus::Added => "added",
            AddStatus::Duplicate => "duplicate",
            AddStatus::Failed => "failed",
        },
        photo: Some(photo.photo.as_str()).filter(|id| !id.is_empty()),
        faces: photo.faces,
        width: photo.width,
        height: photo.height,
        error: photo.error.as_ref().map(Problem::from),
    }
}
