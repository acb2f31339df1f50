//! `sonic sing`: scores that are sung.

mod check;
mod inspect;
mod mix;
mod render;

use crate::output::Output;
use crate::{Failure, Outcome};

/// Read scores in MusicXML, check voicebanks, sing, and mix voices.
#[derive(Debug, clap::Args)]
pub(crate) struct Sing {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Inspect(inspect::Inspect),
    Check(check::Check),
    Render(Box<render::Render>),
    Mix(mix::Mix),
}

impl Sing {
    /// True if answers are JSON lines.
    pub(crate) fn json(&self) -> bool {
        match &self.command {
            Command::Inspect(inspect) => inspect.json,
            Command::Check(check) => check.json,
            Command::Render(render) => render.json,
            Command::Mix(mix) => mix.json,
        }
    }

    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        match &self.command {
            Command::Inspect(inspect) => inspect.run(output),
            Command::Check(check) => check.run(output),
            Command::Render(render) => render.run(output),
            Command::Mix(mix) => mix.run(output),
        }
    }
}
