//! `sonic voice calibrate`: how scores become probabilities, from recordings whose speakers are known.

use super::Model;
use crate::output::{self, Output};
use crate::{Common, Failure, Outcome};
use serde::Serialize;
use sonic::voices::{self, Calibrated, RecordedTrial};
use sonic::{Access, Error, ErrorKind};
use std::path::{Path, PathBuf};

/// Fit how scores become probabilities, from trials: enrolled people compared with recordings of them and of others.
///
/// The recordings must not be samples that the people were enrolled with: those score too high.
#[derive(Debug, clap::Args)]
pub(crate) struct Calibrate {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    model: Model,
    /// The trials, one a line: PERSON FILE target|nontarget, with tabs between them if a name has spaces. A file is
    /// looked for beside this one.
    #[arg(value_name = "TRIALS")]
    trials: PathBuf,
}

#[derive(Serialize)]
struct Line<'a> {
    pipeline: &'a str,
    target: usize,
    nontarget: usize,
    slope: f64,
    offset: f64,
    even_odds_at: f64,
}

impl Calibrate {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let embedder = self.model.load()?;
        let trials = read(&self.trials)?;
        let store = self.common.open(Access::ReadWrite)?;
        let fitted = voices::calibrate(&store, &embedder, &trials)?;
        for (path, error) in &fitted.failed {
            output::complain(format_args!("failed: {}: {error}", path.display()));
        }
        report(output, embedder.speech_pipeline().as_str(), &fitted)?;
        Ok(if fitted.failed.is_empty() { Outcome::AllFine } else { Outcome::SomeFailed })
    }
}

fn report(output: &mut Output, pipeline: &str, fitted: &Calibrated) -> sonic::Result<()> {
    let Calibrated { calibration, target, nontarget, .. } = *fitted;
    let (slope, offset) = (calibration.slope, calibration.offset);
    let even_odds_at = -offset / slope;
    match output.is_json() {
        true => output.object(&Line { pipeline, target, nontarget, slope, offset, even_odds_at }),
        false => output.line(format_args!(
            "fitted from {target} trials of the person and {nontarget} of others: even odds at a cosine of \
             {even_odds_at:.3}"
        )),
    }
}

fn read(path: &Path) -> sonic::Result<Vec<RecordedTrial>> {
    let text =
        std::fs::read_to_string(path).map_err(|e| Error::io(format!("cannot read {}", path.display()), e))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let row = |(number, line): (usize, &str)| {
        row(line, folder).ok_or_else(|| {
            let message = format!(
                "line {} of {} is not PERSON FILE target|nontarget: {line:?}",
                number + 1,
                path.display()
            );
            Error::new(ErrorKind::InvalidArgument, message)
        })
    };
    lines.map(row).collect()
}

fn row(line: &str, folder: &Path) -> Option<RecordedTrial> {
    let fields: Vec<&str> = match line.contains('\t') {
        true => line.split('\t').map(str::trim).collect(),
        false => line.split_whitespace().collect(),
    };
    let [person, file, kind] = fields[..] else { return None };
    let same = match kind {
        "target" => true,
        "nontarget" => false,
        _ => return None,
    };
    Some(RecordedTrial { person: person.to_owned(), path: folder.join(file), same })
}
