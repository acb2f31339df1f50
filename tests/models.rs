//! Promise: a model runs the same from any number of threads, and whatever is wrong with the runtime, the file or the
//! inputs is an error that says what to do.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail, and says what it measured")]

mod support;

use sonic::ErrorKind;
use sonic::model::{Provider, Runtime, RuntimeOptions, Session, SessionOptions, Tensor};
use sonic::models::{Registry, Verified};
use sonic_testing::{Need, needs};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Random, Scratch, second_process};

/// A reference model and the runtime, or the reason why a test has to be skipped.
fn model(name: &str) -> Option<PathBuf> {
    let path = sonic_testing::assets(name)?;
    needs(Need::OnnxRuntime, Runtime::load(&RuntimeOptions::default())).map(|_| path)
}

const CELDA: &str = "voice/models/celda128/celda128.onnx";
const SILERO: &str = "voice/models/silero-vad/silero_vad.onnx";
const MOBILE_FACE: &str = "face/models/w600k_mbf_dequant_fp32.onnx";
const ONE_THREAD: SessionOptions = SessionOptions { threads: 1, instances: 1, provider: Provider::Cpu };

fn noise(seed: u64, shape: &[usize]) -> Tensor {
    let mut random = Random(seed);
    let count = shape.iter().product();
    Tensor::f32(shape, (0..count).map(|_| random.uniform() * 2.0 - 1.0).collect::<Vec<_>>()).unwrap()
}

#[test]
fn a_model_says_what_it_takes_and_gives() {
    let Some(path) = model(SILERO) else { return };
    let session = Session::open(&path, &ONE_THREAD).unwrap();
    let ports = |ports: &[sonic::model::Port]| {
        ports.iter().map(|port| format!("{} {port}", port.name)).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(ports(session.inputs()), "input f32 [*, *]; state f32 [2, *, 128]; sr i64 []");
    assert_eq!(ports(session.outputs()), "output f32 [*, 1]; stateN f32 [*, *, *]");
    assert_eq!((session.output("stateN"), session.output("state")), (Some(1), None));
    assert_eq!((session.provider(), session.fallback()), (Provider::Cpu, None));
    assert_eq!(session.model_hash().len(), 32);
}

#[test]
fn silence_is_no_speech() {
    let Some(path) = model(SILERO) else { return };
    let session = Session::open(&path, &ONE_THREAD).unwrap();
    let rate = Tensor::i64([], [16_000]).unwrap();
    let mut state = Tensor::f32([2, 1, 128], [0.0; 256]).unwrap();
    for _ in 0..4 {
        let sound = Tensor::f32([1, 576], [0.0; 576]).unwrap();
        let outputs = session.run(&[("sr", &rate), ("state", &state), ("input", &sound)]).unwrap();
        let [probability, next] = <[Tensor; 2]>::try_from(outputs).unwrap();
        assert!((0.0..0.2).contains(&probability.as_f32().unwrap()[0]), "{probability:?}");
        state = next;
    }
}

#[test]
fn many_threads_get_the_answers_of_one() {
    let Some(path) = model(CELDA) else { return };
    let inputs: Vec<Tensor> = (0..24).map(|n| noise(n, &[1, 20 + n as usize, 80])).collect();
    let alone = Session::open(&path, &ONE_THREAD).unwrap();
    let expected: Vec<_> = inputs.iter().map(|x| alone.run(&[("logmel", x)]).unwrap()).collect();
    for instances in [1, 3] {
        let session = Session::open(&path, &SessionOptions { instances, ..ONE_THREAD }).unwrap();
        std::thread::scope(|scope| {
            for start in 0..8 {
                let (session, inputs, expected) = (&session, &inputs, &expected);
                scope.spawn(move || {
                    for n in (start..start + 24).map(|n| n % 24) {
                        assert_eq!(session.run(&[("logmel", &inputs[n])]).unwrap(), expected[n]);
                    }
                });
            }
        });
    }
}

#[test]
fn wrong_inputs_are_errors_and_the_model_goes_on() {
    let Some(path) = model(SILERO) else { return };
    let session = Session::open(&path, &ONE_THREAD).unwrap();
    let rate = Tensor::i64([], [16_000]).unwrap();
    let (sound, state) = (noise(1, &[1, 576]), noise(2, &[2, 1, 128]));
    let good = [("input", &sound), ("state", &state), ("sr", &rate)];
    let refused = |inputs: &[(&str, &Tensor)], part: &str| {
        let error = session.run(inputs).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Model, "{error}");
        assert!(
            error.message().starts_with("silero_vad.onnx: ") && error.message().contains(part),
            "{error}"
        );
    };
    refused(&good[..2], "input `sr` (i64 []) is missing");
    refused(&[good[0], good[1], good[2], good[2]], "given twice");
    refused(&[good[0], good[0], good[2]], "input `state` (f32 [2, *, 128]) is missing");
    refused(&[good[0], good[1], ("rate", &rate)], "no input `rate`; the model takes `input`, `state`, `sr`");
    let integers = Tensor::i64([1, 576], [0; 576]).unwrap();
    refused(&[("input", &integers), good[1], good[2]], "takes f32 [*, *], but got i64 [1, 576]");
    refused(&[("input", &noise(1, &[576])), good[1], good[2]], "takes f32 [*, *], but got f32 [576]");
    refused(
        &[good[0], ("state", &noise(1, &[3, 1, 128])), good[2]],
        "takes f32 [2, *, 128], but got f32 [3, 1, 128]",
    );
    refused(&[("input", &Tensor::f32([1, 0], []).unwrap()), good[1], good[2]], "but got f32 [1, 0]");
    // A shape that only the network itself can refuse: two sounds, one state.
    refused(&[("input", &noise(1, &[2, 576])), good[1], good[2]], "ONNX Runtime refused");
    assert!(session.run(&good).is_ok());
}

#[test]
fn a_damaged_file_is_an_error() {
    let Some(path) = model(CELDA) else { return };
    let scratch = Scratch::new("models-damaged");
    let whole = fs::read(path).unwrap();
    let file = scratch.join("damaged.onnx");
    let open = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        Session::open(&file, &ONE_THREAD)
    };
    for bytes in
        [&[][..], &[0; 1000], b"<!DOCTYPE html>", &whole[..whole.len() / 2], &whole[..whole.len() - 1]]
    {
        let error = open(bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Model, "{error}");
        assert!(error.message().contains("damaged.onnx"), "{error}");
    }
    let mut random = Random(7);
    for _ in 0..60 {
        let mut bytes = whole.clone();
        for _ in 0..4 {
            let place = random.next() as usize % bytes.len();
            bytes[place] ^= 1 << (random.next() % 8);
        }
        // Most changes hit a weight, which is for a hash to find; none may end the process.
        if let Ok(session) = open(&bytes) {
            let _ = session.run(&[("logmel", noise(1, &[1, 30, 80]))]);
        }
    }
    let missing = Session::open(&scratch.join("missing.onnx"), &ONE_THREAD).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Model);
    assert!(missing.message().contains("cannot read"), "{missing}");
}

/// The manifests that come with sonic fit the files that they are about.
#[test]
fn reference_models_are_as_their_manifests_say() {
    for (id, folder) in [
        ("celda128-onnx", "voice/models/celda128"),
        ("celda128-wave", "voice/models/celda128"),
        ("silero-vad", "voice/models/silero-vad"),
        ("det_500m", "face/models"),
        ("mobilefacenet", "face/models"),
        ("yunet", "face/models"),
    ] {
        let Some(folder) = model(folder) else { return };
        let registry = Registry::new(folder);
        assert_eq!(registry.verify(id).unwrap(), Verified::Good, "{id}");
        let model = registry.resolve(id).unwrap();
        let session = Session::load(&model, &ONE_THREAD).unwrap();
        assert!(session.inputs().len() >= model.manifest.inputs.len(), "{id}");
        let mut wrong = model;
        wrong.manifest.outputs.push("nothing".to_owned());
        let error = Session::load(&wrong, &ONE_THREAD).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Model);
        assert!(error.message().contains("expects the output `nothing`"), "{error}");
    }
    let Some(copy) = model(CELDA) else { return };
    let scratch = Scratch::new("models-known");
    fs::copy(copy, scratch.join("renamed.onnx")).unwrap();
    let known = Registry::new("nowhere").resolve(scratch.join("renamed.onnx").to_str().unwrap()).unwrap();
    assert_eq!(known.manifest.id, "celda128-onnx", "it is known by its bytes");
    assert!(Session::load(&known, &ONE_THREAD).is_ok());
    let built_in = Registry::new("nowhere").resolve("celda128").unwrap();
    assert_eq!(Session::load(&built_in, &ONE_THREAD).unwrap_err().kind(), ErrorKind::Model);
}

#[test]
fn options_have_limits() {
    for options in
        [SessionOptions { instances: 0, ..ONE_THREAD }, SessionOptions { threads: 100_000, ..ONE_THREAD }]
    {
        let error = Session::open("x.onnx".as_ref(), &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
}

#[test]
fn without_a_gpu_the_fallback_is_stated() {
    let Some(path) = model(CELDA) else { return };
    let with = |provider| Session::open(&path, &SessionOptions { provider, ..ONE_THREAD });
    let session = with(Provider::Auto).unwrap();
    if session.provider() == Provider::Cuda {
        return sonic_testing::skip(Need::NoGpu, "this machine has a GPU");
    }
    assert!(session.fallback().is_some_and(|reason| !reason.is_empty()));
    assert!(session.run(&[("logmel", noise(1, &[1, 30, 80]))]).is_ok());
    assert_eq!(with(Provider::Cuda).unwrap_err().kind(), ErrorKind::Model);
}

#[test]
fn a_network_with_prelu_gives_finite_vectors() {
    let Some(path) = model(MOBILE_FACE) else { return };
    let session = Session::open(&path, &ONE_THREAD).unwrap();
    let outputs = session.run(&[("input.1", noise(1, &[1, 3, 112, 112]))]).unwrap();
    assert_eq!(outputs[0].shape(), [1, 512]);
    let square: f32 = outputs[0].as_f32().unwrap().iter().map(|x| x * x).sum();
    assert!(square.is_finite() && square > 1.0, "{square}");
}

/// Runs the ignored test `name` in a process of its own, with `ORT_DYLIB_PATH` as given.
fn alone(name: &str, library: Option<&Path>, scratch: &Scratch) -> String {
    let mut command = second_process(name);
    command.env("SONIC_TEST_SCRATCH", scratch.join("")).env_remove("ORT_DYLIB_PATH");
    if let Some(library) = library {
        command.env("ORT_DYLIB_PATH", library);
    }
    let ran = support::Ran::from(command.output().unwrap());
    assert_eq!(ran.status, Some(0), "{}{}", ran.stdout, ran.stderr);
    ran.stdout + &ran.stderr
}

/// A shared library that claims to be ONNX Runtime of a version long past.
fn old_runtime(scratch: &Scratch) -> PathBuf {
    let (source, library) = (scratch.join("old.rs"), scratch.join("libonnxruntime.so.1.10.0"));
    let text = "#[repr(C)] pub struct Base(extern \"C\" fn(u32) -> *const u8, extern \"C\" fn() -> *const u8);\n\
                extern \"C\" fn api(_: u32) -> *const u8 { std::ptr::null() }\n\
                extern \"C\" fn version() -> *const u8 { b\"1.10.0\\0\".as_ptr() }\n\
                static BASE: Base = Base(api, version);\n\
                #[unsafe(no_mangle)] pub extern \"C\" fn OrtGetApiBase() -> *const Base { &BASE }\n";
    fs::write(&source, text).unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let built = Command::new(rustc)
        .args(["--edition=2024", "--crate-type=cdylib", "--crate-name=old", "-o"])
        .args([&library, &source])
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    library
}

#[test]
fn a_runtime_that_will_not_do_is_an_error_and_another_can_be_tried() {
    let scratch = Scratch::new("models-runtime");
    fs::write(scratch.join("garbage.so"), [7; 5000]).unwrap();
    old_runtime(&scratch);
    let works = Runtime::load(&RuntimeOptions::default()).is_ok();
    let found = std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from).filter(|path| works && path.exists());
    if let Some(library) = &found {
        fs::create_dir_all(scratch.join("onnxruntime/capi")).unwrap();
        let name = library.file_name().unwrap();
        let versioned = scratch.join("onnxruntime/capi").join(name);
        fs::copy(library, versioned).unwrap();
    }
    let said = alone("runtimes_one_after_the_other", None, &scratch);
    assert!(said.contains("explicit paths were refused"), "{said}");
    assert_eq!(said.contains("the package was found"), found.is_some(), "{said}");
    alone("a_named_library_is_the_only_one_tried", Some(&scratch.join("garbage.so")), &scratch);
}

#[test]
#[ignore = "runs in a process of its own"]
fn runtimes_one_after_the_other() {
    let folder = PathBuf::from(std::env::var_os("SONIC_TEST_SCRATCH").unwrap());
    let explicit = |name: &str| RuntimeOptions { library: Some(folder.join(name)), python_package: None };
    for (name, reason) in [
        ("missing.so", "missing.so"),
        ("garbage.so", "garbage.so"),
        ("libonnxruntime.so.1.10.0", "version 1.10.0 is older than 1.20"),
    ] {
        let error = Runtime::load(&explicit(name)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Model);
        assert!(
            error.message().contains(reason) && error.message().contains("pip install onnxruntime"),
            "{error}"
        );
    }
    assert_eq!(Runtime::loaded(), None);
    eprintln!("explicit paths were refused");
    Runtime::set_python_package(&folder.join("onnxruntime"));
    if folder.join("onnxruntime").exists() {
        let runtime = Runtime::load(&RuntimeOptions::default()).unwrap();
        assert!(runtime.library().starts_with(&folder) && runtime.is_at_least(1, 20), "{runtime}");
        assert_eq!(Runtime::load(&explicit("garbage.so")).unwrap_err().kind(), ErrorKind::Mismatch);
        assert_eq!(Runtime::loaded(), Some(runtime));
        eprintln!("the package was found");
    }
}

#[test]
#[ignore = "runs in a process of its own"]
fn a_named_library_is_the_only_one_tried() {
    let error = Session::open("x.onnx".as_ref(), &SessionOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Model);
    assert!(
        error.message().contains("garbage.so") && !error.message().contains("libonnxruntime.so"),
        "{error}"
    );
}
