//! All tensors of `ref/tensors`: integers exact, curves within 1e-4, spectrograms 4e-3, sound 2e-3.

use super::{bank, ground, options, score};
use crate::render::engine::{SentencePlan, Sung};
use crate::render::phrases::Phrases;
use crate::render::plan::{Encoded, Plan};
use crate::timing;
use crate::voicebank::Stage;
use ndarray::{IxDyn, OwnedRepr};
use ndarray_npy::{NpzReader, ReadableElement};
use std::collections::BTreeSet;
use std::fs::File;

/// One file of arrays, and what differed.
struct Reference {
    arrays: NpzReader<File>,
    name: String,
    compared: BTreeSet<String>,
    wrong: Vec<String>,
}

impl Reference {
    fn array<T: ReadableElement + Copy>(&mut self, name: &str) -> Option<Vec<T>> {
        let found = self.arrays.by_name::<OwnedRepr<T>, IxDyn>(&format!("{name}.npy")).ok()?;
        self.compared.insert(name.to_owned());
        Some(found.iter().copied().collect())
    }

    /// Names of arrays that nothing was compared with; texts are in the index as well.
    fn left(&mut self) -> Vec<String> {
        let names = self.arrays.names().unwrap();
        let names = names.iter().map(|name| name.trim_end_matches(".npy").to_owned());
        names.filter(|name| !self.compared.contains(name) && !name.ends_with(".phones")).collect()
    }

    fn exact<T: ReadableElement + Copy + PartialEq + std::fmt::Debug>(&mut self, name: &str, ours: &[T]) {
        let Some(theirs) = self.array::<T>(name) else { return };
        if theirs != ours {
            self.wrong.push(format!("{}: {name} is {ours:?}, not {theirs:?}", self.name));
        }
    }

    /// Within `tolerance`, relative to numbers above 1.
    fn near(&mut self, name: &str, ours: &[f64], theirs: Option<Vec<f64>>, tolerance: f64) {
        let Some(theirs) = theirs else { return };
        if ours.len() != theirs.len() {
            self.wrong.push(format!(
                "{}: {name} has {} numbers, not {}",
                self.name,
                ours.len(),
                theirs.len()
            ));
            return;
        }
        let off = |(a, b): (&f64, &f64)| (a - b).abs() / b.abs().max(1.0);
        let worst = ours.iter().zip(&theirs).map(off).fold(0.0, f64::max);
        if worst.is_nan() || worst > tolerance {
            self.wrong.push(format!("{}: {name} is off by {worst:e}", self.name));
        }
    }

    fn floats(&mut self, name: &str, ours: &[f32], tolerance: f64) {
        let theirs = self.array::<f32>(name).map(|a| a.into_iter().map(f64::from).collect());
        let ours: Vec<f64> = ours.iter().map(|x| f64::from(*x)).collect();
        self.near(name, &ours, theirs, tolerance);
    }

    fn doubles(&mut self, name: &str, ours: &[f64], tolerance: f64) {
        let theirs = self.array::<f64>(name);
        self.near(name, ours, theirs, tolerance);
    }
}

#[test]
fn every_tensor_of_the_reference_is_met() {
    let Some(ground) = ground() else { return };
    let index = std::fs::read(ground.join("ref/index.json")).unwrap();
    let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
    let mut wrong = Vec::new();
    let mut compared = 0;
    for entry in index["entries"].as_array().unwrap() {
        let file = entry["file"].as_str().unwrap();
        let arrays = NpzReader::new(File::open(ground.join("ref").join(file)).unwrap()).unwrap();
        let mut reference =
            Reference { arrays, name: file.to_owned(), compared: BTreeSet::new(), wrong: Vec::new() };
        let bank = bank(&ground, entry["bank"].as_str().unwrap());
        let score = score(&ground, entry["score"].as_str().unwrap());
        let mut phrases = bank.render(&score, &options(&entry["options"])).unwrap();
        let unexpected = phrases.warnings().iter().find(|w| w.code != "unknown_word");
        assert!(unexpected.is_none(), "{file}: {unexpected:?}");
        sentences(&mut reference, &phrases);
        let (sung, mixed) = songs_phrases(&mut reference, &mut phrases);
        let phonemes: Vec<&str> =
            entry["phonemes"].as_array().unwrap().iter().map(|p| p.as_str().unwrap()).collect();
        assert_eq!(sung, phonemes, "{file}");
        reference.exact("rate", &[i64::from(bank.sample_rate())]);
        reference.exact("mixed_samples", &[mixed.len() as i64]);
        assert_eq!(mixed.len() as u64, entry["samples"].as_u64().unwrap(), "{file}");
        let power = mixed.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>() / mixed.len() as f64;
        let rms = entry["rms"].as_f64().unwrap();
        assert!((power.sqrt() - rms).abs() < rms * 0.002 + 2e-6, "{file}: {} and {rms}", power.sqrt());
        let left = reference.left();
        if !left.is_empty() {
            reference.wrong.push(format!("{file}: not compared: {left:?}"));
        }
        compared += reference.compared.len();
        wrong.append(&mut reference.wrong);
    }
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 1000, "{compared}");
}

fn sentences(reference: &mut Reference, phrases: &Phrases) {
    let singer = phrases.singer();
    let Some(stage) = singer.bank.stage(Stage::Duration) else { return };
    for (number, sentence) in phrases.sentences().iter().enumerate() {
        let grouped = timing::group(&phrases.words()[sentence.clone()], sentence.start, &singer.dictionary);
        let plan = SentencePlan::new(stage, &grouped).unwrap();
        let predicted = singer.durations(stage, &plan).unwrap();
        let name = |what: &str| format!("sentence{number}.{what}");
        reference.exact(&name("word_div"), &plan.word_div);
        reference.exact(&name("word_dur"), &plan.word_dur);
        reference.exact(&name("ph_midi"), &plan.ph_midi);
        reference.floats(&name("ph_dur_pred"), &predicted, 1e-4);
        let wide: Vec<f64> = predicted.iter().map(|d| f64::from(*d)).collect();
        reference.doubles(&name("ph_start_ms"), &timing::align(&grouped, &wide, stage.frame_ms), 1e-4);
    }
}

/// Compares all phrases, gives their phonemes and the song.
fn songs_phrases(reference: &mut Reference, phrases: &mut Phrases) -> (Vec<String>, Vec<f32>) {
    let (mut out, mut mixed) = (Vec::new(), Vec::new());
    while let Some(phrase) = phrases.next_timed().unwrap() {
        let singer = phrases.singer();
        let plan = Plan::new(singer, &phrase, phrases.words()).unwrap();
        let sung = singer.sing(&plan, || Ok(())).unwrap();
        let name = |what: &str| format!("phrase{}.{what}", out.len());
        let (starts, ends): (Vec<f64>, Vec<f64>) = phrase.iter().map(|t| (t.start_ms, t.end_ms)).unzip();
        reference.doubles(&name("start_ms"), &starts, 1e-4);
        reference.doubles(&name("end_ms"), &ends, 1e-4);
        reference.exact(&name("tokens"), &plan.numbers.tokens);
        reference.exact(&name("durations"), &plan.durations);
        let offset = starts[0] - timing::HEAD_FRAMES as f64 * singer.acoustic.frame_ms;
        reference.doubles(&name("offset_ms"), &[offset], 1e-4);
        notes(reference, &name(if plan.pitch.is_some() { "pitch." } else { "" }), &plan);
        for (stage, encoded) in [("pitch", &plan.pitch), ("variance", &plan.variance)] {
            if let Some(encoded) = encoded {
                linguistic(reference, &name(stage), encoded);
            }
        }
        results(reference, &name, &sung);
        let start = (offset * f64::from(phrases.sample_rate()) / 1000.0).round() as i64;
        let cut = usize::try_from(-start).unwrap_or(0);
        crate::mix::add(&mut mixed, start.max(0) as u64, &sung.samples[cut..], 1.0);
        out.push(phrase.iter().map(|timed| timed.phoneme.as_str()).collect::<Vec<_>>().join(" "));
    }
    (out, mixed)
}

fn notes(reference: &mut Reference, place: &str, plan: &Plan) {
    reference.floats(&format!("{place}note_midi"), &plan.notes.midi, 1e-6);
    reference.exact(&format!("{place}note_rest"), &plan.notes.rest);
    reference.exact(&format!("{place}note_dur"), &plan.notes.dur);
}

fn linguistic(reference: &mut Reference, place: &str, encoded: &Encoded) {
    reference.exact(&format!("{place}.tokens"), &encoded.numbers.tokens);
    reference.exact(&format!("{place}.languages"), &encoded.numbers.languages);
    reference.exact(&format!("{place}.ph_dur"), &encoded.ph_dur);
    reference.exact(&format!("{place}.word_div"), &encoded.words.word_div);
    reference.exact(&format!("{place}.word_dur"), &encoded.words.word_dur);
}

fn results(reference: &mut Reference, name: &impl Fn(&str) -> String, sung: &Sung) {
    reference.floats(&name("pitch.pitch_pred"), &sung.pitch, 1e-4);
    reference.floats(&name("variance.pitch"), &sung.variance_pitch, 1e-4);
    for (curve, predicted) in &sung.predicted {
        reference.floats(&name(&format!("variance.{curve}_pred")), predicted, 1e-4);
    }
    for (curve, values) in &sung.curves {
        reference.floats(&name(curve), values, 1e-4);
    }
    reference.floats(&name("f0"), &sung.f0, 1e-4);
    reference.floats(&name("mel"), &sung.mel, 4e-3);
    reference.floats(&name("waveform"), &sung.samples, 2e-3);
}
