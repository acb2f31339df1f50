//! Rows of numbers in single or in double precision.

/// Rows of numbers, one after another, in one of two precisions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rows<'a> {
    /// Numbers of 32 bits.
    Singles(&'a [f32]),
    /// Numbers of 64 bits.
    Doubles(&'a [f64]),
}

/// A number that rows can be made of: `f32` or `f64`. Nothing is rounded: distances are taken of the numbers as they are.
pub trait Number: Copy + sealed::Sealed {
    /// Rows of such numbers.
    fn rows(numbers: &[Self]) -> Rows<'_>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

impl Number for f32 {
    fn rows(numbers: &[Self]) -> Rows<'_> {
        Rows::Singles(numbers)
    }
}

impl Number for f64 {
    fn rows(numbers: &[Self]) -> Rows<'_> {
        Rows::Doubles(numbers)
    }
}

impl<'a> Rows<'a> {
    /// How many numbers there are in all.
    pub fn len(self) -> usize {
        match self {
            Self::Singles(numbers) => numbers.len(),
            Self::Doubles(numbers) => numbers.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The `count` numbers from `start` on.
    #[inline(always)]
    pub(super) fn part(self, start: usize, count: usize) -> Self {
        match self {
            Self::Singles(numbers) => Self::Singles(&numbers[start..start + count]),
            Self::Doubles(numbers) => Self::Doubles(&numbers[start..start + count]),
        }
    }

    pub(super) fn is_finite(self) -> bool {
        match self {
            Self::Singles(numbers) => numbers.iter().all(|x| x.is_finite()),
            Self::Doubles(numbers) => numbers.iter().all(|x| x.is_finite()),
        }
    }

    /// Writes the numbers, each multiplied by `scale`.
    pub(super) fn write(self, scale: f64, out: &mut [f64]) {
        match self {
            Self::Singles(numbers) => {
                out.iter_mut().zip(numbers).for_each(|(o, x)| *o = f64::from(*x) * scale)
            }
            Self::Doubles(numbers) => out.iter_mut().zip(numbers).for_each(|(o, x)| *o = x * scale),
        }
    }

    /// The number at a place.
    pub(super) fn number(self, at: usize) -> f64 {
        match self {
            Self::Singles(numbers) => f64::from(numbers[at]),
            Self::Doubles(numbers) => numbers[at],
        }
    }

    /// The smallest and the largest size of finite numbers other than 0; `None` if there are none.
    pub(super) fn sizes(self) -> Option<(f64, f64)> {
        let Self::Doubles(numbers) = self else {
            // The whole range of single precision: nothing is gained by a look.
            return Some((f64::from(f32::MIN_POSITIVE), f64::from(f32::MAX)));
        };
        let sizes = numbers.iter().map(|x| x.abs()).filter(|size| *size > 0.0 && size.is_finite());
        sizes.fold(None, |sizes, size| {
            let (least, most) = sizes.unwrap_or((size, size));
            Some((least.min(size), most.max(size)))
        })
    }

    /// A copy of the numbers.
    pub(super) fn to_kept(self) -> Kept {
        match self {
            Self::Singles(numbers) => Kept::Singles(numbers.to_vec()),
            Self::Doubles(numbers) => Kept::Doubles(numbers.to_vec()),
        }
    }
}

/// Rows of one's own.
pub(super) enum Kept {
    Singles(Vec<f32>),
    Doubles(Vec<f64>),
}

impl Kept {
    pub(super) fn rows(&self) -> Rows<'_> {
        match self {
            Self::Singles(numbers) => Rows::Singles(numbers),
            Self::Doubles(numbers) => Rows::Doubles(numbers),
        }
    }
}
