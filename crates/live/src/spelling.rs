//! A recogniser in process: single words of a small vocabulary, by a network that hears one second at a time.
//!
//! Moonshine micro's network for spelling knows letters, digits and some words (Moonshine AI, 2026; MIT). An utterance is
//! cut at its pauses; each piece is one word.

use crate::recognizer::{Recognition, Recognizer, Request};
use crate::utterance::{PER_MS, SAMPLE_RATE};
use serde::Deserialize;
use sonic_audio::features::Extractor;
use sonic_audio::speech::{SpeechOptions, speech_spans};
use sonic_core::{Clip, FrontEnd, Result, RunMode, Span, Word};
use sonic_model::{Model, Network, SessionOptions, TensorView, built_in};
use std::fmt;
use std::path::Path;

/// What a manifest calls models of this kind, and the manifest of the one that is built in.
const TASK: &str = "speech-recognition";
const ID: &str = "moonshine-spelling";
/// Samples that the network hears.
const WINDOW: usize = SAMPLE_RATE as usize;
/// Words that are less probable than this are not said to have been heard.
const LEAST: f32 = 0.25;

/// The section `words` of a manifest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    classes: Vec<String>,
}

/// The section `speech`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Speech {
    front_end: FrontEnd,
    sample_rate: u32,
}

/// Recognises words of a small vocabulary, spoken with pauses between them.
pub struct Spelling {
    network: Network,
    front_end: FrontEnd,
    classes: Vec<String>,
    input: String,
}

impl Spelling {
    /// Moonshine micro's network in an ONNX file.
    ///
    /// # Errors
    /// `Model` if ONNX Runtime or the file is missing or damaged, or it is another model.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let manifest = built_in().iter().find(|manifest| manifest.id == ID).cloned();
        let missing = || {
            sonic_core::Error::new(sonic_core::ErrorKind::Internal, "the manifest of the model is missing")
        };
        Self::load(&Model::of_file(manifest.ok_or_else(missing)?, path.as_ref()))
    }

    /// A model whose manifest has been read.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn load(model: &Model) -> Result<Self> {
        model.manifest.expect(TASK)?;
        let Words { classes } = model.manifest.section("words")?;
        let Speech { front_end, sample_rate } = model.manifest.section("speech")?;
        if sample_rate != SAMPLE_RATE || front_end != FrontEnd::Moonshine64 {
            return Err(model.manifest.wrong("words are recognised by `moonshine64` at 16000 Hz"));
        }
        let network = Network::load(model, &SessionOptions { threads: 1, ..SessionOptions::default() })?;
        let input = network.only_input("with the features")?.name.clone();
        let is_right = |port: &sonic_model::Port| port.shape.last() == Some(&Some(classes.len()));
        match network.outputs() {
            [only] if is_right(only) => Ok(Self { network, front_end, classes, input }),
            _ => {
                Err(network.refuse(format!("it must give one number for each of {} classes", classes.len())))
            }
        }
    }

    /// The words that it knows.
    pub fn words(&self) -> &[String] {
        &self.classes
    }

    /// The likeliest word in a second of sound or less, and its probability.
    ///
    /// # Errors
    /// `InvalidArgument` if the sound is longer, or a sample is no number; `Model` if the network fails.
    pub fn word(&self, samples: &[f32]) -> Result<(&str, f32)> {
        let features = Extractor::new(self.front_end).extract(samples)?;
        // The network takes frequencies as rows.
        let (frames, bins) = (features.frames, features.bins);
        let mut plane = vec![0.0; frames * bins];
        for (frame, row) in features.rows().enumerate() {
            row.iter().enumerate().for_each(|(bin, value)| plane[bin * frames + frame] = *value);
        }
        let input = [(&*self.input, TensorView::new(vec![1, 1, bins, frames], &plane)?)];
        let probabilities = self
            .network
            .run(&input, RunMode::Single, |outputs| Ok(softmax(outputs[0].as_slice::<f32>()?)))?;
        let best = probabilities.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        match best.and_then(|(class, p)| Some((self.classes.get(class)?, *p))).filter(|(_, p)| p.is_finite())
        {
            Some((class, probability)) => Ok((class, probability.clamp(0.0, 1.0))),
            None => Err(self.network.refuse("it gave no probabilities: its file may be damaged")),
        }
    }
}

impl Recognizer for Spelling {
    fn pipeline(&self) -> String {
        format!("spelling-1/{}/{}", self.front_end, self.network.identity())
    }

    fn recognize(&self, request: &Request<'_>) -> Result<Recognition> {
        let mut words = Vec::new();
        for span in pieces(request.samples)? {
            let range = (span.start_ms * PER_MS) as usize..(span.end_ms * PER_MS) as usize;
            let (text, confidence) = self.word(&centred(request.samples, range.start, range.end))?;
            if confidence >= LEAST {
                let Span { start_ms, end_ms } = span;
                words.push(Word { start_ms, end_ms, text: text.to_owned(), confidence });
            }
        }
        let text = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        let confidence = words.iter().map(|word| word.confidence).sum::<f32>() / words.len().max(1) as f32;
        Ok(Recognition { text, words, confidence })
    }
}

/// Stretches between pauses, one word each.
fn pieces(samples: &[f32]) -> Result<Vec<Span>> {
    let options =
        SpeechOptions { min_speech_ms: 100, min_silence_ms: 150, padding_ms: 30, ..SpeechOptions::default() };
    let spans = speech_spans(&Clip::new(samples.to_vec(), SAMPLE_RATE), &options)?;
    let all = Span { start_ms: 0, end_ms: samples.len() as u64 / PER_MS };
    // An utterance without a pause, nor any floor of noise to tell speech by, is one word.
    Ok(if spans.is_empty() && samples.len() <= 2 * WINDOW { vec![all] } else { spans })
}

/// The second of sound around a word; of a longer one its middle.
fn centred(samples: &[f32], start: usize, end: usize) -> Vec<f32> {
    let middle = (start + end) / 2;
    let first = middle.saturating_sub(WINDOW / 2).min(samples.len().saturating_sub(WINDOW));
    samples[first..(first + WINDOW).min(samples.len())].to_vec()
}

fn softmax(logits: &[f32]) -> Vec<f32> {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = logits.iter().map(|logit| (logit - top).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

impl fmt::Debug for Spelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Spelling({:?}, {} words)", self.network, self.classes.len())
    }
}
