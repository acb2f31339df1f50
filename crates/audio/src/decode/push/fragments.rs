//! Fragmented MP4 in slices (ISO/IEC 14496-12, 8.8): a `moov` with the track, then `moof` and `mdat` by turns.
//!
//! Samples are handed out as they come, also of an `mdat` that is cut. Their lengths in time are those of the packets:
//! Chromium writes the wall clock there. `dOps` is not believed about what to drop at the start either: an edit list is.

use super::super::mp4::{Fragmented, boxes, fragmented};
use super::super::packet::{Discard, unsupported};
use super::item::{Coding, Item, Packet, Time, Track, looks_like_opus};
use super::webm::{MAX_ELEMENT, headless};
use boxes::{Boxes, child, word};
use sonic_core::Result;
use std::collections::VecDeque;

/// The time scale that is assumed where the header was lost.
const USUAL_SCALE: u32 = 48_000;
/// Most samples of one fragment.
const MOST_SAMPLES: usize = 1 << 16;
/// Boxes that stand side by side in a stream.
const TOP: [&[u8; 4]; 12] = [
    b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"sidx", b"free", b"skip", b"emsg", b"mfra", b"prft",
    b"uuid",
];

/// The slices of MP4 so far.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    /// Bytes of a box or of a sample that is not whole yet.
    pub(super) buffer: Vec<u8>,
    /// Bytes to come that are passed over.
    pub(super) skip: u64,
    /// The `moov` box of the session.
    pub(super) header: Vec<u8>,
    track: Option<(Fragmented, Coding)>,
    refused: bool,
    /// Samples of the fragment at hand.
    pub(super) samples: VecDeque<Sample>,
    /// Where the next byte is, from the beginning of the last `moof` box.
    pub(super) at: u64,
    /// Bytes left of the `mdat` box at hand.
    pub(super) left: u64,
    /// Bytes that were passed over because they are nothing.
    pub(super) unreadable: u64,
}

/// A sample of a fragment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    /// Where it begins, from the beginning of its `moof` box.
    pub(super) offset: u64,
    pub(super) size: u32,
    /// When it begins, in ticks of its track.
    pub(super) time: u64,
}

impl Fragments {
    /// Reads the next slice, before which bytes are missing if `hole`.
    ///
    /// # Errors
    /// `Unsupported` for sound that cannot be decoded, `Malformed` if its header is damaged or never came.
    pub(super) fn feed(&mut self, slice: &[u8], hole: bool, items: &mut Vec<Item>) -> Result<()> {
        let inside = !self.buffer.is_empty() || self.left > 0 || self.skip > 0;
        let cut = inside && begins_surely(slice);
        let mut data = std::mem::take(&mut self.buffer);
        if hole || cut {
            data.clear();
            self.lose(items);
        }
        data.extend_from_slice(slice);
        let (mut at, mut problem) = (0, None);
        loop {
            let passed = self.skip.min((data.len() - at) as u64);
            self.skip -= passed;
            self.pass(passed, &mut at);
            let rest = &data[at..];
            if rest.is_empty() {
                break;
            }
            let used = if self.left > 0 {
                self.data(rest, items, &mut problem)
            } else {
                self.top(rest, items, &mut problem)
            };
            match used {
                Some(used) => self.pass(used as u64, &mut at),
                None => break,
            }
        }
        self.buffer = data[at..].to_vec();
        problem.map_or(Ok(()), Err)
    }

    fn pass(&mut self, count: u64, at: &mut usize) {
        self.at += count;
        *at += count as usize;
    }

    fn lose(&mut self, items: &mut Vec<Item>) {
        self.samples.clear();
        (self.skip, self.left) = (0, 0);
        items.push(Item::Hole);
    }

    /// Reads a box, or finds one; the bytes it takes, or `None` if more are needed.
    fn top(
        &mut self,
        rest: &[u8],
        items: &mut Vec<Item>,
        problem: &mut Option<sonic_core::Error>,
    ) -> Option<usize> {
        if rest.len() < 16 && (rest.len() < 8 || may_begin(rest)) {
            return None;
        }
        let header = boxes::Header::parse(rest).filter(|header| TOP.contains(&&header.name));
        let Some(header) = header.filter(|header| header.length >= header.size) else {
            let step = find(&rest[1..]).map_or(rest.len(), |at| at + 1);
            self.lose(items);
            self.unreadable += step as u64;
            return Some(step);
        };
        match &header.name {
            b"moov" | b"moof" if header.length < MAX_ELEMENT => {
                let whole = rest.get(..header.length as usize)?;
                let body = &whole[header.size as usize..];
                let found = match header.name == *b"moov" {
                    true => self.session(whole, body, items),
                    false => self.fragment(body),
                };
                *problem = problem.take().or(found.err());
                Some(whole.len())
            }
            b"mdat" => {
                self.left = header.length - header.size;
                self.place_samples(header.size);
                Some(header.size as usize)
            }
            _ => {
                self.skip = header.length;
                Some(0)
            }
        }
    }

    /// A recorder begins.
    fn session(&mut self, whole: &[u8], body: &[u8], items: &mut Vec<Item>) -> Result<()> {
        self.header = whole.to_vec();
        (self.track, self.refused) = (None, true);
        let track = fragmented(body)?;
        let coding = match &track.format {
            b"Opus" => Coding::Opus(track.config.clone()),
            b"mp4a" => Coding::aac(&track.config)?,
            other => {
                let name = String::from_utf8_lossy(other);
                let message =
                    format!("slices of MP4 whose sound is {name:?} cannot be decoded: record Opus or AAC");
                return Err(unsupported(message));
            }
        };
        let skip = (track.first_edit, track.timescale);
        items.push(Item::Session(Track { coding: coding.clone(), skip, origin_ms: 0.0, assumed: false }));
        (self.track, self.refused) = (Some((track, coding)), false);
        Ok(())
    }

    /// Reads where the samples of a fragment are.
    fn fragment(&mut self, body: &[u8]) -> Result<()> {
        self.samples.clear();
        self.at = 0;
        let defaults = self.track.as_ref().map(|track| &track.0);
        for (name, traf) in Boxes(body) {
            let of = child(traf, b"tfhd").and_then(|head| word(head, 4));
            if name == *b"traf" && defaults.is_none_or(|track| of == Some(track.id)) {
                read_runs(traf, defaults, &mut self.samples).unwrap_or(());
                break;
            }
        }
        Ok(())
    }

    /// Puts samples whose places are not in this `mdat` box at its beginning.
    fn place_samples(&mut self, header: u64) {
        let (start, end) = (self.at + header, self.at + header + self.left);
        if let Some(first) = self.samples.front().map(|sample| sample.offset)
            && !(start..end).contains(&first)
        {
            self.samples
                .iter_mut()
                .for_each(|sample| sample.offset = sample.offset.saturating_sub(first) + start);
        }
    }

    /// Hands out the next sample; the bytes it takes, or `None` if more are needed.
    fn data(
        &mut self,
        rest: &[u8],
        items: &mut Vec<Item>,
        problem: &mut Option<sonic_core::Error>,
    ) -> Option<usize> {
        let most = self.left.min(rest.len() as u64) as usize;
        while self.samples.front().is_some_and(|sample| sample.offset < self.at) {
            self.samples.pop_front();
        }
        let Some(&sample) = self.samples.front() else {
            self.left -= most as u64;
            return Some(most);
        };
        let before = sample.offset - self.at;
        if before > 0 {
            let passed = (before as usize).min(most);
            self.left -= passed as u64;
            return Some(passed);
        }
        let size = sample.size as usize;
        if size as u64 > self.left {
            self.samples.pop_front();
            return Some(0);
        }
        let data = rest.get(..size)?;
        if self.track.is_none() && !self.refused {
            *problem = problem.take().or(self.assume(rest, items).err());
        }
        self.samples.pop_front();
        self.left -= size as u64;
        if let Some((track, coding)) = &self.track {
            let time = Time::At(sample.time as f64 * 1000.0 / f64::from(track.timescale));
            match coding.duration_ms(data) {
                Some(ms) => {
                    let packet = Packet { data: data.to_vec(), ms, time, discard: Discard::default() };
                    items.push(Item::Packet(packet));
                }
                None => items.push(Item::Hole),
            }
        }
        Some(size)
    }

    /// Sound whose header never came: it is taken for Opus, if it looks like it.
    fn assume(&mut self, rest: &[u8], items: &mut Vec<Item>) -> Result<()> {
        let ends = self.samples.iter().map_while(|sample| {
            let from = (sample.offset - self.at.min(sample.offset)) as usize;
            rest.get(from..from + sample.size as usize)
        });
        let Some(channels) = looks_like_opus(ends) else {
            self.refused = true;
            return Err(headless());
        };
        self.assume_opus(channels, items);
        Ok(())
    }

    fn assume_opus(&mut self, channels: u8, items: &mut Vec<Item>) {
        let coding = Coding::plain_opus(channels);
        let skip = (0, USUAL_SCALE);
        items.push(Item::Session(Track { coding: coding.clone(), skip, origin_ms: 0.0, assumed: true }));
        self.header = vec![0, channels];
        self.track = Some((Fragmented::unknown(USUAL_SCALE), coding));
    }

    /// Takes up what another process left: the header of a session.
    pub(super) fn take_up(&mut self, header: &[u8], items: &mut Vec<Item>) -> Result<()> {
        match *header {
            [] => Ok(()),
            [0, channels] => {
                self.assume_opus(channels, items);
                Ok(())
            }
            _ => self.feed(header, false, items),
        }
    }
}

/// Reads the samples of a track's part of a fragment (`tfhd`, `tfdt`, `trun`).
fn read_runs(traf: &[u8], track: Option<&Fragmented>, samples: &mut VecDeque<Sample>) -> Option<()> {
    let head = child(traf, b"tfhd")?;
    let flags = word(head, 0)? & 0xff_ffff;
    let mut at = 8 + if flags & 1 != 0 { 8 } else { 0 } + if flags & 2 != 0 { 4 } else { 0 };
    let mut optional = |flag: u32, otherwise: u32| {
        if flags & flag == 0 {
            return Some(otherwise);
        }
        at += 4;
        word(head, at - 4)
    };
    let duration = optional(8, track.map_or(0, |track| track.duration))?;
    let size = optional(16, track.map_or(0, |track| track.size))?;
    let mut time = match child(traf, b"tfdt") {
        Some(body) if body.first() == Some(&1) => u64::from(word(body, 4)?) << 32 | u64::from(word(body, 8)?),
        Some(body) => word(body, 4)?.into(),
        None => 0,
    };
    let mut offset = 0;
    for run in Boxes(traf).filter(|found| found.0 == *b"trun").map(|found| found.1) {
        let flags = word(run, 0)? & 0xff_ffff;
        let (count, mut at) = (word(run, 4)?, 8);
        if flags & 1 != 0 {
            offset = word(run, at)?.into();
            at += 4;
        }
        at += if flags & 4 != 0 { 4 } else { 0 };
        for _ in 0..count {
            let mut field = |flag: u32, otherwise: u32| {
                if flags & flag == 0 {
                    return Some(otherwise);
                }
                at += 4;
                word(run, at - 4)
            };
            let (duration, size) = (field(0x100, duration)?, field(0x200, size)?);
            field(0x400, 0)?;
            field(0x800, 0)?;
            // Defaults alone cost no bytes: the count is not to be believed beyond what a fragment holds.
            if samples.len() >= MOST_SAMPLES || size == 0 {
                return None;
            }
            samples.push_back(Sample { offset, size, time });
            (offset, time) = (offset + u64::from(size), time.saturating_add(duration.into()));
        }
    }
    Some(())
}

/// Whether bytes begin with a box that a slice begins with.
fn begins_surely(bytes: &[u8]) -> bool {
    match boxes::Header::parse(bytes) {
        Some(header) if header.name == *b"moof" => bytes.get(12..16) == Some(b"mfhd") && header.length > 16,
        Some(header) if header.name == *b"moov" => bytes.get(12..16) == Some(b"mvhd"),
        Some(header) => matches!(&header.name, b"ftyp" | b"styp") && (16..4_096).contains(&header.length),
        None => false,
    }
}

/// Whether fewer than the bytes of a header may be the beginning of one.
fn may_begin(bytes: &[u8]) -> bool {
    TOP.iter().any(|name| bytes.get(4..8) == Some(&name[..]))
}

/// Where in `bytes` a fragment begins.
pub(super) fn find(bytes: &[u8]) -> Option<usize> {
    (0..bytes.len().saturating_sub(15)).find(|&at| begins_surely(&bytes[at..]))
}
