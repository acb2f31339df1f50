//! What a check finds.

use std::fmt;
use std::path::{Path, PathBuf};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The bank sings, but not as its author meant.
    Warning,
    /// The bank does not sing, or not every song.
    Error,
}

impl Severity {
    /// `warning` or `error`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The part of a voicebank that something belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The singer as a whole: `character.yaml`.
    Bank,
    /// The folder of the bank itself: phonemes and pitch become a spectrogram.
    Acoustic,
    /// `dsdur`: how long each phoneme lasts.
    Duration,
    /// `dspitch`: notes become a pitch curve.
    Pitch,
    /// `dsvariance`: energy, breathiness, voicing and tension.
    Variance,
    /// `dsvocoder`, or a vocoder that is installed beside the bank: the spectrogram becomes sound.
    Vocoder,
}

impl Stage {
    /// `bank`, `acoustic`, `duration`, `pitch`, `variance` or `vocoder`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bank => "bank",
            Self::Acoustic => "acoustic",
            Self::Duration => "duration",
            Self::Pitch => "pitch",
            Self::Variance => "variance",
            Self::Vocoder => "vocoder",
        }
    }

    /// The folder in the bank that holds it; empty for the bank's own.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Bank | Self::Acoustic => "",
            Self::Duration => "dsdur",
            Self::Pitch => "dspitch",
            Self::Variance => "dsvariance",
            Self::Vocoder => "dsvocoder",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One fault of a voicebank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind of fault, one of a fixed list of names: `missing_file`, `missing_key`, `missing_stage`,
    /// `missing_vocoder`, `missing_variance`, `missing_silence`, `wrong_size`, `wrong_hidden_size`, `unknown_phoneme`,
    /// `untyped_phoneme`, `duplicate_phoneme`, `blank_phoneme`, `id_out_of_range`, `bad_depth`, `bad_yaml`,
    /// `bad_value`, `bad_model`, `bad_replacement`, `vocoder_mismatch`, `input_without_flag`, `flag_without_input`,
    /// `unknown_input`, `unsafe_path`, `unknown_speaker`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The part of the bank it belongs to.
    pub stage: Stage,
    /// The file, from the bank's folder, with `/` between folders.
    pub file: String,
    /// The line in the file, from 1, where that is known.
    pub line: Option<u32>,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, severity, stage, file, line, message } = self;
        write!(f, "{} [{code}] {stage}: {file}", severity.name())?;
        if let Some(line) = line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {message}")
    }
}

/// Where findings are gathered, for one stage.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(crate) stage: Stage,
    pub(crate) findings: &'a mut Vec<Finding>,
}

impl Report<'_> {
    /// Notes an error in `file`.
    pub(crate) fn error(
        &mut self,
        code: &'static str,
        file: &str,
        line: Option<u32>,
        message: impl Into<String>,
    ) {
        self.add(Severity::Error, code, file, line, message.into());
    }

    /// Notes a warning about `file`.
    pub(crate) fn warn(
        &mut self,
        code: &'static str,
        file: &str,
        line: Option<u32>,
        message: impl Into<String>,
    ) {
        self.add(Severity::Warning, code, file, line, message.into());
    }

    fn add(
        &mut self,
        severity: Severity,
        code: &'static str,
        file: &str,
        line: Option<u32>,
        message: String,
    ) {
        let message = sonic_core::readable(message);
        let finding = Finding { code, severity, stage: self.stage, file: file.to_owned(), line, message };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }
}

/// `folder/name` with `/`, or `name` in the bank's own folder.
pub(crate) fn relative(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The file `name` that settings in the folder `place` of `root` name: its path from `root`, and where it lies. `None` if it is
/// not inside `root`: no root of its own, no prefix, no more `..` than there are folders.
pub(crate) fn inside(root: &Path, place: &str, name: &str) -> Option<(String, PathBuf)> {
    let name = name.replace('\\', "/");
    if name.is_empty() || name.starts_with('/') || name.contains(['\0', ':']) {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in place.split('/').chain(name.split('/')) {
        match part {
            "" | "." => (),
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    let file = parts.join("/");
    (!file.is_empty()).then(|| (file.clone(), root.join(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_stay_inside() {
        let file = |place, name| inside(Path::new("/b"), place, name).map(|(file, _)| file);
        assert_eq!(file("dsdur", "../dsmain/./linguistic.onnx").as_deref(), Some("dsmain/linguistic.onnx"));
        assert_eq!(file("", "a\\b.onnx").as_deref(), Some("a/b.onnx"));
        assert_eq!(inside(Path::new("/b"), "x", "y").unwrap().1, Path::new("/b/x/y"));
        for name in ["../a", "x/../../a", "/a", "c:/a", "", "a\0", ".", "\\\\host\\a"] {
            assert_eq!(file("", name), None, "{name}");
        }
        assert_eq!(file("dsdur", "../../a"), None);
    }
}
