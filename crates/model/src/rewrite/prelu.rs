//! Models without PRelu.
//!
//! From version 1.27 on, ONNX Runtime takes twice as long for a network that is full of PRelu nodes than for the same
//! network with `Relu(x) + slope * (x - Relu(x))` in their places, which gives the same bits for all finite numbers.
//!
//! On x86 it keeps pictures in blocks of channels between convolutions, and puts them back in rows for every operator
//! that cannot be done in blocks, as `Sub` and `Mul` with a slope for each channel. A convolution of one pixel within
//! each channel can: `Relu(x) + -slope * Relu(-1 * x)` by two of them saves those copies, and a sixth of the time of
//! an embedder. One of the terms is always zero, so the bits are the same again.

use super::protobuf::{Field, fields, put, put_number, varint};
use std::collections::HashMap;

/// Field numbers of the ONNX description (onnx.proto).
mod number {
    pub(super) const MODEL_GRAPH: u64 = 7;
    pub(super) const MODEL_OPSET: u64 = 8;
    pub(super) const OPSET_DOMAIN: u64 = 1;
    pub(super) const OPSET_VERSION: u64 = 2;
    pub(super) const GRAPH_NODE: u64 = 1;
    pub(super) const GRAPH_INITIALIZER: u64 = 5;
    pub(super) const TENSOR_LENGTH: u64 = 1;
    pub(super) const TENSOR_ELEMENT: u64 = 2;
    pub(super) const TENSOR_FLOATS: u64 = 4;
    pub(super) const TENSOR_NAME: u64 = 8;
    pub(super) const TENSOR_RAW: u64 = 9;
    pub(super) const NODE_INPUT: u64 = 1;
    pub(super) const NODE_OUTPUT: u64 = 2;
    pub(super) const NODE_OPERATOR: u64 = 4;
    pub(super) const NODE_ATTRIBUTE: u64 = 5;
    pub(super) const NODE_DOMAIN: u64 = 7;
    pub(super) const ATTRIBUTE_NAME: u64 = 1;
    pub(super) const ATTRIBUTE_INTEGER: u64 = 3;
    pub(super) const ATTRIBUTE_TYPE: u64 = 20;
}

/// The type of a tensor of 32-bit floating-point numbers.
const FLOAT: u64 = 1;
/// The type of an attribute that is an integer.
const INTEGER: u64 = 2;
/// True where the runtime computes in blocks of channels.
const HAS_BLOCKS: bool = cfg!(target_arch = "x86_64");

/// The first version of the operators in which a slope is broadcast as in every other operator.
const BROADCASTING: u64 = 7;

/// `model` with other nodes in the places of its PRelu nodes; `None` if it has none, or is not understood.
pub(crate) fn without_prelu(model: &[u8]) -> Option<Vec<u8>> {
    if !model.windows(5).any(|w| w == b"PRelu") {
        return None;
    }
    let parts = fields(model)?;
    if parts.iter().filter(|f| f.number == number::MODEL_OPSET).any(|f| too_old(f.bytes)) {
        return None;
    }
    let mut changed = false;
    let mut out = Vec::with_capacity(model.len() + 16_384);
    for part in parts {
        match part.number {
            number::MODEL_GRAPH => put(&mut out, number::MODEL_GRAPH, &graph(part.bytes, &mut changed)?),
            _ => out.extend_from_slice(part.whole),
        }
    }
    changed.then_some(out)
}

/// True if this set of operators is the standard one of before they were broadcast.
fn too_old(opset: &[u8]) -> bool {
    let Some(parts) = fields(opset) else { return true };
    let find = |number| parts.iter().find(|f| f.number == number);
    let standard = find(number::OPSET_DOMAIN).is_none_or(|f| f.bytes.is_empty());
    standard && find(number::OPSET_VERSION).is_none_or(|f| f.value < BROADCASTING)
}

fn graph(graph: &[u8], changed: &mut bool) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(graph.len() + 16_384);
    let parts = fields(graph)?;
    let weights = parts.iter().filter(|f| HAS_BLOCKS && f.number == number::GRAPH_INITIALIZER);
    let slopes: Slopes<'_> = weights.filter_map(|f| slope_by_channel(f.bytes)).collect();
    for part in parts {
        let replaced = part.number == number::GRAPH_NODE && replace(part.bytes, &slopes, &mut out)?;
        if !replaced {
            out.extend_from_slice(part.whole);
        }
        *changed |= replaced;
    }
    Some(out)
}

/// By name.
type Slopes<'a> = HashMap<&'a [u8], Vec<f32>>;

/// The name and numbers of a weight, if it is one number for each channel of a picture.
fn slope_by_channel(weight: &[u8]) -> Option<(&[u8], Vec<f32>)> {
    let parts = fields(weight)?;
    let find = |number| parts.iter().find(|f: &&Field<'_>| f.number == number);
    let mut lengths = Vec::new();
    for part in parts.iter().filter(|f| f.number == number::TENSOR_LENGTH) {
        let mut packed = part.bytes;
        if packed.is_empty() {
            lengths.push(part.value);
        }
        while !packed.is_empty() {
            lengths.push(varint(&mut packed)?);
        }
    }
    let is_float = find(number::TENSOR_ELEMENT).is_some_and(|f| f.value == FLOAT);
    let bytes = find(number::TENSOR_RAW).or_else(|| find(number::TENSOR_FLOATS))?.bytes;
    match lengths.as_slice() {
        &[channels, 1, 1] if is_float && channels.checked_mul(4) == Some(bytes.len() as u64) => {
            let numbers = bytes.as_chunks().0.iter().map(|&number| f32::from_le_bytes(number));
            Some((find(number::TENSOR_NAME)?.bytes, numbers.collect()))
        }
        _ => None,
    }
}

/// Appends to a graph what stands for `node`, if it is a PRelu node.
fn replace(node: &[u8], slopes: &Slopes<'_>, graph: &mut Vec<u8>) -> Option<bool> {
    let parts = fields(node)?;
    let all = |number| parts.iter().filter(move |f: &&Field<'_>| f.number == number).map(|f| f.bytes);
    let standard = all(number::NODE_DOMAIN).all(|domain| domain.is_empty());
    if !standard || all(number::NODE_OPERATOR).next() != Some(b"PRelu") {
        return Some(false);
    }
    let inputs: Vec<&[u8]> = all(number::NODE_INPUT).collect();
    let (&[x, slope], Some(y)) = (inputs.as_slice(), all(number::NODE_OUTPUT).next()) else {
        return Some(false);
    };
    // The name of a value occurs once in a graph, so names made from it do not meet others.
    let named = |part: &str| [y, b"/sonic/", part.as_bytes()].concat();
    let (positive, negative, scaled) = (named("positive"), named("negative"), named("scaled"));
    add_node(graph, "Relu", &[x], &positive);
    if let Some(slopes) = slopes.get(slope) {
        let (turned, one, factor) = (named("turned"), named("one"), named("factor"));
        add_factors(graph, &one, slopes.iter().map(|_| -1.0));
        add_factors(graph, &factor, slopes.iter().map(|slope| -slope));
        add_product(graph, [x, &one], slopes.len(), &turned);
        add_node(graph, "Relu", &[&turned], &negative);
        add_product(graph, [&negative, &factor], slopes.len(), &scaled);
        add_node(graph, "Add", &[&positive, &scaled], y);
        return Some(true);
    }
    add_node(graph, "Sub", &[x, &positive], &negative);
    add_node(graph, "Mul", &[&negative, slope], &scaled);
    add_node(graph, "Add", &[&positive, &scaled], y);
    Some(true)
}

fn add_node(graph: &mut Vec<u8>, operator: &str, inputs: &[&[u8]], output: &[u8]) {
    put(graph, number::GRAPH_NODE, &node(operator, inputs, output));
}

fn node(operator: &str, inputs: &[&[u8]], output: &[u8]) -> Vec<u8> {
    let mut node = Vec::new();
    inputs.iter().for_each(|input| put(&mut node, number::NODE_INPUT, input));
    put(&mut node, number::NODE_OUTPUT, output);
    put(&mut node, number::NODE_OPERATOR, operator.as_bytes());
    node
}

/// Each channel times its factor: a convolution of one pixel in as many groups as there are channels.
fn add_product(graph: &mut Vec<u8>, inputs: [&[u8]; 2], channels: usize, output: &[u8]) {
    let mut group = Vec::new();
    put(&mut group, number::ATTRIBUTE_NAME, b"group");
    put_number(&mut group, number::ATTRIBUTE_INTEGER, channels as u64);
    put_number(&mut group, number::ATTRIBUTE_TYPE, INTEGER);
    let mut node = node("Conv", &inputs, output);
    put(&mut node, number::NODE_ATTRIBUTE, &group);
    put(graph, number::GRAPH_NODE, &node);
}

/// A weight of one factor for each channel, in the shape that convolutions take.
fn add_factors(graph: &mut Vec<u8>, name: &[u8], factors: impl ExactSizeIterator<Item = f32>) {
    let mut weight = Vec::new();
    let lengths = [factors.len() as u64, 1, 1, 1];
    lengths.iter().for_each(|&length| put_number(&mut weight, number::TENSOR_LENGTH, length));
    put_number(&mut weight, number::TENSOR_ELEMENT, FLOAT);
    put(&mut weight, number::TENSOR_NAME, name);
    put(&mut weight, number::TENSOR_RAW, &factors.flat_map(f32::to_le_bytes).collect::<Vec<_>>());
    put(graph, number::GRAPH_INITIALIZER, &weight);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model of one node with these inputs.
    fn model(operator: &str, inputs: &[&[u8]], version: u8) -> Vec<u8> {
        let mut graph = Vec::new();
        add_node(&mut graph, operator, inputs, b"y");
        put(&mut graph, 2, b"the graph's name");
        let mut model = vec![8, 7]; // ir_version
        put(&mut model, number::MODEL_GRAPH, &graph);
        put(&mut model, number::MODEL_OPSET, &[0x10, version]);
        model
    }

    /// Operator, inputs and output of every node.
    fn nodes(model: &[u8]) -> Vec<String> {
        let graph = fields(model).unwrap().iter().find(|f| f.number == number::MODEL_GRAPH).unwrap().bytes;
        let nodes = fields(graph).unwrap().into_iter().filter(|f| f.number == number::GRAPH_NODE);
        let text = |f: &Field<'_>| String::from_utf8(f.bytes.to_vec()).unwrap();
        let texts = |n: &Field<'_>| -> Vec<String> {
            let parts = fields(n.bytes).unwrap();
            parts.iter().filter(|f| f.number <= number::NODE_OPERATOR).map(text).collect()
        };
        nodes.map(|n| texts(&n).join(" ")).collect()
    }

    #[test]
    fn four_nodes_stand_for_one() {
        let changed = without_prelu(&model("PRelu", &[b"x", b"slope"], 11)).unwrap();
        assert_eq!(
            nodes(&changed),
            [
                "x y/sonic/positive Relu",
                "x y/sonic/positive y/sonic/negative Sub",
                "y/sonic/negative slope y/sonic/scaled Mul",
                "y/sonic/positive y/sonic/scaled y Add",
            ]
        );
        let numbers: Vec<u64> = fields(&changed).unwrap().iter().map(|f| f.number).collect();
        assert_eq!(numbers, [1, number::MODEL_GRAPH, number::MODEL_OPSET]);
        assert!(without_prelu(&changed).is_none(), "there is none left");
    }

    /// The model, its slope a weight of these lengths: as packed numbers if asked for.
    fn with_slope(lengths: &[u64], packed: bool) -> Vec<u8> {
        let mut weight = Vec::new();
        match packed {
            true => put(&mut weight, 1, &lengths.iter().map(|&length| length as u8).collect::<Vec<_>>()),
            false => lengths.iter().for_each(|&length| put_number(&mut weight, 1, length)),
        }
        put_number(&mut weight, 2, FLOAT);
        put(&mut weight, 8, b"slope");
        put(&mut weight, 9, &[0.25f32, -2.0].map(f32::to_le_bytes).concat());
        let mut graph = Vec::new();
        add_node(&mut graph, "PRelu", &[b"x", b"slope"], b"y");
        put(&mut graph, 5, &weight);
        let mut model = Vec::new();
        put(&mut model, number::MODEL_GRAPH, &graph);
        put(&mut model, number::MODEL_OPSET, &[0x10, 11]);
        model
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn slopes_by_channel_become_convolutions() {
        for packed in [false, true] {
            let changed = without_prelu(&with_slope(&[2, 1, 1], packed)).unwrap();
            let operators = nodes(&changed).join("; ");
            assert!(operators.contains("y/sonic/negative y/sonic/factor y/sonic/scaled Conv"), "{operators}");
            assert!(!operators.contains("Sub") && !operators.contains("Mul"), "{operators}");
            let graph = fields(&changed).unwrap()[0].bytes;
            let weights =
                fields(graph).unwrap().into_iter().filter(|f| f.number == number::GRAPH_INITIALIZER);
            let raw = |f: Field<'_>| fields(f.bytes).unwrap().last().unwrap().bytes.to_vec();
            let floats = |a: f32, b: f32| [a, b].map(f32::to_le_bytes).concat();
            let all: Vec<_> = weights.map(raw).collect();
            assert_eq!(all, [floats(-1.0, -1.0), floats(-0.25, 2.0), floats(0.25, -2.0)]);
        }
        for lengths in [&[2, 1][..], &[1, 2, 1], &[1, 1, 2], &[3, 1, 1], &[2, 1, 1, 1]] {
            let changed = without_prelu(&with_slope(lengths, false)).unwrap();
            assert_eq!(nodes(&changed).len(), 4, "{lengths:?}");
        }
    }

    #[test]
    fn other_models_are_left_alone() {
        assert!(without_prelu(&model("Relu", &[b"PRelu"], 11)).is_none());
        assert!(without_prelu(&model("PRelu", &[b"x"], 11)).is_none());
        assert!(without_prelu(&model("PRelu", &[b"x", b"slope"], 6)).is_none());
        assert!(without_prelu(b"PRelu is not a model").is_none());
        let whole = model("PRelu", &[b"x", b"slope"], 11);
        (0..whole.len() - 4).for_each(|n| assert!(without_prelu(&whole[..n]).is_none(), "{n}"));
    }
}
