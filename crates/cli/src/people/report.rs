//! `sonic people report`: a contact sheet.

use crate::output::{Output, bytes, today};
use crate::{Common, Failure, Outcome, name};
use serde::Serialize;
use sonic::people::{self, ReportOptions};
use sonic::{Access, Error};
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Write the people of an event as a page to look at: a row a person, unassigned faces last.
///
/// It is one HTML file that carries the pictures itself and loads nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct Report {
    #[command(flatten)]
    pub(crate) common: Common,
    /// The event.
    #[arg(long, value_name = "NAME", value_parser = name)]
    event: String,
    /// Most faces shown of a person.
    #[arg(long, value_name = "N")]
    max_faces: Option<NonZeroUsize>,
    /// The file to write.
    #[arg(value_name = "OUT.html")]
    path: PathBuf,
}

#[derive(Serialize)]
struct Line {
    path: String,
    bytes: u64,
}

impl Report {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let store = self.common.open(Access::ReadOnly)?;
        let defaults = ReportOptions::default();
        let options = ReportOptions {
            max_faces: self.max_faces.map_or(defaults.max_faces, NonZeroUsize::get),
            date: Some(today()),
            ..defaults
        };
        let page = people::report(&store, &self.event, &options)?;
        let shown = self.path.display();
        fs::write(&self.path, &page).map_err(|e| Error::io(format!("cannot write {shown}"), e))?;
        let length = page.len() as u64;
        match output.is_json() {
            true => output.object(&Line { path: self.path.to_string_lossy().into_owned(), bytes: length })?,
            false => output.line(format_args!("wrote {shown}, {}", bytes(length)))?,
        }
        Ok(Outcome::AllFine)
    }
}
