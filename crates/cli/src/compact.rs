//! `sonic compact`: give space back.

use crate::output::{Output, bytes};
use crate::{Common, Failure, Outcome};
use sonic::Access;
use sonic::lines::CompactLine;

/// Merge the index and rewrite the file without free space.
#[derive(Debug, clap::Args)]
pub(crate) struct Compact {
    #[command(flatten)]
    pub(crate) common: Common,
}

impl Compact {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let store = self.common.open(Access::ReadWrite)?;
        let file_bytes_before = store.stats()?.file_bytes;
        store.compact()?;
        let file_bytes = store.stats()?.file_bytes;
        if output.is_json() {
            output.object(&CompactLine { file_bytes_before, file_bytes })?;
        } else {
            output.line(format_args!("{} instead of {}", bytes(file_bytes), bytes(file_bytes_before)))?;
        }
        Ok(Outcome::AllFine)
    }
}
