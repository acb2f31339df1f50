//! The codecs in an Ogg file by its first pages (RFC 3533), where symphonia only says that it found nothing.

use super::packet::unsupported;
use sonic_core::Result;

/// Bytes of a page's header before its table.
const HEADER: usize = 27;

/// Refuses a file of which no sound can be decoded by the name of what it holds.
pub(super) fn check(head: &[u8]) -> Result<()> {
    let mut refusal = None;
    for packet in Beginnings(head) {
        match name(packet) {
            Sound::Decoded => return Ok(()),
            Sound::Unsupported(name) => refusal = refusal.or(Some(name)),
            Sound::None => {}
        }
    }
    match refusal {
        Some(name) => Err(unsupported(format!("{name} cannot be decoded"))),
        None => Ok(()),
    }
}

enum Sound {
    Decoded,
    Unsupported(String),
    None,
}

/// What a stream that begins with `packet` holds.
fn name(packet: &[u8]) -> Sound {
    match packet {
        [b'O', b'p', b'u', b's', b'H', b'e', b'a', b'd', ..] => match (packet.get(9), packet.get(18)) {
            (Some(channels), Some(family @ 2..)) => Sound::Unsupported(format!(
                "Opus in mapping family {family} ({channels} channels that no layout gives places)"
            )),
            _ => Sound::Decoded,
        },
        [1, b'v', b'o', b'r', b'b', b'i', b's', ..] | [0x7f, b'F', b'L', b'A', b'C', ..] => Sound::Decoded,
        [b'f', b'L', b'a', b'C', ..] => Sound::Decoded,
        [b'S', b'p', b'e', b'e', b'x', b' ', ..] => Sound::Unsupported("Speex in Ogg".to_owned()),
        [b'C', b'E', b'L', b'T', ..] => Sound::Unsupported("CELT in Ogg".to_owned()),
        [b'P', b'C', b'M', b' ', ..] => Sound::Unsupported("PCM in Ogg".to_owned()),
        _ => Sound::None,
    }
}

/// The first packets of the streams in a file.
struct Beginnings<'a>(&'a [u8]);

impl<'a> Iterator for Beginnings<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let page = self.0.strip_prefix(b"OggS\0")?;
        let begins = page.first()? & 2 != 0;
        let segments = usize::from(*self.0.get(HEADER - 1)?);
        let table = self.0.get(HEADER..HEADER + segments)?;
        let size: usize = table.iter().map(|&s| usize::from(s)).sum();
        let start = HEADER + segments;
        let body = &self.0[start..self.0.len().min(start + size)];
        self.0 = self.0.get(start + size..).unwrap_or_default();
        begins.then_some(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(flags: u8, body: &[u8]) -> Vec<u8> {
        [b"OggS\0", &[flags][..], &[0; 20], &[1, body.len() as u8], body].concat()
    }

    #[test]
    fn only_files_without_any_known_codec_are_refused() {
        let speex = page(2, b"Speex   1.2");
        let opus = |family| page(2, &[b"OpusHead\x01\x04", &[0; 8][..], &[family]].concat());
        let message = |bytes: &[u8]| check(bytes).map_err(|e| e.message().to_owned());
        assert!(message(&speex).unwrap_err().contains("Speex"));
        assert!(message(&opus(255)).unwrap_err().contains("mapping family 255 (4 channels"));
        assert_eq!(message(&opus(1)), Ok(()));
        assert_eq!(message(&[speex, page(2, b"\x01vorbis")].concat()), Ok(()));
        assert_eq!(message(b"OggS"), Ok(()));
    }
}
