//! Promise: however slices are delivered, what survives gives the segments that it gives when nothing is lost; and a process
//! that takes over between any two slices gives the same segments with the same ids.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail, and prints its figures")]

use serde_json::Value;
use sonic_core::Segment;
use sonic_live::{LiveOptions, LiveSession};
use sonic_testing::{Need, assets, rounds, skip};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Recordings in ordinary runs: both browsers, all containers, each kind of delivery.
const ORDINARY: [&str; 6] = [
    "cr-mic-3000",
    "cr-hard-mic-3000",
    "cr-mp4-3000",
    "cr-restart-newrec-1000",
    "ff-ogg-3000",
    "ff-pause-ogg-1000",
];
/// How far a segment may be from what is said of it, in milliseconds: a packet and a frame, and what a hangover adds.
const EDGE_MS: u64 = 800;

/// A recording and what happens to its slices.
struct Recording {
    name: String,
    slices: Vec<Vec<u8>>,
    cases: Vec<Value>,
}

/// A slice as it is delivered: its index, its bytes and when it was sent.
type Delivery = (u64, Vec<u8>, f64);

/// Where segments end, by where they begin and their id.
type Places = BTreeMap<(u64, String), u64>;

/// What is there of a recording, by the truth: from when to when.
type Stretch = (u64, u64);

impl Recording {
    fn deliveries(&self, case: &Value) -> Vec<Delivery> {
        let deliveries = case["deliveries"].as_array().unwrap().iter();
        deliveries
            .map(|delivery| (number(&delivery[0]) as u64, self.body(delivery), number(&delivery[3])))
            .collect()
    }

    fn body(&self, delivery: &Value) -> Vec<u8> {
        let mut body = self.slices[number(&delivery[0]) as usize].clone();
        body.truncate(number(&delivery[1]) as usize);
        for patch in delivery[2].as_array().unwrap() {
            let (offset, hex) = (number(&patch[0]) as usize, patch[1].as_str().unwrap());
            for (n, place) in (0..hex.len() / 2).zip(offset..) {
                if let Some(byte) = body.get_mut(place) {
                    *byte = u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap();
                }
            }
        }
        body
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

/// The recordings with their deliveries; `None`, and a reason printed, without the files or Python.
fn recordings(seeds: usize, all: bool) -> Option<Vec<Recording>> {
    let live = assets("live")?;
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/bin/python");
    let works = |python: &PathBuf| {
        Command::new(python).args(["-c", "import numpy"]).output().is_ok_and(|output| output.status.success())
    };
    let Some(python) = [venv, "python3".into()].into_iter().find(works) else {
        skip(Need::Python, "there is no Python with numpy, which mangle.py needs");
        return None;
    };
    let out = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../audio/tests/push/deliveries.py");
    let arguments = [script.as_os_str(), live.as_os_str(), out.path().as_os_str(), OsStr::new("1")];
    let mut command = Command::new(python);
    command.args(arguments).arg(seeds.to_string()).env("PYTHONDONTWRITEBYTECODE", "1");
    assert!(command.status().unwrap().success(), "mangle.py failed");
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(live.join("slices")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let read = |folder: PathBuf| {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let told = std::fs::read(out.path().join(format!("{name}.json"))).unwrap();
        let mut told: Value = serde_json::from_slice(&told).unwrap();
        let Value::Array(cases) = told["cases"].take() else { panic!("{name} has no cases") };
        Recording { slices: slices(&folder), name, cases }
    };
    let chosen =
        folders.into_iter().filter(|folder| all || ORDINARY.iter().any(|name| folder.ends_with(name)));
    Some(chosen.map(read).collect())
}

fn slices(folder: &Path) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end != "json"));
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

fn session() -> LiveSession {
    LiveSession::new("c", None, &LiveOptions::default()).unwrap()
}

/// What a session tells of deliveries; an error is none of its end.
fn push(session: &mut LiveSession, deliveries: &[Delivery], told: &mut Vec<Segment>) {
    for (index, bytes, sent_ms) in deliveries {
        told.extend(session.push_at(*index, bytes, *sent_ms).unwrap_or_default());
    }
}

/// The latest revision of each segment, by its place and id.
fn latest(told: &[Segment]) -> Places {
    let mut latest = BTreeMap::new();
    for segment in told {
        latest.insert((segment.start_ms, segment.id.clone()), segment.end_ms);
    }
    let finals = told.iter().filter(|segment| segment.is_final).count();
    assert!(finals >= latest.len(), "each segment becomes final");
    latest
}

fn followed(deliveries: &[Delivery]) -> (Places, Vec<(f64, f64)>) {
    let (mut session, mut told) = (session(), Vec::new());
    push(&mut session, deliveries, &mut told);
    told.extend(session.finish().unwrap());
    (latest(&told), session.gaps())
}

/// The same, but another process takes over before the delivery `cut`: all that it gets are bytes.
fn taken_over(deliveries: &[Delivery], cut: usize) -> Places {
    let (mut first, mut told) = (session(), Vec::new());
    push(&mut first, &deliveries[..cut], &mut told);
    let state = first.state().unwrap();
    drop(first);
    let mut second = LiveSession::restore(&state, None, &LiveOptions::default()).unwrap();
    push(&mut second, &deliveries[cut..], &mut told);
    told.extend(second.finish().unwrap());
    latest(&told)
}

/// How much of stretches lies in others.
fn common(one: &[Stretch], other: &[Stretch]) -> u64 {
    let each = |a: &Stretch| -> u64 { other.iter().map(|b| a.1.min(b.1).saturating_sub(a.0.max(b.0))).sum() };
    one.iter().map(each).sum()
}

fn length(stretches: &[Stretch]) -> u64 {
    stretches.iter().map(|stretch| stretch.1.saturating_sub(stretch.0)).sum()
}

fn places(segments: &Places) -> Vec<Stretch> {
    segments.iter().map(|((start, _), end)| (*start, *end)).collect()
}

/// What the truth says is there, without the edges of gaps, where a detector needs some time.
fn there(case: &Value) -> Vec<Stretch> {
    let ranges = case["truth"]["ranges"].as_array().unwrap().iter().filter(|range| range["state"] != "gap");
    let mut stretches: Vec<Stretch> = Vec::new();
    for range in ranges {
        let (from, to) = (number(&range["from_ms"]) as u64, number(&range["to_ms"]) as u64);
        match stretches.last_mut() {
            Some(last) if from <= last.1 + 1 => last.1 = to,
            _ => stretches.push((from, to)),
        }
    }
    let inner = |(from, to): Stretch| (from + EDGE_MS, to.saturating_sub(EDGE_MS));
    stretches.into_iter().map(inner).filter(|(from, to)| from < to).collect()
}

/// Compares what came of a case with what comes of the whole recording.
fn compare(recording: &Recording, case: &Value, whole: &Places) {
    let deliveries = recording.deliveries(case);
    let (segments, gaps) = followed(&deliveries);
    let scenario = case["scenario"].as_str().unwrap();
    let title = format!("{} {scenario} {}", recording.name, case["seed"]);
    match scenario {
        "clean" | "repeat" | "reorder" => assert_eq!(&segments, whole, "{title}"),
        // Whose places nobody can know, but that they are sound.
        "restart" | "header_lost" => assert!(!segments.is_empty() || whole.is_empty(), "{title}"),
        _ => {
            let (there, now, before) = (there(case), places(&segments), places(whole));
            let expected: Vec<Stretch> = before
                .iter()
                .flat_map(|b| there.iter().map(move |t| (b.0.max(t.0), b.1.min(t.1))))
                .filter(|(from, to)| from < to)
                .collect();
            let found = common(&expected, &now) as f64 / length(&expected).max(1) as f64;
            assert!(found > 0.85 || length(&expected) < 2_000, "{title}: {found:.2} of what survives");
            let near: Vec<Stretch> =
                before.iter().map(|b| (b.0.saturating_sub(EDGE_MS), b.1 + EDGE_MS)).collect();
            let right = common(&now, &near) as f64 / length(&now).max(1) as f64;
            assert!(right > 0.85, "{title}: {right:.2} of what was found was said: {now:?} of {before:?}");
        }
    }
    for ((start, id), end) in &segments {
        let inside = |gap: &(f64, f64)| gap.0 + 1_000.0 < *start as f64 && (*end as f64) < gap.1 - 100.0;
        assert!(!gaps.iter().any(inside), "{title}: {id} is in a gap");
    }
    let cut = (number(&case["seed"]) as usize * 7 + scenario.len() * 3) % deliveries.len();
    assert_eq!(taken_over(&deliveries, cut), segments, "{title}: taken over before delivery {cut}");
}

#[test]
fn every_delivery_gives_the_segments_of_what_survives() {
    let is_long = rounds(0, 1) == 1;
    let Some(recordings) = recordings(rounds(1, 6), is_long) else { return };
    let mut cases = 0;
    for recording in &recordings {
        let clean = recording.cases.iter().find(|case| case["scenario"] == "clean").unwrap();
        let whole = followed(&recording.deliveries(clean)).0;
        for case in &recording.cases {
            compare(recording, case, &whole);
            cases += 1;
        }
    }
    eprintln!("{cases} deliveries of {} recordings", recordings.len());
}

#[test]
fn a_process_that_is_killed_between_any_two_slices_changes_nothing() {
    let Some(recordings) = recordings(1, false) else { return };
    for recording in recordings.iter().filter(|r| r.slices.len() < rounds(21, 1_000)) {
        let case = recording.cases.iter().find(|case| case["scenario"] == "mix").unwrap();
        let deliveries = recording.deliveries(case);
        let (whole, _) = followed(&deliveries);
        for cut in (0..deliveries.len()).step_by(rounds(3, 1)) {
            assert_eq!(taken_over(&deliveries, cut), whole, "{} before delivery {cut}", recording.name);
        }
    }
}

/// Where the other process finds the state and the slices, and leaves what it found.
const FOLDER: &str = "SONIC_LIVE_TAKEOVER";

/// The other process of the next test; alone it does nothing.
#[test]
fn other_process() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let state = std::fs::read(folder.join("state")).unwrap();
    let mut session = LiveSession::restore(&state, None, &LiveOptions::default()).unwrap();
    let mut told = Vec::new();
    for (index, slice) in (0..).zip(slices(&folder.join("slices"))) {
        let first: u64 = std::fs::read_to_string(folder.join("first.json")).unwrap().parse().unwrap();
        told.extend(session.push(first + index, &slice).unwrap());
    }
    told.extend(session.finish().unwrap());
    std::fs::write(folder.join("told"), serde_json::to_vec(&told).unwrap()).unwrap();
}

#[test]
fn another_process_goes_on_with_the_bytes_of_this_one() {
    let Some(root) = assets("live/slices") else { return };
    for (name, cut) in [("cr-mic-3000", 7), ("ff-ogg-3000", 4)] {
        let slices = slices(&root.join(name));
        let whole = {
            let (mut session, mut told) = (session(), Vec::new());
            for (index, slice) in (0..).zip(&slices) {
                told.extend(session.push(index, slice).unwrap());
            }
            told.extend(session.finish().unwrap());
            latest(&told)
        };
        let folder = tempfile::tempdir().unwrap();
        let (mut session, mut told) = (session(), Vec::new());
        for (index, slice) in (0..).zip(&slices[..cut]) {
            told.extend(session.push(index, slice).unwrap());
        }
        std::fs::create_dir(folder.path().join("slices")).unwrap();
        std::fs::write(folder.path().join("state"), session.state().unwrap()).unwrap();
        std::fs::write(folder.path().join("first.json"), cut.to_string()).unwrap();
        for (n, slice) in slices[cut..].iter().enumerate() {
            std::fs::write(folder.path().join(format!("slices/{n:03}.bin")), slice).unwrap();
        }
        drop(session);
        let mut other = Command::new(std::env::current_exe().unwrap());
        let done = other.args(["--exact", "other_process"]).env(FOLDER, folder.path()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
        let more: Vec<Segment> =
            serde_json::from_slice(&std::fs::read(folder.path().join("told")).unwrap()).unwrap();
        told.extend(more);
        assert_eq!(latest(&told), whole, "{name}");
        assert!(whole.len() >= 2, "{name}");
    }
}
