//! What sonic adds to the time of ONNX Runtime, how long models take to load, and what the replacement of PRelu gains.
//!
//! `cargo bench --bench models`: needs `SONIC_TEST_ASSETS` and an ONNX Runtime (`ORT_DYLIB_PATH`). The runtime alone is
//! measured in a process of its own, which this executable starts again; the best of many runs counts. Asserts that
//! both give the same numbers.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use ort::session::{Session as Raw, SessionInputValue};
use ort::value::TensorRef;
use sonic::model::{Provider, Runtime, RuntimeOptions, Session, SessionOptions, Tensor};
use std::error::Error;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A model, and the shape of its only input.
const MODELS: &[(&str, &[usize])] = &[
    ("voice/models/celda128/celda128.onnx", &[1, 300, 80]),
    ("voice/models/ecapa-untrained/ecapa-c192.onnx", &[1, 300, 80]),
    ("face/models/face_detection_yunet_2023mar.onnx", &[1, 3, 640, 640]),
    ("face/models/det_500m.onnx", &[1, 3, 640, 640]),
    ("face/models/mobilefacenet_foamliu_128_dynbatch.onnx", &[1, 3, 112, 112]),
    ("face/models/w600k_mbf_dequant_fp32.onnx", &[1, 3, 112, 112]),
    ("face/models/w600k_mbf_int8dyn.onnx", &[1, 3, 112, 112]),
];
/// Each figure is the best of runs that take this long together.
const SECONDS: f64 = 1.0;

/// What one way of running a model takes.
struct Figures {
    load_ms: f64,
    run_ms: f64,
    /// Sum of all outputs, to see that they are the same.
    sum: f64,
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, way, library, number] = arguments.as_slice()
        && way == "--raw"
    {
        let Figures { load_ms, run_ms, sum } = raw(library, number.parse()?)?;
        println!("{load_ms} {run_ms} {sum}");
        return Ok(());
    }
    let quick = arguments.iter().any(|argument| argument == "--test");
    let Some(runtime) = runtime() else { return Ok(()) };
    println!("{runtime}, one thread");
    println!(
        "{:45} {:>9} {:>9} {:>9} {:>9} {:>7}",
        "model", "raw load", "our load", "raw ms", "our ms", "ratio"
    );
    for (number, (name, _)) in MODELS.iter().enumerate().take(if quick { 1 } else { MODELS.len() }) {
        let raw = child(&runtime, number)?;
        let ours = ours(number)?;
        let ratio = ours.run_ms / raw.run_ms;
        assert!(
            (raw.sum - ours.sum).abs() <= 1e-4 * raw.sum.abs().max(1.0),
            "{name}: {} {}",
            raw.sum,
            ours.sum
        );
        let name = name.rsplit('/').next().unwrap_or(name);
        println!(
            "{name:45} {:>9.1} {:>9.1} {:>9.3} {:>9.3} {ratio:>7.3}",
            raw.load_ms, ours.load_ms, raw.run_ms, ours.run_ms
        );
    }
    Ok(())
}

/// The runtime, unless something is missing, which is said.
fn runtime() -> Option<Runtime> {
    if std::env::var_os("SONIC_TEST_ASSETS").is_none() {
        println!("skipped: SONIC_TEST_ASSETS is not set");
        return None;
    }
    Runtime::load(&RuntimeOptions::default()).inspect_err(|error| println!("skipped: {error}")).ok()
}

fn path(number: usize) -> PathBuf {
    PathBuf::from(std::env::var_os("SONIC_TEST_ASSETS").unwrap_or_default()).join(MODELS[number].0)
}

/// Numbers in -1..1, the same in both processes.
fn input(number: usize) -> Vec<f32> {
    let mut state = 1u32;
    let count = MODELS[number].1.iter().product();
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(next).collect()
}

/// The best time of `run` in milliseconds, and the last sum it gave.
fn best(mut run: impl FnMut() -> Outcome<f64>) -> Outcome<(f64, f64)> {
    let (start, mut best, mut sum) = (Instant::now(), f64::MAX, 0.0);
    while start.elapsed().as_secs_f64() < SECONDS {
        let begin = Instant::now();
        sum = run()?;
        best = best.min(begin.elapsed().as_secs_f64() * 1e3);
    }
    Ok((best, sum))
}

fn ours(number: usize) -> Outcome<Figures> {
    let start = Instant::now();
    let options = SessionOptions { threads: 1, instances: 1, provider: Provider::Cpu };
    let session = Session::open(&path(number), &options)?;
    let load_ms = start.elapsed().as_secs_f64() * 1e3;
    let tensor = Tensor::f32(MODELS[number].1, input(number))?;
    let name = session.inputs()[0].name.clone();
    let (run_ms, sum) = best(|| {
        let outputs = session.run(&[(name.as_str(), &tensor)])?;
        let mut sum = 0.0;
        for output in &outputs {
            sum += total(output.as_f32()?);
        }
        Ok(sum)
    })?;
    Ok(Figures { load_ms, run_ms, sum })
}

/// The figures of the runtime alone, from a process of its own.
fn child(runtime: &Runtime, number: usize) -> Outcome<Figures> {
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.arg("--raw").arg(runtime.library()).arg(number.to_string()).output()?;
    let text = String::from_utf8(output.stdout)?;
    let numbers = text.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
    match numbers.as_slice() {
        &[load_ms, run_ms, sum] => Ok(Figures { load_ms, run_ms, sum }),
        _ => Err(format!("the other process failed: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

fn raw(library: &str, number: usize) -> Outcome<Figures> {
    let environment = ort::init_from(library)?.build()?;
    let start = Instant::now();
    let mut session = Raw::builder(&environment)?.with_intra_threads(1)?.commit_from_file(path(number))?;
    let load_ms = start.elapsed().as_secs_f64() * 1e3;
    let (shape, data) = (MODELS[number].1, input(number));
    let (run_ms, sum) = best(|| {
        let value = [SessionInputValue::from(TensorRef::from_array_view((shape, data.as_slice()))?)];
        let outputs = session.run(value)?;
        let mut sum = 0.0;
        for output in outputs.values() {
            sum += total(output.try_extract_tensor::<f32>()?.1);
        }
        Ok(sum)
    })?;
    Ok(Figures { load_ms, run_ms, sum })
}

fn total(numbers: &[f32]) -> f64 {
    numbers.iter().map(|x| f64::from(*x)).sum()
}
