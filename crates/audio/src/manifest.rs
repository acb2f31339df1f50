//! What the manifest of a model of sound says about how it is fed.

use sonic_core::{Calibration, FrontEnd, Result};
use sonic_model::Manifest;

/// The section `speech` of a manifest.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Speech {
    /// What the model is fed with.
    pub(crate) front_end: FrontEnd,
    /// Samples per second.
    pub(crate) sample_rate: u32,
    /// How cosines of two embeddings become evidence that one person spoke; `None` if nobody measured it.
    #[serde(default)]
    calibration: Option<SpeechCalibration>,
}

/// Even odds at `-offset / slope`: the natural log-likelihood ratio of a cosine is `slope * cosine + offset`.
#[derive(Debug, Clone, Copy, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SpeechCalibration {
    /// Growth of the evidence with the cosine; positive.
    slope: f64,
    /// Evidence of a cosine of 0.
    offset: f64,
}

impl Speech {
    /// How this model is fed.
    pub(crate) fn of(manifest: &Manifest) -> Result<Self> {
        let speech: Self = manifest.section("speech")?;
        match speech.sample_rate {
            0 => Err(manifest.wrong("`sample_rate` must be greater than 0")),
            _ => Ok(speech),
        }
    }

    pub(crate) fn calibration(&self) -> Option<Calibration> {
        self.calibration.map(|c| Calibration { slope: c.slope, offset: c.offset, trials: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sonic_testing::{MANIFEST, manifest_refused};

    fn refusal(text: &str) -> Option<String> {
        let manifest = Manifest::parse(text, "mine.toml").unwrap();
        Speech::of(&manifest).err().map(|e| e.message().to_owned())
    }

    #[test]
    fn errors_name_the_key() {
        assert!(Speech::of(&Manifest::parse(MANIFEST, "mine.toml").unwrap()).is_ok());
        let changes = [
            (("ecapa80", "ecapa81"), "ecapa81"),
            (("16000", "0"), "sample_rate"),
            (("sample_rate", "rate"), "`rate`"),
            (("front_end =", "colour = \"rgb\", front_end ="), "colour"),
            (("speech = {", "face = {"), "`speech`"),
        ];
        manifest_refused(MANIFEST, &changes, refusal);
    }

    #[test]
    fn every_built_in_manifest_for_sound_is_right() {
        let tasks = ["speaker-embedding", "vad"];
        let ours: Vec<_> =
            sonic_model::built_in().iter().filter(|m| tasks.contains(&m.task.as_str())).collect();
        assert!(ours.len() >= 7);
        for manifest in ours {
            Speech::of(manifest).unwrap();
            assert!(manifest.task == "vad" || manifest.dimensions.is_some(), "{}", manifest.id);
        }
    }

    #[test]
    fn front_ends_are_called_by_their_names() {
        for front_end in FrontEnd::ALL {
            let text = MANIFEST.replace("ecapa80", front_end.name());
            assert_eq!(Speech::of(&Manifest::parse(&text, "mine").unwrap()).unwrap().front_end, front_end);
        }
    }
}
