//! Speaker models in ONNX form, fed as their manifests say.

use super::Manner;
use crate::features::{self, Features};
use sonic_core::model::{Manifest, ModelFile, Port, Provider, Session, SessionOptions, Task, Tensor};
use sonic_core::{Calibration, Error, ErrorKind, Result};
use std::sync::{Arc, Mutex, PoisonError};

/// A speaker model that is loaded.
pub(super) struct Network {
    file: ModelFile,
    /// `None` for a model that takes samples.
    features: Option<features::FrontEnd>,
    sample_rate: u32,
    dims: usize,
    calibration: Option<Calibration>,
    input: String,
    output: usize,
    threads: usize,
    provider: Provider,
    /// One run that uses all cores.
    alone: Session,
    /// A run on each core; loaded with the first batch, because each has its own copy of the weights.
    batch: Mutex<Option<Arc<Session>>>,
}

impl Network {
    /// Loads the model on `threads` threads.
    pub(super) fn load(file: &ModelFile, threads: usize, provider: Provider) -> Result<Self> {
        let manifest = &file.manifest;
        manifest.expect(Task::SpeakerEmbedding)?;
        let speech = manifest.speech()?;
        let features = match speech.front_end.name() {
            "waveform" => None,
            id => Some(id.parse::<features::FrontEnd>()?),
        };
        if features.is_some() && speech.sample_rate != features::SAMPLE_RATE {
            let message =
                format!("front-ends work at 16000 Hz, not at {}: correct the manifest", speech.sample_rate);
            return Err(refuse(manifest, message));
        }
        let dims =
            manifest.dimensions.ok_or_else(|| refuse(manifest, "its manifest lacks `dimensions`".into()))?;
        let alone = Session::load(file, &SessionOptions { threads, instances: 1, provider })?;
        let input = input_of(manifest, &alone, features)?;
        let output = output_of(manifest, &alone, dims)?;
        Ok(Self {
            file: file.clone(),
            features,
            sample_rate: speech.sample_rate,
            dims,
            calibration: speech.calibration.map(|c| Calibration {
                slope: c.slope,
                offset: c.offset,
                trials: 0,
            }),
            input,
            output,
            threads,
            provider,
            alone,
            batch: Mutex::new(None),
        })
    }

    pub(super) fn calibration(&self) -> Option<Calibration> {
        self.calibration
    }

    pub(super) fn features(&self) -> Option<features::FrontEnd> {
        self.features
    }

    pub(super) fn front_end(&self) -> &'static str {
        self.features.map_or("waveform", features::FrontEnd::id)
    }

    pub(super) fn identity(&self) -> String {
        format!("onnx-{}", self.alone.model_hash())
    }

    pub(super) fn dims(&self) -> usize {
        self.dims
    }

    pub(super) fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// The output for samples: an input of shape \[1, samples].
    pub(super) fn run_on_samples(&self, samples: &[f32], manner: Manner) -> Result<Vec<f32>> {
        self.run(Tensor::f32([1, samples.len()], samples)?, manner)
    }

    /// The output for features: an input of shape \[1, frames, bins].
    pub(super) fn run_on_features(&self, features: &Features, manner: Manner) -> Result<Vec<f32>> {
        self.run(Tensor::f32([1, features.frames, features.bins], &features.values[..])?, manner)
    }

    fn run(&self, input: Tensor, manner: Manner) -> Result<Vec<f32>> {
        let inputs = [(self.input.as_str(), input)];
        let mut outputs = match self.batch_session(manner)? {
            Some(session) => session.run(&inputs)?,
            None => self.alone.run(&inputs)?,
        };
        let vector = outputs.swap_remove(self.output).into_f32()?;
        match vector.len() == self.dims {
            true => Ok(vector),
            false => {
                let message =
                    format!("it gave {} numbers where its manifest promises {}", vector.len(), self.dims);
                Err(refuse(&self.file.manifest, message))
            }
        }
    }

    /// The session for a batch; `None` where one run is enough to keep the processor busy, or there is a card.
    fn batch_session(&self, manner: Manner) -> Result<Option<Arc<Session>>> {
        if manner == Manner::Alone || self.threads == 1 || self.alone.provider() != Provider::Cpu {
            return Ok(None);
        }
        let mut batch = self.batch.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = &*batch {
            return Ok(Some(session.clone()));
        }
        let options = SessionOptions { threads: 1, instances: self.threads, provider: self.provider };
        let session = Arc::new(Session::load(&self.file, &options)?);
        *batch = Some(session.clone());
        Ok(Some(session))
    }
}

/// The input that is fed: the one that the manifest names, or the only one.
fn input_of(manifest: &Manifest, session: &Session, features: Option<features::FrontEnd>) -> Result<String> {
    let named = manifest.inputs.first();
    let port = match (named, session.inputs()) {
        (Some(name), ports) => ports.iter().find(|p| p.name == *name),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    let port =
        port.ok_or_else(|| refuse(manifest, "its manifest must name the input that takes sound".into()))?;
    let (front_end, last) = match features {
        Some(features) => (features.id(), Some(features.bins())),
        None => ("waveform", None),
    };
    let rank = if features.is_some() { 3 } else { 2 };
    let fits = |i: usize, wanted: Option<usize>| port.shape[i].is_none() || port.shape[i] == wanted;
    if port.shape.len() != rank
        || !fits(0, Some(1))
        || !fits(rank - 1, last)
        || (rank == 3 && port.shape[1].is_some())
    {
        let message = format!("its input `{}` takes {port}, which is not what {front_end} gives", port.name);
        return Err(refuse(manifest, message));
    }
    Ok(port.name.clone())
}

/// The output that is read: the one that the manifest names, or the only one.
fn output_of(manifest: &Manifest, session: &Session, dims: usize) -> Result<usize> {
    let place = match (manifest.outputs.first(), session.outputs().len()) {
        (Some(name), _) => session.output(name),
        (None, 1) => Some(0),
        (None, _) => None,
    };
    let place = place
        .ok_or_else(|| refuse(manifest, "its manifest must name the output with the embedding".into()))?;
    let port: &Port = &session.outputs()[place];
    if port.shape.last().is_some_and(|last| last.is_some_and(|last| last != dims)) {
        let message =
            format!("its output `{}` gives {port}, its manifest promises {dims} numbers", port.name);
        return Err(refuse(manifest, message));
    }
    Ok(place)
}

fn refuse(manifest: &Manifest, message: String) -> Error {
    Error::new(ErrorKind::Model, message).context(&manifest.id)
}
