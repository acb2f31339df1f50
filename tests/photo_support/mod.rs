//! What the tests of photos share: made photos, models, and how well a clustering agrees with the truth.

#![allow(dead_code, reason = "every test file uses a part of this")]

use sonic::faces::{Face, FaceQuality, NewPhoto, Photo};
use sonic::model::{Runtime, RuntimeOptions};
use sonic::vision::encode_jpeg;
use sonic::{Embedding, Image, PipelineId, Store, StoreOptions};
use sonic_testing::{Need, needs};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The folder of face references; `None`, and a reason printed, without it or ONNX Runtime.
pub(crate) fn assets_and_runtime() -> Option<PathBuf> {
    let assets = sonic_testing::assets("face")?;
    needs(Need::OnnxRuntime, Runtime::load(&RuntimeOptions::default())).map(|_| assets)
}

/// A face that looks in a direction of eight, a little off by `wobble`.
pub(crate) fn face(direction: usize, wobble: f32, score: f32, left: f32) -> Face {
    let mut vector = vec![0.0; 8];
    vector[direction] = 1.0;
    vector[(direction + 1) % 8] = wobble;
    Face {
        bbox: [left, 20.0, left + 40.0, 70.0],
        score,
        landmarks: [[12.0, 40.0], [28.0, 40.0], [20.0, 50.0], [14.0, 60.0], [26.0, 60.0]]
            .map(|[x, y]| [x + left, y]),
        quality: FaceQuality { size: 40.0, sharpness: 20.0, brightness: 0.5, ..FaceQuality::default() },
        embedding: Embedding { pipeline: PipelineId::new("made-faces"), vector },
    }
}

/// A JPEG of one colour.
pub(crate) fn jpeg(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    let pixels = colour.repeat((width * height) as usize);
    encode_jpeg(&Image::new(width, height, pixels).unwrap(), 85).unwrap()
}

/// A photo of 200 x 100 pixels with a thumbnail of each face.
pub(crate) fn photo(event: &str, id: &str, faces: Vec<Face>) -> NewPhoto {
    let thumbnails = faces.iter().map(|_| jpeg(16, 16, [200, 120, 40])).collect();
    let photo =
        Photo { photo_id: id.into(), event: event.into(), width: 200, height: 100, ..Photo::default() };
    NewPhoto { photo, faces, thumbnails }
}

/// A store in `path` with an event of five photos: two people are together on three of them, one of the two and a
/// stranger on the fourth, nobody on the fifth. They are clustered.
pub(crate) fn party(path: &Path, event: &str) -> Store {
    let store = Store::open(path, StoreOptions::default()).unwrap();
    let pair = |n: f32| vec![face(0, 0.1 * n, 0.7 + 0.05 * n, 10.0), face(3, 0.1 * n, 0.9 - 0.05 * n, 100.0)];
    let photos = [
        photo(event, "a.jpg", pair(0.0)),
        photo(event, "<b> & \"c\".jpg", pair(1.0)),
        photo(event, "d.jpg", pair(2.0)),
        photo(event, "e.jpg", vec![face(0, 0.3, 0.95, 10.0), face(6, 0.0, 0.6, 100.0)]),
        photo(event, "f.jpg", vec![]),
    ];
    store.faces().add_photos(&photos).unwrap();
    let report = store.people(event).cluster(&sonic::people::ClusterOptions::default()).unwrap();
    assert_eq!((report.clusters.len(), report.unassigned_faces), (2, 1));
    store
}

/// How well clusters agree with the truth.
#[derive(Debug)]
pub(crate) struct Agreement {
    /// Of pairs that are together.
    pub(crate) pairwise_f1: f64,
    /// L. Hubert and P. Arabie, "Comparing partitions", 1985.
    pub(crate) adjusted_rand: f64,
    /// A. Bagga and B. Baldwin, "Entity-based cross-document coreferencing using the vector space model", 1998.
    pub(crate) bcubed_f1: f64,
}

impl Agreement {
    /// Of items, each with who it is and the cluster it was put in; who is in none is alone.
    pub(crate) fn of(items: &[(String, Option<u64>)]) -> Self {
        let truths: Vec<&str> = items.iter().map(|(truth, _)| truth.as_str()).collect();
        let alone = |(i, cluster): (usize, Option<u64>)| cluster.map_or((1, i as u64), |c| (0, c));
        let clusters: Vec<_> = items.iter().map(|(_, c)| *c).enumerate().map(alone).collect();
        let pairs = |count: usize| (count * count.saturating_sub(1) / 2) as f64;
        let (by_truth, by_cluster) = (counted(truths.iter()), counted(clusters.iter()));
        let both = counted(truths.iter().zip(&clusters));
        let sum = |counts: &mut dyn Iterator<Item = usize>| counts.map(pairs).sum::<f64>();
        let (same, of_truth, of_clusters) = (
            sum(&mut both.values().copied()),
            sum(&mut by_truth.values().copied()),
            sum(&mut by_cluster.values().copied()),
        );
        let expected = of_truth * of_clusters / pairs(items.len());
        let (mut precision, mut recall) = (0.0, 0.0);
        for (truth, cluster) in truths.iter().zip(&clusters) {
            let shared = both[&(truth, cluster)] as f64;
            precision += shared / by_cluster[cluster] as f64;
            recall += shared / by_truth[truth] as f64;
        }
        let (precision, recall) = (precision / items.len() as f64, recall / items.len() as f64);
        Self {
            pairwise_f1: 2.0 * same / (of_truth + of_clusters),
            adjusted_rand: (same - expected) / ((of_truth + of_clusters) / 2.0 - expected),
            bcubed_f1: 2.0 * precision * recall / (precision + recall),
        }
    }
}

fn counted<T: Eq + std::hash::Hash>(items: impl Iterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    items.for_each(|item| *counts.entry(item).or_default() += 1);
    counts
}

#[test]
fn agreement_is_measured() {
    let item = |truth: &str, cluster| (truth.to_owned(), cluster);
    let items = [item("a", Some(1)), item("a", Some(1)), item("b", Some(2)), item("b", None)];
    let agreement = Agreement::of(&items);
    // One pair of two is found, none is wrong.
    assert!((agreement.pairwise_f1 - 2.0 / 3.0).abs() < 1e-12, "{agreement:?}");
    assert!((agreement.adjusted_rand - 4.0 / 7.0).abs() < 1e-12, "{agreement:?}");
    assert!((agreement.bcubed_f1 - 6.0 / 7.0).abs() < 1e-12, "{agreement:?}");
}
