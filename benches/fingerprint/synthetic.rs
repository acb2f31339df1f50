//! A folder of recordings and clips made of the demo's media, the same at every run.

#[path = "../../examples/demo/degrade.rs"]
#[expect(dead_code, reason = "the demo uses more of it")]
pub(crate) mod degrade;

use crate::Anyhow;
use serde_json::{Value, json};
use sonic::audio::decode::{DecodeOptions, decode_with};
use std::io::Write;
use std::path::{Path, PathBuf};

const RATE: u32 = 16_000;
const SECONDS: f64 = 6.0;
/// What is done to the clips, in the words of the reference folders.
const CONDITIONS: [&str; 7] = ["none", "white_5", "babble_5", "phone", "speed+5", "reverb_5", "quiet"];

/// Writes the folder: every demo recording, one clip of each for every condition, and clips of foreign recordings.
pub(crate) fn write(folder: &Path) -> Anyhow<Value> {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/demo");
    std::fs::create_dir_all(folder.join("index"))?;
    std::fs::create_dir_all(folder.join("queries"))?;
    let mut list = std::io::BufWriter::new(std::fs::File::create(folder.join("queries.jsonl"))?);
    let voices = decode_with(demo.join("outside/il-caffe.opus"), &DecodeOptions::at(RATE))?.samples;
    let mut count = 0;
    for (part, known) in [("media", true), ("outside", false)] {
        for (number, path) in sonic::recordings::files_in(&[demo.join(part)]).iter().enumerate() {
            if known {
                std::fs::copy(path, folder.join("index").join(path.file_name().unwrap_or_default()))?;
            }
            let source = Source {
                path,
                samples: decode_with(path.as_path(), &DecodeOptions::at(RATE))?.samples,
                known,
            };
            for (i, condition) in CONDITIONS.iter().enumerate().filter(|(i, _)| known || i % 3 == 0) {
                let row = source.clip(folder, condition, (number * CONDITIONS.len() + i) as u64, &voices)?;
                writeln!(list, "{row}")?;
                count += 1;
            }
        }
    }
    Ok(json!(count))
}

struct Source<'a> {
    path: &'a PathBuf,
    samples: Vec<f32>,
    known: bool,
}

impl Source<'_> {
    /// Cuts a clip, does to it what `condition` says and writes it; the row about it.
    fn clip(&self, folder: &Path, condition: &str, seed: u64, voices: &[f32]) -> Anyhow<Value> {
        let length = (SECONDS * f64::from(RATE)) as usize;
        let room = self.samples.len().saturating_sub(length).max(1);
        let start = (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20) as usize % room;
        let end = (start + length).min(self.samples.len());
        let clip = degraded(&self.samples[start..end], condition, seed, voices);
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let file = format!("queries/{stem}-{condition}.wav");
        std::fs::write(folder.join(&file), degrade::wav(&clip, RATE))?;
        Ok(json!({
            "qid": format!("{stem}-{condition}"), "file": file, "cond": condition, "length": SECONDS,
            "id": self.known.then_some(&stem), "src": stem, "offset": start as f64 / f64::from(RATE),
            "alt_offsets": [],
        }))
    }
}

fn degraded(clip: &[f32], condition: &str, seed: u64, voices: &[f32]) -> Vec<f32> {
    match condition {
        "white_5" => degrade::white_noise(clip, 5.0, seed),
        "babble_5" => degrade::mix(clip, &degrade::babble(&[voices], clip.len(), seed), 5.0),
        "phone" => degrade::telephone(clip, RATE),
        "speed+5" => degrade::speed(clip, 1.05),
        "reverb_5" => degrade::reverb(clip, RATE, 0.6, 0.5, seed),
        "quiet" => degrade::gain(clip, -30.0),
        _ => clip.to_vec(),
    }
}
