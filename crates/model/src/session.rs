//! A model that is loaded, for any number of threads.

use crate::engine::{Engine, EngineOptions};
use crate::rewrite::{with_any_size, without_prelu};
use crate::value::{Port, Tensor, TensorView};
use crate::{Model, Runtime, RuntimeOptions, cache, refuse};
use sonic_core::{Error, ErrorKind, Provider, Result, parallel, trace_span};
use std::borrow::Borrow;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use xxhash_rust::xxh3::xxh3_128;

/// The first version of ONNX Runtime that is slow with PRelu.
const SLOW_WITH_PRELU: (u32, u32) = (1, 27);

/// How to load a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionOptions {
    /// Threads that one run uses; 0 means as many as the machine has cores, and so does every number above that: more
    /// threads than cores only wait for each other. More than 1024 are refused.
    pub threads: usize,
    /// Runs at once; each instance has its own copy of the weights. Further callers wait for their turn.
    pub instances: usize,
    /// What it runs on.
    pub provider: Provider,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self { threads: 0, instances: 1, provider: Provider::Cpu }
    }
}

/// A loaded model that any thread can run.
pub struct Session {
    name: String,
    hash: String,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    provider: Provider,
    fallback: Option<String>,
    idle: Mutex<Vec<Engine>>,
    freed: Condvar,
}

impl Session {
    /// Loads a model of one file that a manifest describes, and the runtime if need be.
    ///
    /// # Errors
    /// As [`open`](Self::open); `Model` too if the model is built into sonic or has several files, or its inputs and
    /// outputs are not those of its manifest.
    pub fn load(model: &Model, options: &SessionOptions) -> Result<Self> {
        let session = Self::open(model.only_file()?, options)?;
        session.declares(model).map(|()| session)
    }

    /// Loads the model in the ONNX file `path`, and the runtime if need be.
    ///
    /// # Errors
    /// `Model` if ONNX Runtime cannot be loaded, or the file is missing, damaged or not for this runtime, or
    /// `options.provider` is `Cuda` and there is none; `InvalidArgument` for options out of range.
    pub fn open(path: &Path, options: &SessionOptions) -> Result<Self> {
        let options = options.checked()?;
        let runtime = Runtime::load(&RuntimeOptions::default())?;
        Self::of_source(Source::read(path)?, &runtime, options, false)
    }

    /// As [`open`](Self::open), but a session that somebody in this process has opened with the same bytes and options
    /// is shared. With `any_size`, an input that is a picture of a fixed height and width takes any, as far as the
    /// network allows: one that depends on the size that it was exported for fails when it is run, or here.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_shared(path: &Path, options: &SessionOptions, any_size: bool) -> Result<Arc<Self>> {
        let options = options.checked()?;
        let runtime = Runtime::load(&RuntimeOptions::default())?;
        let source = Source::read(path)?;
        let key = cache::Key::new(source.name(), &source.hash, &source.bytes, options, any_size);
        cache::get_or_insert(key, || Self::of_source(source, &runtime, options, any_size))
    }

    fn of_source(
        source: Source<'_>,
        runtime: &Runtime,
        options: SessionOptions,
        any_size: bool,
    ) -> Result<Self> {
        let of_file = |e: Error| e.context(source.path.display());
        let changed = any_size.then(|| with_any_size(&source.bytes)).flatten();
        let network = Bytes {
            path: source.path,
            changed: changed.is_some(),
            bytes: changed.as_deref().unwrap_or(&source.bytes),
        };
        let (mut engines, fallback) = first(&network, runtime, &options).map_err(of_file)?;
        let provider = match (options.provider, &fallback) {
            (Provider::Cpu, _) | (Provider::Auto, Some(_)) => Provider::Cpu,
            _ => Provider::Cuda,
        };
        while engines.len() < options.instances {
            engines.push(engine(&network, runtime, options.engine(provider)).map_err(of_file)?);
        }
        Ok(Self {
            name: source.name(),
            inputs: engines[0].inputs.clone(),
            outputs: engines[0].outputs.clone(),
            hash: source.hash,
            provider,
            fallback,
            idle: Mutex::new(engines),
            freed: Condvar::new(),
        })
    }

    /// Runs the model on named inputs; gives copies of the outputs in the order of [`outputs`](Self::outputs).
    ///
    /// If all instances are at work, waits for one.
    ///
    /// # Errors
    /// As [`run_with`](Self::run_with); `Model` too if an output is of a type that sonic cannot read.
    pub fn run<T: Borrow<Tensor>>(&self, inputs: &[(&str, T)]) -> Result<Vec<Tensor>> {
        let views: Vec<_> = inputs.iter().map(|(name, tensor)| (*name, tensor.borrow().view())).collect();
        self.run_with(&views, |outputs| outputs.iter().map(TensorView::to_tensor).collect())
    }

    /// Runs the model on named inputs; `read` gets the outputs in the order of [`outputs`](Self::outputs), where the
    /// runtime has them: nothing is copied. The instance is busy until `read` returns.
    ///
    /// If all instances are at work, waits for one.
    ///
    /// # Errors
    /// `Model` if an input is missing, unknown, given twice or not what the model declares, or the runtime refuses; what
    /// `read` gives.
    pub fn run_with<R>(
        &self,
        inputs: &[(&str, TensorView<'_>)],
        read: impl FnOnce(&[TensorView<'_>]) -> Result<R>,
    ) -> Result<R> {
        let of_model = |e: Error| e.context(&self.name);
        let inputs = self.in_order(inputs).map_err(of_model)?;
        let mut lease = self.lease();
        let run = |engine: &mut Engine| trace_span!("model").time(|| engine.run(&inputs, read));
        lease.engine().and_then(run).map_err(of_model)?
    }

    /// What the model takes.
    pub fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    /// What the model gives.
    pub fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    /// The place of the output `name` in what [`run`](Self::run) returns.
    pub fn output(&self, name: &str) -> Option<usize> {
        self.outputs.iter().position(|port| port.name == name)
    }

    /// What the model runs on: `Cpu` or `Cuda`, never `Auto`.
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// Why the model runs on the processor although `Auto` was asked for; `None` if it does not.
    pub fn fallback(&self) -> Option<&str> {
        self.fallback.as_deref()
    }

    /// xxh3-128 of the model's bytes in hexadecimal: part of the identity of what the model computes.
    pub fn model_hash(&self) -> &str {
        &self.hash
    }

    /// Each declared input once, in the order of the model.
    fn in_order<'a>(&'a self, given: &[(&str, TensorView<'a>)]) -> Result<Vec<(&'a str, TensorView<'a>)>> {
        let names = || listed(&self.inputs);
        if let Some((name, _)) = given.iter().find(|(name, _)| !self.inputs.iter().any(|p| p.name == *name)) {
            return Err(refuse(format!("there is no input `{name}`; the model takes {}", names())));
        }
        if given.len() > self.inputs.len() {
            return Err(refuse(format!("an input is given twice; the model takes {}", names())));
        }
        let ordered = self.inputs.iter().map(|port| {
            let (_, tensor) = given
                .iter()
                .find(|(name, _)| *name == port.name)
                .ok_or_else(|| refuse(format!("input `{}` ({port}) is missing", port.name)))?;
            port.check(tensor).map(|()| (port.name.as_str(), tensor.clone()))
        });
        ordered.collect()
    }

    /// That the ports which the manifest of a model of one file names are there.
    pub(crate) fn declares(&self, model: &Model) -> Result<()> {
        let manifest = &model.manifest;
        for (what, ports, expected) in
            [("input", &self.inputs, &manifest.inputs), ("output", &self.outputs, &manifest.outputs)]
        {
            if let Some(missing) = expected.iter().find(|name| !ports.iter().any(|p| p.name == **name)) {
                return Err(refuse(format!(
                    "the manifest of {} expects the {what} `{missing}`, but {} has {}; correct the manifest or the file",
                    manifest.id,
                    self.name,
                    listed(ports)
                )));
            }
        }
        Ok(())
    }

    fn lease(&self) -> Lease<'_> {
        let mut idle = self.idle();
        loop {
            if let Some(engine) = idle.pop() {
                return Lease { session: self, engine: Some(engine) };
            }
            idle = self.freed.wait(idle).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Engine>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({} on {:?})", self.name, self.provider)
    }
}

impl SessionOptions {
    /// Threads that one run uses: 1 to as many as the machine has cores.
    pub fn run_threads(&self) -> usize {
        let cores = parallel::cores();
        if self.threads == 0 { cores } else { self.threads.min(cores) }
    }

    /// The same options with the number of threads that is meant, if they are in range.
    fn checked(&self) -> Result<Self> {
        let limit = 1024;
        if (1..=limit).contains(&self.instances) && self.threads <= limit {
            return Ok(Self { threads: self.run_threads(), ..*self });
        }
        let Self { threads, instances, .. } = self;
        Err(Error::new(
            ErrorKind::InvalidArgument,
            format!(
                "{threads} threads and {instances} instances; at most {limit} are possible, and one instance is needed"
            ),
        ))
    }

    fn engine(&self, provider: Provider) -> EngineOptions {
        EngineOptions { threads: self.threads, provider }
    }
}

fn listed(ports: &[Port]) -> String {
    ports.iter().map(|p| format!("`{}`", p.name)).collect::<Vec<_>>().join(", ")
}

/// An engine that goes back to the others when the run is over, whatever its end.
struct Lease<'a> {
    session: &'a Session,
    engine: Option<Engine>,
}

impl Lease<'_> {
    fn engine(&mut self) -> Result<&mut Engine> {
        self.engine.as_mut().ok_or_else(|| refuse("an instance of the model is lost"))
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.session.idle().extend(self.engine.take());
        self.session.freed.notify_one();
    }
}

/// A model file that was read.
struct Source<'a> {
    path: &'a Path,
    bytes: Vec<u8>,
    hash: String,
}

impl<'a> Source<'a> {
    fn read(path: &'a Path) -> Result<Self> {
        let bytes =
            std::fs::read(path).map_err(|e| refuse(format!("cannot read {}: {e}", path.display())))?;
        let hash = format!("{:032x}", xxh3_128(&bytes));
        Ok(Self { path, bytes, hash })
    }

    fn name(&self) -> String {
        self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned()
    }
}

/// What an engine is made from.
struct Bytes<'a> {
    path: &'a Path,
    bytes: &'a [u8],
    /// True if the bytes are no longer those of the file.
    changed: bool,
}

/// The first instance, and why it does not run on a GPU if one was wanted.
fn first(
    source: &Bytes<'_>,
    runtime: &Runtime,
    options: &SessionOptions,
) -> Result<(Vec<Engine>, Option<String>)> {
    let make = |provider| engine(source, runtime, options.engine(provider));
    match options.provider {
        Provider::Auto => match make(Provider::Cuda) {
            Ok(engine) => Ok((vec![engine], None)),
            Err(e) => Ok((vec![make(Provider::Cpu)?], Some(e.message().to_owned()))),
        },
        provider => Ok((vec![make(provider)?], None)),
    }
}

/// One instance. Where the runtime is slow with PRelu it gets a model without, unless it does not like that.
fn engine(source: &Bytes<'_>, runtime: &Runtime, options: EngineOptions) -> Result<Engine> {
    let Bytes { path, bytes, changed } = source;
    let slow = runtime.is_at_least(SLOW_WITH_PRELU.0, SLOW_WITH_PRELU.1) && options.provider == Provider::Cpu;
    let rewritten = slow.then(|| without_prelu(bytes)).flatten();
    match rewritten.and_then(|bytes| Engine::load(path, Some(&bytes), options).ok()) {
        Some(engine) => Ok(engine),
        // From the file where that is possible: weights beside it are found then.
        None => Engine::load(path, changed.then_some(bytes), options),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sonic_testing::{Need, needs};

    /// A network of 34 PRelu nodes.
    const FACES: &str = "face/models/w600k_mbf_dequant_fp32.onnx";

    fn run(engine: &mut Engine, input: &Tensor) -> Vec<u32> {
        let bits = |outputs: &[TensorView<'_>]| {
            outputs[0].as_slice::<f32>().unwrap().iter().map(|x| x.to_bits()).collect()
        };
        engine.run(&[("input.1", input.view())], bits).unwrap()
    }

    #[test]
    fn a_network_without_prelu_gives_the_same_bits() {
        let Some(path) = sonic_testing::assets(FACES) else { return };
        if needs(Need::OnnxRuntime, Runtime::load(&RuntimeOptions::default())).is_none() {
            return;
        }
        let changed = without_prelu(&std::fs::read(&path).unwrap()).unwrap();
        let options = EngineOptions { threads: 1, provider: Provider::Cpu };
        let mut before = Engine::load(&path, None, options).unwrap();
        let mut after = Engine::load(&path, Some(&changed), options).unwrap();
        assert_eq!((&before.inputs, &before.outputs), (&after.inputs, &after.outputs));
        for seed in 1..4u32 {
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 23) as f32 - 1.0
            };
            let input =
                Tensor::f32([1, 3, 112, 112], (0..37_632).map(|_| next()).collect::<Vec<_>>()).unwrap();
            assert_eq!(run(&mut before, &input), run(&mut after, &input));
        }
    }
}
