//! A large store of what was imported: copies of it whose frames are shuffled, so that each has the same hashes as often and
//! none is at its place.

use crate::Anyhow;
use sonic::imported::{ImportEntry, NewImport, PairHash};
use sonic::{Store, StoreOptions};
use std::path::Path;

/// Hours of sound of a file, as a season has them.
const HOURS_OF_FILE: f64 = 5.5;

/// The recordings of `from` as they are, and copies of them up to so many hours.
pub(crate) fn copies(from: &Store, path: &Path, hours: f64) -> Anyhow<Store> {
    let store = Store::open(path, StoreOptions { map_size: 4 << 30, ..StoreOptions::default() })?;
    let recordings = from.imported().list()?;
    let all: Vec<PairHash> = (0..PairHash::COUNT).filter_map(PairHash::from_number).collect();
    let mut frames = Vec::new();
    for recording in &recordings {
        frames.push(from.imported().frames_of(&recording.id, &all)?.unwrap_or_default());
    }
    let total: f64 = recordings.iter().map(|recording| recording.duration_ms as f64 / 3.6e6).sum();
    let (copies, of_file) = ((hours / total).round() as u64, (HOURS_OF_FILE / total).round() as u64);
    for first in (0..copies).step_by(of_file as usize) {
        let mut new = NewImport { source: format!("copies from {first} on"), ..NewImport::default() };
        for copy in first..copies.min(first + of_file) {
            for (recording, frames_of) in recordings.iter().zip(&frames) {
                let place = new.ids.len() as u16;
                new.ids.push(if copy == 0 {
                    recording.id.clone()
                } else {
                    format!("{} copy {copy}", recording.id)
                });
                for (hash, frames) in all.iter().zip(frames_of) {
                    let moved = frames.iter().map(|frame| shuffled(*frame, recording.frames, copy));
                    new.entries.extend(moved.map(|frame| ImportEntry::new(*hash, place, frame)));
                }
            }
        }
        store.imported().add(&new)?;
    }
    Ok(store)
}

/// Where a frame lies in a copy: a permutation of them all, another for each copy. Copy 0 is as it was.
fn shuffled(frame: u32, frames: u32, copy: u64) -> u32 {
    if copy == 0 {
        return frame;
    }
    let (frames, mut factor) = (u64::from(frames), 7_919 + 2 * copy * 104_729);
    while gcd(factor, frames) != 1 {
        factor += 1;
    }
    ((u64::from(frame) * factor + copy) % frames) as u32
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
