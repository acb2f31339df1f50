//! `sonic sing`: scores that are sung.

mod inspect;

use crate::output::Output;
use crate::{Failure, Outcome};

/// Read scores in MusicXML.
#[derive(Debug, clap::Args)]
pub(crate) struct Sing {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Inspect(inspect::Inspect),
}

impl Sing {
    /// True if answers are JSON lines.
    pub(crate) fn json(&self) -> bool {
        match &self.command {
            Command::Inspect(inspect) => inspect.json,
        }
    }

    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        match &self.command {
            Command::Inspect(inspect) => inspect.run(output),
        }
    }
}
