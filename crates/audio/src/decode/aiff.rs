//! The headers of AIFF and AIFF-C files, whose chunks may come in any order.

use super::blocks::{Blocks, Layout, Run, pcm};
use super::media::Media;
use super::packet::{malformed, unsupported};
use sonic_core::Result;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_ADPCM_IMA_QT, CODEC_ID_PCM_ALAW, CODEC_ID_PCM_MULAW,
};
use symphonia::core::formats::FormatInfo;
use symphonia::core::formats::well_known::FORMAT_ID_AIFF;

static INFO: FormatInfo =
    FormatInfo { format: FORMAT_ID_AIFF, short_name: "aiff", long_name: "Audio Interchange File Format" };

/// More bytes than a common chunk has.
const MAX_COMMON: u64 = 64 << 10;

/// Reads the headers up to the sound, or up to the description that follows it.
pub(super) fn open(mut media: Media) -> Result<Blocks> {
    media.read_up_to(12)?;
    let (mut layout, mut sound) = (None, None);
    loop {
        if let (Some((layout, frames)), Some((start, size))) = (layout, sound) {
            media.to(start)?;
            let run = Run { start, length: length(&layout, frames, size) };
            return Ok(Blocks::new(media, &INFO, layout, vec![run]));
        }
        let header = media.read_up_to(8)?;
        let Some((name, size)) = header.split_first_chunk::<4>().filter(|h| h.1.len() == 4) else {
            let missing =
                if sound.is_none() { "the sound (its SSND chunk)" } else { "the format (its COMM chunk)" };
            return Err(malformed(format!("{missing} is missing: the file was cut")));
        };
        let size = number(size);
        match name {
            b"COMM" if size <= MAX_COMMON => layout = Some(common(&media.read_up_to(size)?)?),
            b"SSND" => {
                let head = media.read_up_to(8)?;
                let offset = head.get(..4).map_or(0, number);
                let start = media.position().saturating_add(offset);
                sound =
                    Some((start, size.checked_sub(8).and_then(|rest| rest.checked_sub(offset)).unwrap_or(0)));
                if layout.is_none() {
                    media.make_still()?;
                    media.skip(size.saturating_sub(8))?;
                }
            }
            _ => drop(media.skip(size)?),
        }
        if size % 2 == 1 && (sound.is_none() || layout.is_none()) {
            skip_padding(&mut media)?;
        }
    }
}

/// Bytes of sound: what the chunk says, or what the description says where the chunk was never finished.
fn length(layout: &Layout, frames: u64, size: u64) -> Option<u64> {
    if size != 0 && size < 0xffff_ff00 {
        return Some(size);
    }
    let blocks = frames.div_ceil(layout.block_frames.into());
    Some(blocks * u64::from(layout.block_bytes)).filter(|&bytes| bytes > 0)
}

fn skip_padding(media: &mut Media) -> Result<()> {
    let ahead = media.peek(4)?;
    if ahead.len() < 4 || !ahead.iter().all(|byte| (b' '..=b'z').contains(byte)) {
        media.skip(1)?;
    }
    Ok(())
}

/// Big-endian.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// Reads a common chunk: the layout of the samples, and how many frames there are.
fn common(chunk: &[u8]) -> Result<(Layout, u64)> {
    let damaged = || malformed("the format (its COMM chunk) is damaged");
    let (head, rest) = chunk.split_at_checked(18).ok_or_else(damaged)?;
    let (channels, frames, bits) =
        (number(&head[..2]) as u32, number(&head[2..6]), number(&head[6..8]) as u32);
    let rate = extended(&head[8..18]).ok_or_else(damaged)?;
    let whole_bits = 8 * bits.div_ceil(8);
    let one = |codec| Layout::samples(codec, 1, rate, channels);
    let linear = |bits, float, signed, big| {
        let (codec, bytes) = pcm(bits, float, signed, big)
            .ok_or_else(|| unsupported(format!("AIFF whose samples have {bits} bits cannot be decoded")))?;
        Layout::samples(codec, bytes, rate, channels)
    };
    let compression = rest.first_chunk::<4>().unwrap_or(b"NONE");
    let layout = match compression {
        b"NONE" | b"twos" => linear(whole_bits, false, true, true),
        b"sowt" => linear(whole_bits, false, true, false),
        b"raw " => linear(whole_bits, false, false, true),
        b"in24" => linear(24, false, true, true),
        b"in32" => linear(32, false, true, true),
        b"42ni" => linear(24, false, true, false),
        b"23ni" => linear(32, false, true, false),
        b"fl32" | b"FL32" => linear(32, true, true, true),
        b"fl64" | b"FL64" => linear(64, true, true, true),
        b"alaw" | b"ALAW" => one(CODEC_ID_PCM_ALAW),
        b"ulaw" | b"ULAW" => one(CODEC_ID_PCM_MULAW),
        b"ima4" => Layout::adpcm(CODEC_ID_ADPCM_IMA_QT, rate, channels, 34u32.saturating_mul(channels), 64),
        other => {
            let name = String::from_utf8_lossy(other);
            Err(unsupported(format!("AIFF whose sound is {name:?} cannot be decoded")))
        }
    }?;
    // Of ADPCM blocks are counted instead of frames.
    let frames = if layout.block_frames > 1 { frames * u64::from(layout.block_frames) } else { frames };
    Ok((layout, frames))
}

/// A number in extended precision, rounded to the nearest whole one.
fn extended(bytes: &[u8]) -> Option<u32> {
    let (exponent, mantissa) = (number(&bytes[..2]) as i32, number(&bytes[2..10]));
    let value = mantissa as f64 * f64::from(exponent - 16_383 - 63).exp2();
    (0.0..=f64::from(u32::MAX)).contains(&value).then_some(value.round() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_in_extended_precision_are_read() {
        assert_eq!(extended(&[0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0]), Some(44_100));
        assert_eq!(extended(&[0x40, 0x0b, 0xfa, 0, 0, 0, 0, 0, 0, 0]), Some(8_000));
        assert_eq!(extended(&[0x7f, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]), None);
    }
}
