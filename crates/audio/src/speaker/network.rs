//! Speaker models in ONNX form, fed as their manifests say.

use crate::features::{self, Features, FrontEnd};
use crate::manifest::Speech;
use sonic_core::{Calibration, Provider, Result, RunMode};
use sonic_model::{Model, Network, SessionOptions, TensorView};

/// What a manifest calls models of this kind.
const TASK: &str = "speaker-embedding";

/// A speaker model that is loaded.
pub(super) struct SpeakerNetwork {
    network: Network,
    speech: Speech,
    dimensions: usize,
    input: String,
    output: usize,
}

impl SpeakerNetwork {
    /// Loads the model on `threads` threads.
    pub(super) fn load(model: &Model, threads: usize, provider: Provider) -> Result<Self> {
        let manifest = &model.manifest;
        manifest.expect(TASK)?;
        let speech = Speech::of(manifest)?;
        manifest.dimensions()?;
        if speech.front_end != FrontEnd::Waveform && speech.sample_rate != features::SAMPLE_RATE {
            let message =
                format!("front-ends work at 16000 Hz, not at {}: correct the manifest", speech.sample_rate);
            return Err(manifest.refuse(message));
        }
        let network = Network::load(model, &SessionOptions { threads, instances: 1, provider })?;
        let input = input_of(&network, speech.front_end)?;
        let (output, dimensions) = network.embedding_output()?;
        Ok(Self { network, speech, dimensions, input, output })
    }

    pub(super) fn calibration(&self) -> Option<Calibration> {
        self.speech.calibration()
    }

    pub(super) fn front_end(&self) -> FrontEnd {
        self.speech.front_end
    }

    pub(super) fn identity(&self) -> String {
        self.network.identity()
    }

    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    pub(super) fn sample_rate(&self) -> u32 {
        self.speech.sample_rate
    }

    /// The output for samples: an input of shape \[1, samples].
    pub(super) fn run_on_samples(&self, samples: &[f32], mode: RunMode) -> Result<Vec<f32>> {
        self.run(TensorView::new(vec![1, samples.len()], samples)?, mode)
    }

    /// The output for features: an input of shape \[1, frames, bins].
    pub(super) fn run_on_features(&self, features: &Features, mode: RunMode) -> Result<Vec<f32>> {
        self.run(TensorView::new(vec![1, features.frames, features.bins], &features.values)?, mode)
    }

    fn run(&self, input: TensorView<'_>, mode: RunMode) -> Result<Vec<f32>> {
        self.network.run(&[(&self.input, input)], mode, |outputs| {
            let vector = outputs[self.output].as_slice::<f32>()?;
            match vector.len() == self.dimensions {
                true => Ok(vector.to_vec()),
                false => Err(self.network.refuse(format!(
                    "it gave {} numbers where its manifest promises {}",
                    vector.len(),
                    self.dimensions
                ))),
            }
        })
    }
}

/// The input that is fed; it takes what the front-end gives.
fn input_of(network: &Network, front_end: FrontEnd) -> Result<String> {
    let port = network.only_input("that takes sound")?;
    let fits = |length: Option<usize>, wanted: usize| length.is_none_or(|length| length == wanted);
    let is_fed = match port.shape.as_slice() {
        [batch, _] if front_end == FrontEnd::Waveform => fits(*batch, 1) && port.shape[1].is_none(),
        [batch, None, bins] if front_end != FrontEnd::Waveform => {
            fits(*batch, 1) && fits(*bins, front_end.bins())
        }
        _ => false,
    };
    match is_fed {
        true => Ok(port.name.clone()),
        false => Err(network
            .refuse(format!("its input `{}` takes {port}, which is not what {front_end} gives", port.name))),
    }
}
