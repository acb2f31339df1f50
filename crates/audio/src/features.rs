//! Log-mel features: what speaker models and speech recognisers hear.
//!
//! A model works only with the front-end that it was trained with, to the last detail: window, padding, mel scale,
//! logarithm, normalisation. A [`FrontEnd`] is such a contract; a model's manifest names it, nothing is guessed.
//!
//! ```
//! use sonic_audio::features::{FrontEnd, features};
//! use sonic_core::Clip;
//! let clip = Clip::new(vec![0.1; 16_000], 16_000);
//! let front_end: FrontEnd = "ecapa80".parse()?;
//! let features = features(&clip, front_end)?;
//! assert_eq!((features.frames, features.bins), (101, 80));
//! # Ok::<(), sonic_core::Error>(())
//! ```

mod engine;
mod mel;
mod parameters;
#[cfg(test)]
mod reference;
mod spectrum;

use crate::resample;
use engine::Engine;
use parameters::Parameters;
use sonic_core::{Clip, Error, ErrorKind, Result};
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

/// The rate, in Hz, of the sound that every front-end takes.
pub const SAMPLE_RATE: u32 = 16_000;

/// How sound becomes features. All of them take 16 kHz mono sound with full scale 1, in frames of 25 ms every 10 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrontEnd {
    /// TaoRuijie's ECAPA-TDNN: pre-emphasis, 80 HTK mels from 20 to 7600 Hz, natural logarithm, mean of the
    /// utterance removed.
    Ecapa80,
    /// As [`Ecapa80`](Self::Ecapa80), the mean left in: what celda128 takes.
    Logmel80,
    /// SpeechBrain's `Fbank` as of `spkrec-ecapa-voxceleb`: 80 mels from 0 to 8000 Hz in decibels, at most 80 under
    /// the loudest, mean of the utterance removed.
    SpeechBrain80,
    /// Kaldi's fbank as WeSpeaker calls it: full scale 32768, Hamming window, mean of the utterance removed.
    Kaldi80Hamming,
    /// Kaldi's fbank as 3D-Speaker and CAM++ call it: full scale 1, Povey window, mean of the utterance removed.
    Kaldi80Povey,
    /// Resemblyzer's 40 Slaney mels, power, no logarithm.
    Resemblyzer40,
    /// Whisper's 80 Slaney mels of 30 s: shorter sound is filled up with silence, longer sound is refused.
    Whisper80,
    /// As [`Whisper80`](Self::Whisper80) with 128 mels: the large models from version 3.
    Whisper128,
}

impl FrontEnd {
    /// Every front-end there is.
    pub const ALL: [Self; 8] = [
        Self::Ecapa80,
        Self::Logmel80,
        Self::SpeechBrain80,
        Self::Kaldi80Hamming,
        Self::Kaldi80Povey,
        Self::Resemblyzer40,
        Self::Whisper80,
        Self::Whisper128,
    ];

    /// The name by which manifests call it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Ecapa80 => "ecapa80",
            Self::Logmel80 => "logmel80",
            Self::SpeechBrain80 => "speechbrain80",
            Self::Kaldi80Hamming => "kaldi80-hamming",
            Self::Kaldi80Povey => "kaldi80-povey",
            Self::Resemblyzer40 => "resemblyzer40",
            Self::Whisper80 => "whisper80",
            Self::Whisper128 => "whisper128",
        }
    }

    /// Values in a frame.
    pub fn bins(self) -> usize {
        self.parameters().bank.bins
    }

    /// Fewest samples, at 16 kHz, that give a frame.
    pub fn minimum_samples(self) -> usize {
        self.parameters().minimum_samples()
    }

    /// Frames that `samples` samples at 16 kHz give.
    pub fn frames(self, samples: usize) -> usize {
        self.parameters().frames(samples)
    }

    fn parameters(self) -> Parameters {
        Parameters::of(self)
    }
}

impl fmt::Display for FrontEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for FrontEnd {
    type Err = Error;

    /// The front-end of that id; another id is `Unsupported`.
    fn from_str(id: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|f| f.id() == id).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|f| f.id()).collect();
            let message = format!("there is no front-end {id:?}: use one of {}", known.join(", "));
            Error::new(ErrorKind::Unsupported, message)
        })
    }
}

/// A table of features: one row of `bins` values for every frame of 10 ms.
#[derive(Clone, PartialEq, Default)]
pub struct Features {
    /// Number of rows.
    pub frames: usize,
    /// Values in a row, from low to high frequencies.
    pub bins: usize,
    /// `frames * bins` values, row by row.
    pub values: Vec<f32>,
}

impl Features {
    /// The rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.bins.max(1))
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Features({} frames x {} bins)", self.frames, self.bins)
    }
}

/// The features of `clip`, resampled to 16 kHz if it has another rate.
///
/// # Errors
///
/// `InvalidArgument` if a sample is not finite, the rate is 0 or above 768,000 Hz, the clip is shorter than
/// [`FrontEnd::minimum_samples`] or, for Whisper, longer than 30 s.
pub fn features(clip: &Clip, front_end: FrontEnd) -> Result<Features> {
    let mut extractor = Extractor::new(front_end);
    if clip.sample_rate == SAMPLE_RATE {
        extractor.extract(&clip.samples)
    } else {
        extractor.extract(&resample(clip, SAMPLE_RATE)?.samples)
    }
}

/// Makes features again and again without allocating anew. Its tables are shared by all extractors of a front-end.
pub struct Extractor {
    front_end: FrontEnd,
    engine: Engine,
}

impl Extractor {
    /// An extractor for `front_end`.
    pub fn new(front_end: FrontEnd) -> Self {
        static TABLES: [OnceLock<Arc<engine::Tables>>; FrontEnd::ALL.len()] =
            [const { OnceLock::new() }; FrontEnd::ALL.len()];
        let tables =
            TABLES[front_end as usize].get_or_init(|| Arc::new(engine::Tables::new(front_end.parameters())));
        Self { front_end, engine: Engine::new(tables.clone()) }
    }

    /// What it makes.
    pub fn front_end(&self) -> FrontEnd {
        self.front_end
    }

    /// The features of mono samples at 16 kHz.
    ///
    /// # Errors
    /// As [`features`].
    pub fn extract(&mut self, samples: &[f32]) -> Result<Features> {
        let mut features = Features::default();
        self.extract_into(samples, &mut features)?;
        Ok(features)
    }

    /// As [`extract`](Self::extract), into a table that exists already; after an error it holds no frame.
    ///
    /// # Errors
    /// As [`features`].
    pub fn extract_into(&mut self, samples: &[f32], features: &mut Features) -> Result<()> {
        *features =
            Features { frames: 0, bins: self.front_end.bins(), values: std::mem::take(&mut features.values) };
        features.values.clear();
        self.check(samples)?;
        features.frames = self.front_end.frames(samples.len());
        self.engine.run(samples, features);
        Ok(())
    }

    fn check(&self, samples: &[f32]) -> Result<()> {
        let refuse = |message: String| Err(Error::new(ErrorKind::InvalidArgument, message));
        let parameters = self.front_end.parameters();
        let (count, least) = (samples.len(), parameters.minimum_samples());
        if count < least {
            return refuse(format!(
                "{count} samples are too few for {}: give {least} or more",
                self.front_end
            ));
        }
        if parameters.fixed_samples.is_some_and(|most| count > most) {
            return refuse(format!("{} takes 30 s at most: cut the clip into pieces", self.front_end));
        }
        if !all_finite(samples) {
            return refuse("a sample is NaN or infinite: clean the clip first".into());
        }
        Ok(())
    }
}

impl fmt::Debug for Extractor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extractor({})", self.front_end)
    }
}

/// Whether no sample is NaN or infinite, told without a branch for each.
pub(crate) fn all_finite(samples: &[f32]) -> bool {
    const EXPONENT: u32 = 0x7f80_0000;
    let bad =
        |chunk: &[f32]| chunk.iter().fold(0u32, |bad, s| bad | u32::from(s.to_bits() & EXPONENT == EXPONENT));
    samples.chunks(1024).all(|chunk| bad(chunk) == 0)
}

#[cfg(test)]
mod tests {
    use super::reference::{self, noise};
    use super::*;

    /// The largest difference between two tables.
    fn difference(a: &[f32], b: &[f64]) -> f64 {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn every_front_end_agrees_with_the_plain_reference() {
        // Quiet and loud stretches, silence between them, an odd number of frames.
        let mut sound = noise(9, 8_123);
        sound[2_000..3_500].iter_mut().for_each(|s| *s *= 1e-4);
        sound[5_000..6_000].fill(0.0);
        for front_end in FrontEnd::ALL {
            let fast = Extractor::new(front_end).extract(&sound).unwrap();
            let frames = fast.frames.min(60);
            let plain = reference::extract(front_end, &sound, frames);
            // Means and tops are over all frames: the reference makes them from all, but keeps the first ones.
            let far = difference(&fast.values[..frames * fast.bins], &plain);
            let scale = if front_end == FrontEnd::Resemblyzer40 { 1e-5 } else { 1e-3 };
            assert!(far < scale, "{front_end}: {far}");
        }
    }

    #[test]
    fn lengths_are_as_stated() {
        for front_end in FrontEnd::ALL {
            let least = front_end.minimum_samples();
            let mut extractor = Extractor::new(front_end);
            for samples in [least, least + 1, 559, 560, 561, 4_000] {
                let features = extractor.extract(&noise(1, samples)).unwrap();
                assert_eq!(features.frames, front_end.frames(samples), "{front_end} {samples}");
                assert_eq!(features.values.len(), features.frames * front_end.bins());
                assert!(features.frames > 0);
                assert!(features.values.iter().all(|v| v.is_finite()));
            }
            if least > 0 {
                let error = extractor.extract(&noise(1, least - 1)).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            }
        }
        assert_eq!(FrontEnd::Ecapa80.frames(48_000), 301);
        assert_eq!(FrontEnd::Kaldi80Povey.frames(48_000), 298);
        assert_eq!(FrontEnd::Whisper80.frames(176_000), 3_000);
    }

    #[test]
    fn an_extractor_can_be_used_again() {
        let mut extractor = Extractor::new(FrontEnd::Ecapa80);
        let (long, short) = (noise(2, 16_000), noise(3, 5_000));
        let first = extractor.extract(&long).unwrap();
        let mut features = Features::default();
        extractor.extract_into(&short, &mut features).unwrap();
        extractor.extract_into(&long, &mut features).unwrap();
        assert_eq!(features, first);
    }

    #[test]
    fn bad_sound_and_names_are_refused() {
        let mut sound = noise(4, 4_000);
        sound[3_999] = f32::NEG_INFINITY;
        for front_end in FrontEnd::ALL {
            let error = Extractor::new(front_end).extract(&sound).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert_eq!(front_end.id().parse::<FrontEnd>().unwrap(), front_end);
        }
        let long = vec![0.0; 480_001];
        let error = Extractor::new(FrontEnd::Whisper80).extract(&long).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert_eq!("mfcc13".parse::<FrontEnd>().unwrap_err().kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn another_rate_is_resampled() {
        let clip = Clip::new(noise(5, 8_000), 8_000);
        assert_eq!(features(&clip, FrontEnd::Ecapa80).unwrap().frames, 101);
    }
}
