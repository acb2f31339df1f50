//! The checksum that ends every value in the file, so that damage is known and not guessed.
//!
//! ```text
//! value of a row | checksum u32, little-endian
//! ```
//!
//! It is over the name of the table, the key and the value: a row that comes to lie under another key, or in another
//! table, is damaged too. XXH3 (Collet, <https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md>), the lower 32 of
//! its 64 bits: of damaged values one in four thousand million is not noticed.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// Bytes of a checksum.
pub(super) const LENGTH: usize = 4;

/// The checksum of a value.
fn checksum(table: &str, key: &[u8], value: &[u8]) -> [u8; LENGTH] {
    let seed = xxh3_64_with_seed(key, xxh3_64(table.as_bytes()));
    (xxh3_64_with_seed(value, seed) as u32).to_le_bytes()
}

/// What is written for a value.
pub(super) fn seal(table: &str, key: &[u8], value: &[u8]) -> Vec<u8> {
    [value, &checksum(table, key, value)].concat()
}

/// The value, whatever its checksum is; `None` if there is no room for one.
pub(super) fn value(sealed: &[u8]) -> Option<&[u8]> {
    sealed.split_last_chunk::<LENGTH>().map(|(value, _)| value)
}

/// The value, if it is as it was written.
pub(super) fn open<'v>(table: &str, key: &[u8], sealed: &'v [u8]) -> Option<&'v [u8]> {
    let (value, kept) = sealed.split_last_chunk::<LENGTH>()?;
    (*kept == checksum(table, key, value)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_known_by_its_bytes_its_key_and_its_table() {
        for value in [&b""[..], b"x", &[7; 5_000]] {
            let sealed = seal("photos", b"key", value);
            assert_eq!(open("photos", b"key", &sealed), Some(value));
            assert_eq!(super::value(&sealed), Some(value));
            assert_eq!(open("photos", b"kez", &sealed), None);
            assert_eq!(open("faces", b"key", &sealed), None);
            for at in [0, sealed.len() / 2, sealed.len() - 1] {
                let mut damaged = sealed.clone();
                damaged[at] ^= 1;
                assert_eq!(open("photos", b"key", &damaged), None);
            }
            assert_eq!(open("photos", b"key", &sealed[..sealed.len() - 1]), None);
        }
        assert_eq!(super::value(b"abc"), None);
    }
}
