//! Voices in C as everywhere: `voices.json` and `voice_errors.json`.

use super::support::{Language, SANITIZE, compile};
use super::{Object, Program, golden, objects, only, source, text};
use serde_json::Value;
use std::sync::OnceLock;

fn start(name: &str) -> Program {
    static ONCE: OnceLock<std::path::PathBuf> = OnceLock::new();
    let program = ONCE.get_or_init(|| compile("golden_voices.c", Language::C99, &SANITIZE));
    Program::of(program.clone(), name)
}

/// Words exactly, numbers as closely as the README of the golden files says.
fn check(said: &[String], first: &str, object: &Object, keys: &[&str]) {
    assert_eq!((said[0].as_str(), said.len()), (first, keys.len() + 1), "{said:?}");
    for (said, key) in said[1..].iter().zip(keys) {
        let most = match *key {
            "score" | "clipping" | "peak" => 1e-4,
            "probability" => 2e-3,
            "snr_db" | "level_dbfs" => 0.01,
            _ => 0.0,
        };
        match &object[*key] {
            Value::Number(n) => {
                let (said, want) = (said.parse::<f64>().unwrap(), n.as_f64().unwrap());
                assert!((said - want).abs() <= most, "{key}: {said} in place of {want}");
            }
            Value::String(want) => assert_eq!(said, want, "{key}"),
            Value::Bool(want) => assert_eq!(*said, u8::from(*want).to_string(), "{key}"),
            Value::Null => assert!(said.is_empty() || said == "-", "{key}: {said}"),
            other => panic!("{key}: {other}"),
        }
    }
}

const ENROLLED: [&str; 7] = ["status", "sample_count", "added", "known", "left_out", "user_id", "similar_to"];
const MATCH: [&str; 6] = ["person", "user_id", "sample_count", "enrolled", "score", "probability"];

#[test]
fn voices() {
    let golden = golden("voices.json");
    let mut program = start("voices");
    let pipeline = golden["pipeline"].as_str().unwrap();
    assert_eq!(program.good(&["pipeline"]), [["pipeline", pipeline]]);
    let recordings = objects(&golden, "recordings").map(|case| analyzed(&mut program, case)).count();
    let store = program.folder.join("store").display().to_string();
    program.good(&["open", "0", &store]);
    for case in objects(&golden, "people") {
        only(case, &["person", "user_id", "min_samples", "max_samples", "paths", "enrolled"]);
        let said = program.good(&borrowed(&words_of_enrolling(case)));
        check(&said[0], "enrolled", object(case, "enrolled"), &ENROLLED);
    }
    let queries = objects(&golden, "queries").map(|case| run_step(&mut program, case)).count();
    for case in objects(&golden, "claims") {
        only(case, &["person", "path", "options", "verification"]);
        let said = program.good(&borrowed(&words_of_claiming(case)));
        let want = object(case, "verification");
        only(want, &["decision", "calibrated", "claim", "quality"]);
        check(&said[0], "verification", want, &["decision", "calibrated"]);
        check(&said[1], "match", object(want, "claim"), &MATCH);
        check(&said[2], "measured", object(want, "quality"), &["speech_ms", "bandwidth_hz"]);
    }
    assert!(recordings > 4 && queries > 5);
    program.end();
}

fn object<'a>(of: &'a Object, key: &str) -> &'a Object {
    of[key].as_object().unwrap()
}

fn borrowed(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

fn analyzed(program: &mut Program, case: &Object) {
    only(case, &["path", "sample"]);
    let said = program.good(&["analyze", text(case, "path")]);
    let want = object(case, "sample");
    let keys =
        ["duration_ms", "speech_ms", "snr_db", "clipping", "level_dbfs", "peak", "bandwidth_hz", "passes"];
    only(want, &[&keys[..], &["spans", "embedding", "speech_embedding"]].concat());
    check(&said[0], "quality", want, &keys);
    let spans = want["spans"].as_array().unwrap().iter().map(|s| format!("{}-{}", s[0], s[1]));
    assert_eq!(said[1][1..], spans.collect::<Vec<_>>(), "{}", case["path"]);
    for (said, key) in said[2..].iter().zip(["embedding", "speech_embedding"]) {
        assert_eq!(said[0], key);
        same_direction(&said[1..], &want[key], text(case, "path"));
    }
}

fn same_direction(said: &[String], want: &Value, path: &str) {
    let made: Vec<f64> = said.iter().map(|x| x.parse().unwrap()).collect();
    let known: Vec<f64> = want.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    assert_eq!(made.len(), known.len());
    assert!(made.iter().zip(&known).all(|(x, y)| (x - y).abs() <= 1e-5), "{path}");
    let dot: f64 = made.iter().zip(&known).map(|(x, y)| x * y).sum();
    assert!((1.0 - dot).abs() <= 1e-5, "{path}");
}

fn run_step(program: &mut Program, case: &Object) {
    only(case, &["name", "path", "options", "answer"]);
    let want = object(case, "answer");
    only(want, &["decision", "compared", "cohort", "calibrated", "matches"]);
    for way in ["path", "file-bytes"] {
        let mut words = words_of_query(case);
        words[1] = way.to_owned();
        let said = program.good(&borrowed(&words));
        check(&said[0], "answer", want, &["decision", "compared", "cohort", "calibrated"]);
        let matches = want["matches"].as_array().unwrap();
        assert_eq!(said.len(), matches.len() + 1, "{}", case["name"]);
        for (said, want) in said[1..].iter().zip(matches) {
            only(want.as_object().unwrap(), &MATCH);
            check(said, "match", want.as_object().unwrap(), &MATCH);
        }
    }
}

fn words_of_enrolling(case: &Object) -> Vec<String> {
    let number = |key: &str| case.get(key).map_or("-".to_owned(), Value::to_string);
    let user = case.get("user_id").map_or("-", |user| user.as_str().unwrap());
    let mut words = vec!["enroll".to_owned(), text(case, "person").to_owned(), user.to_owned()];
    words.extend([number("min_samples"), number("max_samples")]);
    words.extend(case["paths"].as_array().unwrap().iter().map(|path| path.as_str().unwrap().to_owned()));
    words
}

/// An option as a word.
fn option(case: &Object, key: &str) -> String {
    case.get("options").and_then(|options| options.get(key)).map_or("-".to_owned(), Value::to_string)
}

fn words_of_query(case: &Object) -> Vec<String> {
    if let Some(options) = case.get("options") {
        only(options.as_object().unwrap(), &["limit", "exclude", "threshold", "accept"]);
    }
    let (kind, source) = source(case);
    let mut words = vec!["identify".to_owned(), kind.to_owned(), source];
    words.extend(["limit", "threshold", "accept"].map(|key| option(case, key)));
    let exclude = case.get("options").and_then(|options| options.get("exclude")).and_then(Value::as_array);
    words.extend(exclude.into_iter().flatten().map(|name| name.as_str().unwrap().to_owned()));
    words
}

fn words_of_claiming(case: &Object) -> Vec<String> {
    let words = ["verify", text(case, "person"), text(case, "path")].map(str::to_owned);
    words.into_iter().chain(["threshold", "accept"].map(|key| option(case, key))).collect()
}

#[test]
fn errors_of_voices() {
    let golden = golden("voice_errors.json");
    let mut program = start("voice-errors");
    let mut count = 0;
    for (number, case) in objects(&golden, "cases").enumerate() {
        only(case, &["name", "kind", "steps"]);
        let store = program.folder.join(format!("store-{number}")).display().to_string();
        let steps = case["steps"].as_array().unwrap();
        for (n, step) in steps.iter().enumerate() {
            let words = words_of(step.as_object().unwrap(), &store);
            let (_, status) = program.run_step(&borrowed(&words));
            let want = if n + 1 == steps.len() { case["kind"].as_str().unwrap_or("ok") } else { "ok" };
            assert_eq!(status, want, "{}: {words:?}", case["name"]);
        }
        count += 1;
    }
    assert!(count > 20);
    program.end();
}

/// A step in the words of `golden_voices.c`.
fn words_of(step: &Object, store: &str) -> Vec<String> {
    let keys = "call path base64 access person paths user_id min_samples max_samples options";
    only(step, &keys.split(' ').collect::<Vec<_>>());
    match text(step, "call") {
        "open" => {
            let access = ["create", "read_write", "read_only"];
            let access = access.iter().position(|&a| a == text(step, "access")).unwrap();
            vec!["open".to_owned(), access.to_string(), store.to_owned()]
        }
        "embed" => {
            let (kind, source) = source(step);
            vec!["embed".to_owned(), kind.to_owned(), source]
        }
        "enroll" => words_of_enrolling(step),
        "identify" => words_of_query(step),
        "verify" => words_of_claiming(step),
        "forget" => vec!["forget".to_owned(), text(step, "person").to_owned()],
        "forget_user" => vec!["forget_user".to_owned(), text(step, "user_id").to_owned()],
        call @ ("people" | "close") => vec![call.to_owned()],
        other => panic!("{other}: an unknown call"),
    }
}
