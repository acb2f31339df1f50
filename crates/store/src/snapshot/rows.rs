//! Rows as they lie in a chunk.

use crate::env::Sealed;
use sonic_core::{Error, ErrorKind, Result};

/// Most bytes of a chunk; one has more than the aim only if a row has.
pub const MAX_CHUNK_BYTES: u64 = 1 << 28;
/// Bytes before a key.
const HEADER: usize = 6;

/// Bytes that a row takes in a chunk.
pub(super) fn length((key, sealed): Sealed<'_>) -> u64 {
    (HEADER + key.len() + sealed.len()) as u64
}

/// Appends a row.
///
/// # Errors
/// `Limit` if it is too large.
pub(super) fn push(chunk: &mut Vec<u8>, row: Sealed<'_>) -> Result<()> {
    let (key, sealed) = row;
    let (Ok(key_length), Ok(value_length)) = (u16::try_from(key.len()), u32::try_from(sealed.len())) else {
        return Err(too_large(row));
    };
    if length(row) > MAX_CHUNK_BYTES {
        return Err(too_large(row));
    }
    chunk.extend_from_slice(&key_length.to_le_bytes());
    chunk.extend_from_slice(&value_length.to_le_bytes());
    chunk.extend_from_slice(key);
    chunk.extend_from_slice(sealed);
    Ok(())
}

fn too_large(row: Sealed<'_>) -> Error {
    let message = format!("a row has {} bytes, a snapshot takes {MAX_CHUNK_BYTES} at most", length(row));
    Error::new(ErrorKind::Limit, message)
}

/// The rows of a chunk. What does not parse is the end: see [`check`].
#[derive(Clone)]
pub(super) struct Rows<'c>(&'c [u8]);

impl<'c> Rows<'c> {
    pub(super) fn of(chunk: &'c [u8]) -> Self {
        Self(chunk)
    }
}

impl<'c> Iterator for Rows<'c> {
    type Item = Sealed<'c>;

    fn next(&mut self) -> Option<Self::Item> {
        let (key_length, rest) = self.0.split_first_chunk()?;
        let (value_length, rest) = rest.split_first_chunk()?;
        let (key, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*key_length)))?;
        let (sealed, rest) = rest.split_at_checked(u32::from_le_bytes(*value_length) as usize)?;
        self.0 = rest;
        Some((key, sealed))
    }
}

/// Fails unless the chunk is `rows` whole rows whose keys LMDB takes.
pub(super) fn check(chunk: &[u8], rows: u64) -> Result<()> {
    const MAX_KEY: usize = 511;
    let (mut count, mut bytes) = (0, 0);
    for row in Rows::of(chunk) {
        count += 1;
        bytes += length(row);
        if !(1..=MAX_KEY).contains(&row.0.len()) {
            return Err(malformed());
        }
    }
    match (count, bytes) == (rows, chunk.len() as u64) {
        true => Ok(()),
        false => Err(malformed()),
    }
}

fn malformed() -> Error {
    Error::new(ErrorKind::Malformed, "a chunk of the snapshot is not made of rows: publish a new snapshot")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_out_as_they_went_in_and_nothing_else_does() {
        let rows: [Sealed<'_>; 3] = [(b"a", b"value"), (b"ab", b""), (&[7; 511], &[1; 70_000])];
        let mut chunk = Vec::new();
        rows.iter().for_each(|row| push(&mut chunk, *row).unwrap());
        assert_eq!(chunk.len() as u64, rows.iter().map(|row| length(*row)).sum::<u64>());
        assert_eq!(Rows::of(&chunk).collect::<Vec<_>>(), rows);
        check(&chunk, 3).unwrap();
        for wrong in [&chunk[..chunk.len() - 1], &chunk[1..], &[&chunk[..], b"x"].concat()] {
            assert_eq!(check(wrong, 3).unwrap_err().kind(), ErrorKind::Malformed);
        }
        assert!(check(&chunk, 2).is_err());
        let mut bad = Vec::new();
        push(&mut bad, (b"", b"value")).unwrap();
        assert!(check(&bad, 1).is_err());
        assert_eq!(push(&mut bad, (&[0; 70_000], b"")).unwrap_err().kind(), ErrorKind::Limit);
    }
}
