//! What the tests of pictures share: reference files, arrays, models.

#![allow(dead_code, reason = "every test file uses a part of this")]

use ndarray_npy::{NpzReader, ReadableElement};
use sonic_model::{Model, Runtime, RuntimeOptions, built_in};
use sonic_testing::{Need, needs};
use sonic_vision::{FaceAnalyzerOptions, FaceDetector, FaceEmbedder};
use std::fs::File;
use std::path::{Path, PathBuf};

/// The folder of face references; `None`, and a reason printed, without.
pub(crate) fn assets() -> Option<PathBuf> {
    sonic_testing::assets("face")
}

/// As [`assets`]; `None` too if there is no ONNX Runtime.
pub(crate) fn assets_and_runtime() -> Option<PathBuf> {
    let assets = assets()?;
    needs(Need::OnnxRuntime, Runtime::load(&RuntimeOptions::default())).map(|_| assets)
}

/// The built-in manifest `id` with a file of the references.
pub(crate) fn model(assets: &Path, id: &str, file: &str) -> Model {
    let manifest = built_in().iter().find(|m| m.id == id).unwrap().clone();
    Model::of_file(manifest, assets.join("models").join(file))
}

pub(crate) fn det_500m(assets: &Path, options: FaceAnalyzerOptions) -> FaceDetector {
    FaceDetector::load(&model(assets, "det_500m", "det_500m.onnx"), &options).unwrap()
}

pub(crate) fn w600k(assets: &Path) -> FaceEmbedder {
    let model = model(assets, "w600k_mbf", "w600k_mbf_dequant_fp32.onnx");
    FaceEmbedder::load(&model, &Default::default()).unwrap()
}

/// The array `name` of an npz file: its shape and its elements, the last dimension contiguous.
pub(crate) fn array<T: ReadableElement + Clone>(path: &Path, name: &str) -> (Vec<usize>, Vec<T>) {
    let mut file = NpzReader::new(File::open(path).unwrap()).unwrap();
    let array: ndarray::ArrayD<T> = file.by_name(name).unwrap();
    (array.shape().to_vec(), array.iter().cloned().collect())
}

pub(crate) fn cosine(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}
