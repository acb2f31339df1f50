//! The sets of `data/cluster/expected.json`, and comparing partitions.

use serde_json::Value;
use sonic_core::cluster::{DbscanOptions, HdbscanOptions, Metric, Selection};
use std::collections::HashMap;

/// The numbers of `make.py`.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn uniform(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 52) as f32 / 4096.0
    }

    pub(crate) fn bell(&mut self) -> f32 {
        (0..4).map(|_| self.uniform()).sum::<f32>() - 2.0
    }

    pub(crate) fn shuffle(&mut self, order: &mut [usize]) {
        for end in (1..order.len()).rev() {
            order.swap(end, (self.uniform() * (end + 1) as f32) as usize);
        }
    }
}

/// A set of rows, what is asked of it, and what is expected.
pub(crate) struct Set {
    pub(crate) name: String,
    pub(crate) dimensions: usize,
    fields: Value,
}

/// All sets.
pub(crate) fn sets() -> Vec<Set> {
    let all: Vec<Value> = serde_json::from_str(include_str!("../data/cluster/expected.json")).unwrap();
    let set = |fields: Value| Set {
        name: fields["name"].as_str().unwrap().into(),
        dimensions: fields["dimensions"].as_u64().unwrap() as usize,
        fields,
    };
    all.into_iter().map(set).collect()
}

impl Set {
    pub(crate) fn has(&self, field: &str) -> bool {
        !self.fields[field].is_null()
    }

    pub(crate) fn number(&self, field: &str) -> f64 {
        self.fields[field].as_f64().unwrap()
    }

    fn whole(&self, field: &str) -> usize {
        self.fields[field].as_u64().unwrap() as usize
    }

    fn text(&self, field: &str) -> &str {
        self.fields[field].as_str().unwrap()
    }

    pub(crate) fn labels(&self, field: &str) -> Vec<i32> {
        self.fields[field].as_array().unwrap().iter().map(|x| x.as_i64().unwrap() as i32).collect()
    }

    pub(crate) fn numbers(&self, field: &str) -> Vec<f32> {
        self.fields[field].as_array().unwrap().iter().map(|x| x.as_f64().unwrap() as f32).collect()
    }

    pub(crate) fn options(&self) -> HdbscanOptions {
        HdbscanOptions {
            min_cluster_size: self.whole("min_cluster_size"),
            min_samples: Some(self.whole("min_samples")),
            metric: if self.text("metric") == "cosine" { Metric::Cosine } else { Metric::Euclidean },
            epsilon: self.number("epsilon"),
            max_cluster_size: self.has("max_cluster_size").then(|| self.whole("max_cluster_size")),
            alpha: self.number("alpha"),
            selection: if self.text("selection") == "leaf" {
                Selection::Leaf
            } else {
                Selection::ExcessOfMass
            },
            allow_single_cluster: self.fields["allow_single_cluster"].as_bool().unwrap(),
            threads: 0,
        }
    }

    /// Whether the `hdbscan` crate can be asked the same: it knows Euclidean distances and finite rows.
    pub(crate) fn suits_the_crate(&self) -> bool {
        let options = self.options();
        options.metric == Metric::Euclidean
            && options.selection == Selection::ExcessOfMass
            && options.alpha == 1.0
            && options.max_cluster_size.is_none()
            && !options.allow_single_cluster
            && self.fields["bad"].as_array().unwrap().is_empty()
            && !["grid", "all the same", "too few"].contains(&self.name.as_str())
    }

    /// As `rows` of `make.py`, which says what is what.
    pub(crate) fn rows(&self) -> Vec<f32> {
        let count = self.whole("count");
        let mut random = Random(self.fields["seed"].as_u64().unwrap());
        let mut rows: Vec<Vec<f32>> = match self.text("shape") {
            "same" => vec![vec![0.5; self.dimensions]; count],
            "grid" => (0..count).map(|i| vec![(i % 16) as f32, (i / 16) as f32]).collect(),
            "chain" => self.chain(count, &mut random),
            "moons" => self.moons(count, &mut random),
            shape => self.groups(count, shape, &mut random),
        };
        if self.text("shape") == "twice" {
            let half = rows[..count / 2].to_vec();
            rows[count / 2..count / 2 * 2].clone_from_slice(&half);
        }
        if self.fields["unit"].as_bool().unwrap() {
            for row in &mut rows {
                let length = row.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
                row.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
            }
        }
        for bad in self.fields["bad"].as_array().unwrap() {
            let row = bad[0].as_u64().unwrap() as usize;
            rows[row][row % self.dimensions] = if bad[1] == "nan" { f32::NAN } else { f32::INFINITY };
        }
        rows.concat()
    }

    fn spread(&self) -> f32 {
        self.number("spread") as f32
    }

    fn chain(&self, count: usize, random: &mut Random) -> Vec<Vec<f32>> {
        let mut at = 0.0;
        let mut link = |i: usize| {
            at += 1.0 + random.uniform() + if i % 40 == 39 { 16.0 } else { 0.0 };
            let width = (1..self.dimensions).map(|_| self.spread() * random.bell() / 64.0);
            std::iter::once(at).chain(width).collect()
        };
        (0..count).map(&mut link).collect()
    }

    fn moons(&self, count: usize, random: &mut Random) -> Vec<Vec<f32>> {
        let mut point = |i: usize| {
            let x = 2.0 * random.uniform() - 1.0;
            let (side, y) = if i.is_multiple_of(2) { (0.0, x * x) } else { (1.0, 1.0 - x * x) };
            vec![
                x + 0.75 * side + self.spread() * random.bell() / 64.0,
                y + self.spread() * random.bell() / 64.0,
            ]
        };
        (0..count).map(&mut point).collect()
    }

    fn groups(&self, count: usize, shape: &str, random: &mut Random) -> Vec<Vec<f32>> {
        let (groups, noise) = (self.whole("groups"), self.whole("noise"));
        let far = if shape == "far" { 4.0 } else { 1.0 };
        let mut apart = || -> Vec<f32> { (0..self.dimensions).map(|_| far * random.bell()).collect() };
        let centres: Vec<Vec<f32>> = (0..groups).map(|_| apart()).collect();
        let mut row = |i: usize| {
            let width = if shape == "uneven" { (1 + i % groups) as f32 } else { 1.0 } * self.spread();
            if noise > 0 && i % noise == noise - 1 {
                return (0..self.dimensions).map(|_| far * random.bell()).collect();
            }
            centres[i % groups].iter().map(|x| x + width * random.bell() / 64.0).collect()
        };
        (0..count).map(&mut row).collect()
    }
}

/// Rows that are not where most of their cluster is in the other partition.
pub(crate) fn differing(ours: &[i32], theirs: &[i32]) -> usize {
    assert_eq!(ours.len(), theirs.len());
    let mut pairs: HashMap<(i32, i32), usize> = HashMap::new();
    ours.iter().zip(theirs).for_each(|(a, b)| *pairs.entry((*a, *b)).or_default() += 1);
    let mut largest: HashMap<i32, usize> = HashMap::new();
    for (&(a, b), &count) in pairs.iter().filter(|((a, b), _)| (*a < 0) == (*b < 0)) {
        let most = largest.entry(a).or_insert_with(|| usize::from(b < -1));
        *most = (*most).max(count);
    }
    ours.len() - largest.values().sum::<usize>()
}

/// DBSCAN (Ester et al. 1996) as it is written down: a cluster grows from its first core row before the next one is
/// begun.
pub(crate) fn plain_dbscan(rows: &[f32], dimensions: usize, options: &DbscanOptions) -> Vec<i32> {
    let rows: Vec<Vec<f64>> =
        rows.chunks(dimensions).map(|row| row.iter().map(|x| f64::from(*x)).collect()).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let distance = |a: &[f64], b: &[f64]| match options.metric {
        Metric::Euclidean => a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt(),
        _ => 1.0 - dot(a, b) / (dot(a, a) * dot(b, b)).sqrt(),
    };
    let near = |a: usize| -> Vec<usize> {
        (0..rows.len()).filter(|b| distance(&rows[a], &rows[*b]) <= options.epsilon).collect()
    };
    let mut labels = vec![-1; rows.len()];
    let mut next = 0;
    for first in 0..rows.len() {
        if labels[first] >= 0 || near(first).len() < options.min_samples {
            continue;
        }
        let mut open = vec![first];
        while let Some(row) = open.pop() {
            if labels[row] < 0 {
                labels[row] = next;
                let near = near(row);
                if near.len() >= options.min_samples {
                    open.extend(near);
                }
            }
        }
        next += 1;
    }
    labels
}
