//! The same clips under four conditions: behind room noise, quiet, with a constant part, through a telephone. Shared by the
//! tests and the bench.

use sonic::Clip;
use sonic::voices::{
    Decision, EnrollOptions, QualityGate, VoiceEmbedder, VoiceIdentifyOptions, VoiceMatch, VoiceSource,
};
use sonic::{Result, Store};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Speakers on whose recordings constants were chosen; those of the others, 1998 and 3080, are held out.
const TUNED_ON: [&str; 3] = ["1688", "2033", "367"];
/// Utterances that a speaker is enrolled with, and those that are queried.
const ENROLLED: usize = 3;
const QUERIED: usize = 6;

/// What is done to a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Nothing.
    Clean,
    /// 10 s of room noise at -40 dB of full scale before it.
    NoiseBefore,
    /// 40 dB quieter.
    Quiet,
    /// A constant part of 0.2.
    Offset,
    /// Nothing above 3.4 kHz.
    Telephone,
}

impl Condition {
    /// All, with how many of 30 must be right.
    pub(crate) const ALL: [(Self, usize); 5] = [
        (Self::Clean, 29),
        (Self::NoiseBefore, 29),
        (Self::Quiet, 28),
        (Self::Offset, 29),
        (Self::Telephone, 15),
    ];

    /// `clip` under it, with samples of 16 bits.
    pub(crate) fn of(self, clip: &Clip) -> Clip {
        let samples: Vec<f32> = match self {
            Self::Clean => clip.samples.clone(),
            Self::NoiseBefore => {
                let mut all = room(10 * clip.sample_rate as usize, 0.01);
                all.extend_from_slice(&clip.samples);
                all
            }
            Self::Quiet => clip.samples.iter().map(|x| 0.01 * x).collect(),
            Self::Offset => clip.samples.iter().map(|x| x + 0.2).collect(),
            Self::Telephone => low_pass(&clip.samples, 3_400.0 / f64::from(clip.sample_rate)),
        };
        let steps = samples.iter().map(|x| (x.clamp(-1.0, 1.0) * 32_767.0).round() / 32_767.0);
        Clip::new(steps.collect(), clip.sample_rate)
    }
}

/// Dull noise, as of a room, of this effective value.
fn room(samples: usize, level: f32) -> Vec<f32> {
    let mut state = 5u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    let white: Vec<f32> = (0..samples + 8).map(|_| random() + random() + random()).collect();
    let dull: Vec<f32> = white.windows(8).take(samples).map(|w| w.iter().sum()).collect();
    let power = dull.iter().map(|x| x * x).sum::<f32>() / samples as f32;
    dull.iter().map(|x| x * level / power.sqrt()).collect()
}

/// Everything below `cutoff`, a share of the sample rate: a sinc of 511 samples under a Blackman window.
fn low_pass(samples: &[f32], cutoff: f64) -> Vec<f32> {
    const HALF: i64 = 255;
    let tap = |n: i64| {
        let (x, turn) = (n as f64, std::f64::consts::TAU * (n + HALF) as f64 / (2 * HALF) as f64);
        let sinc = if n == 0 {
            2.0 * cutoff
        } else {
            (std::f64::consts::TAU * cutoff * x).sin() / (std::f64::consts::PI * x)
        };
        (sinc * (0.42 - 0.5 * turn.cos() + 0.08 * (2.0 * turn).cos())) as f32
    };
    let taps: Vec<f32> = (-HALF..=HALF).map(tap).collect();
    let padded = [vec![0.0; HALF as usize], samples.to_vec(), vec![0.0; HALF as usize]].concat();
    padded.windows(taps.len()).map(|w| w.iter().zip(&taps).map(|(a, b)| a * b).sum()).collect()
}

/// The first or the middle of `clip`, of so many seconds.
pub(crate) fn shortened(clip: &Clip, seconds: usize) -> Clip {
    let length = clip.samples.len().min(seconds * clip.sample_rate as usize);
    let start = (clip.samples.len() - length) / 2;
    Clip::new(clip.samples[start..start + length].to_vec(), clip.sample_rate)
}

/// Somebody with recordings that are queried.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) queries: Vec<Clip>,
}

impl Person {
    /// Whether no constant was chosen on the recordings.
    pub(crate) fn is_held_out(&self) -> bool {
        !TUNED_ON.contains(&self.name.as_str())
    }
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
    let mut paths: Vec<PathBuf> = entries.collect();
    paths.sort();
    paths
}

/// Enrols the five speakers of the references, each with three utterances, and gives what is queried of each: 30 clips.
pub(crate) fn enroll(store: &Store, embedder: &VoiceEmbedder, assets: &Path) -> Result<Vec<Person>> {
    let mut people = Vec::new();
    for folder in sorted(&assets.join("audio/librispeech_test-other")) {
        let utterances: Vec<PathBuf> = sorted(&folder)
            .into_iter()
            .filter(|path| path.extension().is_some_and(|e| e == "flac"))
            .collect();
        if utterances.len() < ENROLLED + QUERIED {
            continue;
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let sources = utterances[..ENROLLED].iter().map(|path| VoiceSource::from(path.as_path())).collect();
        let (gate, options) = (QualityGate::default(), EnrollOptions::default());
        sonic::voices::enroll(store, embedder, &name, sources, &gate, &options)?;
        let queries = utterances[ENROLLED..ENROLLED + QUERIED].iter();
        let queries =
            queries.map(|path| sonic::audio::decode::decode(path.as_path())).collect::<Result<_>>()?;
        people.push(Person { name, queries });
    }
    Ok(people)
}

/// How clips were answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    pub(crate) clips: usize,
    /// Named rightly.
    pub(crate) right: usize,
    /// Named as somebody else.
    pub(crate) wrong: usize,
    /// Named, though the speaker was not to be found.
    pub(crate) strangers_named: usize,
    /// Answers and claims with a probability above 0.9, and those of them that are wrong.
    pub(crate) sure: usize,
    pub(crate) sure_wrong: usize,
}

impl Tally {
    fn take(&mut self, person: &str, found: &VoiceMatch) {
        if found.probability > 0.9 {
            self.sure += 1;
            self.sure_wrong += usize::from(found.person != person);
        }
    }

    /// Queries `clip` of `person`: who it is, who it is if it is not them, and whether it is each of the people.
    fn add(
        &mut self,
        store: &Store,
        embedder: &VoiceEmbedder,
        people: &[Person],
        person: &str,
        clip: Clip,
    ) -> Result<()> {
        let clip = Arc::new(clip);
        let source = || VoiceSource::Clip(clip.clone());
        let mut options = VoiceIdentifyOptions::default();
        let answer = sonic::voices::identify(store, embedder, source(), &options)?.answer;
        self.clips += 1;
        if let (Decision::Match, Some(first)) = (answer.decision, answer.matches.first()) {
            self.right += usize::from(first.person == person);
            self.wrong += usize::from(first.person != person);
        }
        answer.matches.iter().for_each(|found| self.take(person, found));
        for claim in people {
            let verified = sonic::voices::verify(store, embedder, &claim.name, source(), &options)?;
            self.take(person, &verified.verification.claim);
        }
        options.exclude.push(person.to_owned());
        let without = sonic::voices::identify(store, embedder, source(), &options)?.answer;
        self.strangers_named += usize::from(without.is_match());
        without.matches.iter().for_each(|found| self.take(person, found));
        Ok(())
    }
}

/// What becomes of the clips of `people` under `condition`, at most `seconds` of each: of those that were tuned on, and of
/// those that were held out.
pub(crate) fn tally(
    store: &Store,
    embedder: &VoiceEmbedder,
    people: &[Person],
    condition: Condition,
    seconds: usize,
) -> Result<[Tally; 2]> {
    let mut tallies = [Tally::default(); 2];
    for person in people {
        for clip in &person.queries {
            let clip = condition.of(&shortened(clip, seconds));
            tallies[usize::from(person.is_held_out())].add(store, embedder, people, &person.name, clip)?;
        }
    }
    Ok(tallies)
}
