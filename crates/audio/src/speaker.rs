//! Voices as vectors: the embedding of a clip says who speaks in it.
//!
//! ```
//! use sonic_audio::speaker::VoiceEmbedder;
//! # use sonic_core::Clip;
//! # let clip = Clip::new((0..16_000).map(|i| (i as f32 * 0.05).sin() * (i as f32 * 0.003).sin()).collect(), 16_000);
//! let embedder = VoiceEmbedder::built_in();
//! let embedding = embedder.embed(&clip)?;
//! assert_eq!(embedding.vector.len(), embedder.dimensions());
//! # Ok::<(), sonic_core::Error>(())
//! ```
//!
//! Two embeddings of one pipeline are compared by their dot product. The built-in model, celda128, needs nothing
//! besides this crate; it is good for clean recordings of one kind (an equal error rate of 0.4 % on whole utterances
//! and 3.2 % on 3 s of LibriSpeech test-other) and hears the microphone and the room too. With the feature `onnx`
//! any speaker model can be used that a manifest describes.
//!
//! # Long sound
//!
//! Sound of less than 60 s is embedded whole. Longer sound is cut into windows of 30 s, the last of 30 to 60 s;
//! the embedding is the mean of their embeddings, weighted by length, at unit length again. Silent windows do not
//! count. Memory does not grow with the length of the sound.
//!
//! # Only what is spoken
//!
//! [`VoiceEmbedder::embed`] embeds the sound as it is: noise before somebody speaks, a quiet recording or a constant part
//! change the embedding. [`VoiceEmbedder::embed_speech`] takes a step before it, which enrolling, identifying and verifying
//! take: the constant part is removed, the level is set and what is not speech left out. It says what was
//! [`SpeechConditions`] too, and its embeddings are of a pipeline of their own.

mod celda128;
mod engine;
#[cfg(feature = "onnx")]
mod network;
mod prepare;
mod speech;
mod stream;

pub(crate) use prepare::without_constant_part;
pub use sonic_core::SpeechConditions;
pub use speech::SpeechStream;
pub use stream::{MINIMUM_MS, VoiceStream};

use crate::decode::{DecodeOptions, Decoder, Source};
use crate::resample;
use engine::Engine;
use sonic_core::{
    Calibration, Clip, Embedding, Error, ErrorKind, PipelineId, Provider, Result, RunMode, parallel,
};
#[cfg(feature = "onnx")]
use sonic_model::Model;
use std::borrow::Borrow;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// How to load a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoiceEmbedderOptions {
    /// Threads that one call uses; 0 means as many as the machine has cores, and so does every number above that.
    pub threads: usize,
    /// What a model runs on. The built-in model always runs on the processor.
    pub provider: Provider,
    /// Whether [`embed_speech`](VoiceEmbedder::embed_speech), and with it enrolling, identifying and verifying, removes the constant
    /// part, sets the level and keeps what is spoken before it embeds. Without, it is [`embed`](VoiceEmbedder::embed).
    /// A store keeps voices of one or the other.
    pub prepare: bool,
}

impl Default for VoiceEmbedderOptions {
    fn default() -> Self {
        Self { threads: 0, provider: Provider::default(), prepare: true }
    }
}

impl VoiceEmbedderOptions {
    fn threads(&self) -> usize {
        parallel::threads(self.threads)
    }
}

/// Makes embeddings of voices. Any number of threads can use one at once; clones share the model.
#[derive(Clone)]
pub struct VoiceEmbedder {
    engine: Arc<Engine>,
    threads: usize,
    prepare: bool,
}

/// The voice in a recording, by what is spoken.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SpeechEmbedding {
    /// The embedding of what is spoken, of [`speech_pipeline`](VoiceEmbedder::speech_pipeline).
    pub embedding: Embedding,
    /// A vector of what a telephone lets through of it, of unit length, to be compared with such vectors where one of
    /// two recordings has no more; `None` if the model has no form for it, or the sound was not prepared.
    pub narrow: Option<Vec<f32>>,
    /// What it was made of; `None` if the sound was not prepared.
    pub conditions: Option<SpeechConditions>,
}

impl VoiceEmbedder {
    /// The built-in model, celda128: 128 dimensions, nothing to download.
    pub fn built_in() -> Self {
        Self::built_in_with(&VoiceEmbedderOptions::default())
    }

    /// As [`built_in`](Self::built_in), with options.
    pub fn built_in_with(options: &VoiceEmbedderOptions) -> Self {
        Self::new(Engine::celda128(), options)
    }

    /// The model that a manifest describes.
    ///
    /// # Errors
    /// `Model` if it is not for voices, or the runtime or the file is missing, damaged or does not do what the
    /// manifest says; `InvalidArgument` for more than 1024 threads.
    #[cfg(feature = "onnx")]
    pub fn load(model: &Model, options: &VoiceEmbedderOptions) -> Result<Self> {
        if model.is_built_in() && model.manifest.id == celda128::ID {
            return Ok(Self::built_in_with(options));
        }
        let network = network::SpeakerNetwork::load(model, options.threads, options.provider)?;
        Ok(Self::new(Engine::network(network), options))
    }

    fn new(engine: Engine, options: &VoiceEmbedderOptions) -> Self {
        Self { engine: Arc::new(engine), threads: options.threads(), prepare: options.prepare }
    }

    /// What tells the embeddings of [`embed`](Self::embed) from those of others: front-end, model bytes and version.
    pub fn pipeline(&self) -> &PipelineId {
        self.engine.pipeline()
    }

    /// The same of what [`embed_speech`](Self::embed_speech) gives and a store keeps: it names the step before, if that is taken.
    pub fn speech_pipeline(&self) -> &PipelineId {
        if self.prepare { self.engine.prepared_pipeline() } else { self.engine.pipeline() }
    }

    /// Whether [`embed_speech`](Self::embed_speech) prepares the sound.
    pub fn prepares(&self) -> bool {
        self.prepare
    }

    /// Length of the vectors.
    pub fn dimensions(&self) -> usize {
        self.engine.dimensions()
    }

    /// How cosines of its embeddings become probabilities, as far as its manifest says.
    pub fn calibration(&self) -> Option<Calibration> {
        self.engine.calibration()
    }

    /// How cosines of narrow vectors become probabilities, if it makes such.
    pub fn narrow_calibration(&self) -> Option<Calibration> {
        self.engine.narrow_calibration()
    }

    /// Samples per second that it works at; other clips are resampled.
    pub fn sample_rate(&self) -> u32 {
        self.engine.sample_rate()
    }

    /// The embedding of the voice in `clip`, of unit length.
    ///
    /// # Errors
    /// `InvalidArgument` if the clip is shorter than [`MINIMUM_MS`] or silent, a sample is not finite or the rate
    /// is 0 or above 768,000 Hz; `Model` if the model fails.
    pub fn embed(&self, clip: &Clip) -> Result<Embedding> {
        self.embed_as(clip, RunMode::Single)
    }

    /// The embedding of the voice in a file, decoded block by block.
    ///
    /// # Errors
    /// As [`embed`](Self::embed) and [`Decoder::open`].
    pub fn embed_source(&self, source: impl Into<Source>) -> Result<Embedding> {
        self.embed_source_as(source.into(), RunMode::Single)
    }

    /// The embeddings of many clips, owned, borrowed or shared, all cores at work, in the order of the clips.
    pub fn embed_many<C: Borrow<Clip> + Sync>(&self, clips: &[C]) -> Vec<Result<Embedding>> {
        self.share(clips.len(), |i| self.embed_as(clips[i].borrow(), RunMode::Batch))
    }

    /// The embeddings of many files, all cores at work, in the order of the files.
    pub fn embed_sources(&self, sources: Vec<Source>) -> Vec<Result<Embedding>> {
        let sources: Vec<_> = sources.into_iter().map(|s| Mutex::new(Some(s))).collect();
        self.share(sources.len(), |i| {
            let source = sources[i].lock().unwrap_or_else(PoisonError::into_inner).take();
            let lost = || Error::new(ErrorKind::Internal, "a source was taken twice");
            self.embed_source_as(source.ok_or_else(lost)?, RunMode::Batch)
        })
    }

    /// The voice in `clip`, by what is spoken in it; by all of it if no speech is found.
    ///
    /// # Errors
    /// As [`embed`](Self::embed).
    pub fn embed_speech(&self, clip: &Clip) -> Result<SpeechEmbedding> {
        let mut stream = self.speech_stream();
        resample::in_blocks(clip, self.sample_rate(), |block| stream.push(block))?;
        stream.finish()
    }

    /// The voice in a file, decoded block by block, as [`embed_speech`](Self::embed_speech) does it.
    ///
    /// # Errors
    /// As [`embed_source`](Self::embed_source).
    pub fn embed_speech_source(&self, source: impl Into<Source>) -> Result<SpeechEmbedding> {
        let mut decoder = Decoder::open(source.into(), &DecodeOptions::at(self.sample_rate()))?;
        let mut stream = self.speech_stream();
        while let Some(block) = decoder.next_block()? {
            stream.push(block)?;
        }
        stream.finish()
    }

    /// As [`embed_speech`](Self::embed_speech), of sound that comes in pieces, at [`sample_rate`](Self::sample_rate): for live sound that
    /// is compared with a store. The stream may outlive this embedder.
    pub fn speech_stream(&self) -> SpeechStream {
        SpeechStream::new(self.engine.clone(), RunMode::Single, self.prepare)
    }

    /// An embedding of sound that comes in pieces, at [`sample_rate`](Self::sample_rate). The stream keeps the model
    /// alive: it may outlive this embedder.
    pub fn stream(&self) -> VoiceStream {
        self.stream_as(RunMode::Single)
    }

    fn stream_as(&self, mode: RunMode) -> VoiceStream {
        VoiceStream::new(self.engine.clone(), mode)
    }

    fn embed_as(&self, clip: &Clip, mode: RunMode) -> Result<Embedding> {
        let mut stream = self.stream_as(mode);
        resample::in_blocks(clip, self.sample_rate(), |block| stream.push(block))?;
        stream.finish()
    }

    fn embed_source_as(&self, source: Source, mode: RunMode) -> Result<Embedding> {
        let mut decoder = Decoder::open(source, &DecodeOptions::at(self.sample_rate()))?;
        let mut stream = self.stream_as(mode);
        while let Some(block) = decoder.next_block()? {
            stream.push(block)?;
        }
        stream.finish()
    }

    /// Does `work` for 0..count on all threads.
    fn share<T: Send>(&self, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
        parallel::map(0..count, self.threads, work)
    }
}

impl fmt::Debug for VoiceEmbedder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VoiceEmbedder({}, {} dimensions)", self.pipeline(), self.dimensions())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A buzz whose formants wander, different for every seed.
    fn voice(seed: u32, samples: usize) -> Vec<f32> {
        let pitch = 90.0 + 37.0 * seed as f32;
        (0..samples)
            .map(|i| {
                let t = i as f32 / 16_000.0;
                let partial = |k: u32| (std::f32::consts::TAU * pitch * k as f32 * t).sin() / k as f32;
                let syllable = 0.5 + 0.5 * (std::f32::consts::TAU * 3.1 * t).sin();
                0.1 * syllable * (1..20).map(partial).sum::<f32>()
            })
            .collect()
    }

    fn cosine(a: &Embedding, b: &Embedding) -> f32 {
        assert_eq!(a.pipeline, b.pipeline);
        a.vector.iter().zip(&b.vector).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn embeddings_are_of_unit_length_and_tell_voices_apart() {
        let embedder = VoiceEmbedder::built_in();
        let embed = |seed, from: usize| {
            embedder.embed(&Clip::new(voice(seed, 96_000)[from..from + 48_000].to_vec(), 16_000)).unwrap()
        };
        let (a, same, other) = (embed(1, 0), embed(1, 40_000), embed(3, 0));
        assert!((cosine(&a, &a) - 1.0).abs() < 1e-5);
        assert!(cosine(&a, &same) > 0.8, "{}", cosine(&a, &same));
        assert!(cosine(&a, &other) < 0.7, "{}", cosine(&a, &other));
    }

    #[test]
    fn a_batch_keeps_the_order_and_each_has_its_own_error() {
        let embedder =
            VoiceEmbedder::built_in_with(&VoiceEmbedderOptions { threads: 3, ..Default::default() });
        let mut clips: Vec<_> =
            (0..9).map(|i| Clip::new(voice(i, 8_000 + 500 * i as usize), 16_000)).collect();
        clips[4].samples.truncate(100);
        let many = embedder.embed_many(&clips);
        for (clip, result) in clips.iter().zip(&many) {
            match embedder.embed(clip) {
                Ok(alone) => assert_eq!(result.as_ref().unwrap(), &alone),
                Err(error) => assert_eq!(result.as_ref().unwrap_err().kind(), error.kind()),
            }
        }
        assert_eq!(many.iter().filter(|r| r.is_err()).count(), 1);
        assert!(embedder.embed_many::<Clip>(&[]).is_empty());
    }
}
