//! What the manifest of a face model says about how it is fed.

use crate::resize::Normalise;
use sonic_core::Result;
use sonic_model::Manifest;

/// What a manifest calls models that find faces.
pub(crate) const DETECTION: &str = "face-detection";
/// What a manifest calls models that embed faces.
pub(crate) const EMBEDDING: &str = "face-embedding";

/// The order of colours in a picture that a model is fed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Colour {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

/// How the outputs of a face detector are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Decoder {
    /// Scores, distances to four sides and five points, at strides 8, 16 and 32.
    Scrfd,
    /// Two scores, boxes and five points, at strides 8, 16 and 32.
    Yunet,
}

/// The section `face` of a manifest: values `(x - mean) / std` of x in 0..255, planes in the order of `colour`.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaceInput {
    /// The order of the planes; also of `mean` and `std`.
    pub(crate) colour: Colour,
    /// What is subtracted from each plane.
    pub(crate) mean: [f32; 3],
    /// What each plane is divided by then.
    pub(crate) std: [f32; 3],
    /// Width and height of the picture; `None` for a detector that takes any multiple of 32.
    pub(crate) size: Option<[u32; 2]>,
    /// How a detector's outputs are read; `None` for an embedder.
    pub(crate) decoder: Option<Decoder>,
}

impl FaceInput {
    /// How this model is fed.
    pub(crate) fn of(manifest: &Manifest) -> Result<Self> {
        let face: Self = manifest.section("face")?;
        if manifest.task == EMBEDDING {
            manifest.dimensions()?;
            face.size.ok_or_else(|| manifest.needs("size"))?;
        }
        if manifest.task == DETECTION {
            face.decoder.ok_or_else(|| manifest.needs("decoder"))?;
        }
        match face.std.iter().any(|s| *s <= 0.0 || !s.is_finite()) {
            true => Err(manifest.wrong("`std` must be greater than 0")),
            false => Ok(face),
        }
    }

    pub(crate) fn normalise(&self) -> Normalise {
        let channels = match self.colour {
            Colour::Rgb => [0, 1, 2],
            Colour::Bgr => [2, 1, 0],
        };
        Normalise { channels, mean: self.mean, std: self.std }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sonic_testing::manifest_refused;

    const GOOD: &str = r#"
        id = "mine"
        task = "face-embedding"
        file = "mine.onnx"
        licence = "MIT"
        commercial = true
        source = "https://example.org"
        dimensions = 512
        face = { colour = "rgb", mean = [0.0, 0.0, 0.0], std = [1.0, 1.0, 1.0], size = [112, 112] }
    "#;

    fn refusal(text: &str) -> Option<String> {
        let manifest = Manifest::parse(text, "mine.toml").unwrap();
        FaceInput::of(&manifest).err().map(|e| e.message().to_owned())
    }

    #[test]
    fn errors_name_the_key() {
        assert!(FaceInput::of(&Manifest::parse(GOOD, "mine.toml").unwrap()).is_ok());
        let changes = [
            (("face = {", "speech = {"), "`face`"),
            (("dimensions = 512", ""), "`dimensions`"),
            ((", size = [112, 112]", ""), "`size`"),
            (("face-embedding", "face-detection"), "`decoder`"),
            (("[1.0, 1.0, 1.0]", "[1.0, 0.0, 1.0]"), "`std`"),
            (("\"rgb\"", "\"grey\""), "grey"),
            (("colour = \"rgb\"", "front_end = \"ecapa80\""), "front_end"),
        ];
        manifest_refused(GOOD, &changes, refusal);
    }

    #[test]
    fn every_built_in_manifest_for_faces_is_right() {
        let ours = sonic_model::built_in().iter().filter(|m| [DETECTION, EMBEDDING].contains(&&*m.task));
        let read: Vec<_> = ours.map(|manifest| FaceInput::of(manifest).unwrap()).collect();
        assert!(read.len() >= 8);
    }
}
