//! WAV: a header and samples of 16 bits.

use super::to_i16;
use sonic_core::{Error, ErrorKind, Result};

/// Bytes of the header.
const HEAD: u32 = 44;

pub(super) struct Wav {
    channels: u16,
    sample_rate: u32,
    /// Bytes of samples so far.
    length: u32,
}

impl Wav {
    pub(super) fn new(channels: usize, sample_rate: u32) -> Self {
        Self { channels: channels as u16, sample_rate, length: 0 }
    }

    /// The header for what was encoded so far.
    pub(super) fn head(&self) -> Vec<u8> {
        let frame = self.channels * 2;
        let mut out = Vec::with_capacity(HEAD as usize);
        out.extend_from_slice(b"RIFF");
        out.extend_from_slice(&(self.length + HEAD - 8).to_le_bytes());
        out.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0");
        out.extend_from_slice(&self.channels.to_le_bytes());
        out.extend_from_slice(&self.sample_rate.to_le_bytes());
        out.extend_from_slice(&(self.sample_rate * u32::from(frame)).to_le_bytes());
        out.extend_from_slice(&frame.to_le_bytes());
        out.extend_from_slice(b"\x10\0data");
        out.extend_from_slice(&self.length.to_le_bytes());
        out
    }

    pub(super) fn encode(&mut self, samples: &[f32]) -> Result<Vec<u8>> {
        let bytes: Vec<u8> = samples.iter().flat_map(|x| to_i16(*x).to_le_bytes()).collect();
        let length = u32::try_from(bytes.len()).ok().and_then(|n| self.length.checked_add(n));
        let fits = length.filter(|length| *length <= u32::MAX - HEAD);
        self.length = fits.ok_or_else(|| {
            Error::new(ErrorKind::Limit, "a WAV file cannot have more than 4 GB: write .flac")
        })?;
        Ok(bytes)
    }
}
