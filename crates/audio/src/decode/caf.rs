//! Core Audio files: chunks of 64-bit sizes, of which the sound's may be unknown.

use super::blocks::{Blocks, Layout, Run, check_channels, pcm};
use super::media::Media;
use super::packet::{malformed, unsupported};
use super::table::{Entry, Table};
use sonic_core::{Error, ErrorKind, Result};
use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::formats::well_known::FORMAT_ID_CAF;
use symphonia::core::formats::{FormatInfo, FormatReader};

static INFO: FormatInfo =
    FormatInfo { format: FORMAT_ID_CAF, short_name: "caf", long_name: "Core Audio Format" };

/// Most bytes of a chunk other than the sound that are read: a packet table of a week.
const MAX_CHUNK: u64 = 64 << 20;
/// Most frames of a packet.
const MAX_PACKET_FRAMES: u64 = 1 << 16;

/// What a description chunk says.
struct Description {
    rate: u32,
    format: [u8; 4],
    flags: u32,
    packet_bytes: u32,
    packet_frames: u32,
    channels: u32,
    bits: u32,
}

/// Which chunks have been read.
#[derive(Default)]
struct Chunks {
    description: Option<Description>,
    cookie: Option<Vec<u8>>,
    packets: Option<Vec<u8>>,
    sound: Option<Run>,
}

/// Reads the headers up to the sound, and what stands behind it if that is needed.
pub(super) fn open(mut media: Media) -> Result<Box<dyn FormatReader>> {
    media.read_up_to(8)?;
    let mut chunks = Chunks::default();
    while chunks.next(&mut media)? {}
    let Chunks { description, cookie, packets, sound } = chunks;
    let description = description.ok_or_else(|| malformed("the format (its desc chunk) is missing"))?;
    let run = sound.ok_or_else(|| malformed("the sound (its data chunk) is missing: the file was cut"))?;
    media.to(run.start)?;
    let table = packets.as_deref().map(|bytes| PacketTable::read(bytes, &description)).transpose()?;
    if let Some(layout) = description.layout()? {
        let blocks = Blocks::new(media, &INFO, layout, vec![run]);
        return Ok(Box::new(match table.filter(|_| layout.block_frames > 1) {
            Some(table) => blocks.with_delay(table.priming, table.frames),
            None => blocks,
        }));
    }
    let params = description.params(cookie)?;
    let table = match table {
        Some(table) => table,
        None if description.packet_bytes > 0 => PacketTable::of_equal(&description, run.length)?,
        None => {
            return Err(malformed(
                "the packet table (its pakt chunk) is missing: the file was never finished",
            ));
        }
    };
    let PacketTable { entries, priming, frames } = table;
    Ok(Box::new(Table::new(media, &INFO, params, description.rate, entries, priming, frames)))
}

impl Chunks {
    /// Reads a chunk; false if no more is needed, or there is none.
    fn next(&mut self, media: &mut Media) -> Result<bool> {
        let header = media.read_up_to(12)?;
        let Some((name, size)) = header.split_first_chunk::<4>().filter(|h| h.1.len() == 8) else {
            return Ok(false);
        };
        let size = number(size);
        match name {
            b"desc" => self.description = Some(Description::read(&small(media, size)?)?),
            b"kuki" => self.cookie = Some(small(media, size)?),
            b"pakt" => self.packets = Some(small(media, size)?),
            b"data" => return self.sound(media, size),
            _ => drop(media.skip(size)?),
        }
        Ok(self.sound.is_none() || self.packets.is_none())
    }

    fn sound(&mut self, media: &mut Media, size: u64) -> Result<bool> {
        // The number of edits.
        media.read_up_to(4)?;
        let length = (size != u64::MAX).then(|| size.saturating_sub(4));
        self.sound = Some(Run { start: media.position(), length });
        let plain = self.description.as_ref().is_some_and(|d| d.packet_bytes > 0 && d.packet_frames == 1);
        if plain || self.packets.is_some() || length.is_none() {
            return Ok(false);
        }
        media.make_still()?;
        media.skip(length.unwrap_or(0))?;
        Ok(true)
    }
}

fn small(media: &mut Media, size: u64) -> Result<Vec<u8>> {
    if size > MAX_CHUNK {
        let message = format!("a chunk of {size} bytes is larger than the {MAX_CHUNK} that are read");
        return Err(Error::new(ErrorKind::Limit, message));
    }
    media.read_up_to(size)
}

/// Big-endian.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

impl Description {
    fn read(chunk: &[u8]) -> Result<Self> {
        let damaged = || malformed("the format (its desc chunk) is damaged");
        let chunk: &[u8; 32] = chunk.first_chunk().ok_or_else(damaged)?;
        let word = |at: usize| number(&chunk[at..at + 4]) as u32;
        let rate = f64::from_bits(number(&chunk[..8]));
        if !(0.0..=f64::from(u32::MAX)).contains(&rate) {
            return Err(damaged());
        }
        let description = Self {
            rate: rate.round() as u32,
            format: [chunk[8], chunk[9], chunk[10], chunk[11]],
            flags: word(12),
            packet_bytes: word(16),
            packet_frames: word(20),
            channels: word(24),
            bits: word(28),
        };
        check_channels(description.channels)?;
        Ok(description)
    }

    /// How samples lie in blocks, if they do.
    fn layout(&self) -> Result<Option<Layout>> {
        let Self { rate, channels, .. } = *self;
        match &self.format {
            b"lpcm" => {
                let (float, little) = (self.flags & 1 != 0, self.flags & 2 != 0);
                // Samples may have fewer bits than their bytes; those are the upper ones.
                let bits = match self.packet_bytes / channels * 8 {
                    wide if wide >= self.bits && !float => wide,
                    _ => self.bits,
                };
                let (codec, bytes) = pcm(bits, float, true, !little).ok_or_else(|| {
                    unsupported(format!("CAF whose samples have {bits} bits cannot be decoded"))
                })?;
                Layout::samples(codec, bytes, rate, channels).map(Some)
            }
            b"alaw" => Layout::samples(CODEC_ID_PCM_ALAW, 1, rate, channels).map(Some),
            b"ulaw" => Layout::samples(CODEC_ID_PCM_MULAW, 1, rate, channels).map(Some),
            b"ima4" => Layout::adpcm(CODEC_ID_ADPCM_IMA_QT, rate, channels, 34 * channels, 64).map(Some),
            _ => Ok(None),
        }
    }

    /// What the decoder of packets must know.
    fn params(&self, cookie: Option<Vec<u8>>) -> Result<AudioCodecParameters> {
        let codec = match &self.format {
            b"aac " | b"aach" | b"aacp" => CODEC_ID_AAC,
            b"alac" => CODEC_ID_ALAC,
            b".mp1" => CODEC_ID_MP1,
            b".mp2" => CODEC_ID_MP2,
            b".mp3" => CODEC_ID_MP3,
            b"flac" => CODEC_ID_FLAC,
            b"opus" => CODEC_ID_OPUS,
            other => {
                let name = String::from_utf8_lossy(other);
                return Err(unsupported(format!("CAF whose sound is {name:?} cannot be decoded")));
            }
        };
        let mut params = AudioCodecParameters::new();
        params.for_codec(codec).with_sample_rate(self.rate);
        params.with_channels(Channels::Discrete(self.channels as u16));
        if let Some(cookie) = cookie {
            let data =
                if codec == CODEC_ID_AAC { specific(&cookie).unwrap_or_default() } else { &cookie[..] };
            params.with_extra_data(Box::from(data));
        }
        Ok(params)
    }
}

/// The configuration of the decoder in an MPEG-4 elementary stream descriptor (ISO/IEC 14496-1, 7.2.6).
fn specific(mut bytes: &[u8]) -> Option<&[u8]> {
    loop {
        let (&tag, mut rest) = bytes.split_first()?;
        let mut size = 0;
        for _ in 0..4 {
            let (&byte, after) = rest.split_first()?;
            (size, rest) = (size << 7 | usize::from(byte & 0x7f), after);
            if byte & 0x80 == 0 {
                break;
            }
        }
        bytes = match tag {
            3 => rest.get(3..)?,
            4 => rest.get(13..)?,
            5 => return rest.get(..size),
            _ => rest.get(size..)?,
        };
    }
}

/// The sizes of packets, and what to drop at the ends.
struct PacketTable {
    entries: Vec<Entry>,
    priming: u32,
    frames: Option<u64>,
}

impl PacketTable {
    fn read(chunk: &[u8], description: &Description) -> Result<Self> {
        let damaged = || malformed("the packet table (its pakt chunk) is damaged");
        let (head, mut rest) = chunk.split_at_checked(24).ok_or_else(damaged)?;
        let count = number(&head[..8]);
        let mut entries = Vec::new();
        let (bytes, frames) = (description.packet_bytes, description.packet_frames);
        while (entries.len() as u64) < count && !rest.is_empty() && bytes.min(frames) == 0 {
            let size = if bytes > 0 { bytes.into() } else { variable(&mut rest).ok_or_else(damaged)? };
            let frames = if frames > 0 { frames.into() } else { variable(&mut rest).ok_or_else(damaged)? };
            entries.push(Entry::new(size, frames.min(MAX_PACKET_FRAMES)).ok_or_else(damaged)?);
        }
        let valid = i64::from_be_bytes(head[8..16].try_into().map_err(|_| damaged())?);
        let priming = i32::from_be_bytes(head[16..20].try_into().map_err(|_| damaged())?);
        let frames = u64::try_from(valid).ok().filter(|&frames| frames > 0);
        Ok(Self { entries, priming: priming.try_into().unwrap_or(0), frames })
    }

    /// The table of packets that are alike.
    fn of_equal(description: &Description, length: Option<u64>) -> Result<Self> {
        let bytes = length.ok_or_else(|| malformed("nothing says how much sound there is"))?;
        let count = (bytes / u64::from(description.packet_bytes)).min(MAX_CHUNK);
        let entry = Entry::new(description.packet_bytes.into(), description.packet_frames.into());
        let entry = entry.ok_or_else(|| malformed("the format (its desc chunk) is damaged"))?;
        Ok(Self { entries: vec![entry; count as usize], priming: 0, frames: None })
    }
}

/// A number in groups of seven bits.
fn variable(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for _ in 0..9 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_length_are_read() {
        let mut bytes = &[0x05, 0x81, 0x00, 0xff, 0xff, 0x7f][..];
        assert_eq!([variable(&mut bytes), variable(&mut bytes)], [Some(5), Some(128)]);
        assert_eq!((variable(&mut bytes), variable(&mut bytes)), (Some(0x1f_ffff), None));
    }

    #[test]
    fn the_configuration_lies_in_its_descriptors() {
        let cookie = [
            &[3, 0x80, 0x80, 0x80, 25, 0, 1, 0, 4, 0x80, 0x80, 0x80, 17][..],
            &[0; 13],
            &[5, 0x80, 0x80, 0x80, 2, 0x12, 0x10],
        ];
        assert_eq!(specific(&cookie.concat()), Some(&[0x12, 0x10][..]));
    }
}
