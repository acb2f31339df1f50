//! `sonic import validate`: compare what was imported with its files.

use super::{ended, warn};
use crate::add::{go_on, interruption};
use crate::output::{self, Output, Problem};
use crate::{Common, Failure, Outcome};
use serde::Serialize;
use sonic::imported::{self, ValidatedFile, Warnings};
use sonic::{Access, path_text};
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// Compare what was imported with the files that it came from: 1,000 hashes of each by the frames at which every recording
/// has them, and all by whether there is such a hash.
#[derive(Debug, clap::Args)]
pub(crate) struct Validate {
    #[command(flatten)]
    pub(crate) common: Common,
    /// What was imported.
    #[arg(value_name = "PATH|URL")]
    place: PathBuf,
}

#[derive(Serialize)]
struct Line<'a> {
    path: String,
    fine: bool,
    season: Option<u32>,
    hashes: u64,
    unknown: u64,
    compared: u64,
    different: u64,
    missing: u64,
    with_sound: u64,
    warnings: &'a Warnings,
    error: Option<Problem>,
}

impl Validate {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let store = self.common.open(Access::ReadOnly)?;
        let interrupted = interruption();
        let mut written = Ok(());
        let validation = imported::validate(&store, &self.place, |file| {
            if let Some(file) = file {
                written = report(output, &file);
            }
            go_on(!interrupted.load(Ordering::Relaxed) && written.is_ok())
        })?;
        written?;
        Ok(ended(validation.failed, &interrupted))
    }
}

fn report(output: &mut Output, file: &ValidatedFile) -> sonic::Result<()> {
    if output.is_json() {
        return output.object(&line(file));
    }
    warn(&file.path, &file.warnings);
    let path = file.path.display();
    if let Some(error) = &file.error {
        output::complain(format_args!("failed: {}", output::said(error)));
        return Ok(());
    }
    let verdict = if file.is_fine() { "fine" } else { "failed" };
    let ValidatedFile { hashes, unknown, compared, different, missing, with_sound, .. } = file;
    output.line(format_args!(
        "{path}: {verdict}: of {hashes} hashes {unknown} unknown, of {compared} compared {different} different; \
         {missing} recordings missing, {with_sound} there with their sound"
    ))
}

fn line(file: &ValidatedFile) -> Line<'_> {
    Line {
        path: path_text(&file.path),
        fine: file.is_fine(),
        season: file.season,
        hashes: file.hashes,
        unknown: file.unknown,
        compared: file.compared,
        different: file.different,
        missing: file.missing,
        with_sound: file.with_sound,
        warnings: &file.warnings,
        error: file.error.as_ref().map(Problem::from),
    }
}
