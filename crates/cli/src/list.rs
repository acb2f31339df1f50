//! `sonic list`: what is in a store.

use crate::output::{Output, clock, to_the_second};
use crate::{Common, Failure, Outcome};
use sonic::Access;
use sonic::lines::RecordingLine;
use sonic::recordings::Recording;

/// List the recordings of a store.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) common: Common,
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
                output.object(&RecordingLine::from(recording))?;
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
