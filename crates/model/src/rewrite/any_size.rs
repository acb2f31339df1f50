//! Models that take pictures of any size although their file names one.
//!
//! Detectors are convolutions all the way, but many are exported with the size that their author used. Without it, and
//! without the sizes that follow from it, the runtime takes any multiple of the largest stride.

use super::protobuf::{Field, fields, put};

/// Field numbers of the ONNX description (onnx.proto).
pub(super) mod number {
    pub(in crate::rewrite) const MODEL_GRAPH: u64 = 7;
    pub(in crate::rewrite) const GRAPH_NODE: u64 = 1;
    pub(in crate::rewrite) const GRAPH_INITIALIZER: u64 = 5;
    pub(in crate::rewrite) const GRAPH_INPUT: u64 = 11;
    pub(in crate::rewrite) const GRAPH_OUTPUT: u64 = 12;
    pub(in crate::rewrite) const GRAPH_VALUE_INFO: u64 = 13;
    pub(in crate::rewrite) const INITIALIZER_NAME: u64 = 8;
    pub(in crate::rewrite) const TENSOR_DIMENSIONS: u64 = 1;
    pub(in crate::rewrite) const NODE_INPUT: u64 = 1;
    pub(in crate::rewrite) const NODE_OUTPUT: u64 = 2;
    pub(in crate::rewrite) const NODE_KIND: u64 = 4;
    pub(in crate::rewrite) const VALUE_NAME: u64 = 1;
    pub(in crate::rewrite) const VALUE_TYPE: u64 = 2;
    pub(in crate::rewrite) const TYPE_TENSOR: u64 = 1;
    pub(in crate::rewrite) const TENSOR_SHAPE: u64 = 2;
    pub(in crate::rewrite) const SHAPE_DIMENSION: u64 = 1;
    pub(in crate::rewrite) const DIMENSION_LENGTH: u64 = 1;
    pub(in crate::rewrite) const TENSOR_ELEMENT: u64 = 1;
}

/// `model` with open height and width where an input is a picture of a fixed size; `None` if none is, or the bytes
/// are not understood.
pub(crate) fn with_any_size(model: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(model.len());
    let mut changed = false;
    for part in fields(model)? {
        match part.number {
            number::MODEL_GRAPH => put(&mut out, number::MODEL_GRAPH, &graph(part.bytes, &mut changed)?),
            _ => out.extend_from_slice(part.whole),
        }
    }
    changed.then_some(out)
}

fn graph(graph: &[u8], changed: &mut bool) -> Option<Vec<u8>> {
    let parts = fields(graph)?;
    let weights: Vec<&[u8]> = parts
        .iter()
        .filter(|f| f.number == number::GRAPH_INITIALIZER)
        .filter_map(|f| only(f.bytes, number::INITIALIZER_NAME))
        .collect();
    let mut out = Vec::with_capacity(graph.len());
    for part in parts {
        match part.number {
            number::GRAPH_INPUT => {
                let is_weight = only(part.bytes, number::VALUE_NAME).is_some_and(|n| weights.contains(&n));
                match (!is_weight).then(|| value(part.bytes, is_picture, 2)).flatten() {
                    Some(input) => {
                        put(&mut out, number::GRAPH_INPUT, &input);
                        *changed = true;
                    }
                    None => out.extend_from_slice(part.whole),
                }
            }
            number::GRAPH_OUTPUT => match value(part.bytes, |_| true, 0) {
                Some(output) => put(&mut out, number::GRAPH_OUTPUT, &output),
                None => out.extend_from_slice(part.whole),
            },
            number::GRAPH_VALUE_INFO => (),
            _ => out.extend_from_slice(part.whole),
        }
    }
    Some(out)
}

/// Batch, three planes, and a height and width that are fixed.
fn is_picture(lengths: &[u64]) -> bool {
    matches!(lengths, [_, 3, height, width] if *height > 0 && *width > 0)
}

/// The description of a value whose lengths from number `first` on are open, if `applies` to its lengths (0 for one
/// that is open already).
fn value(value: &[u8], applies: impl Fn(&[u64]) -> bool, first: usize) -> Option<Vec<u8>> {
    let tensor = only(only(value, number::VALUE_TYPE)?, number::TYPE_TENSOR)?;
    let dimensions = fields(only(tensor, number::TENSOR_SHAPE)?)?;
    let lengths: Option<Vec<u64>> = dimensions.iter().map(|d| length(d.bytes)).collect();
    if !applies(&lengths?) {
        return None;
    }
    let mut shape = Vec::new();
    for (place, dimension) in dimensions.iter().enumerate() {
        match place < first {
            true => shape.extend_from_slice(dimension.whole),
            false => put(&mut shape, number::SHAPE_DIMENSION, &[]),
        }
    }
    let tensor = replaced(tensor, number::TENSOR_SHAPE, &shape)?;
    let kind = replaced(only(value, number::VALUE_TYPE)?, number::TYPE_TENSOR, &tensor)?;
    replaced(value, number::VALUE_TYPE, &kind)
}

/// The length that a dimension has, 0 if it is open.
pub(super) fn length(dimension: &[u8]) -> Option<u64> {
    Some(fields(dimension)?.iter().find(|f| f.number == number::DIMENSION_LENGTH).map_or(0, |f| f.value))
}

/// The bytes of the field `number` of `message`.
pub(super) fn only(message: &[u8], number: u64) -> Option<&[u8]> {
    fields(message)?.into_iter().find(|f| f.number == number).map(|f| f.bytes)
}

/// `message` with other bytes in its field `number`.
fn replaced(message: &[u8], number: u64, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(message.len());
    fields(message)?.iter().for_each(|field: &Field<'_>| match field.number == number {
        true => put(&mut out, number, bytes),
        false => out.extend_from_slice(field.whole),
    });
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(name: &str, lengths: &[u8]) -> Vec<u8> {
        let mut shape = Vec::new();
        lengths.iter().for_each(|&n| put(&mut shape, number::SHAPE_DIMENSION, &[8, n]));
        let mut tensor = vec![8, 1];
        put(&mut tensor, number::TENSOR_SHAPE, &shape);
        let mut kind = Vec::new();
        put(&mut kind, number::TYPE_TENSOR, &tensor);
        let mut value = Vec::new();
        put(&mut value, number::VALUE_NAME, name.as_bytes());
        put(&mut value, number::VALUE_TYPE, &kind);
        value
    }

    fn model(input: &[u8]) -> Vec<u8> {
        let mut weight = Vec::new();
        put(&mut weight, number::INITIALIZER_NAME, b"weight");
        let mut graph = Vec::new();
        put(&mut graph, number::GRAPH_INITIALIZER, &weight);
        put(&mut graph, number::GRAPH_INPUT, &described("weight", &[16, 3, 5, 5]));
        put(&mut graph, number::GRAPH_INPUT, &described("picture", input));
        put(&mut graph, number::GRAPH_OUTPUT, &described("boxes", &[1, 100, 4]));
        put(&mut graph, number::GRAPH_VALUE_INFO, &described("between", &[1, 16, 32, 32]));
        let mut model = Vec::new();
        put(&mut model, number::MODEL_GRAPH, &graph);
        model
    }

    /// The lengths of a graph's values of one kind, 0 where they are open.
    fn lengths(model: &[u8], kind: u64) -> Vec<Vec<u64>> {
        let graph = only(model, number::MODEL_GRAPH).unwrap();
        let values = fields(graph).unwrap().into_iter().filter(|f| f.number == kind);
        let of = |value: &[u8]| -> Option<Vec<u64>> {
            let tensor = only(only(value, number::VALUE_TYPE)?, number::TYPE_TENSOR)?;
            fields(only(tensor, number::TENSOR_SHAPE)?)?.iter().map(|d| length(d.bytes)).collect()
        };
        values.map(|f| of(f.bytes).unwrap()).collect()
    }

    #[test]
    fn height_and_width_are_opened_and_what_follows_from_them() {
        let changed = with_any_size(&model(&[1, 3, 64, 64])).unwrap();
        assert_eq!(lengths(&changed, number::GRAPH_INPUT), [vec![16, 3, 5, 5], vec![1, 3, 0, 0]]);
        assert_eq!(lengths(&changed, number::GRAPH_OUTPUT), [vec![0, 0, 0]]);
        assert!(lengths(&changed, number::GRAPH_VALUE_INFO).is_empty());
        assert!(with_any_size(&changed).is_none(), "it is open now");
    }

    #[test]
    fn other_models_are_left_alone() {
        assert!(with_any_size(&model(&[1, 80])).is_none());
        assert!(with_any_size(b"no model").is_none());
        let whole = model(&[1, 3, 64, 64]);
        (1..whole.len()).for_each(|n| assert!(with_any_size(&whole[..n]).is_none(), "{n}"));
    }
}
