//! How long clustering takes, and how much memory, beside scikit-learn and the `hdbscan` crate, in one run.
//!
//! ```text
//! SONIC_PEER_PYTHON=python3 cargo bench --bench cluster -- [--test] [--full] [--100k] [--event]
//!   --test   little of everything, once; results are asserted, times are not looked at
//!   --full   the peers on 20,000 rows too: many minutes
//!   --100k   100,000 rows, ours alone
//!   --event  20,000 faces of one event of a store, ours alone; 600 with --test
//! ```
//!
//! Rows are directions of 512 numbers: groups of twenty, and a fifth of noise. Labels are compared with those of the
//! peers as partitions. Without `SONIC_PEER_PYTHON`, a Python that has scikit-learn, its column is left out.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod event;
mod memory;

use hdbscan::{Hdbscan, HdbscanHyperParams};
use sonic::cluster::{HdbscanOptions, hdbscan};
use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

type Anyhow<T> = Result<T, Box<dyn Error>>;

const DIMENSIONS: usize = 512;
const GROUP: usize = 20;
/// Rows up to which the crate is measured without being asked for more: it takes half a minute for twice as many.
const CRATE_ROWS: usize = 5_000;

fn main() -> Anyhow<()> {
    let asked = |name: &str| std::env::args().any(|a| a == name);
    if asked("--100k") {
        return alone(100_000);
    }
    if asked("--event") {
        return event::measure(&rows(if asked("--test") { 600 } else { 20_000 }));
    }
    let sizes: &[usize] = match () {
        () if asked("--test") => &[600],
        () => &[1_000, 5_000, 10_000, 20_000],
    };
    println!(
        "{:>7} {:>9} {:>8} {:>12} {:>7} {:>10} {:>7}  differing rows",
        "rows", "sonic s", "MB", "scikit s", "ratio", "crate s", "ratio"
    );
    for &count in sizes {
        compare(count, if asked("--full") { usize::MAX } else { CRATE_ROWS }, asked("--full"))?;
    }
    Ok(())
}

fn alone(count: usize) -> Anyhow<()> {
    let rows = rows(count);
    let (seconds, megabytes, labels) = ours(&rows, 1)?;
    let clusters = labels.iter().max().map_or(0, |most| most + 1);
    println!(
        "{count} x {DIMENSIONS}: {seconds:.2} s, {megabytes:.0} MB beyond the rows, {clusters} clusters"
    );
    Ok(())
}

fn compare(count: usize, crate_rows: usize, full: bool) -> Anyhow<()> {
    let rows = rows(count);
    let (seconds, megabytes, labels) = ours(&rows, if count > 5_000 { 2 } else { 5 })?;
    print!("{count:>7} {seconds:>9.3} {megabytes:>8.1}");
    let mut differing = Vec::new();
    match (count <= 10_000 || full).then(|| scikit_learn(&rows)).transpose()?.flatten() {
        Some((time, theirs)) => {
            print!(" {time:>12.2} {:>7.1}", time / seconds);
            differing.push(("scikit-learn", differences(&labels, &theirs)));
        }
        None => print!(" {:>12} {:>7}", "-", "-"),
    }
    if count <= crate_rows {
        let (time, theirs) = hdbscan_crate(&rows)?;
        print!(" {time:>10.2} {:>7.1}", time / seconds);
        differing.push(("crate", differences(&labels, &theirs)));
    } else {
        print!(" {:>10} {:>7}", "-", "-");
    }
    println!("  {differing:?}");
    for (peer, rows) in differing {
        assert!(rows * 50 <= count, "{peer} finds something else in {rows} rows of {count}");
    }
    Ok(())
}

/// Seconds, the least of several runs; megabytes at most beyond the rows; labels.
fn ours(rows: &[f32], repeats: usize) -> Anyhow<(f64, f64, Vec<i32>)> {
    let options = HdbscanOptions::default();
    let (mut best, mut most, mut labels) = (f64::INFINITY, 0, Vec::new());
    for _ in 0..repeats {
        let before = memory::restart();
        let started = Instant::now();
        labels = hdbscan(rows, DIMENSIONS, &options)?.labels;
        best = best.min(started.elapsed().as_secs_f64());
        most = most.max(memory::most() - before);
    }
    Ok((best, most as f64 / 1e6, labels))
}

fn hdbscan_crate(rows: &[f32]) -> Anyhow<(f64, Vec<i32>)> {
    let rows: Vec<Vec<f32>> = rows.chunks(DIMENSIONS).map(<[f32]>::to_vec).collect();
    let options = HdbscanHyperParams::builder().min_cluster_size(5).min_samples(5).build();
    let started = Instant::now();
    let labels = Hdbscan::new(&rows, options).cluster()?;
    Ok((started.elapsed().as_secs_f64(), labels))
}

/// Seconds and labels of scikit-learn in a process of its own; `None` if there is none.
fn scikit_learn(rows: &[f32]) -> Anyhow<Option<(f64, Vec<i32>)>> {
    let Some(python) = std::env::var_os("SONIC_PEER_PYTHON") else { return Ok(None) };
    let folder = std::env::temp_dir().join(format!("sonic-bench-cluster-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("rows"), rows.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>())?;
    let peer = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/cluster/peer.py");
    let ran = Command::new(python).arg(peer).arg(folder.join("rows")).arg(DIMENSIONS.to_string()).output()?;
    std::fs::remove_dir_all(&folder)?;
    if !ran.status.success() {
        return Err(String::from_utf8_lossy(&ran.stderr).into_owned().into());
    }
    let output = String::from_utf8(ran.stdout)?;
    let mut words = output.split_whitespace();
    let seconds = words.next().ok_or("no time")?.parse()?;
    Ok(Some((seconds, words.map(str::parse).collect::<Result<_, _>>()?)))
}

/// Rows that are not where most of their cluster is in the other partition.
fn differences(ours: &[i32], theirs: &[i32]) -> usize {
    assert_eq!(ours.len(), theirs.len());
    let mut pairs: HashMap<(i32, i32), usize> = HashMap::new();
    ours.iter().zip(theirs).for_each(|(a, b)| *pairs.entry((*a, *b)).or_default() += 1);
    let mut largest: HashMap<i32, (usize, i32)> = HashMap::new();
    for (&(a, b), &count) in pairs.iter().filter(|((a, b), _)| (*a < 0) == (*b < 0)) {
        let best = largest.entry(a).or_default();
        *best = (*best).max((count, b));
    }
    ours.len() - largest.values().map(|(count, _)| count).sum::<usize>()
}

/// Directions in groups of twenty, and a fifth of noise.
fn rows(count: usize) -> Vec<f32> {
    let mut state = 1u64;
    let mut bell = move || {
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 24) as f32
        };
        uniform() + uniform() + uniform() + uniform() - 2.0
    };
    let groups = (count / GROUP).max(1);
    let centres: Vec<f32> = (0..groups * DIMENSIONS).map(|_| bell()).collect();
    let mut rows = Vec::with_capacity(count * DIMENSIONS);
    for index in 0..count {
        let centre = &centres[index % groups * DIMENSIONS..][..DIMENSIONS];
        let noise = index % 5 == 4;
        let first = rows.len();
        rows.extend(centre.iter().map(|x| if noise { bell() } else { x + 0.6 * bell() }));
        assert!(sonic::vector::normalise(&mut rows[first..]));
    }
    rows
}
