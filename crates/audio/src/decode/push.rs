//! Sound out of the slices of a browser's recorder, as they come: each with its place in time.
//!
//! A page records with `MediaRecorder` and sends a slice every second or so, numbered from 0. They come repeated, out of
//! order, cut or not at all, and the page is loaded again in the middle. [`PushDecoder`] takes them as they come and gives
//! what they hold as mono samples at one rate, with the time at which they were recorded: what is lost is a gap in time, and
//! what survives keeps its place.
//!
//! ```no_run
//! use sonic_audio::decode::push::{PushDecoder, PushOptions};
//! # let slices: Vec<Vec<u8>> = vec![];
//! let mut decoder = PushDecoder::new(16_000, &PushOptions::default())?;
//! for (index, slice) in slices.iter().enumerate() {
//!     for chunk in decoder.push(index as u64, slice)? {
//!         println!("{} samples from {} ms on", chunk.samples.len(), chunk.start_ms);
//!     }
//! }
//! let rest = decoder.finish()?;
//! # Ok::<(), sonic_core::Error>(())
//! ```
//!
//! # What is read
//!
//! WebM and Matroska (SimpleBlock and BlockGroup, Clusters of unknown size) with Opus, linear PCM or AAC-LC; fragmented
//! MP4 with Opus or AAC-LC; Ogg Opus; and, without a container that tells times, MP3 (whose encoder's delay is left out if its
//! first frame tells it), ADTS, WAV and raw samples. Several
//! packets in one block (lacing) are `Unsupported`, as are other codecs, and slices without sound.
//!
//! # Times
//!
//! 0 is the first sample of the first recorder. Packets follow each other by their own length; a time of the container
//! that is ahead of their sum by more than [`PushOptions::gap_threshold_ms`] is a gap, as is what was lost. Recorders
//! follow each other too: with [`PushDecoder::push_at`] by the sender's clock, otherwise without a gap. Times never run back.
//! Over many minutes they follow the clock of the container, without a sample being dropped or put in.

mod bare;
mod counts;
mod drift;
mod elements;
#[cfg(feature = "isomp4")]
mod fragments;
mod header;
mod item;
mod order;
mod pages;
mod parser;
mod sound;
mod state;
mod takeover;
mod timeline;
mod trend;
mod webm;

pub use counts::PushCounts;

use super::blocks::Layout;
use crate::resample::MAX_RATE;
use order::{Arrival, Limits, Order, Slice};
use parser::Parser;
use sonic_core::{Error, ErrorKind, Result};
use sound::Sound;
use std::fmt;
use timeline::Timeline;

/// Mono sound and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Chunk {
    /// When its first sample was recorded, in milliseconds from the first sample of the connection on.
    pub start_ms: f64,
    /// Samples, nominally in -1..=1 and always finite, at the rate of the decoder.
    pub samples: Vec<f32>,
}

/// Raw samples, of which nothing says how they lie: integers of 16 bits or floats of 32, the lowest byte first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawPcm {
    /// Samples per second of a channel.
    pub sample_rate: u32,
    /// Channels, interleaved.
    pub channels: u32,
    /// Whether samples are 32-bit floats; else they are 16-bit integers.
    pub float: bool,
}

/// How slices are taken.
///
/// Fields may be added in minor versions: construct it with `..Default::default()`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PushOptions {
    /// How many slices with a higher index may come before a slice, which is given up then; 3.
    pub window: u64,
    /// How far a container's time may be ahead of the packets, in milliseconds, before it is a gap; 100.
    pub gap_threshold_ms: f64,
    /// How long a decoder takes after a gap to be on its track, in milliseconds; 80. Nothing is left out for it: whoever
    /// compares samples leaves them out, see [`PushDecoder::settle_ms`].
    pub settle_ms: f64,
    /// Most bytes of a slice, and of all slices that wait for one before them; 16 MiB.
    pub max_slice_bytes: usize,
    /// How far an index may be beyond the highest so far; 100,000.
    pub max_index_jump: u64,
    /// What slices are that hold nothing but samples; `None` if they tell themselves.
    pub raw: Option<RawPcm>,
}

impl Default for PushOptions {
    fn default() -> Self {
        Self {
            window: 3,
            gap_threshold_ms: 100.0,
            settle_ms: 80.0,
            max_slice_bytes: 16 << 20,
            max_index_jump: 100_000,
            raw: None,
        }
    }
}

/// Decodes the slices of one connection.
pub struct PushDecoder {
    sample_rate: u32,
    options: PushOptions,
    limits: Limits,
    raw: Option<Layout>,
    order: Order,
    parser: Parser,
    timeline: Timeline,
    sound: Sound,
    counts: PushCounts,
    /// What parsers before the one at hand passed over.
    unreadable: u64,
}

impl PushDecoder {
    /// A decoder that gives `sample_rate` samples per second.
    ///
    /// # Errors
    /// `InvalidArgument` for a rate outside 1,000 to 768,000 Hz, a threshold that is no positive number, and raw samples of
    /// no channel or rate.
    pub fn new(sample_rate: u32, options: &PushOptions) -> Result<Self> {
        let invalid = |message: String| Err(Error::new(ErrorKind::InvalidArgument, message));
        if !(super::MIN_RATE..=MAX_RATE).contains(&sample_rate) {
            return invalid(format!(
                "the sample rate must be {} to {MAX_RATE} Hz, not {sample_rate}",
                super::MIN_RATE
            ));
        }
        if !(options.gap_threshold_ms > 0.0 && options.gap_threshold_ms.is_finite()) {
            return invalid(format!("gap_threshold_ms must be above 0, not {}", options.gap_threshold_ms));
        }
        let raw = options.raw.map(|raw| layout(&raw)).transpose()?;
        let PushOptions { window, max_slice_bytes, max_index_jump, .. } = *options;
        Ok(Self {
            sample_rate,
            options: *options,
            limits: Limits { window, max_slice_bytes, max_index_jump },
            raw,
            order: Order::default(),
            parser: Parser::Unknown(Vec::new(), false),
            timeline: Timeline::new(options.gap_threshold_ms),
            sound: Sound::new(sample_rate),
            counts: PushCounts::default(),
            unreadable: 0,
        })
    }

    /// Takes the slice number `index`, counted from 0 as the browser does, and gives the sound that is known by it.
    ///
    /// A slice that comes before its time waits, one that is missing is waited for as long as [`PushOptions::window`] says.
    /// An empty slice counts.
    ///
    /// # Errors
    /// `Limit` for a slice that is too large and `InvalidArgument` for an index that cannot be: as if it had not come.
    /// `Unsupported` for slices that hold no sound that can be decoded and `Malformed` for a recording whose header is
    /// damaged or never came: once for each recording. What was decoded before is given by the next call, and so is all
    /// that comes later.
    pub fn push(&mut self, index: u64, bytes: &[u8]) -> Result<Vec<Chunk>> {
        self.take(index, bytes, None)
    }

    /// As [`push`](Self::push), of a slice that was sent at `sent_ms` by the clock of the sender, in milliseconds from
    /// anywhere: by it the next recorder on the connection finds its place.
    ///
    /// # Errors
    /// As [`push`](Self::push), and `InvalidArgument` for a time that is not finite.
    pub fn push_at(&mut self, index: u64, bytes: &[u8], sent_ms: f64) -> Result<Vec<Chunk>> {
        if !sent_ms.is_finite() {
            let message = format!("sent_ms must be a finite number, not {sent_ms}");
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        self.take(index, bytes, Some(sent_ms))
    }

    fn take(&mut self, index: u64, bytes: &[u8], sent_ms: Option<f64>) -> Result<Vec<Chunk>> {
        if let Err(error) = self.order.check(index, bytes.len(), &self.limits) {
            return self.give(Err(error));
        }
        let (slice, mut arrivals) = (Slice { bytes: bytes.to_vec(), sent_ms }, Vec::new());
        self.order.push(index, slice, &self.limits, &mut arrivals, &mut self.counts);
        let read = self.read(arrivals);
        self.give(read)
    }

    /// Gives the rest: slices that wait for others are read, packets that wait for their time are placed.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn finish(&mut self) -> Result<Vec<Chunk>> {
        let mut arrivals = Vec::new();
        self.order.finish(&mut arrivals, &mut self.counts);
        let read = self.read(arrivals);
        let placed = self.timeline.finish(&mut self.sound);
        let ended = self.sound.finish();
        self.give(read.and(placed).and(ended))
    }

    /// What there is, or an error, after which it is still there.
    fn give(&mut self, result: Result<()>) -> Result<Vec<Chunk>> {
        match result {
            Ok(()) => Ok(self.sound.take()),
            Err(error) => {
                self.counts.errors += 1;
                Err(error)
            }
        }
    }

    fn read(&mut self, arrivals: Vec<Arrival>) -> Result<()> {
        let mut problem = None;
        for arrival in arrivals {
            let read = match arrival {
                Arrival::Slice(slice, lost) => self.slice(&slice, lost),
                Arrival::Restart => {
                    self.unreadable = self.unreadable.wrapping_add(self.parser.unreadable());
                    self.parser = Parser::Unknown(Vec::new(), false);
                    self.timeline.restart(&mut self.sound)
                }
            };
            problem = problem.or(read.err());
        }
        problem.map_or(Ok(()), Err)
    }

    fn slice(&mut self, slice: &Slice, lost: u64) -> Result<()> {
        let mut items = Vec::new();
        let before = self.parser.unreadable();
        let parsed = self.parser.feed(&slice.bytes, lost > 0, self.raw, &mut items);
        if self.parser.unreadable() < before {
            self.unreadable = self.unreadable.wrapping_add(before);
        }
        let placed = self.timeline.slice(items, lost, slice.sent_ms, &mut self.sound);
        parsed.and(placed)
    }

    /// Begins to count anew what parsers pass over.
    fn forget_unreadable(&mut self) {
        self.unreadable = 0u64.wrapping_sub(self.parser.unreadable());
    }

    /// The gaps so far, in order: from when to when nothing of the sound came, in milliseconds. The last 4,096 are kept.
    pub fn gaps(&self) -> Vec<(f64, f64)> {
        self.sound.gaps.iter().copied().collect()
    }

    /// What became of the slices so far.
    pub fn counts(&self) -> PushCounts {
        let placed = &self.timeline.counts;
        PushCounts {
            sessions: self.counts.sessions + placed.sessions,
            headers_assumed: self.counts.headers_assumed + placed.headers_assumed,
            holes: self.counts.holes + placed.holes,
            placed_by_order: self.counts.placed_by_order + placed.placed_by_order,
            unreadable_bytes: self
                .counts
                .unreadable_bytes
                .wrapping_add(self.unreadable)
                .wrapping_add(self.parser.unreadable()),
            damaged_packets: self.counts.damaged_packets + self.sound.damaged,
            ..self.counts
        }
    }

    /// Where the sound so far ends, in milliseconds: what comes next begins there or later.
    pub fn end_ms(&self) -> f64 {
        self.sound.end_ms + self.sound.slew_ms
    }

    /// Samples per second of the chunks.
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// How long after a gap samples may differ from those of a recording without one, in milliseconds.
    pub fn settle_ms(&self) -> f64 {
        self.options.settle_ms
    }
}

/// How raw samples lie.
fn layout(raw: &RawPcm) -> Result<Layout> {
    super::codec::check_rate(raw.sample_rate)
        .and_then(|()| super::blocks::check_channels(raw.channels))
        .map_err(|e| Error::new(ErrorKind::InvalidArgument, format!("raw samples: {}", e.message())))?;
    let bits = if raw.float { 32 } else { 16 };
    let Some((codec, bytes)) = super::blocks::pcm(bits, raw.float, true, false) else {
        return Err(Error::new(ErrorKind::Internal, "samples of 16 and 32 bits are known"));
    };
    Layout::samples(codec, bytes, raw.sample_rate, raw.channels)
}

impl fmt::Debug for PushDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushDecoder")
            .field("sample_rate", &self.sample_rate)
            .field("end_ms", &self.end_ms())
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}
