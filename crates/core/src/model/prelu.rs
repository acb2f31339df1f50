//! Models without PRelu.
//!
//! From version 1.27 on, ONNX Runtime takes twice as long for a network that is full of PRelu nodes than for the same
//! network with `Relu(x) + slope * (x - Relu(x))` in their places, which gives the same bits for all finite numbers.

use super::protobuf::{Field, fields, put};

/// Field numbers of the ONNX description (onnx.proto).
mod number {
    pub(super) const MODEL_GRAPH: u64 = 7;
    pub(super) const MODEL_OPSET: u64 = 8;
    pub(super) const OPSET_DOMAIN: u64 = 1;
    pub(super) const OPSET_VERSION: u64 = 2;
    pub(super) const GRAPH_NODE: u64 = 1;
    pub(super) const NODE_INPUT: u64 = 1;
    pub(super) const NODE_OUTPUT: u64 = 2;
    pub(super) const NODE_OPERATOR: u64 = 4;
    pub(super) const NODE_DOMAIN: u64 = 7;
}

/// The first version of the operators in which a slope is broadcast as in every other operator.
const BROADCASTING: u64 = 7;

/// `model` with other nodes in the places of its PRelu nodes; `None` if it has none, or is not understood.
pub(super) fn without_prelu(model: &[u8]) -> Option<Vec<u8>> {
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
    for part in fields(graph)? {
        let replaced = part.number == number::GRAPH_NODE && replace(part.bytes, &mut out)?;
        if !replaced {
            out.extend_from_slice(part.whole);
        }
        *changed |= replaced;
    }
    Some(out)
}

/// Appends to a graph what stands for `node`, if it is a PRelu node.
fn replace(node: &[u8], graph: &mut Vec<u8>) -> Option<bool> {
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
    add_node(graph, "Sub", &[x, &positive], &negative);
    add_node(graph, "Mul", &[&negative, slope], &scaled);
    add_node(graph, "Add", &[&positive, &scaled], y);
    Some(true)
}

fn add_node(graph: &mut Vec<u8>, operator: &str, inputs: &[&[u8]], output: &[u8]) {
    let mut node = Vec::new();
    inputs.iter().for_each(|input| put(&mut node, number::NODE_INPUT, input));
    put(&mut node, number::NODE_OUTPUT, output);
    put(&mut node, number::NODE_OPERATOR, operator.as_bytes());
    put(graph, number::GRAPH_NODE, &node);
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
        nodes.map(|n| fields(n.bytes).unwrap().iter().map(text).collect::<Vec<_>>().join(" ")).collect()
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
