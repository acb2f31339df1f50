//! ONNX Runtime: the only file that knows `ort`.

use super::{Element, Port, Provider, Tensor, refuse};
use crate::{Error, ErrorKind, Result, guard};
use ort::ep::CUDA;
use ort::logging::LogLevel;
use ort::session::builder::SessionBuilder;
use ort::session::{Session, SessionInputValue};
use ort::value::{DynValue, Outlet, TensorElementType, TensorRef};
use std::borrow::Cow;
use std::path::Path;
use std::sync::OnceLock;

/// Made once and never given back: ending it while a process ends has crashed others.
static ENVIRONMENT: OnceLock<ort::environment::Environment> = OnceLock::new();

/// Takes `library` as the runtime of this process, or says why not.
pub(super) fn start(library: &Path) -> std::result::Result<(), String> {
    let start = || {
        let builder = ort::init_from(library).map_err(|e| refuse(e.to_string()))?;
        let environment = builder.build().map_err(|e| refuse(e.to_string()))?;
        // Everything that goes wrong comes back as an error. A library does not write to its host's terminal.
        if std::env::var_os("ORT_LOG").is_none() {
            environment.set_log_level(LogLevel::Fatal);
        }
        let _ = ENVIRONMENT.set(environment);
        Ok(())
    };
    guard::guard(ErrorKind::Model, "starting ONNX Runtime", start).map_err(|e| e.message().to_owned())
}

/// A network that one thread at a time can run.
pub(super) struct Engine {
    session: Session,
    pub(super) inputs: Vec<Port>,
    pub(super) outputs: Vec<Port>,
}

/// How to make an engine.
#[derive(Debug, Clone, Copy)]
pub(super) struct EngineOptions {
    /// Threads inside an operator; 0 for as many as there are cores.
    pub(super) threads: usize,
    /// `Cpu` or `Cuda`.
    pub(super) provider: Provider,
}

impl Engine {
    /// A network from `bytes`, or from the file if there are none: weights beside the file are found then.
    pub(super) fn load(path: &Path, bytes: Option<&[u8]>, options: EngineOptions) -> Result<Self> {
        guard::guard(ErrorKind::Model, "loading a model", || {
            let session = commit(path, bytes, options).map_err(|e| refused(&e))?;
            let ports = |outlets: &[Outlet]| outlets.iter().map(port).collect::<Result<Vec<Port>>>();
            let (inputs, outputs) = (ports(session.inputs())?, ports(session.outputs())?);
            Ok(Self { session, inputs, outputs })
        })
    }

    /// Runs on inputs that were checked; outputs come in the order of the model.
    pub(super) fn run(&mut self, inputs: &[(&str, &Tensor)]) -> Result<Vec<Tensor>> {
        guard::guard(ErrorKind::Model, "running a model", || {
            let values = inputs.iter().map(|&(name, tensor)| Ok((Cow::from(name), view(tensor)?)));
            let values = values.collect::<ort::Result<Vec<_>>>().map_err(|e| refused(&e))?;
            let outputs = self.session.run(values).map_err(|e| refused(&e))?;
            outputs.values().zip(&self.outputs).map(|(value, port)| copy(&value, port)).collect()
        })
    }
}

fn commit(path: &Path, bytes: Option<&[u8]>, options: EngineOptions) -> ort::Result<Session> {
    let Some(environment) = ENVIRONMENT.get() else {
        return Err(ort::Error::new("the runtime is not started"));
    };
    let mut builder: SessionBuilder = Session::builder(environment)?;
    builder = builder.with_intra_threads(options.threads)?;
    // Threads that wait for the next run of this model would take the processor from those of another.
    builder = builder.with_config_entry("session.force_spinning_stop", "1")?;
    if options.provider == Provider::Cuda {
        builder = builder.with_execution_providers([CUDA::default().build().error_on_failure()])?;
    }
    match bytes {
        Some(bytes) => builder.commit_from_memory(bytes),
        None => builder.commit_from_file(path),
    }
}

fn refused<R>(error: &ort::Error<R>) -> Error {
    refuse(format!("ONNX Runtime refused: {}", error.message().trim()))
}

fn port(outlet: &Outlet) -> Result<Port> {
    let unknown =
        || refuse(format!("`{}` is a {}; sonic handles f32 and i64 tensors", outlet.name(), outlet.dtype()));
    let element = match outlet.dtype().tensor_type() {
        Some(TensorElementType::Float32) => Element::F32,
        Some(TensorElementType::Int64) => Element::I64,
        _ => return Err(unknown()),
    };
    let shape = outlet.dtype().tensor_shape().ok_or_else(unknown)?;
    // Models say 0 as well as -1 for a length that they leave open.
    let shape = shape.iter().map(|&length| usize::try_from(length).ok().filter(|&l| l > 0)).collect();
    Ok(Port { name: outlet.name().to_owned(), element, shape })
}

/// A tensor for the runtime, without a copy.
fn view(tensor: &Tensor) -> ort::Result<SessionInputValue<'_>> {
    Ok(match tensor {
        Tensor::F32 { shape, data } => {
            TensorRef::from_array_view((shape.as_slice(), data.as_slice()))?.into()
        }
        Tensor::I64 { shape, data } => {
            TensorRef::from_array_view((shape.as_slice(), data.as_slice()))?.into()
        }
    })
}

/// A tensor of ours; that it is what the model declared is checked on the way.
fn copy(value: &DynValue, port: &Port) -> Result<Tensor> {
    let tensor = match port.element {
        Element::F32 => value.try_extract_tensor::<f32>().map(|(shape, data)| {
            let shape = shape.iter().map(|&length| length as usize).collect();
            Tensor::F32 { shape, data: data.to_vec() }
        }),
        Element::I64 => value.try_extract_tensor::<i64>().map(|(shape, data)| {
            let shape = shape.iter().map(|&length| length as usize).collect();
            Tensor::I64 { shape, data: data.to_vec() }
        }),
    };
    let tensor = tensor.map_err(|e| refused(&e).context(format_args!("output `{}`", port.name)))?;
    if tensor.shape().len() != port.shape.len() {
        let got = format!("{} {:?}", tensor.element(), tensor.shape());
        return Err(refuse(format!("output `{}` should be {port}, but the model gave {got}", port.name)));
    }
    Ok(tensor)
}
