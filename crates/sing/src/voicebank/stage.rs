//! One stage of a voicebank: the settings of its `dsconfig.yaml` and the files that they name.

use super::document::Document;
use super::finding::{Report, Stage, inside, relative};
use super::inventory::{Inventory, Speaker, languages, speakers};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The curves that a variance model can predict, in the order that the format has.
pub(crate) const CURVES: [&str; 4] = ["energy", "breathiness", "voicing", "tension"];

/// A file that settings name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModelFile {
    /// Its path from the bank's folder.
    pub(crate) file: String,
    /// Where it lies.
    pub(crate) path: PathBuf,
}

/// How a spectrogram is made; acoustic model and vocoder must agree in all but the base.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MelSettings {
    pub(crate) sample_rate: usize,
    pub(crate) hop_size: usize,
    pub(crate) win_size: usize,
    pub(crate) fft_size: usize,
    pub(crate) num_mel_bins: usize,
    pub(crate) mel_fmin: f64,
    pub(crate) mel_fmax: f64,
    /// `e` or `10`.
    pub(crate) mel_base: String,
    /// `slaney` or `htk`.
    pub(crate) mel_scale: String,
}

impl MelSettings {
    pub(crate) fn read(settings: &Document, report: &mut Report<'_>) -> Self {
        let mut count = |key, default| settings.count(key, default, report);
        let (sample_rate, hop_size) = (count("sample_rate", 44100), count("hop_size", 512));
        let (win_size, fft_size) = (count("win_size", 2048), count("fft_size", 2048));
        let num_mel_bins = count("num_mel_bins", 128);
        let (mel_fmin, mel_fmax) =
            (settings.number("mel_fmin", 40.0, report), settings.number("mel_fmax", 16000.0, report));
        let mel_base = one_of(settings, "mel_base", &["10", "e"], report);
        let mel_scale = one_of(settings, "mel_scale", &["slaney", "htk"], report);
        Self {
            sample_rate,
            hop_size,
            win_size,
            fft_size,
            num_mel_bins,
            mel_fmin,
            mel_fmax,
            mel_base,
            mel_scale,
        }
    }

    /// Keys and values that must be the same in acoustic model and vocoder.
    pub(crate) fn shared(&self) -> [(&'static str, String); 8] {
        [
            ("sample_rate", self.sample_rate.to_string()),
            ("hop_size", self.hop_size.to_string()),
            ("win_size", self.win_size.to_string()),
            ("fft_size", self.fft_size.to_string()),
            ("num_mel_bins", self.num_mel_bins.to_string()),
            ("mel_fmin", self.mel_fmin.to_string()),
            ("mel_fmax", self.mel_fmax.to_string()),
            ("mel_scale", self.mel_scale.clone()),
        ]
    }
}

/// The value of `key` if it is one of `values`, of which the first is the default.
fn one_of(settings: &Document, key: &str, values: &[&str], report: &mut Report<'_>) -> String {
    let what = format!("one of {}", values.join(", "));
    let known = |v: &super::document::Value| v.text().filter(|text| values.contains(&text.trim()));
    settings.value(key, &what, values[0].to_owned(), known, report).trim().to_owned()
}

/// Settings and lists of one stage.
#[derive(Debug, Clone)]
pub(crate) struct StageSettings {
    pub(crate) stage: Stage,
    pub(crate) folder: PathBuf,
    pub(crate) settings: Document,
    /// `None` if the list cannot be read.
    pub(crate) inventory: Option<Inventory>,
    /// Numbers of languages, and the lines that give them.
    pub(crate) languages: HashMap<String, (i64, u32)>,
    pub(crate) speakers: Vec<Speaker>,
    /// Width of embeddings.
    pub(crate) hidden_size: usize,
    pub(crate) frame_ms: f64,
    /// True for models that take `steps`, false for those that take `speedup`.
    pub(crate) continuous: bool,
    /// Models by the key that names them.
    pub(crate) models: HashMap<&'static str, ModelFile>,
}

impl StageSettings {
    /// Reads the stage in `root`; `None`, without a finding, if there is no such stage.
    pub(crate) fn read(root: &Path, stage: Stage, report: &mut Report<'_>) -> Option<Self> {
        let place = stage.folder();
        let folder = if place.is_empty() { root.to_owned() } else { root.join(place) };
        let path = folder.join("dsconfig.yaml");
        if stage != Stage::Acoustic && !path.exists() {
            return None;
        }
        let file = relative(place, "dsconfig.yaml");
        let settings = Document::read(&path, &file, report)?;
        let rate = settings.count("sample_rate", 44100, report);
        let hop = settings.count("hop_size", 512, report);
        let mut out = Self {
            stage,
            inventory: Inventory::read(root, &settings, place, report),
            languages: languages(root, &settings, place, report),
            speakers: speakers(root, &settings, place, report),
            hidden_size: settings.count("hidden_size", 256, report),
            frame_ms: 1000.0 * hop as f64 / rate as f64,
            continuous: settings.truth("use_continuous_acceleration", false, report),
            models: HashMap::new(),
            folder,
            settings,
        };
        for key in model_keys(stage) {
            out.name_model(root, key, report);
        }
        let flags = out.settings.items().map(|(key, ..)| key.to_owned());
        for flag in flags.filter(|key| is_flag(key)).collect::<Vec<_>>() {
            out.settings.truth(&flag, false, report);
        }
        Some(out)
    }

    fn name_model(&mut self, root: &Path, key: &'static str, report: &mut Report<'_>) {
        let file = &self.settings.file;
        let Some(name) = self.settings.text(key, report) else {
            let message =
                format!("the key `{key}` is missing: it names the model, as in `{key}: {key}.onnx`");
            report.error("missing_key", file, None, message);
            return;
        };
        let Some((model, path)) = inside(root, self.stage.folder(), &name) else {
            let message = format!("{key}: `{name}` leads out of the bank's folder; name a file inside it");
            report.error("unsafe_path", file, self.settings.line(key), message);
            return;
        };
        self.models.insert(key, ModelFile { file: model, path });
    }

    /// Whether the flag is set; findings about its value were reported before.
    pub(crate) fn flag(&self, key: &str, default: bool) -> bool {
        self.settings.get(key).and_then(super::document::Value::truth).unwrap_or(default)
    }

    /// The file with the numbers of languages, from the bank's folder.
    pub(crate) fn languages_file(&self) -> String {
        let name = self.settings.get("languages").and_then(super::document::Value::text).unwrap_or_default();
        inside(Path::new(""), self.stage.folder(), &name).map_or(name, |(file, _)| file)
    }

    /// The number at `key`.
    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        self.settings.get(key).and_then(super::document::Value::number)
    }

    /// True if the depth of shallow diffusion is fed.
    pub(crate) fn has_depth(&self) -> bool {
        self.flag("use_variable_depth", self.flag("use_shallow_diffusion", false))
    }

    /// The range of random pitch shifts in training, semitones below and above, by which gender is scaled.
    pub(crate) fn shift_range(&self) -> Option<(f64, f64)> {
        let range = self.settings.get("augmentation_args")?.get("random_pitch_shifting")?.get("range")?;
        match range.items() {
            [low, high] => {
                let (low, high) = (low.number()?, high.number()?);
                (low < 0.0 && high > 0.0).then_some((low, high))
            }
            _ => None,
        }
    }

    /// The curves that the variance stage predicts according to its settings.
    pub(crate) fn predicts(&self, curve: &str) -> bool {
        self.flag(&format!("predict_{curve}"), matches!(curve, "energy" | "breathiness"))
    }

    /// True if the acoustic model is given the curve according to its settings.
    pub(crate) fn uses(&self, curve: &str) -> bool {
        self.flag(&format!("use_{curve}_embed"), false)
    }
}

/// True for settings that are true or false.
fn is_flag(key: &str) -> bool {
    const FLAGS: [&str; 9] = [
        "use_lang_id",
        "use_key_shift_embed",
        "use_speed_embed",
        "use_continuous_acceleration",
        "use_variable_depth",
        "use_shallow_diffusion",
        "use_expr",
        "use_note_rest",
        "predict_dur",
    ];
    let of_curve =
        |curve: &&str| [format!("use_{curve}_embed"), format!("predict_{curve}")].iter().any(|k| k == key);
    FLAGS.contains(&key) || CURVES.iter().any(of_curve)
}

/// The settings that name models.
pub(crate) fn model_keys(stage: Stage) -> &'static [&'static str] {
    match stage {
        Stage::Acoustic => &["acoustic"],
        Stage::Duration => &["linguistic", "dur"],
        Stage::Pitch => &["linguistic", "pitch"],
        Stage::Variance => &["linguistic", "variance"],
        Stage::Bank | Stage::Vocoder => &[],
    }
}
