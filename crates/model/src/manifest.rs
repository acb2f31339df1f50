//! What sonic must know about a model besides its bytes.

use super::refuse;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Sound of one speaker to a vector.
    SpeakerEmbedding,
    /// Sound to the probability that somebody speaks.
    Vad,
    /// A picture to the places of faces.
    FaceDetection,
    /// An aligned face to a vector.
    FaceEmbedding,
}

impl Task {
    /// Its name in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::SpeakerEmbedding => "speaker-embedding",
            Self::Vad => "vad",
            Self::FaceDetection => "face-detection",
            Self::FaceEmbedding => "face-embedding",
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a speech model is fed with; the frames of all but `Waveform` are 10 ms apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrontEnd {
    /// Samples in -1..1.
    Waveform,
    /// 80 log-mel bands, means kept: `ecapa80` before its last step.
    Logmel80,
    /// 80 log-mel bands of pre-emphasised sound, means subtracted.
    Ecapa80,
    /// 80 log-mel bands in decibels as SpeechBrain makes them, means subtracted.
    Speechbrain80,
    /// 80 bands as Kaldi makes them, Hamming window, 16-bit scale, means subtracted.
    Kaldi80Hamming,
    /// 80 bands as Kaldi makes them, Povey window, unit scale, means subtracted.
    Kaldi80Povey,
    /// 40 mel bands without a logarithm, as Resemblyzer makes them.
    Resemblyzer40,
}

impl FrontEnd {
    /// Its name in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waveform => "waveform",
            Self::Logmel80 => "logmel80",
            Self::Ecapa80 => "ecapa80",
            Self::Speechbrain80 => "speechbrain80",
            Self::Kaldi80Hamming => "kaldi80-hamming",
            Self::Kaldi80Povey => "kaldi80-povey",
            Self::Resemblyzer40 => "resemblyzer40",
        }
    }
}

/// How to feed a speech model.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Speech {
    /// What it is fed with.
    pub front_end: FrontEnd,
    /// Samples per second.
    pub sample_rate: u32,
    /// How cosines of two embeddings become evidence that one person spoke; `None` if nobody measured it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<SpeechCalibration>,
}

/// Even odds at `-offset / slope`: the natural log-likelihood ratio of a cosine is `slope * cosine + offset`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SpeechCalibration {
    /// Growth of the evidence with the cosine; positive.
    pub slope: f64,
    /// Evidence of a cosine of 0.
    pub offset: f64,
}

/// The order of colours in a picture that a model is fed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Colour {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

/// How the outputs of a face detector are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decoder {
    /// Scores, distances to four sides and five points, at strides 8, 16 and 32.
    Scrfd,
    /// Two scores, boxes and five points, at strides 8, 16 and 32.
    Yunet,
}

/// How to feed a face model: values `(x - mean) / std` of x in 0..255, planes in the order of `colour`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Face {
    /// The order of the planes; also of `mean` and `std`.
    pub colour: Colour,
    /// What is subtracted from each plane.
    pub mean: [f32; 3],
    /// What each plane is divided by then.
    pub std: [f32; 3],
    /// Width and height of the picture; `None` for a detector that takes any multiple of 32.
    pub size: Option<[u32; 2]>,
    /// How a detector's outputs are read; `None` for an embedder.
    pub decoder: Option<Decoder>,
}

/// What sonic must know about a model: a TOML file of the same name beside the ONNX file, or one that sonic has
/// [built in](built_in).
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The name it is asked for by: lower-case letters, digits, `.`, `-` and `_`.
    pub id: String,
    /// What it is for.
    pub task: Task,
    /// The name of the ONNX file. Without one the model is built into sonic, or, in a manifest beside an ONNX file,
    /// the file has the name of the manifest.
    pub file: Option<String>,
    /// Where the file is published, or a ZIP archive that holds it (an address ending in `.zip`); `None` if nobody
    /// publishes it in this form.
    pub url: Option<String>,
    /// Other places that have the file, tried in this order.
    #[serde(default)]
    pub mirrors: Vec<String>,
    /// SHA-256 of the file in hexadecimal; `None` if it could not be verified.
    pub sha256: Option<String>,
    /// Size of the file in bytes, if it is known.
    pub bytes: Option<u64>,
    /// The licence of the weights: an SPDX name where there is one.
    pub licence: String,
    /// True if the licence permits commercial use.
    pub commercial: bool,
    /// The page or paper that describes the model.
    pub source: String,
    /// What else its user should know.
    #[serde(default)]
    pub note: String,
    /// Names of the inputs that are fed.
    #[serde(default)]
    pub inputs: Vec<String>,
    /// Names of the outputs that are read.
    #[serde(default)]
    pub outputs: Vec<String>,
    /// Length of the vectors that an embedder gives.
    pub dimensions: Option<usize>,
    /// How a speech model is fed.
    pub speech: Option<Speech>,
    /// How a face model is fed.
    pub face: Option<Face>,
}

/// A model that can be loaded.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelFile {
    /// How it is fed.
    pub manifest: Manifest,
    /// The ONNX file; `None` if the model is built into sonic.
    pub path: Option<PathBuf>,
}

impl Manifest {
    /// The manifest in `text`; `name` is what errors call it.
    ///
    /// # Errors
    /// `Model` if a key is unknown, missing or of the wrong type, or a value cannot be; the message names the key.
    pub fn parse(text: &str, name: impl fmt::Display) -> Result<Self> {
        let of_manifest = |reason: String| refuse(format!("the manifest {name} is wrong: {reason}"));
        let manifest: Self =
            toml::from_str(text).map_err(|e| of_manifest(e.to_string().trim_end().to_owned()))?;
        manifest.check().map_err(of_manifest)?;
        Ok(manifest)
    }

    /// The manifest in the file `path`.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); `NotFound` or `Io` if the file cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|e| Error::io(format!("cannot read the manifest {}", path.display()), e))?;
        Self::parse(&text, path.display())
    }

    /// How this speech model is fed.
    ///
    /// # Errors
    /// `Model` if it is no speech model.
    pub fn speech(&self) -> Result<&Speech> {
        self.speech
            .as_ref()
            .ok_or_else(|| refuse(format!("{} is for {}, not for speech", self.id, self.task)))
    }

    /// How this face model is fed.
    ///
    /// # Errors
    /// `Model` if it is no face model.
    pub fn face(&self) -> Result<&Face> {
        self.face.as_ref().ok_or_else(|| refuse(format!("{} is for {}, not for faces", self.id, self.task)))
    }

    /// That the model is for `task`.
    ///
    /// # Errors
    /// `Model` if it is for another.
    pub fn expect(&self, task: Task) -> Result<()> {
        match self.task == task {
            true => Ok(()),
            false => {
                Err(refuse(format!("{} is for {}; a model for {task} is needed here", self.id, self.task)))
            }
        }
    }

    /// What serde cannot check; the message names the key.
    fn check(&self) -> std::result::Result<(), String> {
        let plain = |text: &str| {
            text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
        };
        let fault = |holds: bool, message: &str| if holds { Ok(()) } else { Err(message.to_owned()) };
        fault(
            !self.id.is_empty() && plain(&self.id),
            "`id` must be lower-case letters, digits, `.`, `-` and `_`",
        )?;
        let bare =
            |name: &String| !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', ':']);
        fault(self.file.as_ref().is_none_or(bare), "`file` must be a file name without a folder")?;
        let web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        fault(
            self.url.iter().chain(&self.mirrors).all(web),
            "`url` and `mirrors` must begin with https:// or http://",
        )?;
        let hash = |text: &String| {
            text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        fault(self.sha256.as_ref().is_none_or(hash), "`sha256` must be 64 lower-case hexadecimal digits")?;
        fault(self.dimensions != Some(0), "`dimensions` must be at least 1")?;
        self.check_task()
    }

    /// That what the task needs is there.
    fn check_task(&self) -> std::result::Result<(), String> {
        let needs = |key: &str, there: bool| {
            if there { Ok(()) } else { Err(format!("a model for {} needs `{key}`", self.task)) }
        };
        let is_speech = matches!(self.task, Task::SpeakerEmbedding | Task::Vad);
        needs("speech", !is_speech || self.speech.is_some())?;
        needs("face", is_speech || self.face.is_some())?;
        needs(
            "dimensions",
            !matches!(self.task, Task::SpeakerEmbedding | Task::FaceEmbedding) || self.dimensions.is_some(),
        )?;
        let face = self.face.as_ref();
        needs("decoder", self.task != Task::FaceDetection || face.is_some_and(|f| f.decoder.is_some()))?;
        needs("size", self.task != Task::FaceEmbedding || face.is_some_and(|f| f.size.is_some()))?;
        if face.is_some_and(|f| f.std.iter().any(|s| *s <= 0.0 || !s.is_finite())) {
            return Err("`std` must be greater than 0".to_owned());
        }
        match self.speech.as_ref().is_some_and(|s| s.sample_rate == 0) {
            true => Err("`sample_rate` must be greater than 0".to_owned()),
            false => Ok(()),
        }
    }
}

/// The manifests that are built in, in order of id.
pub fn built_in() -> &'static [Manifest] {
    /// A manifest that does not parse is a mistake that a test finds; here it would only be missing.
    static BUILT_IN: LazyLock<Vec<Manifest>> = LazyLock::new(|| {
        let mut all: Vec<_> =
            TEXTS.iter().filter_map(|(name, text)| Manifest::parse(text, name).ok()).collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    });
    &BUILT_IN
}

macro_rules! texts {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../models/", $name, ".toml")))),*]
    };
}

/// The files in `crates/core/models`.
const TEXTS: &[(&str, &str)] = texts![
    "celda128",
    "celda128-onnx",
    "celda128-wave",
    "det_10g",
    "det_2.5g",
    "det_500m",
    "ecapa-voxceleb",
    "mobilefacenet",
    "sface",
    "silero-vad",
    "w600k_mbf",
    "w600k_r50",
    "wespeaker-campplus",
    "wespeaker-resnet34",
    "yunet",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const GOOD: &str = r#"
        id = "mine"
        task = "speaker-embedding"
        file = "mine.onnx"
        licence = "MIT"
        commercial = true
        source = "https://example.org"
        dimensions = 192
        speech = { front_end = "ecapa80", sample_rate = 16000 }
    "#;

    #[test]
    fn every_built_in_manifest_is_right() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        let on_disk: BTreeSet<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(on_disk.len(), TEXTS.len(), "a manifest is not compiled in");
        let mut files = BTreeSet::new();
        for (name, text) in TEXTS {
            let manifest = Manifest::parse(text, name).unwrap();
            assert_eq!(manifest.id, *name);
            assert!(
                manifest.file.as_ref().is_none_or(|file| files.insert(file.clone())),
                "{name}: a second file"
            );
            assert!(manifest.file.is_some() || manifest.url.is_none(), "{name}");
            assert!(
                manifest.sha256.is_some() || !manifest.note.is_empty(),
                "{name} must say why it has no sha256"
            );
        }
        assert_eq!(built_in().len(), TEXTS.len());
    }

    #[test]
    fn names_are_those_of_the_files() {
        let manifest = Manifest::parse(GOOD, "mine").unwrap();
        assert_eq!(toml::Value::try_from(manifest.task).unwrap().as_str(), Some(manifest.task.name()));
        for front_end in [
            FrontEnd::Waveform,
            FrontEnd::Logmel80,
            FrontEnd::Ecapa80,
            FrontEnd::Speechbrain80,
            FrontEnd::Kaldi80Hamming,
            FrontEnd::Kaldi80Povey,
            FrontEnd::Resemblyzer40,
        ] {
            assert_eq!(toml::Value::try_from(front_end).unwrap().as_str(), Some(front_end.name()));
        }
    }

    #[test]
    fn errors_name_the_key() {
        for (change, part) in [
            (("licence =", "license ="), "license"),
            (("dimensions = 192", ""), "dimensions"),
            (("dimensions = 192", "dimensions = 0"), "dimensions"),
            (("dimensions = 192", "dimensions = \"many\""), "dimensions"),
            (("id = \"mine\"", "id = \"My model\""), "`id`"),
            (("mine.onnx", "../mine.onnx"), "`file`"),
            (("commercial = true", "sha256 = \"12\"\ncommercial = true"), "sha256"),
            (("commercial = true", "url = \"ftp://x\"\ncommercial = true"), "`url`"),
            (("commercial = true", ""), "commercial"),
            (("ecapa80", "ecapa81"), "ecapa81"),
            (("16000", "0"), "sample_rate"),
            (("speech = {", "face = {"), "front_end"),
            (("speaker-embedding", "face-embedding"), "`face`"),
        ] {
            let text = GOOD.replace(change.0, change.1);
            let error = Manifest::parse(&text, "mine.toml").unwrap_err();
            assert!(error.message().starts_with("the manifest mine.toml is wrong: "), "{error}");
            assert!(error.message().contains(part), "{part}: {error}");
        }
    }

    #[test]
    fn a_model_is_used_for_its_task() {
        let manifest = Manifest::parse(GOOD, "mine").unwrap();
        assert!(manifest.expect(Task::SpeakerEmbedding).is_ok() && manifest.speech().is_ok());
        assert_eq!(manifest.face().unwrap_err().to_string(), "mine is for speaker-embedding, not for faces");
        let error = manifest.expect(Task::Vad).unwrap_err().to_string();
        assert_eq!(error, "mine is for speaker-embedding; a model for vad is needed here");
    }
}
