//! The `sonic` command: index recordings, name clips, say who speaks and who is seen. The binary and the Python package
//! run the same [`run`].
//!
//! Each command is one file that turns arguments into calls of the library and answers into lines. Results go to
//! standard output, one JSON object a line with `--json`; everything else goes to standard error.

mod add;
mod compact;
mod doctor;
mod export;
mod faces;
mod identify;
mod import;
mod list;
mod models;
mod monitor;
mod output;
mod people;
mod remove;
mod serve;
#[cfg(feature = "sing")]
mod sing;
#[cfg(feature = "remote")]
mod snapshot;
mod stats;
mod voice;

use clap::error::ErrorKind as UsageKind;
use clap::{CommandFactory, Parser, Subcommand};
use output::Output;
use sonic::voices::MAX_NAME_BYTES;
use sonic::{Access, Store, StoreOptions};
use std::ffi::OsString;
use std::path::PathBuf;

/// Index recordings and name short, noisy, re-encoded clips of them; say who speaks, and who is seen.
#[derive(Debug, Parser)]
#[command(name = "sonic", version, arg_required_else_help = true, after_help = EXIT_STATUS)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_STATUS: &str = "Exit status: 0 if all went well, 1 if some inputs failed (the rest is done), 2 for wrong \
                           usage, 130 after Ctrl-C.";

#[derive(Debug, Subcommand)]
enum Command {
    Add(add::Add),
    Identify(identify::Identify),
    Monitor(monitor::Monitor),
    List(list::List),
    Remove(remove::Remove),
    Stats(stats::Stats),
    Compact(compact::Compact),
    Doctor(doctor::Doctor),
    Export(export::Export),
    Import(import::Import),
    Models(models::Models),
    Voice(voice::Voice),
    Faces(faces::Faces),
    People(people::People),
    #[cfg(feature = "sing")]
    Sing(sing::Sing),
    #[cfg(feature = "remote")]
    Snapshot(snapshot::Snapshot),
    Serve(serve::Serve),
}

/// What every command takes.
#[derive(Debug, clap::Args)]
struct Common {
    /// The store: a directory; `add` creates it.
    #[arg(long, value_name = "DIR", env = "SONIC_STORE")]
    store: PathBuf,
    /// Print one JSON object a line instead of text for people.
    #[arg(long)]
    json: bool,
}

impl Common {
    fn open(&self, access: Access) -> sonic::Result<Store> {
        Store::open(&self.store, StoreOptions { access, ..StoreOptions::default() })
    }
}

/// A name of somebody or something as an argument.
fn name(text: &str) -> Result<String, String> {
    match text.len() {
        1..=MAX_NAME_BYTES => Ok(text.to_owned()),
        length => Err(format!("a name has 1 to {} bytes, not {length}", MAX_NAME_BYTES)),
    }
}

/// How a command ended, if it could run at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    AllFine,
    SomeFailed,
    Interrupted,
}

/// Why a command could not run.
#[derive(Debug)]
enum Failure {
    /// The arguments do not fit together.
    Usage(String),
    /// The store, or the place results go to, refused.
    Failed(sonic::Error),
}

impl From<sonic::Error> for Failure {
    fn from(error: sonic::Error) -> Self {
        Self::Failed(error)
    }
}

/// Runs the command with `arguments`, of which the first is the program's name, and gives its exit status.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(usage) => {
            let _ = usage.print(); // Nobody reads it if the terminal is gone.
            return usage.exit_code() as u8;
        }
    };
    match dispatch(&arguments.command) {
        Ok(Outcome::AllFine) => 0,
        Ok(Outcome::SomeFailed) => 1,
        Ok(Outcome::Interrupted) => 130,
        Err(Failure::Failed(error)) => {
            output::complain(format_args!("error: {error}"));
            1
        }
        Err(Failure::Usage(message)) => {
            let error = Arguments::command().error(UsageKind::ArgumentConflict, message);
            output::complain(format_args!("{}", error.render().to_string().trim_end()));
            2
        }
    }
}

fn dispatch(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Add(add) => add.run(&mut Output::new(add.common.json)),
        Command::Identify(identify) => identify.run(&mut Output::new(identify.common.json)),
        Command::Monitor(monitor) => monitor.run(&mut Output::new(monitor.common.json)),
        Command::List(list) => list.run(&mut Output::new(list.common.json)),
        Command::Remove(remove) => remove.run(&mut Output::new(remove.common.json)),
        Command::Stats(stats) => stats.run(&mut Output::new(stats.common.json)),
        Command::Compact(compact) => compact.run(&mut Output::new(compact.common.json)),
        Command::Doctor(doctor) => doctor.run(&mut Output::new(doctor.common.json)),
        Command::Export(export) => export.run(&mut Output::new(export.common.json)),
        Command::Import(import) => import.run(&mut Output::new(import.json())),
        Command::Models(models) => models.run(&mut Output::new(models.json)),
        Command::Voice(voice) => voice.run(&mut Output::new(voice.json())),
        Command::Faces(faces) => faces.run(&mut Output::new(faces.json())),
        Command::People(people) => people.run(&mut Output::new(people.json())),
        #[cfg(feature = "sing")]
        Command::Sing(sing) => sing.run(&mut Output::new(sing.json())),
        #[cfg(feature = "remote")]
        Command::Snapshot(snapshot) => snapshot.run(&mut Output::new(snapshot.json)),
        Command::Serve(serve) => serve.run(),
    }
}
