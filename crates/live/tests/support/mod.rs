//! What the tests of speakers share: conversations with their truth, and the error of who speaks when.
#![allow(dead_code, reason = "each test uses its part")]

pub(crate) mod der;
pub(crate) mod recipe;

use der::Stretch;
use serde_json::Value;
use sonic_audio::{DecodeOptions, decode_with};
use sonic_core::Turn;
use std::path::{Path, PathBuf};

/// An update of activity: its stamp in milliseconds, and what it says.
pub(crate) type Update = (f64, Vec<(String, String)>);

/// A conversation with its truth.
pub(crate) struct Conversation {
    pub(crate) name: String,
    /// 16 kHz, mono.
    pub(crate) samples: Vec<f32>,
    pub(crate) reference: Vec<Stretch>,
    pub(crate) updates: Vec<Update>,
    pub(crate) truth: Value,
    pub(crate) bits: Value,
}

/// A conversation of the assets; `None`, and a reason printed, without.
pub(crate) fn conversation(name: &str) -> Option<Conversation> {
    let folder = sonic_testing::assets("live/conv")?;
    Some(read(&folder, name))
}

/// The conversation `name` in a folder.
pub(crate) fn read(folder: &Path, name: &str) -> Conversation {
    let path = |end: &str| folder.join(format!("{name}.{end}"));
    let text = |end: &str| std::fs::read_to_string(path(end)).unwrap();
    let clip = decode_with(path("flac"), &DecodeOptions::at(16_000)).unwrap();
    let bits: Value = serde_json::from_str(&text("speakers.json")).unwrap();
    Conversation {
        name: name.to_owned(),
        samples: clip.samples,
        reference: rttm(&text("rttm")),
        updates: bits["updates"].as_array().unwrap().iter().map(update).collect(),
        truth: serde_json::from_str(&text("json")).unwrap(),
        bits,
    }
}

fn update(update: &Value) -> Update {
    let body = update["body"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (update["ts_ms"].as_f64().unwrap(), body.map(|pair| (text(&pair[0]), text(&pair[1]))).collect())
}

fn rttm(text: &str) -> Vec<Stretch> {
    let line = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (start, length): (f64, f64) = (fields[3].parse().unwrap(), fields[4].parse().unwrap());
        (start, start + length, fields[7].to_owned())
    };
    text.lines().map(line).collect()
}

/// Turns as the scorer takes them.
pub(crate) fn stretches(turns: &[Turn]) -> Vec<Stretch> {
    let seconds = |ms: u64| ms as f64 / 1000.0;
    turns.iter().map(|t| (seconds(t.start_ms), seconds(t.end_ms), t.speaker.clone())).collect()
}

/// The Silero model of the assets, if it and ONNX Runtime are there.
#[cfg(feature = "onnx")]
pub(crate) fn silero() -> Option<std::sync::Arc<sonic_audio::speech::Silero>> {
    let path: PathBuf = sonic_testing::assets("voice/models/silero-vad/silero_vad.onnx")?;
    let model = sonic_audio::speech::Silero::open(path);
    sonic_testing::needs(sonic_testing::Need::OnnxRuntime, model).map(std::sync::Arc::new)
}
