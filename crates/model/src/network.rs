//! A model that is bound to its manifest: what every task does alike.

use crate::value::{Port, TensorView};
use crate::{Manifest, Model, Session, SessionOptions};
use sonic_core::{Error, Provider, Result, RunMode};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A model that is loaded, with the manifest that says how it is fed. Any number of threads can use one at once.
///
/// Networks of the same bytes and options share their weights.
pub struct Network {
    manifest: Manifest,
    path: PathBuf,
    options: SessionOptions,
    any_size: bool,
    /// One run that uses all threads.
    single: Arc<Session>,
    /// A run on each thread; loaded with the first batch, because each has its own copy of the weights.
    batch: Mutex<Option<Arc<Session>>>,
}

impl Network {
    /// Loads a model of one file, and the runtime if need be.
    ///
    /// # Errors
    /// `Model` if the runtime or the file is missing, damaged or does not have what the manifest says, or the model is
    /// built into sonic or has several files; `InvalidArgument` for options out of range.
    pub fn load(model: &Model, options: &SessionOptions) -> Result<Self> {
        let network = Self::open(model, model.only_file()?, options, false)?;
        network.single.declares(model).map(|()| network)
    }

    /// As [`load`](Self::load); an input that is a picture of a fixed height and width takes any, as far as the network
    /// allows. A network that depends on the size that it was exported for fails when it is run, or here.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_for_any_size(model: &Model, options: &SessionOptions) -> Result<Self> {
        let network = Self::open(model, model.only_file()?, options, true)?;
        network.single.declares(model).map(|()| network)
    }

    /// Loads the file that the manifest of a model of several files calls `file`. Whoever feeds it knows its inputs and
    /// outputs.
    ///
    /// # Errors
    /// As [`load`](Self::load); `Model` if there is no such file.
    pub fn load_file(model: &Model, file: &str, options: &SessionOptions) -> Result<Self> {
        Self::open(model, model.file(file)?, options, false)
    }

    fn open(model: &Model, path: &Path, options: &SessionOptions, any_size: bool) -> Result<Self> {
        Ok(Self {
            manifest: model.manifest.clone(),
            path: path.to_owned(),
            options: *options,
            any_size,
            single: Session::open_shared(path, options, any_size)?,
            batch: Mutex::new(None),
        })
    }

    /// How it is fed.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What tells the model from others: a hash of its bytes.
    pub fn identity(&self) -> String {
        format!("onnx-{}", self.single.model_hash())
    }

    /// What the model takes.
    pub fn inputs(&self) -> &[Port] {
        self.single.inputs()
    }

    /// What the model gives.
    pub fn outputs(&self) -> &[Port] {
        self.single.outputs()
    }

    /// The place of the output `name` among the [`outputs`](Self::outputs).
    pub fn output(&self, name: &str) -> Option<usize> {
        self.single.output(name)
    }

    /// The input that is fed, of a model that is fed with one thing: the one that the manifest names, or the only one.
    /// `what` says in an error what it is for.
    ///
    /// # Errors
    /// `Model` if neither says which it is.
    pub fn only_input(&self, what: &str) -> Result<&Port> {
        let port = match (self.manifest.inputs.first(), self.inputs()) {
            (Some(name), ports) => ports.iter().find(|p| p.name == *name),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        port.ok_or_else(|| self.refuse(format!("its manifest must name the input {what}")))
    }

    /// The place of the output with the embedding, the one that the manifest names or the only one, and its length.
    ///
    /// # Errors
    /// `Model` if neither says which it is, or it is of another length than the manifest promises.
    pub fn embedding_output(&self) -> Result<(usize, usize)> {
        let dimensions = self.manifest.dimensions()?;
        let place = match (self.manifest.outputs.first(), self.outputs()) {
            (Some(name), _) => self.output(name),
            (None, [_]) => Some(0),
            (None, _) => None,
        };
        let missing = || self.refuse("its manifest must name the output with the embedding");
        let place = place.ok_or_else(missing)?;
        let port = &self.outputs()[place];
        match port.shape.last() {
            Some(Some(last)) if *last != dimensions => Err(self.refuse(format!(
                "its output `{}` gives {port}, its manifest promises {dimensions} numbers",
                port.name
            ))),
            _ => Ok((place, dimensions)),
        }
    }

    /// Runs the model on named inputs; `read` gets the outputs, in the order of the model, where the runtime has them.
    ///
    /// # Errors
    /// As [`Session::run_with`].
    pub fn run<R>(
        &self,
        inputs: &[(&str, TensorView<'_>)],
        mode: RunMode,
        read: impl FnOnce(&[TensorView<'_>]) -> Result<R>,
    ) -> Result<R> {
        let batch = self.batch_session(mode)?;
        batch.as_ref().unwrap_or(&self.single).run_with(inputs, read)
    }

    /// True if there is no GPU.
    pub fn is_on_cpu(&self) -> bool {
        self.single.provider() == Provider::Cpu
    }

    /// How many runs at once are worth while.
    pub fn parallel(&self) -> usize {
        match self.is_on_cpu() {
            true => self.options.run_threads().max(self.options.instances),
            false => self.options.instances.max(2),
        }
    }

    /// An error about this model.
    pub fn refuse(&self, message: impl Into<String>) -> Error {
        self.manifest.refuse(message)
    }

    /// The session for a batch; `None` where one run is enough to keep the processor busy, or there is a GPU.
    fn batch_session(&self, mode: RunMode) -> Result<Option<Arc<Session>>> {
        if mode == RunMode::Single || self.options.run_threads() == 1 || !self.is_on_cpu() {
            return Ok(None);
        }
        let mut batch = self.batch.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = &*batch {
            return Ok(Some(session.clone()));
        }
        let options =
            SessionOptions { threads: 1, instances: self.parallel(), provider: self.options.provider };
        let session = Session::open_shared(&self.path, &options, self.any_size)?;
        *batch = Some(session.clone());
        Ok(Some(session))
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Network({}, {:?})", self.manifest.id, self.single)
    }
}
