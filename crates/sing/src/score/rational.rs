//! Exact fractions: positions in a score are sums of many small ones, and notes that touch must be seen to touch.

use sonic_core::{Error, ErrorKind, Result};
use std::cmp::Ordering;

/// A fraction in its lowest terms. What does not fit into 64 bits is an [`Limit`](ErrorKind::Limit) error: no music
/// needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Rational {
    numerator: i64,
    /// Above 0.
    denominator: i64,
}

/// Digits of a decimal number that are kept; what follows them is finer than any use of it.
const DIGITS: u32 = 18;

impl Rational {
    pub(super) const ZERO: Self = Self::whole(0);

    pub(super) const fn whole(value: i64) -> Self {
        Self { numerator: value, denominator: 1 }
    }

    /// `numerator / denominator`; the denominator is not 0.
    pub(super) fn new(numerator: i128, denominator: i128) -> Result<Self> {
        let divisor = common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs()).max(1) as i128;
        let sign = denominator.signum();
        match (i64::try_from(sign * numerator / divisor), i64::try_from(sign * denominator / divisor)) {
            (Ok(numerator), Ok(denominator)) if denominator != 0 => Ok(Self { numerator, denominator }),
            _ => Err(Error::new(
                ErrorKind::Limit,
                "the times of this score are too large, or divided too finely, to be counted exactly",
            )),
        }
    }

    /// A decimal number with sign, point and exponent, such as `-1.5e3`; `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Result<Self>> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)?),
            None => (text, 0),
        };
        let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = || whole.bytes().chain(fraction.bytes());
        if digits().next().is_none() || !digits().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let mut value = 0i128;
        let mut scale = exponent.saturating_sub(i64::try_from(fraction.len()).unwrap_or(i64::MAX));
        for (place, digit) in digits().enumerate() {
            if value >= 10i128.pow(DIGITS) {
                scale = scale.saturating_add((whole.len() + fraction.len() - place) as i64);
                break;
            }
            value = value * 10 + i128::from(digit - b'0');
        }
        let signed = if mantissa.starts_with('-') { -value } else { value };
        Some(scaled(signed, scale))
    }

    pub(super) fn plus(self, other: Self) -> Result<Self> {
        if self.denominator == other.denominator {
            let sum = i128::from(self.numerator) + i128::from(other.numerator);
            return Self::new(sum, i128::from(self.denominator));
        }
        let [a, b, c, d] = self.widened(other);
        Self::new(a * d + c * b, b * d)
    }

    pub(super) fn minus(self, other: Self) -> Result<Self> {
        self.plus(Self { numerator: other.numerator.saturating_neg(), ..other })
    }

    pub(super) fn times(self, other: Self) -> Result<Self> {
        let [a, b, c, d] = self.widened(other);
        Self::new(a * c, b * d)
    }

    /// This divided by another, which is not 0.
    pub(super) fn over(self, other: Self) -> Result<Self> {
        let [a, b, c, d] = self.widened(other);
        Self::new(a * d, b * c)
    }

    fn widened(self, other: Self) -> [i128; 4] {
        [self.numerator, self.denominator, other.numerator, other.denominator].map(i128::from)
    }

    pub(super) fn is_negative(self) -> bool {
        self.numerator < 0
    }

    pub(super) fn is_positive(self) -> bool {
        self.numerator > 0
    }

    /// Its value if it is a whole number.
    pub(super) fn as_whole(self) -> Option<i64> {
        (self.denominator == 1).then_some(self.numerator)
    }

    pub(super) fn numerator(self) -> i64 {
        self.numerator
    }

    pub(super) fn denominator(self) -> i64 {
        self.denominator
    }

    pub(super) fn value(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }
}

impl Default for Rational {
    fn default() -> Self {
        Self::ZERO
    }
}

impl PartialOrd for Rational {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rational {
    fn cmp(&self, other: &Self) -> Ordering {
        let [a, b, c, d] = self.widened(*other);
        (a * d).cmp(&(c * b))
    }
}

/// An exponent; one of many digits stands for a number that is far too large or too small.
fn exponent_of(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(if text.starts_with('-') { i64::MIN / 4 } else { i64::MAX / 4 }))
}

/// `value * 10^scale`.
fn scaled(value: i128, scale: i64) -> Result<Rational> {
    let most = i64::from(DIGITS);
    match scale {
        _ if value == 0 => Ok(Rational::ZERO),
        0.. => Rational::new(value.saturating_mul(10i128.saturating_pow(scale.min(38) as u32)), 1),
        _ if scale >= -most => Rational::new(value, 10i128.pow(scale.unsigned_abs() as u32)),
        _ => {
            let dropped = (-most).saturating_sub(scale).min(38) as u32;
            Rational::new(value / 10i128.saturating_pow(dropped), 10i128.pow(DIGITS))
        }
    }
}

fn common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        if let (Ok(small), Ok(other)) = (u64::try_from(a), u64::try_from(b)) {
            return u128::from(small_divisor(small, other));
        }
        (a, b) = (b, a % b);
    }
    a
}

fn small_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<Rational> {
        Rational::parse(text).map(|value| value.unwrap())
    }

    fn fraction(numerator: i128, denominator: i128) -> Rational {
        Rational::new(numerator, denominator).unwrap()
    }

    #[test]
    fn decimals_are_read_exactly() {
        for (text, numerator, denominator) in [
            ("0", 0, 1),
            ("24", 24, 1),
            ("+1.5", 3, 2),
            ("-.25", -1, 4),
            ("7.", 7, 1),
            ("1e3", 1000, 1),
            ("12.5E-1", 5, 4),
            ("00000000000000000000000000000000000000001.50", 3, 2),
            ("1e-400", 0, 1),
            ("0e999999999999999999999", 0, 1),
            ("92.30769230769", 9_230_769_230_769, 100_000_000_000),
        ] {
            assert_eq!(parsed(text), Some(fraction(numerator, denominator)), "{text}");
        }
        let long = parsed("119.9999999999999999999999999999").unwrap();
        assert!((long.value() - 120.0).abs() < 1e-12, "{long:?}");
        for text in ["", "-", ".", "NaN", "inf", "1/2", "1 2", "0x10", "1e", "1e+", "1,5", "e5", "١"] {
            assert!(Rational::parse(text).is_none(), "{text}");
        }
        for text in ["1e30", "99999999999999999999", "1e99999999999999999999"] {
            assert_eq!(Rational::parse(text).unwrap().unwrap_err().kind(), ErrorKind::Limit, "{text}");
        }
    }

    #[test]
    fn arithmetic_is_exact_and_ends_in_an_error() {
        let third = fraction(1, 3);
        assert_eq!(third.plus(third).unwrap().plus(third).unwrap(), Rational::whole(1));
        assert_eq!(fraction(-2, -4), fraction(1, 2));
        assert_eq!(third.minus(fraction(1, 2)).unwrap(), fraction(-1, 6));
        assert_eq!(third.times(fraction(9, 4)).unwrap().over(fraction(3, 8)).unwrap(), Rational::whole(2));
        assert!(fraction(333, 1000) < third && third < fraction(334, 1000));
        let fine = fraction(1, i128::from(i64::MAX));
        assert_eq!(fine.plus(third).unwrap_err().kind(), ErrorKind::Limit);
        assert_eq!(Rational::new(1, 0).unwrap_err().kind(), ErrorKind::Limit);
        let extreme = fraction(i128::from(i64::MIN), 1);
        assert!(extreme.plus(extreme).is_err() && extreme.times(extreme).is_err());
        assert!(extreme < fine && extreme.minus(extreme).is_ok());
    }
}
