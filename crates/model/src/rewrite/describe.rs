//! What a model file declares, read without a runtime.

use super::any_size::{length, number, only};
use super::protobuf::{fields, varint};
use crate::value::{Element, Port};
use std::collections::{BTreeMap, HashMap};

/// What goes into a model and comes out of it, as the bytes of its ONNX file say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// What it takes, without the weights that old files list among the inputs.
    pub inputs: Vec<Port>,
    /// What it gives.
    pub outputs: Vec<Port>,
    /// Inputs whose elements are numbers of rows of a table (an embedding), and how many rows the smallest has.
    pub tables: Vec<(String, usize)>,
}

impl Description {
    /// The description of the model in the bytes of an ONNX file; `None` if they are not understood.
    pub fn read(model: &[u8]) -> Option<Self> {
        let graph = fields(only(model, number::MODEL_GRAPH)?)?;
        let of = |wanted: u64| graph.iter().filter(move |f| f.number == wanted).map(|f| f.bytes);
        let weights: Vec<&[u8]> =
            of(number::GRAPH_INITIALIZER).filter_map(|w| only(w, number::INITIALIZER_NAME)).collect();
        let is_fed = |v: &&[u8]| !only(v, number::VALUE_NAME).is_some_and(|name| weights.contains(&name));
        let inputs: Vec<Port> = of(number::GRAPH_INPUT).filter(is_fed).map(port).collect::<Option<_>>()?;
        let outputs = of(number::GRAPH_OUTPUT).map(port).collect::<Option<_>>()?;
        let rows = of(number::GRAPH_INITIALIZER).filter_map(rows).collect();
        let tables = tables(&inputs, of(number::GRAPH_NODE), &rows);
        Some(Self { inputs, outputs, tables })
    }
}

/// The name of a weight and the length of its first dimension.
fn rows(weight: &[u8]) -> Option<(&[u8], usize)> {
    let dimensions = fields(weight)?.into_iter().find(|f| f.number == number::TENSOR_DIMENSIONS)?;
    // One varint, or several in a row.
    let mut packed = dimensions.bytes;
    let first = if packed.is_empty() { dimensions.value } else { varint(&mut packed)? };
    Some((only(weight, number::INITIALIZER_NAME)?, usize::try_from(first).ok()?))
}

/// The inputs that choose rows of weights, on their way through nodes that change no value.
fn tables<'a>(
    inputs: &[Port],
    nodes: impl Iterator<Item = &'a [u8]>,
    rows: &HashMap<&[u8], usize>,
) -> Vec<(String, usize)> {
    let mut origin: HashMap<&[u8], &str> = inputs.iter().map(|p| (p.name.as_bytes(), &*p.name)).collect();
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for node in nodes {
        let Some(parts) = fields(node) else { continue };
        let all = |number| parts.iter().filter(move |f| f.number == number).map(|f| f.bytes);
        let given: Vec<&[u8]> = all(number::NODE_INPUT).collect();
        match (all(number::NODE_KIND).next(), given.as_slice()) {
            (Some(b"Gather"), [table, index, ..]) => {
                if let (Some(rows), Some(input)) = (rows.get(table), origin.get(index)) {
                    let least = found.entry(input).or_insert(*rows);
                    *least = (*least).min(*rows);
                }
            }
            (Some(b"Cast" | b"Identity" | b"Squeeze" | b"Unsqueeze" | b"Reshape"), [value, ..]) => {
                if let (Some(&input), Some(output)) = (origin.get(value), all(number::NODE_OUTPUT).next()) {
                    origin.insert(output, input);
                }
            }
            _ => (),
        }
    }
    found.into_iter().map(|(name, rows)| (name.to_owned(), rows)).collect()
}

fn port(value: &[u8]) -> Option<Port> {
    let name = std::str::from_utf8(only(value, number::VALUE_NAME)?).ok()?.to_owned();
    let tensor = only(only(value, number::VALUE_TYPE)?, number::TYPE_TENSOR)?;
    let element = fields(tensor)?.iter().find(|f| f.number == number::TENSOR_ELEMENT).map_or(0, |f| f.value);
    let shape = only(tensor, number::TENSOR_SHAPE).map_or_else(|| Some(Vec::new()), fields)?;
    let open = |length: u64| usize::try_from(length).ok().filter(|&length| length > 0);
    let shape = shape.iter().map(|d| length(d.bytes).map(open)).collect::<Option<_>>()?;
    Some(Port { name, element: element_of(element), shape })
}

/// The type of number `number` in `TensorProto.DataType` of onnx.proto.
fn element_of(number: u64) -> Element {
    match number {
        1 => Element::F32,
        2 => Element::U8,
        6 => Element::I32,
        7 => Element::I64,
        9 => Element::Bool,
        10 => Element::F16,
        _ => Element::Other("other"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::protobuf::{put, put_number};
    use super::*;

    fn value(name: &str, element: u64, lengths: &[u64]) -> Vec<u8> {
        let (mut shape, mut tensor, mut kind, mut value) = (vec![], vec![], vec![], vec![]);
        for &length in lengths {
            let mut dimension = Vec::new();
            put_number(&mut dimension, number::DIMENSION_LENGTH, length);
            put(&mut shape, number::SHAPE_DIMENSION, &dimension);
        }
        put_number(&mut tensor, number::TENSOR_ELEMENT, element);
        put(&mut tensor, number::TENSOR_SHAPE, &shape);
        put(&mut kind, number::TYPE_TENSOR, &tensor);
        put(&mut value, number::VALUE_NAME, name.as_bytes());
        put(&mut value, number::VALUE_TYPE, &kind);
        value
    }

    #[test]
    fn ports_are_read_and_weights_left_out() {
        let (mut weight, mut graph, mut model) = (vec![], vec![], vec![]);
        put(&mut weight, number::INITIALIZER_NAME, b"w");
        put(&mut graph, number::GRAPH_INITIALIZER, &weight);
        put(&mut graph, number::GRAPH_INPUT, &value("w", 1, &[3]));
        put(&mut graph, number::GRAPH_INPUT, &value("x", 10, &[0, 700]));
        put(&mut graph, number::GRAPH_OUTPUT, &value("y", 9, &[]));
        put(&mut model, number::MODEL_GRAPH, &graph);
        let description = Description::read(&model).unwrap();
        let text = |ports: &[Port]| ports.iter().map(|p| format!("{} {p}", p.name)).collect::<Vec<_>>();
        assert_eq!(text(&description.inputs), ["x f16 [*, 700]"]);
        assert_eq!(text(&description.outputs), ["y bool []"]);
        assert!(description.tables.is_empty());
        assert!(Description::read(b"no model").is_none());
    }
    #[test]
    fn the_rows_that_an_input_chooses_are_counted() {
        let (mut weight, mut cast, mut gather, mut graph, mut model) =
            (vec![], vec![], vec![], vec![], vec![]);
        put_number(&mut weight, number::TENSOR_DIMENSIONS, 16);
        put_number(&mut weight, number::TENSOR_DIMENSIONS, 8);
        put(&mut weight, number::INITIALIZER_NAME, b"w");
        for (node, kind, given, gives) in [
            (&mut cast, &b"Cast"[..], &[&b"x"[..]][..], &b"i"[..]),
            (&mut gather, b"Gather", &[b"w", b"i"], b"y"),
        ] {
            given.iter().for_each(|name| put(node, number::NODE_INPUT, name));
            put(node, number::NODE_OUTPUT, gives);
            put(node, number::NODE_KIND, kind);
        }
        put(&mut graph, number::GRAPH_INITIALIZER, &weight);
        put(&mut graph, number::GRAPH_INPUT, &value("x", 7, &[1, 0]));
        put(&mut graph, number::GRAPH_OUTPUT, &value("y", 1, &[]));
        put(&mut graph, number::GRAPH_NODE, &cast);
        put(&mut graph, number::GRAPH_NODE, &gather);
        put(&mut model, number::MODEL_GRAPH, &graph);
        assert_eq!(Description::read(&model).unwrap().tables, [("x".to_owned(), 16)]);
    }
}
