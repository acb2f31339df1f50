//! Clips of the recordings that were imported, spoilt in ten ways, and clips that must not match.
//!
//! Of the clips that came with the imported files there are others of the same kinds; MP3 is only among those.

use crate::degrade::{reverb, speed, telephone, white_noise};
use sonic::audio::decode;
use sonic::recordings::Match;
use std::error::Error;
use std::path::{Path, PathBuf};

/// How far an offset may be off, in milliseconds.
const TOLERANCE_MS: f64 = 1_000.0;
/// Kinds that are made here, and their seconds.
const KINDS: [(&str, f32); 9] = [
    ("clean10", 10.0),
    ("clean5", 5.0),
    ("clean3", 3.0),
    ("noise10", 10.0),
    ("noise0", 10.0),
    ("phone", 10.0),
    ("hall", 10.0),
    ("speed102", 10.0),
    ("speed105", 10.0),
];
const OUTSIDE: [&str; 3] = ["il-caffe", "market-fanfare", "the-lamp"];

/// A clip and the truth about it.
pub(crate) struct Clip {
    pub(crate) kind: String,
    /// The episode that it is of, if any.
    pub(crate) episode: Option<String>,
    /// Where in the episode it begins, in milliseconds.
    offset_ms: Option<f64>,
    pub(crate) samples: Vec<f32>,
    pub(crate) sample_rate: u32,
}

/// How an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Right,
    /// The wrong recording or place, or any for a clip of something else.
    Wrong,
    Unknown,
}

impl Clip {
    /// The kind, or that it must not match.
    pub(crate) fn kind_of_truth(&self) -> &str {
        if self.episode.is_some() { &self.kind } else { "none" }
    }

    /// How the answer is whose first match this is.
    pub(crate) fn outcome(&self, best: Option<&Match>) -> Outcome {
        match (best, &self.episode) {
            (None, _) => Outcome::Unknown,
            (Some(_), None) => Outcome::Wrong,
            (Some(best), Some(episode)) => {
                let is_near =
                    self.offset_ms.is_none_or(|at| (at - best.offset_ms as f64).abs() < TOLERANCE_MS);
                if best.id == *episode && is_near { Outcome::Right } else { Outcome::Wrong }
            }
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn media(recording: &str) -> PathBuf {
    root().join(format!("examples/demo/media/{recording}.opus"))
}

fn assets() -> Result<PathBuf, Box<dyn Error>> {
    let assets = std::env::var_os("SONIC_TEST_ASSETS").ok_or("SONIC_TEST_ASSETS is not set")?;
    Ok(Path::new(&assets).join("services/citywok"))
}

/// Episodes, and the recordings that they are.
pub(crate) fn episodes() -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let text = std::fs::read(assets()?.join("episodes.json"))?;
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&text)?;
    let text = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    Ok(rows.iter().map(|row| (text(row, "episode"), text(row, "recording"))).collect())
}

/// Clips of the first `most` episodes in each of the ways, and as many ways of what must not match.
pub(crate) fn made(most: usize) -> Result<Vec<Clip>, Box<dyn Error>> {
    let mut clips = Vec::new();
    for (index, (episode, recording)) in episodes()?.into_iter().enumerate().take(most) {
        clips.extend(spoilt(&media(&recording), Some(&episode), index as u64)?);
    }
    for (index, name) in OUTSIDE.iter().enumerate().take(most) {
        let outside = root().join(format!("examples/demo/outside/{name}.opus"));
        // Faster ones are no different here.
        clips.extend(spoilt(&outside, None, 100 + index as u64)?.into_iter().take(7));
    }
    for seed in 0..3 {
        let samples = white_noise(&vec![0.1; 220_500], -40.0, seed);
        clips.push(Clip {
            kind: "noise".to_owned(),
            episode: None,
            offset_ms: None,
            samples,
            sample_rate: 22_050,
        });
    }
    Ok(clips)
}

/// A recording's clips, each from another place.
fn spoilt(path: &Path, episode: Option<&str>, seed: u64) -> Result<Vec<Clip>, Box<dyn Error>> {
    let whole = decode(path)?;
    let rate = whole.sample_rate;
    let mut clips = Vec::new();
    for (number, (kind, seconds)) in KINDS.iter().enumerate() {
        let length = (seconds * rate as f32) as usize;
        let room = whole.samples.len().saturating_sub(length + rate as usize);
        let start = (room as u64 * ((seed * 31 + number as u64 * 17) % 97) / 97) as usize;
        let part = &whole.samples[start..(start + length + length / 10).min(whole.samples.len())];
        let exact = &part[..length];
        let samples = match *kind {
            "noise10" => white_noise(exact, 10.0, seed),
            "noise0" => white_noise(exact, 0.0, seed),
            "phone" => telephone(exact, rate),
            "hall" => reverb(exact, rate, 0.9, 0.5, seed),
            "speed102" => speed(part, 1.02),
            "speed105" => speed(part, 1.05),
            _ => exact.to_vec(),
        };
        clips.push(Clip {
            kind: (*kind).to_owned(),
            episode: episode.map(str::to_owned),
            offset_ms: Some(start as f64 * 1000.0 / f64::from(rate)),
            samples,
            sample_rate: rate,
        });
    }
    Ok(clips)
}

/// The clips that came with the imported files.
#[allow(dead_code, reason = "a test uses it")]
pub(crate) fn delivered() -> Result<Vec<Clip>, Box<dyn Error>> {
    let folder = assets()?.join("queries");
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(folder.join("truth.json"))?)?;
    let clip = |row: &serde_json::Value| -> Result<Clip, Box<dyn Error>> {
        let sound = decode(folder.join(row["file"].as_str().unwrap_or_default()))?;
        Ok(Clip {
            kind: row["kind"].as_str().unwrap_or_default().to_owned(),
            episode: row["episode"].as_str().map(str::to_owned),
            offset_ms: row["offset_s"].as_f64().map(|seconds| 1000.0 * seconds),
            samples: sound.samples,
            sample_rate: sound.sample_rate,
        })
    };
    rows.iter().map(clip).collect()
}

/// The clips of a folder, named `EPISODE-KIND.EXT`, with their offsets in `truth.json` if there is one.
#[allow(dead_code, reason = "a bench uses it")]
pub(crate) fn named_in(folder: &Path) -> Result<Vec<Clip>, Box<dyn Error>> {
    let truth = std::fs::read(folder.join("truth.json")).ok();
    let truth: Vec<serde_json::Value> = truth.map_or(Ok(Vec::new()), |text| serde_json::from_slice(&text))?;
    let mut clips = Vec::new();
    for path in sonic::recordings::files_in(&[folder.to_owned()]) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let stem = name.split('.').next().unwrap_or_default().to_owned();
        let (episode, kind) = stem.split_once('-').unwrap_or((&stem, ""));
        let row = truth.iter().find(|row| row["file"] == name.as_str());
        let sound = decode(&path)?;
        clips.push(Clip {
            kind: kind.to_owned(),
            episode: (episode != "none").then(|| episode.to_owned()),
            offset_ms: row.and_then(|row| row["offset_s"].as_f64()).map(|seconds| 1000.0 * seconds),
            samples: sound.samples,
            sample_rate: sound.sample_rate,
        });
    }
    Ok(clips)
}
