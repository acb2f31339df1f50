//! The machine that a pickle is a program for, as far as fingerprints need it.

use super::opcodes::{Op, damaged};
use super::value::{Heap, Name, Value, Width};
use sonic_core::Result;
use std::collections::{HashMap, HashSet};

pub(super) struct Machine {
    stack: Vec<Value>,
    /// Heights of the stack at the marks that are open.
    marks: Vec<usize>,
    memo: HashMap<u32, Value>,
    /// Numbers that the file fetches again; others are not kept.
    wanted: HashSet<u32>,
    memoized: u32,
    heap: Heap,
}

impl Machine {
    pub(super) fn new(wanted: HashSet<u32>) -> Self {
        Self {
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            wanted,
            memoized: 0,
            heap: Heap::default(),
        }
    }

    /// The value that the pickle stands for.
    pub(super) fn finish(mut self) -> Result<(Value, Heap)> {
        let top = self.pop()?;
        match (self.stack.as_slice(), self.marks.as_slice()) {
            ([], []) => Ok((top, self.heap)),
            _ => Err(damaged("values are left over at its end")),
        }
    }

    pub(super) fn step(&mut self, op: Op<'_>) -> Result<()> {
        match op {
            Op::Nothing | Op::Stop => {}
            Op::Mark => self.marks.push(self.stack.len()),
            Op::None => self.stack.push(Value::None),
            Op::Bool(value) => self.stack.push(Value::Bool(value)),
            Op::Integer(value) => self.stack.push(Value::Integer(value)),
            Op::Number(value) => self.stack.push(Value::Number(value)),
            Op::Text(text) => {
                let number = self.heap.number_of(text);
                self.stack.push(Value::Text(number));
            }
            Op::Bytes(bytes) => self.stack.push(few_bytes(bytes)?),
            op => self.collection(op)?,
        }
        Ok(())
    }

    /// Tuples, lists and dictionaries.
    fn collection(&mut self, op: Op<'_>) -> Result<()> {
        match op {
            Op::EmptyTuple => self.tuple(Vec::new()),
            Op::EmptyList => self.list(Vec::new()),
            Op::EmptyDict => self.dict(Vec::new()),
            Op::Tuple => {
                let values = self.above_mark()?;
                self.tuple(values);
            }
            Op::TupleOf(count) => {
                let values = self.take(count)?;
                self.tuple(values);
            }
            Op::List => {
                let values = self.above_mark()?;
                self.list(values);
            }
            Op::Dict => {
                let pairs = pairs(self.above_mark()?)?;
                self.dict(pairs);
            }
            Op::Append => {
                let values = self.take(1)?;
                self.extend_list(values)?;
            }
            Op::Appends => {
                let values = self.above_mark()?;
                self.extend_list(values)?;
            }
            Op::SetItem => {
                let values = self.take(2)?;
                self.extend_dict(values)?;
            }
            Op::SetItems => {
                let values = self.above_mark()?;
                self.extend_dict(values)?;
            }
            op => self.named(op)?,
        }
        Ok(())
    }

    /// Names, and values that are kept under numbers.
    fn named(&mut self, op: Op<'_>) -> Result<()> {
        match op {
            Op::Global(module, name) => self.stack.push(known(module, name)?),
            Op::StackGlobal => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Value::Text(module), Value::Text(name)) = (module, name) else {
                    return Err(damaged("a name that is no text"));
                };
                let known = known(self.heap.text(module), self.heap.text(name))?;
                self.stack.push(known);
            }
            Op::Reduce => self.reduce()?,
            Op::Build => self.build()?,
            Op::Get(number) => {
                let value = self.memo.get(&number).copied();
                self.stack.push(value.ok_or_else(|| damaged(format!("there is no value {number}")))?);
            }
            Op::Put(number) => self.keep(number)?,
            Op::Memoize => {
                self.keep(self.memoized)?;
                self.memoized = self.memoized.checked_add(1).ok_or_else(|| damaged("too many values"))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Keeps what is on top, if it is fetched again.
    fn keep(&mut self, number: u32) -> Result<()> {
        let top = *self.stack.last().ok_or_else(|| damaged("nothing is there to be kept"))?;
        if self.wanted.contains(&number) {
            self.memo.insert(number, top);
        }
        Ok(())
    }

    fn pop(&mut self) -> Result<Value> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len() > floor {
            true => self.stack.pop().ok_or_else(|| damaged("a value is missing")),
            false => Err(damaged("a value is missing")),
        }
    }

    /// The topmost values, in the order in which they came.
    fn take(&mut self, count: usize) -> Result<Vec<Value>> {
        let mut values = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>>>()?;
        values.reverse();
        Ok(values)
    }

    fn above_mark(&mut self) -> Result<Vec<Value>> {
        let height = self.marks.pop().ok_or_else(|| damaged("a mark is missing"))?;
        Ok(self.stack.split_off(height))
    }

    fn tuple(&mut self, values: Vec<Value>) {
        let value = match values[..] {
            [Value::Text(text), Value::Number(number)] => Value::Entry(text, number),
            [Value::Text(text), Value::Integer(number)] => Value::Entry(text, number as f64),
            [Value::Kind(Width::Four), Value::Bytes(4, [a, b, c, d, ..])] => {
                Value::Scalar(f64::from(f32::from_le_bytes([a, b, c, d])))
            }
            [Value::Kind(Width::Eight), Value::Bytes(8, bytes)] => Value::Scalar(f64::from_le_bytes(bytes)),
            _ => {
                self.heap.tuples.push(values);
                Value::Tuple(self.heap.tuples.len() as u32 - 1)
            }
        };
        self.stack.push(value);
    }

    fn list(&mut self, values: Vec<Value>) {
        self.heap.lists.push(values);
        self.stack.push(Value::List(self.heap.lists.len() as u32 - 1));
    }

    fn dict(&mut self, pairs: Vec<(Value, Value)>) {
        self.heap.dicts.push(pairs);
        self.stack.push(Value::Dict(self.heap.dicts.len() as u32 - 1));
    }

    fn extend_list(&mut self, values: Vec<Value>) -> Result<()> {
        match self.stack.last() {
            Some(Value::List(number)) => {
                self.heap.lists[*number as usize].extend(values);
                Ok(())
            }
            _ => Err(damaged("something is added to what is no list")),
        }
    }

    fn extend_dict(&mut self, values: Vec<Value>) -> Result<()> {
        match self.stack.last() {
            Some(Value::Dict(number)) => {
                self.heap.dicts[*number as usize].extend(pairs(values)?);
                Ok(())
            }
            _ => Err(damaged("something is added to what is no dictionary")),
        }
    }

    /// A call: of NumPy's two names it is known what they would make.
    fn reduce(&mut self) -> Result<()> {
        let (arguments, name) = (self.pop()?, self.pop()?);
        let value = match (name, arguments) {
            (Value::Name(Name::Scalar), Value::Scalar(number)) => Value::Number(number),
            (Value::Name(Name::Kind), Value::Tuple(tuple)) => self.kind(tuple)?,
            (name, _) => {
                let message =
                    format!("{} is called in a way that no number is made", self.heap.describe(name));
                return Err(damaged(message));
            }
        };
        self.stack.push(value);
        Ok(())
    }

    fn kind(&self, tuple: u32) -> Result<Value> {
        match self.heap.tuples[tuple as usize][..] {
            [Value::Text(name), Value::Bool(false), Value::Bool(true)] => match self.heap.text(name) {
                "f4" => Ok(Value::Kind(Width::Four)),
                "f8" => Ok(Value::Kind(Width::Eight)),
                other => Err(damaged(format!("numbers of the kind {other:?}"))),
            },
            _ => Err(damaged("a kind of number that is not described")),
        }
    }

    /// What a kind of number is completed with: that it is little-endian, and nothing else.
    fn build(&mut self) -> Result<()> {
        let state = self.pop()?;
        let little_endian = match state {
            Value::Tuple(tuple) => {
                let state = &self.heap.tuples[tuple as usize];
                matches!(state[..], [
                    Value::Integer(3), Value::Text(order), Value::None, Value::None, Value::None,
                    Value::Integer(-1), Value::Integer(-1), Value::Integer(0)
                ] if self.heap.text(order) == "<")
            }
            _ => false,
        };
        match self.stack.last() {
            Some(Value::Kind(_)) if little_endian => Ok(()),
            Some(Value::Kind(_)) => Err(damaged("numbers that are not little-endian")),
            _ => Err(damaged("something is completed that is no kind of number")),
        }
    }
}

fn known(module: &str, name: &str) -> Result<Value> {
    match Name::new(module, name) {
        Some(name) => Ok(Value::Name(name)),
        None => Err(damaged(format!(
            "it names {module}.{name}, which fingerprints have no use for: nothing of it was run"
        ))),
    }
}

fn few_bytes(bytes: &[u8]) -> Result<Value> {
    let mut few = [0; 8];
    match few.get_mut(..bytes.len()) {
        Some(room) => {
            room.copy_from_slice(bytes);
            Ok(Value::Bytes(bytes.len() as u8, few))
        }
        None => Err(damaged(format!("{} bytes where a number should be", bytes.len()))),
    }
}

fn pairs(values: Vec<Value>) -> Result<Vec<(Value, Value)>> {
    match values.len().is_multiple_of(2) {
        true => Ok(values.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()),
        false => Err(damaged("a key without a value")),
    }
}
