//! What is asked: clips of recordings in the index, spoilt here or encoded beforehand, and clips of others.

use crate::degrade::{self, Random, wav};
use sonic::Store;
use sonic::audio::decode::{DecodeOptions, Decoder, decode_with};
use sonic::recordings::Recording;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

/// Samples per second at which the demo works on sound.
const RATE: u32 = 16_000;
/// Length of a clip that is cut here, in seconds.
const SECONDS: f64 = 8.0;
/// Clips cut for every way of spoiling them.
const EACH: usize = 2;
/// Seed of the places and of the noise.
const SEED: u64 = 20;

/// A clip, and the truth about it.
pub(crate) struct Question {
    /// What the clip is of.
    pub(crate) of: String,
    /// What was done to it.
    pub(crate) done: String,
    /// The clip as the bytes of a file.
    pub(crate) sound: Arc<[u8]>,
    /// What it is made of; nothing if the index does not hold it.
    pub(crate) parts: Vec<Part>,
    /// Whether its picture is wanted.
    pub(crate) draw: bool,
}

/// A stretch of a recording in a clip.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    /// Id of the recording.
    pub(crate) recording: String,
    /// Where in the recording the clip would begin if all of it were of this recording, in milliseconds.
    pub(crate) offset_ms: f64,
    /// Where in the clip the stretch begins.
    pub(crate) at_ms: f64,
}

/// A way of spoiling a clip.
type Spoil = fn(&[f32], u64) -> Vec<f32>;

const WAYS: [(&str, Spoil); 9] = [
    ("as it is", |x, _| x.to_vec()),
    ("white noise, 10 dB", |x, seed| degrade::white_noise(x, 10.0, seed)),
    ("white noise, 0 dB", |x, seed| degrade::white_noise(x, 0.0, seed)),
    ("telephone band", |x, _| degrade::telephone(x, RATE)),
    ("played 4 % faster", |x, _| degrade::speed(x, 1.04)),
    ("in a hall", |x, seed| degrade::reverb(x, RATE, 0.8, 0.5, seed)),
    ("30 dB quieter", |x, _| degrade::gain(x, -30.0)),
    ("overdriven by 20 dB", |x, _| degrade::overdrive(x, 20.0)),
    ("telephone, noise, 10 dB", |x, seed| degrade::telephone(&degrade::white_noise(x, 10.0, seed), RATE)),
];

/// Clips from random places of recordings in the store, each way of spoiling them twice, and once among voices.
pub(crate) fn spoilt(store: &Store) -> Result<Vec<Question>, Box<dyn Error>> {
    let mut recordings = store.recordings().iter().collect::<Result<Vec<_>, _>>()?;
    recordings.sort_by(|a, b| a.id.cmp(&b.id)); // The order of arrival is up to the threads.
    recordings.retain(|r| r.duration_ms as f64 > SECONDS * 1000.0);
    if recordings.is_empty() {
        return Err("every recording is too short to cut a clip of 8 s from".into());
    }
    let mut random = Random(SEED);
    let mut questions = Vec::new();
    for (done, spoil) in WAYS.iter().flat_map(|way| [way; EACH]) {
        let (part, samples) = cut(&recordings, &mut random)?;
        questions.push(question(part, done, &spoil(&samples, random.next())));
    }
    let voices =
        (0..6).map(|_| Ok(cut(&recordings, &mut random)?.1)).collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    let voices: Vec<&[f32]> = voices.iter().map(Vec::as_slice).collect();
    let (part, samples) = cut(&recordings, &mut random)?;
    let room = degrade::babble(&voices, samples.len(), random.next());
    questions.push(question(part, "among six others, 10 dB", &degrade::mix(&samples, &room, 10.0)));
    Ok(questions)
}

fn question(part: Part, done: &str, samples: &[f32]) -> Question {
    let (of, sound) = (part.recording.clone(), wav(samples, RATE).into());
    Question { of, done: done.to_owned(), sound, parts: vec![part], draw: done.ends_with(" 0 dB") }
}

/// Cuts a clip from a random place of a random recording. Long recordings are only decoded as far as needed.
fn cut(recordings: &[Recording], random: &mut Random) -> Result<(Part, Vec<f32>), Box<dyn Error>> {
    let recording = &recordings[(random.next() % recordings.len() as u64) as usize];
    let room = recording.duration_ms as f64 / 1000.0 - SECONDS;
    let start = (f64::from(random.uniform()) * room * f64::from(RATE)) as usize;
    let length = (SECONDS * f64::from(RATE)) as usize;
    let mut decoder =
        Decoder::open(Path::new(recording.source.as_deref().unwrap_or_default()), &DecodeOptions::at(RATE))?;
    let (mut samples, mut position) = (Vec::with_capacity(length), 0);
    while let Some(block) = decoder.next_block()? {
        let skip = start.saturating_sub(position).min(block.len());
        samples.extend_from_slice(&block[skip..]);
        position += block.len();
        if samples.len() >= length {
            break;
        }
    }
    samples.truncate(length);
    let offset_ms = start as f64 * 1000.0 / f64::from(RATE);
    Ok((Part { recording: recording.id.clone(), offset_ms, at_ms: 0.0 }, samples))
}

/// The clips that `queries.json` in `folder` lists.
pub(crate) fn encoded(folder: &Path) -> Result<Vec<Question>, Box<dyn Error>> {
    let table: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("queries.json"))?)?;
    let clips = table.as_array().ok_or("queries.json is not a list")?;
    clips
        .iter()
        .map(|clip| encoded_clip(folder, clip).ok_or_else(|| format!("damaged: {clip}").into()))
        .collect()
}

fn encoded_clip(folder: &Path, clip: &serde_json::Value) -> Option<Question> {
    let part = |part: &serde_json::Value| {
        let at_ms = part["at_ms"].as_f64()?;
        let offset_ms = part["offset_ms"].as_f64()? - at_ms;
        Some(Part { recording: part["recording"].as_str()?.to_owned(), offset_ms, at_ms })
    };
    let parts = clip["parts"].as_array()?.iter().map(part).collect::<Option<Vec<_>>>()?;
    let of: Vec<&str> = parts.iter().map(|p| p.recording.as_str()).collect();
    Some(Question {
        of: of.join(" + "),
        done: clip["done"].as_str()?.to_owned(),
        sound: std::fs::read(folder.join(clip["file"].as_str()?)).ok()?.into(),
        parts,
        draw: false,
    })
}

/// Clips of recordings that are not in the index: whole, and spoilt.
pub(crate) fn outside(folder: &Path) -> Result<Vec<Question>, Box<dyn Error>> {
    let mut questions = Vec::new();
    for path in sonic::recordings::files_in(&[folder.to_owned()]) {
        let of = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let clip = decode_with(path.as_path(), &DecodeOptions::at(RATE))?;
        let spoilt = degrade::telephone(&degrade::white_noise(&clip.samples, 10.0, SEED), RATE);
        let middle = &spoilt[spoilt.len() / 4..][..spoilt.len() / 2];
        let query = |done: &str, sound: Arc<[u8]>| Question {
            of: of.clone(),
            done: done.to_owned(),
            sound,
            parts: Vec::new(),
            draw: false,
        };
        questions.push(query("not in the index", std::fs::read(&path)?.into()));
        questions.push(query("not in it, telephone, noise", wav(middle, RATE).into()));
    }
    Ok(questions)
}
