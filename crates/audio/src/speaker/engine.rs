//! What makes the vectors: a model and the memory that its calls use again.

use super::celda128::{self, Celda};
#[cfg(feature = "onnx")]
use super::network::SpeakerNetwork;
use super::prepare;
use crate::features::{Extractor, Features, FrontEnd};
use sonic_core::vector::normalise;
use sonic_core::{Calibration, PipelineId, Result, RunMode};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The version of everything around the models: silence, windows, means.
const VERSION: u32 = 1;

/// A model, and workers that wait for the next call. Embedders and streams share it.
pub(super) struct Engine {
    kind: Kind,
    pipeline: PipelineId,
    /// That of vectors of prepared sound.
    prepared_pipeline: PipelineId,
    idle: Mutex<Vec<Worker>>,
}

/// What makes the vectors.
enum Kind {
    Celda128,
    #[cfg(feature = "onnx")]
    Network(Box<SpeakerNetwork>),
}

/// What one call works with.
struct Worker {
    /// `None` for a model that takes samples.
    extractor: Option<Extractor>,
    features: Features,
    celda: Celda,
}

impl Engine {
    /// The built-in model.
    pub(super) fn celda128() -> Self {
        Self::new(Kind::Celda128, celda128::FRONT_END, celda128::IDENTITY)
    }

    /// A model that was loaded.
    #[cfg(feature = "onnx")]
    pub(super) fn network(network: SpeakerNetwork) -> Self {
        let (front_end, identity) = (network.front_end(), network.identity());
        Self::new(Kind::Network(Box::new(network)), front_end, &identity)
    }

    fn new(kind: Kind, front_end: FrontEnd, identity: &str) -> Self {
        let named = |step: &str| PipelineId::new(format!("voice-{VERSION}{step}/{front_end}/{identity}"));
        let prepared_pipeline = named(&format!("+speech-{}", prepare::VERSION));
        Self { kind, pipeline: named(""), prepared_pipeline, idle: Mutex::default() }
    }

    /// What tells its embeddings from those of others.
    pub(super) fn pipeline(&self) -> &PipelineId {
        &self.pipeline
    }

    /// The same with the step before it that makes the sound ready.
    pub(super) fn prepared_pipeline(&self) -> &PipelineId {
        &self.prepared_pipeline
    }

    /// Length of the vectors.
    pub(super) fn dimensions(&self) -> usize {
        match &self.kind {
            Kind::Celda128 => celda128::DIMENSIONS,
            #[cfg(feature = "onnx")]
            Kind::Network(network) => network.dimensions(),
        }
    }

    /// How cosines become probabilities.
    pub(super) fn calibration(&self) -> Option<Calibration> {
        match &self.kind {
            Kind::Celda128 => Some(celda128::CALIBRATION),
            #[cfg(feature = "onnx")]
            Kind::Network(network) => network.calibration(),
        }
    }

    /// How cosines of narrow vectors become probabilities.
    pub(super) fn narrow_calibration(&self) -> Option<Calibration> {
        self.has_narrow().then_some(celda128::NARROW_CALIBRATION)
    }

    /// True if it can look at no more than what a telephone lets through.
    pub(super) fn has_narrow(&self) -> bool {
        matches!(self.kind, Kind::Celda128)
    }

    /// A narrow vector less what all voices have in common there, of unit length; `None` if nothing is left.
    pub(super) fn centre_narrow(&self, mut vector: Vec<f32>) -> Option<Vec<f32>> {
        celda128::centre_narrow(&mut vector);
        normalise(&mut vector).then_some(vector)
    }

    /// Samples per second that it works at.
    pub(super) fn sample_rate(&self) -> u32 {
        match &self.kind {
            Kind::Celda128 => crate::features::SAMPLE_RATE,
            #[cfg(feature = "onnx")]
            Kind::Network(network) => network.sample_rate(),
        }
    }

    fn front_end(&self) -> FrontEnd {
        match &self.kind {
            Kind::Celda128 => celda128::FRONT_END,
            #[cfg(feature = "onnx")]
            Kind::Network(network) => network.front_end(),
        }
    }

    /// The output of the model for one window, and if it is wanted that for what a telephone lets through.
    pub(super) fn describe(
        &self,
        samples: &[f32],
        mode: RunMode,
        narrow: bool,
    ) -> Result<(Vec<f32>, Option<Vec<f32>>)> {
        let mut worker = self.idle().pop().unwrap_or_else(|| Worker::new(self.front_end()));
        let vectors = self.describe_with(&mut worker, samples, mode, narrow);
        self.idle().push(worker);
        vectors
    }

    #[cfg_attr(not(feature = "onnx"), expect(unused_variables, reason = "the built-in model has one mode"))]
    fn describe_with(
        &self,
        worker: &mut Worker,
        samples: &[f32],
        mode: RunMode,
        narrow: bool,
    ) -> Result<(Vec<f32>, Option<Vec<f32>>)> {
        if let Some(extractor) = &mut worker.extractor {
            extractor.extract_into(samples, &mut worker.features)?;
        }
        match &self.kind {
            Kind::Celda128 => {
                let vector = worker.celda.embed(&worker.features);
                let narrow = narrow.then(|| {
                    celda128::narrow(&mut worker.features);
                    worker.celda.embed(&worker.features)
                });
                Ok((vector, narrow))
            }
            #[cfg(feature = "onnx")]
            Kind::Network(network) if worker.extractor.is_none() => {
                Ok((network.run_on_samples(samples, mode)?, None))
            }
            #[cfg(feature = "onnx")]
            Kind::Network(network) => Ok((network.run_on_features(&worker.features, mode)?, None)),
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Worker>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Worker {
    fn new(front_end: FrontEnd) -> Self {
        Self {
            extractor: (front_end != FrontEnd::Waveform).then(|| Extractor::new(front_end)),
            features: Features::default(),
            celda: Celda::default(),
        }
    }
}
