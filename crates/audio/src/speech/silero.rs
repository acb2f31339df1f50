//! The probability of speech by the Silero model (Silero Team, *Silero VAD*, 2021; MIT), which the user supplies.

use super::combine::Combiner;
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
/// Frames that are run at once at most.
const MOST_AT_ONCE: usize = 32;

/// The Silero model, loaded; any number of threads can use it at once.
///
/// Where more of them want a frame judged than there are cores, the frames of those that wait are run as one batch: the
/// connections of a busy server share the network.
pub struct Silero {
    network: Network,
    probability: usize,
    state: usize,
    combiner: Combiner<Frame, f32>,
}

/// A frame behind its context, and the state before it, which the state behind it replaces.
struct Frame {
    sound: Vec<f32>,
    sample_rate: u32,
    state: [f32; STATE],
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
                let combiner = Combiner::new(network.parallel(), MOST_AT_ONCE);
                Ok(Self { network, probability, state, combiner })
            }
            _ => {
                let message = "this is not Silero's model: it must take `input`, `state` and `sr` and give `output` \
                               and `stateN`, as versions 5 and 6 do";
                Err(Error::new(ErrorKind::Model, message))
            }
        }
    }

    /// The most frames that were run at once so far.
    pub fn largest_batch(&self) -> usize {
        self.combiner.largest()
    }

    /// The probability of a frame after its context; replaces the state.
    fn run(&self, sound: &[f32], sample_rate: u32, state: &mut [f32; STATE]) -> Result<f32> {
        let frame = Frame { sound: sound.to_vec(), sample_rate, state: *state };
        let (frame, probability) = self.combiner.run(frame, |frames| self.run_all(frames))?;
        *state = frame.state;
        Ok(probability)
    }

    /// Runs frames that came together: as one batch if they can be.
    fn run_all(&self, frames: &mut [Frame]) -> Vec<Result<f32>> {
        let first = (frames[0].sound.len(), frames[0].sample_rate);
        let alike = frames.iter().all(|frame| (frame.sound.len(), frame.sample_rate) == first);
        if frames.len() > 1
            && alike
            && let Ok(probabilities) = self.run_batch(frames)
        {
            return probabilities.into_iter().map(Ok).collect();
        }
        // One by one: each has its own error.
        frames.iter_mut().map(|frame| self.run_batch(std::slice::from_mut(frame)).map(|all| all[0])).collect()
    }

    /// The probabilities of frames of one length and rate; replaces their states, if all went well.
    fn run_batch(&self, frames: &mut [Frame]) -> Result<Vec<f32>> {
        let (count, half) = (frames.len(), STATE / 2);
        let rate = [i64::from(frames[0].sample_rate)];
        let sound: Vec<f32> = frames.iter().flat_map(|frame| frame.sound.iter().copied()).collect();
        // The two layers of all frames, one after the other.
        let layer = |n: usize| frames.iter().flat_map(move |frame| frame.state[n * half..][..half].to_vec());
        let before: Vec<f32> = layer(0).chain(layer(1)).collect();
        let shape = [STATE_SHAPE[0], count, STATE_SHAPE[2]];
        let inputs = [
            ("input", TensorView::new(vec![count, frames[0].sound.len()], &sound)?),
            ("state", TensorView::new(&shape[..], &before)?),
            ("sr", TensorView::new(&[][..], &rate)?),
        ];
        let (probabilities, next) = self.network.run(&inputs, RunMode::Single, |outputs| {
            let probabilities = outputs[self.probability].as_slice::<f32>()?.to_vec();
            Ok((probabilities, outputs[self.state].as_slice::<f32>()?.to_vec()))
        })?;
        let right = probabilities.len() == count && next.len() == count * STATE;
        if !right || !probabilities.iter().all(|p| (0.0..=1.0).contains(p)) {
            let message = "Silero's model gave no probability: its file may be damaged";
            return Err(Error::new(ErrorKind::Model, message));
        }
        for (n, frame) in frames.iter_mut().enumerate() {
            frame.state[..half].copy_from_slice(&next[n * half..][..half]);
            frame.state[half..].copy_from_slice(&next[(count + n) * half..][..half]);
        }
        Ok(probabilities)
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
