//! Promise: a process that is killed while it adds recordings or compacts the store loses nothing that was reported and
//! leaves nothing half done.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use serde_json::Value;
use sonic::audio::decode::{DecodeOptions, decode_with};
use sonic::recordings::IdentifyOptions;
use sonic::{Store, StoreOptions};
use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use support::{Random, Scratch, demo};

/// Processes that are killed, and with `SONIC_SOAK`.
const KILLS: [usize; 2] = [20, 100];
/// Kills that one store has to take before the next begins with a fresh one.
const KILLS_A_STORE: u64 = 5;
/// A process is killed at most this long after it was started.
const LONGEST_MS: u64 = 900;
/// Kills of `sonic compact`, and at most how long after it was started.
const COMPACT_KILLS: u64 = 10;
const LONGEST_COMPACT_MS: u64 = 12;
/// SIGKILL, by its number everywhere.
const SIGKILL: i32 = 9;

#[test]
fn what_was_reported_is_found_after_a_kill() {
    let scratch = Scratch::new("kill");
    let clips = clips(&scratch);
    let mut random = Random(8);
    let (mut reported, mut killed) = (Vec::new(), 0);
    let kills = sonic_testing::rounds(KILLS[0], KILLS[1]) as u64;
    for round in 0..kills {
        let store = scratch.join(&format!("store-{}", round / KILLS_A_STORE));
        if round % KILLS_A_STORE == 0 {
            reported.clear();
        }
        killed += u32::from(add_and_kill(&store, random.below(LONGEST_MS), &mut reported));
        check(&store, &reported, &clips, &mut random);
    }
    assert!(killed > kills as u32 / 3, "only {killed} processes were killed before they were done");
}

/// Wherever it is killed, copying or publishing: the store is whole, and once it was opened only one generation of it is
/// there.
#[test]
fn a_store_survives_kills_of_its_compaction() {
    let scratch = Scratch::new("kill-compact");
    let clips = clips(&scratch);
    let (mut random, path) = (Random(9), scratch.join("store"));
    assert_eq!(support::sonic("add", &path, &[&demo()]).status, Some(0));
    let added: Vec<String> = clips.iter().map(|(id, _)| id.clone()).collect();
    let mut killed = 0;
    for _ in 0..COMPACT_KILLS {
        let mut child = support::command()
            .args(["compact", "--store"])
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(random.below(LONGEST_COMPACT_MS)));
        child.kill().unwrap();
        killed += u32::from(child.wait().unwrap().signal() == Some(SIGKILL));
        check(&path, &added, &clips, &mut random);
        // Fails if there is not exactly one.
        support::data_file(&path);
    }
    assert!(killed > 0, "no process was killed before it was done");
}

/// Starts `sonic add`, kills it, and takes down what it reported; true if it was killed and not just done.
fn add_and_kill(store: &Path, after_ms: u64, reported: &mut Vec<String>) -> bool {
    let mut child = support::command()
        .args(["add", "--json", "--store"])
        .arg(store)
        .arg(demo())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(after_ms));
    child.kill().unwrap();
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    // A line without its end was being written when the process died.
    for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_ne!(line["status"], "failed", "{line}");
        reported.push(line["id"].as_str().unwrap().to_owned());
    }
    child.wait().unwrap().signal() == Some(SIGKILL)
}

/// The store opens, has every recording that was reported, and no recording in part.
fn check(path: &Path, reported: &[String], clips: &[(String, PathBuf)], random: &mut Random) {
    let store = Store::open(path, StoreOptions::default()).unwrap();
    let problems = store.check().unwrap();
    assert!(problems.is_empty(), "{problems:?}");
    let listed: Vec<String> =
        store.recordings().iter().collect::<Result<Vec<_>, _>>().unwrap().into_iter().map(|r| r.id).collect();
    for id in reported {
        assert!(listed.contains(id), "{id} was reported and is not there");
    }
    // Whatever is listed is found, reported or not.
    let listed: Vec<_> = clips.iter().filter(|(id, _)| listed.contains(id)).collect();
    for _ in 0..listed.len().min(3) {
        let (id, clip) = listed[random.below(listed.len() as u64) as usize];
        let found = sonic::identify(&store, clip, &IdentifyOptions::default()).unwrap();
        assert_eq!(found.answer.matches.first().map(|m| &m.id), Some(id));
        assert!(found.answer.is_match());
    }
    store.close();
}

/// A clip of six seconds of each recording.
fn clips(scratch: &Scratch) -> Vec<(String, PathBuf)> {
    let cut = |path: PathBuf| {
        let id = path.file_stem().unwrap().to_string_lossy().into_owned();
        let sound = decode_with(path.as_path(), &DecodeOptions::at(support::RATE)).unwrap().samples;
        let second = support::RATE as usize;
        let clip = scratch.join(&format!("{id}.wav"));
        fs::write(&clip, support::wav(&sound[20 * second..26 * second])).unwrap();
        (id, clip)
    };
    let clips: Vec<_> = sonic::recordings::files_in(&[demo()]).into_iter().map(cut).collect();
    assert!(clips.len() >= 12);
    clips
}
