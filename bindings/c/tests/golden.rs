//! Promise: the same bytes give the same samples, landmarks, matches and errors in C as everywhere, bit for bit. The
//! README of `tests/golden` says what its files mean.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "golden/faces.rs"]
mod faces;
#[path = "../../../tests/golden/format.rs"]
#[allow(dead_code, reason = "only the decoder of bytes is used")]
mod format;
#[path = "golden/live.rs"]
mod live;
mod support;
#[path = "golden/voices.rs"]
mod voices;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use support::{Language, SANITIZE, compile, repository, run, scratch};

type Object = Map<String, Value>;

fn golden(name: &str) -> Value {
    serde_json::from_slice(&fs::read(repository().join("tests/golden").join(name)).unwrap()).unwrap()
}

fn objects<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Object> {
    value[key].as_array().unwrap().iter().map(|v| v.as_object().unwrap())
}

/// Keys that nobody reads would be promises that nobody keeps.
fn only(object: &Object, keys: &[&str]) {
    let unknown: Vec<&String> = object.keys().filter(|k| !keys.contains(&k.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?} in {object:?}");
}

fn text<'a>(object: &'a Object, key: &str) -> &'a str {
    object[key].as_str().unwrap_or_else(|| panic!("{key} in {object:?}"))
}

/// `golden.c` or `golden_voices.c` at work.
struct Program {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    folder: PathBuf,
}

impl Program {
    fn start(name: &str) -> Self {
        Self::of(compile_once(), name)
    }

    fn of(program: PathBuf, name: &str) -> Self {
        let folder = scratch(name);
        let mut command = run(program);
        command.arg(&folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, input, output: BufReader::new(output), folder }
    }

    /// What it tells, and the name of its status.
    fn run_step(&mut self, words: &[&str]) -> (Vec<Vec<String>>, String) {
        writeln!(self.input, "{}", words.join("\t")).unwrap();
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the program ended at {words:?}");
            let line: Vec<String> = line.trim_end_matches('\n').split('\t').map(str::to_owned).collect();
            match line.len() {
                1 => return (lines, line.into_iter().next().unwrap()),
                _ => lines.push(line),
            }
        }
    }

    fn good(&mut self, words: &[&str]) -> Vec<Vec<String>> {
        let (lines, status) = self.run_step(words);
        assert_eq!(status, "ok", "{words:?}");
        lines
    }

    /// The sanitizers have the last word.
    fn end(mut self) {
        drop(self.input);
        assert!(self.child.wait().unwrap().success());
    }
}

fn compile_once() -> PathBuf {
    static ONCE: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    ONCE.get_or_init(|| compile("golden.c", Language::C99, &SANITIZE)).clone()
}

/// The hash of `bytes` in hexadecimal.
fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `path` or `base64` as two words.
fn source(object: &Object) -> (&'static str, String) {
    match object.get("base64") {
        Some(bytes) => {
            let bytes = format::base64(bytes.as_str().unwrap());
            ("hex", bytes.iter().map(|b| format!("{b:02x}")).collect())
        }
        None => ("path", text(object, "path").to_owned()),
    }
}

/// The numbers and texts of `object` under `keys` as the program writes them.
fn lines(first: &str, object: &Object, keys: &[&str]) -> Vec<String> {
    only(object, &[keys, &["sha256", "status", "matches"]].concat());
    let mut line = vec![first.to_owned()];
    line.extend(keys.iter().map(|&key| match (&object[key], key) {
        (Value::String(s), _) => s.clone(),
        (Value::Bool(b), _) => u8::from(*b).to_string(),
        (Value::Number(n), "score" | "probability" | "time_scale" | "pitch_semitones" | "coverage") => {
            // Read as a float of 32 bits at once: by way of 64 it might round twice.
            format!("{:08x}", n.to_string().parse::<f32>().unwrap().to_bits())
        }
        (Value::Number(n), _) => n.to_string(),
        (other, _) => panic!("{key}: {other}"),
    }));
    line
}

#[test]
fn samples_and_landmarks() {
    let golden = golden("landmarks.json");
    let mut program = Program::start("landmarks");
    let mut count = 0;
    for case in objects(&golden, "cases") {
        only(case, &["name", "path", "base64", "sample_rate", "clip", "fingerprint", "landmarks"]);
        let (kind, source) = source(case);
        let rate = case.get("sample_rate").filter(|rate| !rate.is_null());
        let rate = rate.map_or("-".to_owned(), Value::to_string);
        let said = program.good(&["landmarks", &rate, kind, &source]);

        let clip = case["clip"].as_object().unwrap();
        assert_eq!(
            said[0],
            lines("clip", clip, &["sample_rate", "samples", "duration_ms", "truncated", "damaged_ms"]),
            "{source}"
        );
        let samples = fs::read(program.folder.join("samples")).unwrap();
        assert_eq!(sha256(&samples), text(clip, "sha256"), "{source}");

        let fingerprint = case["fingerprint"].as_object().unwrap();
        let keys = ["pipeline", "duration_ms", "frames", "landmarks"];
        assert_eq!(said[1], lines("fingerprint", fingerprint, &keys), "{source}");
        assert_eq!(fingerprint["pipeline"], golden["pipeline"]);
        let landmarks = fs::read(program.folder.join("landmarks")).unwrap();
        let packed: Vec<u8> = landmarks.chunks_exact(8).flat_map(|l| &l[..7]).copied().collect();
        assert_eq!(sha256(&packed), text(fingerprint, "sha256"), "{source}");
        assert!(landmarks.chunks_exact(8).all(|l| l[7] == 0));
        count += 1;
    }
    assert!(count > 5);
    program.end();
}

#[test]
fn matches() {
    let golden = golden("identify.json");
    let mut program = Program::start("identify");
    let store = program.folder.join("store").display().to_string();
    program.good(&["open", "0", &store]);
    for case in objects(&golden, "media") {
        only(case, &["path", "base64", "id", "added"]);
        let (kind, source) = source(case);
        let said = program.good(&["add", text(case, "id"), kind, &source]);
        let added = case["added"].as_object().unwrap();
        let keys = match text(added, "status") {
            "new" => {
                "id duration_ms frames landmarks truncated damaged_ms codec sample_rate channels source_hash"
            }
            _ => "id",
        };
        let keys: Vec<&str> = keys.split(' ').collect();
        assert_eq!(said, [lines(text(added, "status"), added, &keys)]);
    }
    let mut count = 0;
    for case in objects(&golden, "queries") {
        only(case, &["name", "path", "options", "answer"]);
        let options = case["options"].as_object().unwrap();
        only(options, &["limit", "exclude"]);
        let limit = options["limit"].to_string();
        let exclude: Vec<&str> =
            options["exclude"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let answer = case["answer"].as_object().unwrap();
        let mut want = vec![lines("answer", answer, &["decision", "duration_ms", "truncated", "damaged_ms"])];
        let keys = [
            "id",
            "offset_ms",
            "score",
            "aligned",
            "probability",
            "time_scale",
            "pitch_semitones",
            "query_start_ms",
            "query_end_ms",
            "coverage",
            "imported",
        ];
        let matches = answer["matches"].as_array().unwrap().iter();
        want.extend(matches.map(|m| lines("match", m.as_object().unwrap(), &keys)));
        for (way, threads) in [("path", "0"), ("file-bytes", "1"), ("fingerprint", "2")] {
            let mut words = vec!["identify", threads, &limit, way, text(case, "path")];
            words.extend(&exclude);
            let mut said = program.good(&words);
            if way == "fingerprint" {
                // A fingerprint does not know whether its file ended early.
                said[0][3].clone_from(&want[0][3]);
            }
            assert_eq!(said, want, "{words:?}");
        }
        count += 1;
    }
    assert!(count > 5);
    program.end();
}

#[test]
fn errors() {
    let golden = golden("errors.json");
    let mut program = Program::start("errors");
    let mut count = 0;
    for (number, case) in objects(&golden, "cases").enumerate() {
        only(case, &["name", "kind", "steps"]);
        let steps: Vec<&Object> =
            case["steps"].as_array().unwrap().iter().map(|s| s.as_object().unwrap()).collect();
        let scratch = program.folder.join(number.to_string());
        fs::create_dir_all(&scratch).unwrap();
        for (n, step) in steps.iter().enumerate() {
            let words = words_of(step, &scratch);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let (_, status) = program.run_step(&words);
            let want = if n + 1 == steps.len() { case["kind"].as_str().unwrap_or("ok") } else { "ok" };
            assert_eq!(status, want, "{}: {words:?}", case["name"]);
        }
        count += 1;
    }
    assert!(count > 30);
    program.end();
}

/// A step in the words of `golden.c`.
fn words_of(step: &Object, scratch: &std::path::Path) -> Vec<String> {
    only(step, &["call", "path", "base64", "sample_rate", "samples", "scratch", "access", "id"]);
    let call = text(step, "call");
    let rate = step.get("sample_rate").map_or("-".to_owned(), Value::to_string);
    let with_source = |mut words: Vec<String>| {
        let (kind, source) = source(step);
        words.extend([kind.to_owned(), source]);
        words
    };
    match call {
        "decode" => with_source(vec!["decode".to_owned(), rate]),
        "fingerprint" => {
            let samples = step["samples"].as_array().unwrap().iter();
            let samples = samples.map(|s| s.as_str().map_or_else(|| s.to_string(), str::to_owned));
            ["samples".to_owned(), rate].into_iter().chain(samples).collect()
        }
        "open" => {
            let access = ["create", "read_write", "read_only"];
            let access = access.iter().position(|&a| a == text(step, "access")).unwrap();
            let path = match step.get("scratch") {
                Some(name) => scratch.join(name.as_str().unwrap()).display().to_string(),
                None => text(step, "path").to_owned(),
            };
            vec!["open".to_owned(), access.to_string(), path]
        }
        "add" => with_source(vec!["add".to_owned(), text(step, "id").to_owned()]),
        "identify" => with_source(vec!["identify".to_owned(), "0".to_owned(), "5".to_owned()]),
        "remove" => vec!["remove".to_owned(), text(step, "id").to_owned()],
        "recordings" | "stats" | "compact" | "close" => vec![call.to_owned()],
        other => panic!("{other}: an unknown call"),
    }
}
