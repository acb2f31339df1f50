//! What models are fed: exactly the inputs that they declare, in their ranks and types.

use half::f16;
use sonic_core::{Error, ErrorKind, Result};
use sonic_model::{Element, Port, Session, Tensor, TensorView};

/// A value for an input.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// One number, whatever rank the model gives it.
    Scalar(f64),
    /// The depth of shallow diffusion: floating-point models take the fraction, others thousandths.
    Depth { fraction: f64, thousandths: i64 },
    /// A row of integers.
    Ints(Vec<i64>),
    /// A row of numbers.
    Floats(Vec<f32>),
    /// Truth values, so many in a row.
    Flags(Vec<bool>, usize),
    /// A row of embeddings, all alike, so many.
    Embeddings(Vec<f32>, usize),
    /// What another model gave.
    Given(Tensor),
}

/// Values by the names of inputs. There may be more than a model takes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Feed(Vec<(&'static str, Value)>);

impl Feed {
    pub(crate) fn add(&mut self, name: &'static str, value: Value) -> &mut Self {
        self.0.push((name, value));
        self
    }

    pub(crate) fn ints(&mut self, name: &'static str, values: &[i64]) -> &mut Self {
        self.add(name, Value::Ints(values.to_vec()))
    }

    /// Runs the model on what it declares; gives the outputs by name.
    pub(crate) fn run(&self, session: &Session) -> Result<Outputs> {
        let mut tensors = Vec::with_capacity(session.inputs().len());
        for port in session.inputs() {
            let found = self.0.iter().find(|(name, _)| *name == port.name);
            let (name, value) = found.ok_or_else(|| {
                let message = format!(
                    "the model takes `{}` ({port}), for which there is nothing; check the bank",
                    port.name
                );
                Error::new(ErrorKind::Model, message)
            })?;
            tensors.push((*name, tensor(value, port)?));
        }
        let views: Vec<(&str, TensorView<'_>)> = tensors.iter().map(|(name, t)| (*name, t.view())).collect();
        let outputs = session.run_with(&views, |outputs| {
            outputs.iter().map(TensorView::to_tensor).collect::<Result<Vec<_>>>()
        })?;
        let names = session.outputs().iter().map(|port| port.name.clone());
        Ok(Outputs(names.zip(outputs).collect()))
    }
}

/// What a model gave, by name.
#[derive(Debug)]
pub(crate) struct Outputs(Vec<(String, Tensor)>);

impl Outputs {
    /// The output, taken out.
    pub(crate) fn take(&mut self, name: &str) -> Result<Tensor> {
        let place = self.0.iter().position(|(n, _)| n == name);
        let names: Vec<&str> = self.0.iter().map(|(n, _)| n.as_str()).collect();
        let place = place.ok_or_else(|| {
            Error::new(ErrorKind::Model, format!("the model gives {}, but not `{name}`", names.join(", ")))
        })?;
        Ok(self.0.swap_remove(place).1)
    }

    /// The numbers of the output.
    pub(crate) fn floats(&mut self, name: &str) -> Result<Vec<f32>> {
        let tensor = self.take(name)?;
        match tensor.element() {
            Element::F16 => Ok(tensor.as_slice::<f16>()?.iter().map(|x| x.to_f32()).collect()),
            _ => tensor.into_vec(),
        }
    }
}

/// The value as the port declares it.
fn tensor(value: &Value, port: &Port) -> Result<Tensor> {
    match value {
        Value::Scalar(number) => numbers(vec![1; port.shape.len()], vec![*number], port),
        Value::Depth { fraction, thousandths } => {
            let is_float = matches!(port.element, Element::F32 | Element::F16);
            let depth = if is_float { *fraction } else { *thousandths as f64 };
            numbers(vec![1; port.shape.len()], vec![depth], port)
        }
        Value::Ints(values) => {
            let shape = ranked(vec![1, values.len()], port);
            match port.element {
                Element::I64 => Tensor::new(shape, values.clone()),
                _ => numbers(shape, values.iter().map(|v| *v as f64).collect(), port),
            }
        }
        Value::Floats(values) => floats(ranked(vec![1, values.len()], port), values.clone(), port),
        Value::Flags(values, width) => {
            let shape = match width {
                1 if port.shape.len() != 3 => vec![1, values.len()],
                width => vec![1, values.len() / width, *width],
            };
            match port.element {
                Element::Bool => Tensor::new(ranked(shape, port), values.clone()),
                _ => numbers(
                    ranked(shape, port),
                    values.iter().map(|v| f64::from(u8::from(*v))).collect(),
                    port,
                ),
            }
        }
        Value::Embeddings(one, count) => {
            // A model may take one for all frames.
            let count = if port.shape.len() == 3 && port.shape[1] == Some(1) { 1 } else { *count };
            let count = if port.shape.len() == 2 && port.shape[0] == Some(1) { 1 } else { count };
            floats(ranked(vec![1, count, one.len()], port), one.repeat(count), port)
        }
        Value::Given(tensor) => Ok(tensor.clone()),
    }
}

/// The shape without its leading 1, or with one more, if that is the rank that the model declares.
fn ranked(mut shape: Vec<usize>, port: &Port) -> Vec<usize> {
    let rank = port.shape.len();
    if rank == 0 {
        return shape;
    }
    while shape.len() > rank && shape[0] == 1 {
        shape.remove(0);
    }
    while shape.len() < rank {
        shape.insert(0, 1);
    }
    shape
}

fn floats(shape: Vec<usize>, values: Vec<f32>, port: &Port) -> Result<Tensor> {
    match port.element {
        Element::F32 => Tensor::new(shape, values),
        Element::F16 => Tensor::new(shape, values.into_iter().map(f16::from_f32).collect::<Vec<_>>()),
        _ => numbers(shape, values.into_iter().map(f64::from).collect(), port),
    }
}

/// Numbers in the type that the port declares.
fn numbers(shape: Vec<usize>, values: Vec<f64>, port: &Port) -> Result<Tensor> {
    match port.element {
        Element::F32 => Tensor::new(shape, values.iter().map(|v| *v as f32).collect::<Vec<_>>()),
        Element::F16 => Tensor::new(shape, values.iter().map(|v| f16::from_f64(*v)).collect::<Vec<_>>()),
        Element::I64 => Tensor::new(shape, values.iter().map(|v| v.round() as i64).collect::<Vec<_>>()),
        Element::I32 => Tensor::new(shape, values.iter().map(|v| v.round() as i32).collect::<Vec<_>>()),
        Element::U8 => Tensor::new(shape, values.iter().map(|v| v.round() as u8).collect::<Vec<_>>()),
        Element::Bool => Tensor::new(shape, values.iter().map(|v| *v != 0.0).collect::<Vec<_>>()),
        other => {
            let message = format!("the input `{}` takes {other}, which sonic cannot make", port.name);
            Err(Error::new(ErrorKind::Model, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(element: Element, shape: &[Option<usize>]) -> Port {
        Port { name: "x".into(), element, shape: shape.to_vec() }
    }

    #[test]
    fn ranks_and_types_are_those_of_the_model() {
        let made =
            |value: Value, element, shape: &[Option<usize>]| tensor(&value, &port(element, shape)).unwrap();
        let steps = made(Value::Scalar(20.0), Element::I64, &[]);
        assert_eq!((steps.shape(), steps.as_i64().unwrap()), (&[][..], &[20][..]));
        assert_eq!(made(Value::Scalar(0.25), Element::F32, &[Some(1)]).as_f32().unwrap(), [0.25]);
        assert_eq!(made(Value::Ints(vec![1, 2]), Element::I32, &[Some(1), None]).shape(), [1, 2]);
        assert_eq!(made(Value::Ints(vec![1, 2]), Element::I64, &[None]).shape(), [2]);
        assert_eq!(made(Value::Floats(vec![1.0]), Element::F16, &[None, None]).element(), Element::F16);
        let flags = made(Value::Flags(vec![true; 6], 2), Element::Bool, &[None, None, Some(2)]);
        assert_eq!(flags.shape(), [1, 3, 2]);
        assert_eq!(made(Value::Flags(vec![true; 3], 1), Element::Bool, &[None; 3]).shape(), [1, 3, 1]);
        let one = made(Value::Embeddings(vec![0.5; 4], 3), Element::F32, &[None, Some(1), Some(4)]);
        assert_eq!(one.shape(), [1, 1, 4]);
        assert!(tensor(&Value::Scalar(1.0), &port(Element::Other("text"), &[])).is_err());
    }
}
