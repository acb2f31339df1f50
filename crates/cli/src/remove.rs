//! `sonic remove`: remove recordings.

use crate::output::{self, Output};
use crate::{Common, Failure, Outcome};
use sonic::lines::RecordingLine;
use sonic::{Access, ErrorKind};

/// Remove recordings by id. With `--json` the removed rows are printed as `list` prints them.
///
/// They are not found any more at once; `compact` gives their space back to the disk.
#[derive(Debug, clap::Args)]
pub(crate) struct Remove {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Ids of recordings.
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
}

impl Remove {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let recordings = self.common.open(Access::ReadWrite)?.recordings();
        let mut outcome = Outcome::AllFine;
        for id in &self.ids {
            match recordings.remove(id) {
                Ok(row) if output.is_json() => output.object(&RecordingLine::from(&row))?,
                Ok(_) => output.line(format_args!("removed {id}"))?,
                Err(e) if e.kind() == ErrorKind::NotFound => {
                    output::complain(format_args!("failed: {e}"));
                    outcome = Outcome::SomeFailed;
                }
                Err(e) => return Err(e.into()),
            }
        }
        Ok(outcome)
    }
}
