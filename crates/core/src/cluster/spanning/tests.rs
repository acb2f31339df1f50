//! The tree is that of Prim's algorithm over all pairs, edge for edge, whatever the data, the threads and the words.

use super::*;
use crate::cluster::Metric;

/// Prim (1957), nothing but the definition.
fn plain(points: &Points<'_>, options: &HdbscanOptions) -> Vec<Edge> {
    let count = points.count();
    let squares: Vec<Vec<f64>> =
        (0..count).map(|a| (0..count).map(|b| points.squared(a, b)).collect()).collect();
    let cores: Vec<f64> = squares
        .iter()
        .map(|row| *row.clone().select_nth_unstable_by(options.samples(count) - 1, f64::total_cmp).1)
        .collect();
    let shrink = points.squared_from(1.0) / points.squared_from(options.alpha);
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

fn check(rows: &[f32], dimensions: usize, what: &str) {
    for (metric, alpha) in [(Metric::Euclidean, 1.0), (Metric::Cosine, 1.0), (Metric::Euclidean, 1.7)] {
        let points = Points::new(rows, dimensions, metric).unwrap();
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
            let got = tree(&points, &options, &mut |_| ControlFlow::Continue(())).unwrap();
            assert_same(&got.edges, &want, &what);
            for words in [Words::Singles, Words::smallest()] {
                let frame = Frame::new(&points, threads);
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
