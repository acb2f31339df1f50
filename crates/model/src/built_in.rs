//! The manifests that come with sonic.

use crate::Manifest;
use std::sync::LazyLock;

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
        &[$(($name, include_str!(concat!("../models/", $name, ".toml")))),*]
    };
}

/// The files in `crates/model/models`.
const TEXTS: &[(&str, &str)] = texts![
    "celda128",
    "celda128-onnx",
    "celda128-wave",
    "det_10g",
    "det_2.5g",
    "det_500m",
    "ecapa-voxceleb",
    "mobilefacenet",
    "moonshine-spelling",
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
    use std::path::Path;

    #[test]
    fn every_built_in_manifest_is_right() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        let on_disk: BTreeSet<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(on_disk.len(), TEXTS.len(), "a manifest is not compiled in");
        let mut files = BTreeSet::new();
        for (name, text) in TEXTS {
            let manifest = Manifest::parse(text, name).unwrap();
            assert_eq!(manifest.id, *name);
            for file in manifest.files.values() {
                assert!(file.file.clone().is_some_and(|file| files.insert(file)), "{name}: a second file");
                assert!(
                    file.sha256.is_some() || !manifest.note.is_empty(),
                    "{name} must say why it has no sha256"
                );
            }
        }
        assert_eq!(built_in().len(), TEXTS.len());
    }
}
