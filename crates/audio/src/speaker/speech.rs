//! Sound in pieces to the embedding of whoever speaks in it.

use super::engine::Engine;
use super::prepare::{ConstantPart, Leveller, Prepared};
use super::stream::{VoiceStream, WINDOW_S, silent, too_short};
use super::{MINIMUM_MS, SpeechEmbedding};
use crate::speech::Bandwidth;
use sonic_core::{Clip, Result, RunMode, SpeechConditions};
use std::fmt;
use std::sync::Arc;

/// Takes sound piece by piece, keeps what is spoken and gives its embedding, in memory that does not grow: what
/// enrolling, identifying and verifying do with a recording. It owns what it works with, as [`VoiceStream`] does.
///
/// ```
/// # use sonic_audio::speaker::VoiceEmbedder;
/// let embedder = VoiceEmbedder::built_in();
/// let mut stream = embedder.speech_stream();
/// for block in 0..100 {
///     stream.push(&[0.1, -0.2, 0.3, 0.1, -0.3, 0.2, 0.0, -0.1].repeat(20))?;
/// }
/// let voice = stream.finish()?;
/// assert_eq!(&voice.embedding.pipeline, embedder.speech_pipeline());
/// # Ok::<(), sonic_core::Error>(())
/// ```
pub struct SpeechStream {
    sound: VoiceStream,
    /// `None` if the sound is embedded as it is.
    step: Option<Step>,
}

/// What is done to the sound before it is embedded.
struct Step {
    sample_rate: u32,
    constant: ConstantPart,
    leveller: Leveller,
    bandwidth: Bandwidth,
    pending: Vec<f32>,
    samples: u64,
    /// Milliseconds of speech.
    speech_ms: u64,
    /// Samples that were taken, and the sum of their powers in the sound as it was.
    taken: u64,
    power: f64,
    /// The latest stretch that is not silent, while no speech was found.
    fallback: Option<Prepared>,
}

impl SpeechStream {
    pub(super) fn new(engine: Arc<Engine>, mode: RunMode, prepare: bool) -> Self {
        let sample_rate = engine.sample_rate();
        let step = prepare.then(|| Step {
            sample_rate,
            constant: ConstantPart::new(sample_rate),
            leveller: Leveller::default(),
            bandwidth: Bandwidth::new(sample_rate),
            pending: Vec::new(),
            samples: 0,
            speech_ms: 0,
            taken: 0,
            power: 0.0,
            fallback: None,
        });
        Self { sound: VoiceStream::prepared(engine, mode, prepare), step }
    }

    /// Adds mono samples at the rate of the embedder.
    ///
    /// # Errors
    /// As [`VoiceStream::push`].
    pub fn push(&mut self, samples: &[f32]) -> Result<()> {
        let Some(step) = &mut self.step else { return self.sound.push(samples) };
        Clip::check_samples(samples)?;
        let window = WINDOW_S * step.sample_rate as usize;
        step.samples += samples.len() as u64;
        for piece in samples.chunks(window) {
            step.constant.remove(piece, &mut step.pending);
            if step.pending.len() >= 2 * window {
                let stretch: Vec<f32> = step.pending.drain(..window).collect();
                step.add(&stretch, &mut self.sound)?;
            }
        }
        Ok(())
    }

    /// Ends the sound and gives the embedding of the speech in it, or of all of it where no speech was found.
    ///
    /// # Errors
    /// As [`VoiceStream::finish`].
    pub fn finish(mut self) -> Result<SpeechEmbedding> {
        let Some(mut step) = self.step.take() else {
            return Ok(SpeechEmbedding { embedding: self.sound.finish()?, narrow: None, conditions: None });
        };
        let length_ms = step.samples * 1000 / u64::from(step.sample_rate.max(1));
        if length_ms < MINIMUM_MS {
            return Err(too_short(length_ms));
        }
        let rest = std::mem::take(&mut step.pending);
        step.add(&rest, &mut self.sound)?;
        let conditions = step.conditions(&mut self.sound)?;
        let (embedding, narrow) = self.sound.finish_both()?;
        Ok(SpeechEmbedding { embedding, narrow, conditions: Some(conditions) })
    }
}

impl Step {
    /// Takes a stretch whose constant part is gone.
    fn add(&mut self, stretch: &[f32], sound: &mut VoiceStream) -> Result<()> {
        let Some(prepared) = self.leveller.prepare(stretch, self.sample_rate)? else { return Ok(()) };
        if prepared.speech_ms == 0 {
            if self.taken == 0 {
                self.fallback = Some(prepared);
            }
            return Ok(());
        }
        self.fallback = None;
        self.speech_ms += prepared.speech_ms;
        self.take(&prepared, sound)
    }

    fn take(&mut self, prepared: &Prepared, sound: &mut VoiceStream) -> Result<()> {
        self.taken += prepared.samples.len() as u64;
        self.power += prepared.power * prepared.samples.len() as f64;
        self.bandwidth.push(&prepared.samples);
        sound.push(&prepared.samples)
    }

    /// What was found, after all of it.
    fn conditions(&mut self, sound: &mut VoiceStream) -> Result<SpeechConditions> {
        if let Some(fallback) = self.fallback.take() {
            self.take(&fallback, sound)?;
        }
        if self.taken == 0 {
            return Err(silent());
        }
        Ok(SpeechConditions {
            speech_ms: self.speech_ms,
            bandwidth_hz: self.bandwidth.hertz(),
            level_dbfs: (10.0 * (self.power / self.taken as f64).max(1e-12).log10()) as f32,
        })
    }
}

impl fmt::Debug for SpeechStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpeechStream({:?})", self.sound)
    }
}
