//! Frames that follow each other in a bare stream of MPEG audio or AAC.
//!
//! A sync word is eleven or twelve bits, which sound, pictures and damage hold too. So a frame is believed where the one
//! before it led there, or where others follow it.

use super::media::Media;
use sonic_core::Result;

/// Frames in a row that prove a kind of stream.
const PROOF: usize = 4;
/// Frames in a row that prove that a known stream goes on.
const AGAIN: usize = 2;
/// Bytes that are looked at while a frame is sought: more than so many of the longest.
const AHEAD: usize = 36 << 10;

/// What the header of a frame says.
pub(super) trait Header: Copy {
    /// The least bytes that are needed to read one.
    const SIZE: usize;

    /// The header at the front of `bytes`.
    fn parse(bytes: &[u8]) -> Option<Self>;

    /// Bytes of the whole frame, more than none.
    fn size(&self) -> usize;

    /// Nanoseconds of sound.
    fn nanos(&self) -> u64;

    /// Whether one decoder can decode both frames.
    fn agrees(&self, other: &Self) -> bool;
}

/// Whether frames of one kind follow each other from the front of `bytes`, which are the last ones if `ended`.
///
/// A short file may hold fewer than it takes to be sure: those count that reach its end.
pub(super) fn chains<H: Header>(bytes: &[u8], first_byte: bool, ended: bool) -> bool {
    count::<H>(bytes, PROOF, ended).is_some_and(|count| count > 1 || first_byte)
}

/// How many frames of one kind follow each other, up to `most`; `None` where something else does.
fn count<H: Header>(bytes: &[u8], most: usize, ended: bool) -> Option<usize> {
    let first = H::parse(bytes)?;
    let (mut at, mut count) = (first.size(), 1);
    while count < most {
        let Some(next) = bytes.get(at..).filter(|next| next.len() >= H::SIZE) else {
            return ended.then_some(count);
        };
        match H::parse(next) {
            Some(header) if header.agrees(&first) => at += header.size(),
            _ if tag_size(next).is_some() => return Some(count),
            _ => return None,
        }
        count += 1;
    }
    Some(count)
}

/// The size of a tag that begins here: ID3v1, ID3v2 or APE.
pub(super) fn tag_size(bytes: &[u8]) -> Option<u64> {
    match bytes {
        [b'T', b'A', b'G', ..] => Some(128),
        [b'A', b'P', b'E', b'T', b'A', b'G', b'E', b'X', ..] => {
            let size = bytes.get(12..16)?.iter().rev().fold(0, |size, &byte| size << 8 | u64::from(byte));
            Some(32 + size)
        }
        &[b'I', b'D', b'3', 0..=0xfe, 0..=0xfe, flags, a, b, c, d, ..] => {
            let sound = [a, b, c, d].iter().all(|byte| byte & 0x80 == 0);
            let size = [a, b, c, d].iter().fold(0, |size, &byte| size << 7 | u64::from(byte));
            let footer = if flags & 0x10 == 0 { 0 } else { 10 };
            sound.then_some(10 + size + footer)
        }
        _ => None,
    }
}

/// The frames of a stream.
pub(super) struct Frames<H> {
    media: Media,
    last: Option<H>,
    /// Whether the last frame led here.
    in_step: bool,
    /// Nanoseconds of sound that was passed over since the last frame.
    lost: u64,
    cut: bool,
}

impl<H: Header> Frames<H> {
    /// Frames from where `media` is.
    pub(super) fn new(media: Media) -> Self {
        Self { media, last: None, in_step: false, lost: 0, cut: false }
    }

    /// The next frame, and how much sound was lost before it, in nanoseconds; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(H, Vec<u8>, u64)>> {
        let Some(header) = self.find()? else { return Ok(None) };
        let data = self.media.read_up_to(header.size() as u64)?;
        if data.len() < header.size() {
            self.cut = true;
            return Ok(None);
        }
        (self.last, self.in_step) = (Some(header), true);
        Ok(Some((header, data, std::mem::take(&mut self.lost))))
    }

    /// True once the stream has ended in the middle of a frame.
    pub(super) fn cut(&self) -> bool {
        self.cut
    }

    fn find(&mut self) -> Result<Option<H>> {
        let mut junk = 0;
        loop {
            let ahead = self.media.peek(AHEAD)?;
            let ended = ahead.len() < AHEAD;
            if ahead.is_empty() {
                return Ok(None);
            }
            if let Some(header) = self.last.filter(|_| self.in_step).and_then(|last| follower(ahead, &last)) {
                return Ok(Some(header));
            }
            if let Some(size) = tag_size(ahead) {
                self.media.skip(size)?;
                continue;
            }
            self.in_step = false;
            let found =
                (0..ahead.len().min(AHEAD / 2)).find(|&at| is_frame(&ahead[at..], self.last.as_ref(), ended));
            let passed = found.unwrap_or(ahead.len().min(AHEAD / 2));
            let header = found.and_then(|at| H::parse(&ahead[at..]));
            junk += self.media.skip(passed as u64)?;
            if let Some(header) = header {
                self.lost += self.last.map_or(0, |last| (junk / last.size() as u64) * last.nanos());
                return Ok(Some(header));
            }
        }
    }

    /// Gives back what it reads.
    pub(super) fn into_media(self) -> Media {
        self.media
    }
}

/// The frame to which the last one led.
fn follower<H: Header>(bytes: &[u8], last: &H) -> Option<H> {
    H::parse(bytes).filter(|header| header.agrees(last))
}

/// Whether a frame of a stream begins here.
fn is_frame<H: Header>(bytes: &[u8], last: Option<&H>, ended: bool) -> bool {
    if bytes[0] != 0xff {
        return false;
    }
    let Some(header) = H::parse(bytes) else { return false };
    let known = last.is_some_and(|last| header.agrees(last));
    count::<H>(bytes, if known { AGAIN } else { PROOF }, ended).is_some_and(|n| n > 1 || known)
}
