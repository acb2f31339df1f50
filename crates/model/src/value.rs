//! What goes into a model and comes out of it.

use super::refuse;
use crate::Result;
use std::fmt;

/// The type of a tensor's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Element {
    /// 32-bit floating point.
    F32,
    /// 64-bit integers.
    I64,
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::I64 => "i64",
        })
    }
}

/// Numbers with a shape, the last dimension contiguous. No dimensions mean a single number.
#[derive(Clone, PartialEq)]
pub enum Tensor {
    /// 32-bit floating point.
    F32 {
        /// Length of each dimension.
        shape: Vec<usize>,
        /// As many numbers as the shape says.
        data: Vec<f32>,
    },
    /// 64-bit integers.
    I64 {
        /// Length of each dimension.
        shape: Vec<usize>,
        /// As many numbers as the shape says.
        data: Vec<i64>,
    },
}

impl Tensor {
    /// Floating-point numbers in this shape.
    ///
    /// # Errors
    /// `Model` if the shape is of another number of elements.
    pub fn f32(shape: impl Into<Vec<usize>>, data: impl Into<Vec<f32>>) -> Result<Self> {
        let tensor = Self::F32 { shape: shape.into(), data: data.into() };
        tensor.check().map(|()| tensor)
    }

    /// Integers in this shape.
    ///
    /// # Errors
    /// `Model` if the shape is of another number of elements.
    pub fn i64(shape: impl Into<Vec<usize>>, data: impl Into<Vec<i64>>) -> Result<Self> {
        let tensor = Self::I64 { shape: shape.into(), data: data.into() };
        tensor.check().map(|()| tensor)
    }

    /// That the numbers fill the shape.
    pub(super) fn check(&self) -> Result<()> {
        let expected = self.shape().iter().try_fold(1usize, |product, &length| product.checked_mul(length));
        match expected == Some(self.len()) {
            true => Ok(()),
            false => Err(refuse(format!(
                "a tensor of shape {:?} cannot hold {} numbers",
                self.shape(),
                self.len()
            ))),
        }
    }

    /// Length of each dimension.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::F32 { shape, .. } | Self::I64 { shape, .. } => shape,
        }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::F32 { data, .. } => data.len(),
            Self::I64 { data, .. } => data.len(),
        }
    }

    /// True if there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of the elements.
    pub fn element(&self) -> Element {
        match self {
            Self::F32 { .. } => Element::F32,
            Self::I64 { .. } => Element::I64,
        }
    }

    /// The elements, the last dimension contiguous.
    ///
    /// # Errors
    /// `Model` if they are integers.
    pub fn as_f32(&self) -> Result<&[f32]> {
        match self {
            Self::F32 { data, .. } => Ok(data),
            Self::I64 { .. } => Err(self.wrong_element(Element::F32)),
        }
    }

    /// The elements without a copy; see [`as_f32`](Self::as_f32).
    ///
    /// # Errors
    /// `Model` if they are integers.
    pub fn into_f32(self) -> Result<Vec<f32>> {
        match self {
            Self::F32 { data, .. } => Ok(data),
            Self::I64 { .. } => Err(self.wrong_element(Element::F32)),
        }
    }

    /// The elements, the last dimension contiguous.
    ///
    /// # Errors
    /// `Model` if they are floating-point numbers.
    pub fn as_i64(&self) -> Result<&[i64]> {
        match self {
            Self::I64 { data, .. } => Ok(data),
            Self::F32 { .. } => Err(self.wrong_element(Element::I64)),
        }
    }

    fn wrong_element(&self, expected: Element) -> crate::Error {
        refuse(format!("the elements of this tensor are {}, not {expected}", self.element()))
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor({} {:?})", self.element(), self.shape())
    }
}

/// What a model declares about one of its inputs or outputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// The name that inputs are given by.
    pub name: String,
    /// The type of the elements.
    pub element: Element,
    /// Length of each dimension; `None` where the model takes any.
    pub shape: Vec<Option<usize>>,
}

impl Port {
    /// That `tensor` can go in here.
    pub(super) fn check(&self, tensor: &Tensor) -> Result<()> {
        tensor.check()?;
        let fits = |(&got, &expected): (&usize, &Option<usize>)| got > 0 && expected.is_none_or(|e| e == got);
        let shape = tensor.shape();
        let same_rank = shape.len() == self.shape.len();
        if tensor.element() == self.element && same_rank && shape.iter().zip(&self.shape).all(fits) {
            return Ok(());
        }
        let got = format!("{} {shape:?}", tensor.element());
        Err(refuse(format!("input `{}` takes {self}, but got {got}", self.name)))
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape: Vec<_> =
            self.shape.iter().map(|d| d.map_or_else(|| "*".to_owned(), |d| d.to_string())).collect();
        write!(f, "{} [{}]", self.element, shape.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(shape: &[Option<usize>]) -> Port {
        Port { name: "x".into(), element: Element::F32, shape: shape.to_vec() }
    }

    #[test]
    fn a_shape_holds_as_many_numbers_as_it_says() {
        assert!(Tensor::f32([2, 3], [0.0; 6]).is_ok());
        assert!(Tensor::i64([], [7]).is_ok());
        let error = Tensor::f32([2, 3], [0.0; 5]).unwrap_err();
        assert_eq!(error.to_string(), "a tensor of shape [2, 3] cannot hold 5 numbers");
        assert!(Tensor::f32([usize::MAX, 2], []).is_err());
    }

    #[test]
    fn elements_are_asked_for_by_type() {
        let tensor = Tensor::i64([2], [1, 2]).unwrap();
        assert_eq!(tensor.as_i64().unwrap(), [1, 2]);
        assert_eq!(tensor.as_f32().unwrap_err().to_string(), "the elements of this tensor are i64, not f32");
    }

    #[test]
    fn a_port_says_what_it_takes_and_what_it_got() {
        let port = port(&[Some(2), None]);
        assert!(port.check(&Tensor::f32([2, 9], [0.0; 18]).unwrap()).is_ok());
        for (tensor, got) in [
            (Tensor::f32([3, 1], [0.0; 3]).unwrap(), "f32 [3, 1]"),
            (Tensor::f32([2], [0.0; 2]).unwrap(), "f32 [2]"),
            (Tensor::f32([2, 0], []).unwrap(), "f32 [2, 0]"),
            (Tensor::i64([2, 1], [0; 2]).unwrap(), "i64 [2, 1]"),
        ] {
            let error = port.check(&tensor).unwrap_err().to_string();
            assert_eq!(error, format!("input `x` takes f32 [2, *], but got {got}"));
        }
    }
}
