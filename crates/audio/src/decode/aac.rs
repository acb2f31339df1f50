//! What AAC streams say about themselves (ISO/IEC 14496-3, 1.6.2), and which of them can be decoded.
//!
//! symphonia decodes AAC-LC of one and two channels. Of HE-AAC, which is AAC-LC at half the rate with a description of
//! the high band beside it, the low band is decoded: that is where music is recognised and voices are told apart.

use super::packet::{malformed, unsupported};
use sonic_core::Result;

/// Sampling rates by their index.
pub(super) const RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// AAC-LC, the object type that can be decoded.
const LC: u8 = 2;

/// Refuses object types and channel configurations that cannot be decoded, by name.
pub(super) fn check(object_type: u8, channels: u8, container: &str) -> Result<()> {
    let name = match object_type {
        LC => match channels {
            1 | 2 => return Ok(()),
            0 => {
                return Err(unsupported(format!(
                    "AAC in {container} whose channels the sound itself describes"
                )));
            }
            7 => return Err(too_many_channels(8)),
            more => return Err(too_many_channels(more)),
        },
        1 => "AAC Main",
        3 => "AAC SSR",
        4 => "AAC LTP",
        5 | 29 => "HE-AAC on top of another kind than AAC-LC",
        6 => "AAC Scalable",
        17 | 19 | 20 | 23 => "error resilient AAC",
        36 => "MPEG-4 ALS",
        39 => "AAC ELD",
        42 => "xHE-AAC (USAC)",
        other => return Err(unsupported(format!("MPEG-4 audio of object type {other} cannot be decoded"))),
    };
    Err(unsupported(format!("{name} in {container} cannot be decoded, of AAC only AAC-LC and HE-AAC")))
}

fn too_many_channels(count: u8) -> sonic_core::Error {
    unsupported(format!("AAC of {count} channels cannot be decoded, only of one and two"))
}

/// The configuration `bytes` as one of AAC-LC, of which the decoder needs two bytes; HE-AAC becomes its low band.
pub(super) fn low_band(bytes: &[u8]) -> Result<Box<[u8]>> {
    let mut bits = Bits { bytes, at: 0 };
    let config = Config::read(&mut bits).ok_or_else(|| malformed("the AAC configuration is damaged"))?;
    check(config.object_type, config.channels, "this file")?;
    if config.short_frames {
        return Err(unsupported("AAC with frames of 960 samples cannot be decoded"));
    }
    match config.rate_index {
        Ok(index) => {
            let word = u16::from(LC) << 11 | u16::from(index) << 7 | u16::from(config.channels) << 3;
            Ok(Box::from(word.to_be_bytes()))
        }
        // A rate that has no index takes 24 bits more.
        Err(rate) => {
            let word =
                u64::from(LC) << 35 | 15 << 31 | u64::from(rate) << 7 | u64::from(config.channels) << 3;
            Ok(Box::from(&word.to_be_bytes()[3..]))
        }
    }
}

#[derive(Debug, PartialEq)]
struct Config {
    object_type: u8,
    rate_index: std::result::Result<u8, u32>,
    channels: u8,
    short_frames: bool,
}

impl Config {
    fn read(bits: &mut Bits<'_>) -> Option<Self> {
        let mut object_type = bits.object_type()?;
        let rate_index = bits.rate()?;
        let channels = bits.take(4)? as u8;
        if matches!(object_type, 5 | 29) {
            // The rate with the high band.
            let _ = bits.rate()?;
            object_type = bits.object_type()?;
        }
        let short_frames = object_type == LC && bits.take(1)? == 1;
        Some(Self { object_type, rate_index, channels, short_frames })
    }
}

/// Bits from the front, the most significant first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Option<u32> {
        (0..count).try_fold(0, |number, _| {
            let byte = *self.bytes.get(self.at / 8)?;
            let bit = byte >> (7 - self.at % 8) & 1;
            self.at += 1;
            Some(number << 1 | u32::from(bit))
        })
    }

    fn object_type(&mut self) -> Option<u8> {
        match self.take(5)? as u8 {
            31 => Some(32 + self.take(6)? as u8),
            kind => Some(kind),
        }
    }

    /// A rate by its index, or itself.
    fn rate(&mut self) -> Option<std::result::Result<u8, u32>> {
        match self.take(4)? as u8 {
            15 => Some(Err(self.take(24)?)),
            index if usize::from(index) < RATES.len() => Some(Ok(index)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(bytes: &[u8]) -> String {
        low_band(bytes).unwrap_err().message().to_owned()
    }

    #[test]
    fn low_complexity_stays_and_high_efficiency_becomes_its_low_band() {
        // AAC-LC at 44,100 Hz in stereo; with backward compatible signalling of HE-AAC behind it.
        assert_eq!(*low_band(&[0x12, 0x10]).unwrap(), [0x12, 0x10]);
        assert_eq!(*low_band(&[0x12, 0x10, 0x56, 0xe5, 0x00]).unwrap(), [0x12, 0x10]);
        // HE-AAC, explicitly: 5, 22,050 Hz, stereo, 44,100 Hz, 2.
        assert_eq!(*low_band(&[0x2b, 0x92, 0x08, 0x00]).unwrap(), [0x13, 0x90]);
        // 5 bits LC, the escape, 40,000 Hz in 24 bits, mono.
        let odd = (2u64 << 35 | 15 << 31 | 40_000 << 7 | 1 << 3).to_be_bytes();
        assert_eq!(*low_band(&odd[3..]).unwrap(), odd[3..]);
    }

    #[test]
    fn what_cannot_be_decoded_is_named() {
        assert!(message(&[0x12, 0x30]).contains("6 channels"));
        assert!(message(&[0x0a, 0x10]).contains("AAC Main"));
        assert!(message(&[0xf9, 0x48, 0x40]).contains("xHE-AAC"));
        assert!(message(&[0x12]).contains("damaged"));
    }
}
