//! Every tensor of the reference, and the ways in which songs are rendered.

#![expect(clippy::print_stdout, reason = "tests print their figures")]

#[path = "../../tests/support/clock.rs"]
mod clock;
mod judge;
mod songs;
mod tensors;

use crate::score::Score;
use crate::{RenderOptions, Voicebank};
use sonic_model::{Runtime, RuntimeOptions};
use sonic_testing::{Need, needs};
use std::path::PathBuf;

/// The folder of the reference, if it and ONNX Runtime are there.
fn ground() -> Option<PathBuf> {
    let folder = sonic_testing::assets("sing")?;
    needs(Need::OnnxRuntime, Runtime::load(&RuntimeOptions::default())).map(|_| folder)
}

fn bank(ground: &std::path::Path, name: &str) -> Voicebank {
    Voicebank::open(&ground.join("banks").join(name)).unwrap()
}

fn score(ground: &std::path::Path, name: &str) -> Score {
    Score::open(ground.join("scores").join(name)).unwrap()
}

/// The options of an entry of the reference's index.
fn options(of: &serde_json::Value) -> RenderOptions {
    let mut out = RenderOptions::default();
    // What the reference cannot spell is silent.
    (out.verse, out.silence_unknown) = (Some("1".to_owned()), true);
    for (key, value) in of.as_object().unwrap() {
        let (text, number) = (value.as_str().map(str::to_owned), value.as_f64());
        match key.as_str() {
            "verse" => out.verse = text,
            "voice" => out.voice = text,
            "part" => out.part_id = text,
            "speaker" => out.voice_color = text.unwrap(),
            "language" => out.language = text.unwrap(),
            "gender" => out.gender = number.unwrap(),
            "breathiness" => out.airiness = number.unwrap(),
            "energy" => out.intensity = number.unwrap(),
            "tension" => out.tension = number.unwrap(),
            "clarity" => out.clarity = number.unwrap(),
            "velocity" => out.articulation = number.unwrap() / 100.0 - 1.0,
            "expr" => out.pitch_expression = number.unwrap(),
            "depth" => out.depth = number.unwrap(),
            "steps" => out.steps = number.unwrap() as usize,
            other => panic!("{other}"),
        }
    }
    out
}
