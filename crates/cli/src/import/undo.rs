//! `sonic import undo`: remove what was imported.

use crate::output::{self, Output, plural};
use crate::{Common, Failure, Outcome};
use serde::Serialize;
use sonic::{Access, ErrorKind};

/// Remove imported recordings by id, or all of them. Recordings that were added with their sound stay.
///
/// They are not found any more at once; `compact` gives their space back to the disk.
#[derive(Debug, clap::Args)]
pub(crate) struct Undo {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Ids of imported recordings [default: all].
    #[arg(value_name = "ID")]
    ids: Vec<String>,
}

#[derive(Serialize)]
struct Line {
    removed: u64,
}

impl Undo {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let imported = self.common.open(Access::ReadWrite)?.imported();
        let (mut removed, mut outcome) = (0, Outcome::AllFine);
        for id in &self.ids {
            match imported.remove(id) {
                Ok(_) => removed += 1,
                Err(e) if e.kind() == ErrorKind::NotFound => {
                    output::complain(format_args!("failed: {e}"));
                    outcome = Outcome::SomeFailed;
                }
                Err(e) => return Err(e.into()),
            }
        }
        if self.ids.is_empty() {
            removed = imported.clear()?;
        }
        match output.is_json() {
            true => output.object(&Line { removed })?,
            false => output.line(format_args!("{} removed", plural(removed, "imported recording")))?,
        }
        Ok(outcome)
    }
}
