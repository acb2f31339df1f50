//! What a listener remembers, as bytes for another process.

use sonic_core::{Error, ErrorKind, Result};

/// Writes numbers one after the other.
#[derive(Default)]
pub(super) struct Saver {
    pub(super) bytes: Vec<u8>,
}

impl Saver {
    pub(super) fn number(&mut self, value: u64) {
        self.bytes.extend(value.to_le_bytes());
    }

    pub(super) fn float(&mut self, value: f32) {
        self.bytes.extend(value.to_le_bytes());
    }

    pub(super) fn floats(&mut self, values: &[f32]) {
        self.number(values.len() as u64);
        values.iter().for_each(|value| self.float(*value));
    }
}

/// Reads what a [`Saver`] wrote; what is not so is an error, whatever the bytes say.
pub(super) struct Restorer<'a> {
    bytes: &'a [u8],
}

impl<'a> Restorer<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (first, rest) = self.bytes.split_first_chunk::<N>().ok_or_else(damaged)?;
        self.bytes = rest;
        Ok(*first)
    }

    pub(super) fn number(&mut self) -> Result<u64> {
        self.take().map(u64::from_le_bytes)
    }

    pub(super) fn float(&mut self) -> Result<f32> {
        let value = f32::from_le_bytes(self.take()?);
        if value.is_finite() { Ok(value) } else { Err(damaged()) }
    }

    /// At most `most` of them.
    pub(super) fn floats(&mut self, most: usize) -> Result<Vec<f32>> {
        let count = self.number()?;
        if count > most as u64 {
            return Err(damaged());
        }
        (0..count).map(|_| self.float()).collect()
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[f32; N]> {
        self.floats(N)?.try_into().map_err(|_| damaged())
    }

    pub(super) fn end(&self) -> Result<()> {
        if self.bytes.is_empty() { Ok(()) } else { Err(damaged()) }
    }
}

pub(super) fn damaged() -> Error {
    let message =
        "the state of the speech detector is damaged, or of another detector or version: begin anew";
    Error::new(ErrorKind::Malformed, message)
}
