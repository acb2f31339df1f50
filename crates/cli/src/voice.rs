//! `sonic voice`: who is speaking?

mod calibrate;
mod enroll;
mod identify;
mod people;

use crate::output::Output;
use crate::{Failure, Outcome};
use sonic::voices::{VoiceEmbedder, VoiceEmbedderOptions};

/// Enrol people from recordings of their voice, and name or verify who speaks in others.
#[derive(Debug, clap::Args)]
pub(crate) struct Voice {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Enroll(enroll::Enroll),
    Identify(identify::Identify),
    Verify(identify::Verify),
    List(people::List),
    Forget(people::Forget),
    Calibrate(calibrate::Calibrate),
}

impl Voice {
    /// True if answers are JSON lines.
    pub(crate) fn json(&self) -> bool {
        match &self.command {
            Command::Enroll(enroll) => enroll.common.json,
            Command::Identify(identify) => identify.common.json,
            Command::Verify(verify) => verify.common.json,
            Command::List(list) => list.common.json,
            Command::Forget(forget) => forget.common.json,
            Command::Calibrate(calibrate) => calibrate.common.json,
        }
    }

    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        match &self.command {
            Command::Enroll(enroll) => enroll.run(output),
            Command::Identify(identify) => identify.run(output),
            Command::Verify(verify) => verify.run(output),
            Command::List(list) => list.run(output),
            Command::Forget(forget) => forget.run(output),
            Command::Calibrate(calibrate) => calibrate.run(output),
        }
    }
}

const BUILT_IN: &str = "celda128";

/// What turns voices into embeddings.
#[derive(Debug, clap::Args)]
struct Model {
    /// What makes the embeddings: celda128, the id of another model, or the path of a manifest or ONNX file. A store has
    /// embeddings of one model.
    #[arg(long, value_name = "MODEL", default_value = BUILT_IN)]
    model: String,
    /// Embed the sound as it is: keep its constant part, its level and what is not speech. A store has voices of one kind or
    /// the other.
    #[arg(long)]
    no_prepare: bool,
}

impl Model {
    fn load(&self) -> sonic::Result<VoiceEmbedder> {
        let options = VoiceEmbedderOptions { prepare: !self.no_prepare, ..VoiceEmbedderOptions::default() };
        match self.model.as_str() {
            // It needs no folder of models.
            BUILT_IN => Ok(VoiceEmbedder::built_in_with(&options)),
            name => VoiceEmbedder::load(&sonic::models::resolve(name)?, &options),
        }
    }
}
