//! Ogg Opus in slices (RFC 3533, RFC 7845): pages by their checksums, packets across pages, times by granules.

use super::super::opus::{Head, OPUS_RATE};
use super::super::packet::{Discard, unsupported};
use super::item::{Coding, Item, Packet, Time, Track, looks_like_opus, opus_samples};
use super::webm::headless;
use sonic_core::Result;

/// Bytes of a page's header before its table.
const HEADER: usize = 27;
/// Most bytes of a packet that goes on from page to page.
const MAX_PACKET: usize = 1 << 18;
/// What encoders of Opus at 48 kHz have at their start, where a header was lost.
const USUAL_SKIP: u64 = 312;
/// Marks of a page: its first packet goes on from the one before...
const CONTINUED: u8 = 1;
/// ...a stream begins...
const BEGINS: u8 = 2;
/// ...a stream ends.
const ENDS: u8 = 4;
/// A granule that says nothing: no packet ends on the page.
const NO_GRANULE: u64 = u64::MAX;

/// The slices of Ogg so far.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// Bytes of a page that is not whole yet.
    pub(super) buffer: Vec<u8>,
    /// The first page of the session.
    pub(super) header: Vec<u8>,
    /// The stream that is played.
    serial: Option<u32>,
    coding: Option<Coding>,
    refused: bool,
    pub(super) place: Place,
    /// The beginning of a packet that goes on, on the next page.
    pub(super) packet: Vec<u8>,
    /// Bytes that were passed over because they are nothing.
    pub(super) unreadable: u64,
}

/// Where in the stream the next page is.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Place {
    /// The number of the next page.
    pub(super) page: u32,
    /// Packets of the header that are still to come.
    pub(super) head_packets: u32,
    /// Where the last page ended, in samples; `None` after a hole.
    pub(super) granule: Option<u64>,
}

/// A whole page.
struct Page<'a> {
    flags: u8,
    granule: u64,
    serial: u32,
    number: u32,
    table: &'a [u8],
    body: &'a [u8],
    size: usize,
}

/// What stands at the front of bytes.
enum Look<'a> {
    Page(Page<'a>),
    Short,
    Nothing,
}

impl<'a> Page<'a> {
    fn look(bytes: &'a [u8]) -> Look<'a> {
        let common = bytes.len().min(5);
        if bytes[..common] != b"OggS\0"[..common] {
            return Look::Nothing;
        }
        let Some(&segments) = bytes.get(HEADER - 1) else { return Look::Short };
        let start = HEADER + usize::from(segments);
        let Some(table) = bytes.get(HEADER..start) else { return Look::Short };
        let size = start + table.iter().map(|&length| usize::from(length)).sum::<usize>();
        let Some(whole) = bytes.get(..size) else { return Look::Short };
        let word =
            |at: usize| whole[at..at + 4].iter().rev().fold(0u32, |word, &byte| word << 8 | u32::from(byte));
        if checksum(whole) != word(22) {
            return Look::Nothing;
        }
        let granule = u64::from(word(10)) << 32 | u64::from(word(6));
        let (flags, serial, number) = (whole[5], word(14), word(18));
        Look::Page(Self { flags, granule, serial, number, table, body: &whole[start..], size })
    }
}

impl Pages {
    /// Reads the next slice, before which bytes are missing if `hole`.
    ///
    /// # Errors
    /// `Unsupported` for another codec than Opus, `Malformed` without a header for what does not look like it.
    pub(super) fn feed(&mut self, slice: &[u8], hole: bool, items: &mut Vec<Item>) -> Result<()> {
        let cut = !self.buffer.is_empty() && slice.starts_with(b"OggS\0");
        let mut data = std::mem::take(&mut self.buffer);
        if hole || cut {
            data.clear();
            self.lose(items);
        }
        data.extend_from_slice(slice);
        let (mut at, mut problem) = (0, None);
        while at < data.len() {
            match Page::look(&data[at..]) {
                Look::Page(page) => {
                    problem = problem.or(self.page(&page, &data[at..at + page.size], items).err());
                    at += page.size;
                }
                Look::Short => break,
                Look::Nothing => {
                    self.lose(items);
                    let rest = &data[at + 1..];
                    let step = 1 + rest.windows(4).position(|four| four == b"OggS").unwrap_or(rest.len());
                    self.unreadable += step as u64;
                    at += step;
                }
            }
        }
        self.buffer = data[at..].to_vec();
        problem.map_or(Ok(()), Err)
    }

    /// Whether a page is somewhere in `bytes`.
    pub(super) fn find(bytes: &[u8]) -> bool {
        let begins = bytes.windows(4).enumerate().filter(|(_, four)| *four == b"OggS");
        begins.into_iter().any(|(at, _)| !matches!(Page::look(&bytes[at..]), Look::Nothing))
    }

    fn lose(&mut self, items: &mut Vec<Item>) {
        self.packet.clear();
        self.place.granule = None;
        items.push(Item::Hole);
    }

    fn page(&mut self, page: &Page<'_>, bytes: &[u8], items: &mut Vec<Item>) -> Result<()> {
        if page.flags & BEGINS != 0 {
            return self.begin(page, bytes, items);
        }
        // Behind a hole pages of another stream are those of a recorder whose header was lost.
        let another = self.serial.is_some_and(|serial| serial != page.serial) && self.place.granule.is_none();
        if (self.serial.is_none() || another) && !self.refused {
            self.assume(page, items)?;
        }
        if self.serial != Some(page.serial) || page.number < self.place.page {
            return Ok(());
        }
        if page.number > self.place.page {
            self.lose(items);
        }
        self.place.page = page.number.wrapping_add(1);
        let packets = self.packets(page);
        self.dated(page, packets, items);
        Ok(())
    }

    /// A stream begins.
    fn begin(&mut self, page: &Page<'_>, bytes: &[u8], items: &mut Vec<Item>) -> Result<()> {
        // The same once more; but behind sound another recorder begins, even with the number of the one before.
        if self.serial == Some(page.serial) && self.coding.is_some() && self.place.page <= 2 {
            return Ok(());
        }
        if !page.body.starts_with(b"OpusHead") {
            // Another stream beside it may be Opus.
            if self.serial.is_some() {
                return Ok(());
            }
            self.refused = true;
            return Err(unsupported("slices of Ogg whose sound is not Opus cannot be decoded: record Opus"));
        }
        let head = Head::parse(page.body)?;
        let coding = Coding::Opus(page.body.to_vec());
        self.place = Place { page: page.number.wrapping_add(1), head_packets: 1, granule: Some(0) };
        self.packet.clear();
        (self.serial, self.coding, self.refused) = (Some(page.serial), Some(coding.clone()), false);
        self.header = bytes.to_vec();
        let skip = (head.pre_skip.into(), OPUS_RATE);
        items.push(Item::Session(Track { coding, skip, origin_ms: 0.0, assumed: false }));
        Ok(())
    }

    /// A stream whose header never came.
    fn assume(&mut self, page: &Page<'_>, items: &mut Vec<Item>) -> Result<()> {
        let packets = self.packets(page);
        let Some(channels) = looks_like_opus(packets.iter().map(Vec::as_slice)) else {
            // The second page of a header comes alone where the first was lost.
            if packets.iter().any(|packet| packet.starts_with(b"OpusTags")) {
                return Ok(());
            }
            self.refused = true;
            return Err(headless());
        };
        self.assume_opus(page.serial, channels, items);
        self.place.page = page.number;
        Ok(())
    }

    fn assume_opus(&mut self, serial: u32, channels: u8, items: &mut Vec<Item>) {
        let coding = Coding::plain_opus(channels);
        (self.serial, self.coding) = (Some(serial), Some(coding.clone()));
        self.header = [&[0, channels][..], &serial.to_le_bytes()].concat();
        items.push(Item::Session(Track {
            coding,
            skip: (USUAL_SKIP, OPUS_RATE),
            origin_ms: 0.0,
            assumed: true,
        }));
    }

    /// Takes up what another process left: the header of a session.
    pub(super) fn take_up(&mut self, header: &[u8], items: &mut Vec<Item>) -> Result<()> {
        match *header {
            [] => Ok(()),
            [0, channels, a, b, c, d] => {
                self.assume_opus(u32::from_le_bytes([a, b, c, d]), channels, items);
                Ok(())
            }
            _ => self.feed(header, false, items),
        }
    }

    /// The packets that end on a page.
    fn packets(&mut self, page: &Page<'_>) -> Vec<Vec<u8>> {
        // The rest of a packet whose beginning was lost goes too.
        let mut lost = page.flags & CONTINUED != 0 && self.packet.is_empty();
        if page.flags & CONTINUED == 0 {
            self.packet.clear();
        }
        let (mut packets, mut body) = (Vec::new(), page.body);
        for &length in page.table {
            let (part, rest) = body.split_at(usize::from(length).min(body.len()));
            body = rest;
            if self.packet.len() < MAX_PACKET {
                self.packet.extend_from_slice(part);
            }
            if length < 255 {
                let packet = std::mem::take(&mut self.packet);
                if !std::mem::take(&mut lost) {
                    packets.push(packet);
                }
            }
        }
        packets
    }

    /// Gives the packets of a page their times, by where the page ends.
    fn dated(&mut self, page: &Page<'_>, mut packets: Vec<Vec<u8>>, items: &mut Vec<Item>) {
        let head = packets.len().min(self.place.head_packets as usize);
        self.place.head_packets -= head as u32;
        packets.drain(..head);
        let Some(coding) = self.coding.as_ref().filter(|_| !packets.is_empty() && page.granule != NO_GRANULE)
        else {
            return;
        };
        let lengths: Vec<u64> =
            packets.iter().map(|packet| opus_samples(packet).unwrap_or(0).into()).collect();
        let total: u64 = lengths.iter().sum();
        // The last page may end before its last packet does.
        let ends = page.flags & ENDS != 0;
        let start = match (self.place.granule, lengths.first()) {
            (Some(granule), _) if ends => granule,
            // Behind a hole: packets lie on the grid of their length.
            (None, Some(&length)) if ends => {
                page.granule.saturating_sub(total).next_multiple_of(length.max(1))
            }
            _ => page.granule.saturating_sub(total),
        };
        let mut at = start;
        let surplus = if ends { (start + total).saturating_sub(page.granule) } else { 0 };
        let mut left = total;
        for (data, samples) in packets.into_iter().zip(lengths) {
            left -= samples;
            let frames = surplus.saturating_sub(left).min(samples);
            let discard = Discard { frames, nanos: 0 };
            let time = Time::At(at as f64 * 1000.0 / f64::from(OPUS_RATE));
            match coding.duration_ms(&data) {
                Some(ms) => items.push(Item::Packet(Packet { data, ms, time, discard })),
                None => items.push(Item::Hole),
            }
            at += samples;
        }
        self.place.granule = Some(page.granule);
    }
}

/// The checksum of a page: of polynomial 0x04c11db7, from the top, its own place taken for zero.
fn checksum(page: &[u8]) -> u32 {
    let step = |sum: u32, byte: u8| sum << 8 ^ TABLE[usize::from((sum >> 24) as u8 ^ byte)];
    let sum = page[..22].iter().fold(0, |sum, &byte| step(sum, byte));
    let sum = (0..4).fold(sum, |sum, _| step(sum, 0));
    page[26..].iter().fold(sum, |sum, &byte| step(sum, byte))
}

static TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        let (mut sum, mut bit) = ((n as u32) << 24, 0);
        while bit < 8 {
            sum = sum << 1 ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 };
            bit += 1;
        }
        table[n] = sum;
        n += 1;
    }
    table
}
