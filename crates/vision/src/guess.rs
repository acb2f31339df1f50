//! What a face model without a manifest must be, by what goes in and what comes out.

use sonic_model::{Description, Manifest, Port, built_in};

/// Outputs of YuNet, by which it is known.
const YUNET: &str = "cls_8";
/// Side of the aligned faces, and length of the vectors, of ArcFace.
const ARCFACE: (usize, usize) = (112, 512);

/// The manifest of a face model in the bytes of an ONNX file, if its inputs and outputs leave no doubt about what it is:
/// SCRFD with five points (nine outputs of 1, 4 and 10 numbers), YuNet (outputs named as its authors do), or ArcFace
/// (faces of 112 x 112 pixels to 512 numbers). Each is fed as the project that made it does. Nothing is known about the
/// licence then, so it counts as not commercial. `id` is what to call it.
pub fn guess_face(id: &str, model: &[u8]) -> Option<Manifest> {
    let Description { inputs, outputs, .. } = Description::read(model)?;
    let [input] = &inputs[..] else { return None };
    let template = match (&input.shape[..], &outputs[..]) {
        ([_, Some(3), ..], _) if outputs.iter().any(|o| o.name == YUNET) => "yunet",
        ([_, Some(3), ..], outputs) if is_scrfd(outputs) => "det_500m",
        ([_, Some(3), height, width], [output])
            if (*height, *width) == (Some(ARCFACE.0), Some(ARCFACE.0))
                && output.shape.last() == Some(&Some(ARCFACE.1)) =>
        {
            "w600k_mbf"
        }
        _ => return None,
    };
    let mut manifest = built_in().iter().find(|m| m.id == template)?.as_template(id);
    manifest.inputs = vec![input.name.clone()];
    if let [output] = &outputs[..] {
        manifest.outputs = vec![output.name.clone()];
    }
    Some(manifest)
}

/// Scores, boxes and points at three strides, in whatever order.
fn is_scrfd(outputs: &[Port]) -> bool {
    let ending = |last: usize| outputs.iter().filter(|o| o.shape.last() == Some(&Some(last))).count();
    outputs.len() == 9 && [1, 4, 10].into_iter().all(|last| ending(last) == 3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Decoder, EMBEDDING, FaceInput};

    /// Appends a field of the protocol buffers wire format: its number, and bytes.
    fn put(message: &mut Vec<u8>, number: u8, bytes: &[u8]) {
        message.push(number << 3 | 2);
        message.extend([bytes.len() as u8 & 0x7f | 0x80, (bytes.len() >> 7) as u8]);
        message.extend(bytes);
    }

    /// A `ValueInfoProto` of onnx.proto: a name, and a tensor of these lengths.
    fn described(name: &str, lengths: &[u64]) -> Vec<u8> {
        let (mut shape, mut tensor, mut kind, mut value) = (vec![], vec![], vec![], vec![]);
        for &length in lengths {
            put(&mut shape, 1, &[8, (length & 0x7f) as u8 | 0x80, (length >> 7) as u8]);
        }
        put(&mut tensor, 2, &shape);
        put(&mut kind, 1, &tensor);
        put(&mut value, 1, name.as_bytes());
        put(&mut value, 2, &kind);
        value
    }

    /// A `ModelProto` with the inputs and outputs of its graph.
    fn model(input: &[u64], outputs: &[(&str, &[u64])]) -> Vec<u8> {
        let (mut graph, mut model) = (Vec::new(), Vec::new());
        put(&mut graph, 11, &described("in", input));
        outputs.iter().for_each(|(name, shape)| put(&mut graph, 12, &described(name, shape)));
        put(&mut model, 7, &graph);
        model
    }

    #[test]
    fn models_are_known_by_what_goes_in_and_out() {
        let arcface = guess_face("mine", &model(&[0, 3, 112, 112], &[("516", &[1, 512])])).unwrap();
        assert_eq!((arcface.id.as_str(), arcface.task.as_str()), ("mine", EMBEDDING));
        assert_eq!((&arcface.inputs[..], &arcface.outputs[..]), (&["in".into()][..], &["516".into()][..]));
        assert!(!arcface.commercial && arcface.dimensions == Some(512));

        let nine: Vec<(&str, &[u64])> =
            [&[9, 1][..], &[9, 4], &[9, 10]].iter().flat_map(|shape| [("o", *shape); 3]).collect();
        let scrfd = guess_face("d", &model(&[1, 3, 0, 0], &nine)).unwrap();
        assert_eq!(FaceInput::of(&scrfd).unwrap().decoder, Some(Decoder::Scrfd));
        let yunet = guess_face("d", &model(&[1, 3, 0, 0], &[("obj_8", &[1]), ("cls_8", &[1])])).unwrap();
        assert_eq!(FaceInput::of(&yunet).unwrap().decoder, Some(Decoder::Yunet));
    }

    #[test]
    fn others_are_not_guessed() {
        assert!(guess_face("x", b"not a model").is_none());
        assert!(guess_face("x", &model(&[1, 3, 112, 112], &[("o", &[1, 128])])).is_none());
        assert!(guess_face("x", &model(&[1, 80, 200], &[("o", &[1, 512])])).is_none());
    }
}
