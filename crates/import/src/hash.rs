//! Hashes turned back into what they were made of. There are few texts that are hashed, so that each is tried once.

use md5::{Digest, Md5};
use sonic_core::PairHash;
use std::sync::OnceLock;

/// The bytes that stand for a hash: the first half of the MD5 of `first band|second band|steps`, in decimal digits.
pub(crate) fn bytes_of(hash: PairHash) -> [u8; 8] {
    let text = format!("{}|{}|{}", hash.first_band(), hash.second_band(), hash.steps());
    let digest = Md5::digest(text.as_bytes());
    std::array::from_fn(|place| digest[place])
}

/// The hash that these bytes stand for; `None` if there is none: they are of another version, or damaged.
pub(crate) fn hash_of(bytes: [u8; 8]) -> Option<PairHash> {
    static TABLE: OnceLock<Vec<(u64, u32)>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let all = (0..PairHash::COUNT).filter_map(PairHash::from_number);
        let mut table: Vec<(u64, u32)> =
            all.map(|hash| (u64::from_be_bytes(bytes_of(hash)), hash.number())).collect();
        table.sort_unstable();
        table
    });
    let wanted = u64::from_be_bytes(bytes);
    let place = table.binary_search_by_key(&wanted, |(bytes, _)| *bytes).ok()?;
    PairHash::from_number(table[place].1)
}

/// The hash of sixteen hexadecimal digits, as pickles write it.
#[doc(hidden)]
pub fn hash_of_digits(digits: &str) -> Option<PairHash> {
    hash_of(from_digits(digits)?.0)
}

/// The bytes of sixteen hexadecimal digits, and whether there is a capital among them.
pub(crate) fn from_digits(digits: &str) -> Option<([u8; 8], bool)> {
    let is_hex = digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let number = u64::from_str_radix(digits, 16).ok().filter(|_| is_hex)?;
    Some((number.to_be_bytes(), digits.bytes().any(|digit| digit.is_ascii_uppercase())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hash_is_found_again() {
        for number in (0..PairHash::COUNT).step_by(11) {
            let hash = PairHash::from_number(number).unwrap();
            assert_eq!(hash_of(bytes_of(hash)), Some(hash));
        }
        assert_eq!(hash_of(*b"nonsense"), None);
    }

    #[test]
    fn digits_are_sixteen_and_hexadecimal() {
        assert_eq!(from_digits("0123456789abcdef"), Some(([1, 35, 69, 103, 137, 171, 205, 239], false)));
        assert_eq!(from_digits("0123456789ABCDEF").map(|(_, capital)| capital), Some(true));
        for wrong in ["", "0123", "0123456789abcdeg", "+123456789abcdef", "0123456789abcdef0"] {
            assert_eq!(from_digits(wrong), None, "{wrong}");
        }
    }
}
