//! What goes into a model and comes out of it.

use crate::refuse;
use half::f16;
use sonic_core::{Error, Result};
use std::borrow::Cow;
use std::fmt;

/// The type of a tensor's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Element {
    /// 32-bit floating point.
    F32,
    /// 16-bit floating point.
    F16,
    /// 64-bit integers.
    I64,
    /// 32-bit integers.
    I32,
    /// Truth values.
    Bool,
    /// Bytes.
    U8,
    /// A type of this name that sonic cannot make or read. A model that has it can be loaded and run as long as
    /// nothing of that type is fed or read.
    Other(&'static str),
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::I64 => "i64",
            Self::I32 => "i32",
            Self::Bool => "bool",
            Self::U8 => "u8",
            Self::Other(name) => name,
        })
    }
}

/// A Rust type that tensors hold: `f32`, `half::f16`, `i64`, `i32`, `bool` or `u8`.
pub trait TensorElement: Copy + Default + private::Storage {
    /// Its name.
    const ELEMENT: Element;
}

mod private {
    use super::{Data, Slice};

    /// How elements of a type lie in tensors; not for other crates to implement.
    pub trait Storage: Sized {
        fn into_data(data: Vec<Self>) -> Data;
        fn vec(data: Data) -> Option<Vec<Self>>;
        fn slice_mut(data: &mut Data) -> Option<&mut [Self]>;
        fn as_slice(data: &[Self]) -> Slice<'_>;
        fn slice<'a>(data: Slice<'a>) -> Option<&'a [Self]>;
    }
}

/// Elements of one of the types, owned.
#[derive(Clone, PartialEq)]
pub enum Data {
    /// 32-bit floating point.
    F32(Vec<f32>),
    /// 16-bit floating point.
    F16(Vec<f16>),
    /// 64-bit integers.
    I64(Vec<i64>),
    /// 32-bit integers.
    I32(Vec<i32>),
    /// Truth values.
    Bool(Vec<bool>),
    /// Bytes.
    U8(Vec<u8>),
}

/// Elements of one of the types, borrowed.
#[derive(Clone, Copy, PartialEq)]
pub enum Slice<'a> {
    /// 32-bit floating point.
    F32(&'a [f32]),
    /// 16-bit floating point.
    F16(&'a [f16]),
    /// 64-bit integers.
    I64(&'a [i64]),
    /// 32-bit integers.
    I32(&'a [i32]),
    /// Truth values.
    Bool(&'a [bool]),
    /// Bytes.
    U8(&'a [u8]),
    /// Something that cannot be read.
    Other(&'static str),
}

macro_rules! elements {
    ($($variant:ident $type:ty),* $(,)?) => {
        $(impl TensorElement for $type {
            const ELEMENT: Element = Element::$variant;
        }

        impl private::Storage for $type {
            fn into_data(data: Vec<Self>) -> Data {
                Data::$variant(data)
            }

            fn vec(data: Data) -> Option<Vec<Self>> {
                if let Data::$variant(data) = data { Some(data) } else { None }
            }

            fn slice_mut(data: &mut Data) -> Option<&mut [Self]> {
                if let Data::$variant(data) = data { Some(data) } else { None }
            }

            fn as_slice(data: &[Self]) -> Slice<'_> {
                Slice::$variant(data)
            }

            fn slice<'a>(data: Slice<'a>) -> Option<&'a [Self]> {
                if let Slice::$variant(data) = data { Some(data) } else { None }
            }
        })*

        impl Data {
            fn borrow(&self) -> Slice<'_> {
                match self {
                    $(Self::$variant(data) => Slice::$variant(data)),*
                }
            }
        }

        impl Slice<'_> {
            fn len(&self) -> usize {
                match self {
                    $(Self::$variant(data) => data.len(),)*
                    Self::Other(_) => 0,
                }
            }

            fn element(&self) -> Element {
                match self {
                    $(Self::$variant(_) => Element::$variant,)*
                    Self::Other(name) => Element::Other(name),
                }
            }

            fn to_data(self) -> Option<Data> {
                match self {
                    $(Self::$variant(data) => Some(Data::$variant(data.to_vec())),)*
                    Self::Other(_) => None,
                }
            }
        }
    };
}

elements!(F32 f32, F16 f16, I64 i64, I32 i32, Bool bool, U8 u8);

/// Elements with a shape, the last dimension contiguous. No dimensions mean a single element.
#[derive(Clone, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: Data,
}

impl Tensor {
    /// Elements in this shape.
    ///
    /// # Errors
    /// `Model` if the shape is of another number of elements.
    pub fn new<T: TensorElement>(shape: impl Into<Vec<usize>>, data: impl Into<Vec<T>>) -> Result<Self> {
        let (shape, data) = (shape.into(), data.into());
        check(&shape, data.len()).map(|()| Self { shape, data: T::into_data(data) })
    }

    /// Floating-point numbers in this shape.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn f32(shape: impl Into<Vec<usize>>, data: impl Into<Vec<f32>>) -> Result<Self> {
        Self::new(shape, data)
    }

    /// Integers in this shape.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn i64(shape: impl Into<Vec<usize>>, data: impl Into<Vec<i64>>) -> Result<Self> {
        Self::new(shape, data)
    }

    /// The same elements, borrowed.
    pub fn view(&self) -> TensorView<'_> {
        TensorView { shape: Cow::Borrowed(&self.shape), data: self.data.borrow() }
    }

    /// Length of each dimension.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.data.borrow().len()
    }

    /// True if there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of the elements.
    pub fn element(&self) -> Element {
        self.data.borrow().element()
    }

    /// The elements, the last dimension contiguous.
    ///
    /// # Errors
    /// `Model` if they are of another type.
    pub fn as_slice<T: TensorElement>(&self) -> Result<&[T]> {
        T::slice(self.data.borrow()).ok_or_else(|| wrong_element(self.element(), T::ELEMENT))
    }

    /// As [`as_slice`](Self::as_slice), to be changed.
    ///
    /// # Errors
    /// `Model` if they are of another type.
    pub fn as_mut_slice<T: TensorElement>(&mut self) -> Result<&mut [T]> {
        let element = self.element();
        T::slice_mut(&mut self.data).ok_or_else(|| wrong_element(element, T::ELEMENT))
    }

    /// The elements without a copy.
    ///
    /// # Errors
    /// `Model` if they are of another type.
    pub fn into_vec<T: TensorElement>(self) -> Result<Vec<T>> {
        let element = self.element();
        T::vec(self.data).ok_or_else(|| wrong_element(element, T::ELEMENT))
    }

    /// [`as_slice`](Self::as_slice) of floating-point numbers.
    ///
    /// # Errors
    /// `Model` if they are of another type.
    pub fn as_f32(&self) -> Result<&[f32]> {
        self.as_slice()
    }

    /// [`as_slice`](Self::as_slice) of integers.
    ///
    /// # Errors
    /// `Model` if they are of another type.
    pub fn as_i64(&self) -> Result<&[i64]> {
        self.as_slice()
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

/// A [`Tensor`] whose elements belong to somebody else.
#[derive(Clone, PartialEq)]
pub struct TensorView<'a> {
    shape: Cow<'a, [usize]>,
    data: Slice<'a>,
}

impl<'a> TensorView<'a> {
    /// Elements in this shape.
    ///
    /// # Errors
    /// `Model` if the shape is of another number of elements.
    pub fn new<T: TensorElement>(shape: impl Into<Cow<'a, [usize]>>, data: &'a [T]) -> Result<Self> {
        let shape = shape.into();
        check(&shape, data.len()).map(|()| Self { shape, data: T::as_slice(data) })
    }

    /// What a runtime gave: a slice of the length that the shape says, or something that cannot be read.
    pub(crate) fn given(shape: Vec<usize>, data: Slice<'a>) -> Self {
        Self { shape: Cow::Owned(shape), data }
    }

    /// Length of each dimension.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The number of elements; 0 if they cannot be read.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// True if there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of the elements.
    pub fn element(&self) -> Element {
        self.data.element()
    }

    /// The elements, the last dimension contiguous.
    ///
    /// # Errors
    /// `Model` if they are of another type.
    pub fn as_slice<T: TensorElement>(&self) -> Result<&'a [T]> {
        T::slice(self.data).ok_or_else(|| wrong_element(self.element(), T::ELEMENT))
    }

    /// A copy.
    ///
    /// # Errors
    /// `Model` if the elements are of a type that sonic cannot read.
    pub fn to_tensor(&self) -> Result<Tensor> {
        let unknown = || refuse(format!("sonic cannot read tensors of {}", self.element()));
        Ok(Tensor { shape: self.shape.to_vec(), data: self.data.to_data().ok_or_else(unknown)? })
    }

    /// The elements as the runtime takes them.
    pub(crate) fn data(&self) -> Slice<'a> {
        self.data
    }
}

impl fmt::Debug for TensorView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor({} {:?})", self.element(), self.shape())
    }
}

/// That `count` elements fill `shape`.
fn check(shape: &[usize], count: usize) -> Result<()> {
    let expected = shape.iter().try_fold(1usize, |product, &length| product.checked_mul(length));
    match expected == Some(count) {
        true => Ok(()),
        false => Err(refuse(format!("a tensor of shape {shape:?} cannot hold {count} numbers"))),
    }
}

fn wrong_element(got: Element, expected: Element) -> Error {
    refuse(format!("the elements of this tensor are {got}, not {expected}"))
}

/// What a model declares about one of its inputs or outputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// The type of its elements.
    pub element: Element,
    /// Length of each dimension, `None` where any will do. Without dimensions it is a single element, or the model says
    /// nothing about the shape: the runtime does not tell the two apart.
    pub shape: Vec<Option<usize>>,
}

impl Port {
    /// That `tensor` is what the port takes. What has no dimensions is left to the runtime.
    pub(crate) fn check(&self, tensor: &TensorView<'_>) -> Result<()> {
        let shape = tensor.shape();
        let fits = |(&got, &expected): (&usize, &Option<usize>)| got > 0 && expected.is_none_or(|e| e == got);
        let same_rank = self.shape.is_empty() || shape.len() == self.shape.len();
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
        assert!(TensorView::new(&[2, 3][..], &[0u8; 5]).is_err());
    }

    #[test]
    fn elements_are_read_by_type() {
        let tensor = Tensor::i64([2], [1, 2]).unwrap();
        assert_eq!(tensor.as_i64().unwrap(), [1, 2]);
        assert_eq!(tensor.as_f32().unwrap_err().to_string(), "the elements of this tensor are i64, not f32");
        let half = Tensor::new([1], vec![f16::from_f32(0.5)]).unwrap();
        assert_eq!(half.view().as_slice::<f16>().unwrap()[0].to_f32(), 0.5);
        let mut flags = Tensor::new([2], [true, false]).unwrap();
        flags.as_mut_slice::<bool>().unwrap()[1] = true;
        assert_eq!(flags.clone().into_vec::<bool>().unwrap(), [true, true]);
        assert!(flags.into_vec::<u8>().is_err());
        let unknown = TensorView::given(vec![1], Slice::Other("f64"));
        assert_eq!(unknown.to_tensor().unwrap_err().to_string(), "sonic cannot read tensors of f64");
    }

    #[test]
    fn a_port_says_what_it_takes_and_what_it_got() {
        let port = port(&[Some(2), None]);
        assert!(port.check(&Tensor::f32([2, 9], [0.0; 18]).unwrap().view()).is_ok());
        for (tensor, got) in [
            (Tensor::f32([3, 1], [0.0; 3]).unwrap(), "f32 [3, 1]"),
            (Tensor::f32([2], [0.0; 2]).unwrap(), "f32 [2]"),
            (Tensor::f32([2, 0], []).unwrap(), "f32 [2, 0]"),
            (Tensor::i64([2, 1], [0; 2]).unwrap(), "i64 [2, 1]"),
        ] {
            let error = port.check(&tensor.view()).unwrap_err().to_string();
            assert_eq!(error, format!("input `x` takes f32 [2, *], but got {got}"));
        }
    }
}
