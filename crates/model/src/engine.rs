//! ONNX Runtime: the only file that knows `ort`.

use crate::refuse;
use crate::value::{Element, Port, Slice, TensorView};
use ort::ep::CUDA;
use ort::logging::LogLevel;
use ort::session::builder::SessionBuilder;
use ort::session::{Session, SessionInputValue};
use ort::value::{DynValue, Outlet, PrimitiveTensorElementType, TensorElementType, TensorRef, ValueType};
use sonic_core::{Error, ErrorKind, Provider, Result, guard};
use std::borrow::Cow;
use std::fmt::Debug;
use std::path::Path;
use std::sync::OnceLock;

/// Made once and never given back: ending it while a process ends has crashed others.
static ENVIRONMENT: OnceLock<ort::environment::Environment> = OnceLock::new();

/// Takes `library` as the runtime of this process, or says why not.
pub(crate) fn start(library: &Path) -> std::result::Result<(), String> {
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
pub(crate) struct Engine {
    session: Session,
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
}

/// How to make an engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EngineOptions {
    /// Threads inside an operator, 1 or more.
    pub(crate) threads: usize,
    /// `Cpu` or `Cuda`.
    pub(crate) provider: Provider,
}

impl Engine {
    /// A network from `bytes`, or from the file if there are none: weights beside the file are found then.
    pub(crate) fn load(path: &Path, bytes: Option<&[u8]>, options: EngineOptions) -> Result<Self> {
        guard::guard(ErrorKind::Model, "loading a model", || {
            let session = commit(path, bytes, options).map_err(|e| refused(&e))?;
            let inputs = session.inputs().iter().map(port).collect();
            let outputs = session.outputs().iter().map(port).collect();
            Ok(Self { session, inputs, outputs })
        })
    }

    /// Runs on inputs that were checked, and gives `read` the outputs in the order of the model.
    pub(crate) fn run<R>(
        &mut self,
        inputs: &[(&str, TensorView<'_>)],
        read: impl FnOnce(&[TensorView<'_>]) -> R,
    ) -> Result<R> {
        let Self { session, outputs: ports, .. } = self;
        let outputs = guard::guard(ErrorKind::Model, "running a model", || {
            let values = inputs.iter().map(|(name, tensor)| Ok((Cow::from(*name), input(tensor)?)));
            let values = values.collect::<ort::Result<Vec<_>>>().map_err(|e| refused(&e))?;
            session.run(values).map_err(|e| refused(&e))
        })?;
        let views = ports.iter().enumerate().map(|(i, port)| output(&outputs[i], port));
        Ok(read(&views.collect::<Result<Vec<_>>>()?))
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

fn port(outlet: &Outlet) -> Port {
    let shape = outlet.dtype().tensor_shape().map(|shape| shape.iter().copied()).into_iter().flatten();
    // Models say 0 as well as -1 for a length that they leave open.
    let shape = shape.map(|length| usize::try_from(length).ok().filter(|&l| l > 0)).collect();
    Port { name: outlet.name().to_owned(), element: element(outlet.dtype()), shape }
}

fn element(kind: &ValueType) -> Element {
    match kind {
        ValueType::Tensor { ty, .. } => match ty {
            TensorElementType::Float32 => Element::F32,
            TensorElementType::Float16 => Element::F16,
            TensorElementType::Int64 => Element::I64,
            TensorElementType::Int32 => Element::I32,
            TensorElementType::Bool => Element::Bool,
            TensorElementType::Uint8 => Element::U8,
            TensorElementType::Float64 => Element::Other("f64"),
            TensorElementType::Bfloat16 => Element::Other("bf16"),
            TensorElementType::Int8 => Element::Other("i8"),
            TensorElementType::Int16 => Element::Other("i16"),
            TensorElementType::Uint16 => Element::Other("u16"),
            TensorElementType::Uint32 => Element::Other("u32"),
            TensorElementType::Uint64 => Element::Other("u64"),
            TensorElementType::String => Element::Other("text"),
            _ => Element::Other("numbers of another type"),
        },
        ValueType::Sequence(_) => Element::Other("a sequence"),
        ValueType::Map { .. } => Element::Other("a map"),
        ValueType::Optional(_) => Element::Other("an optional value"),
    }
}

/// A tensor for the runtime, without a copy.
fn input<'a>(tensor: &'a TensorView<'_>) -> ort::Result<SessionInputValue<'a>> {
    fn value<'a, T: PrimitiveTensorElementType + Clone + Debug + 'static>(
        shape: &'a [usize],
        data: &'a [T],
    ) -> ort::Result<SessionInputValue<'a>> {
        Ok(TensorRef::from_array_view((shape, data))?.into())
    }
    let shape = tensor.shape();
    match tensor.data() {
        Slice::F32(data) => value(shape, data),
        Slice::F16(data) => value(shape, data),
        Slice::I64(data) => value(shape, data),
        Slice::I32(data) => value(shape, data),
        Slice::Bool(data) => value(shape, data),
        Slice::U8(data) => value(shape, data),
        Slice::Other(name) => Err(ort::Error::new(format!("sonic cannot feed {name}"))),
    }
}

/// An output without a copy; that it is what the model declared is checked on the way.
fn output<'a>(value: &'a DynValue, port: &Port) -> Result<TensorView<'a>> {
    let tensor = match element(value.dtype()) {
        Element::F32 => view(value, Slice::F32),
        Element::F16 => view(value, Slice::F16),
        Element::I64 => view(value, Slice::I64),
        Element::I32 => view(value, Slice::I32),
        Element::Bool => flags(value),
        Element::U8 => view(value, Slice::U8),
        Element::Other(name) => Ok(TensorView::given(Vec::new(), Slice::Other(name))),
    };
    let tensor = tensor.map_err(|e| refused(&e).context(format_args!("output `{}`", port.name)))?;
    let rank_fits = port.shape.is_empty() || tensor.shape().len() == port.shape.len();
    match (tensor.element(), tensor.element() == port.element && rank_fits) {
        (Element::Other(_), _) | (_, true) => Ok(tensor),
        (element, false) => {
            let got = format!("{element} {:?}", tensor.shape());
            Err(refuse(format!("output `{}` should be {port}, but the model gave {got}", port.name)))
        }
    }
}

/// As [`view`] of truth values, whose bytes come from a file that may hold anything.
fn flags(value: &DynValue) -> ort::Result<TensorView<'_>> {
    let tensor = view(value, Slice::Bool)?;
    match tensor.data() {
        Slice::Bool(data) if !are_truth_values(data) => {
            Err(ort::Error::new("a truth value is neither 0 nor 1"))
        }
        _ => Ok(tensor),
    }
}

#[expect(unsafe_code, reason = "the bytes are looked at before anybody reads them as truth values")]
fn are_truth_values(data: &[bool]) -> bool {
    // SAFETY: the same memory, as a type of the same size that any byte is a value of.
    let bytes = unsafe { std::slice::from_raw_parts(data.as_ptr().cast::<u8>(), data.len()) };
    bytes.iter().all(|byte| *byte <= 1)
}

fn view<'a, T: PrimitiveTensorElementType + 'a>(
    value: &'a DynValue,
    slice: impl FnOnce(&'a [T]) -> Slice<'a>,
) -> ort::Result<TensorView<'a>> {
    let (shape, data) = value.try_extract_tensor::<T>()?;
    Ok(TensorView::given(shape.iter().map(|&length| length as usize).collect(), slice(data)))
}
