//! What it costs that a store's file is not believed: the walk before it is used, and the check of what is read.
//!
//! ```text
//! cargo bench --bench store -- [OPTIONS]
//!   --recordings N     drawn recordings of 20 minutes (2,400: about 1 GB)
//!   --test             a tiny run
//! ```
//!
//! Look-ups are the shortest of several runs over many rows. To see what the check takes of one, run the bench at two states
//! of the code.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "fingerprint/process.rs"]
#[expect(dead_code, reason = "the bench `fingerprint` uses more of it")]
mod process;

use sonic::audio::fingerprint::fingerprint;
use sonic::recordings::{IdentifyOptions, Landmark, NewRecording, Recording};
use sonic::{Access, Clip, Fingerprint, Store, StoreOptions, Verify};
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

type Anyhow<T> = Result<T, Box<dyn Error>>;

/// Frames of a recording, and landmarks in it.
const FRAMES: u32 = 52_000;
const LANDMARKS: usize = 38_000;
/// Recordings added in one transaction.
const BATCH: usize = 20;
/// The walk of a gigabyte, in seconds of processor time.
const GOAL: f64 = 2.0;

fn main() -> Anyhow<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let test = arguments.iter().any(|argument| argument == "--test");
    let given = arguments.iter().position(|argument| argument == "--recordings");
    let count = match given.and_then(|place| arguments.get(place + 1)) {
        Some(count) => count.parse()?,
        None if test => 3,
        None => 2_400,
    };
    let path = process::temporary("sonic-bench-store")?;
    let clip = fill(&path, count)?;
    walk(&path)?;
    look_ups(&path, count, &clip, if test { 1 } else { 7 })?;
    std::fs::remove_dir_all(&path)?;
    Ok(())
}

fn open(path: &Path, verify: Verify) -> Anyhow<Store> {
    Ok(Store::open(path, StoreOptions { access: Access::ReadOnly, verify, ..StoreOptions::default() })?)
}

/// A store of drawn recordings and one of sound, compacted; a clip of that one.
fn fill(path: &Path, count: usize) -> Anyhow<Fingerprint> {
    let store = Store::open(path, StoreOptions::default())?;
    let mut seed = 1;
    let (whole, clip) = sound()?;
    let row = Recording { id: "sound".to_owned(), ..Recording::default() };
    store.add(vec![NewRecording { recording: row, fingerprint: whole }])?;
    for batch in (0..count).step_by(BATCH) {
        let numbers = batch..count.min(batch + BATCH);
        let new: Vec<NewRecording> = numbers.map(|number| recording(number, &mut seed)).collect();
        store.add(new)?;
    }
    store.compact()?;
    Ok(clip)
}

/// Plucked notes at random for a minute, and ten seconds of them.
fn sound() -> Anyhow<(Fingerprint, Fingerprint)> {
    const RATE: usize = 11_025;
    let mut seed = 7_u64;
    let mut samples = vec![0.0_f32; 60 * RATE];
    for note in (0..samples.len() - RATE).step_by(RATE / 5) {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let pitch = 220.0 * 2.0_f32.powf(((seed >> 33) % 36) as f32 / 12.0);
        for (i, sample) in samples[note..note + RATE].iter_mut().enumerate() {
            let time = i as f32 / RATE as f32;
            *sample += 0.2 * (-4.0 * time).exp() * (std::f32::consts::TAU * pitch * time).sin();
        }
    }
    let clip = Clip::new(samples[20 * RATE..30 * RATE].to_vec(), RATE as u32);
    Ok((fingerprint(&Clip::new(samples, RATE as u32))?, fingerprint(&clip)?))
}

fn recording(number: usize, seed: &mut u64) -> NewRecording {
    let mut next = |end: u32| {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((*seed >> 33) % u64::from(end)) as u32
    };
    let mut landmarks: Vec<Landmark> = (0..LANDMARKS)
        .map(|_| Landmark { frame: next(FRAMES), frequency: next(3_600) as u16, salience: next(32) as u8 })
        .collect();
    landmarks.sort_unstable();
    landmarks.dedup_by_key(|landmark| (landmark.frame, landmark.frequency));
    let recording = Recording { id: format!("drawn-{number}"), ..Recording::default() };
    let duration_ms = u64::from(FRAMES) * 256_000 / 11_025;
    let pipeline = sonic::audio::fingerprint::pipeline();
    let fingerprint = Fingerprint { pipeline, duration_ms, frames: FRAMES, landmarks, texture: None };
    NewRecording { recording, fingerprint }
}

fn walk(path: &Path) -> Anyhow<()> {
    let megabytes = open(path, Verify::Never)?.stats()?.file_bytes as f64 / 1e6;
    let before = process::cpu_seconds();
    open(path, Verify::Full)?;
    let seconds = process::cpu_seconds().zip(before).map_or(f64::NAN, |(after, before)| after - before);
    println!("walk of {megabytes:.0} MB            {seconds:8.2} s of processor time");
    println!("  a gigabyte (goal {GOAL})       {:8.2} s", seconds * 1e3 / megabytes);
    Ok(())
}

fn look_ups(path: &Path, count: usize, clip: &Fingerprint, repeats: u32) -> Anyhow<()> {
    let store = open(path, Verify::Auto)?;
    let ids: Vec<String> = (0..count.min(300)).map(|number| format!("drawn-{number}")).collect();
    let rows = shortest(repeats, || {
        ids.iter().try_for_each(|id| store.recordings().get(id).map(drop)).map_err(Into::into)
    })?;
    let landmarks = shortest(repeats, || {
        ids.iter().try_for_each(|id| store.recordings().landmarks(id).map(drop)).map_err(Into::into)
    })?;
    let options = IdentifyOptions::default();
    let answers = shortest(repeats.max(3), || {
        let answer = store.identify(clip, &options)?;
        assert_eq!(answer.matches[0].id, "sound");
        Ok(())
    })?;
    let each = |time: Duration| time.as_secs_f64() * 1e6 / ids.len() as f64;
    println!("a row                       {:8.2} us", each(rows));
    println!("the landmarks of a recording{:8.2} us", each(landmarks));
    println!("a clip                      {:8.2} us", answers.as_secs_f64() * 1e6);
    Ok(())
}

fn shortest(repeats: u32, mut work: impl FnMut() -> Anyhow<()>) -> Anyhow<Duration> {
    let mut shortest = Duration::MAX;
    for _ in 0..repeats {
        let start = Instant::now();
        work()?;
        shortest = shortest.min(start.elapsed());
    }
    Ok(shortest)
}
