//! Sound in pieces to one embedding.

use super::engine::Engine;
use sonic_core::{Clip, Embedding, Error, ErrorKind, PipelineId, Result, RunMode};
use std::fmt;
use std::sync::Arc;

/// Shortest sound, in milliseconds, that can be embedded. To tell speakers apart give 3 s or more.
pub const MINIMUM_MS: u64 = 200;

/// Length of a window in seconds; see the [module](super).
pub(super) const WINDOW_S: usize = 30;

/// Sound of less power than this, its mean removed, is silence: -80 dB of full scale.
const SILENCE: f64 = 1e-8;

/// Takes sound piece by piece and gives its embedding, in memory that does not grow. It owns what it works with, so that
/// it can live as long as a call or a broadcast does.
///
/// ```
/// # use sonic_audio::speaker::VoiceEmbedder;
/// let embedder = VoiceEmbedder::built_in();
/// let mut stream = embedder.stream();
/// for block in 0..100 {
///     stream.push(&[0.1, -0.2, 0.3, 0.1, -0.3, 0.2, 0.0, -0.1].repeat(20))?;
/// }
/// let embedding = stream.finish()?;
/// # Ok::<(), sonic_core::Error>(())
/// ```
pub struct VoiceStream {
    engine: Arc<Engine>,
    mode: RunMode,
    pending: Vec<f32>,
    /// The sum of the windows so far, weighted by their lengths.
    sum: Vec<f64>,
    /// The same of what a telephone lets through, if that is wanted and the model has a form for it.
    narrow: Option<Vec<f64>>,
    /// What is said of the embedding: that of the model, or that with the step before it.
    pipeline: PipelineId,
    windows: usize,
}

impl VoiceStream {
    pub(super) fn new(engine: Arc<Engine>, mode: RunMode) -> Self {
        Self::prepared(engine, mode, false)
    }

    /// For sound that was made ready before, if `is_prepared`.
    pub(super) fn prepared(engine: Arc<Engine>, mode: RunMode, is_prepared: bool) -> Self {
        let sum = vec![0.0; engine.dimensions()];
        let narrow = (is_prepared && engine.has_narrow()).then(|| sum.clone());
        let pipeline = if is_prepared { engine.prepared_pipeline() } else { engine.pipeline() }.clone();
        Self { engine, mode, pending: Vec::new(), sum, narrow, pipeline, windows: 0 }
    }

    /// Adds mono samples at the rate of the embedder.
    ///
    /// # Errors
    /// `InvalidArgument` if a sample is not finite, nothing of `samples` is taken then; `Model` if the model fails.
    pub fn push(&mut self, samples: &[f32]) -> Result<()> {
        Clip::check_samples(samples)?;
        let window = WINDOW_S * self.engine.sample_rate() as usize;
        // In pieces, so that a push of hours needs no memory for hours.
        for piece in samples.chunks(window) {
            self.pending.extend_from_slice(piece);
            if self.pending.len() >= 2 * window {
                self.add_window(window)?;
                self.pending.drain(..window);
            }
        }
        Ok(())
    }

    /// Ends the sound and gives its embedding.
    ///
    /// # Errors
    /// `InvalidArgument` if the sound was shorter than [`MINIMUM_MS`] or silent; `Model` if the model fails.
    pub fn finish(self) -> Result<Embedding> {
        self.finish_both().map(|(embedding, _)| embedding)
    }

    /// As [`finish`](Self::finish), with the vector of what a telephone lets through.
    pub(super) fn finish_both(mut self) -> Result<(Embedding, Option<Vec<f32>>)> {
        let rate = u64::from(self.engine.sample_rate());
        let length_ms = self.pending.len() as u64 * 1000 / rate;
        if self.windows == 0 && length_ms < MINIMUM_MS {
            return Err(too_short(length_ms));
        }
        self.add_window(self.pending.len())?;
        let vector = unit(&self.sum).ok_or_else(silent)?;
        let narrow = self.narrow.as_ref().and_then(|sum| self.engine.centre_narrow(unit(sum)?));
        Ok((Embedding { pipeline: self.pipeline, vector }, narrow))
    }

    /// Embeds the first `length` pending samples.
    fn add_window(&mut self, length: usize) -> Result<()> {
        self.windows += 1;
        let samples = &self.pending[..length];
        if variance(samples) < SILENCE {
            return Ok(());
        }
        let (vector, narrow) = self.engine.describe(samples, self.mode, self.narrow.is_some())?;
        add(&mut self.sum, &vector, length)?;
        match (&mut self.narrow, narrow) {
            (Some(sum), Some(narrow)) => add(sum, &narrow, length),
            _ => Ok(()),
        }
    }
}

/// Adds a vector to a sum, at unit length times `length`.
fn add(sum: &mut [f64], vector: &[f32], length: usize) -> Result<()> {
    let norm = vector.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
    if !norm.is_finite() || norm == 0.0 {
        let message = "the model gave no direction for this sound: its file may be damaged";
        return Err(Error::new(ErrorKind::Model, message));
    }
    let weight = length as f64 / norm;
    sum.iter_mut().zip(vector).for_each(|(sum, v)| *sum += weight * f64::from(*v));
    Ok(())
}

/// The sum at unit length, if it has one.
fn unit(sum: &[f64]) -> Option<Vec<f32>> {
    let length = sum.iter().map(|v| v * v).sum::<f64>().sqrt();
    (length > 0.0).then(|| sum.iter().map(|v| (v / length) as f32).collect())
}

pub(super) fn too_short(length_ms: u64) -> Error {
    let message = format!("{length_ms} ms are too short for an embedding: give {MINIMUM_MS} ms or more");
    Error::new(ErrorKind::InvalidArgument, message)
}

pub(super) fn silent() -> Error {
    Error::new(ErrorKind::InvalidArgument, "the sound is silent: there is no voice to embed")
}

impl fmt::Debug for VoiceStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VoiceStream({}, {} windows)", self.pipeline, self.windows)
    }
}

/// Mean power without the constant part. The sums of few samples are gathered in double precision.
fn variance(samples: &[f32]) -> f64 {
    let (mut sum, mut squares) = (0.0f64, 0.0f64);
    for chunk in samples.chunks(512) {
        let mut lanes = [[0.0f32; 16]; 2];
        for part in chunk.chunks(16) {
            for (i, x) in part.iter().enumerate() {
                lanes[0][i] += x;
                lanes[1][i] += x * x;
            }
        }
        sum += f64::from(lanes[0].iter().sum::<f32>());
        squares += f64::from(lanes[1].iter().sum::<f32>());
    }
    let count = samples.len().max(1) as f64;
    (squares - sum * sum / count) / count
}

#[cfg(test)]
mod tests {
    use super::super::VoiceEmbedder;
    use super::*;

    fn noise(samples: usize) -> Vec<f32> {
        let mut state = 11u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        (0..samples).map(|i| 0.2 * random() * (1.2 + (i as f32 * 1e-4).sin())).collect()
    }

    #[test]
    fn pieces_do_not_matter() {
        let embedder = VoiceEmbedder::built_in();
        let sound = noise(100 * 16_000);
        let whole = embedder.embed(&Clip::new(sound.clone(), 16_000)).unwrap();
        for size in [1_000, 70_001, 2_000_000] {
            let mut stream = embedder.stream();
            sound.chunks(size).for_each(|block| stream.push(block).unwrap());
            assert!(stream.pending.capacity() <= 4 * WINDOW_S * 16_000);
            assert_eq!(stream.finish().unwrap(), whole);
        }
    }

    #[test]
    fn a_stream_outlives_its_embedder_and_goes_to_another_thread() {
        let sound = noise(48_000);
        let embedder = VoiceEmbedder::built_in();
        let whole = embedder.embed(&Clip::new(sound.clone(), 16_000)).unwrap();
        let mut stream = embedder.stream();
        drop(embedder);
        let streamed = std::thread::spawn(move || {
            sound.chunks(1_600).for_each(|block| stream.push(block).unwrap());
            stream.finish().unwrap()
        });
        assert_eq!(streamed.join().unwrap(), whole);
    }

    #[test]
    fn a_long_sound_is_the_mean_of_its_windows() {
        let embedder = VoiceEmbedder::built_in();
        let mut sound = noise(105 * 16_000);
        // The second window is silent and does not count.
        sound[30 * 16_000..60 * 16_000].fill(0.25);
        let embed = |from: usize, to: usize| {
            let clip = Clip::new(sound[from * 16_000..to * 16_000].to_vec(), 16_000);
            embedder.embed(&clip).unwrap().vector
        };
        let (first, last) = (embed(0, 30), embed(60, 105));
        let mean: Vec<f32> = first.iter().zip(&last).map(|(a, b)| 30.0 * a + 45.0 * b).collect();
        let length = mean.iter().map(|v| v * v).sum::<f32>().sqrt();
        let whole = embed(0, 105);
        for (got, want) in whole.iter().zip(&mean) {
            assert!((got - want / length).abs() < 1e-5);
        }
    }

    #[test]
    fn short_silent_and_broken_sound_is_refused() {
        let embedder = VoiceEmbedder::built_in();
        let refused = |samples: Vec<f32>| {
            let error = embedder.embed(&Clip::new(samples, 16_000)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            error.message().to_owned()
        };
        assert!(refused(vec![]).contains("too short"));
        assert!(refused(noise(1_600)).contains("100 ms"));
        assert!(refused(vec![0.0; 48_000]).contains("silent"));
        assert!(refused(vec![0.7; 2_000_000]).contains("silent"));
        let mut broken = noise(48_000);
        broken[40_000] = f32::NAN;
        assert!(refused(broken).contains("NaN"));
    }
}
