//! What the voice tests share: reference files, arrays, models.

#![allow(dead_code, reason = "every test file uses a part of this")]

pub(crate) mod conditions;

use ndarray_npy::{NpzReader, ReadableElement};
use sonic::Clip;
use sonic::model::{Runtime, RuntimeOptions};
use sonic_testing::{Need, needs};
use std::fs::File;
use std::path::{Path, PathBuf};

/// The folder of voice references; `None`, and a reason printed, without.
pub(crate) fn assets() -> Option<PathBuf> {
    sonic_testing::assets("voice")
}

/// As [`assets`]; `None` too if there is no ONNX Runtime.
pub(crate) fn assets_and_runtime() -> Option<PathBuf> {
    let assets = assets()?;
    needs(Need::OnnxRuntime, Runtime::load(&RuntimeOptions::default())).map(|_| assets)
}

/// Arrays by name.
pub(crate) struct Arrays(NpzReader<File>);

impl Arrays {
    pub(crate) fn open(path: &Path) -> Self {
        Self(NpzReader::new(File::open(path).unwrap()).unwrap())
    }

    pub(crate) fn names(&mut self) -> Vec<String> {
        let names = self.0.names().unwrap();
        names.iter().map(|n| n.trim_end_matches(".npy").to_owned()).collect()
    }

    /// The array `name`: its shape and its elements, the last dimension contiguous.
    pub(crate) fn get<T: ReadableElement + Clone>(&mut self, name: &str) -> (Vec<usize>, Vec<T>) {
        let array: ndarray::ArrayD<T> = self.0.by_name(name).unwrap();
        (array.shape().to_vec(), array.iter().cloned().collect())
    }
}

/// All samples of a reference recording, at its own rate.
pub(crate) fn recording(path: impl AsRef<Path>) -> Clip {
    sonic::audio::decode::decode(path.as_ref()).unwrap()
}

pub(crate) fn cosine(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Utterances of the reference arrays, in order: rows of "audio/speaker/..." names cannot be read as an array of
/// text, but they are the sorted files of the folder.
pub(crate) fn utterances(assets: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for speaker in std::fs::read_dir(assets.join("audio/librispeech_test-other")).unwrap() {
        let Ok(folder) = std::fs::read_dir(speaker.unwrap().path()) else { continue };
        files
            .extend(folder.map(|f| f.unwrap().path()).filter(|f| f.extension().is_some_and(|e| e == "flac")));
    }
    files.sort();
    files
}

/// Where as many targets are refused as others accepted: the ends of the curve are joined by straight lines, as
/// the reference does.
pub(crate) fn equal_error_rate(mut trials: Vec<(f64, bool)>) -> f64 {
    trials.sort_by(|a, b| b.0.total_cmp(&a.0));
    let targets = trials.iter().filter(|t| t.1).count() as f64;
    let others = trials.len() as f64 - targets;
    let (mut misses, mut false_alarms) = (1.0, 0.0);
    for (_, target) in trials {
        let before = (misses, false_alarms);
        if target {
            misses -= 1.0 / targets
        } else {
            false_alarms += 1.0 / others
        }
        if misses <= false_alarms {
            return (before.0.min(misses) + before.1.max(false_alarms)) / 2.0;
        }
    }
    0.5
}
