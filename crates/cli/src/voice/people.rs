//! `sonic voice list` and `sonic voice forget`: the people of a store.

use crate::output::{self, Output, plural, to_the_second};
use crate::{Common, Failure, Outcome};
use sonic::lines::{ForgottenVoicesLine, PersonVoiceLine};
use sonic::voices::Voiceprint;
use sonic::{Access, ErrorKind};

/// List the people of a store.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Forget people: their voiceprints and every recording that was put down to them.
///
/// They are not found any more at once; `compact` takes their bytes out of the file.
#[derive(Debug, clap::Args)]
pub(crate) struct Forget {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Names of people.
    #[arg(required = true, value_name = "PERSON")]
    people: Vec<String>,
}

impl List {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let people = self.common.open(Access::ReadOnly)?.voices().people()?;
        let width = people.iter().map(|p| p.person.chars().count()).max().unwrap_or(0).clamp(6, 48);
        if !output.is_json() {
            let (person, samples, state) = ("PERSON", "SAMPLES", "ENROLLED");
            output.line(format_args!("{person:width$}  {samples:>7}  {state:8}  SINCE"))?;
        }
        for print in &people {
            if output.is_closed() {
                break;
            }
            match output.is_json() {
                true => output.object(&PersonVoiceLine::from(print))?,
                false => output.line(row(print, width))?,
            }
        }
        Ok(Outcome::AllFine)
    }
}

fn row(print: &Voiceprint, width: usize) -> String {
    let since = to_the_second(print.created_at_ms);
    let enrolled = if print.is_enrolled() { "yes" } else { "not yet" };
    format!("{:width$}  {:>7}  {enrolled:8}  {since}", print.person, print.sample_count())
}

impl Forget {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let voices = self.common.open(Access::ReadWrite)?.voices();
        let mut outcome = Outcome::AllFine;
        for person in &self.people {
            match voices.forget(person) {
                Ok(forgotten) if output.is_json() => {
                    output.object(&ForgottenVoicesLine { person, forgotten })?
                }
                Ok(gone) => {
                    let recordings = plural(gone.recordings, "recording");
                    output.line(format_args!("forgot {person}, with {recordings}"))?;
                }
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
