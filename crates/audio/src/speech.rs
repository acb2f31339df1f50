//! Where somebody speaks: voice activity, and the trimming of quiet ends.
//!
//! ```
//! use sonic_audio::speech::{SpeechOptions, speech_spans};
//! # use sonic_core::Clip;
//! # let clip = Clip::new(vec![0.0; 16_000], 16_000);
//! for span in speech_spans(&clip, &SpeechOptions::default())? {
//!     println!("speech from {} to {} ms", span.start_ms, span.end_ms);
//! }
//! # Ok::<(), sonic_core::Error>(())
//! ```
//!
//! Without a model the likelihood of speech over the noise floor decides: good for recordings with pauses and a
//! steady background, but music is taken for speech and a voice that never pauses for noise. With the feature `onnx`
//! and the Silero model, which the user supplies, neither is.

mod bandwidth;
#[cfg(feature = "onnx")]
mod combine;
mod floor;
mod likelihood;
mod listener;
mod options;
#[cfg(feature = "onnx")]
mod silero;
mod spans;
mod state;
mod trim;
#[cfg(not(feature = "onnx"))]
mod without_models;

pub(crate) use bandwidth::Bandwidth;
pub use listener::SpeechListener;
pub use options::{Silero, SpeechOptions};
pub(crate) use trim::loud_range;
pub use trim::trim;

use crate::resample;
use likelihood::Likelihood;
use sonic_core::{Clip, Error, ErrorKind, Result, Span};
use spans::Hysteresis;
use state::{Restorer, Saver};
use std::fmt;

/// The rates, in Hz, at which speech is looked for; sound at other rates is resampled to the first.
pub const SAMPLE_RATES: [u32; 2] = [16_000, 8_000];

/// The stretches of `clip` in which somebody speaks, in order, none touching another.
///
/// # Errors
/// `InvalidArgument` if an option is out of range, a sample is not finite, or the clip's rate is 0 or above 768,000
/// Hz; `Model` if the model fails.
pub fn speech_spans(clip: &Clip, options: &SpeechOptions) -> Result<Vec<Span>> {
    let rate = working_rate(clip);
    let mut finder = SpeechFinder::new(options, rate)?;
    let mut spans = Vec::new();
    resample::in_blocks(clip, rate, |block| {
        spans.extend(finder.push(block)?);
        Ok(())
    })?;
    spans.extend(finder.finish()?);
    Ok(spans)
}

/// How probable speech is, frame by frame.
#[derive(Debug, Clone, PartialEq)]
pub struct SpeechProbabilities {
    /// Samples per second that frames are counted in: one of [`SAMPLE_RATES`].
    pub sample_rate: u32,
    /// Samples of a frame.
    pub frame: usize,
    /// One probability, 0..1, for each frame.
    pub values: Vec<f32>,
}

/// What [`speech_spans`] decides by: the probability of speech in every frame of `clip`, 32 ms with Silero, 10 ms
/// without a model.
///
/// # Errors
/// As [`speech_spans`].
pub fn speech_probabilities(clip: &Clip, options: &SpeechOptions) -> Result<SpeechProbabilities> {
    let sample_rate = working_rate(clip);
    let mut finder = SpeechFinder::new(options, sample_rate)?;
    let mut values = Vec::new();
    resample::in_blocks(clip, sample_rate, |block| {
        Clip::check_samples(block)?;
        finder.detector.push(block, &mut values)
    })?;
    finder.detector.finish(&mut values)?;
    Ok(SpeechProbabilities { sample_rate, frame: finder.detector.frame() as usize, values })
}

/// The rate at which speech is looked for in `clip`.
fn working_rate(clip: &Clip) -> u32 {
    if SAMPLE_RATES.contains(&clip.sample_rate) { clip.sample_rate } else { SAMPLE_RATES[0] }
}

/// Finds speech in sound that comes in pieces, in memory that does not grow.
///
/// A span is given when it is certain: with Silero as soon as the pause after it is long enough, without a model half
/// a second later.
pub struct SpeechFinder {
    detector: Detector,
    probabilities: Vec<f32>,
    hysteresis: Hysteresis,
    samples: u64,
}

/// What gives a probability of speech for every frame.
enum Detector {
    Likelihood(Box<Likelihood>),
    #[cfg(feature = "onnx")]
    Silero(Box<silero::Listener>),
}

impl SpeechFinder {
    /// A finder for mono sound at `sample_rate`, one of [`SAMPLE_RATES`].
    ///
    /// # Errors
    /// `InvalidArgument` for another rate or options out of range.
    pub fn new(options: &SpeechOptions, sample_rate: u32) -> Result<Self> {
        if !(options.threshold > 0.0 && options.threshold < 1.0) {
            return Err(invalid("the threshold of speech must lie between 0 and 1"));
        }
        if !SAMPLE_RATES.contains(&sample_rate) {
            return Err(invalid("speech is looked for at 16000 or 8000 Hz: resample first"));
        }
        let detector = Detector::new(options, sample_rate);
        let hysteresis = Hysteresis::new(options, sample_rate, detector.frame());
        Ok(Self { detector, probabilities: Vec::new(), hysteresis, samples: 0 })
    }

    /// Adds samples; gives the spans that are certain now.
    ///
    /// # Errors
    /// `InvalidArgument` if a sample is not finite, nothing of `samples` is taken then; `Model` if the model fails.
    pub fn push(&mut self, samples: &[f32]) -> Result<Vec<Span>> {
        Clip::check_samples(samples)?;
        self.samples += samples.len() as u64;
        self.detector.push(samples, &mut self.probabilities)?;
        let spans = self.probabilities.iter().filter_map(|p| self.hysteresis.push(*p)).collect();
        self.probabilities.clear();
        Ok(spans)
    }

    /// Ends the sound; gives the spans that are left.
    ///
    /// # Errors
    /// `Model` if the model fails.
    pub fn finish(mut self) -> Result<Vec<Span>> {
        self.detector.finish(&mut self.probabilities)?;
        let mut spans: Vec<_> = self.probabilities.iter().filter_map(|p| self.hysteresis.push(*p)).collect();
        spans.extend(self.hysteresis.finish(self.samples));
        Ok(spans)
    }
}

impl fmt::Debug for SpeechFinder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpeechFinder").field("samples", &self.samples).finish_non_exhaustive()
    }
}

impl Detector {
    fn new(options: &SpeechOptions, sample_rate: u32) -> Self {
        #[cfg(feature = "onnx")]
        if let Some(model) = &options.model {
            return Self::Silero(Box::new(silero::Listener::new(model.clone(), sample_rate)));
        }
        let _ = options;
        Self::Likelihood(Box::new(Likelihood::new(sample_rate)))
    }

    fn save(&self, state: &mut Saver) {
        match self {
            Self::Likelihood(likelihood) => likelihood.save(state),
            #[cfg(feature = "onnx")]
            Self::Silero(listener) => listener.save(state),
        }
    }

    fn restore(options: &SpeechOptions, sample_rate: u32, state: &mut Restorer<'_>) -> Result<Self> {
        #[cfg(feature = "onnx")]
        if let Some(model) = &options.model {
            let listener = silero::Listener::restore(model.clone(), sample_rate, state)?;
            return Ok(Self::Silero(Box::new(listener)));
        }
        let _ = options;
        Ok(Self::Likelihood(Box::new(Likelihood::restore(sample_rate, state)?)))
    }

    /// Samples from one probability to the next.
    fn frame(&self) -> u64 {
        match self {
            Self::Likelihood(likelihood) => likelihood.hop() as u64,
            #[cfg(feature = "onnx")]
            Self::Silero(listener) => listener.frame() as u64,
        }
    }

    fn push(&mut self, samples: &[f32], probabilities: &mut Vec<f32>) -> Result<()> {
        match self {
            Self::Likelihood(likelihood) => likelihood.push(samples, probabilities),
            #[cfg(feature = "onnx")]
            Self::Silero(listener) => listener.push(samples, probabilities)?,
        }
        Ok(())
    }

    fn finish(&mut self, probabilities: &mut Vec<f32>) -> Result<()> {
        match self {
            Self::Likelihood(likelihood) => likelihood.finish(probabilities),
            #[cfg(feature = "onnx")]
            Self::Silero(listener) => listener.finish(probabilities)?,
        }
        Ok(())
    }
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two seconds of noise 50 dB under full scale with a buzzing voice from 500 to 1200 ms.
    fn sound(rate: u32) -> Vec<f32> {
        let mut state = 3u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        (0..2 * rate)
            .map(|i| {
                let t = i as f32 / rate as f32;
                let buzz: f32 =
                    (1..20).map(|k| (std::f32::consts::TAU * 140.0 * k as f32 * t).sin() / k as f32).sum();
                0.01 * random() + if (0.5..1.2).contains(&t) { 0.1 * buzz } else { 0.0 }
            })
            .collect()
    }

    #[test]
    fn a_voice_over_noise_is_found_without_a_model() {
        for rate in [16_000, 8_000, 44_100] {
            let spans = speech_spans(&Clip::new(sound(rate), rate), &SpeechOptions::default()).unwrap();
            assert_eq!(spans.len(), 1, "{rate}: {spans:?}");
            let near = |got: u64, want: u64| got.abs_diff(want) <= 60;
            assert!(near(spans[0].start_ms, 470) && near(spans[0].end_ms, 1_230), "{rate}: {spans:?}");
        }
    }

    #[test]
    fn pieces_do_not_matter() {
        let sound = sound(16_000).repeat(8);
        let options = SpeechOptions::default();
        let whole = speech_spans(&Clip::new(sound.clone(), 16_000), &options).unwrap();
        assert_eq!(whole.len(), 8);
        for size in [100, 511, 8_000] {
            let mut finder = SpeechFinder::new(&options, 16_000).unwrap();
            let mut spans = Vec::new();
            sound.chunks(size).for_each(|block| spans.extend(finder.push(block).unwrap()));
            assert!(spans.len() >= 7, "spans come while the sound runs");
            spans.extend(finder.finish().unwrap());
            assert_eq!(spans, whole);
        }
    }

    #[test]
    fn silence_and_nothing_hold_no_speech() {
        for samples in [0, 1, 511, 16_000, 200_000] {
            let silent = Clip::new(vec![0.0; samples], 16_000);
            assert!(speech_spans(&silent, &SpeechOptions::default()).unwrap().is_empty());
        }
    }

    #[test]
    fn bad_input_is_refused() {
        let refused = |clip: Clip, options: SpeechOptions| {
            assert_eq!(speech_spans(&clip, &options).unwrap_err().kind(), ErrorKind::InvalidArgument);
        };
        refused(Clip::new(vec![f32::NAN; 1_000], 16_000), SpeechOptions::default());
        refused(Clip::new(vec![0.0; 1_000], 0), SpeechOptions::default());
        refused(Clip::new(vec![0.0; 9], 16_000), SpeechOptions { threshold: 1.0, ..Default::default() });
        assert!(SpeechFinder::new(&SpeechOptions::default(), 44_100).is_err());
    }
}
