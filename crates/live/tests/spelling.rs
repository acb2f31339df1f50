//! Promise: a real recogniser in process hears spoken letters and digits, as the project that made it hears them.
#![allow(clippy::unwrap_used, reason = "a test may fail, and prints its figures")]
#![cfg(feature = "onnx")]

use serde_json::Value;
use sonic_audio::{DecodeOptions, decode_with};
use sonic_live::{Recognizer, Request, Spelling};
use sonic_testing::{Need, assets, needs};
use std::path::PathBuf;

fn model() -> Option<(PathBuf, Spelling)> {
    let voice = assets("voice")?;
    let model = Spelling::open(voice.join("models/moonshine-micro/spelling_cnn_mel.onnx"));
    Some((voice, needs(Need::OnnxRuntime, model)?))
}

fn sound(path: PathBuf) -> Vec<f32> {
    decode_with(path, &DecodeOptions::at(16_000)).unwrap().samples
}

#[test]
fn single_words_are_recognised_as_the_project_does_them() {
    let Some((voice, spelling)) = model() else { return };
    let text = std::fs::read_to_string(voice.join("ref/spelling_cnn_alphanumeric.json")).unwrap();
    let reference: Value = serde_json::from_str(&text).unwrap();
    let files = reference["files"].as_object().unwrap();
    let (mut same, mut right) = (0, 0);
    for (file, expected) in files {
        let mut samples = sound(voice.join(file));
        samples.truncate(16_000);
        let (word, probability) = spelling.word(&samples).unwrap();
        assert!((0.0..=1.0).contains(&probability));
        same += usize::from(word == expected["pred"].as_str().unwrap());
        right += usize::from(word == expected["label"].as_str().unwrap());
    }
    assert!(files.len() == 112 && same >= 111, "{same} of {} as in the reference", files.len());
    assert!(right as f64 / files.len() as f64 >= 0.86, "{right} right");
}

#[test]
fn an_utterance_of_several_words_is_spelled() {
    let Some((voice, spelling)) = model() else { return };
    let said = ["three", "nine", "x", "seven", "w"];
    let mut samples = vec![0.0; 8_000];
    for word in said {
        samples.extend(sound(voice.join(format!("audio/alphanumeric/{word}/petewarden_nohash_0.wav"))));
        samples.extend(vec![0.0; 6_400]);
    }
    let detected = spelling.recognize(&Request::new(&samples)).unwrap();
    let detected = detected.checked(samples.len() as u64 / 16).unwrap();
    let right = detected.words.iter().filter(|word| said.contains(&word.text.as_str())).count();
    assert!(right >= 4 && detected.words.len() <= 6, "{}", detected.text);
    assert!(spelling.pipeline().starts_with("spelling-1/moonshine64/onnx-"));
}

#[test]
fn another_model_is_refused() {
    let Some((voice, _)) = model() else { return };
    assert!(Spelling::open(voice.join("models/moonshine-micro/tinyvad_cnn_speech_mel.onnx")).is_err());
    assert!(Spelling::open(voice.join("SPEC.md")).is_err());
}
