//! Rows are compared as they are: in double precision, of any size, and whatever lies far from them.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sonic_core::ErrorKind;
use sonic_core::cluster::{
    DbscanOptions, HdbscanOptions, Metric, Model, Rows, dbscan, dbscan_with, hdbscan, hdbscan_with,
};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// Numbers that look like chance.
struct Random(u64);

impl Random {
    /// Nearly normal.
    fn bell(&mut self) -> f32 {
        let mut uniform = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 40) as f32 / (1u64 << 24) as f32
        };
        uniform() + uniform() + uniform() + uniform() - 2.0
    }
}

/// Two groups of sixty rows of two numbers, a tenth wide and one apart, moved and made larger.
fn two_groups(moved: [f64; 2], size: f64) -> Vec<f64> {
    let mut random = Random(31);
    let mut number = |row: usize, moved: f64| {
        moved + size * (f64::from(random.bell()) * 0.1 + if row < 60 { 0.0 } else { 1.0 })
    };
    (0..240).map(|i| number(i / 2, moved[i % 2])).collect()
}

fn options(metric: Metric) -> HdbscanOptions {
    HdbscanOptions { min_cluster_size: 10, metric, ..Default::default() }
}

/// The labels of both groups, and that what is known of them is predicted.
fn assert_two_groups(rows: &[f64], what: &str) {
    let model = Model::fit(rows, 2, &options(Metric::Euclidean)).unwrap();
    let labels = &model.clusters().labels;
    assert_eq!(model.clusters().count, 2, "{what}");
    assert!(
        labels[..60].iter().all(|label| *label <= 0) && labels[60..].iter().all(|label| *label != 0),
        "{what}"
    );
    assert!(model.clusters().noise() <= 6, "{what}: {} are noise", model.clusters().noise());
    assert_eq!(model.rows(), Rows::Doubles(rows));
    let (predicted, probabilities) = model.predict(rows).unwrap();
    for row in (0..120).filter(|row| model.clusters().probabilities[*row] > 0.0) {
        assert_eq!(predicted[row], labels[row], "{what}, row {row}");
        assert!(probabilities[row] > 0.0 && probabilities[row] <= 1.0);
    }
}

#[test]
fn doubles_are_not_rounded() {
    for (moved, size) in [
        ([500_000.0, 5_400_000.0], 1.0),
        ([1e9, -1e12], 1.0),
        ([0.0, 1e-3], 1e-12),
        ([0.0; 2], 1e-200),
        ([0.0; 2], 1e-305),
        ([0.0; 2], 1e200),
        ([1e300, 0.0], 1e299),
    ] {
        assert_two_groups(&two_groups(moved, size), &format!("{moved:?}, {size:e}"));
    }
    // Whole numbers beyond 2^24, and beyond 2^52.
    for moved in [1e8, 4.6e15] {
        let rows: Vec<f64> = two_groups([0.0; 2], 100.0).iter().map(|x| moved + x.round()).collect();
        assert_two_groups(&rows, &format!("whole numbers by {moved:e}"));
    }
    // One row that is farther away than a place in the middle could serve.
    for far in [1e9, 1e17, 1e200] {
        let mut rows = two_groups([500_000.0, 5_400_000.0], 1.0);
        rows.extend([far, -far]);
        let found = hdbscan(&rows, 2, &options(Metric::Euclidean)).unwrap();
        assert_eq!((found.count, found.labels[120]), (2, -1), "{far:e}");
        assert_eq!(
            found.labels[..120],
            hdbscan(&rows[..240], 2, &options(Metric::Euclidean)).unwrap().labels
        );
    }
}

/// What single precision holds gives the same in double precision, to the bit.
#[test]
fn both_precisions_agree() {
    for metric in [Metric::Euclidean, Metric::Cosine] {
        let singles: Vec<f32> = two_groups([3.0, 5.0], 1.0).iter().map(|x| *x as f32).collect();
        let doubles: Vec<f64> = singles.iter().map(|x| f64::from(*x)).collect();
        let (one, other) =
            (hdbscan(&singles, 2, &options(metric)).unwrap(), hdbscan(&doubles, 2, &options(metric)));
        assert_eq!(one, other.unwrap());
        let options = DbscanOptions { epsilon: 0.1, metric, ..Default::default() };
        assert_eq!(dbscan(&singles, 2, &options).unwrap(), dbscan(&doubles, 2, &options).unwrap());
        let model = Model::fit(&singles, 2, &self::options(metric)).unwrap();
        assert_eq!(model.predict(&singles).unwrap(), model.predict(&doubles).unwrap());
    }
}

#[test]
fn directions_of_any_length_are_compared() {
    let rows: Vec<f64> =
        (0..60).flat_map(|i| [1.0, if i < 30 { 0.1 } else { 9.0 } + f64::from(i % 7) / 500.0]).collect();
    let want = hdbscan(&rows, 2, &options(Metric::Cosine)).unwrap();
    assert_eq!(want.count, 2);
    for size in [1e-300, 1e-170, 1e160, 1e300] {
        let scaled: Vec<f64> = rows.iter().map(|x| x * size).collect();
        assert_eq!(hdbscan(&scaled, 2, &options(Metric::Cosine)).unwrap().labels, want.labels, "{size:e}");
    }
}

#[test]
fn distances_in_options_are_those_of_the_rows() {
    for size in [1e-200, 1.0, 1e200] {
        let rows = two_groups([0.0; 2], size);
        let joined =
            HdbscanOptions { epsilon: 3.0 * size, allow_single_cluster: true, ..options(Metric::Euclidean) };
        assert_eq!(hdbscan(&rows, 2, &joined).unwrap().count, 1, "{size:e}");
        let near = DbscanOptions { epsilon: 0.25 * size, ..Default::default() };
        let found = dbscan(&rows, 2, &near).unwrap();
        assert_eq!(found.iter().max(), Some(&1), "{size:e}");
        assert!(
            found[..60].iter().all(|label| *label < 1) && found[60..].iter().all(|label| *label != 0),
            "{size:e}"
        );
        assert!(found.iter().filter(|label| **label < 0).count() < 10, "{size:e}");
    }
}

/// The least time of some runs with one thread.
fn seconds(rows: &[f32], dimensions: usize) -> f64 {
    let options = HdbscanOptions { threads: 1, ..Default::default() };
    let run = || {
        let started = Instant::now();
        hdbscan(rows, dimensions, &options).unwrap();
        started.elapsed().as_secs_f64()
    };
    (0..3).map(|_| run()).fold(f64::INFINITY, f64::min)
}

/// They cost thirty times the time once; a half more is within what other work on the machine takes.
#[test]
fn rows_far_away_cost_no_time() {
    let dimensions = 16;
    let mut random = Random(8);
    let rows: Vec<f32> = (0..3_000 * dimensions).map(|_| random.bell()).collect();
    let plain = seconds(&rows, dimensions);
    for far in [1e4, 1e7, 1e10, 1e30] {
        let mut one = rows.clone();
        one[dimensions * 7..][..dimensions].fill(far);
        let mut several = one.clone();
        for row in 0..8 {
            several[dimensions * 300 * row + row] = if row % 2 == 0 { far } else { -far };
            several[dimensions * 300 * row + dimensions..][..dimensions].fill(far);
        }
        for (rows, what) in [(one, "one"), (several, "several")] {
            let taken = seconds(&rows, dimensions);
            assert!(taken < 2.5 * plain + 0.01, "{what} at {far:e}: {taken} s instead of {plain} s");
        }
    }
}

/// Long work, and what it is to tell its progress.
type Work<'a> = dyn Fn(&mut dyn FnMut(f32) -> ControlFlow<()>) -> sonic_core::Result<()> + 'a;

#[test]
fn all_long_work_stops_soon() {
    let dimensions = 32;
    let mut random = Random(9);
    let rows: Vec<f32> = (0..6_000 * dimensions).map(|_| random.bell()).collect();
    let model = Model::fit(&rows[..3_000 * dimensions], dimensions, &HdbscanOptions::default()).unwrap();
    let works: [(&str, &Work<'_>); 3] = [
        ("hdbscan", &|p| hdbscan_with(&rows, dimensions, &HdbscanOptions::default(), p).map(drop)),
        ("dbscan", &|p| dbscan_with(&rows, dimensions, &DbscanOptions::default(), p).map(drop)),
        ("predict", &|p| model.predict_with(&rows, p).map(drop)),
    ];
    for (what, work) in works {
        let (mut parts, mut last, mut longest) = (Vec::new(), Instant::now(), Duration::ZERO);
        work(&mut |part| {
            longest = longest.max(last.elapsed());
            last = Instant::now();
            parts.push(part);
            ControlFlow::Continue(())
        })
        .unwrap();
        assert!(
            parts.is_sorted() && parts.len() > 4 && parts.iter().all(|part| (0.0..=1.0).contains(part)),
            "{what}"
        );
        assert!(longest < Duration::from_millis(250), "{what} was silent for {longest:?}");
        for after in [1, parts.len() / 2, parts.len()] {
            let mut calls = 0;
            let stopped = work(&mut |_| {
                calls += 1;
                if calls == after { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Closed, "{what}");
            assert_eq!(calls, after, "{what}");
        }
    }
}
