//! Clusters of real faces and voices are those that scikit-learn finds.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod voice_support;

use serde_json::Value;
use sonic::cluster::{DbscanOptions, HdbscanOptions, Metric, dbscan, hdbscan};
use std::collections::HashMap;
use std::path::Path;
use voice_support::{Arrays, assets};

/// Six pictures of each of ten people, two networks.
#[test]
fn faces_of_ten_people() {
    let Some(assets) = assets() else { return };
    let folder = assets.parent().unwrap().join("face/ref");
    let wanted = json(&folder.join("clustering_people10x6.json"));
    let mut embeddings = Arrays::open(&folder.join("embeddings.npz"));
    let indices: Vec<usize> = numbers(&wanted["emb_index"]).into_iter().map(|x| x as usize).collect();
    let people = numbers(&wanted["y"]);
    for (network, results) in wanted["results"].as_object().unwrap() {
        let (shape, all) = embeddings.get::<f32>(network);
        let rows: Vec<f32> =
            indices.iter().flat_map(|index| &all[index * shape[1]..][..shape[1]]).copied().collect();
        for (name, result) in results.as_object().unwrap() {
            let (metric, epsilon) = name.split_once(" eps").unwrap();
            let metric = if metric == "cosine" { Metric::Cosine } else { Metric::Euclidean };
            let options = HdbscanOptions {
                min_cluster_size: 3,
                min_samples: Some(2),
                metric,
                epsilon: epsilon.parse().unwrap(),
                ..Default::default()
            };
            let rows = if metric == Metric::Euclidean { unit(&rows, shape[1]) } else { rows.clone() };
            let found = hdbscan(&rows, shape[1], &options).unwrap();
            assert_same(&found.labels, &numbers(&result["labels"]), name);
            assert_same(&found.labels, &people, name);
            assert_eq!((found.count, found.noise()), (10, 0));
        }
        let options =
            DbscanOptions { epsilon: 0.55, min_samples: 2, metric: Metric::Cosine, ..Default::default() };
        let found = dbscan(&rows, shape[1], &options).unwrap();
        assert!(found.iter().zip(&people).all(|(label, person)| {
            *label < 0 || found.iter().zip(&people).all(|(other, face)| other != label || face == person)
        }));
    }
}

/// Five speakers, in full and three seconds each, alone and among others who speak once.
#[test]
fn voices_of_five_speakers() {
    let Some(assets) = assets() else { return };
    let wanted = json(&assets.join("ref/hdbscan_celda128.json"));
    let mut embeddings = Arrays::open(&assets.join("ref/embeddings_celda128.npz"));
    for (name, result) in wanted["results"].as_object().unwrap() {
        let (sets, options) = name.split_once('/').unwrap();
        let mut rows = Vec::new();
        for set in sets.split('+') {
            rows.extend(embeddings.get::<f32>(set).1);
        }
        let min_samples = options.rsplit_once("ms").unwrap().1.parse().unwrap();
        let options = HdbscanOptions { min_samples: Some(min_samples), ..Default::default() };
        let found = hdbscan(&unit(&rows, 128), 128, &options).unwrap();
        // One of those who speak once lies between two speakers, as far from one as from the other: equal edges.
        let tied: &[usize] = if name == "full+cohort/mcs5_ms5" { &[76] } else { &[] };
        assert_eq!(differing(&found.labels, &numbers(&result["labels"])), tied, "{name}");
        for (row, want) in result["prob"].as_array().unwrap().iter().enumerate() {
            if tied.contains(&row) {
                continue;
            }
            let (found, want) = (found.probabilities[row], want.as_f64().unwrap() as f32);
            assert!((found - want).abs() < 1e-4, "{name}, row {row}: {found} {want}");
        }
    }
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn numbers(list: &Value) -> Vec<i32> {
    list.as_array().unwrap().iter().map(|x| x.as_i64().unwrap() as i32).collect()
}

/// The rows with length 1.
fn unit(rows: &[f32], dimensions: usize) -> Vec<f32> {
    let mut rows = rows.to_vec();
    rows.chunks_mut(dimensions).for_each(|row| assert!(sonic::vector::normalise(row)));
    rows
}

/// The same partition, however it is numbered.
fn assert_same(found: &[i32], want: &[i32], what: &str) {
    assert_eq!(differing(found, want), [0; 0], "{what}");
}

/// Rows whose label is not the one that goes with that of the first row of their cluster.
fn differing(found: &[i32], want: &[i32]) -> Vec<usize> {
    assert_eq!(found.len(), want.len());
    let (mut there, mut back) = (HashMap::from([(-1, -1)]), HashMap::from([(-1, -1)]));
    let pairs = found.iter().zip(want).enumerate();
    let other = pairs.filter(|(_, (found, want))| {
        there.entry(**found).or_insert(**want) != *want || back.entry(**want).or_insert(**found) != *found
    });
    other.map(|(row, _)| row).collect()
}
