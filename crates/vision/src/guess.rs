//! What a face model without a manifest must be, by what goes in and what comes out.

use super::any_size::{length, number, only};
use super::manifest::{Manifest, built_in};
use super::protobuf::fields;

/// Outputs of YuNet, by which it is known.
const YUNET: &str = "cls_8";
/// Side of the aligned faces, and length of the vectors, of ArcFace.
const ARCFACE: (u64, u64) = (112, 512);

/// What goes into a model or comes out of it; a length of 0 is open.
struct Value {
    name: String,
    lengths: Vec<u64>,
}

impl Manifest {
    /// The manifest of a face model in the bytes of an ONNX file, if its inputs and outputs leave no doubt about what it
    /// is: SCRFD with five points (nine outputs of 1, 4 and 10 numbers), YuNet (outputs named as its authors do), or
    /// ArcFace (faces of 112 x 112 pixels to 512 numbers). Each is fed as the project that made it does. Nothing is known
    /// about the licence then, so it counts as not commercial.
    pub fn guess_face(id: &str, model: &[u8]) -> Option<Self> {
        let (inputs, outputs) = ends(model)?;
        let [input] = &inputs[..] else { return None };
        let template = match (&input.lengths[..], &outputs[..]) {
            ([_, 3, ..], _) if outputs.iter().any(|o| o.name == YUNET) => "yunet",
            ([_, 3, ..], outputs) if is_scrfd(outputs) => "det_500m",
            ([_, 3, height, width], [output])
                if (*height, *width) == (ARCFACE.0, ARCFACE.0)
                    && output.lengths.last() == Some(&ARCFACE.1) =>
            {
                "w600k_mbf"
            }
            _ => return None,
        };
        let known = built_in().iter().find(|m| m.id == template)?;
        let outputs = match &outputs[..] {
            [output] => vec![output.name.clone()],
            _ => known.outputs.clone(),
        };
        Some(Self {
            id: id.to_owned(),
            file: None,
            url: None,
            mirrors: Vec::new(),
            sha256: None,
            bytes: None,
            licence: "unknown".to_owned(),
            commercial: false,
            source: "unknown".to_owned(),
            note: format!("There is no manifest: by its inputs and outputs it is fed as {template} is."),
            inputs: vec![input.name.clone()],
            outputs,
            ..known.clone()
        })
    }
}

/// Scores, boxes and points at three strides, in whatever order.
fn is_scrfd(outputs: &[Value]) -> bool {
    let ending = |last: u64| outputs.iter().filter(|o| o.lengths.last() == Some(&last)).count();
    outputs.len() == 9 && [1, 4, 10].into_iter().all(|last| ending(last) == 3)
}

/// The inputs, without weights, and the outputs of a model.
fn ends(model: &[u8]) -> Option<(Vec<Value>, Vec<Value>)> {
    let graph = fields(only(model, number::MODEL_GRAPH)?)?;
    let of = |wanted: u64| graph.iter().filter(move |f| f.number == wanted).map(|f| f.bytes);
    let weights: Vec<&[u8]> =
        of(number::GRAPH_INITIALIZER).filter_map(|w| only(w, number::INITIALIZER_NAME)).collect();
    let is_fed = |v: &&[u8]| !only(v, number::VALUE_NAME).is_some_and(|name| weights.contains(&name));
    let inputs = of(number::GRAPH_INPUT).filter(is_fed).map(value).collect::<Option<_>>()?;
    Some((inputs, of(number::GRAPH_OUTPUT).map(value).collect::<Option<_>>()?))
}

fn value(value: &[u8]) -> Option<Value> {
    let name = std::str::from_utf8(only(value, number::VALUE_NAME)?).ok()?.to_owned();
    let tensor = only(only(value, number::VALUE_TYPE)?, number::TYPE_TENSOR)?;
    let shape = only(tensor, number::TENSOR_SHAPE).map_or_else(|| Some(Vec::new()), fields)?;
    Some(Value { name, lengths: shape.iter().map(|d| length(d.bytes)).collect::<Option<_>>()? })
}

#[cfg(test)]
mod tests {
    use super::super::protobuf::put;
    use super::super::{Decoder, Task};
    use super::*;

    fn described(name: &str, lengths: &[u64]) -> Vec<u8> {
        let mut shape = Vec::new();
        for &length in lengths {
            let mut dimension = vec![8];
            dimension.extend([(length & 0x7f) as u8 | 0x80, (length >> 7) as u8]);
            put(&mut shape, number::SHAPE_DIMENSION, &dimension);
        }
        let mut tensor = vec![8, 1];
        put(&mut tensor, number::TENSOR_SHAPE, &shape);
        let mut kind = Vec::new();
        put(&mut kind, number::TYPE_TENSOR, &tensor);
        let mut value = Vec::new();
        put(&mut value, number::VALUE_NAME, name.as_bytes());
        put(&mut value, number::VALUE_TYPE, &kind);
        value
    }

    fn model(input: &[u64], outputs: &[(&str, &[u64])]) -> Vec<u8> {
        let (mut graph, mut model) = (Vec::new(), Vec::new());
        put(&mut graph, number::GRAPH_INPUT, &described("in", input));
        outputs
            .iter()
            .for_each(|(name, shape)| put(&mut graph, number::GRAPH_OUTPUT, &described(name, shape)));
        put(&mut model, number::MODEL_GRAPH, &graph);
        model
    }

    #[test]
    fn models_are_known_by_what_goes_in_and_out() {
        let arcface = Manifest::guess_face("mine", &model(&[0, 3, 112, 112], &[("516", &[1, 512])])).unwrap();
        assert_eq!((arcface.id.as_str(), arcface.task), ("mine", Task::FaceEmbedding));
        assert_eq!((&arcface.inputs[..], &arcface.outputs[..]), (&["in".into()][..], &["516".into()][..]));
        assert!(!arcface.commercial && arcface.dimensions == Some(512));

        let nine: Vec<(&str, &[u64])> =
            [&[9, 1][..], &[9, 4], &[9, 10]].iter().flat_map(|shape| [("o", *shape); 3]).collect();
        let scrfd = Manifest::guess_face("d", &model(&[1, 3, 0, 0], &nine)).unwrap();
        assert_eq!(scrfd.face.unwrap().decoder, Some(Decoder::Scrfd));
        let yunet =
            Manifest::guess_face("d", &model(&[1, 3, 0, 0], &[("obj_8", &[1]), ("cls_8", &[1])])).unwrap();
        assert_eq!(yunet.face.unwrap().decoder, Some(Decoder::Yunet));
    }

    #[test]
    fn others_are_not_guessed() {
        assert!(Manifest::guess_face("x", b"not a model").is_none());
        assert!(Manifest::guess_face("x", &model(&[1, 3, 112, 112], &[("o", &[1, 128])])).is_none());
        assert!(Manifest::guess_face("x", &model(&[1, 80, 200], &[("o", &[1, 512])])).is_none());
    }
}
