//! The models of a bank, one after the other: durations, pitch, energy and the like, spectrogram, sound.

use super::feed::{Feed, Outputs, Value};
use super::plan::{Encoded, Numbers, Plan};
use super::singer::Singer;
use crate::timing::{Grouped, HEAD_FRAMES, resample, resample_padded};
use crate::voicebank::{CURVES, Stage, StageSettings};
use sonic_core::{Error, ErrorKind, Result};
use std::f32::consts::{LN_10, LOG10_E};

/// What the duration model is told about a sentence (R7).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SentencePlan {
    pub(crate) numbers: Numbers,
    pub(crate) word_div: Vec<i64>,
    pub(crate) word_dur: Vec<i64>,
    pub(crate) ph_midi: Vec<i64>,
}

impl SentencePlan {
    pub(crate) fn new(stage: &StageSettings, grouped: &Grouped) -> Result<Self> {
        let frames: Vec<i64> = grouped.anchors_ms.iter().map(|ms| (ms / stage.frame_ms) as i64).collect();
        let midi = grouped.midi.iter().zip(&grouped.counts);
        Ok(Self {
            numbers: Numbers::new(stage, grouped.phonemes.iter().map(String::as_str))?,
            word_div: grouped.counts.iter().map(|count| *count as i64).collect(),
            word_dur: frames.windows(2).map(|pair| pair[1] - pair[0]).collect(),
            ph_midi: midi.flat_map(|(midi, count)| std::iter::repeat_n(*midi as i64, *count)).collect(),
        })
    }
}

/// What the models made of a phrase.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sung {
    /// Semitones by frame of the pitch stage; empty without one.
    pub(crate) pitch: Vec<f32>,
    /// Semitones by frame of the variance stage, as it was told them.
    pub(crate) variance_pitch: Vec<f32>,
    /// What the variance stage predicted.
    pub(crate) predicted: Vec<(&'static str, Vec<f32>)>,
    /// Hertz by frame.
    pub(crate) f0: Vec<f32>,
    /// The curves as the acoustic model was told them, after the controls.
    pub(crate) curves: Vec<(&'static str, Vec<f32>)>,
    /// The spectrogram, a row a frame.
    pub(crate) mel: Vec<f32>,
    /// The sound.
    pub(crate) samples: Vec<f32>,
}

impl Singer {
    /// Durations of the phonemes of a sentence in frames.
    pub(crate) fn durations(&self, stage: &StageSettings, plan: &SentencePlan) -> Result<Vec<f32>> {
        let mut feed = Feed::default();
        feed.ints("tokens", &plan.numbers.tokens).ints("languages", &plan.numbers.languages);
        feed.ints("word_div", &plan.word_div).ints("word_dur", &plan.word_dur);
        let mut outputs = self.run(stage, "linguistic", &feed)?;
        let mut feed = Feed::default();
        hand_on(&mut feed, &mut outputs)?;
        feed.ints("ph_midi", &plan.ph_midi);
        self.embed(&mut feed, stage, plan.ph_midi.len());
        let durations = self.run(stage, "dur", &feed)?.floats("ph_dur_pred")?;
        if durations.len() != plan.ph_midi.len() || !durations.iter().all(|d| d.is_finite() && *d >= 0.0) {
            return Err(nonsense(stage, "ph_dur_pred"));
        }
        Ok(durations)
    }

    /// Sings a phrase. `go_on` is asked between models; it fails when the work is cancelled.
    pub(crate) fn sing(&self, plan: &Plan, go_on: impl Fn() -> Result<()>) -> Result<Sung> {
        let mut sung = Sung::default();
        let semitones = self.pitch(plan, &mut sung)?;
        sung.f0 = semitones.iter().map(|s| (440.0 * 2f64.powf((s - 69.0) / 12.0)) as f32).collect();
        go_on()?;
        let curves = self.variance(plan, &semitones, &mut sung)?;
        go_on()?;
        self.acoustic(plan, curves, &mut sung)?;
        go_on()?;
        self.vocode(plan, &mut sung)?;
        Ok(sung)
    }

    /// Semitones by frame of the acoustic stage (R17).
    fn pitch(&self, plan: &Plan, sung: &mut Sung) -> Result<Vec<f64>> {
        let notes = &plan.notes;
        let (Some(stage), Some(encoded)) = (self.bank.stage(Stage::Pitch), &plan.pitch) else {
            let held = notes.midi.iter().zip(&notes.dur);
            let held =
                held.flat_map(|(midi, dur)| std::iter::repeat_n(f64::from(*midi), (*dur).max(0) as usize));
            return Ok(held.collect());
        };
        let mut feed = self.encode(stage, encoded)?;
        let frames = encoded.frames;
        feed.add("note_midi", Value::Floats(notes.midi.clone()));
        feed.add("note_rest", Value::Flags(notes.rest.clone(), 1));
        feed.ints("note_dur", &notes.dur).ints("note_glide", &vec![0; notes.dur.len()]);
        feed.add("pitch", Value::Floats(vec![60.0; frames]));
        feed.add("expr", Value::Floats(vec![self.options.pitch_expression as f32; frames]));
        feed.add("retake", Value::Flags(vec![true; frames], 1));
        clock(&mut feed, self.options.pitch_steps, None);
        self.embed(&mut feed, stage, frames);
        sung.pitch = self.run(stage, "pitch", &feed)?.floats("pitch_pred")?;
        check(stage, "pitch_pred", &sung.pitch, frames)?;
        let curve: Vec<f64> = sung.pitch.iter().map(|s| f64::from(*s)).collect();
        Ok(resample(&curve, plan.frames, self.acoustic.frame_ms / stage.frame_ms, HEAD_FRAMES))
    }

    /// The curves that the variance stage predicts, by frame of the acoustic stage.
    fn variance(
        &self,
        plan: &Plan,
        semitones: &[f64],
        sung: &mut Sung,
    ) -> Result<Vec<(&'static str, Vec<f64>)>> {
        let (Some(stage), Some(encoded)) = (self.bank.stage(Stage::Variance), &plan.variance) else {
            return Ok(Vec::new());
        };
        let (ours, theirs, frames) = (self.acoustic.frame_ms, stage.frame_ms, encoded.frames);
        let session = self.session(stage, "variance")?;
        let given: Vec<&'static str> =
            CURVES.into_iter().filter(|curve| session.output(&format!("{curve}_pred")).is_some()).collect();
        let pitch = resample(semitones, frames, theirs / ours, HEAD_FRAMES);
        sung.variance_pitch = pitch.into_iter().map(|s| s as f32).collect();
        let mut feed = self.encode(stage, encoded)?;
        feed.add("pitch", Value::Floats(sung.variance_pitch.clone()));
        feed.add("retake", Value::Flags(vec![true; frames * given.len()], given.len().max(1)));
        for curve in &given {
            feed.add(curve, Value::Floats(vec![0.0; frames]));
        }
        clock(&mut feed, self.options.variance_steps, None);
        self.embed(&mut feed, stage, frames);
        let mut outputs = self.run(stage, "variance", &feed)?;
        let mut curves = Vec::new();
        for curve in given {
            let name = format!("{curve}_pred");
            let predicted = outputs.floats(&name)?;
            check(stage, &name, &predicted, frames)?;
            let wide = predicted.iter().map(|x| f64::from(*x)).collect();
            curves.push((curve, resample_padded(wide, plan.frames, theirs, ours)));
            sung.predicted.push((curve, predicted));
        }
        Ok(curves)
    }

    fn acoustic(&self, plan: &Plan, curves: Vec<(&'static str, Vec<f64>)>, sung: &mut Sung) -> Result<()> {
        let (stage, options, frames) = (&*self.acoustic, &self.options, plan.frames);
        let mut feed = Feed::default();
        feed.ints("tokens", &plan.numbers.tokens).ints("languages", &plan.numbers.languages);
        feed.ints("durations", &plan.durations).add("f0", Value::Floats(sung.f0.clone()));
        let session = self.session(stage, "acoustic")?;
        for (name, curve) in curves {
            if session.inputs().iter().any(|port| port.name == name) {
                let shift = options.shift(name);
                let curve: Vec<f32> = curve.into_iter().map(|x| (x + shift) as f32).collect();
                feed.add(name, Value::Floats(curve.clone()));
                sung.curves.push((name, curve));
            }
        }
        feed.add("gender", Value::Floats(vec![self.gender() as f32; frames]));
        feed.add("velocity", Value::Floats(vec![options.velocity() as f32; frames]));
        clock(&mut feed, options.steps, stage.has_depth().then(|| self.depth()));
        self.embed(&mut feed, stage, frames);
        sung.mel = self.run(stage, "acoustic", &feed)?.floats("mel")?;
        let (_, mel) = self.bank.acoustic()?;
        check(stage, "mel", &sung.mel, frames * mel.num_mel_bins)
    }

    fn vocode(&self, plan: &Plan, sung: &mut Sung) -> Result<()> {
        let (_, ours) = self.bank.acoustic()?;
        let vocoder = self.bank.vocoder()?;
        let file = vocoder.model.as_ref().ok_or_else(|| self.bank.refuse("its vocoder names no model"))?;
        // R22: logarithms of another base.
        let scale = match (ours.mel_base.as_str(), vocoder.mel.mel_base.as_str()) {
            ("10", "e") => LN_10,
            ("e", "10") => LOG10_E,
            _ => 1.0f32,
        };
        let values = sung.mel.iter().map(|x| x * scale).collect::<Vec<f32>>();
        let mel = sonic_model::Tensor::f32([1, plan.frames, ours.num_mel_bins], values)?;
        let mut feed = Feed::default();
        feed.add("mel", Value::Given(mel)).add("f0", Value::Floats(sung.f0.clone()));
        let session = self.bank.models().session(file)?;
        sung.samples = feed
            .run(&session)
            .and_then(|mut outputs| outputs.floats("waveform"))
            .map_err(|e| e.context(&file.file))?;
        let expected = plan.frames * ours.hop_size;
        match sung.samples.len() == expected {
            true => Ok(()),
            false => Err(self.bank.refuse(format!(
                "its vocoder gave {} samples for {} frames of {} (R23)",
                sung.samples.len(),
                plan.frames,
                ours.hop_size
            ))),
        }
    }

    /// Runs the linguistic model of a stage: a feed with what it gave and the durations it was told.
    fn encode(&self, stage: &StageSettings, encoded: &Encoded) -> Result<Feed> {
        let mut feed = Feed::default();
        feed.ints("tokens", &encoded.numbers.tokens).ints("languages", &encoded.numbers.languages);
        feed.ints("word_div", &encoded.words.word_div).ints("word_dur", &encoded.words.word_dur);
        feed.ints("ph_dur", &encoded.ph_dur);
        let mut outputs = self.run(stage, "linguistic", &feed)?;
        let mut feed = Feed::default();
        hand_on(&mut feed, &mut outputs)?;
        feed.ints("ph_dur", &encoded.ph_dur);
        Ok(feed)
    }

    fn run(&self, stage: &StageSettings, key: &str, feed: &Feed) -> Result<Outputs> {
        let session = self.session(stage, key)?;
        feed.run(&session).map_err(|e| e.context(format_args!("the {} stage", stage.stage)))
    }

    fn embed(&self, feed: &mut Feed, stage: &StageSettings, count: usize) {
        if let Some(embedding) = self.embeddings.get(&stage.stage) {
            feed.add("spk_embed", Value::Embeddings(embedding.clone(), count));
        }
    }

    /// What the acoustic model calls gender: a part of the range of pitch shifts that it was trained with (R21).
    pub(crate) fn gender(&self) -> f64 {
        let gender = self.options.gender;
        match self.acoustic.shift_range() {
            Some((_, high)) if gender < 0.0 => -gender * 12.0 / high / 100.0,
            Some((low, _)) => gender * 12.0 / low / 100.0,
            None => 0.0,
        }
    }

    /// The depth of shallow diffusion, as far as the bank goes (R19).
    pub(crate) fn depth(&self) -> f64 {
        let limit = self.acoustic.number("max_depth").unwrap_or(0.0);
        self.options.depth.min(if self.acoustic.continuous { limit } else { limit / 1000.0 })
    }
}

/// What the linguistic model gave, for the model after it.
fn hand_on(feed: &mut Feed, outputs: &mut Outputs) -> Result<()> {
    feed.add("encoder_out", Value::Given(outputs.take("encoder_out")?));
    if let Ok(masks) = outputs.take("x_masks") {
        feed.add("x_masks", Value::Given(masks));
    }
    Ok(())
}

/// The number of steps in both ways that models count them: `steps` with a depth that is a fraction, or `speedup` with
/// one in thousandths (R19). A model takes the one that it declares.
fn clock(feed: &mut Feed, steps: usize, depth: Option<f64>) {
    feed.add("steps", Value::Scalar(steps as f64));
    let whole = depth.map(|depth| (depth * 1000.0).round_ties_even() as usize);
    let speedup = match whole {
        Some(whole) => (whole / steps).max(1),
        None => (1..=(1000 / steps).max(1)).rev().find(|factor| 1000 % factor == 0).unwrap_or(1),
    };
    feed.add("speedup", Value::Scalar(speedup as f64));
    if let (Some(depth), Some(whole)) = (depth, whole) {
        feed.add("depth", Value::Depth { fraction: depth, thousandths: (whole / speedup * speedup) as i64 });
    }
}

/// That a model gave one number for each frame, and numbers.
fn check(stage: &StageSettings, name: &str, values: &[f32], expected: usize) -> Result<()> {
    match values.len() == expected && values.iter().all(|x| x.is_finite()) {
        true => Ok(()),
        false => Err(nonsense(stage, name)),
    }
}

fn nonsense(stage: &StageSettings, name: &str) -> Error {
    let message = format!("the {} stage gave something else than a number a frame as `{name}`", stage.stage);
    Error::new(ErrorKind::Model, message)
}
