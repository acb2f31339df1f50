//! `sonic faces add`: photos into an event.

use super::Models;
use crate::add::{PassedOver, bar, go_on, interruption, outcome, summary_line};
use crate::output::{self, Output, plural};
use crate::{Common, Failure, Outcome, name};
use indicatif::ProgressBar;
use sonic::Access;
use sonic::faces::{self, AddPhotoEvent, AddPhotosOptions, AddStatus, AddSummary, AddedPhotoFile};
use sonic::lines::AddedPhotoLine;
use std::num::NonZeroUsize;
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

impl Add {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        // First the models: without them no store is made.
        let analyzer = self.models.load()?;
        let store = self.common.open(Access::Create)?;
        let options = AddPhotosOptions {
            jobs: self.jobs.map_or(0, NonZeroUsize::get),
            user_id: self.user.clone(),
            decode: self.models.decode(),
            ..AddPhotosOptions::default()
        };
        let interrupted = interruption();
        let mut report =
            Report { output, bar: None, faces: 0, problem: None, passed_over: PassedOver::default() };
        let start = Instant::now();
        let summary = faces::add_photos(&store, &analyzer, &self.event, &self.paths, &options, |event| {
            report.event(event);
            go_on(!interrupted.load(Ordering::Relaxed) && report.problem.is_none())
        })?;
        report.close(summary, start)?;
        Ok(outcome(summary, &interrupted))
    }
}

/// Reports photos as they are decided.
struct Report<'a> {
    output: &'a mut Output,
    bar: Option<ProgressBar>,
    faces: u64,
    problem: Option<sonic::Error>,
    passed_over: PassedOver,
}

impl Report<'_> {
    fn event(&mut self, event: AddPhotoEvent) {
        let written = match event {
            AddPhotoEvent::Found(count) if !self.output.is_json() => {
                self.bar = Some(bar(count));
                Ok(())
            }
            AddPhotoEvent::Photo(photo) | AddPhotoEvent::PassedOver(photo) if self.output.is_json() => {
                self.output.object(&AddedPhotoLine::of_file(&photo, output::problem))
            }
            AddPhotoEvent::PassedOver(photo) => {
                self.passed_over.push(&photo.path);
                Ok(())
            }
            AddPhotoEvent::Photo(photo) => {
                self.show(&photo);
                Ok(())
            }
            _ => Ok(()),
        };
        self.problem = self.problem.take().or(written.err());
    }

    fn show(&mut self, photo: &AddedPhotoFile) {
        if photo.status == AddStatus::Added {
            self.faces += u64::from(photo.faces);
        }
        let Some(bar) = &self.bar else { return };
        let path = photo.path.display();
        match &photo.error {
            // A message of the library names the file wherever it is about one.
            Some(error) => bar.suspend(|| output::complain(format_args!("failed: {}", output::said(error)))),
            None if photo.truncated => bar.suspend(|| {
                output::complain(format_args!("note: {path} ends early; what it shows was added"));
            }),
            None => {}
        }
        bar.set_message(output::printable(photo.photo_id.as_deref().unwrap_or_default()).into_owned());
        bar.inc(1);
    }

    fn close(self, summary: AddSummary, start: Instant) -> Result<(), Failure> {
        if let Some(problem) = self.problem {
            return Err(problem.into());
        }
        let Some(bar) = self.bar else { return Ok(()) };
        bar.finish_and_clear();
        self.passed_over.tell();
        Ok(self.output.line(summary_line(summary, &plural(self.faces, "face"), start))?)
    }
}
