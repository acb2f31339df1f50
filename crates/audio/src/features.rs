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
mod table;

use crate::resample;
use engine::Engine;
use parameters::Parameters;
pub use sonic_core::FrontEnd;
use sonic_core::{Clip, Error, ErrorKind, Result};
use std::fmt;
use std::sync::{Arc, OnceLock};
pub use table::{Features, SAMPLE_RATE};

/// The features of `clip`, resampled to 16 kHz if it has another rate.
///
/// # Errors
///
/// `InvalidArgument` if a sample is not finite, the rate is 0 or above 768,000 Hz, the clip is shorter than
/// [`Extractor::minimum_samples`] or, for Whisper, longer than 30 s.
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
    /// `None` for the waveform, which is taken as it is.
    spectral: Option<Spectral>,
}

/// What turns frames into mels.
struct Spectral {
    parameters: Parameters,
    engine: Engine,
}

impl Extractor {
    /// An extractor for `front_end`.
    pub fn new(front_end: FrontEnd) -> Self {
        static TABLES: [OnceLock<Arc<engine::Tables>>; FrontEnd::ALL.len()] =
            [const { OnceLock::new() }; FrontEnd::ALL.len()];
        let spectral = Parameters::of(front_end).map(|parameters| {
            let tables = TABLES[front_end as usize].get_or_init(|| Arc::new(engine::Tables::new(parameters)));
            Spectral { parameters, engine: Engine::new(tables.clone()) }
        });
        Self { front_end, spectral }
    }

    /// What it makes.
    pub fn front_end(&self) -> FrontEnd {
        self.front_end
    }

    /// Fewest samples, at 16 kHz, that give a frame.
    pub fn minimum_samples(&self) -> usize {
        self.spectral.as_ref().map_or(1, |spectral| spectral.parameters.minimum_samples())
    }

    /// Frames that `samples` samples at 16 kHz give; a frame of the waveform is a sample.
    pub fn frames(&self, samples: usize) -> usize {
        self.spectral.as_ref().map_or(samples, |spectral| spectral.parameters.frames(samples))
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
        features.frames = self.frames(samples.len());
        match &mut self.spectral {
            Some(spectral) => spectral.engine.run(samples, features),
            None => features.values.extend_from_slice(samples),
        }
        Ok(())
    }

    fn check(&self, samples: &[f32]) -> Result<()> {
        let refuse = |message: String| Err(Error::new(ErrorKind::InvalidArgument, message));
        let (count, least) = (samples.len(), self.minimum_samples());
        if count < least {
            return refuse(format!(
                "{count} samples are too few for {}: give {least} or more",
                self.front_end
            ));
        }
        let fixed = self.spectral.as_ref().and_then(|spectral| spectral.parameters.fixed_samples);
        if let Some(most) = fixed.filter(|most| count > *most) {
            let seconds = most / SAMPLE_RATE as usize;
            return refuse(format!("{} takes {seconds} s at most: cut the clip into pieces", self.front_end));
        }
        Clip::check_samples(samples)
    }
}

impl fmt::Debug for Extractor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extractor({})", self.front_end)
    }
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
        for front_end in FrontEnd::ALL.into_iter().filter(|f| *f != FrontEnd::Waveform) {
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
            let mut extractor = Extractor::new(front_end);
            let least = extractor.minimum_samples();
            for samples in [least, least + 1, 559, 560, 561, 4_000] {
                let features = extractor.extract(&noise(1, samples)).unwrap();
                assert_eq!(features.frames, extractor.frames(samples), "{front_end} {samples}");
                assert_eq!(features.values.len(), features.frames * front_end.bins());
                assert!(features.frames > 0);
                assert!(features.values.iter().all(|v| v.is_finite()));
            }
            if least > 0 {
                let error = extractor.extract(&noise(1, least - 1)).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            }
        }
        let frames = |front_end, samples| Extractor::new(front_end).frames(samples);
        assert_eq!(frames(FrontEnd::Ecapa80, 48_000), 301);
        assert_eq!(frames(FrontEnd::Kaldi80Povey, 48_000), 298);
        assert_eq!(frames(FrontEnd::Whisper80, 176_000), 3_000);
        let sound = noise(8, 500);
        assert_eq!(Extractor::new(FrontEnd::Waveform).extract(&sound).unwrap().values, sound);
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
    fn bad_sound_is_refused() {
        let mut sound = noise(4, 4_000);
        sound[3_999] = f32::NEG_INFINITY;
        for front_end in FrontEnd::ALL {
            let error = Extractor::new(front_end).extract(&sound).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        }
        let long = vec![0.0; 480_001];
        let error = Extractor::new(FrontEnd::Whisper80).extract(&long).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }

    #[test]
    fn another_rate_is_resampled() {
        let clip = Clip::new(noise(5, 8_000), 8_000);
        assert_eq!(features(&clip, FrontEnd::Ecapa80).unwrap().frames, 101);
    }
}
