//! What is calculated does not depend on what the processor can do.

use sonic_core::cluster::{DbscanOptions, HdbscanOptions, Metric, Model, dbscan};
use sonic_core::vector::{nearest, scores, scores_packed};
use sonic_core::wide::{Level, detected, has, limit};

fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// Groups of rows that are near each other.
fn groups(count: usize, dimensions: usize) -> Vec<f32> {
    let (centres, spread) = (numbers(7 * dimensions, 1), numbers(count * dimensions, 2));
    let centre = |row: usize| &centres[row % 7 * dimensions..][..dimensions];
    let rows = spread.chunks(dimensions).enumerate();
    rows.flat_map(|(row, x)| centre(row).iter().zip(x).map(|(c, x)| c + 0.2 * x)).collect()
}

/// One test, because a limit is one of the whole process. Clusters are the same to the bit, which on a processor that
/// multiplies 16-bit numbers covers those as well; scores are the same up to rounding.
#[test]
fn every_level_gives_the_same_answers() {
    const DIMENSIONS: usize = 64;
    let rows = groups(4_200, DIMENSIONS);
    let query = &rows[..DIMENSIONS];
    let bytes: Vec<u8> = rows.iter().flat_map(|x| x.to_le_bytes()).collect();
    let hdbscan = HdbscanOptions { metric: Metric::Cosine, ..Default::default() };
    let epsilon = DbscanOptions { epsilon: 1.6, ..Default::default() };
    let answers = || {
        let model = Model::fit(&rows, DIMENSIONS, &hdbscan).unwrap();
        let predicted = model.predict(&rows[..50 * DIMENSIONS]).unwrap();
        let mut plain = vec![0.0; rows.len() / DIMENSIONS];
        let mut packed = plain.clone();
        scores(&rows, query, &mut plain);
        scores_packed(&bytes, query, &mut packed);
        assert_eq!(plain, packed);
        let found: Vec<usize> = nearest(&rows, query, DIMENSIONS, 1, 0)[0].iter().map(|n| n.index).collect();
        let clusters = (model.clusters().clone(), predicted, dbscan(&rows, DIMENSIONS, &epsilon).unwrap());
        (clusters, found, plain)
    };
    let best = answers();
    assert_eq!((best.0.0.count, best.0.2.iter().max()), (7, Some(&6)));
    for level in Level::ALL.into_iter().filter(|level| *level <= detected()) {
        limit(level);
        assert!(has(level) && Level::ALL.into_iter().all(|higher| higher <= level || !has(higher)));
        let (clusters, found, scores) = answers();
        assert_eq!((clusters, found), (best.0.clone(), best.1.clone()), "{level:?}");
        assert!(scores.iter().zip(&best.2).all(|(a, b)| (a - b).abs() < 1e-4), "{level:?}");
    }
}
