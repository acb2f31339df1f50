//! Promise: the same bytes give the same samples, landmarks, matches and errors in every language, bit for bit.
//!
//! The files of `tests/golden`, whose README says what they mean, hold inputs and answers. The suites of the other
//! languages read the same files. `UPDATE=1 cargo test --test golden` writes the answers anew.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "golden/close.rs"]
mod close;
#[path = "golden/faces.rs"]
mod faces;
#[path = "golden/facts.rs"]
mod facts;
#[path = "golden/format.rs"]
mod format;
#[path = "golden/live.rs"]
mod live;
#[path = "golden/sing.rs"]
mod sing;
mod support;
#[path = "golden/voices.rs"]
mod voices;

use close::{close, rounds_alike};
use facts::facts;
use format::{base64, same, written};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use sonic::audio::decode::{DecodeOptions, decode_with};
use sonic::audio::fingerprint::{fingerprint, pipeline};
use sonic::recordings::{Added, IdentifyOptions, Landmark, Recording};
use sonic::{Access, Clip, Fingerprint, Source, Store, StoreOptions};
use std::fs;
use std::path::{Path, PathBuf};
use support::Scratch;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reads a golden file, computes its answers again, and compares them, or writes them if `UPDATE` is set.
///
/// The comparison is exact where transforms round as they did when the file was written, and close elsewhere.
fn check(name: &str, answer: impl Fn(&mut Value)) {
    check_with(name, if rounds_alike() { same } else { close }, answer);
}

/// As [`check`], where `agree` says whether two cases are the same.
fn check_with(name: &str, agree: fn(&Value, &Value) -> bool, answer: impl Fn(&mut Value)) {
    let path = repository().join("tests/golden").join(name);
    let golden: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let mut now = golden.clone();
    answer(&mut now);
    if std::env::var_os("UPDATE").is_some() {
        return fs::write(&path, written(&now)).unwrap();
    }
    for (key, value) in now.as_object().unwrap() {
        match (value.as_array(), golden[key].as_array()) {
            (Some(now), Some(golden)) => {
                for (now, golden) in now.iter().zip(golden) {
                    assert!(agree(now, golden), "{name} says\n{golden:#}\nbut it is\n{now:#}");
                }
            }
            _ => assert!(same(value, &golden[key]), "{name}, {key}: {} but it is {value}", golden[key]),
        }
    }
}

fn cases<'a>(golden: &'a mut Value, key: &str) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    golden[key].as_array_mut().unwrap().iter_mut().map(|case| case.as_object_mut().unwrap())
}

fn text<'a>(case: &'a Map<String, Value>, key: &str) -> &'a str {
    case[key].as_str().unwrap_or_else(|| panic!("{key} in {case:?}"))
}

/// What a case's `path` or `base64` gives.
fn source(case: &Map<String, Value>) -> Source {
    match case.get("base64") {
        Some(bytes) => base64(bytes.as_str().unwrap()).into(),
        None => repository().join(text(case, "path")).into(),
    }
}

fn sample_rate(case: &Map<String, Value>) -> Option<u32> {
    case.get("sample_rate").and_then(Value::as_u64).map(|rate| rate as u32)
}

#[test]
fn samples_and_landmarks() {
    check("landmarks.json", |golden| {
        golden["pipeline"] = json!(pipeline().as_str());
        for case in cases(golden, "cases") {
            let clip = decode_with(
                source(case),
                &DecodeOptions { sample_rate: sample_rate(case), ..DecodeOptions::default() },
            )
            .unwrap();
            let fingerprint = fingerprint(&clip).unwrap();
            case.insert("clip".to_owned(), clip_facts(&clip));
            case.insert("fingerprint".to_owned(), fingerprint_facts(&fingerprint));
            if case.contains_key("landmarks") {
                case.insert("landmarks".to_owned(), rows(&fingerprint.landmarks));
            }
        }
    });
}

fn clip_facts(clip: &Clip) -> Value {
    let bytes: Vec<u8> = clip.samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    json!({
        "sample_rate": clip.sample_rate,
        "samples": clip.samples.len(),
        "duration_ms": clip.duration_ms(),
        "truncated": clip.truncated,
        "damaged_ms": clip.damaged_ms,
        "sha256": sha256(&bytes),
    })
}

fn fingerprint_facts(fingerprint: &Fingerprint) -> Value {
    let packed = |l: &Landmark| {
        let (frame, frequency) = (l.frame.to_le_bytes(), l.frequency.to_le_bytes());
        [frame.as_slice(), frequency.as_slice(), &[l.salience]].concat()
    };
    let bytes: Vec<u8> = fingerprint.landmarks.iter().flat_map(packed).collect();
    json!({
        "pipeline": fingerprint.pipeline.as_str(),
        "duration_ms": fingerprint.duration_ms,
        "frames": fingerprint.frames,
        "landmarks": fingerprint.landmarks.len(),
        "sha256": sha256(&bytes),
    })
}

fn rows(landmarks: &[Landmark]) -> Value {
    landmarks.iter().map(|l| json!([l.frame, l.frequency, l.salience])).collect()
}

#[test]
fn matches() {
    let scratch = Scratch::new("golden-identify");
    check("identify.json", |golden| {
        let store = Store::open(scratch.join("store"), StoreOptions::default()).unwrap();
        for case in cases(golden, "media") {
            let row = Recording { id: text(case, "id").to_owned(), ..Recording::default() };
            let added = sonic::recordings::add(&store, source(case), row).unwrap();
            case.insert("added".to_owned(), added_facts(added));
        }
        for case in cases(golden, "queries") {
            let answer = query(&store, case);
            case.insert("answer".to_owned(), answer);
        }
    });
}

fn added_facts(added: Added) -> Value {
    match added {
        Added::New(row) => {
            let mut told = facts(&row, &["title", "source", "format", "user_id", "mode", "metadata"]);
            let format = facts(&row.format, &[]);
            told.as_object_mut().unwrap().extend(format.as_object().unwrap().clone());
            told["status"] = json!("new");
            told
        }
        Added::Duplicate(id) => json!({ "status": "duplicate", "id": id }),
        other => panic!("{other:?}"),
    }
}

/// Searches in every way there is, which must give the same answer.
fn query(store: &Store, case: &Map<String, Value>) -> Value {
    let exclude = case["options"]["exclude"].as_array().unwrap();
    let exclude = exclude.iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    let limit = case["options"]["limit"].as_u64().unwrap() as usize;
    let options = IdentifyOptions { limit, exclude, ..IdentifyOptions::default() };
    let found = sonic::identify(store, source(case), &options).unwrap();
    let clip = decode_with(source(case), &DecodeOptions::at(11_025)).unwrap();
    for threads in [1, 3] {
        let options = IdentifyOptions { threads, ..options.clone() };
        assert_eq!(store.identify(&fingerprint(&clip).unwrap(), &options).unwrap(), found.answer);
    }
    json!({
        "decision": found.answer.decision,
        "duration_ms": found.duration_ms,
        "truncated": found.truncated,
        "damaged_ms": found.damaged_ms,
        "matches": facts(&found.answer.matches, &[]),
    })
}

/// The hash of `bytes` in hexadecimal.
fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn errors() {
    check("errors.json", |golden| {
        for case in cases(golden, "cases") {
            let mut world = World { scratch: Scratch::new("golden-errors"), store: None };
            let steps = case["steps"].as_array().unwrap();
            let (last, before) = steps.split_last().unwrap();
            for step in before {
                world.step(step.as_object().unwrap()).unwrap_or_else(|e| panic!("{}: {e:?}", case["name"]));
            }
            let kind = world.step(last.as_object().unwrap()).err().map(|e| e.kind().name());
            case.insert("kind".to_owned(), json!(kind));
        }
    });
}

/// What the steps of a case work on.
struct World {
    scratch: Scratch,
    store: Option<Store>,
}

impl World {
    fn step(&mut self, step: &Map<String, Value>) -> sonic::Result<()> {
        match text(step, "call") {
            "decode" => decode_with(
                source(step),
                &DecodeOptions { sample_rate: sample_rate(step), ..DecodeOptions::default() },
            )
            .map(drop),
            "fingerprint" => fingerprint(&clip(step)).map(drop),
            "open" => {
                self.store = Some(Store::open(self.path(step), store_options(step))?);
                Ok(())
            }
            "add" => {
                let row = Recording { id: text(step, "id").to_owned(), ..Recording::default() };
                match sonic::recordings::add(self.store(), source(step), row)? {
                    Added::Refused(error) => Err(error),
                    _ => Ok(()),
                }
            }
            "identify" => sonic::identify(self.store(), source(step), &IdentifyOptions::default()).map(drop),
            "remove" => self.store().recordings().remove(text(step, "id")).map(drop),
            "recordings" => self.store().recordings().iter().try_for_each(|row| row.map(drop)),
            "stats" => self.store().stats().map(drop),
            "compact" => self.store().compact(),
            "close" => {
                self.store().close();
                Ok(())
            }
            other => panic!("no call is named {other}"),
        }
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn path(&self, step: &Map<String, Value>) -> PathBuf {
        match step.get("scratch") {
            Some(name) => self.scratch.join(name.as_str().unwrap()),
            None => repository().join(text(step, "path")),
        }
    }
}

fn clip(step: &Map<String, Value>) -> Clip {
    let sample = |value: &Value| match value.as_str() {
        Some(name) => name.parse().unwrap(),
        None => value.as_f64().unwrap() as f32,
    };
    let samples = step["samples"].as_array().unwrap().iter().map(sample).collect();
    Clip::new(samples, sample_rate(step).unwrap())
}

fn store_options(step: &Map<String, Value>) -> StoreOptions {
    let access = match text(step, "access") {
        "read_only" => Access::ReadOnly,
        "read_write" => Access::ReadWrite,
        "create" => Access::Create,
        other => panic!("no access is named {other}"),
    };
    StoreOptions { access, ..StoreOptions::default() }
}
