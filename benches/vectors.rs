//! How long exact search among many embeddings takes, in memory and in a store, beside a plain loop and `ndarray`.
//!
//! `cargo bench --bench vectors`: asserts that all ways find the same, prints the shortest of several runs in
//! milliseconds a query. With `-- --test` it runs once on little.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use ndarray::ArrayView2;
use sonic::vector::{nearest, normalise};
use sonic::voices::{NewVoice, Voice, VoiceSearchOptions};
use sonic::{Embedding, PipelineId, Store, StoreOptions};
use std::error::Error;
use std::time::{Duration, Instant};

const DIMENSIONS: usize = 192;
const BATCH: usize = 64;
const LIMIT: usize = 5;
/// What a query may take among 100,000 rows: alone, and in a batch.
const GOALS_MS: (f64, f64) = (5.0, 1.0);

fn main() -> Result<(), Box<dyn Error>> {
    let test = std::env::args().any(|a| a == "--test");
    let (count, repeats) = if test { (2_000, 1) } else { (100_000, 20) };
    let (rows, queries) = (unit_rows(count, 1), unit_rows(BATCH, 2));
    println!("{count} rows of {DIMENSIONS} numbers, {LIMIT} found, milliseconds a query");
    println!("{:34} {:>10} {:>14}", "", "one query", "64 at a time");
    let want = nearest(&rows, &queries, DIMENSIONS, LIMIT, 1);
    for threads in [1, 2] {
        let ask = |queries: &[f32]| nearest(&rows, queries, DIMENSIONS, LIMIT, threads);
        let (one, found) = shortest(repeats, || ask(&queries[..DIMENSIONS]));
        let (many, batch) = shortest(repeats, || ask(&queries));
        assert!(found[0] == want[0] && batch == want);
        print(&format!("sonic, threads: {threads}"), one, Some(many / BATCH as u32));
    }
    println!("{:34} {:>10} {:>14}", "goal at 100,000", GOALS_MS.0, GOALS_MS.1);
    peers(&rows, &queries, repeats, want[0][0].index)?;
    stored(&rows, &queries, repeats, want[0][0].index)
}

fn peers(rows: &[f32], queries: &[f32], repeats: u32, want: usize) -> Result<(), Box<dyn Error>> {
    let dot = |row: &[f32]| row.iter().zip(queries).map(|(a, b)| a * b).sum::<f32>();
    let (time, scores) = shortest(repeats.min(5), || rows.chunks(DIMENSIONS).map(dot).collect::<Vec<_>>());
    assert_eq!(largest(scores.iter().copied()), want);
    print("plain loop, scores only", time, None);
    let rows = ArrayView2::from_shape((rows.len() / DIMENSIONS, DIMENSIONS), rows)?;
    let queries = ArrayView2::from_shape((BATCH, DIMENSIONS), queries)?;
    let (one, scores) = shortest(repeats, || rows.dot(&queries.row(0)));
    assert_eq!(largest(scores.iter().copied()), want);
    let (many, _) = shortest(repeats.min(5), || rows.dot(&queries.t()));
    print("ndarray, scores only", one, Some(many / BATCH as u32));
    Ok(())
}

/// The same search in a store, from its mapped file.
fn stored(rows: &[f32], queries: &[f32], repeats: u32, want: usize) -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("sonic-bench-vectors-{}", std::process::id()));
    let store = Store::open(&folder, StoreOptions::default())?;
    let voices = store.voices();
    let embedding =
        |vector: &[f32]| Embedding { pipeline: PipelineId::new("bench"), vector: vector.to_vec() };
    let started = Instant::now();
    for (batch, rows) in rows.chunks(5_000 * DIMENSIONS).enumerate() {
        let new = rows.chunks(DIMENSIONS).enumerate().map(|(i, vector)| NewVoice {
            voice: Voice { recording_id: (batch * 5_000 + i).to_string(), ..Voice::default() },
            embedding: Some(embedding(vector)),
            ..NewVoice::default()
        });
        voices.record_all(&new.collect::<Vec<_>>())?;
    }
    println!(
        "store: {:.1} s to record them, {} MB",
        started.elapsed().as_secs_f64(),
        store.stats()?.file_bytes >> 20
    );
    for threads in [1, 2] {
        let options = VoiceSearchOptions { threshold: -1.0, limit: LIMIT, threads, ..Default::default() };
        let query = embedding(&queries[..DIMENSIONS]);
        let (time, found) = shortest(repeats, || voices.search(&query, &options));
        assert_eq!(found?[0].voice.recording_id, want.to_string());
        print(&format!("store.voices().search, threads: {threads}"), time, None);
    }
    store.close();
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn unit_rows(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let mut rows: Vec<f32> = (0..count * DIMENSIONS)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        })
        .collect();
    rows.chunks_mut(DIMENSIONS).for_each(|row| assert!(normalise(row)));
    rows
}

fn largest(scores: impl Iterator<Item = f32>) -> usize {
    scores.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(i, _)| i)
}

/// The shortest time of several runs, and what the last one gave.
fn shortest<T>(repeats: u32, mut work: impl FnMut() -> T) -> (Duration, T) {
    let mut run = || {
        let started = Instant::now();
        let value = work();
        (started.elapsed(), value)
    };
    let mut best = run();
    for _ in 1..repeats {
        let (time, value) = run();
        best = (best.0.min(time), value);
    }
    best
}

fn print(what: &str, one: Duration, many: Option<Duration>) {
    let ms = |time: Duration| format!("{:.2}", time.as_secs_f64() * 1000.0);
    println!("{what:34} {:>10} {:>14}", ms(one), many.map_or_else(String::new, ms));
}
