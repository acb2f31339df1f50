//! The Matroska elements that symphonia skips: codec delay, discard padding, encryption.
//!
//! The scanner is fed with the bytes as the demuxer reads them, so that it works on streams. It needs no tree:
//! a master element of interest is entered, everything else is skipped. Layout: RFC 9559.

use std::collections::{BTreeMap, VecDeque};

const SEGMENT: u32 = 0x1853_8067;
const TRACK_ENTRY: u32 = 0xae;
const BLOCK_GROUP: u32 = 0xa0;
const BLOCK: u32 = 0xa1;
const SIMPLE_BLOCK: u32 = 0xa3;
const TRACK_NUMBER: u32 = 0xd7;
const CODEC_DELAY: u32 = 0x56aa;
const DISCARD_PADDING: u32 = 0x75a2;
const CONTENT_ENCODINGS: u32 = 0x6d80;
/// Segment, Tracks, TrackEntry, Cluster, BlockGroup.
const ENTERED: [u32; 5] = [SEGMENT, 0x1654_ae6b, TRACK_ENTRY, 0x1f43_b675, BLOCK_GROUP];

/// Most bytes of an element that are looked at: a header of 12 and what matters of a body.
const WINDOW: usize = 12 + 16;
/// Stands for the track number of an entry until it is known.
const UNNAMED: u64 = u64::MAX;
/// More tracks than a real file has; further ones are ignored.
const TRACK_LIMIT: usize = 256;

/// Finds in a stream of bytes how much sound to drop.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    /// The start of an element that is not complete yet, and where it stands in the file.
    window: Vec<u8>,
    position: u64,
    /// Bytes of the last element that are still to come.
    skip: u64,
    segment_end: u64,
    tracks: BTreeMap<u64, Track>,
    entry: u64,
    group: Group,
}

#[derive(Debug, Default)]
struct Track {
    delay_nanos: u64,
    encoded: bool,
    frames: u64,
    discards: VecDeque<(u64, i64)>,
}

#[derive(Debug, Default)]
struct Group {
    track: Option<u64>,
    discard: Option<i64>,
}

impl Scanner {
    /// Nanoseconds of sound to drop at the start of a track.
    pub(super) fn delay_nanos(&self, track: u32) -> u64 {
        self.tracks.get(&track.into()).map_or(0, |t| t.delay_nanos)
    }

    /// True if the frames of a track are encrypted or compressed once more.
    pub(super) fn encoded(&self, track: u32) -> bool {
        self.tracks.get(&track.into()).is_some_and(|t| t.encoded)
    }

    /// Nanoseconds of sound to drop at the end of frame `frame` (counted from one) of a track.
    pub(super) fn discard_nanos(&mut self, track: u32, frame: u64) -> i64 {
        let Some(track) = self.tracks.get_mut(&track.into()) else { return 0 };
        while track.discards.front().is_some_and(|d| d.0 < frame) {
            track.discards.pop_front();
        }
        match track.discards.front() {
            Some(&(at, nanos)) if at == frame => nanos,
            _ => 0,
        }
    }

    /// True if the bytes so far end with an element and with the segment.
    pub(super) fn complete(&self) -> bool {
        self.skip == 0 && self.window.is_empty() && self.position >= self.segment_end
    }

    /// Looks at the next bytes of the file.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) {
        loop {
            let skipped = self.skip.min(bytes.len() as u64);
            self.skip -= skipped;
            bytes = &bytes[skipped as usize..];
            if bytes.is_empty() {
                return;
            }
            // Elements are parsed from the window alone; what of it belongs to the next element is put back.
            let held = self.window.len();
            let added = bytes.len().min(WINDOW - held);
            self.window.extend_from_slice(&bytes[..added]);
            let Some(used) = self.element(held + added == WINDOW) else { return };
            self.window.clear();
            self.position = self.position.saturating_add(used);
            if used >= held as u64 {
                self.skip = used - held as u64;
            } else {
                return self.give_up();
            }
        }
    }

    /// Parses the element in the window; the bytes it takes, or `None` if the window must fill first.
    fn element(&mut self, full: bool) -> Option<u64> {
        let window = std::mem::take(&mut self.window);
        let used = match Element::parse(&window) {
            Some(element) if ENTERED.contains(&element.id) => {
                self.enter(&element);
                Some(element.header as u64)
            }
            Some(element) if full || window.len() as u64 >= element.end() => {
                let end = window.len().min(element.end() as usize);
                self.leaf(element.id, &window[element.header..end]);
                Some(element.end())
            }
            None if full => Some(1),
            _ => None,
        };
        self.window = window;
        used
    }

    /// Stops looking: bytes that were already passed would be needed again.
    fn give_up(&mut self) {
        self.skip = u64::MAX;
    }

    fn enter(&mut self, element: &Element) {
        match element.id {
            SEGMENT if element.known_size() => self.segment_end = self.position + element.end(),
            BLOCK_GROUP => self.group = Group::default(),
            TRACK_ENTRY => self.entry = UNNAMED,
            _ => (),
        }
    }

    fn leaf(&mut self, id: u32, body: &[u8]) {
        match id {
            TRACK_NUMBER => self.name_entry(number(body)),
            CODEC_DELAY => self.edit_entry(|track| track.delay_nanos = number(body)),
            CONTENT_ENCODINGS => self.edit_entry(|track| track.encoded = true),
            SIMPLE_BLOCK => drop(self.block(body)),
            BLOCK => {
                self.group.track = self.block(body);
                self.close_group();
            }
            DISCARD_PADDING => {
                self.group.discard = Some(signed(body));
                self.close_group();
            }
            _ => (),
        }
    }

    /// Gives the current entry its number, which need not come first in it.
    fn name_entry(&mut self, number: u64) {
        self.entry = number;
        if let Some(track) = self.tracks.remove(&UNNAMED) {
            self.tracks.insert(number, track);
        }
    }

    /// Changes the track of the current entry.
    fn edit_entry(&mut self, change: impl FnOnce(&mut Track)) {
        if self.tracks.len() < TRACK_LIMIT {
            change(self.tracks.entry(self.entry).or_default());
        }
    }

    /// Counts the frames of a block and tells its track.
    fn block(&mut self, body: &[u8]) -> Option<u64> {
        let (number, size) = vint(body)?;
        let flags = *body.get(size + 2)?;
        let frames = if flags & 0x06 == 0 { 1 } else { u64::from(*body.get(size + 3)?) + 1 };
        if self.tracks.len() < TRACK_LIMIT || self.tracks.contains_key(&number) {
            self.tracks.entry(number).or_default().frames += frames;
        }
        Some(number)
    }

    fn close_group(&mut self) {
        let (Some(number), Some(discard)) = (self.group.track, self.group.discard) else { return };
        if let Some(track) = self.tracks.get_mut(&number) {
            track.discards.push_back((track.frames, discard));
        }
        self.group = Group::default();
    }
}

/// The header of an element.
pub(super) struct Element {
    pub(super) id: u32,
    /// Bytes of the header.
    pub(super) header: usize,
    /// Bytes of the body, as its header says.
    pub(super) size: u64,
}

impl Element {
    /// The header at the front of `bytes`; `None` if it is damaged or not whole.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let id_size = bytes.first()?.leading_zeros() as usize + 1;
        if id_size > 4 || bytes.len() < id_size {
            return None;
        }
        let id = bytes[..id_size].iter().fold(0, |id, &b| id << 8 | u32::from(b));
        let (size, size_size) = vint(&bytes[id_size..])?;
        Some(Self { id, header: id_size + size_size, size })
    }

    fn end(&self) -> u64 {
        self.header as u64 + self.size
    }

    /// False if all bits of the size are set, which stands for "until something else begins".
    pub(super) fn known_size(&self) -> bool {
        !(1..=8).any(|bytes| self.size == (1 << (7 * bytes)) - 1)
    }
}

/// A variable-length number and its size in bytes.
pub(super) fn vint(bytes: &[u8]) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let size = first.leading_zeros() as usize + 1;
    if size > 8 || bytes.len() < size {
        return None;
    }
    let high = u64::from(first) & ((1 << (8 - size)) - 1);
    Some((bytes[1..size].iter().fold(high, |n, &b| n << 8 | u64::from(b)), size))
}

/// An unsigned number.
pub(super) fn number(body: &[u8]) -> u64 {
    body.iter().take(8).fold(0, |n, &b| n << 8 | u64::from(b))
}

/// A signed number.
pub(super) fn signed(body: &[u8]) -> i64 {
    let start = if body.first().is_some_and(|b| b & 0x80 != 0) { -1 } else { 0 };
    body.iter().take(8).fold(start, |n, &b| n << 8 | i64::from(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
        [id, &[0x40 | (body.len() >> 8) as u8, body.len() as u8], body].concat()
    }

    /// Two tracks; the second drops 6.5 ms at its start and 13.5 ms at the end of its second frame.
    fn file() -> Vec<u8> {
        let first = element(&[0xae], &element(&[0xd7], &[1]));
        let delay = element(&[0x56, 0xaa], &6_500_000u32.to_be_bytes());
        let second = element(&[0xae], &[delay, element(&[0xd7], &[2])].concat());
        let tracks = element(&[0x16, 0x54, 0xae, 0x6b], &[first, second].concat());
        let simple = element(&[0xa3], &[&[0x82, 0, 0, 0][..], &[0xae; 100]].concat());
        let discard = element(&[0x75, 0xa2], &13_500_000i32.to_be_bytes());
        let group = element(&[0xa0], &[element(&[0xa1], &[0x82, 0, 20, 0, 7, 7]), discard].concat());
        let cluster = element(&[0x1f, 0x43, 0xb6, 0x75], &[simple, group].concat());
        let segment = [
            &[0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff][..],
            &tracks,
            &cluster,
        ];
        [element(&[0x1a, 0x45, 0xdf, 0xa3], &[9; 40]), segment.concat()].concat()
    }

    #[test]
    fn delay_and_padding_are_found_however_the_bytes_come() {
        for size in [1, 2, 3, 7, 29, 64, 1000] {
            let mut scanner = Scanner::default();
            file().chunks(size).for_each(|bytes| scanner.feed(bytes));
            assert_eq!((scanner.delay_nanos(1), scanner.delay_nanos(2)), (0, 6_500_000), "{size}");
            assert_eq!([1, 2, 3].map(|frame| scanner.discard_nanos(2, frame)), [0, 13_500_000, 0], "{size}");
            assert!(scanner.complete() && !scanner.encoded(2));
        }
    }

    #[test]
    fn a_cut_inside_an_element_is_noticed() {
        let file = file();
        let mut scanner = Scanner::default();
        scanner.feed(&file[..file.len() - 3]);
        assert!(!scanner.complete());
    }
}
