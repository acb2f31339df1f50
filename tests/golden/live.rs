//! Live sound: what slices of a recorder come to.

use super::{cases, check_with, repository, text};
use crate::facts::{facts, rounded_facts};
use serde_json::{Map, Value, json};
use sonic::audio::decode::push::PushOptions;
use sonic::audio::speaker::VoiceEmbedder;
use sonic::live::{LiveOptions, LiveSession, Segment};
use std::fs;

type Object = Map<String, Value>;

/// How far a number may lie from the one in the file: voices are embedded by Fourier transforms, which other processors round
/// differently.
fn near(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) if x.is_f64() || y.is_f64() => {
            (x.as_f64().unwrap() - y.as_f64().unwrap()).abs() <= 1e-4
        }
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| near(x, y)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(key, x)| y.get(key).is_some_and(|y| near(x, y)))
        }
        _ => a == b,
    }
}

#[test]
fn live_sessions() {
    check_with("live.json", near, |golden| {
        for case in cases(golden, "cases") {
            let answer = followed(case);
            case.insert("answer".to_owned(), answer);
        }
    });
}

fn options(case: &Object) -> LiveOptions {
    let mut options = LiveOptions::default();
    for (key, value) in case["options"].as_object().unwrap() {
        let whole = || value.as_u64().unwrap();
        match key.as_str() {
            "hangover_ms" => options.utterances.hangover_ms = whole() as u32,
            "max_ms" => options.utterances.max_ms = whole() as u32,
            "partial_ms" => options.utterances.partial_ms = whole() as u32,
            "window" => options.slices = PushOptions { window: whole(), ..options.slices },
            "gap_threshold_ms" => options.slices.gap_threshold_ms = value.as_f64().unwrap(),
            other => panic!("{other}: an unknown option"),
        }
    }
    if case["voices"].as_bool().unwrap() {
        options.speakers.voices = Some(VoiceEmbedder::built_in());
    }
    options
}

/// The slices of a case: their indices and bytes.
fn slices(case: &Object) -> Vec<(u64, Vec<u8>)> {
    let size = case["slice_bytes"].as_u64().unwrap() as usize;
    let mut all = Vec::new();
    for path in case["paths"].as_array().unwrap() {
        let bytes = fs::read(repository().join(path.as_str().unwrap())).unwrap();
        for slice in bytes.chunks(size) {
            all.push((all.len() as u64, slice.to_vec()));
        }
    }
    let lost = case["lost"].as_array().unwrap();
    all.retain(|(index, _)| !lost.contains(&json!(index)));
    all
}

fn followed(case: &Object) -> Value {
    let options = options(case);
    let mut session = LiveSession::new(text(case, "connection"), None, &options).unwrap();
    let mut told: Vec<Segment> = Vec::new();
    for (index, bytes) in slices(case) {
        told.extend(session.push(index, &bytes).unwrap());
        for update in case["activity"].as_array().unwrap().iter().filter(|u| u["after"] == index) {
            let digits = update["digits"].as_object().unwrap().iter();
            let body: Vec<(String, String)> =
                digits.map(|(name, digits)| (name.clone(), digits.as_str().unwrap().to_owned())).collect();
            told.extend(session.activity(update["stamp_ms"].as_f64().unwrap(), &body).unwrap());
        }
        if case["taken_over_after"] == index {
            session = LiveSession::restore(&session.state().unwrap(), None, &options).unwrap();
        }
    }
    told.extend(session.finish().unwrap());
    let counts = session.counts();
    json!({
        "segments": rounded_facts(&told, &[], 6),
        "turns": rounded_facts(&session.turns(), &[], 6),
        "gaps": rounded_facts(&session.gaps(), &[], 6),
        "counts": { "slices": counts.slices, "lost": counts.lost, "sessions": counts.sessions, "holes": counts.holes },
        "stats": facts(&session.stats(), &["last_failure"]),
    })
}
