//! `sonic list`: what is in a store.

use crate::output::{Output, clock, iso_8601, to_the_second};
use crate::{Common, Failure, Outcome};
use serde::Serialize;
use sonic::Access;
use sonic::recordings::Recording;

/// List the recordings of a store.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Serialize)]
pub(crate) struct Line<'a> {
    #[serde(flatten)]
    row: &'a Recording,
    created_at: String,
}

impl<'a> From<&'a Recording> for Line<'a> {
    fn from(recording: &'a Recording) -> Self {
        Self { row: recording, created_at: iso_8601(recording.created_at_ms) }
    }
}

impl List {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let recordings =
            self.common.open(Access::ReadOnly)?.recordings().iter().collect::<sonic::Result<Vec<_>>>()?;
        let width = recordings.iter().map(|r| r.id.chars().count()).max().unwrap_or(0).clamp(2, 48);
        if !output.is_json() {
            let (id, length, landmarks, added) = ("ID", "LENGTH", "LANDMARKS", "ADDED");
            output.line(format_args!("{id:width$}  {length:>9}  {landmarks:>9}  {added:20}  SOURCE"))?;
        }
        for recording in &recordings {
            if output.is_closed() {
                break;
            }
            if output.is_json() {
                output.object(&Line::from(recording))?;
            } else {
                output.line(row(recording, width))?;
            }
        }
        Ok(Outcome::AllFine)
    }
}

fn row(r: &Recording, width: usize) -> String {
    let added = to_the_second(r.created_at_ms);
    let length = clock(r.duration_ms as i64, 0);
    let source = r.source.as_deref().unwrap_or_default();
    format!("{:width$}  {length:>9}  {:>9}  {added}  {source}", r.id, r.landmarks)
}
