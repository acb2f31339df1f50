//! `sonic doctor`: is a store sound?

use crate::output::{Output, plural};
use crate::{Common, Failure, Outcome};
use serde::Serialize;
use sonic::Access;

/// Read everything in a store and report what is wrong; exit status 1 if something is.
#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Serialize)]
struct Line<'a> {
    problem: &'a str,
}

impl Doctor {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let store = self.common.open(Access::ReadOnly)?;
        let problems = store.check()?;
        for problem in &problems {
            if output.is_json() {
                output.object(&Line { problem: &problem.message })?;
            } else {
                output.line(format_args!("problem: {}", problem.message))?;
            }
        }
        if !problems.is_empty() {
            return Ok(Outcome::SomeFailed);
        }
        if !output.is_json() {
            output.line(format_args!("sound: {}", plural(store.stats()?.recordings, "recording")))?;
        }
        Ok(Outcome::AllFine)
    }
}
