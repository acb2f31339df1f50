//! WebM and Matroska in slices (RFC 9559): elements one after the other, whose masters are entered and not measured.
//!
//! Chromium leaves the first byte of the next element at the end of a slice. So where bytes are missing the next slice
//! begins with an element without its first byte, which is put back: of a block, a Cluster or a header. What a slice
//! begins with is told by whether elements follow each other from there.

use super::super::matroska::{Element, number, signed, vint};
use super::super::packet::{Discard, malformed, unsupported};
use super::elements::{self, Chain, Known};
use super::header::{self, Header};
use super::item::{Coding, Item, Packet, Time, Track, looks_like_opus};
use sonic_core::{Error, Result};

/// Most bytes of an element of the header, or of a block of sound.
pub(super) const MAX_ELEMENT: u64 = 4 << 20;
/// Blocks by which sound without a header is judged.
const JUDGED: usize = 16;
/// The delay that Firefox declares in its header, in samples at 48 kHz, and the time of its first block.
const FIREFOX: (u64, f64) = (312, 6.0);

/// The slices of WebM so far.
#[derive(Debug, Default)]
pub(super) struct Webm {
    /// Bytes of an element that is not whole yet.
    pub(super) buffer: Vec<u8>,
    /// Bytes to come that are passed over.
    pub(super) skip: u64,
    /// What describes the session at hand: Info and Tracks; or four bytes of what was assumed.
    pub(super) header: Vec<u8>,
    known: Known,
    track: Option<Chosen>,
    /// Whether the sound of the session cannot be decoded, which was said.
    refused: bool,
    pub(super) cluster: Cluster,
    /// Bytes that were passed over because they are nothing.
    pub(super) unreadable: u64,
}

/// The track that is played.
#[derive(Debug)]
struct Chosen {
    number: u64,
    coding: Coding,
    scale_ms: f64,
}

/// Where in time the blocks are.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Cluster {
    /// The time of the Cluster at hand; `None` if its header was lost.
    pub(super) at_ms: Option<f64>,
    /// The time of the last Cluster whose header came.
    pub(super) known_ms: Option<f64>,
    /// The time of the last block in its Cluster.
    pub(super) last_ms: f64,
}

impl Webm {
    /// Reads the next slice, before which bytes are missing if `hole`.
    ///
    /// # Errors
    /// `Unsupported` for sound that cannot be decoded, `Malformed` if its header is damaged or never came: once for each
    /// session. What was found is in `items` nevertheless.
    pub(super) fn feed(&mut self, slice: &[u8], hole: bool, items: &mut Vec<Item>) -> Result<()> {
        if slice.is_empty() {
            if hole {
                self.lose(items);
            }
            return Ok(());
        }
        let mut data = std::mem::take(&mut self.buffer);
        let before = data.len();
        data.extend_from_slice(slice);
        if hole || !self.continues(&data, before) {
            data.drain(..before);
            self.lose(items);
            let Some((missing, at)) = elements::begin(&data, &self.known) else {
                self.unreadable += data.len() as u64;
                return Ok(());
            };
            self.unreadable += at as u64;
            data.splice(..at, missing);
        }
        self.parse(&data, items)
    }

    /// Bytes are missing: what was not whole is gone.
    fn lose(&mut self, items: &mut Vec<Item>) {
        self.buffer.clear();
        self.skip = 0;
        self.cluster.known_ms = self.cluster.at_ms.or(self.cluster.known_ms);
        self.cluster.at_ms = None;
        items.push(Item::Hole);
    }

    /// Whether the slice that begins at `before` in `data` goes on where the one before it ended.
    fn continues(&self, data: &[u8], before: usize) -> bool {
        let from = usize::try_from(self.skip).unwrap_or(usize::MAX);
        let chain = match data.get(from..) {
            Some(rest) if !rest.is_empty() || from == 0 => elements::chain(rest, &self.known),
            _ => Chain::Beyond,
        };
        match chain {
            Chain::Whole(_) => true,
            Chain::Broken => false,
            // The element at hand does not end in this slice; but if another one begins with it, it was cut.
            Chain::Beyond => before + from == 0 || !elements::begins_surely(&data[before..], &self.known),
        }
    }

    fn parse(&mut self, data: &[u8], items: &mut Vec<Item>) -> Result<()> {
        let (mut at, mut problem) = (0, None);
        loop {
            let passed = self.skip.min((data.len() - at) as u64);
            self.skip -= passed;
            at += passed as usize;
            let rest = &data[at..];
            if rest.is_empty() {
                break;
            }
            match elements::look(rest, &self.known) {
                elements::Look::Element(element) if needs_body(element.id) => {
                    let end = element.header + element.size as usize;
                    let Some(whole) = rest.get(..end) else { break };
                    let found = self.leaf(&element, whole, rest, items);
                    problem = problem.or(found.err());
                    at += end;
                }
                elements::Look::Element(element) => {
                    self.enter(&element);
                    at += element.header;
                }
                elements::Look::Short => break,
                elements::Look::Nothing => {
                    let step = elements::scan(&rest[1..], &self.known).map_or(rest.len(), |found| found + 1);
                    self.lose(items);
                    self.unreadable += step as u64;
                    at += step;
                }
            }
        }
        self.buffer = data[at..].to_vec();
        problem.map_or(Ok(()), Err)
    }

    /// Enters a master element, or passes over one that is not needed.
    fn enter(&mut self, element: &Element) {
        match element.id {
            elements::EBML => {
                self.header.clear();
                self.cluster = Cluster::default();
                (self.track, self.refused, self.known) = (None, false, Known::default());
            }
            elements::CLUSTER => {
                self.cluster = Cluster { at_ms: None, ..self.cluster };
            }
            id if elements::is_entered(id) => {}
            _ => self.skip = element.size,
        }
    }

    /// Reads an element that is here as a whole.
    fn leaf(&mut self, element: &Element, whole: &[u8], rest: &[u8], items: &mut Vec<Item>) -> Result<()> {
        let body = &whole[element.header..];
        match element.id {
            elements::TIMECODE => {
                let scale = self.track.as_ref().map_or(1.0, |track| track.scale_ms);
                let at = number(body) as f64 * scale;
                self.cluster = Cluster { at_ms: Some(at), known_ms: Some(at), last_ms: 0.0 };
                items.push(Item::Mark(at));
                Ok(())
            }
            elements::INFO => {
                self.header = whole.to_vec();
                Ok(())
            }
            elements::TRACKS => {
                self.header.extend_from_slice(whole);
                self.session(body, items)
            }
            elements::SIMPLE_BLOCK | elements::BLOCK => self.block(body, rest, Discard::default(), items),
            elements::BLOCK_GROUP => {
                let (mut block, mut discard) = (None, Discard::default());
                for (id, body) in elements::Children(body) {
                    match id {
                        elements::BLOCK => block = Some(body),
                        elements::DISCARD_PADDING => discard.nanos = u64::try_from(signed(body)).unwrap_or(0),
                        _ => {}
                    }
                }
                block.map_or(Ok(()), |block| self.block(block, rest, discard, items))
            }
            _ => Ok(()),
        }
    }

    /// A recorder begins.
    fn session(&mut self, tracks: &[u8], items: &mut Vec<Item>) -> Result<()> {
        let scale_ms = header::scale_ms(&self.header);
        let Header { number, numbers, coding, delay_nanos } = match header::choose(tracks) {
            Ok(header) => header,
            Err(error) => {
                self.refused = true;
                return Err(error);
            }
        };
        self.known = Known { numbers };
        let skip = header::skip(&coding, delay_nanos);
        let origin_ms = (delay_nanos as f64 / 1e6).floor();
        items.push(Item::Session(Track { coding: coding.clone(), skip, origin_ms, assumed: false }));
        self.track = Some(Chosen { number, coding, scale_ms });
        Ok(())
    }

    fn block(&mut self, body: &[u8], rest: &[u8], discard: Discard, items: &mut Vec<Item>) -> Result<()> {
        let Some((track, size)) = vint(body) else { return Ok(()) };
        if self.track.is_none() && !self.refused {
            self.assume(track, rest, items)?;
        }
        let Some(chosen) = self.track.as_ref().filter(|chosen| chosen.number == track) else { return Ok(()) };
        let Some((&[high, low, flags], data)) = body[size..].split_first_chunk::<3>() else { return Ok(()) };
        if flags & 6 != 0 {
            self.refused = true;
            self.track = None;
            return Err(unsupported("slices of WebM with several packets in a block cannot be decoded"));
        }
        let in_cluster = f64::from(i16::from_be_bytes([high, low])) * chosen.scale_ms;
        let time = match self.cluster {
            Cluster { at_ms: Some(at), .. } => Time::At(at + in_cluster),
            Cluster { known_ms, last_ms, .. } => Time::InCluster(
                in_cluster,
                known_ms.filter(|_| in_cluster > last_ms).map(|at| at + in_cluster),
            ),
        };
        let ms = chosen.coding.duration_ms(data);
        if self.cluster.at_ms.is_some() {
            self.cluster.last_ms = in_cluster;
        }
        match ms {
            Some(ms) => items.push(Item::Packet(Packet { data: data.to_vec(), ms, time, discard })),
            None => items.push(Item::Hole),
        }
        Ok(())
    }

    /// Sound whose header never came: it is taken for Opus, if it looks like it.
    fn assume(&mut self, track: u64, rest: &[u8], items: &mut Vec<Item>) -> Result<()> {
        let blocks: Vec<(&[u8], u8)> = elements::blocks(rest, track).take(JUDGED).collect();
        let Some(channels) = looks_like_opus(blocks.iter().map(|block| block.0)) else {
            self.refused = true;
            return Err(headless());
        };
        let firefox = blocks.iter().all(|block| block.1 & 0x80 == 0);
        self.assume_opus(track, channels, firefox, items);
        Ok(())
    }

    /// Goes on as if the header of a recorder had come.
    fn assume_opus(&mut self, track: u64, channels: u8, firefox: bool, items: &mut Vec<Item>) {
        let (skip, origin_ms) = if firefox { FIREFOX } else { (0, 0.0) };
        let coding = Coding::plain_opus(channels);
        items.push(Item::Session(Track {
            coding: coding.clone(),
            skip: (skip, 48_000),
            origin_ms,
            assumed: true,
        }));
        self.header = vec![0, track as u8, channels, u8::from(firefox)];
        self.known = Known { numbers: vec![track] };
        self.track = Some(Chosen { number: track, coding, scale_ms: 1.0 });
        // The first Cluster begins at the beginning.
        self.cluster.last_ms = if self.cluster.known_ms.is_none() { -1.0 } else { self.cluster.last_ms };
        self.cluster.known_ms = self.cluster.known_ms.or(Some(0.0));
    }

    /// Takes up what another process left: the header of a session, as `header` has it.
    pub(super) fn take_up(&mut self, header: &[u8], items: &mut Vec<Item>) -> Result<()> {
        match *header {
            [] => Ok(()),
            [0, track, channels, firefox] => {
                self.assume_opus(track.into(), channels, firefox != 0, items);
                Ok(())
            }
            _ => self.parse(header, items),
        }
    }
}

/// An error about a session whose header never came.
pub(super) fn headless() -> Error {
    malformed(
        "the header of the recording never came, and its sound does not look like Opus: start the recorder again",
    )
}

/// Whether an element is read as a whole; others are entered, or passed over.
fn needs_body(id: u32) -> bool {
    matches!(
        id,
        elements::TRACKS
            | elements::INFO
            | elements::TIMECODE
            | elements::SIMPLE_BLOCK
            | elements::BLOCK
            | elements::BLOCK_GROUP
    )
}
