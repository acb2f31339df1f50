//! What kind of file bytes are: by their first bytes, or by frames that follow each other.
//!
//! One sync word proves nothing: bare MPEG audio and AAC are believed only where several frames chain. Containers that
//! sonic does not read are refused by name.

use super::adts::Frame;
use super::frames::{chains, tag_size};
use super::media::Media;
use super::mpeg::Mpeg;
use super::packet::unsupported;
use sonic_core::{Error, ErrorKind, Result};

/// How far into bytes of no known kind sound is looked for.
pub(super) const SEARCH: usize = 64 << 10;
/// More than the longest chain of frames that is looked at.
const CHAIN_ROOM: usize = 32 << 10;
/// Most ID3v2 tags in front of a file.
const MOST_TAGS: usize = 8;

/// A kind of file that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Wave,
    Aiff,
    Caf,
    Flac,
    Ogg,
    Mp4,
    Matroska,
    Mpeg,
    Adts,
}

/// Finds out what `media` holds, and passes over what stands in front of it.
///
/// # Errors
/// `Malformed` if there is nothing; `Unsupported`, by name where it is known, if sonic does not read it.
pub(super) fn find(media: &mut Media) -> Result<Family> {
    skip_tags(media)?;
    let head = media.peek(SEARCH)?;
    if head.is_empty() {
        return Err(Error::new(ErrorKind::Malformed, "is empty"));
    }
    if let Some(family) = by_magic(head) {
        return Ok(family);
    }
    if let Some(name) = foreign_name(head) {
        return Err(unsupported(format!("{name} is not read: convert it, for example to FLAC or Opus")));
    }
    let head = media.peek(SEARCH + CHAIN_ROOM)?;
    let ended = head.len() < SEARCH + CHAIN_ROOM;
    let found = (0..head.len().min(SEARCH)).find_map(|at| Some((at, family_at(head, at, ended)?)));
    let (at, family) = found.ok_or_else(|| unsupported("no sound of a kind that sonic reads is in it"))?;
    media.skip(at as u64)?;
    Ok(family)
}

/// What begins at a byte of a file of no known kind.
fn family_at(head: &[u8], at: usize, ended: bool) -> Option<Family> {
    let rest = &head[at..];
    match rest[0] {
        0xff if chains::<Mpeg>(rest, at == 0, ended) => Some(Family::Mpeg),
        0xff if chains::<Frame>(rest, at == 0, ended) => Some(Family::Adts),
        b'R' | b'B' | b'F' | b'f' | b'O' if at > 0 => by_magic(rest).filter(|&f| f != Family::Mp4),
        _ => None,
    }
}

fn by_magic(head: &[u8]) -> Option<Family> {
    let form = head.get(8..12).unwrap_or_default();
    match head {
        [b'R', b'I', b'F', b'F', ..] | [b'R', b'F', b'6', b'4', ..] | [b'B', b'W', b'6', b'4', ..]
            if form == b"WAVE" =>
        {
            Some(Family::Wave)
        }
        [b'F', b'O', b'R', b'M', ..] if form == b"AIFF" || form == b"AIFC" => Some(Family::Aiff),
        [b'c', b'a', b'f', b'f', 0, ..] => Some(Family::Caf),
        [b'f', b'L', b'a', b'C', ..] => Some(Family::Flac),
        [b'O', b'g', b'g', b'S', 0, ..] => Some(Family::Ogg),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some(Family::Matroska),
        _ if begins_with_box(head) => Some(Family::Mp4),
        _ => None,
    }
}

/// Whether the bytes begin with a box that MP4 and QuickTime files begin with: the latter need no `ftyp`.
fn begins_with_box(head: &[u8]) -> bool {
    let Some((size, rest)) = head.split_first_chunk::<4>() else { return false };
    let size = u32::from_be_bytes(*size);
    match rest.get(..4) {
        Some(b"ftyp" | b"styp") => size >= 8,
        Some(b"moov" | b"mdat") => size >= 8 || size == 1 || size == 0,
        Some(b"wide" | b"free" | b"skip" | b"pnot") => size >= 8,
        _ => false,
    }
}

/// The names of kinds of files that are known and not read.
fn foreign_name(head: &[u8]) -> Option<&'static str> {
    let form = head.get(8..12).unwrap_or_default();
    Some(match head {
        [b'R', b'I', b'F', b'F', ..] if form == b"AVI " => "an AVI video",
        [b'R', b'I', b'F', b'F', ..] if form == b"WEBP" => "a WebP picture",
        [b'R', b'I', b'F', b'F', ..] => "a RIFF file other than WAV",
        [b'R', b'I', b'F', b'X', ..] => "a big-endian WAV file (RIFX)",
        [b'F', b'O', b'R', b'M', ..] => "an IFF file other than AIFF",
        [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11, ..] => "an ASF file (WMA or WMV)",
        [0, 0, 1, 0xba, ..] => "an MPEG program stream (MPG or VOB)",
        [0, 0, 1, 0xb3, ..] => "a bare MPEG video stream",
        _ if is_transport(head, 0, 188) || is_transport(head, 4, 192) => "an MPEG transport stream (TS)",
        [b'.', b'R', b'M', b'F', ..] | [b'.', b'r', b'a', 0xfd, ..] => "a RealMedia file",
        [b'F', b'L', b'V', 1, ..] => "a Flash video",
        [b'#', b'!', b'A', b'M', b'R', ..] => "an AMR file",
        [b'M', b'T', b'h', b'd', ..] => "a MIDI file, which holds notes and no sound",
        [b'M', b'A', b'C', b' ', ..] => "a Monkey's Audio file",
        [b'w', b'v', b'p', b'k', ..] => "a WavPack file",
        [b'M', b'P', b'C', b'K', ..] | [b'M', b'P', b'+', ..] => "a Musepack file",
        [b'T', b'T', b'A', b'1' | b'2', ..] => "a True Audio file",
        [b'D', b'S', b'D', b' ', ..] | [b'F', b'R', b'M', b'8', ..] => "a DSD file",
        [b'A', b'D', b'I', b'F', ..] => "AAC in ADIF",
        [0x56, 0xe0..=0xff, ..] if is_latm(head) => "AAC in LATM",
        [0x0b, 0x77, ..] => "AC-3",
        [0x7f, 0xfe, 0x80, 0x01, ..] => "DTS",
        [b'.', b's', b'n', b'd', ..] => "a Sun audio file (AU)",
        [b'N', b'I', b'S', b'T', b'_', b'1', b'A', ..] => "a NIST SPHERE file",
        [b'C', b'r', b'e', b'a', b't', b'i', b'v', b'e', b' ', b'V', ..] => "a Creative Voice file",
        [0x89, b'P', b'N', b'G', ..] | [0xff, 0xd8, 0xff, ..] | [b'G', b'I', b'F', b'8', ..] => "a picture",
        [b'P', b'K', 3, 4, ..] => "a ZIP archive",
        [b'%', b'P', b'D', b'F', ..] => "a PDF document",
        _ => return None,
    })
}

/// Whether packets of a transport stream, `size` bytes each, begin at `first`.
fn is_transport(head: &[u8], first: usize, size: usize) -> bool {
    let marks = head.iter().skip(first).step_by(size).take(5);
    marks.clone().count() >= 3 && marks.into_iter().all(|&mark| mark == 0x47)
}

/// Whether two LATM frames follow each other.
fn is_latm(head: &[u8]) -> bool {
    let size = 3 + (usize::from(head[1] & 0x1f) << 8 | usize::from(*head.get(2).unwrap_or(&0)));
    matches!(head.get(size..size + 2), Some([0x56, 0xe0..=0xff]))
}

/// Passes over ID3v2 tags, which may be large: nothing in them is needed.
fn skip_tags(media: &mut Media) -> Result<()> {
    for _ in 0..MOST_TAGS {
        let Some(size) = tag_size(media.peek(10)?) else { break };
        media.skip(size)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::source::Source;

    fn family(bytes: &[u8]) -> std::result::Result<Family, String> {
        find(&mut Media::open(Source::from(bytes)).unwrap()).map_err(|e| e.message().to_owned())
    }

    #[test]
    fn foreign_files_are_refused_by_name() {
        let transport = [&[0x47u8; 1][..], &[0; 187]].concat().repeat(20);
        let cases: [(&[u8], &str); 7] = [
            (b"RIFF\x10\0\0\0AVI LIST", "AVI"),
            (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", "ASF"),
            (b"\0\0\x01\xba\x44\0\x04", "program stream"),
            (&transport, "transport stream"),
            (b"#!AMR\n", "AMR"),
            (b"wvpk\0\0", "WavPack"),
            (b"ID3\x03\0\0\0\0\0\x04abcdMAC \x96\x0f", "Monkey"),
        ];
        for (bytes, word) in cases {
            let message = family(bytes).unwrap_err();
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn a_lone_sync_word_is_no_sound() {
        let mut noise = vec![7u8; 20_000];
        noise[500..504].copy_from_slice(&[0xff, 0xfb, 0x90, 0]);
        noise[700..704].copy_from_slice(&[0xff, 0xf1, 0x50, 0x80]);
        assert!(family(&noise).unwrap_err().contains("no sound"));
        assert_eq!(family(b""), Err("is empty".to_owned()));
    }

    #[test]
    fn junk_and_tags_in_front_are_passed_over() {
        let tag = b"ID3\x04\0\0\0\0\x01\x00";
        let tagged = [&tag[..], &[0; 128], b"fLaC"].concat();
        assert_eq!(family(&tagged), Ok(Family::Flac));
        assert_eq!(family(&[&[1; 999][..], b"RIFF\0\0\0\0WAVE"].concat()), Ok(Family::Wave));
        assert_eq!(family(b"\0\0\0\x08wide\0\0\0\0mdat"), Ok(Family::Mp4));
    }
}
