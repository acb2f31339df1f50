//! The probability of speech by the Silero model (Silero Team, *Silero VAD*, 2021; MIT), which the user supplies.

use super::state::{Restorer, Saver, damaged};
use crate::manifest::Speech;
use sonic_core::{Error, ErrorKind, Result, RunMode};
use sonic_model::{Model, Network, SessionOptions, TensorView, built_in};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// What a manifest calls models of this kind.
const TASK: &str = "vad";
/// The built-in manifest of the model.
const ID: &str = "silero-vad";
/// Numbers of the state that goes from frame to frame.
const STATE: usize = 256;
const STATE_SHAPE: [usize; 3] = [2, 1, STATE / 2];

/// The Silero model, loaded; any number of threads can use it at once.
pub struct Silero {
    network: Network,
    probability: usize,
    state: usize,
}

impl Silero {
    /// The model in an ONNX file.
    ///
    /// # Errors
    /// `Model` if ONNX Runtime or the file is missing or damaged, or it is another model.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let manifest = built_in().iter().find(|manifest| manifest.id == ID);
        let missing = || Error::new(ErrorKind::Internal, "the manifest of Silero's model is missing");
        // What goes in and comes out is checked here, whatever the file is.
        let mut manifest = manifest.ok_or_else(missing)?.clone();
        (manifest.inputs, manifest.outputs) = (Vec::new(), Vec::new());
        Self::load(&Model::of_file(manifest, path.as_ref()))
    }

    /// A model whose manifest has been read.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn load(model: &Model) -> Result<Self> {
        model.manifest.expect(TASK)?;
        Speech::of(&model.manifest)?;
        let network = Network::load(model, &options())?;
        let takes = |name: &str| network.inputs().iter().any(|port| port.name == name);
        match (network.output("output"), network.output("stateN")) {
            (Some(probability), Some(state)) if ["input", "state", "sr"].into_iter().all(takes) => {
                Ok(Self { network, probability, state })
            }
            _ => {
                let message = "this is not Silero's model: it must take `input`, `state` and `sr` and give `output` \
                               and `stateN`, as versions 5 and 6 do";
                Err(Error::new(ErrorKind::Model, message))
            }
        }
    }

    /// The probability of a frame after its context; replaces the state.
    fn run(&self, sound: &[f32], sample_rate: u32, state: &mut [f32; STATE]) -> Result<f32> {
        let rate = [i64::from(sample_rate)];
        let (probability, next) = {
            let inputs = [
                ("input", TensorView::new(vec![1, sound.len()], sound)?),
                ("state", TensorView::new(&STATE_SHAPE[..], &state[..])?),
                ("sr", TensorView::new(&[][..], &rate)?),
            ];
            self.network.run(&inputs, RunMode::Single, |outputs| {
                let probability = outputs[self.probability].as_slice::<f32>()?.first().copied();
                Ok((probability, <[f32; STATE]>::try_from(outputs[self.state].as_slice::<f32>()?).ok()))
            })?
        };
        match (probability, next) {
            (Some(probability), Some(next)) if (0.0..=1.0).contains(&probability) => {
                *state = next;
                Ok(probability)
            }
            _ => {
                let message = "Silero's model gave no probability: its file may be damaged";
                Err(Error::new(ErrorKind::Model, message))
            }
        }
    }
}

impl fmt::Debug for Silero {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Silero({:?})", self.network)
    }
}

/// The model is too small to be shared by threads; callers have one each.
fn options() -> SessionOptions {
    let instances = sonic_core::parallel::cores();
    SessionOptions { threads: 1, instances, ..Default::default() }
}

/// Silero listening to one sound.
pub(super) struct Listener {
    model: Arc<Silero>,
    sample_rate: u32,
    context: usize,
    frame: usize,
    state: [f32; STATE],
    /// The context, then samples that wait until a frame is full.
    pending: Vec<f32>,
}

impl Listener {
    /// For sound at 16,000 or 8,000 Hz.
    pub(super) fn new(model: Arc<Silero>, sample_rate: u32) -> Self {
        let (context, frame) = if sample_rate == 16_000 { (64, 512) } else { (32, 256) };
        let pending = vec![0.0; context];
        Self { model, sample_rate, context, frame, state: [0.0; STATE], pending }
    }

    pub(super) fn save(&self, state: &mut Saver) {
        state.floats(&self.state);
        state.floats(&self.pending);
    }

    /// As it was when it was saved, at the same rate.
    pub(super) fn restore(model: Arc<Silero>, sample_rate: u32, state: &mut Restorer<'_>) -> Result<Self> {
        let mut listener = Self::new(model, sample_rate);
        listener.state = state.array()?;
        listener.pending = state.floats(listener.context + listener.frame)?;
        match listener.pending.len() < listener.context {
            true => Err(damaged()),
            false => Ok(listener),
        }
    }

    pub(super) fn frame(&self) -> usize {
        self.frame
    }

    pub(super) fn push(&mut self, samples: &[f32], probabilities: &mut Vec<f32>) -> Result<()> {
        self.pending.extend_from_slice(samples);
        let mut start = 0;
        while self.pending.len() - start >= self.context + self.frame {
            let sound = &self.pending[start..start + self.context + self.frame];
            probabilities.push(self.model.run(sound, self.sample_rate, &mut self.state)?);
            start += self.frame;
        }
        self.pending.drain(..start);
        Ok(())
    }

    /// The last frame, filled up with silence.
    pub(super) fn finish(&mut self, probabilities: &mut Vec<f32>) -> Result<()> {
        let waiting = self.pending.len() - self.context;
        match waiting {
            0 => Ok(()),
            _ => self.push(&vec![0.0; self.frame - waiting], probabilities),
        }
    }
}
