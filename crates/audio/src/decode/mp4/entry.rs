//! A sample entry: how the sound of a track is coded, and how its samples lie if they are PCM or ADPCM.
//!
//! Layout: ISO/IEC 14496-12, 12.2.3; QuickTime File Format, sound sample descriptions versions 0 to 2.

use super::super::blocks::{Layout, check_channels, pcm};
use super::super::packet::{malformed, unsupported};
use super::boxes::{Header, child, half, inside, word};
use sonic_core::Result;
use symphonia::core::codecs::audio::well_known::*;

/// A sample entry of a sound track.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) format: [u8; 4],
    body: &'a [u8],
}

/// The fields that describe PCM.
struct Fields<'a> {
    channels: u32,
    bits: u32,
    rate: u32,
    /// Of version 1: frames and bytes of a packet.
    packet: Option<(u32, u32)>,
    /// Of version 2.
    flags: Option<u32>,
    /// The boxes behind the fields.
    more: &'a [u8],
}

impl<'a> Entry<'a> {
    /// The entry at the front of `bytes`; it need not be whole.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let header = Header::parse(bytes)?;
        let end = bytes.len().min(usize::try_from(header.length).ok()?);
        Some(Self { format: header.name, body: bytes.get(header.size as usize..end)? })
    }

    /// Refuses, by name, what can surely not be decoded.
    pub(super) fn check(&self) -> Result<()> {
        let name = match &self.format {
            b"enca" | b"drms" => return Err(unsupported("the sound is encrypted")),
            b"mp4a" | b"alac" | b"fLaC" | b"Opus" | b".mp3" | b"ms\0U" => return Ok(()),
            format if is_blocks(format) => return Ok(()),
            b"ac-3" | b"sac3" => "AC-3",
            b"ec-3" => "E-AC-3",
            b"ac-4" => "AC-4",
            b"samr" => "AMR",
            b"sawb" | b"sawp" => "AMR-WB",
            b"QDM2" | b"QDMC" => "QDesign Music",
            b"MAC3" | b"MAC6" => "MACE",
            b"agsm" => "GSM 6.10",
            b"Qclp" | b"sqcp" => "QCELP",
            b"dtsc" | b"dtsh" | b"dtsl" | b"dtse" => "DTS",
            b"mlpa" => "TrueHD",
            b".mp1" | b".mp2" => "MPEG audio of layer 1 or 2",
            other => {
                let name = String::from_utf8_lossy(other);
                let message = format!("the file holds no sound track that can be decoded: one is {name:?}");
                return Err(unsupported(message));
            }
        };
        Err(unsupported(format!("{name} in an MP4 or QuickTime file cannot be decoded")))
    }

    /// How Opus or AAC is coded: an `OpusHead`, or a configuration of MPEG-4 audio; empty for others.
    pub(super) fn config(&self) -> Option<Vec<u8>> {
        let more = self.body.get(28..)?;
        match &self.format {
            b"Opus" => Some([b"OpusHead", child(more, b"dOps")?].concat()),
            b"mp4a" => {
                // QuickTime's versions have more fields, and the box inside another one.
                let found = child(more, b"esds").or_else(|| {
                    let more = self.fields(0)?.more;
                    child(more, b"esds").or_else(|| inside(more, &[b"wave", b"esds"]))
                });
                specific(found?.get(4..)?).map(<[u8]>::to_vec)
            }
            _ => Some(Vec::new()),
        }
    }

    /// How samples lie in blocks, if they do; `timescale` is that of the track.
    pub(super) fn layout(&self, timescale: u32) -> Result<Option<Layout>> {
        if !is_blocks(&self.format) {
            return Ok(None);
        }
        let fields =
            self.fields(timescale).ok_or_else(|| malformed("the sound's sample entry is damaged"))?;
        let Fields { channels, rate, bits, .. } = fields;
        check_channels(channels)?;
        let bytes = |codec, bytes| Layout::samples(codec, bytes, rate, channels);
        let linear = |bits, float, signed, big| match pcm(bits, float, signed, big) {
            Some((codec, size)) => bytes(codec, size),
            None => Err(unsupported(format!("QuickTime sound of {bits} bits cannot be decoded"))),
        };
        let adpcm = |codec| {
            let (frames, size) = fields.packet.unwrap_or((0, 0));
            Layout::adpcm(codec, rate, channels, size, frames)
        };
        let big = !fields.little_endian();
        match &self.format {
            b"raw " | b"NONE" if bits <= 8 => linear(8, false, self.format != *b"raw ", big),
            b"raw " | b"NONE" | b"twos" => linear(bits, false, true, true),
            b"sowt" => linear(bits, false, true, false),
            b"in24" => linear(24, false, true, big),
            b"in32" => linear(32, false, true, big),
            b"fl32" => linear(32, true, true, big),
            b"fl64" => linear(64, true, true, big),
            b"lpcm" => {
                let flags = fields.flags.unwrap_or(6);
                linear(bits, flags & 1 != 0, flags & 4 != 0, flags & 2 != 0)
            }
            b"ipcm" | b"fpcm" => {
                let config = child(fields.more, b"pcmC").and_then(|b| Some((b.get(4)? & 1 != 0, *b.get(5)?)));
                let (little, bits) = config.unwrap_or((false, bits as u8));
                linear(bits.into(), self.format == *b"fpcm", true, !little)
            }
            b"ulaw" => bytes(CODEC_ID_PCM_MULAW, 1),
            b"alaw" => bytes(CODEC_ID_PCM_ALAW, 1),
            b"ima4" => Layout::adpcm(CODEC_ID_ADPCM_IMA_QT, rate, channels, 34 * channels, 64),
            b"ms\0\x02" => adpcm(CODEC_ID_ADPCM_MS),
            _ => adpcm(CODEC_ID_ADPCM_IMA_WAV),
        }
        .map(Some)
    }

    fn fields(&self, timescale: u32) -> Option<Fields<'a>> {
        let body = self.body;
        let (version, short_rate) = (half(body, 8)?, word(body, 24)? >> 16);
        // A rate beyond 65,535 does not fit.
        let fits = short_rate > 0 && !(timescale > 0xffff && timescale & 0xffff == short_rate);
        let fields = Fields {
            channels: half(body, 16)?,
            bits: half(body, 18)?,
            rate: if fits { short_rate } else { timescale },
            packet: None,
            flags: None,
            more: body.get(28..)?,
        };
        Some(match version {
            1 => {
                let (packet, more) = ((word(body, 28)?, word(body, 36)?), body.get(44..)?);
                Fields { packet: Some(packet), more, ..fields }
            }
            2 => {
                let rate = f64::from_bits(u64::from(word(body, 32)?) << 32 | u64::from(word(body, 36)?));
                Fields {
                    channels: word(body, 40)?,
                    bits: word(body, 48)?,
                    rate: rate.round() as u32,
                    packet: Some((word(body, 60)?, word(body, 56)?)),
                    flags: Some(word(body, 52)?),
                    more: body.get(64..)?,
                }
            }
            _ => fields,
        })
    }
}

impl Fields<'_> {
    /// Whether a box says that numbers lie with the lowest byte first; QuickTime's usual order is the other one.
    fn little_endian(&self) -> bool {
        let said = inside(self.more, &[b"wave", b"enda"]).or_else(|| child(self.more, b"enda"));
        said.and_then(|body| half(body, 0)) == Some(1)
    }
}

/// The decoder's configuration in the descriptors of a stream (ISO/IEC 14496-1, 7.2.6).
fn specific(mut bytes: &[u8]) -> Option<&[u8]> {
    loop {
        let (&tag, mut rest) = bytes.split_first()?;
        let mut size = 0usize;
        for _ in 0..4 {
            let (&byte, after) = rest.split_first()?;
            (size, rest) = (size << 7 | usize::from(byte & 0x7f), after);
            if byte & 0x80 == 0 {
                break;
            }
        }
        bytes = match tag {
            // A stream: an identifier, then what its flags say.
            3 => {
                let flags = *rest.get(2)?;
                let address = if flags & 0x40 == 0 { 0 } else { 1 + usize::from(*rest.get(3)?) };
                let skip = 3 + usize::from(flags >> 7) * 2 + address + usize::from(flags >> 5 & 1) * 2;
                rest.get(skip..)?
            }
            4 => rest.get(13..)?,
            5 => return rest.get(..size),
            _ => rest.get(size..)?,
        };
    }
}

/// Whether sound of that format lies in blocks of one size.
fn is_blocks(format: &[u8; 4]) -> bool {
    const LINEAR: [&[u8; 4]; 11] =
        [b"raw ", b"NONE", b"twos", b"sowt", b"in24", b"in32", b"fl32", b"fl64", b"lpcm", b"ipcm", b"fpcm"];
    const OTHER: [&[u8; 4]; 5] = [b"ulaw", b"alaw", b"ima4", b"ms\0\x02", b"ms\0\x11"];
    LINEAR.iter().chain(&OTHER).any(|known| *known == format)
}
