//! `sonic sing check`: why a voicebank does not sing as it should.

use crate::output::{Output, plural};
use crate::{Failure, Outcome};
use serde::Serialize;
use sonic::sing::{Finding, Severity, Voicebank, VoicebankOptions};
use std::path::PathBuf;

/// Read a voicebank's settings against its models, and list every fault, without singing.
///
/// The exit status is 1 if there is an error; warnings alone leave it at 0.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// Print one JSON object a fault instead of text for people.
    #[arg(long)]
    pub(crate) json: bool,
    /// A folder of installed vocoders; may be repeated. A folder `_packages` beside the bank is looked in as well.
    #[arg(long = "vocoders", value_name = "DIR")]
    vocoders: Vec<PathBuf>,
    /// A voicebank in the DiffSinger format of OpenUtau: the folder with its dsconfig.yaml.
    #[arg(value_name = "BANK")]
    bank: PathBuf,
}

#[derive(Serialize)]
struct Line<'a> {
    code: &'static str,
    severity: &'static str,
    stage: &'static str,
    file: &'a str,
    line: Option<u32>,
    message: &'a str,
}

impl<'a> From<&'a Finding> for Line<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self {
            code: finding.code,
            severity: finding.severity.name(),
            stage: finding.stage.name(),
            file: &finding.file,
            line: finding.line,
            message: &finding.message,
        }
    }
}

impl Check {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let findings = open(&self.bank, &self.vocoders)?.check();
        for finding in &findings {
            match output.is_json() {
                true => output.object(&Line::from(finding))?,
                false => output.line(finding)?,
            }
        }
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        if !output.is_json() {
            let warnings = (findings.len() - errors) as u64;
            output.line(format_args!(
                "{}, {}",
                plural(errors as u64, "error"),
                plural(warnings, "warning")
            ))?;
        }
        Ok(if errors > 0 { Outcome::SomeFailed } else { Outcome::AllFine })
    }
}

/// A voicebank with vocoders from elsewhere.
pub(super) fn open(bank: &std::path::Path, vocoders: &[PathBuf]) -> sonic::Result<Voicebank> {
    let mut options = VoicebankOptions::default();
    options.vocoder_folders = vocoders.to_vec();
    Voicebank::open_with(bank, &options)
}
