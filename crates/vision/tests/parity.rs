//! Promise: faces and embeddings are those of the programs that the models come from.
//!
//! The references are InsightFace and OpenCV on 274 pictures; a test prints how far the farthest is from them.

#![cfg(feature = "onnx")]
#![expect(clippy::unwrap_used, reason = "a test may fail")]
#![expect(clippy::print_stderr, reason = "a test says how close it came")]

mod support;

use serde_json::Value;
use sha2::{Digest, Sha256};
use sonic_vision::align::{aligned, similarity};
use sonic_vision::{Detection, FaceAnalyzerOptions, FaceDetector, FaceEmbedder, Image, decode};
use std::path::Path;
use support::{array, assets, assets_and_runtime, cosine, det_500m, model, w600k};

/// What one detector found on one picture, as far as the reference says it.
struct Reference {
    path: String,
    value: Value,
}

impl Reference {
    fn all(assets: &Path) -> Vec<Self> {
        let text = std::fs::read_to_string(assets.join("ref/reference.json")).unwrap();
        let all: Value = serde_json::from_str(&text).unwrap();
        let images = all["images"].as_object().unwrap();
        images.iter().map(|(path, value)| Self { path: path.clone(), value: value.clone() }).collect()
    }

    fn image(&self, assets: &Path) -> Image {
        decode(&assets.join(&self.path)).unwrap()
    }

    fn faces(&self, detector: &str) -> &[Value] {
        self.value[detector].as_array().map_or(&[], Vec::as_slice)
    }
}

fn numbers<const N: usize>(value: &Value) -> [f32; N] {
    let all: Vec<f32> = value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap() as f32).collect();
    all.try_into().unwrap()
}

fn points(value: &Value) -> [[f32; 2]; 5] {
    let all: Vec<[f32; 2]> = value.as_array().unwrap().iter().map(numbers).collect();
    all.try_into().unwrap()
}

fn farthest<'a>(a: impl IntoIterator<Item = &'a f32>, b: impl IntoIterator<Item = &'a f32>) -> f32 {
    a.into_iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// The largest differences of boxes, scores and points.
#[derive(Debug, Default)]
struct Differences {
    faces: usize,
    bbox: f32,
    score: f32,
    landmarks: f32,
}

impl Differences {
    fn add(&mut self, got: &Detection, want: &Expected) {
        self.faces += 1;
        self.bbox = self.bbox.max(farthest(&got.bbox, &want.bbox));
        self.score = self.score.max((got.score - want.score).abs());
        let far = farthest(got.landmarks.as_flattened(), want.landmarks.as_flattened());
        self.landmarks = self.landmarks.max(far);
    }

    /// As close as is promised, on this many faces.
    fn check(&self, detector: &str, faces: usize) {
        eprintln!("{detector}: {self:?}");
        assert_eq!(self.faces, faces);
        assert!(self.bbox <= 1.0 && self.score <= 1e-3 && self.landmarks <= 1.0, "{detector}: {self:?}");
    }
}

/// A face of the reference.
struct Expected {
    bbox: [f32; 4],
    score: f32,
    landmarks: [[f32; 2]; 5],
}

impl Expected {
    fn scrfd(face: &Value) -> Self {
        let score = face["score"].as_f64().unwrap() as f32;
        Self { bbox: numbers(&face["bbox"]), score, landmarks: points(&face["kps"]) }
    }

    /// A row of OpenCV: left, top, width, height, five points, score.
    fn yunet(face: &Value) -> Self {
        let row: [f32; 15] = numbers(face);
        let bbox = [row[0], row[1], row[0] + row[2], row[1] + row[3]];
        Self { bbox, score: row[14], landmarks: [0, 1, 2, 3, 4].map(|k| [row[4 + 2 * k], row[5 + 2 * k]]) }
    }
}

fn compare(
    assets: &Path,
    detector: &FaceDetector,
    key: &str,
    read: impl Fn(&Value) -> Expected,
) -> Differences {
    let mut differences = Differences::default();
    for reference in Reference::all(assets) {
        if reference.value.get(key).is_none() {
            continue;
        }
        let got = detector.detect(&reference.image(assets)).unwrap();
        let want = reference.faces(key);
        assert_eq!(got.len(), want.len(), "{key} on {}", reference.path);
        assert!(got.is_sorted_by(|a, b| a.score >= b.score));
        for want in want.iter().map(&read) {
            // Faces that are equally sure may change places.
            let nearest = got
                .iter()
                .min_by(|a, b| farthest(&a.bbox, &want.bbox).total_cmp(&farthest(&b.bbox, &want.bbox)));
            differences.add(nearest.unwrap(), &want);
        }
    }
    differences
}

#[test]
fn pixels_are_those_of_libjpeg_turbo_and_libpng() {
    let Some(assets) = assets() else { return };
    for reference in Reference::all(&assets) {
        let image = reference.image(&assets);
        let bgr: Vec<u8> = image.pixels().chunks(3).flat_map(|p| [p[2], p[1], p[0]]).collect();
        let hash: String = Sha256::digest(&bgr).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hash, reference.value["bgr_sha256"].as_str().unwrap(), "{}", reference.path);
    }
}

#[test]
fn scrfd_finds_the_faces_that_insightface_finds() {
    let Some(assets) = assets_and_runtime() else { return };
    let options = FaceAnalyzerOptions { det_size: Some(640), ..Default::default() };
    compare(&assets, &det_500m(&assets, options), "det_500m", Expected::scrfd).check("det_500m", 338);
    let large = model(&assets, "det_2.5g", "scrfd_2.5g_bnkps.onnx");
    let large = FaceDetector::load(&large, &options).unwrap();
    compare(&assets, &large, "scrfd_2.5g_bnkps", Expected::scrfd).check("det_2.5g", 338);
}

#[test]
fn yunet_finds_the_faces_that_opencv_finds() {
    let Some(assets) = assets_and_runtime() else { return };
    let options = FaceAnalyzerOptions { own_size: true, ..Default::default() };
    let yunet = model(&assets, "yunet", "face_detection_yunet_2023mar.onnx");
    let yunet = FaceDetector::load(&yunet, &options).unwrap();
    compare(&assets, &yunet, "yunet_2023mar", Expected::yunet).check("yunet", 334);
}

#[test]
fn alignment_is_that_of_insightface() {
    let Some(assets) = assets() else { return };
    let (_, crops) = array::<u8>(&assets.join("ref/crops_bgr_112.npz"), "crops");
    let (mut matrix, mut level, mut sum, mut count) = (0f64, 0u8, 0f64, 0usize);
    for reference in Reference::all(&assets) {
        let image = reference.image(&assets);
        for face in reference.faces("det_500m") {
            let landmarks = points(&face["kps"]);
            let got = similarity(&landmarks, 112).unwrap();
            for (row, want) in got.iter().zip(face["M"].as_array().unwrap()) {
                for (got, want) in row.iter().zip(want.as_array().unwrap()) {
                    matrix = matrix.max((got - want.as_f64().unwrap()).abs());
                }
            }
            let crop = &crops[face["emb"].as_u64().unwrap() as usize * 37_632..][..37_632];
            let face = aligned(&image, &landmarks, 112).unwrap();
            for (got, want) in face.pixels().chunks(3).zip(crop.chunks(3)) {
                for (got, want) in got.iter().zip(want.iter().rev()) {
                    level = level.max(got.abs_diff(*want));
                    sum += f64::from(got.abs_diff(*want));
                    count += 1;
                }
            }
        }
    }
    eprintln!(
        "alignment: matrix {matrix:.2e}, grey levels at most {level}, {:.2e} on average",
        sum / count as f64
    );
    assert!(matrix <= 1e-3, "{matrix}");
    assert!(level <= 2 && sum / (count as f64) < 0.1);
}

/// The least cosine between embeddings of faces that `detector` finds and those of the reference.
fn least_cosine(assets: &Path, detector: &FaceDetector, embedder: &FaceEmbedder, key: &str) -> f64 {
    let (shape, vectors) = array::<f32>(&assets.join("ref/embeddings.npz"), key);
    assert_eq!(shape[1], embedder.dimensions());
    let (mut least, mut count) = (1.0f64, 0);
    for reference in Reference::all(assets) {
        let image = reference.image(assets);
        let found = detector.detect(&image).unwrap();
        let landmarks: Vec<_> = found.iter().map(|f| f.landmarks).collect();
        let embeddings = embedder.embed(&image, &landmarks).unwrap();
        for face in reference.faces("det_500m") {
            let bbox: [f32; 4] = numbers(&face["bbox"]);
            let at = found.iter().position(|f| farthest(&f.bbox, &bbox) <= 1.0).unwrap();
            let row = face["emb"].as_u64().unwrap() as usize * shape[1];
            let cosine = cosine(&embeddings[at].vector, &vectors[row..][..shape[1]]);
            assert!(cosine >= 0.999, "{key} on {}: {cosine}", reference.path);
            least = least.min(cosine);
            count += 1;
        }
    }
    assert_eq!(count, shape[0]);
    least
}

#[test]
fn embeddings_are_those_of_the_reference() {
    let Some(assets) = assets_and_runtime() else { return };
    let detector = det_500m(&assets, FaceAnalyzerOptions { det_size: Some(640), ..Default::default() });
    let least = least_cosine(&assets, &detector, &w600k(&assets), "w600k_mbf_dequant_fp32");
    let other = model(&assets, "mobilefacenet", "mobilefacenet_foamliu_128_dynbatch.onnx");
    let other = FaceEmbedder::load(&other, &Default::default()).unwrap();
    let other = least_cosine(&assets, &detector, &other, "mobilefacenet_foamliu_128");
    eprintln!("least cosine: w600k_mbf {least:.6}, mobilefacenet {other:.6}");
}
