//! Chunks as they travel: compressed, and named by what they are.

use sha2::{Digest, Sha256};
use sonic_core::{Error, ErrorKind, Result};
use std::io::Read;

const LEVEL: i32 = 3;
/// What is made room for before anything has come.
const FIRST_ROOM: u64 = 1 << 23;

/// The SHA-256 of bytes, in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&hash(bytes))
}

/// The SHA-256 of bytes.
pub(crate) fn hash(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn pack(bytes: &[u8]) -> Result<Vec<u8>> {
    zstd::bulk::compress(bytes, LEVEL).map_err(|e| Error::io("cannot compress", e))
}

/// The bytes that were packed, if they are those that the name stands for: at most `most`.
///
/// # Errors
/// `Malformed` if they are not.
pub(crate) fn unpack(packed: &[u8], name: &str, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(most.min(FIRST_ROOM) as usize);
    let read = zstd::stream::read::Decoder::with_buffer(packed)
        .and_then(|decoder| decoder.take(most + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) if bytes.len() as u64 <= most && sha256(&bytes) == name => Ok(bytes),
        _ => Err(damaged(name)),
    }
}

fn damaged(name: &str) -> Error {
    let message = format!("what the bucket has under the name {name} is damaged: push the store again");
    Error::new(ErrorKind::Malformed, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_bytes_of_the_name_come_out() {
        let bytes: Vec<u8> = (0..100_000_u64).map(|n| ((n * n) >> 7) as u8).collect();
        let (name, packed) = (sha256(&bytes), pack(&bytes).unwrap());
        assert_eq!(unpack(&packed, &name, 100_000).unwrap(), bytes);
        let refused = |packed: &[u8], most| {
            assert_eq!(unpack(packed, &name, most).unwrap_err().kind(), ErrorKind::Malformed);
        };
        refused(&packed, 99_999);
        refused(&packed[..packed.len() - 1], 100_000);
        refused(&[], 100_000);
        for at in (0..packed.len()).step_by(97) {
            let mut wrong = packed.clone();
            wrong[at] ^= 4;
            match unpack(&wrong, &name, 100_000) {
                Ok(same) => assert_eq!(same, bytes),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Malformed),
            }
        }
        assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn little_that_claims_to_be_much_takes_no_memory() {
        let bomb = pack(&vec![0; 1 << 28]).unwrap();
        assert!(bomb.len() < 1 << 16);
        assert!(unpack(&bomb, &sha256(b""), 1_000).is_err());
    }
}
