//! Promise: every model can be loaded, tensors of all types go in and come out uncopied, and sessions are shared as long
//! as somebody has them. The models are written by hand.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use half::f16;
use sonic_core::{ErrorKind, Provider, RunMode};
use sonic_model::{
    Element, Manifest, Model, Network, Runtime, RuntimeOptions, Session, SessionOptions, Tensor,
    TensorElement, TensorView,
};
use std::path::PathBuf;
use std::sync::Arc;

const ONE_THREAD: SessionOptions = SessionOptions { threads: 1, instances: 1, provider: Provider::Cpu };

/// Field numbers and types of onnx.proto.
const FLOAT: u8 = 1;
const UINT8: u8 = 2;
const INT32: u8 = 6;
const INT64: u8 = 7;
const BOOL: u8 = 9;
const FLOAT16: u8 = 10;
const DOUBLE: u8 = 11;

fn has_runtime() -> bool {
    sonic_testing::needs(sonic_testing::Need::OnnxRuntime, Runtime::load(&RuntimeOptions::default()))
        .is_some()
}

/// Appends a length-delimited field of the protocol buffers wire format.
fn put(message: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    message.extend([number << 3 | 2, bytes.len() as u8 & 0x7f | 0x80, (bytes.len() >> 7) as u8]);
    message.extend(bytes);
}

/// A `ValueInfoProto`; without lengths its rank is 0.
fn value(name: &str, element: u8, lengths: &[u8]) -> Vec<u8> {
    let (mut shape, mut tensor, mut kind, mut value) = (vec![], vec![8, element], vec![], vec![]);
    lengths.iter().for_each(|&length| put(&mut shape, 1, &[8, length]));
    put(&mut tensor, 2, &shape);
    put(&mut kind, 1, &tensor);
    put(&mut value, 1, name.as_bytes());
    put(&mut value, 2, &kind);
    value
}

/// A model of one `Identity` for each pair `x0 -> y0`, `x1 -> y1`, ... of a type and lengths.
fn model(pairs: &[(u8, &[u8])]) -> Vec<u8> {
    let (mut graph, mut opset, mut model) = (vec![], vec![], vec![8, 8]);
    for (i, (element, lengths)) in pairs.iter().enumerate() {
        let (x, y, mut node) = (format!("x{i}"), format!("y{i}"), vec![]);
        put(&mut node, 1, x.as_bytes());
        put(&mut node, 2, y.as_bytes());
        put(&mut node, 4, b"Identity");
        put(&mut graph, 1, &node);
        put(&mut graph, 11, &value(&x, *element, lengths));
        put(&mut graph, 12, &value(&y, *element, lengths));
    }
    put(&mut graph, 2, b"pairs");
    opset.extend([16, 13]);
    put(&mut model, 7, &graph);
    put(&mut model, 8, &opset);
    model
}

/// A model file, gone with this value.
struct File(PathBuf);

impl File {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("sonic-model-{}-{name}.onnx", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// That `data` goes through the model unchanged.
fn goes_through<T: TensorElement + PartialEq + std::fmt::Debug>(element: u8, data: [T; 2]) {
    let file = File::new(&format!("type{element}"), &model(&[(element, &[2]), (element, &[])]));
    let session = Session::open(&file.0, &ONE_THREAD).unwrap();
    assert_eq!(session.inputs()[0].element, T::ELEMENT);
    assert!(session.inputs()[1].shape.is_empty());
    let inputs = [
        ("x0", TensorView::new(&[2][..], &data).unwrap()),
        ("x1", TensorView::new(&[][..], &data[1..]).unwrap()),
    ];
    let same = session.run_with(&inputs, |outputs| {
        assert_eq!((outputs[0].shape(), outputs[1].shape()), (&[2][..], &[][..]));
        Ok(outputs[0].as_slice::<T>()? == data && outputs[1].as_slice::<T>()? == &data[1..])
    });
    assert!(same.unwrap(), "{}", T::ELEMENT);
    let owned = [Tensor::new([2], data).unwrap(), Tensor::new([], [data[0]]).unwrap()];
    let outputs = session.run(&[("x0", &owned[0]), ("x1", &owned[1])]).unwrap();
    assert_eq!(outputs, owned);
}

#[test]
fn every_type_goes_in_and_comes_out_and_so_does_a_single_element() {
    if !has_runtime() {
        return;
    }
    goes_through(FLOAT, [0.5f32, -1.0]);
    goes_through(FLOAT16, [f16::from_f32(0.5), f16::from_f32(-2.0)]);
    goes_through(INT64, [i64::MIN, 7]);
    goes_through(INT32, [i32::MIN, 7]);
    goes_through(BOOL, [true, false]);
    goes_through(UINT8, [0u8, 255]);
}

#[test]
fn a_type_that_cannot_be_read_is_refused_only_where_it_is_used() {
    if !has_runtime() {
        return;
    }
    let file = File::new("f64", &model(&[(FLOAT, &[1]), (DOUBLE, &[1])]));
    let session = Session::open(&file.0, &ONE_THREAD).unwrap();
    assert_eq!(session.outputs()[1].element, Element::Other("f64"));
    let one = Tensor::f32([1], [1.0]).unwrap();
    let error = session.run(&[("x0", &one), ("x1", &one)]).unwrap_err();
    assert!(error.message().contains("input `x1` takes f64 [1], but got f32 [1]"), "{error}");
}

/// Wraps a constant of a type that cannot be read beside one that can.
#[test]
fn an_output_that_nobody_reads_may_be_of_any_type() {
    if !has_runtime() {
        return;
    }
    // y1 = Cast(x0, to: double).
    let (mut node, mut attribute, mut graph, mut whole) = (vec![], vec![], vec![], vec![8, 8]);
    put(&mut attribute, 1, b"to");
    attribute.extend([24, DOUBLE, 0xa0, 1, 2]);
    put(&mut node, 1, b"x0");
    put(&mut node, 2, b"y1");
    put(&mut node, 4, b"Cast");
    put(&mut node, 5, &attribute);
    put(&mut graph, 1, &node);
    let mut copy = vec![];
    put(&mut copy, 1, b"x0");
    put(&mut copy, 2, b"y0");
    put(&mut copy, 4, b"Identity");
    put(&mut graph, 1, &copy);
    put(&mut graph, 2, b"cast");
    put(&mut graph, 11, &value("x0", FLOAT, &[1]));
    put(&mut graph, 12, &value("y0", FLOAT, &[1]));
    put(&mut graph, 12, &value("y1", DOUBLE, &[1]));
    put(&mut whole, 7, &graph);
    put(&mut whole, 8, &[16, 13]);
    let file = File::new("cast", &whole);
    let session = Session::open(&file.0, &ONE_THREAD).unwrap();
    let one = Tensor::f32([1], [3.0]).unwrap();
    let read = session.run_with(&[("x0", one.view())], |outputs| Ok(outputs[0].as_slice::<f32>()?[0]));
    assert_eq!(read.unwrap(), 3.0);
    let error = session.run_with(&[("x0", one.view())], |outputs| outputs[1].as_slice::<f32>().map(drop));
    assert!(error.unwrap_err().message().contains("the elements of this tensor are f64, not f32"));
    let error = session.run(&[("x0", &one)]).unwrap_err();
    assert!(error.message().contains("sonic cannot read tensors of f64"), "{error}");
}

/// A file may hold a truth value of any byte; Rust's may not.
#[test]
fn a_truth_value_that_is_neither_0_nor_1_is_an_error() {
    if !has_runtime() {
        return;
    }
    for (byte, is_fine) in [(0, true), (1, true), (2, false), (255, false)] {
        let (mut constant, mut node, mut graph, mut whole) =
            (vec![8, 1, 16, BOOL], vec![], vec![], vec![8, 8]);
        put(&mut constant, 8, b"c");
        put(&mut constant, 9, &[byte]);
        put(&mut node, 1, b"c");
        put(&mut node, 2, b"y0");
        put(&mut node, 4, b"Identity");
        put(&mut graph, 1, &node);
        put(&mut graph, 2, b"flag");
        put(&mut graph, 5, &constant);
        put(&mut graph, 12, &value("y0", BOOL, &[1]));
        put(&mut whole, 7, &graph);
        put(&mut whole, 8, &[16, 13]);
        let file = File::new(&format!("flag{byte}"), &whole);
        let session = Session::open(&file.0, &ONE_THREAD).unwrap();
        let nothing: [(&str, TensorView<'_>); 0] = [];
        let read = session.run_with(&nothing, |outputs| Ok(outputs[0].as_slice::<bool>()?[0]));
        match read {
            // The runtime makes it 1 by itself, or the file is refused.
            Ok(flag) => assert_eq!(flag, byte != 0, "{byte}"),
            Err(error) => assert!(!is_fine && error.message().contains("neither 0 nor 1"), "{byte}: {error}"),
        }
    }
}

#[test]
fn sessions_of_the_same_bytes_and_options_are_shared_while_somebody_has_them() {
    if !has_runtime() {
        return;
    }
    let bytes = model(&[(FLOAT, &[3])]);
    let file = File::new("shared", &bytes);
    let open = |options: &SessionOptions| Session::open_shared(&file.0, options, false).unwrap();
    let first = open(&ONE_THREAD);
    assert!(Arc::ptr_eq(&first, &open(&ONE_THREAD)));
    assert!(!Arc::ptr_eq(&first, &open(&SessionOptions { instances: 2, ..ONE_THREAD })));
    assert!(!Arc::ptr_eq(&first, &Session::open_shared(&file.0, &ONE_THREAD, true).unwrap()));
    std::fs::write(&file.0, model(&[(FLOAT, &[4])])).unwrap();
    let changed = open(&ONE_THREAD);
    assert_eq!((first.inputs()[0].shape[0], changed.inputs()[0].shape[0]), (Some(3), Some(4)));
    let weak = Arc::downgrade(&changed);
    drop(changed);
    assert!(weak.upgrade().is_none(), "nobody has it any more");
}

/// The threads of this process, where the system tells.
#[cfg(target_os = "linux")]
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

#[test]
#[cfg(target_os = "linux")]
fn a_thousand_threads_are_as_many_as_there_are_cores() {
    if !has_runtime() {
        return;
    }
    let cores = std::thread::available_parallelism().unwrap().get();
    let file = File::new("threads", &model(&[(FLOAT, &[5])]));
    let options = SessionOptions { threads: 1000, ..ONE_THREAD };
    assert_eq!(options.run_threads(), cores);
    let before = threads();
    let session = Session::open(&file.0, &options).unwrap();
    assert!(threads() < before + cores + 20, "{before} threads became {}", threads());
    drop(session);
    let many = SessionOptions { threads: 1025, ..ONE_THREAD };
    assert_eq!(Session::open(&file.0, &many).unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn a_network_is_one_of_several_files() {
    if !has_runtime() {
        return;
    }
    let (encoder, decoder) =
        (File::new("encoder", &model(&[(FLOAT, &[1])])), File::new("decoder", &model(&[(INT64, &[1])])));
    let text = "id = \"two\"\ntask = \"asr\"\nlicence = \"MIT\"\ncommercial = true\nsource = \"x\"\n\
                [files.encoder]\nfile = \"e.onnx\"\n[files.decoder]\nfile = \"d.onnx\"\n";
    let files = [("encoder".to_owned(), encoder.0.clone()), ("decoder".to_owned(), decoder.0.clone())];
    let model = Model { manifest: Manifest::parse(text, "two").unwrap(), files: files.into() };
    let network = Network::load_file(&model, "decoder", &ONE_THREAD).unwrap();
    assert_eq!(network.inputs()[0].element, Element::I64);
    for mode in [RunMode::Single, RunMode::Batch] {
        let input = [("x0", TensorView::new(&[1][..], &[7i64]).unwrap())];
        let seven = network.run(&input, mode, |outputs| Ok(outputs[0].as_slice::<i64>()?[0]));
        assert_eq!(seven.unwrap(), 7);
    }
    assert_ne!(network.identity(), Network::load_file(&model, "encoder", &ONE_THREAD).unwrap().identity());
    assert!(Network::load(&model, &ONE_THREAD).unwrap_err().message().contains("several files"));
    let error = Network::load_file(&model, "tokenizer", &ONE_THREAD).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Model);
}
