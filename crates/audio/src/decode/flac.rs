//! FLAC files as symphonia reads them: without metadata, with block sizes that agree with the frames, and without the
//! tags that some programs append.
//!
//! Layout: RFC 9639. symphonia refuses a smallest block below 16, which encoders that stream write, and loses the last
//! frame if anything stands behind it.

use super::media::Media;
use super::packet::malformed;
use sonic_core::Result;
use std::io::{self, Read};

/// Bytes of the stream's description.
const INFO: usize = 34;
/// Most bytes of a frame's header.
const FRAME_HEADER: usize = 16;
/// Bytes at the end that are held back until it is known what they are.
const HELD: usize = 1 << 10;
/// What begins a tag that stands behind the sound, of any length.
const APE: &[u8] = b"APETAGEX\xd0\x07\0\0";
const LYRICS: &[u8] = b"LYRICSBEGIN";

/// What symphonia reads in place of `media`.
pub(super) fn mended(mut media: Media) -> Result<impl Read + Send + Sync + 'static> {
    let mut info = read_metadata(&mut media)?;
    mend(&mut info, media.peek(FRAME_HEADER)?);
    let head = [&b"fLaC\x80\0\0\x22"[..], &info].concat();
    Ok(io::Cursor::new(head).chain(WithoutTags { media, held: Vec::new(), ended: false }))
}

/// Reads the blocks of metadata, all of which but the first are passed over.
fn read_metadata(media: &mut Media) -> Result<[u8; INFO]> {
    let damaged = || malformed("the FLAC header is damaged");
    media.skip(4)?;
    let mut info = None;
    loop {
        let header = media.read_up_to(4)?;
        let &[kind, a, b, c] = header.as_slice() else { return Err(damaged()) };
        let size = u64::from(u32::from_be_bytes([0, a, b, c]));
        if kind & 0x7f == 0 && info.is_none() {
            info = media.read_up_to(size)?.first_chunk::<INFO>().copied();
        } else if media.skip(size)? < size {
            return Err(damaged());
        }
        if kind & 0x80 != 0 {
            return info.ok_or_else(damaged);
        }
    }
}

/// Makes the block sizes of the description agree with the first frame.
fn mend(info: &mut [u8; INFO], frame: &[u8]) {
    let size = |at: usize| u16::from_be_bytes([info[at], info[at + 1]]);
    let (least, most) = (size(0), size(2));
    let &[0xff, second @ 0xf8..=0xf9, ..] = frame else { return };
    let sizes = match (second & 1, block_size(frame)) {
        // Blocks of one size, by number; the one in the description is right if it is at all possible.
        (0, found) if least < 16 || most < least => {
            let one = Some(most).filter(|&most| most >= 16).or(found).unwrap_or(4096);
            (one, one)
        }
        (0, _) if least != most => (most, most),
        (1, found) if least < 16 || most < least || least == most => {
            let most = if least == most && least >= 16 { u16::MAX } else { most.max(found.unwrap_or(16)) };
            (16, most.max(17))
        }
        _ => return,
    };
    info[..2].copy_from_slice(&sizes.0.to_be_bytes());
    info[2..4].copy_from_slice(&sizes.1.to_be_bytes());
    // Sizes of frames, in bytes, that such an encoder cannot have known.
    if least < 16 {
        info[4..10].fill(0);
    }
}

/// The samples of a frame by its header.
fn block_size(frame: &[u8]) -> Option<u16> {
    let code = frame.get(2)? >> 4;
    // The number of the frame or sample, in as many bytes as its first bits say.
    let behind = 4 + (frame.get(4)?.leading_ones() as usize).max(1);
    match code {
        1 => Some(192),
        2..=5 => Some(576 << (code - 2)),
        6 => Some(u16::from(*frame.get(behind)?) + 1),
        7 => u16::from_be_bytes([*frame.get(behind)?, *frame.get(behind + 1)?]).checked_add(1),
        8..=15 => Some(256 << (code - 8)),
        _ => None,
    }
}

/// A reader that ends where tags begin: ID3v1 in the last bytes, APE and Lyrics3 anywhere.
struct WithoutTags {
    media: Media,
    held: Vec<u8>,
    ended: bool,
}

impl WithoutTags {
    /// Reads on, and cuts off the tags that show up.
    fn fill(&mut self, room: usize) -> io::Result<()> {
        let want = (HELD + room.clamp(4 << 10, 64 << 10)).saturating_sub(self.held.len());
        // What begins in the bytes before may end in the new ones.
        let from = self.held.len().saturating_sub(APE.len());
        let count = self.media.take_bytes(want as u64, &mut self.held)?;
        self.ended = count < want;
        for tag in [APE, LYRICS] {
            if let Some(at) = self.held[from..].windows(tag.len()).position(|bytes| bytes == tag) {
                self.held.truncate(from + at);
                self.ended = true;
            }
        }
        let id3 = self.held.len().saturating_sub(128);
        if self.ended && self.held[id3..].starts_with(b"TAG") && self.held.len() >= 128 {
            self.held.truncate(id3);
        }
        Ok(())
    }
}

impl Read for WithoutTags {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.ended && self.held.len() < HELD + buffer.len() {
            self.fill(buffer.len())?;
        }
        let free = if self.ended { self.held.len() } else { self.held.len().saturating_sub(HELD) };
        let count = free.min(buffer.len());
        buffer[..count].copy_from_slice(&self.held[..count]);
        self.held.drain(..count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::source::Source;

    fn read(bytes: &[u8]) -> Vec<u8> {
        let media = Media::open(Source::from(bytes)).unwrap();
        let mut all = Vec::new();
        WithoutTags { media, held: Vec::new(), ended: false }.read_to_end(&mut all).unwrap();
        all
    }

    #[test]
    fn tags_behind_the_sound_are_cut_off() {
        let sound: Vec<u8> = (0..200_000u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
        let id3 = [&b"TAGTitle"[..], &[0; 120]].concat();
        let ape = [APE, &[9; 70_000]].concat();
        for tail in [vec![], id3.clone(), ape.clone(), [ape, id3].concat(), b"LYRICSBEGINla la".to_vec()] {
            assert!(read(&[&sound[..], &tail].concat()) == sound, "{}", tail.len());
        }
        assert_eq!(read(b"TAG"), b"TAG");
    }

    #[test]
    fn block_sizes_follow_the_first_frame() {
        let sizes = |least: u16, most: u16, frame: &[u8]| {
            let mut info = [1; INFO];
            info[..2].copy_from_slice(&least.to_be_bytes());
            info[2..4].copy_from_slice(&most.to_be_bytes());
            mend(&mut info, frame);
            (u16::from_be_bytes([info[0], info[1]]), u16::from_be_bytes([info[2], info[3]]))
        };
        let fixed = [0xff, 0xf8, 0xc9, 0x18, 0, 0xaa];
        let variable = [0xff, 0xf9, 0xc9, 0x18, 0, 0xaa];
        assert_eq!(sizes(4096, 4096, &fixed), (4096, 4096));
        assert_eq!(sizes(0, 4608, &fixed), (4608, 4608));
        assert_eq!(sizes(0, 0, &fixed), (4096, 4096));
        assert_eq!(sizes(1000, 4096, &fixed), (4096, 4096));
        assert_eq!(sizes(16, 4096, &variable), (16, 4096));
        assert_eq!(sizes(0, 4096, &variable), (16, 4096));
    }
}
