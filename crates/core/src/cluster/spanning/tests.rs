//! The tree is that of Prim's algorithm over all pairs, edge for edge, whatever the data, the threads and the words.

use super::*;
use crate::cluster::{Metric, Number};

/// Prim (1957), nothing but the definition.
fn plain(points: &Points<'_>, options: &HdbscanOptions) -> Vec<Edge> {
    let count = points.count();
    let squares: Vec<Vec<f64>> =
        (0..count).map(|a| (0..count).map(|b| points.squared(a, b)).collect()).collect();
    let cores: Vec<f64> = squares
        .iter()
        .map(|row| *row.clone().select_nth_unstable_by(options.samples(count) - 1, f64::total_cmp).1)
        .collect();
    let shrink = points.shrink(options.alpha);
    let edge = |a: usize, b: usize| {
        let length = (squares[a][b] * shrink).max(cores[a]).max(cores[b]);
        Edge { length, squared: squares[a][b], ends: [a.min(b) as u32, a.max(b) as u32] }
    };
    let (mut inside, mut edges) = (vec![0], Vec::new());
    let mut best: Vec<Option<Edge>> = (0..count).map(|b| (b > 0).then(|| edge(0, b))).collect();
    while inside.len() < count {
        let (next, shortest) = (best.iter().enumerate())
            .filter_map(|(b, best)| Some((b, (*best)?)))
            .min_by(|a, b| a.1.order(&b.1))
            .unwrap();
        edges.push(shortest);
        inside.push(next);
        best[next] = None;
        for (b, best) in best.iter_mut().enumerate() {
            *best = best.map(|best| if edge(next, b).order(&best).is_lt() { edge(next, b) } else { best });
        }
    }
    edges.sort_unstable_by(Edge::order);
    edges.iter_mut().for_each(|edge| edge.length = points.distance(edge.length));
    edges
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Nearly normal.
    fn bell(&mut self) -> f32 {
        (0..6).map(|_| self.next()).sum::<f32>() - 3.0
    }
}

/// Groups of points, `spread` wide, and a fifth of noise.
fn groups(count: usize, dimensions: usize, groups: usize, spread: f32, seed: u64) -> Vec<f32> {
    let mut random = Random(seed);
    let centres: Vec<f32> = (0..groups * dimensions).map(|_| random.bell()).collect();
    let mut rows = Vec::new();
    for index in 0..count {
        let centre = &centres[index % groups * dimensions..][..dimensions];
        let noise = index % 5 == 4;
        rows.extend(centre.iter().map(|x| if noise { random.bell() } else { x + spread * random.bell() }));
    }
    rows
}

/// Apart from the places of points that lie on each other, whose order means nothing.
fn assert_same(got: &[Edge], want: &[Edge], what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (got, want) in got.iter().zip(want) {
        assert!(got == want || (got.length == 0.0 && want.length == 0.0), "{what}: {got:?} {want:?}");
    }
}

fn check<T: Number>(rows: &[T], dimensions: usize, what: &str) {
    for (metric, alpha) in [(Metric::Euclidean, 1.0), (Metric::Cosine, 1.0), (Metric::Euclidean, 1.7)] {
        let points = Points::new(T::rows(rows), dimensions, metric).unwrap();
        for (min_samples, threads) in [(1, 1), (2, 3), (5, 2), (20, 1)] {
            let options = HdbscanOptions {
                min_samples: Some(min_samples),
                metric,
                alpha,
                threads,
                ..Default::default()
            };
            let what = format!("{what}, {metric:?}, {min_samples} samples, alpha {alpha}");
            let want = plain(&points, &options);
            for words in [Words::Singles, Words::smallest()] {
                let frame = Frame::new(&points, threads, &mut || ControlFlow::Continue(())).unwrap();
                let words = if frame.local { Words::Singles } else { words };
                let tree = passes(&points, &options, (&frame, words), threads, &mut |_, _, _| {
                    ControlFlow::Continue(())
                });
                assert_same(&tree.unwrap().edges, &want, &format!("{what}, {words:?}"));
            }
        }
    }
}

#[test]
fn of_groups() {
    for (count, dimensions, number) in
        [(2, 3, 1), (7, 2, 2), (128, 4, 3), (300, 2, 5), (700, 40, 20), (600, 300, 100)]
    {
        check(&groups(count, dimensions, number, 0.1, 7), dimensions, &format!("{count} x {dimensions}"));
    }
    check(&groups(400, 3, 1, 1.0, 8), 3, "one group");
    check(&groups(500, 8, 500, 0.0, 9), 8, "nothing but noise");
}

#[test]
fn of_points_on_each_other() {
    check(&vec![0.5; 300 * 4], 4, "all the same");
    let mut rows = groups(400, 5, 4, 0.05, 10);
    rows.copy_within(0..200 * 5, 200 * 5);
    check(&rows, 5, "all twice");
    let grid: Vec<f32> = (0..300).flat_map(|i| [(i % 20 + 1) as f32, (i / 20 + 1) as f32]).collect();
    check(&grid, 2, "a grid");
    let line: Vec<f32> = (1..=300).map(|i| i as f32).collect();
    check(&line, 1, "a line");
}

#[test]
fn of_points_that_single_precision_does_not_tell_apart() {
    let mut rows = groups(300, 6, 3, 0.1, 11);
    rows.iter_mut().for_each(|x| *x += 4_000.0);
    check(&rows, 6, "far from the origin");
    rows[..6].fill(1e30);
    check(&rows, 6, "one very far away");
    let mut rows = groups(300, 6, 3, 0.001, 12);
    rows.iter_mut().for_each(|x| *x *= 1e-25);
    check(&rows, 6, "very near each other");
}

/// The same rows in double precision, moved.
fn doubles(rows: &[f32], moved: impl Fn(usize) -> f64) -> Vec<f64> {
    rows.iter().enumerate().map(|(i, x)| f64::from(*x) + moved(i)).collect()
}

#[test]
fn of_rows_in_double_precision() {
    let rows = groups(300, 3, 5, 0.05, 13);
    check(&doubles(&rows, |_| 0.0), 3, "as they are");
    for far in [5.4e6, 1e9, 1e12] {
        check(&doubles(&rows, |_| far), 3, "far from the origin");
    }
    let whole: Vec<f64> =
        groups(300, 2, 4, 5.0, 14).iter().map(|x| 1e15 + (x * 10.0).round() as f64).collect();
    check(&whole, 2, "whole numbers");
    for size in [1e-290, 1e-160, 1e150, 1e200, 1e300] {
        check(&doubles(&rows, |_| 0.0).iter().map(|x| x * size).collect::<Vec<_>>(), 3, "of any size");
    }
}

#[test]
fn of_rows_of_which_some_are_far_away() {
    for far in [1e3, 1e6, 1e10, 1e30] {
        let mut rows = groups(520, 4, 3, 0.1, 15);
        for row in 0..7 {
            rows[row * 17 * 4..][..4].fill(0.25);
            rows[row * 17 * 4 + row % 4] = if row % 2 == 0 { far } else { -far * row as f32 };
        }
        check(&rows, 4, &format!("seven far away by {far:e}"));
        rows[400 * 4..440 * 4].fill(far);
        check(&rows, 4, &format!("and forty at one place, {far:e}"));
    }
}

#[test]
fn of_groups_within_groups() {
    let rows = groups(600, 3, 5, 0.05, 16);
    let levels = |scale: f64| move |i: usize| scale * ((i / 3 % 3) as f64 + 1e3 * (i / 3 % 2) as f64);
    for scale in [1e2, 1e4, 1e7] {
        check(&doubles(&rows, levels(scale)), 3, &format!("groups {scale:e} apart"));
    }
    let mut wide = doubles(&rows, levels(1e4));
    wide[0] = 1e200;
    check(&wide, 3, "and one row farther away");
}
