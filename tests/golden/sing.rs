//! Singing: what scores say, what is wrong with banks, how voices are mixed, and what a bank sings.

use super::support::Scratch;
use super::{cases, check_with, text};
use crate::facts::rounded_facts;
use serde_json::{Map, Value, json};
use sonic::ErrorKind;
use sonic::sing::score::Score;
use sonic::sing::{Finding, RenderOptions, Track, Voicebank, mix};
use std::fs;
use std::path::Path;

type Object = Map<String, Value>;

/// Names of what is computed by a network, and rounds differently elsewhere: they may differ by a hundredth.
const MEASURED: [&str; 2] = ["rms", "peak"];

fn near(a: &Value, b: &Value) -> bool {
    near_as("", a, b)
}

fn near_as(key: &str, a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => {
            let most = if MEASURED.contains(&key) { 0.01 } else { 1e-6 };
            (x.as_f64().unwrap() - y.as_f64().unwrap()).abs() <= most
        }
        (Value::Array(x), Value::Array(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| near_as(key, x, y))
        }
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(key, x)| y.get(key).is_some_and(|y| near_as(key, x, y)))
        }
        _ => a == b,
    }
}

#[test]
fn scores_banks_and_mixes() {
    let scratch = Scratch::new("golden-sing");
    check_with("sing.json", near, |golden| {
        for case in cases(golden, "scores") {
            let answer = match Score::from_bytes(text(case, "xml")) {
                Ok(score) => json!({ "score": serde_json::to_value(&score).unwrap() }),
                Err(error) => json!({ "kind": error.kind().name() }),
            };
            case.insert("answer".to_owned(), answer);
        }
        for (number, case) in cases(golden, "banks").enumerate() {
            let folder = scratch.join(&number.to_string());
            let found = findings(&folder, case);
            case.insert("findings".to_owned(), found);
        }
        for case in cases(golden, "mixes") {
            let answer = mixed(case);
            case.insert("answer".to_owned(), answer);
        }
    });
}

fn findings(folder: &Path, case: &Object) -> Value {
    fs::create_dir_all(folder).unwrap();
    for (name, text) in case["files"].as_object().unwrap() {
        fs::write(folder.join(name), text.as_str().unwrap()).unwrap();
    }
    let told = |finding: &Finding| {
        let Finding { code, severity, stage, file, line, message } = finding;
        let (severity, stage) = (severity.name(), stage.name());
        json!({ "code": code, "severity": severity, "stage": stage, "file": file, "line": line, "message": message })
    };
    Voicebank::open(folder).unwrap().check().iter().map(told).collect()
}

fn mixed(case: &Object) -> Value {
    let number = |value: &Value| value.as_f64().unwrap() as f32;
    let track = |track: &Value| {
        let samples = track["samples"].as_array().unwrap().iter().map(number).collect();
        let whole = Track::new(samples).with_volume(number(&track["volume"])).with_pan(number(&track["pan"]));
        whole.with_mute(track["mute"] == true).with_solo(track["solo"] == true)
    };
    let tracks: Vec<Track> = case["tracks"].as_array().unwrap().iter().map(track).collect();
    match mix(&tracks) {
        Ok(samples) => json!({ "samples": rounded_facts(&samples, &[], 6) }),
        Err(error) => json!({ "kind": error.kind().name() }),
    }
}

/// With `SONIC_TEST_ASSETS`, and where there is an ONNX Runtime.
#[test]
fn songs() {
    let Some(assets) = sonic_testing::assets("sing") else { return };
    let is_there = std::cell::Cell::new(true);
    check_with("songs.json", near, |golden| {
        for case in cases(golden, "cases").take_while(|_| is_there.get()) {
            match sung(&assets, case) {
                Ok(answer) => drop(case.insert("answer".to_owned(), answer)),
                Err(error) if error.kind() == ErrorKind::Model => {
                    sonic_testing::skip(sonic_testing::Need::OnnxRuntime, &error);
                    is_there.set(false);
                }
                Err(error) => panic!("{error}"),
            }
        }
    });
}

fn render_options(case: &Object) -> RenderOptions {
    let mut options = RenderOptions::default();
    for (key, value) in case["options"].as_object().unwrap() {
        let (number, whole) = (|| value.as_f64().unwrap(), || value.as_u64().unwrap() as usize);
        match key.as_str() {
            "part" => options.part_id = Some(value.as_str().unwrap().to_owned()),
            "articulation" => options.articulation = number(),
            "airiness" => options.airiness = number(),
            "pitch_expression" => options.pitch_expression = number(),
            "steps" => options.steps = whole(),
            "pitch_steps" => options.pitch_steps = whole(),
            "variance_steps" => options.variance_steps = whole(),
            "silence_unknown" => options.silence_unknown = value.as_bool().unwrap(),
            other => panic!("{other}: an unknown option"),
        }
    }
    options
}

fn sung(assets: &Path, case: &Object) -> sonic::Result<Value> {
    let bank = Voicebank::open(&assets.join(text(case, "bank")))?;
    let score = Score::from_bytes(text(case, "xml"))?;
    let phrases = bank.render(&score, &render_options(case))?;
    let told =
        |w: &sonic::sing::RenderWarning| json!({ "code": w.code, "measure": w.measure, "verse": w.verse });
    let warnings: Value = phrases.warnings().iter().map(told).collect();
    let mut rows = Vec::new();
    for phrase in phrases {
        let phrase = phrase?;
        let power: f64 = phrase.samples.iter().map(|x| f64::from(*x).powi(2)).sum();
        let peak = phrase.samples.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
        rows.push(json!({
            "start_seconds": phrase.start_seconds,
            "samples": phrase.samples.len(),
            "rms": (power / phrase.samples.len() as f64).sqrt(),
            "peak": peak,
        }));
    }
    Ok(json!({
        "sample_rate": bank.sample_rate(),
        "warnings": warnings,
        "phrases": rounded_facts(&rows, &[], 6),
    }))
}
