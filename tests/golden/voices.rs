//! Voices: embeddings, what is measured of a recording, and who is speaking.

use super::support::Scratch;
use super::{cases, check_with, repository, source, store_options, text};
use crate::facts::{facts, rounded_facts};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sonic::audio::decode::{DecodeOptions, decode_with};
use sonic::audio::quality::QualityGate;
use sonic::audio::speaker::VoiceEmbedder;
use sonic::audio::speech::{SpeechOptions, speech_spans};
use sonic::voices::{EnrollOptions, Enrolled, VoiceIdentifyOptions, VoiceSource};
use sonic::{Result, Store, StoreOptions, vector};
use std::sync::Arc;

type Object = Map<String, Value>;

/// How far a number may lie from the one in the file: other processors round their Fourier transforms differently.
fn tolerance(key: &str) -> f64 {
    match key {
        "score" | "clipping" | "peak" => 1e-4,
        "probability" => 2e-3,
        "snr_db" | "level_dbfs" => 0.01,
        _ => 0.0,
    }
}

/// Whether two cases are the same but for rounding: words, decisions, counts and milliseconds are exactly the same.
fn near(a: &Value, b: &Value) -> bool {
    near_as("", a, b)
}

fn near_as(key: &str, a: &Value, b: &Value) -> bool {
    match (a, b) {
        _ if key.ends_with("embedding") => same_direction(a, b),
        (Value::Number(x), Value::Number(y)) => {
            (x.as_f64().unwrap() - y.as_f64().unwrap()).abs() <= tolerance(key)
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

fn same_direction(a: &Value, b: &Value) -> bool {
    let numbers = |v: &Value| -> Vec<f32> {
        v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap() as f32).collect()
    };
    let (a, b) = (numbers(a), numbers(b));
    a.len() == b.len()
        && vector::cosine(&a, &b) >= 0.99999
        && a.iter().zip(&b).all(|(x, y)| (x - y).abs() <= 1e-5)
}

#[test]
fn nearness_is_no_carelessness() {
    let case = |x: f64, score: f64, decision: &str| json!({ "embedding": [x, 0.8], "answer": { "decision": decision, "matches": [{ "score": score }] } });
    let golden = case(0.6, 0.5, "match");
    assert!(near(&case(0.600_009, 0.500_09, "match"), &golden));
    for other in [case(0.6001, 0.5, "match"), case(0.6, 0.5002, "match"), case(0.6, 0.5, "unknown")] {
        assert!(!near(&other, &golden));
    }
}

fn words(case: &Object, key: &str) -> Vec<String> {
    case[key].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

#[test]
fn voices() {
    let scratch = Scratch::new("golden-voices");
    check_with("voices.json", near, |golden| {
        let embedder = VoiceEmbedder::built_in();
        golden["pipeline"] = json!(embedder.speech_pipeline().as_str());
        for case in cases(golden, "recordings") {
            let sample = sample(&embedder, case);
            case.insert("sample".to_owned(), sample);
        }
        let store = Store::open(scratch.join("store"), StoreOptions::default()).unwrap();
        for case in cases(golden, "people") {
            let enrolled = enrolled_facts(&enroll(&store, case).unwrap());
            case.insert("enrolled".to_owned(), enrolled);
        }
        for case in cases(golden, "queries") {
            let answer = query(&store, &embedder, case);
            case.insert("answer".to_owned(), answer);
        }
        for case in cases(golden, "claims") {
            let found = verify(&store, case).unwrap();
            let mut facts = told(&found.verification);
            facts["quality"] = json!({
                "speech_ms": found.sample.quality.speech_ms,
                "bandwidth_hz": found.sample.quality.bandwidth_hz,
            });
            case.insert("verification".to_owned(), facts);
        }
    });
}

/// What is measured of the file, which is what is measured of its bytes and of its samples.
fn sample(embedder: &VoiceEmbedder, case: &Object) -> Value {
    let clip = decode_with(source(case), &DecodeOptions::at(16_000)).unwrap();
    let sample = sonic::voices::analyze_voice(embedder, source(case), &QualityGate::default()).unwrap();
    let speech = VoiceSource::Clip(Arc::new(clip.clone()));
    let again = sonic::voices::analyze_voice(embedder, speech, &QualityGate::default()).unwrap();
    assert_eq!((&sample.quality, &sample.reasons), (&again.quality, &again.reasons));
    let embedding = embedder.embed_source(source(case)).unwrap().vector;
    let spoken = embedder.embed_speech_source(source(case)).unwrap().embedding;
    assert_eq!(Some(&spoken), sample.voice.embedding.as_ref());
    assert_eq!(spoken, embedder.embed_speech(&clip).unwrap().embedding);
    assert_eq!(embedding, embedder.embed(&clip).unwrap().vector);
    let spans = speech_spans(&clip, &SpeechOptions::default()).unwrap();
    let mut told = rounded_facts(&sample.quality, &[], 6);
    told["passes"] = json!(sample.reasons.is_empty());
    told["spans"] = spans.iter().map(|s| json!([s.start_ms, s.end_ms])).collect();
    told["embedding"] = rounded_facts(&embedding, &[], 6);
    told["speech_embedding"] = rounded_facts(&spoken.vector, &[], 6);
    told
}

fn enroll(store: &Store, case: &Object) -> Result<Enrolled> {
    let number = |key: &str| case.get(key).and_then(Value::as_u64).map(|n| n as u32);
    let mut options = EnrollOptions::default();
    options.min_samples = number("min_samples").unwrap_or(options.min_samples);
    options.max_samples = number("max_samples").unwrap_or(options.max_samples);
    options.user_id = case.get("user_id").and_then(Value::as_str).map(str::to_owned);
    let speech = words(case, "paths").iter().map(|path| repository().join(path).into()).collect();
    let (embedder, gate) = (VoiceEmbedder::built_in(), QualityGate::default());
    sonic::voices::enroll(store, &embedder, text(case, "person"), speech, &gate, &options)
}

fn enrolled_facts(enrolled: &Enrolled) -> Value {
    let mut told = facts(enrolled, &["voiceprint"]);
    told["user_id"] = json!(enrolled.voiceprint.user_id);
    told
}

/// What there is to tell of an answer, to which there are no strangers.
fn told(answer: &impl Serialize) -> Value {
    rounded_facts(answer, &["voiceprint_id", "normalized"], 6)
}

fn identify_options(case: &Object) -> VoiceIdentifyOptions {
    let (given, defaults) = (case.get("options"), VoiceIdentifyOptions::default());
    let option = |key: &str| given.and_then(|options| options.get(key));
    VoiceIdentifyOptions {
        limit: option("limit").and_then(Value::as_u64).map_or(defaults.limit, |n| n as usize),
        exclude: option("exclude")
            .map_or(Vec::new(), |_| words(given.unwrap().as_object().unwrap(), "exclude")),
        threshold: option("threshold").and_then(Value::as_f64).map(|x| x as f32),
        accept: option("accept").and_then(Value::as_f64).map_or(defaults.accept, |x| x as f32),
        threads: 1,
        ..defaults
    }
}

fn query(store: &Store, embedder: &VoiceEmbedder, case: &Object) -> Value {
    let options = identify_options(case);
    let answer = sonic::voices::identify(store, embedder, source(case), &options).unwrap().answer;
    let clip = VoiceSource::Clip(Arc::new(decode_with(source(case), &DecodeOptions::at(16_000)).unwrap()));
    let options = VoiceIdentifyOptions { threads: 3, ..options };
    let again = sonic::voices::identify(store, embedder, clip, &options).unwrap().answer;
    assert_eq!(answer, again);
    told(&answer)
}

fn verify(store: &Store, case: &Object) -> Result<sonic::voices::VerifiedVoice> {
    let embedder = VoiceEmbedder::built_in();
    let options = identify_options(case);
    sonic::voices::verify(store, &embedder, text(case, "person"), source(case), &options)
}

#[test]
fn errors_of_voices() {
    check_with("voice_errors.json", near, |golden| {
        for case in cases(golden, "cases") {
            let (scratch, mut store) = (Scratch::new("golden-voice-errors"), None);
            let steps = case["steps"].as_array().unwrap().clone();
            let (last, before) = steps.split_last().unwrap();
            for step in before {
                self::step(&scratch, &mut store, step.as_object().unwrap())
                    .unwrap_or_else(|e| panic!("{}: {e:?}", case["name"]));
            }
            let kind = step(&scratch, &mut store, last.as_object().unwrap()).err().map(|e| e.kind().name());
            case.insert("kind".to_owned(), json!(kind));
        }
    });
}

fn step(scratch: &Scratch, store: &mut Option<Store>, step: &Object) -> Result<()> {
    let embedder = VoiceEmbedder::built_in();
    if text(step, "call") == "open" {
        *store = Some(Store::open(scratch.join("store"), store_options(step))?);
        return Ok(());
    }
    let open = || store.as_ref().unwrap();
    match text(step, "call") {
        "embed" => embedder.embed_source(source(step)).map(drop),
        "enroll" => enroll(open(), step).map(drop),
        "identify" => {
            sonic::voices::identify(open(), &embedder, source(step), &identify_options(step)).map(drop)
        }
        "verify" => verify(open(), step).map(drop),
        "people" => open().voices().people().map(drop),
        "forget" => open().voices().forget(text(step, "person")).map(drop),
        "forget_user" => open().voices().forget_user(text(step, "user_id")).map(drop),
        "close" => {
            open().close();
            Ok(())
        }
        other => panic!("no call is named {other}"),
    }
}
