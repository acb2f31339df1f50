//! Snapshots in object storage against what copying and unpacking the same bytes takes, and what small changes send.
//!
//! ```text
//! cargo bench --bench snapshots -- [OPTIONS]
//!   --recordings N     drawn recordings of 20 minutes (2,400: about 1 GB)
//!   --test             a tiny run
//! ```
//!
//! The peer reads every chunk, writes the copy, unpacks it and writes that too, on one thread and on two, and syncs; a pull has
//! to check hashes, sort rows into the tree, walk what it wrote and sync beside.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "fingerprint/process.rs"]
#[expect(dead_code, reason = "the bench `fingerprint` uses more of it")]
mod process;
#[path = "../tests/remote_support/server.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "tests use more of it, and may fail")]
mod server;

use sonic::recordings::{Landmark, NewRecording, Recording};
use sonic::remote::{self, Progress, RemoteOptions};
use sonic::{Fingerprint, PipelineId, Store, StoreOptions};
use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

type Anyhow<T> = Result<T, Box<dyn Error>>;

const FRAMES: u32 = 52_000;
const LANDMARKS: usize = 38_000;
/// Recordings added in one transaction.
const BATCH: usize = 20;
/// The part of the peer's speed that a pull reaches.
const GOAL: f64 = 0.8;

fn main() -> Anyhow<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let test = arguments.iter().any(|argument| argument == "--test");
    let given = arguments.iter().position(|argument| argument == "--recordings");
    let count = match given.and_then(|place| arguments.get(place + 1)) {
        Some(count) => count.parse()?,
        None if test => 3,
        None => 2_400,
    };
    let folder = process::temporary("sonic-bench-snapshots")?;
    fs::create_dir_all(folder.join("bucket"))?;
    let url = format!("file://{}", folder.join("bucket").display());
    let store = Store::open(folder.join("writer"), StoreOptions::default())?;
    add(&store, 0..count)?;
    changes(&store, &url, count)?;
    let rounds = if test { 1 } else { 3 };
    pulls(&folder, &url, rounds)?;
    fs::remove_dir_all(&folder)?;
    Ok(())
}

fn quiet(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// What the first push sends, and what one does after a small change.
fn changes(store: &Store, url: &str, count: u64) -> Anyhow<()> {
    let begin = Instant::now();
    let whole = remote::push(store, url, &RemoteOptions::default(), quiet)?;
    let seconds = begin.elapsed().as_secs_f64();
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let snapshot = &whole.snapshot;
    println!(
        "push of {:.0} MB, {:.0} MB compressed: {seconds:.2} s, {:.0} MB/s",
        megabytes(snapshot.bytes),
        megabytes(snapshot.packed_bytes),
        megabytes(snapshot.bytes) / seconds
    );
    add(store, count..count + (count / 100).max(1))?;
    let more = remote::push(store, url, &RemoteOptions::default(), quiet)?;
    let part = 100.0 * more.sent_bytes as f64 / whole.sent_bytes as f64;
    println!("one recording in a hundred more: {part:.2} % of the bytes again (at most 5)");
    Ok(())
}

fn pulls(folder: &Path, url: &str, rounds: usize) -> Anyhow<()> {
    let server = server::StaticServer::start(&folder.join("bucket"));
    let options = RemoteOptions::default();
    let newest = remote::list(url, &options)?.remove(0);
    let chunks: Vec<PathBuf> = fs::read_dir(folder.join("bucket/chunks"))?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    let mut best = [f64::MAX; 4];
    for _ in 0..rounds {
        let took = [
            timed(|| copy_and_unpack(&chunks, &folder.join("copy"), 1))?,
            timed(|| copy_and_unpack(&chunks, &folder.join("copy"), 2))?,
            timed(|| pull(folder, url, &options))?,
            timed(|| pull(folder, &server.url(), &options))?,
        ];
        best.iter_mut().zip(took).for_each(|(best, took)| *best = best.min(took));
    }
    let [one, two, file, http] = best;
    let megabytes = newest.bytes as f64 / 1e6;
    println!("copy and unpack {megabytes:.0} MB: {one:.2} s on one thread, {two:.2} s on two");
    for (name, seconds) in [("file://", file), ("http://", http)] {
        let reached = if one / seconds >= GOAL { "reached" } else { "missed" };
        println!(
            "pull from {name}: {seconds:.2} s, {:.0} MB/s, {:.0} % of the peer on one thread ({reached}), {:.0} % on two",
            megabytes / seconds,
            100.0 * one / seconds,
            100.0 * two / seconds
        );
    }
    Ok(())
}

fn timed(work: impl FnOnce() -> Anyhow<()>) -> Anyhow<f64> {
    let begin = Instant::now();
    work()?;
    Ok(begin.elapsed().as_secs_f64())
}

fn pull(folder: &Path, url: &str, options: &RemoteOptions) -> Anyhow<()> {
    let reader = folder.join("reader");
    let _ = fs::remove_dir_all(&reader);
    let pulled = remote::pull(&reader, url, options, quiet)?;
    if !pulled.changed {
        return Err("nothing was pulled".into());
    }
    Ok(())
}

/// What anybody would do without a store: copy the chunks, unpack them, and make sure that they last.
fn copy_and_unpack(chunks: &[PathBuf], to: &Path, threads: usize) -> Anyhow<()> {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to)?;
    let parts = chunks.chunks(chunks.len().div_ceil(threads));
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            parts.enumerate().map(|(n, part)| scope.spawn(move || unpack(part, to, n))).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| "a thread panicked")?.map_err(Into::into))
    })
}

fn unpack(chunks: &[PathBuf], to: &Path, number: usize) -> std::io::Result<()> {
    let mut out = File::create(to.join(format!("unpacked-{number}")))?;
    for chunk in chunks {
        let bytes = fs::read(chunk)?;
        fs::write(to.join(chunk.file_name().unwrap_or_default()), &bytes)?;
        out.write_all(&zstd::stream::decode_all(&bytes[..])?)?;
    }
    out.sync_all()
}

fn add(store: &Store, numbers: std::ops::Range<u64>) -> Anyhow<()> {
    let numbers: Vec<u64> = numbers.collect();
    for batch in numbers.chunks(BATCH) {
        let new = batch.iter().map(|number| NewRecording {
            recording: Recording { id: format!("recording {number}"), ..Recording::default() },
            fingerprint: drawn(*number),
        });
        store.add(new.collect())?;
    }
    Ok(())
}

/// A fingerprint of 20 minutes that nobody made.
fn drawn(seed: u64) -> Fingerprint {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = move |end: u32| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % u64::from(end)) as u32
    };
    let mut landmarks: Vec<Landmark> = (0..LANDMARKS)
        .map(|_| Landmark {
            frame: next(FRAMES),
            frequency: 200 + next(3_000) as u16,
            salience: 10 + next(20) as u8,
        })
        .collect();
    landmarks.sort_unstable();
    landmarks.dedup_by_key(|landmark| (landmark.frame, landmark.frequency));
    let pipeline = PipelineId::new("bench");
    Fingerprint { pipeline, duration_ms: 1_207_000, frames: FRAMES, landmarks, texture: None }
}
