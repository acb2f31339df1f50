//! Face models in ONNX form, fed as their manifests say.

use crate::resize::Normalise;
use sonic_core::model::{Colour, Manifest, ModelFile, Port, Provider, Session, SessionOptions, Task, Tensor};
use sonic_core::{Error, ErrorKind, Result, parallel};
use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

thread_local! {
    static IN_NETWORKS: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// How long this thread has run networks since it began: what a bench sets against the time of the whole.
pub fn time_in_networks() -> Duration {
    IN_NETWORKS.get()
}

/// Whether the cores are shared by one picture or have one each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Manner {
    Alone,
    InBatch,
}

/// A face model that is loaded.
pub(crate) struct Network {
    file: ModelFile,
    options: SessionOptions,
    any_size: bool,
    input: String,
    normalise: Normalise,
    /// One run that uses all threads.
    alone: Session,
    /// A run on each thread; loaded with the first batch, because each has its own copy of the weights.
    batch: Mutex<Option<Arc<Session>>>,
}

impl Network {
    /// Loads a model for `task`; with `any_size` a fixed height and width of its input are opened.
    pub(crate) fn load(
        file: &ModelFile,
        task: Task,
        options: &SessionOptions,
        any_size: bool,
    ) -> Result<Self> {
        let manifest = &file.manifest;
        manifest.expect(task)?;
        let alone = session(file, options, any_size)?;
        let input = input_of(manifest, &alone)?.name.clone();
        Ok(Self {
            file: file.clone(),
            options: *options,
            any_size,
            input,
            normalise: normalise_of(manifest)?,
            alone,
            batch: Mutex::new(None),
        })
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        &self.file.manifest
    }

    pub(crate) fn normalise(&self) -> &Normalise {
        &self.normalise
    }

    /// The lengths of the input: pictures, planes, height, width; `None` where any will do.
    pub(crate) fn input_shape(&self) -> [Option<usize>; 4] {
        let port = self.alone.inputs().iter().find(|p| p.name == self.input);
        port.and_then(|p| p.shape.as_slice().try_into().ok()).unwrap_or_default()
    }

    pub(crate) fn output(&self, name: &str) -> Option<usize> {
        self.alone.output(name)
    }

    pub(crate) fn outputs(&self) -> &[Port] {
        self.alone.outputs()
    }

    pub(crate) fn identity(&self) -> String {
        format!("onnx-{}", self.alone.model_hash())
    }

    /// Runs the model on `tensor`.
    pub(crate) fn run(&self, tensor: &Tensor, manner: Manner) -> Result<Vec<Tensor>> {
        let inputs = [(self.input.as_str(), tensor)];
        let batch = self.batch_session(manner)?;
        let session = batch.as_deref().unwrap_or(&self.alone);
        let start = Instant::now();
        let outputs = session.run(&inputs);
        IN_NETWORKS.set(IN_NETWORKS.get() + start.elapsed());
        outputs
    }

    /// True if there is no card.
    pub(crate) fn on_processor(&self) -> bool {
        self.alone.provider() == Provider::Cpu
    }

    /// How many pictures are worth working on at once.
    pub(crate) fn parallel(&self) -> usize {
        match self.alone.provider() {
            Provider::Cpu => threads(&self.options).max(self.options.instances),
            _ => self.options.instances.max(2),
        }
    }

    /// The session for a batch; `None` where one run is enough to keep the processor busy, or there is a card.
    fn batch_session(&self, manner: Manner) -> Result<Option<Arc<Session>>> {
        let threads = threads(&self.options);
        if manner == Manner::Alone || threads == 1 || !self.on_processor() {
            return Ok(None);
        }
        let mut batch = self.batch.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = &*batch {
            return Ok(Some(session.clone()));
        }
        let options =
            SessionOptions { threads: 1, instances: self.parallel(), provider: self.options.provider };
        let session = Arc::new(session(&self.file, &options, self.any_size)?);
        *batch = Some(session.clone());
        Ok(Some(session))
    }

    /// An error about this model.
    pub(crate) fn refuse(&self, message: String) -> Error {
        refuse(&self.file.manifest, message)
    }
}

fn session(file: &ModelFile, options: &SessionOptions, any_size: bool) -> Result<Session> {
    match any_size {
        true => Session::load_for_any_size(file, options),
        false => Session::load(file, options),
    }
}

fn threads(options: &SessionOptions) -> usize {
    parallel::threads(options.threads)
}

/// The input that is fed: the one that the manifest names, or the only one. It takes pictures in three planes.
fn input_of<'a>(manifest: &Manifest, session: &'a Session) -> Result<&'a Port> {
    let port = match (manifest.inputs.first(), session.inputs()) {
        (Some(name), ports) => ports.iter().find(|p| p.name == *name),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    let port =
        port.ok_or_else(|| refuse(manifest, "its manifest must name the input for pictures".to_owned()))?;
    match port.shape.as_slice() {
        [_, Some(3) | None, _, _] => Ok(port),
        _ => {
            let message =
                format!("its input `{}` takes {port}, which is no picture in three planes", port.name);
            Err(refuse(manifest, message))
        }
    }
}

fn normalise_of(manifest: &Manifest) -> Result<Normalise> {
    let face = manifest.face()?;
    let channels = match face.colour {
        Colour::Rgb => [0, 1, 2],
        Colour::Bgr => [2, 1, 0],
    };
    Ok(Normalise { channels, mean: face.mean, std: face.std })
}

fn refuse(manifest: &Manifest, message: String) -> Error {
    Error::new(ErrorKind::Model, message).context(&manifest.id)
}

/// Does `work` for each image, `at_once` at once, and gives the results in their order or the first error.
pub(crate) fn share<I: Sync, T: Send>(
    images: &[I],
    at_once: usize,
    work: impl Fn(&I, Manner) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let manner = if at_once.min(images.len()) > 1 { Manner::InBatch } else { Manner::Alone };
    parallel::map(images, at_once.max(1), |image| work(image, manner)).into_iter().collect()
}
