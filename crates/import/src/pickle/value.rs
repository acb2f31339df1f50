//! Values of a pickle. They are small and copied; what is large lies in a heap and is referred to by number.

use std::collections::HashMap;

/// The names of Python that are known. They stand for data; nothing is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// NumPy's way to write one number.
    Scalar,
    /// NumPy's way to write what kind of number.
    Kind,
}

impl Name {
    pub(super) fn new(module: &str, name: &str) -> Option<Self> {
        match (module, name) {
            ("numpy._core.multiarray" | "numpy.core.multiarray", "scalar") => Some(Self::Scalar),
            ("numpy", "dtype") => Some(Self::Kind),
            _ => None,
        }
    }
}

/// The kinds of NumPy's numbers that are read, both little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Four,
    Eight,
}

/// A value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Integer(i64),
    Number(f64),
    Text(u32),
    /// Up to eight bytes; longer ones have no use.
    Bytes(u8, [u8; 8]),
    Name(Name),
    Kind(Width),
    /// The arguments of a scalar: a number already.
    Scalar(f64),
    /// A tuple of a text and a number.
    Entry(u32, f64),
    Tuple(u32),
    List(u32),
    Dict(u32),
}

/// Where texts and collections lie.
#[derive(Debug, Default)]
pub(super) struct Heap {
    texts: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
    pub(super) tuples: Vec<Vec<Value>>,
    pub(super) lists: Vec<Vec<Value>>,
    pub(super) dicts: Vec<Vec<(Value, Value)>>,
}

impl Heap {
    /// The number of a text, the same for the same text.
    pub(super) fn number_of(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.texts.len() as u32;
        self.texts.push(text.into());
        self.numbers.insert(text.into(), number);
        number
    }

    pub(super) fn text(&self, number: u32) -> &str {
        &self.texts[number as usize]
    }

    /// What a value is, for a message.
    pub(super) fn describe(&self, value: Value) -> String {
        match value {
            Value::None => "None".to_owned(),
            Value::Bool(value) => format!("the truth value {value}"),
            Value::Integer(value) => format!("the number {value}"),
            Value::Number(value) | Value::Scalar(value) => format!("the number {value}"),
            Value::Text(number) => format!("the text {:?}", self.text(number)),
            Value::Bytes(length, _) => format!("{length} bytes"),
            Value::Name(_) | Value::Kind(_) => "a name of NumPy".to_owned(),
            Value::Entry(..) | Value::Tuple(_) => "a tuple".to_owned(),
            Value::List(_) => "a list".to_owned(),
            Value::Dict(_) => "a dictionary".to_owned(),
        }
    }
}
