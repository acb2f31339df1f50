//! More conversations by the recipe of the assets' `make/build_conv.py`, with other seeds, utterances and treatments. The room
//! and the telephone are simpler than there: single echoes, and a filter by its impulse response.

use super::Conversation;
use super::der::Stretch;
use sonic_audio::{DecodeOptions, decode_with};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// When each reader speaks, in milliseconds.
type Spoken = BTreeMap<String, Vec<(u64, u64)>>;

/// Samples of a step of 10 ms.
const STEP: usize = 160;

/// Numbers by chance, the same for the same seed.
struct Chance(u64);

impl Chance {
    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, count: usize) -> usize {
        (self.share() * count as f64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn noise(&mut self) -> f32 {
        (0..6).map(|_| self.share() as f32 - 0.5).sum::<f32>()
    }
}

/// A sentence that is said: its samples, and its speech in milliseconds from its beginning.
struct Sentence {
    samples: Vec<f32>,
    speech: Vec<(u64, u64)>,
}

/// A conversation of readers of the test set; `None`, and a reason printed, without.
pub(crate) fn conversation(seed: u64, is_hard: bool) -> Option<Conversation> {
    let folder = sonic_testing::assets("voice/audio/librispeech_test-other")?;
    let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1);
    let mut pools = pools(&folder);
    let (mut samples, mut spoken) = (Vec::<f32>::new(), Spoken::new());
    let (mut end_ms, mut last) = (0u64, usize::MAX);
    for turn in 0..14 {
        let free: Vec<usize> = (0..pools.len()).filter(|p| *p != last && !pools[*p].1.is_empty()).collect();
        last = chance.pick(&free);
        let place = chance.below(pools[last].1.len());
        let path = pools[last].1.swap_remove(place);
        let sentence = treated(sentence(&path), last, is_hard, &mut chance);
        let gap = if turn == 0 {
            1_500
        } else {
            chance.pick(&[-500i64, -400, -300, 150, 200, 300, 400, 2_500, 3_000])
        };
        let start_ms = end_ms.saturating_add_signed(gap);
        let start = start_ms as usize * 16;
        samples.resize(samples.len().max(start + sentence.samples.len()), 0.0);
        samples[start..].iter_mut().zip(&sentence.samples).for_each(|(sum, x)| *sum += x);
        end_ms = start_ms + sentence.samples.len() as u64 / 16;
        let own = spoken.entry(pools[last].0.clone()).or_default();
        own.extend(sentence.speech.iter().map(|(s, e)| (start_ms + s, start_ms + e)));
    }
    samples.resize(samples.len() + 1_200 * 16, 0.0);
    if is_hard {
        samples.iter_mut().for_each(|x| *x += 0.0018 * chance.noise());
    }
    let updates = updates(&spoken, samples.len() / 16, &mut chance);
    let (truth, bits) = Default::default();
    Some(Conversation {
        name: format!("made {seed}"),
        samples,
        reference: reference(&spoken),
        updates,
        truth,
        bits,
    })
}

/// The readers with their utterances, in order.
fn pools(folder: &Path) -> Vec<(String, Vec<PathBuf>)> {
    let inside = |folder: &Path| {
        let mut all: Vec<PathBuf> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        all.sort();
        all
    };
    let readers = inside(folder).into_iter().filter(|path| path.is_dir());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    readers.map(|path| (name(&path), inside(&path))).collect()
}

fn sentence(path: &Path) -> Sentence {
    let samples = decode_with(path, &DecodeOptions::at(16_000)).unwrap().samples;
    let runs = active(&samples);
    let (start, end) = (runs[0].0 * STEP, (runs[runs.len() - 1].1 * STEP + 2 * STEP).min(samples.len()));
    let ms = |step: usize| ((step * STEP).saturating_sub(start) / 16) as u64;
    Sentence {
        speech: runs.iter().map(|(s, e)| (ms(*s), ms(*e + 1))).collect(),
        samples: samples[start..end].to_vec(),
    }
}

/// Steps with speech: 9 dB over the floor, no more than 34 dB under the loud ones; holes under 150 ms are filled.
fn active(samples: &[f32]) -> Vec<(usize, usize)> {
    let power =
        |part: &[f32]| 10.0 * (part.iter().map(|x| x * x).sum::<f32>() / part.len() as f32 + 1e-12).log10();
    let levels: Vec<f32> = samples.windows(2 * STEP).step_by(STEP).map(power).collect();
    let mut sorted = levels.clone();
    sorted.sort_by(f32::total_cmp);
    let (floor, loud) = (sorted[sorted.len() * 4 / 100], sorted[sorted.len() * 95 / 100]);
    let least = (floor + 9.0).max(loud - 34.0);
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (step, _) in levels.iter().enumerate().filter(|(_, level)| **level > least) {
        match runs.last_mut() {
            Some(run) if step - run.1 < 15 => run.1 = step + 1,
            _ => runs.push((step, step + 1)),
        }
    }
    runs.retain(|(start, end)| end - start >= 20);
    runs
}

/// A sentence as its speaker is heard: at a level, by telephone, from far away.
fn treated(sentence: Sentence, speaker: usize, is_hard: bool, chance: &mut Chance) -> Sentence {
    let (mut samples, mut level) = (sentence.samples, -24.0f32);
    match (is_hard, speaker % 4) {
        (true, 0) => level = chance.pick(&[-20.0, -40.0]),
        (true, 1) => samples = telephone(&samples),
        (true, 2) => (samples, level) = (far(&samples, chance), -30.0),
        _ => (),
    }
    let power = samples.iter().map(|x| x * x).sum::<f32>() / samples.len() as f32;
    let gain = 10f32.powf(level / 20.0) / power.sqrt();
    samples.iter_mut().for_each(|x| *x = (*x * gain).clamp(-0.95, 0.95));
    Sentence { samples, ..sentence }
}

/// 300 to 3400 Hz, in 255 steps of the mu-law.
fn telephone(samples: &[f32]) -> Vec<f32> {
    let low = |hertz: f32, n: i32| {
        let x = 2.0 * hertz / 16_000.0;
        if n == 0 {
            x
        } else {
            (std::f32::consts::PI * x * n as f32).sin() / (std::f32::consts::PI * n as f32)
        }
    };
    let window = |n: i32| 0.5 + 0.5 * (std::f32::consts::PI * n as f32 / 101.0).cos();
    let filter: Vec<f32> = (-100..=100).map(|n| (low(3_400.0, n) - low(300.0, n)) * window(n)).collect();
    let padded = [&[0.0; 100][..], samples, &[0.0; 100]].concat();
    let filtered =
        padded.windows(filter.len()).map(|part| part.iter().zip(&filter).map(|(x, f)| x * f).sum::<f32>());
    let filtered: Vec<f32> = filtered.collect();
    let most = filtered.iter().fold(1e-9f32, |most, x| most.max(x.abs()));
    let steps = |x: f32| (x.abs().mul_add(255.0, 1.0).ln() / 256f32.ln() * 127.0).round() / 127.0;
    let back = |x: f32| x.signum() * ((steps(x) * 256f32.ln()).exp() - 1.0) / 255.0;
    filtered.iter().map(|x| back(x / most * 0.7)).collect()
}

/// The direct sound and 300 echoes that die away within 0.6 s, twice as strong together.
fn far(samples: &[f32], chance: &mut Chance) -> Vec<f32> {
    let echo = |chance: &mut Chance| {
        let at = 50 + chance.below(9_500);
        (at, (-6.9 * at as f32 / 9_600.0).exp() * chance.noise())
    };
    let echoes: Vec<(usize, f32)> = (0..300).map(|_| echo(chance)).collect();
    let gain = (2.0 / echoes.iter().map(|(_, e)| e * e).sum::<f32>()).sqrt();
    let mut out = samples.to_vec();
    for (at, strength) in echoes {
        out.iter_mut().skip(at).zip(samples).for_each(|(sum, x)| *sum += gain * strength * x);
    }
    out
}

/// What is scored against: per speaker, pauses under half a second closed.
fn reference(spoken: &Spoken) -> Vec<Stretch> {
    let mut all = Vec::new();
    for (name, spans) in spoken {
        let mut merged: Vec<(u64, u64)> = Vec::new();
        for span in spans {
            match merged.last_mut() {
                Some(last) if span.0 < last.1 + 500 => last.1 = last.1.max(span.1),
                _ => merged.push(*span),
            }
        }
        all.extend(merged.iter().map(|(s, e)| (*s as f64 / 1000.0, *e as f64 / 1000.0, name.clone())));
    }
    all
}

/// An update a second: bits of 100 ms that are held for 200 ms, some of them wrong, one update lost, one repeated.
fn updates(spoken: &Spoken, total_ms: usize, chance: &mut Chance) -> Vec<super::Update> {
    let seconds = total_ms.div_ceil(1_000);
    let (lost, twice) = (10 + chance.below(seconds - 20), 10 + chance.below(seconds - 20));
    let mut all = Vec::new();
    for second in 0..seconds {
        let mut body = Vec::new();
        for (name, spans) in spoken {
            let mut bits = String::new();
            for bit in 0..10 {
                let (from, to) =
                    ((second * 1_000 + bit * 100) as u64, (second * 1_000 + bit * 100 + 100) as u64);
                let common = |(s, e): &(u64, u64)| to.min(e + 200).saturating_sub(from.max(*s)) >= 40;
                let is_on = spans.iter().any(common);
                let is_wrong = chance.share() < if is_on { 0.06 } else { 0.01 };
                bits.push(if is_on != is_wrong { '1' } else { '0' });
            }
            body.push((name.clone(), bits));
        }
        let stamp = ((second + 1) * 1_000 + chance.below(121)) as f64;
        if second != lost {
            all.push((stamp, body.clone()));
        }
        if second == twice && second != lost {
            all.push((stamp + 35.0, body));
        }
    }
    all
}
