//! Clips of a folder's recordings that are sped up or slowed by a third, with the tempo or the pitch alone or both, as
//! people upload them.

use crate::coded;
use crate::stretch;
use crate::synthetic::degrade;
use crate::{Anyhow, Dataset};
use serde_json::{Value, json};
use sonic::Clip;
use sonic::audio::decode::{DecodeOptions, decode_with};
use sonic::audio::resample;
use std::io::Write;
use std::path::Path;

const RATE: u32 = 22_050;
/// Lengths of clips, by turns.
const SECONDS: [f64; 3] = [5.0, 8.0, 10.0];
/// What is done to the clips of every recording: the name, how much faster it is, and whether the pitch goes along.
const KINDS: [Kind; 8] = [
    Kind::new("speed+20", 1.20, true),
    Kind::new("speed+30", 1.30, true),
    Kind::new("speed-20", 0.80, true),
    Kind::new("speed-28", 0.72, true),
    Kind::new("tempo+30", 1.30, false),
    Kind::new("tempo-25", 0.75, false),
    Kind { coded: true, ..Kind::new("nightcore", 1.25, true) },
    Kind { hall: true, ..Kind::new("slowed", 0.85, true) },
];
/// Steps over the whole range, of every third recording each.
const SWEEP: [f32; 10] = [0.5, 0.6, 0.7, 0.77, 0.91, 1.13, 1.4, 1.55, 1.75, 2.0];

#[derive(Clone, Copy)]
struct Kind {
    name: &'static str,
    factor: f32,
    pitch: bool,
    /// Coded at 32 kbit/s.
    coded: bool,
    /// In a large hall.
    hall: bool,
}

impl Kind {
    const fn new(name: &'static str, factor: f32, pitch: bool) -> Self {
        Self { name, factor, pitch, coded: false, hall: false }
    }

    fn apply(&self, samples: &[f32], seed: u64) -> Anyhow<Vec<f32>> {
        let changed = match self.pitch {
            true => degrade::speed(samples, self.factor),
            false => stretch::tempo(samples, RATE, self.factor),
        };
        let changed = if self.hall { degrade::reverb(&changed, RATE, 2.5, 0.7, seed) } else { changed };
        match self.coded {
            true => coded(&changed),
            false => Ok(changed),
        }
    }
}

/// `samples` after a codec of 32 kbit/s.
fn coded(samples: &[f32]) -> Anyhow<Vec<f32>> {
    let there = resample(&Clip::new(samples.to_vec(), RATE), coded::RATE as u32)?;
    let back = Clip::new(coded::coded(&there.samples, 32_000)?, coded::RATE as u32);
    Ok(resample(&back, RATE)?.samples)
}

/// Writes a folder with the recordings of `from` and wide clips of them.
pub(crate) fn write(from: &Path, folder: &Path) -> Anyhow<Value> {
    let dataset = Dataset::read(from)?;
    std::fs::create_dir_all(folder.join("queries"))?;
    std::fs::create_dir_all(folder.join("index"))?;
    let mut list = std::io::BufWriter::new(std::fs::File::create(folder.join("queries.jsonl"))?);
    let mut count = 0;
    for (number, path) in dataset.recordings.iter().enumerate() {
        std::fs::copy(path, folder.join("index").join(path.file_name().unwrap_or_default()))?;
        let source = Source {
            id: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            samples: decode_with(path.as_path(), &DecodeOptions::at(RATE))?.samples,
        };
        let kinds = KINDS.into_iter().enumerate().map(|(i, kind)| (kind.name.to_owned(), kind, i));
        let sweep =
            SWEEP.into_iter().enumerate().filter(|(i, _)| (i + number) % 3 == 0).flat_map(|(i, factor)| {
                [true, false].map(|pitch| {
                    let name = format!("{} {factor}", if pitch { "speed x" } else { "tempo x" });
                    (name, Kind::new("", factor, pitch), KINDS.len() + 2 * i + usize::from(pitch))
                })
            });
        for (name, kind, i) in kinds.chain(sweep) {
            let seconds = SECONDS[(number + i) % SECONDS.len()];
            if let Some(row) = source.clip(folder, &name, &kind, seconds, (number * 64 + i) as u64)? {
                writeln!(list, "{row}")?;
                count += 1;
            }
        }
    }
    Ok(json!(count))
}

struct Source {
    id: String,
    samples: Vec<f32>,
}

impl Source {
    /// Cuts a clip, changes it and writes it; the row about it. `None` if the recording is too short.
    fn clip(&self, folder: &Path, name: &str, kind: &Kind, seconds: f64, seed: u64) -> Anyhow<Option<Value>> {
        let length = (seconds * f64::from(kind.factor) * f64::from(RATE)) as usize;
        let Some(room) = self.samples.len().checked_sub(length + 1) else { return Ok(None) };
        let start = (seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20) as usize % room.max(1);
        let cut = &self.samples[start..start + length];
        let power = cut.iter().map(|v| f64::from(v * v)).sum::<f64>() / length as f64;
        if power < 1e-6 {
            return Ok(None);
        }
        let clip = kind.apply(cut, seed)?;
        let stem = format!("{}-{}", self.id, name.replace(' ', "-"));
        let file = format!("queries/{stem}.wav");
        std::fs::write(folder.join(&file), degrade::wav(&clip, RATE))?;
        Ok(Some(json!({
            "qid": stem, "file": file, "cond": format!("h_{name}"), "length": seconds, "id": self.id, "src": self.id,
            "offset": start as f64 / f64::from(RATE), "alt_offsets": [],
        })))
    }
}
