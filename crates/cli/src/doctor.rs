//! `sonic doctor`: is a store sound, and what can be saved of one that is not?

use crate::add::interruption;
use crate::output::{Output, plural};
use crate::{Common, Failure, Outcome};
use serde::Serialize;
use sonic::{Access, Store};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// Read everything in a store and report what is wrong; exit status 1 if something is.
#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Save what is whole of the store to a new one in this directory; exit status 1 if something was damaged.
    #[arg(long, value_name = "OUT")]
    salvage: Option<PathBuf>,
}

#[derive(Serialize)]
struct Line<'a> {
    problem: &'a str,
}

impl Doctor {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        match &self.salvage {
            Some(to) => self.salvage(to, output),
            None => self.check(output),
        }
    }

    fn check(&self, output: &mut Output) -> Result<Outcome, Failure> {
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

    fn salvage(&self, to: &Path, output: &mut Output) -> Result<Outcome, Failure> {
        let interrupted = interruption();
        let saved = Store::salvage(&self.common.store, to, |_| match interrupted.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })?;
        let Some(saved) = saved else { return Ok(Outcome::Interrupted) };
        if output.is_json() {
            output.object(&saved)?;
        } else {
            output.line(format_args!(
                "saved: {}, {} of {}, {} in {}",
                plural(saved.recordings, "recording"),
                plural(saved.voices, "voice"),
                plural(saved.people, "voiceprint"),
                plural(saved.faces, "face"),
                plural(saved.photos, "photo"),
            ))?;
            output.line(format_args!(
                "damaged: {}, {}{}",
                plural(saved.damaged_rows, "row"),
                plural(saved.damaged_pages, "page"),
                if saved.may_lack_last_change { "; the last change may be missing" } else { "" }
            ))?;
        }
        match (saved.damaged_rows, saved.damaged_pages, saved.may_lack_last_change) {
            (0, 0, false) => Ok(Outcome::AllFine),
            _ => Ok(Outcome::SomeFailed),
        }
    }
}
