//! The headers of WAV files: RIFF, and RF64 or BW64 for more than 4 GiB.
//!
//! Programs that stream, crash or cannot count write sizes of 0, of all ones, or none that fit. So the size of the whole
//! is not looked at; sound of size 0 or all ones ends with the file; and sound that has reached its size goes on, unless
//! another chunk follows.

use super::blocks::{Blocks, Layout, Run, pcm};
use super::media::Media;
use super::packet::{malformed, unsupported};
use sonic_core::Result;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_ADPCM_IMA_WAV, CODEC_ID_ADPCM_MS, CODEC_ID_PCM_ALAW, CODEC_ID_PCM_MULAW,
};
use symphonia::core::formats::FormatInfo;
use symphonia::core::formats::well_known::FORMAT_ID_WAVE;

static INFO: FormatInfo =
    FormatInfo { format: FORMAT_ID_WAVE, short_name: "wave", long_name: "Waveform Audio File Format" };

/// More bytes than a description of the format has.
const MAX_FORMAT: u64 = 64 << 10;
/// A size that no chunk in front of sound has: it stands for "unknown".
const ABSURD: u64 = 0x7fff_0000;
/// Bytes that are searched for the sound behind a chunk without size.
const SEARCH: usize = 64 << 10;
/// What follows the registered number in the name of a format: of Microsoft's, and of ambisonics'.
const SUBTYPES: [[u8; 14]; 2] = [
    [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71],
    [0, 0, 0x21, 7, 0xd3, 0x11, 0x86, 0x44, 0xc8, 0xc1, 0xca, 0, 0, 0],
];

/// Reads the headers up to the sound.
pub(super) fn open(mut media: Media) -> Result<Blocks> {
    media.read_up_to(12)?;
    let (mut layout, mut large) = (None, None);
    loop {
        let header = media.read_up_to(8)?;
        let Some((name, size)) = header.split_first_chunk::<4>().filter(|h| h.1.len() == 4) else {
            return Err(malformed("the sound (its data chunk) is missing: the file was cut"));
        };
        let size = number(size);
        match name {
            b"fmt " if size <= MAX_FORMAT => layout = Some(format(&media.read_up_to(size)?)?),
            b"ds64" if size <= MAX_FORMAT => {
                let sizes = media.read_up_to(size)?;
                large = sizes.get(8..16).map(number);
            }
            b"data" => {
                let layout = layout.ok_or_else(|| malformed("the format (its fmt chunk) is missing"))?;
                let size = if size == u32::MAX.into() { large.unwrap_or(0) } else { size };
                let run = Run { start: media.position(), length: known(size) };
                return Ok(Blocks::new(media, &INFO, layout, vec![run]).unless_it_goes_on(is_chunk));
            }
            _ if size >= ABSURD => find_data(&mut media)?,
            _ => drop(media.skip(size)?),
        }
        if size % 2 == 1 {
            skip_padding(&mut media)?;
        }
    }
}

/// A length that a header may mean.
fn known(size: u64) -> Option<u64> {
    Some(size).filter(|&size| size != 0 && size < u64::MAX / 2)
}

/// Little-endian.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// Passes over the byte that makes an odd chunk even, which some programs leave out.
fn skip_padding(media: &mut Media) -> Result<()> {
    let ahead = media.peek(4)?;
    if ahead.first() == Some(&0) || !is_name(ahead) {
        media.skip(1)?;
    }
    Ok(())
}

/// Passes over a chunk that does not say where it ends.
fn find_data(media: &mut Media) -> Result<()> {
    let ahead = media.peek(SEARCH)?;
    let at = ahead.windows(4).position(|name| name == b"data").unwrap_or(ahead.len());
    media.skip(at as u64).map(drop)
}

/// Whether `bytes` begin with the name of a chunk. Four equal letters are sound: `UUUU` is silence of A-law.
fn is_name(bytes: &[u8]) -> bool {
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || b" _-.".contains(byte);
    let Some(name) = bytes.first_chunk::<4>() else { return false };
    name.iter().all(letter) && name[0].is_ascii_alphabetic() && name[1..] != [name[0]; 3]
}

/// Whether what follows the sound is another chunk, or too short to be anything; a tag that some programs append.
fn is_chunk(behind: &[u8]) -> bool {
    let padded = behind.first() == Some(&0) && is_name(&behind[1..]);
    behind.len() < 8 || is_name(behind) || padded
}

/// Reads a format chunk.
pub(super) fn format(chunk: &[u8]) -> Result<Layout> {
    let damaged = || malformed("the format (its fmt chunk) is damaged");
    let field = |at: usize| chunk.get(at..at + 2).map(|bytes| number(bytes) as u32).ok_or_else(damaged);
    let (tag, channels, align, bits) = (field(0)?, field(2)?, field(12)?, field(14)?);
    let rate = chunk.get(4..8).map(number).ok_or_else(damaged)? as u32;
    let tag = match tag {
        0xfffe if chunk.get(26..40).is_some_and(|name| SUBTYPES.iter().any(|known| name == known)) => {
            field(24)?
        }
        0xfffe => return Err(unsupported("WAV whose sound is of an unregistered format cannot be decoded")),
        tag => tag,
    };
    match tag {
        1 | 3 => {
            let bytes = container(bits, align, channels);
            let found = pcm(8 * bytes, tag == 3, bytes > 1, false);
            let (codec, bytes) = found.ok_or_else(|| unsupported(odd_samples(bits, tag == 3)))?;
            Layout::samples(codec, bytes, rate, channels)
        }
        6 => Layout::samples(CODEC_ID_PCM_ALAW, 1, rate, channels),
        7 => Layout::samples(CODEC_ID_PCM_MULAW, 1, rate, channels),
        2 | 0x11 if bits == 4 => {
            let (codec, header, first) =
                if tag == 2 { (CODEC_ID_ADPCM_MS, 7, 2) } else { (CODEC_ID_ADPCM_IMA_WAV, 4, 1) };
            let body = align.checked_sub(header * channels).ok_or_else(damaged)?;
            let frames = (2 * body).checked_div(channels).ok_or_else(damaged)? + first;
            Layout::adpcm(codec, rate, channels, align, frames)
        }
        tag => Err(unsupported(format!("WAV whose sound is {} cannot be decoded", foreign_name(tag)))),
    }
}

fn odd_samples(bits: u32, float: bool) -> String {
    let kind = if float { "floating-point numbers" } else { "integers" };
    format!("WAV whose samples are {kind} of {bits} bits cannot be decoded")
}

/// Bytes of a sample: what the alignment gives it, if that is enough for its bits.
fn container(bits: u32, align: u32, channels: u32) -> u32 {
    let (least, given) = (bits.div_ceil(8), align.checked_div(channels).unwrap_or(0));
    let fits = given * channels == align && (least..=8).contains(&given) && bits > 0;
    if fits { given } else { least }
}

/// The names of registered formats.
fn foreign_name(tag: u32) -> String {
    let name = match tag {
        0x02 | 0x11 => "ADPCM of other than 4 bits",
        0x10 => "OKI ADPCM",
        0x31 => "GSM 6.10",
        0x42 => "G.723.1",
        0x45 | 0x64 => "G.726",
        0x50 => "MPEG layer 1 or 2",
        0x55 => "MP3",
        0xff | 0x1600 | 0x1610 => "AAC",
        0x160..=0x163 => "Windows Media Audio",
        0x2000 => "AC-3",
        0x2001 => "DTS",
        0xf1ac => "FLAC",
        0x566f | 0x674f..=0x6771 => "Vorbis",
        _ => return format!("of format {tag:#06x}"),
    };
    format!("{name} (format {tag:#06x})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use symphonia::core::codecs::audio::well_known::*;

    fn chunk(tag: u16, channels: u16, align: u16, bits: u16, more: &[u8]) -> Vec<u8> {
        let mut chunk = Vec::new();
        for field in [tag, channels, 8_000, 0, 0, 0, align, bits] {
            chunk.extend(field.to_le_bytes());
        }
        [&chunk, more].concat()
    }

    #[test]
    fn formats_are_told_apart() {
        let read = |bytes: Vec<u8>| format(&bytes).map(|l| (l.codec, l.block_bytes, l.block_frames));
        assert_eq!(read(chunk(1, 2, 4, 16, &[])).unwrap(), (CODEC_ID_PCM_S16LE, 4, 1));
        assert_eq!(read(chunk(1, 1, 1, 8, &[])).unwrap(), (CODEC_ID_PCM_U8, 1, 1));
        // 20 bits in 3 bytes, 24 bits in 4, and an alignment that means nothing.
        assert_eq!(read(chunk(1, 2, 6, 20, &[])).unwrap(), (CODEC_ID_PCM_S24LE, 6, 1));
        assert_eq!(read(chunk(1, 2, 8, 24, &[])).unwrap(), (CODEC_ID_PCM_S32LE, 8, 1));
        assert_eq!(read(chunk(1, 2, 1, 24, &[])).unwrap(), (CODEC_ID_PCM_S24LE, 6, 1));
        assert_eq!(read(chunk(3, 1, 8, 64, &[])).unwrap(), (CODEC_ID_PCM_F64LE, 8, 1));
        assert_eq!(read(chunk(0x11, 1, 512, 4, &[])).unwrap(), (CODEC_ID_ADPCM_IMA_WAV, 512, 1017));
        let name = [&[22, 0, 16, 0, 3, 0, 0, 0, 3, 0][..], &SUBTYPES[0]].concat();
        assert_eq!(read(chunk(0xfffe, 2, 8, 32, &name)).unwrap(), (CODEC_ID_PCM_F32LE, 8, 1));
        let message = |bytes| read(bytes).unwrap_err().message().to_owned();
        assert!(message(chunk(0x161, 2, 4, 16, &[])).contains("Windows Media Audio"));
        assert!(message(chunk(3, 2, 4, 16, &[])).contains("16 bits"));
        assert!(message(chunk(1, 65, 130, 16, &[])).contains("65 channels"));
        assert!(message(vec![1, 0]).contains("damaged"));
    }
}
