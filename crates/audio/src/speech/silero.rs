//! The probability of speech by the Silero model (Silero Team, *Silero VAD*, 2021; MIT), which the user supplies.

use sonic_core::model::{ModelFile, Session, SessionOptions, Task, Tensor};
use sonic_core::{Error, ErrorKind, Result};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Numbers of the state that goes from frame to frame: shape \[2, 1, 128].
const STATE: usize = 256;

/// The Silero model, loaded; any number of threads can use it at once.
pub struct Silero {
    session: Session,
    probability: usize,
    state: usize,
}

impl Silero {
    /// The model in an ONNX file.
    ///
    /// # Errors
    /// `Model` if ONNX Runtime or the file is missing or damaged, or it is another model.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::new(Session::open(path.as_ref(), &options())?)
    }

    /// A model whose manifest has been read.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn load(model: &ModelFile) -> Result<Self> {
        model.manifest.expect(Task::Vad)?;
        Self::new(Session::load(model, &options())?)
    }

    fn new(session: Session) -> Result<Self> {
        let takes = |name: &str| session.inputs().iter().any(|port| port.name == name);
        match (session.output("output"), session.output("stateN")) {
            (Some(probability), Some(state)) if ["input", "state", "sr"].into_iter().all(takes) => {
                Ok(Self { session, probability, state })
            }
            _ => {
                let message = "this is not Silero's model: it must take `input`, `state` and `sr` and give `output` \
                               and `stateN`, as versions 5 and 6 do";
                Err(Error::new(ErrorKind::Model, message))
            }
        }
    }

    /// The probability of a frame after its context; replaces the state.
    fn run(&self, sound: &[f32], sample_rate: u32, state: &mut Vec<f32>) -> Result<f32> {
        let inputs = [
            ("input", Tensor::f32([1, sound.len()], sound)?),
            ("state", Tensor::f32([2, 1, STATE / 2], std::mem::take(state))?),
            ("sr", Tensor::i64([], [i64::from(sample_rate)])?),
        ];
        let mut outputs = self.session.run(&inputs)?;
        let probability = outputs[self.probability].as_f32()?.first().copied().unwrap_or(f32::NAN);
        *state = outputs.swap_remove(self.state).into_f32()?;
        if !(0.0..=1.0).contains(&probability) || state.len() != STATE {
            let message = "Silero's model gave no probability: its file may be damaged";
            return Err(Error::new(ErrorKind::Model, message));
        }
        Ok(probability)
    }
}

impl fmt::Debug for Silero {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Silero({:?})", self.session)
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
    state: Vec<f32>,
    /// The context, then samples that wait until a frame is full.
    pending: Vec<f32>,
}

impl Listener {
    /// For sound at 16,000 or 8,000 Hz.
    pub(super) fn new(model: Arc<Silero>, sample_rate: u32) -> Self {
        let (context, frame) = if sample_rate == 16_000 { (64, 512) } else { (32, 256) };
        let pending = vec![0.0; context];
        Self { model, sample_rate, context, frame, state: vec![0.0; STATE], pending }
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
