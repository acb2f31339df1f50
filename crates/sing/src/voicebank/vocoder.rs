//! The vocoder of a bank: its own, or one that is installed beside it.

use super::document::Document;
use super::finding::{Finding, Report, Stage, inside, relative};
use super::stage::{MelSettings, ModelFile, StageSettings};
use std::path::{Path, PathBuf};

/// A vocoder's settings.
#[derive(Debug, Clone)]
pub(crate) struct Vocoder {
    pub(crate) settings: Document,
    pub(crate) mel: MelSettings,
    pub(crate) model: Option<ModelFile>,
}

impl Vocoder {
    /// The vocoder of the bank in `root`: its `dsvocoder` first, then a folder of the name that the acoustic settings
    /// give, in the bank, in `packages`, or in `_packages` beside the bank.
    pub(crate) fn read(
        root: &Path,
        acoustic: Option<&StageSettings>,
        packages: &[PathBuf],
        findings: &mut Vec<Finding>,
    ) -> Option<Self> {
        let named = acoustic.and_then(|acoustic| acoustic.settings.get("vocoder"));
        let name = named.and_then(super::document::Value::text);
        let mut report = Report { stage: Stage::Vocoder, findings };
        let Some((folder, place)) = find(root, name.as_deref(), packages) else {
            // What settings name that cannot be read, nobody knows.
            let acoustic = acoustic?;
            let message = match &name {
                Some(name) => format!(
                    "the vocoder {name} is neither in the bank (dsvocoder/vocoder.yaml) nor installed; install it or \
                     name the folder that holds it"
                ),
                None => "the bank has no dsvocoder/vocoder.yaml and names no vocoder".to_owned(),
            };
            report.error(
                "missing_vocoder",
                &acoustic.settings.file,
                acoustic.settings.line("vocoder"),
                message,
            );
            return None;
        };
        let file = relative(&place, "vocoder.yaml");
        let settings = Document::read(&folder.join("vocoder.yaml"), &file, &mut report)?;
        let mel = MelSettings::read(&settings, &mut report);
        let model = model(&folder, &place, &settings, &mut report);
        Some(Self { settings, mel, model })
    }
}

fn model(folder: &Path, place: &str, settings: &Document, report: &mut Report<'_>) -> Option<ModelFile> {
    let Some(name) = settings.text("model", report) else {
        report.error(
            "missing_key",
            &settings.file,
            None,
            "the key `model` is missing: it names the vocoder's ONNX file",
        );
        return None;
    };
    match inside(folder, "", &name) {
        Some((file, path)) => Some(ModelFile { file: relative(place, &file), path }),
        None => {
            let message = format!("model: `{name}` leads out of the vocoder's folder; name a file inside it");
            report.error("unsafe_path", &settings.file, settings.line("model"), message);
            None
        }
    }
}

/// The folder with the `vocoder.yaml`, and what findings call it.
fn find(root: &Path, name: Option<&str>, packages: &[PathBuf]) -> Option<(PathBuf, String)> {
    let own = root.join("dsvocoder");
    if own.join("vocoder.yaml").is_file() {
        return Some((own, "dsvocoder".to_owned()));
    }
    let name = name?;
    let beside = root.parent().map(|parent| parent.join("_packages"));
    let places = [root.to_owned()].into_iter().chain(packages.iter().cloned()).chain(beside);
    places
        .filter_map(|place| inside(&place, "", name))
        .find(|(_, folder)| folder.join("vocoder.yaml").is_file())
        .map(|(file, folder)| (folder, file))
}
