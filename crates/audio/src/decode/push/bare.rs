//! Sound without a container that tells times: frames of MPEG audio and AAC, WAV, and raw samples.
//!
//! Frames are believed where others follow them (see `frames`). The delay of an MP3 encoder is left out where its first
//! frame tells it, as one made into a file does; what it added at the end is kept, because a stream does not tell its end. After a hole the place in time is reckoned from how
//! long slices are.

use super::super::adts::Frame;
use super::super::blocks::Layout;
use super::super::frames::{Header, chains, tag_size};
use super::super::matroska::number;
use super::super::mpeg::Mpeg;
use super::super::packet::{Discard, malformed};
use super::super::wave;
use super::item::{Coding, Item, Packet, Time, Track};
use sonic_core::Result;

/// Most bytes in front of the samples of a WAV file.
const MAX_WAVE_HEADER: usize = 1 << 20;

/// What kind of sound it is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Mpeg(Option<Mpeg>),
    Adts(Option<Frame>),
    /// WAV; `None` before its samples.
    Wave(Option<Layout>),
    Raw(Layout),
}

/// The slices so far.
#[derive(Debug)]
pub(super) struct Bare {
    pub(super) buffer: Vec<u8>,
    /// Bytes to come that are passed over.
    pub(super) skip: u64,
    /// The first bytes of the session, by which another process knows it.
    pub(super) header: Vec<u8>,
    pub(super) kind: Kind,
    /// Whether the last frame led to where the next byte is.
    pub(super) in_step: bool,
    /// Bytes that were passed over because they are nothing.
    pub(super) unreadable: u64,
}

impl Bare {
    pub(super) fn new(kind: Kind) -> Self {
        Self { buffer: Vec::new(), skip: 0, header: Vec::new(), kind, in_step: false, unreadable: 0 }
    }

    /// Reads the next slice, before which bytes are missing if `hole`.
    ///
    /// # Errors
    /// `Unsupported` and `Malformed` for sound that cannot be decoded.
    pub(super) fn feed(&mut self, slice: &[u8], hole: bool, items: &mut Vec<Item>) -> Result<()> {
        if hole {
            (self.skip, self.in_step) = (0, false);
            self.buffer.clear();
            items.push(Item::Hole);
        }
        let passed = self.skip.min(slice.len() as u64);
        self.skip -= passed;
        let mut data = std::mem::take(&mut self.buffer);
        data.extend_from_slice(&slice[passed as usize..]);
        let used = match self.kind.clone() {
            Kind::Mpeg(last) => self.frames(&data, last, items)?,
            Kind::Adts(last) => self.frames(&data, last, items)?,
            Kind::Raw(layout) => self.samples(&data, layout, items),
            Kind::Wave(Some(layout)) if !slice.starts_with(b"RIFF") => self.samples(&data, layout, items),
            Kind::Wave(_) => self.wave(&data, items)?,
        };
        self.buffer = data[used.min(data.len())..].to_vec();
        self.skip += (used.saturating_sub(data.len())) as u64;
        Ok(())
    }

    /// Reads frames; the bytes they take.
    fn frames<H: Bared>(&mut self, data: &[u8], mut last: Option<H>, items: &mut Vec<Item>) -> Result<usize> {
        let mut at = 0;
        while at < data.len() {
            let rest = &data[at..];
            if let Some(size) = tag_size(rest) {
                at = at.saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
                continue;
            }
            if !self.in_step {
                let found =
                    (0..rest.len()).find(|&at| rest[at] == 0xff && begins(&rest[at..], last.as_ref()));
                let step = found.unwrap_or(rest.len());
                self.unreadable += step as u64;
                at += step;
                if found.is_none() {
                    break;
                }
            }
            let rest = &data[at..];
            let Some(header) = H::parse(rest) else {
                if rest.len() < H::SIZE {
                    break;
                }
                (self.in_step, at) = self.stumble(at, items);
                continue;
            };
            let Some(frame) = rest.get(..header.size()) else { break };
            let next = &rest[header.size()..];
            if next.len() >= H::SIZE && H::parse(next).is_none() && tag_size(next).is_none() {
                (self.in_step, at) = self.stumble(at, items);
                continue;
            }
            let told = header.told(frame);
            if told.is_some() || last.is_none_or(|last| !last.agrees(&header)) {
                self.header = rest[..H::SIZE.min(rest.len())].to_vec();
                let skip = told.unwrap_or((0, 1));
                items.push(Item::Session(Track { skip, ..session(header.coding()?) }));
                last = Some(header);
                self.kind = header.kind();
            }
            self.in_step = true;
            if told.is_none() {
                items.push(header.packet(frame));
            }
            at += header.size();
        }
        Ok(at)
    }

    /// A frame did not lead to another one: it was cut. Where to look on.
    fn stumble(&mut self, at: usize, items: &mut Vec<Item>) -> (bool, usize) {
        items.push(Item::Hole);
        self.unreadable += 1;
        (false, at + 1)
    }

    /// Reads samples that lie one after the other; the bytes they take.
    fn samples(&mut self, data: &[u8], layout: Layout, items: &mut Vec<Item>) -> usize {
        if !self.in_step && self.header.is_empty() && matches!(self.kind, Kind::Raw(_)) {
            self.header = vec![0];
            items.push(Item::Session(session(Coding::Pcm(layout))));
        }
        self.in_step = true;
        let whole = data.len() / layout.block_bytes as usize * layout.block_bytes as usize;
        let coding = Coding::Pcm(layout);
        if let Some(ms) = coding.duration_ms(&data[..whole]) {
            items.push(Item::Packet(packet(data[..whole].to_vec(), ms)));
        }
        whole
    }

    /// Reads the header of a WAV file, and the samples behind it; the bytes they take.
    fn wave(&mut self, data: &[u8], items: &mut Vec<Item>) -> Result<usize> {
        let (mut at, mut layout) = (12, None);
        loop {
            let Some((name, size)) = data.get(at..at + 8).map(|header| header.split_at(4)) else {
                // More is needed.
                return if data.len() < MAX_WAVE_HEADER { Ok(0) } else { Err(no_samples()) };
            };
            let size = number(&size.iter().rev().copied().collect::<Vec<u8>>()) as usize;
            match name {
                b"fmt " => match data.get(at + 8..at + 8 + size.min(MAX_WAVE_HEADER)) {
                    Some(chunk) => layout = Some(wave::format(chunk)?),
                    None if data.len() < MAX_WAVE_HEADER => return Ok(0),
                    None => return Err(no_samples()),
                },
                b"data" => {
                    let layout = layout.ok_or_else(no_samples)?;
                    self.kind = Kind::Wave(Some(layout));
                    self.header = data[..at + 8].to_vec();
                    items.push(Item::Session(session(Coding::Pcm(layout))));
                    return Ok(at + 8 + self.samples(&data[at + 8..], layout, items));
                }
                _ if size > MAX_WAVE_HEADER => return Err(no_samples()),
                _ => {}
            }
            at += 8 + size + size % 2;
        }
    }

    /// Takes up what another process left: the header of a session.
    pub(super) fn take_up(&mut self, header: &[u8], items: &mut Vec<Item>) -> Result<()> {
        self.header = header.to_vec();
        match self.kind {
            Kind::Mpeg(_) => self.resume::<Mpeg>(header, items),
            Kind::Adts(_) => self.resume::<Frame>(header, items),
            Kind::Wave(_) if header.is_empty() => Ok(()),
            Kind::Wave(_) => self.wave(header, items).map(drop),
            Kind::Raw(layout) => {
                items.push(Item::Session(session(Coding::Pcm(layout))));
                Ok(())
            }
        }
    }

    fn resume<H: Bared>(&mut self, header: &[u8], items: &mut Vec<Item>) -> Result<()> {
        if let Some(header) = H::parse(header) {
            self.kind = header.kind();
            items.push(Item::Session(session(header.coding()?)));
        }
        Ok(())
    }
}

fn no_samples() -> sonic_core::Error {
    malformed(
        "the header of the WAV slices is damaged, or their samples do not come: send it as it is recorded",
    )
}

fn session(coding: Coding) -> Track {
    Track { coding, skip: (0, 1), origin_ms: 0.0, assumed: false }
}

fn packet(data: Vec<u8>, ms: f64) -> Packet {
    Packet { data, ms, time: Time::None, discard: Discard::default() }
}

/// Whether a frame begins here: one like the last, or one that others follow.
fn begins<H: Header>(bytes: &[u8], last: Option<&H>) -> bool {
    let known = last.is_some_and(|last| H::parse(bytes).is_some_and(|header| header.agrees(last)));
    chains::<H>(bytes, known, true)
}

/// A frame that stands alone.
trait Bared: Header {
    fn kind(self) -> Kind;
    fn coding(&self) -> Result<Coding>;
    fn packet(&self, frame: &[u8]) -> Item;

    /// Of a frame that holds no sound but begins a recording: the samples that are no sound, and how many a second has.
    fn told(&self, _frame: &[u8]) -> Option<(u64, u32)> {
        None
    }
}

impl Bared for Mpeg {
    fn kind(self) -> Kind {
        Kind::Mpeg(Some(self))
    }

    fn coding(&self) -> Result<Coding> {
        Ok(Coding::Mpeg(*self))
    }

    fn packet(&self, frame: &[u8]) -> Item {
        Item::Packet(packet(frame.to_vec(), self.nanos() as f64 / 1e6))
    }

    fn told(&self, frame: &[u8]) -> Option<(u64, u32)> {
        self.told_delay(frame).map(|delay| (delay.into(), self.rate()))
    }
}

impl Bared for Frame {
    fn kind(self) -> Kind {
        Kind::Adts(Some(self))
    }

    fn coding(&self) -> Result<Coding> {
        Coding::adts(self)
    }

    fn packet(&self, frame: &[u8]) -> Item {
        Item::Packet(packet(frame[self.start()..].to_vec(), self.nanos() as f64 / 1e6))
    }
}
